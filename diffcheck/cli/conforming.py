"""conformance: PyTorch's own database of operators, walked and tabulated."""

from __future__ import annotations

import shlex
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from diffcheck._version import __version__
from diffcheck.benchmarks import machine, versions
from diffcheck.cli.progress import cores, progress
from diffcheck.cli.settings import check_seconds
from diffcheck.cli.verifying import check_device
from diffcheck.conformance import SAMPLE_VERDICTS, Journal, OperatorOutcome, Settings, counted, reasons, row_of, walk
from diffcheck.conformance.entries import chosen, entries
from diffcheck.oracle import format_of
from diffcheck.problems.requests import checked_seed
from diffcheck.report.conformance import NAMES, write_conformance
from diffcheck.report.store import check_writable

JOURNAL = "conformance.jsonl"
CRASHED, NOT_REACHED = 1, 3
TOP = 15


def walk_operators(
    operators: list[str], settings: Settings, *, budget: float, jobs: int | None, output: Path, resume: bool
) -> int:
    """Write the table of *operators*, all if there are none; return 1 if diffcheck crashed, 3 if the time was over, else 0."""
    started = time.monotonic()
    format_of(settings.dtype)
    check_device(settings.device)
    checked_seed(settings.seed)
    check_seconds("--per-operator", settings.per_operator, example=10)
    check_writable(output, JOURNAL, *NAMES)
    names = chosen(entries(settings.database), operators)
    journal = Journal(output / JOURNAL, settings, versions(), resume=resume)
    told = "1 operator" if len(names) == 1 else f"{len(names)} operators"
    print(f"{told}, seed {settings.seed}, {len(set(names) & set(journal.finished))} finished before")
    left = [name for name in names if name not in journal.finished]
    with progress("judging operators", len(left)) as advance:
        for outcome in walk(left, settings, jobs=jobs or cores(), budget=budget):
            journal.add(outcome)
            advance()
    found = {name: journal.finished.get(name) for name in names}
    results = _results(found, settings, time.monotonic() - started)
    written = write_conformance(results, output)
    print(_summary(results))
    print(f"{', '.join(map(str, written))} written")
    return _code(found)


def _code(found: dict[str, OperatorOutcome | None]) -> int:
    """Return the exit code: a crash is a defect of diffcheck's wherever it stands, even behind a finding."""
    if any(outcome is not None and outcome.counts["crash"] for outcome in found.values()):
        return CRASHED
    return NOT_REACHED if None in found.values() else 0


def _results(found: dict[str, OperatorOutcome | None], settings: Settings, seconds: float) -> dict[str, object]:
    rows = [row_of(name, outcome, settings.dtype) for name, outcome in found.items()]
    finished = [outcome for outcome in found.values() if outcome is not None]
    samples = Counter(sample.verdict for outcome in finished for sample in outcome.samples)
    again = [argument for argument in sys.argv[1:] if argument != "--resume"]
    return {
        "diffcheck": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["diffcheck", *again]),
        "seconds": round(seconds, 1),
        "settings": {name: str(value) for name, value in asdict(settings).items()},
        "machine": machine(),
        "versions": versions(),
        "entries": len(rows),
        "operators": counted(rows),
        "samples": {verdict: samples[verdict] for verdict in SAMPLE_VERDICTS},
        "reasons": reasons(finished),
        "rows": rows,
    }


def _summary(results: dict[str, object]) -> str:
    rows, told, samples, why = (results[name] for name in ("rows", "operators", "samples", "reasons"))
    assert isinstance(rows, list)
    assert isinstance(told, dict)
    assert isinstance(samples, dict)
    assert isinstance(why, dict)
    lines = [f"operators: {', '.join(f'{many} {verdict}' for verdict, many in told.items())}"]
    lines += [f"samples: {', '.join(f'{many} {verdict}' for verdict, many in samples.items())}"]
    lines += [f"  unsupported, {many} operators: {reason}" for reason, many in list(why.items())[:TOP]]
    for row in rows:
        if row["finding"] is not None:
            lines.append(f"FINDING {row['operator']}: {row['finding']['text']}\n  {row['explanation']}")
        crashes = [other for other in row["others"] if other["verdict"] == "crash"]
        lines += [f"CRASH {row['operator']}: {other['error']} {other['reason']}" for other in crashes]
    return "\n".join(lines)
