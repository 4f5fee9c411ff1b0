"""atlas: the derivatives of all pointwise operators measured along the number line, kept, and written as pages."""

from __future__ import annotations

import json as encoding
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from diffcheck._version import __version__
from diffcheck.atlas import variants_of
from diffcheck.atlas.choosing import source_of
from diffcheck.atlas.collecting import collected, fault_of, flaws_of, worst_rows
from diffcheck.atlas.executors import Crew, elsewhere, local, walk
from diffcheck.atlas.measuring import Question, Task
from diffcheck.atlas.store import DIFFCHECK, DONE, REFUSED, Answer, Store
from diffcheck.benchmarks import machine, versions
from diffcheck.cli.keeping import DATABASE, opened
from diffcheck.cli.progress import cores, progress
from diffcheck.cli.settings import check_seconds
from diffcheck.cli.verifying import check_device
from diffcheck.errors import ResultsBusy
from diffcheck.oracle import FORMATS, format_of
from diffcheck.problems.requests import checked_seed
from diffcheck.report.atlas import NAMES, write_atlas
from diffcheck.report.store import check_writable

FAILED, INTERRUPTED = 1, 130  # the second as a shell has it
_TOP = 10


@dataclass(frozen=True)
class Wanted:
    """What is to be measured: operators and dtypes, all for none, orders, the device, and the seed of the drawn points."""

    operators: tuple[str, ...]
    dtypes: tuple[str, ...]
    orders: tuple[int, ...]
    device: str
    seed: int

    def tasks(self) -> list[Task]:
        """Return them; raise `UnknownName`, with near matches, for what there is not, and what `check_device` raises."""
        check_device(self.device)
        checked_seed(self.seed)
        names = [variant.name for variant in variants_of(self.operators)]
        dtypes = [format_of(dtype).name for dtype in self.dtypes] or list(FORMATS)
        return [Task(name, dtype, order, self.device) for dtype, order, name in product(dtypes, self.orders, names)]


def map_operators(wanted: Wanted, *, jobs: int | None, limit: float, executor: str, output: Path, json: bool) -> int:
    """Answer what has no answer yet in *output*, and write its pages; return 0 if all was measured that PyTorch has.

    And 1 if a task crashed, took too long or is nothing that diffcheck can measure, 130 if the user ended it.
    """
    started = time.monotonic()
    check_seconds("--limit", limit, example=600)
    with redirect_stdout(sys.stderr):  # whatever a user's file prints
        tasks = wanted.tasks()
        sources = {task.variant: source_of(task.variant) for task in tasks if ":" in task.variant}
    check_writable(output, DATABASE, *NAMES)
    store = opened(output, _origin(wanted.seed))
    left = store.left(tasks, sources)
    if not json:
        told = "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"
        print(f"{told}, seed {wanted.seed}, {len(tasks) - len(left)} finished before", flush=True)
    try:
        _measure(left, _crew(executor, min(jobs or cores(), max(len(left), 1)), limit, wanted.seed), store, sources)
    except KeyboardInterrupt:
        print("diffcheck: interrupted; the same command goes on where it ended", file=sys.stderr)
        return INTERRUPTED
    atlas = _atlas(store, time.monotonic() - started)
    written = write_atlas(atlas, output)
    asked = {question for task in tasks for question in task.questions}
    rows = [row for row in atlas["rows"] if _question(row) in asked]
    failed, refused = [row for row in rows if _is_failure(row)], _unmeasured(rows)
    if json:
        summary = {"counts": _counts(rows), "worst": worst_rows(rows, _TOP), "failed": failed, "refused": refused}
        print(encoding.dumps(summary, indent=2))
    else:
        print("\n".join([*_summary(rows), *_reasons(failed + [row for row in refused if row not in failed])]))
        print(f"{output / DATABASE}, {written[0]} and {len(written) - 1} other files written")
    return FAILED if failed else 0


def _measure(tasks: list[Task], crew: AbstractContextManager[Crew], store: Store, sources: Mapping[str, str]) -> None:
    with redirect_stdout(sys.stderr), progress("measuring derivatives", len(tasks)) as advance, crew as workers:
        for task, found in walk(tasks, workers):
            if task.variant in sources:  # by which an edited file is known
                found = [replace(one, body={**one.body, "source": sources[task.variant]}) for one in found]
            _keep(found, store)
            advance()


