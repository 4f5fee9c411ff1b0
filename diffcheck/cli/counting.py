"""calibrate --operators: what the verdict says of right and wrong derivatives of pointwise operators, beside gradcheck."""

from __future__ import annotations

import json as encoding
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from diffcheck._version import __version__
from diffcheck.atlas.choosing import VARIANTS
from diffcheck.atlas.gradchecks import ATOL, EPS, FAILED, PASSED, RTOL, Tally, all_counted
from diffcheck.atlas.planting import PLANTS
from diffcheck.benchmarks import machine, versions
from diffcheck.cli.progress import cores, progress
from diffcheck.problems.requests import checked_seed
from diffcheck.report.encoding import to_json
from diffcheck.report.store import check_writable, write_text_atomically
from diffcheck.verification.verdict import Verdict

FILE = "gradcheck.json"


def count_plants(points: int, seed: int, jobs: int | None, output: Path | None, json: bool) -> int:
    """Print how many right derivatives are refused and wrong ones pass, here and by gradcheck; return 1 if one is here."""
    checked_seed(seed)
    if output is not None:
        check_writable(output, FILE)
    names = list(VARIANTS)
    tallies = {plant.name: Tally(plant.right) for plant in PLANTS}
    exempt: Counter[str] = Counter()
    refused: dict[str, str] = {}
    with progress("counting", len(names)) as advance:
        for found in all_counted(names, points, seed, jobs=min(jobs or cores(), len(names))):
            refused |= {found.variant: found.refused} if found.refused else {}
            exempt.update(found.exempt)
            for name, tally in found.tallies.items():
                tallies[name].add(tally)
                for told in tally.first if not json else ():
                    print(told, flush=True)
            advance()
    results = _results(tallies, exempt, refused, points, seed)
    if output is not None:
        write_text_atomically(to_json(results, indent=1) + "\n", output / FILE)
    print(encoding.dumps(results, indent=2) if json else "\n".join(_table(tallies, exempt, refused, points)))
    return 1 if any(tally.mistakes or tally.misnamed for tally in tallies.values()) else 0


def _results(
    tallies: dict[str, Tally], exempt: Counter[str], refused: dict[str, str], points: int, seed: int
) -> dict[str, Any]:
    return {
        "diffcheck": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["diffcheck", *sys.argv[1:]]),
        "machine": machine(),
        "versions": versions(),
        "seed": seed,
        "points": points,
        "gradcheck": {"eps": EPS, "atol": ATOL, "rtol": RTOL},
        "operators": len(VARIANTS) - len(refused),
        "refused": refused,
        "exempt": dict(exempt),
        "planted": {name: tally.as_dict() for name, tally in tallies.items()},
    }


def _table(tallies: dict[str, Tally], exempt: Counter[str], refused: dict[str, str], points: int) -> Iterator[str]:
    columns = [verdict.value for verdict in Verdict]
    yield f"{'planted':<12} {'points':>7} " + " ".join(f"{name:>9}" for name in columns) + f" {'misnamed':>8} gradcheck"
    for name, tally in tallies.items():
        failed, passed = tally.gradcheck[FAILED], tally.gradcheck[PASSED]
        said = " ".join(f"{tally.verdicts[column]:>9}" for column in columns)
        yield f"{name:<12} {tally.points:>7} {said} {tally.misnamed:>8} {failed} fail, {passed} pass"
    right, wrong = ([tally for tally in tallies.values() if tally.right == kind] for kind in (True, False))
    yield f"{len(VARIANTS) - len(refused)} operators at {points} points each; left out:"
    yield from (f"  {many} {reason}" for reason, many in [*exempt.items(), *((told, name) for name, told in refused.items())])
    yield f"right within 8 ULP: {_all(right)}, refused by diffcheck {_mistakes(right)}, by gradcheck {_said(right, FAILED)}"
    yield f"wrong: {_all(wrong)}, passed by diffcheck {_mistakes(wrong)}, by gradcheck {_said(wrong, PASSED)}"
    yield f"wrong, and called by another name: {sum(tally.misnamed for tally in wrong)}"


def _all(tallies: list[Tally]) -> int:
    return sum(tally.points for tally in tallies)


def _mistakes(tallies: list[Tally]) -> int:
    return sum(tally.mistakes for tally in tallies)


def _said(tallies: list[Tally], what: str) -> int:
    return sum(tally.gradcheck[what] for tally in tallies)
