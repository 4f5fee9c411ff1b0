"""T[I] = Σ_K e, element by element, in any arithmetic: balls, floats, or floats with the error they carry.

A value is a tuple of *planes*, arrays of one shape: one plane of balls, or one of floats and one of error bounds. Within an
equation every subexpression has one axis for each index of I and K, of length 1 where it does not depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Protocol

import numpy as np
from sympy import Expr, Indexed, KroneckerDelta, Rational

from diffcheck.exact.points import extent_value
from diffcheck.notation import Equation, Index, Program, indices_of, name_of
from diffcheck.notation.symbols import is_scalar_read

Planes = tuple[np.ndarray, ...]


class Arithmetic(Protocol):
    """What an equation is evaluated with; every operation takes and returns planes."""

    def constant(self, value: Expr) -> Planes:
        """Return a number, without axes."""

    def add(self, first: Planes, second: Planes) -> Planes:
        """Return first + second."""

    def multiply(self, first: Planes, second: Planes) -> Planes:
        """Return first·second."""

    def divide(self, first: Planes, second: Planes) -> Planes:
        """Return first/second."""

    def power(self, base: Planes, exponent: Rational) -> Planes:
        """Return base^exponent for a rational exponent."""

    def call(self, name: str, argument: Planes) -> Planes:
        """Return the named function of *argument*."""

    def total(self, terms: Planes, axes: tuple[int, ...]) -> Planes:
        """Return the sum over *axes*, which are kept with length 1."""

    def matmul(self, first: Planes, second: Planes) -> Planes:
        """Return Σ_k first[b,i,k]·second[b,k,j]."""


def evaluate(
    program: Program, inputs: Mapping[str, Planes], sizes: Mapping[str, int], arithmetic: Arithmetic
) -> dict[str, Planes]:
    """Return the planes of every tensor of *program*, inputs included."""
    known = dict(inputs)
    for equation in program.equations:
        known[equation.target] = _Equation(equation, known, sizes, arithmetic).value()
    return known


class _Equation:
    def __init__(
        self, equation: Equation, known: Mapping[str, Planes], sizes: Mapping[str, int], arithmetic: Arithmetic
    ) -> None:
        self.equation, self.known, self.sizes, self.arithmetic = equation, known, sizes, arithmetic
        self.axis = {index.symbol: place for place, index in enumerate(equation.axes)}
        self.lengths = tuple(self._length(index) for index in equation.axes)
        self.seen: dict[Expr, Planes] = {}

    def _length(self, index: Index) -> int:
        return extent_value(index.extent, self.sizes)

    def value(self) -> Planes:
        kept = len(self.equation.indices)
        summed = tuple(range(kept, len(self.lengths)))
        value = self._contraction(kept) if summed else None
        if value is None:
            value = self.expression(self.equation.body)
            if summed:
                value = self.arithmetic.total(self._spread(value, summed), summed)
        shape = self.lengths[:kept]
        lead = (slice(None),) * kept + (0,) * len(summed)
        return tuple(np.array(np.broadcast_to(plane, shape + plane.shape[kept:])[(*lead, ...)]) for plane in value)

    def _spread(self, value: Planes, axes: tuple[int, ...]) -> Planes:
        return tuple(
            np.broadcast_to(plane, [self.lengths[place] if place in axes else size for place, size in enumerate(plane.shape)])
            for plane in self._full_rank(value)
        )

    def _full_rank(self, value: Planes) -> Planes:
        rank = len(self.lengths)
        return tuple(plane.reshape((1,) * (rank - plane.ndim) + plane.shape) for plane in value)

    def expression(self, node: Expr) -> Planes:
        if node not in self.seen:
            self.seen[node] = self._evaluated(node)
        return self.seen[node]

    def _evaluated(self, node: Expr) -> Planes:
        calculate = self.arithmetic
        if isinstance(node, Indexed) or is_scalar_read(node):
            return self._read(node)
        if isinstance(node, KroneckerDelta):
            return self._delta(node)
        if node.is_Symbol:
            return calculate.constant(Rational(self.sizes[str(node)]))
        if node.is_number:
            return calculate.constant(node)
        if node.is_Add:
            first, *rest = map(self.expression, node.args)
            for value in rest:
                first = calculate.add(first, value)
            return first
        if node.is_Mul:
            return self._product(node)
        if node.is_Pow and node.exp == -1:
            return calculate.divide(calculate.constant(Rational(1)), self.expression(node.base))
        if node.is_Pow and node.exp.is_Rational:
            return calculate.power(self.expression(node.base), node.exp)
        if node.is_Pow:
            exponent = calculate.multiply(self.expression(node.exp), calculate.call("log", self.expression(node.base)))
            return calculate.call("exp", exponent)
        return calculate.call(type(node).__name__, self.expression(node.args[0]))

    def _product(self, node: Expr) -> Planes:
        below, above = node.as_numer_denom()[::-1]
        if below == 1:
            first, *rest = map(self.expression, node.args)
            for value in rest:
                first = self.arithmetic.multiply(first, value)
            return first
        return self.arithmetic.divide(self.expression(above), self.expression(below))

    def _read(self, node: Expr) -> Planes:
        planes = self.known[name_of(node)]
        places = indices_of(node)
        fixed = tuple(int(place) if place.is_Integer else slice(None) for place in places)
        planes = tuple(plane[(*fixed, ...)] for plane in planes)
        axes = [self.axis[place] for place in places if not place.is_Integer]
        return tuple(self._placed(plane, axes) for plane in planes)

    def _placed(self, plane: np.ndarray, axes: list[int]) -> np.ndarray:
        shape = [1] * len(self.lengths)
        for place in axes:
            shape[place] = self.lengths[place]
        return _ordered(plane, axes).reshape(shape)

    def _delta(self, node: Expr) -> Planes:
        first, second = (self._positions(place) for place in node.args)
        zero, one = self.arithmetic.constant(Rational(0)), self.arithmetic.constant(Rational(1))
        return tuple(np.where(first == second, yes, no) for yes, no in zip(one, zero, strict=True))

    def _positions(self, place: Expr) -> np.ndarray:
        if place.is_Integer:
            return np.array(int(place)).reshape((1,) * len(self.lengths))
        axis = self.axis[place]
        shape = [1] * len(self.lengths)
        shape[axis] = self.lengths[axis]
        return np.arange(self.lengths[axis]).reshape(shape)

    def _contraction(self, kept: int) -> Planes | None:
        """Return the sum of a product as one matrix product, or None where the product is no larger than its factors."""
        factors = list(self.equation.body.args) if self.equation.body.is_Mul else []
        pairs = [(factor, self._axes(factor)) for factor in factors]
        wide = sorted((pair for pair in pairs if pair[1]), key=lambda pair: -len(pair[1]))
        if len(wide) < 2:
            return None
        groups = [wide[0]]
        for factor, axes in wide[1:]:
            holder = next((place for place, (_, held) in enumerate(groups) if axes <= held), None)
            if holder is None:
                groups.append((factor, axes))
            else:
                groups[holder] = (groups[holder][0] * factor, groups[holder][1])
        if len(groups) != 2:
            return None
        (left, left_axes), (right, right_axes) = groups
        product = self._matmul(self.expression(left), left_axes, self.expression(right), right_axes, kept)
        rest = [factor for factor, axes in pairs if not axes]
        for factor in rest:
            product = self.arithmetic.multiply(product, self.expression(factor))
        return product

    def _axes(self, factor: Expr) -> frozenset[int]:
        return frozenset(self.axis[symbol] for symbol in factor.free_symbols if symbol in self.axis)

    def _matmul(self, left: Planes, left_axes: frozenset[int], right: Planes, right_axes: frozenset[int], kept: int) -> Planes:
        rank = len(self.lengths)
        alone = {place for place in range(kept, rank) if (place in left_axes) != (place in right_axes)}
        left, right = self._summed(left, left_axes & alone), self._summed(right, right_axes & alone)
        both = left_axes & right_axes
        batch, inner = sorted(p for p in both if p < kept), sorted(p for p in both if p >= kept)
        rows, columns = sorted(left_axes - both - alone), sorted(right_axes - both - alone)
        first = self._matrix(left, batch, rows, inner)
        second = self._matrix(right, batch, inner, columns)
        product = self.arithmetic.matmul(first, second)
        order = batch + rows + columns
        shape = [self.lengths[place] for place in order]
        missing = [place for place in range(rank) if place not in order]
        return tuple(np.expand_dims(_ordered(plane.reshape(shape), order), tuple(missing)) for plane in product)

    def _summed(self, value: Planes, axes: frozenset[int]) -> Planes:
        return self.arithmetic.total(value, tuple(sorted(axes))) if axes else value

    def _matrix(self, value: Planes, *groups: list[int]) -> Planes:
        order = [place for group in groups for place in group]
        shape = [prod(self.lengths[place] for place in group) for group in groups]
        rest = [place for place in range(len(self.lengths)) if place not in order]
        return tuple(plane.transpose(order + rest).reshape(shape) for plane in value)


def _ordered(plane: np.ndarray, axes: list[int]) -> np.ndarray:
    """Return *plane* with its axes in ascending order of *axes*, the diagonal taken where one repeats."""
    axes = list(axes)
    for place in sorted(set(axes)):
        while axes.count(place) > 1:
            first, second = [number for number, other in enumerate(axes) if other == place][:2]
            plane = np.diagonal(plane, axis1=first, axis2=second)
            axes = [other for number, other in enumerate(axes) if number not in (first, second)] + [place]
    return plane.transpose(sorted(range(len(axes)), key=axes.__getitem__))
