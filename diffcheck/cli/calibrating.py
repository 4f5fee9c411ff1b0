"""calibrate: how often a check is wrong about networks that are right, and about ones that are not."""

from __future__ import annotations

import json as encoding
from collections import defaultdict
from dataclasses import asdict

from diffcheck.cli.progress import cores, progress
from diffcheck.problems.requests import checked_seed
from diffcheck.verification.calibration import FAULTS, Case, cases


def calibrate_checks(count: int, seed: int, jobs: int | None, json: bool) -> int:
    """Print the false alarms and the misses by network and dtype; return 1 if there is one."""
    checked_seed(seed)
    found = []
    with progress("calibrating", count) as advance:
        for case in cases(count, seed, jobs=min(jobs or cores(), count)):
            found.append(case)
            if not json and (case.alarm or not case.caught):  # at once: the table comes after an hour
                told = case.alarm or f"missed the fault behind {case.layer}"
                print(f"seed {case.seed}, {case.network}, {case.dtype}: {told}", flush=True)
            advance()
    if json:
        print(encoding.dumps({"seed": seed, "faults": FAULTS, "cases": [asdict(case) for case in found]}, indent=2))
    else:
        _print_table(found, seed)
    return 1 if any(case.alarm or not case.caught for case in found) else 0


def _print_table(found: list[Case], seed: int) -> None:
    rows: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in found:
        rows[case.dtype, case.network].append(case)
    print(f"{'dtype':<9} {'network':<13} {'cases':>5} {'false alarms':>12} {'fault':>6} {'caught':>7}")
    for (dtype, network), group in rows.items():
        alarms, caught = sum(bool(case.alarm) for case in group), sum(case.caught for case in group)
        print(f"{dtype:<9} {network:<13} {len(group):>5} {alarms:>12} {FAULTS[dtype]:>6.0e} {caught:>7}")
    print(f"{len(found)} cases from seed {seed}: {sum(bool(case.alarm) for case in found)} false alarms on right gradients,")
    print(f"{sum(not case.caught for case in found)} planted faults missed")
