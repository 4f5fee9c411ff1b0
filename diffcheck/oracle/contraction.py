"""Σ_K of a product as one matrix product: the factors gathered into two groups by the axes they have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from sympy import Expr, Integer, Mul

from diffcheck.oracle.arithmetic import Arithmetic, Planes


@dataclass(frozen=True)
class Contraction:
    """Σ_K scale·left·right, where each side has the axes beside it; axes from *kept* on are summed over."""

    left: Expr
    left_axes: frozenset[int]
    right: Expr
    right_axes: frozenset[int]
    scale: Expr
    kept: int

    def value(self, evaluated: Callable[[Expr], Planes], lengths: tuple[int, ...], arithmetic: Arithmetic) -> Planes:
        """Return the sum, with every axis of *lengths* in its place, the summed ones of length 1."""
        both, rank = self.left_axes & self.right_axes, len(lengths)
        summed = frozenset(range(self.kept, rank))
        left = _summed(evaluated(self.left), self.left_axes & summed - both, arithmetic)
        right = _summed(evaluated(self.right), self.right_axes & summed - both, arithmetic)
        batch, inner = sorted(both - summed), sorted(both & summed)
        rows, columns = sorted(self.left_axes - both - summed), sorted(self.right_axes - both - summed)
        first, second = matrix(left, lengths, batch, rows, inner), matrix(right, lengths, batch, inner, columns)
        product = arithmetic.matmul(first, second, prod(lengths[self.kept :]))
        order = batch + rows + columns
        shape = [lengths[place] for place in order]
        missing = tuple(place for place in range(rank) if place not in order)
        placed = tuple(np.expand_dims(in_order(plane.reshape(shape), order), missing) for plane in product)
        return placed if self.scale == 1 else arithmetic.multiply(placed, evaluated(self.scale))


def contraction(body: Expr, axes_of: Callable[[Expr], frozenset[int]], kept: int, rank: int) -> Contraction | None:
    """Return Σ_K *body* as a contraction, or None where no two groups of factors hold all summed axes between them."""
    pairs = [(factor, axes_of(factor)) for factor in Mul.make_args(body)]
    groups: list[tuple[Expr, frozenset[int]]] = []
    for factor, axes in sorted((pair for pair in pairs if pair[1]), key=lambda pair: -len(pair[1])):
        holder = next((place for place, (_, held) in enumerate(groups) if axes <= held), None)
        if holder is None:
            groups.append((factor, axes))
        else:
            groups[holder] = (Mul(groups[holder][0], factor), groups[holder][1])
    if len(groups) != 2 or not frozenset(range(kept, rank)) <= groups[0][1] | groups[1][1]:
        return None
    scale = Mul(Integer(1), *(factor for factor, axes in pairs if not axes))
    return Contraction(*groups[0], *groups[1], scale, kept)


def _summed(value: Planes, axes: frozenset[int], arithmetic: Arithmetic) -> Planes:
    return arithmetic.total(value, tuple(sorted(axes))) if axes else value


def matrix(value: Planes, lengths: tuple[int, ...], *groups: list[int]) -> Planes:
    """Return *value*, of full rank, with one axis for each of *groups* of its axes; the others have length 1."""
    order = [place for group in groups for place in group]
    shape = [prod(lengths[place] for place in group) for group in groups]
    rest = [place for place in range(len(lengths)) if place not in order]
    return tuple(plane.transpose(order + rest).reshape(shape) for plane in value)


def in_order(plane: np.ndarray, axes: list[int]) -> np.ndarray:
    """Return *plane* with its axes in ascending order of *axes*, the diagonal taken where one repeats."""
    axes = list(axes)
    for place in sorted(set(axes)):
        while axes.count(place) > 1:
            first, second = [number for number, other in enumerate(axes) if other == place][:2]
            plane = np.diagonal(plane, axis1=first, axis2=second)
            axes = [other for number, other in enumerate(axes) if number not in (first, second)] + [place]
    return plane.transpose(sorted(range(len(axes)), key=axes.__getitem__))
