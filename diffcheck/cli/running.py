"""run and report: everything measured and stored, then drawn from the store."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from diffcheck._version import __version__
from diffcheck.benchmarks import devices, machine, versions
from diffcheck.benchmarks.pytest_results import rows_from
from diffcheck.benchmarks.rows import (
    Row,
    article_rows,
    fault_rows,
    problem_row,
    timing_rows,
    training_rows,
    verdict_rows,
)
from diffcheck.cli.progress import progress
from diffcheck.engines import names as engine_names
from diffcheck.oracle import FORMATS
from diffcheck.problems import names, problem, resized
from diffcheck.problems.requests import checked_seed
from diffcheck.report import load_results, save_results, write_report
from diffcheck.report.store import check_writable
from diffcheck.verification.faults import FAULTS


@dataclass(frozen=True)
class Extent:
    """How much is measured: the sizes that are timed, the rounds, and the epochs of training."""

    gradient_sizes: tuple[int, ...]
    epoch_sizes: tuple[int, ...]
    checked: tuple[int, int]  # the examples and the width of the network whose check is timed beside gradcheck
    rounds: int
    epochs: int


FULL = Extent((11, 1_000, 100_000, 10_000_000), (11, 1_000, 100_000), (256, 64), 15, 5000)
QUICK = Extent((11, 1_000), (11,), (37, 8), 5, 200)


def run_all(output: Path, *, quick: bool, seed: int) -> int:
    """Measure everything, store it, draw it; return 1 if an engine is wrong, a fault uncaught or a listing accepted."""
    check_output(output)
    checked_seed(seed)
    started = time.perf_counter()
    extent = QUICK if quick else FULL
    torch.set_num_threads(1)  # results are compared between machines: one thread, whatever the machine has
    results: dict[str, object] = {
        "schema": 1,
        "diffcheck": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["diffcheck", *sys.argv[1:]]),
        "seed": seed,
        "machine": machine(),
        "versions": versions(),
        "problems": [problem_row(problem(name)) for name in names()],
        "verdicts": list(_verdicts(seed)),
        "training": _training(extent),
        "faults": _faults(),
        "article": list(article_rows()),
        "timings": list(_timings(extent)),
    }
    stored = save_results(results, output / "results.json")
    page = write_report(load_results(stored), output)
    print(_summary(results))
    print(f"{page} and {stored} written in {time.perf_counter() - started:.0f} s")
    return 1 if _failures(results) else 0


def check_output(output: Path) -> None:
    """Refuse an *output* folder that results cannot be written to: before they are measured, which takes long."""
    check_writable(output, "results.json", "index.html")


def _verdicts(seed: int) -> Iterator[Row]:
    each = len(devices()) * len(FORMATS) * len(engine_names(witnesses=True))
    with progress("verifying", len(names()) * each) as advance:
        for name in names():
            for row in verdict_rows(problem(name), tuple(FORMATS), devices(), seed):
                yield row
                advance()


def _training(extent: Extent) -> list[Row]:
    with progress("training", 6) as advance:
        return list(training_rows(extent.epochs, advance))


def _faults() -> list[Row]:
    with progress("planting faults", len(FAULTS)) as advance:
        return list(fault_rows(advance))


def _timings(extent: Extent) -> Iterator[Row]:
    line = problem("thermometer")
    n, width = extent.checked
    network = resized(problem("two-layer-network"), d=width, h=width)
    plan = [(line, "gradient", size, "float32", extent.rounds) for size in extent.gradient_sizes]
    plan += [(line, "epoch", size, "float32", extent.rounds) for size in extent.epoch_sizes]
    plan += [(network, "check", n, dtype, 5) for dtype in ("float64", "float32", "bfloat16")]
    with progress("timing", len(plan) * len(devices())) as advance:
        for device in devices():
            for subject, what, n, dtype, rounds in plan:
                yield from timing_rows(subject, what, n, dtype, device, rounds)
                advance()


def _failures(results: dict[str, object]) -> list[str]:
    verdicts, faults, article = (results[name] for name in ("verdicts", "faults", "article"))
    assert isinstance(verdicts, list)
    assert isinstance(faults, list)
    assert isinstance(article, list)
    wrong = [
        f"{row['engine']} is wrong on {row['problem']} in {row['dtype']} on {row['device']}"
        for row in verdicts
        if row["status"] == "measured" and not row["ok"] and row["engine"] in engine_names()
    ]
    missed = [f"the planted fault {row['fault']!r} was not caught" for row in faults if not row["caught_by"]]
    accepted = [f"the listing where {row['listing']} was not refused" for row in article if row["verdict"] != "refused"]
    return wrong + missed + accepted


def _summary(results: dict[str, object]) -> str:
    verdicts, faults, article = (results[name] for name in ("verdicts", "faults", "article"))
    assert isinstance(verdicts, list)
    assert isinstance(faults, list)
    assert isinstance(article, list)
    measured = [row for row in verdicts if row["status"] == "measured" and row["engine"] in engine_names()]
    right = sum(row["ok"] for row in measured)
    lines = [
        f"gradients: {right} of {len(measured)} within their bound ({sum(row['elements'] for row in measured)} elements)",
        f"planted faults: {sum(bool(row['caught_by']) for row in faults)} of {len(faults)} caught",
        f"the article's defects: {sum(row['verdict'] == 'refused' for row in article)} of {len(article)} refused",
    ]
    return "\n".join([*lines, *(f"FAILED: {failure}" for failure in _failures(results))])


def draw_report(results: Path, output: Path, timings: list[Path]) -> None:
    """Write the page that stored *results* give, with the *timings* of pytest-benchmark added."""
    loaded = load_results(results)
    stored = loaded["timings"]
    assert isinstance(stored, list)
    rows = [row for path in timings for row in rows_from(path)]
    page = write_report({**loaded, "timings": stored + rows}, output)
    print(f"{page} written")
