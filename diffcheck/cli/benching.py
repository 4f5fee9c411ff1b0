"""bench: a table of times and ratios."""

from __future__ import annotations

import json as encoding

import torch

from diffcheck.benchmarks.rows import CASES, Row, timing_rows
from diffcheck.cli.progress import progress
from diffcheck.cli.settings import check_rounds
from diffcheck.cli.verifying import check_device
from diffcheck.errors import TrainingError, UnknownName
from diffcheck.oracle import format_of
from diffcheck.problems import problem as problem_called
from diffcheck.problems import resized


def bench_problem(
    name: str, what: str, sizes: str, extents: str, dtype: str, device: str, rounds: int, threads: int, json: bool
) -> None:
    """Print the times of every engine at each size, as ratios to eager autograd with the noise floor."""
    if what not in CASES:
        raise UnknownName.among("thing to time", what, CASES)
    check_device(device)
    check_rounds(rounds, threads)
    problem, kind = resized(problem_called(name), **_extents(extents)), format_of(dtype).name
    numbers = _numbers(sizes)
    for n in numbers:
        resized(problem, **{problem.batch: n})  # refuses what does not fit into the memory
    torch.set_num_threads(threads)
    rows: list[Row] = []
    with progress("timing", len(numbers)) as advance:
        for n in numbers:
            rows += timing_rows(problem, what, n, kind, device, rounds)
            advance()
    if json:
        print(encoding.dumps(rows, indent=2))
        return
    for n in numbers:
        print(table([row for row in rows if row["n"] == n], n))


def table(rows: list[Row], n: int) -> str:
    """Return the rows of one size as text, fastest last."""
    noise = next((row["noise"] for row in rows if row["status"] == "measured"), 0.0)
    lines = [f"n = {n:,}; noise floor {noise:.1%}; speed as a multiple of that of {rows[0]['engine']}"]
    lines.append(f"  {'engine':<26} {'median':>12} {'speed':>8}   95 % interval")
    for row in rows:
        if row["status"] != "measured":
            lines.append(f"  {row['engine']:<26} not measured: {row['reason']}")
            continue
        interval = f"{row['ratio_low']:.2f} … {row['ratio_high']:.2f}"
        lines.append(f"  {row['engine']:<26} {row['median'] * 1e6:>9.1f} µs {row['ratio']:>7.2f}x   {interval}")
    return "\n".join([*lines, ""])


def _numbers(sizes: str) -> list[int]:
    numbers = [_number(part) for part in sizes.split(",") if part.strip()]
    if not numbers or min(numbers) < 1:
        raise TrainingError(got=f"--sizes {sizes}", wanted="numbers of examples, 1 or more", do="write as in --sizes 11,1000")
    return numbers


def _extents(text: str) -> dict[str, int]:
    pairs = [part.split("=") for part in text.split(",") if part.strip()]
    found = {pair[0].strip(): _number(pair[1]) if len(pair) == 2 else 0 for pair in pairs}
    if found and min(found.values()) < 1:
        raise TrainingError(got=f"--extents {text}", wanted="sizes of extents, 1 or more", do="write as in --extents d=64,h=64")
    return found


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0
