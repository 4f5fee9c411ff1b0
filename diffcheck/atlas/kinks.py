"""Where pointwise functions have no derivative: what the slope tends to from all sides there, and what PyTorch gives.

    [low, high] = the least and the greatest limit of the slope, the interval of its valid subgradients

is computed from the exact derivative, never written down; see `sides`. PyTorch's own value stands in `conventions`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import torch
from flint import arb

from diffcheck.atlas.asking import derivatives
from diffcheck.atlas.choosing import VARIANTS
from diffcheck.atlas.conventions import CONVENTIONS, Convention, convention_of
from diffcheck.atlas.corners import corners
from diffcheck.atlas.sides import Sides, differ, sides_of
from diffcheck.atlas.variants import Variant
from diffcheck.capturing.arguments import argument_names
from diffcheck.oracle import FORMATS
from diffcheck.verification.kinks import judged_by_sides
from diffcheck.verification.verdict import Judgement, Kind, Verdict

_FLOAT64 = FORMATS["float64"]
_RIGHT = (Verdict.EXACT, Verdict.ACCURATE)
_HEAD = ("function", "point", "interval of subgradients", "PyTorch's slope", "since", "remark")


@dataclass(frozen=True)
class Kink:
    """A *point* without a derivative by the argument called *by*, the number *place* of the *variant* of that name.

    *low* and *high* are the least and the greatest limit of the slope, *jumps* says whether the function itself is not
    continuous there, *got* is what the installed PyTorch gives in float64 and reverse mode, and *convention* is the text of its
    row, empty where there is none.
    """

    variant: str
    point: tuple[float, ...]
    by: str
    place: int
    low: float
    high: float
    jumps: bool
    got: float
    is_subgradient: bool
    convention: str


def kinks_of(*variants: Variant) -> tuple[Kink, ...]:
    """Return the kinks and singular points among the edges of *variants*, at all pairs of edges for two arguments.

    These are the points at which the limits of a slope differ or are infinite, or the function jumps as one argument moves.
    Raises what `capture` raises for an operator without a row.
    """
    pairs = zip(variants, sides_of(variants), strict=True)
    return tuple(kink for variant, sides in pairs for kink in _kinks(variant, sides))


@cache
def known_kinks() -> tuple[Kink, ...]:
    """Return the kinks of the atlas's variants and of the corners beside them."""
    return kinks_of(*VARIANTS.values(), *corners())


def is_subgradient(slope: float, low: float, high: float) -> bool:
    """Say whether *slope* passes where the limits of the exact slope reach from *low* to *high*; NaN is no subgradient."""
    wrong = Judgement(Verdict.WRONG, Kind.NONE, math.inf, 0.0)
    judged = judged_by_sides(wrong, slope, arb.nan(), arb(low), arb(high), _FLOAT64)
    return judged.verdict in _RIGHT or judged.kind in (Kind.SUBGRADIENT, Kind.INFINITE)


def _kinks(variant: Variant, sides: list[Sides]) -> Iterator[Kink]:
    columns = [torch.tensor(column, dtype=torch.float64) for column in zip(*(side.point for side in sides), strict=True)]
    names = argument_names(variant.function, columns)
    got = derivatives(variant.function, dict(zip(names, columns, strict=True)), "reverse")
    for turn, side in enumerate(sides):
        row = convention_of(variant.name, side.point, torch.__version__)
        for place, name in enumerate(names):
            slopes, jumps = side.slopes[place], side.jumps(place)
            low, high, slope = float(slopes.low[0]), float(slopes.high[0]), float(got[name][turn])
            if jumps or differ(slopes) or math.isinf(low):
                told = _told(row, place) if row else ""
                passes = is_subgradient(slope, low, high)
                yield Kink(variant.name, side.point, name, place, low, high, jumps, slope, passes, told)


def _told(row: Convention, place: int) -> str:
    slope = row.slopes[place]
    if slope is None:
        return ""
    return f"{_number(slope)}{f' in PyTorch {row.versions}' if row.versions else ''}{f': {row.remark}' if row.remark else ''}"


def kink_table() -> str:
    """Return the conventions beside the intervals as a table in Markdown."""
    kinks = {(kink.variant, kink.point, kink.place): kink for kink in known_kinks()}
    points: dict[tuple[str, ...], list[str]] = {}
    for row in CONVENTIONS:
        for cells in _cells(row, kinks):
            points.setdefault(cells, []).append(_at(row.point))
    lines = sorted(((name, ", ".join(at), *rest) for (name, *rest), at in points.items()), key=lambda line: line[0].lower())
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (_HEAD, ("---",) * len(_HEAD), *lines))


def _cells(row: Convention, kinks: Mapping[tuple[str, tuple[float, ...], int], Kink]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of *row* but for its point, once where both arguments have the same."""
    found: dict[tuple[str, str], list[str]] = {}
    for place, slope in enumerate(row.slopes):
        if slope is not None:
            kink = kinks[row.function, row.point, place]
            found.setdefault((_interval(kink), _slope(slope, kink)), []).append("xy"[place])
    name = row.function if len(row.point) == 1 or "(" in row.function else f"{row.function}(x, y)"
    for cells, letters in found.items():
        by = f" by {' and '.join(letters)}" if len(row.point) > 1 else ""
        yield f"`{name}`{by}", *cells, _since(row.versions), row.remark


def _interval(kink: Kink) -> str:
    low, high, digits = kink.low, kink.high, 6
    while low != high and _number(low, digits) == _number(high, digits):
        digits += 3
    inside = _number(low) if low == high else f"[{_number(low, digits)}, {_number(high, digits)}]"
    return inside + (", a jump" if kink.jumps and math.isfinite(low + high) else "")


def _slope(slope: float, kink: Kink) -> str:
    return _number(slope) + ("" if is_subgradient(slope, kink.low, kink.high) else ", no subgradient")


def _since(versions: str) -> str:
    return versions.removeprefix(">=") if versions.startswith(">=") else versions.replace("<", "before ")


def _at(point: tuple[float, ...]) -> str:
    return _number(point[0]) if len(point) == 1 else f"({', '.join(map(_number, point))})"


def _number(value: float, digits: int = 6) -> str:
    if math.isnan(value):
        return "NaN"
    return f"{value + 0.0:.{digits}g}".replace("inf", "∞").replace("-", "−")
