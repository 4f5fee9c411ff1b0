"""atlas --diff: two atlases side by side, and what stands in one of them alone."""

from __future__ import annotations

import json as encoding
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from diffcheck.atlas import variants_of
from diffcheck.atlas.comparing import Difference, differences, only_in_one
from diffcheck.cli.keeping import kept
from diffcheck.oracle import format_of

Atlas = Mapping[str, Any]


def compare_atlases(
    one: Path, other: Path, operators: tuple[str, ...], dtypes: tuple[str, ...], orders: tuple[int, ...], json: bool
) -> int:
    """Print where two atlases differ, the largest differences first, in *operators*, *dtypes* and *orders*; return 0.

    Nothing named means all.
    """
    names, forms = {variant.name for variant in variants_of(operators)}, {format_of(dtype).name for dtype in dtypes}
    atlases: list[Atlas] = []
    for path in (one, other):
        atlas = kept(path)
        rows = [row for row in atlas["rows"] if not operators or row["variant"] in names]
        rows = [row for row in rows if (not forms or row["dtype"] in forms) and (not orders or row["order"] in orders)]
        atlases.append({**atlas, "rows": rows})
    devices = [{row["device"] for row in atlas["rows"]} for atlas in atlases]
    apart = devices[0].isdisjoint(devices[1])
    found, alone = list(differences(*atlases, devices=apart)), only_in_one(*atlases, devices=apart)
    if json:
        print(encoding.dumps(_plain((one, other), atlases, found, alone), indent=2))
    else:
        print("\n".join(_lines((one, other), atlases, found, alone)))
    return 0


def _plain(paths: tuple[Path, Path], atlases: list[Atlas], found: list[Difference], alone: tuple[int, int]) -> dict[str, Any]:
    """Return where each atlas is from, how many answers only it has, which are not compared, and what differs in the rest."""
    sides = [
        {"path": str(path), "origin": atlas["origin"], "answers": len(atlas["rows"]), "not_compared": many}
        for path, atlas, many in zip(paths, atlases, alone, strict=True)
    ]
    return {"atlases": sides, "differences": [asdict(difference) for difference in found]}


def _lines(paths: tuple[Path, Path], atlases: list[Atlas], found: list[Difference], alone: tuple[int, int]) -> Iterator[str]:
    before, after = (atlas["origin"] for atlas in atlases)
    yield from (
        f"{name}: {before[name]} -> {after.get(name, 'none')}" for name in sorted(before) if before[name] != after.get(name)
    )
    yield f"{len(found)} answers differ"
    yield from map(_told, found)
    if any(alone):
        yield f"not compared: {alone[0]} answers that only {paths[0]} has, and {alone[1]} that only {paths[1]} has"


def _told(one: Difference) -> str:
    whose = f"{one.variant}, {one.dtype}, {one.mode} on {one.device}"
    verdicts = " -> ".join(one.verdicts)
    if None in one.digits:
        return f"{whose}: {verdicts}"
    ulps = " -> ".join(f"{ulp:.3g}" for ulp in one.ulps)
    return f"{whose}: {verdicts}, {ulps} ULP, {one.worse:+.2g} digits lost"