def _keep(found: list[Answer], store: Store) -> None:
    """Write *found*, however long another program keeps the database locked; meanwhile the processes measure on."""
    while True:
        try:
            return store.add(found)
        except ResultsBusy as busy:
            print(f"diffcheck: {busy}; waiting for it", file=sys.stderr, flush=True)


def _unmeasured(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the refusals of those operators of which no derivative of PyTorch's was measured at all."""
    measured = {row["variant"] for row in rows if row["status"] == DONE and not row["generated"]}
    return [row for row in rows if row["status"] == REFUSED and row["variant"] not in measured]


def _is_failure(row: Mapping[str, Any]) -> bool:
    """Whether the run failed at *row*: what PyTorch has no kernel or no formula for is an answer about PyTorch."""
    return row["status"] not in (DONE, REFUSED) or row.get("refused_by") == DIFFCHECK


def _reasons(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield why *rows* were not measured: what has one reason in several modes in one line."""
    modes: dict[tuple[str, str, str, str], list[str]] = {}
    for row in rows:
        modes.setdefault((row["status"], row["variant"], row["dtype"], row["reason"]), []).append(row["mode"])
    for (status, variant, dtype, reason), same in modes.items():
        yield f"{status.upper()} {variant}, {dtype}, {' and '.join(same)}: {reason}"


def _question(row: Mapping[str, Any]) -> Question:
    return Question(row["variant"], row["dtype"], row["mode"], row["device"])


def _crew(executor: str, jobs: int, limit: float, seed: int) -> AbstractContextManager[Crew]:
    return elsewhere(executor, limit, seed) if executor else local(jobs, limit, seed)


def _origin(seed: int) -> dict[str, str]:
    made_on = machine()
    known = {name: version for name, version in versions().items() if name in ("python", "torch", "python-flint", "numpy")}
    return {"diffcheck": __version__, **known, "seed": str(seed), "cpu": str(made_on["cpu"]), "gpu": str(made_on["gpu"] or "")}


def _atlas(store: Store, seconds: float) -> dict[str, Any]:
    found = collected(store)
    places = [{name: row[name] for name in ("variant", "dtype", "mode", "device")} for row in worst_rows(found["rows"], _TOP)]
    return {
        "diffcheck": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["diffcheck", *sys.argv[1:]]),
        "seconds": round(seconds, 1),
        "machine": machine(),
        "versions": versions(),
        "worst": places,
        **found,
    }


def _counts(rows: list[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return how many answers have each verdict, or another status than that they are done, of PyTorch's and of ours."""
    found: dict[str, Counter[str]] = {"PyTorch": Counter(), "generated": Counter()}
    for row in rows:
        told = row["verdict"] if row["status"] == DONE else row["status"]
        found["generated" if row["generated"] else "PyTorch"][told] += 1
    return {whose: dict(counts.most_common()) for whose, counts in found.items()}


def _summary(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    done = [row for row in rows if row["status"] == DONE]
    for whose, counts in _counts(rows).items():
        yield f"{whose}: {', '.join(f'{many} {told}' for told, many in counts.items()) or 'none'}"
    ours = {(row["variant"], row["dtype"], row["order"]): row for row in done if row["generated"]}
    worst = worst_rows(done, _TOP)
    if worst:
        yield "where PyTorch is worst, an operator a line, and after the bar the generated code at its own worst point:"
    for row in worst:
        mine = ours.get((row["variant"], row["dtype"], row["order"]))
        yield f"  {row['variant']}, {row['dtype']}, {row['mode']} {_fault(row)} | {_fault(mine) if mine else 'none'}"
    flawed = [(row, flaws) for row in done if not row["generated"] and (flaws := flaws_of(row))]
    if flawed:
        yield f"beside finite numbers, {len(flawed)} of PyTorch's answers have faults, the first of each operator:"
    for row, flaws in list({row["variant"]: (row, flaws) for row, flaws in reversed(flawed)}.values())[::-1][:_TOP]:
        yield f"  {row['variant']}, {row['dtype']}, {row['mode']}: {'; '.join(flaws)}"


def _fault(row: Mapping[str, Any]) -> str:
    """Return the worst point of *row*, what was got there and how wrong it is."""
    worst = fault_of(row) or row["worst"]
    if worst is None:
        return str(row["verdict"])
    at = ", ".join(value.split(" ")[0] for value in worst["point"].values())
    error = f"got {worst['got'].split(' ')[0]}" if worst["ulp"] is None else f"{worst['ulp']:.3g} ULP"
    return f"at {at}: {worst['verdict']}, {error}"
