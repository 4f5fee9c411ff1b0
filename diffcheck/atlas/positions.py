"""Whether the same input gets the same derivative at every place of a tensor, dense or strided.

Kernels treat the body of a tensor in vectors of 4, 8 or 16 elements and its end one by one, by other code. So each value fills
tensors of several lengths, contiguous and strided, and all of its derivatives must be the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from diffcheck.atlas.asking import Way
from diffcheck.oracle import format_of, ulp

LENGTHS = (1, 7, 8, 9, 37)
_FEW = 4  # ULP by which the codes for the body and for the end may round apart


@dataclass(frozen=True)
class Disagreement:
    """Two derivatives of one value, and where in which tensor each of them came out; *gross* if it is no matter of rounding."""

    name: str
    value: tuple[float, ...]
    got: float
    where: str
    other: float
    elsewhere: str
    gross: bool


def disagreements(
    way: Way, values: Sequence[tuple[float, ...]], names: Sequence[str], like: torch.Tensor
) -> list[Disagreement]:
    """Return a disagreement about each of *values* that has one, a number for each of *names*, gross ones first.

    The tensors have the dtype and the device of *like*.
    """
    form, found = format_of(like.dtype), []
    for value in values:
        seen: dict[str, tuple[float, str]] = {}
        apart = []
        for where, name, got in _everywhere(way, value, names, like):
            first, place = seen.setdefault(name, (got, where))
            if not _same(first, got):
                apart.append(
                    Disagreement(name, value, first, place, got, where, not abs(got - first) <= _FEW * ulp(first, form))
                )
        found += sorted(apart, key=_by_size)[:1]
    return sorted(found, key=_by_size)


def _by_size(one: Disagreement) -> bool:
    return not one.gross


def _everywhere(
    way: Way, value: tuple[float, ...], names: Sequence[str], like: torch.Tensor
) -> Iterator[tuple[str, str, float]]:
    for length in LENGTHS:
        for strided in (False, True):
            tensors = {name: _filled(number, length, strided, like) for name, number in zip(names, value, strict=True)}
            kind = "strided" if strided else "contiguous"
            for name, slope in way(tensors, None).items():
                for place, got in enumerate(slope.detach().double().numpy(force=True).tolist()):
                    yield f"place {place} of {length}, {kind}", name, got


def _filled(number: float, length: int, strided: bool, like: torch.Tensor) -> torch.Tensor:
    full = torch.full((2 * length if strided else length,), number, dtype=like.dtype, device=like.device)
    return full[::2] if strided else full


def _same(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or (one == other and np.signbit(one) == np.signbit(other))


def picked(lines: Sequence[np.ndarray], more: Mapping[tuple[float, ...], float], count: int) -> list[tuple[float, ...]]:
    """Return some *count* points spread over *lines*, the points of *more*, and NaN, ±∞ and ±0 in each argument."""
    spread = np.linspace(0, len(lines[0]) - 1, count).astype(int)
    points = [tuple(float(line[place]) for line in lines) for place in spread]
    special = [(float(number),) * len(lines) for number in (np.nan, np.inf, -np.inf, 0.0, -0.0)]
    return [*special, *more, *points]
