"""JSON of pytest-benchmark -> rows of timings for the report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from diffcheck.errors import ResultsUnreadable

_KEYS = ("problem", "what", "engine", "device", "dtype", "n")


def rows_from(path: Path) -> Iterator[dict[str, Any]]:
    """Return a row for each benchmark in *path* that says in its extra_info what it timed.

    The ratios are those of medians of separate runs: pytest-benchmark does not interleave, so no noise floor goes with them.
    """
    try:
        rows = list(_rows(json.loads(path.read_text(encoding="utf-8"))["benchmarks"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ResultsUnreadable(
            got=f"{type(error).__name__}: {error}",
            wanted="JSON of pytest-benchmark",
            do="pass a --benchmark-json file",
            place=str(path),
        ) from None
    yield from rows


def _rows(benchmarks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    rows = [_row(entry) for entry in benchmarks if set(_KEYS) <= set(entry.get("extra_info", {}))]
    for row in rows:
        base = next((other for other in rows if other["engine"] == "autograd" and _alike(other, row)), None)
        ratio = base["median"] / row["median"] if base is not None else float("nan")
        yield row | {"ratio": ratio, "ratio_low": ratio, "ratio_high": ratio, "noise": float("nan")}


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    stats = entry["stats"]
    head = {key: entry["extra_info"][key] for key in _KEYS}
    return head | {
        "status": "measured",
        "reason": None,
        "samples": stats.get("data", []),
        "median": float(stats["median"]),
        "low": float(stats["q1"]),
        "high": float(stats["q3"]),
    }


def _alike(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return all(first[key] == second[key] for key in _KEYS if key != "engine")
