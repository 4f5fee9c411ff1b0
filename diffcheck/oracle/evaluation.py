"""T[I] = Σ_K e, element by element, in any arithmetic.

Within an equation every subexpression has one axis for each index of I and K, of length 1 where it does not depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Expr, Indexed, Integer, KroneckerDelta, Mul, Rational, Symbol

from diffcheck.notation import Equation, Program, indices_of, name_of
from diffcheck.notation.symbols import is_scalar_read
from diffcheck.oracle.arithmetic import Arithmetic, Planes
from diffcheck.oracle.contraction import contraction, in_order, matrix
from diffcheck.oracle.extents import extent_value

# The values of named functions, which cost the most, by the call and by its indices with their extents, in that order.
_Calls = dict[tuple[Expr, tuple[tuple[Symbol, int], ...]], Planes]


def evaluate(
    program: Program, inputs: Mapping[str, Planes], sizes: Mapping[str, int], arithmetic: Arithmetic
) -> dict[str, Planes]:
    """Return the planes of every tensor of *program*, inputs included."""
    known = dict(inputs)
    calls: _Calls = {}
    for equation in program.equations:
        known[equation.target] = _Equation(equation, known, sizes, arithmetic, calls).value()
    return known


class _Equation:
    def __init__(
        self,
        equation: Equation,
        known: Mapping[str, Planes],
        sizes: Mapping[str, int],
        arithmetic: Arithmetic,
        calls: _Calls,
    ) -> None:
        self.equation, self.known, self.sizes, self.arithmetic, self.calls = equation, known, sizes, arithmetic, calls
        self.axis = {index.symbol: place for place, index in enumerate(equation.axes)}
        self.lengths = tuple(extent_value(index.extent, sizes) for index in equation.axes)
        self.seen: dict[Expr, Planes] = {}

    def value(self) -> Planes:
        kept, rank = len(self.equation.indices), len(self.lengths)
        value = self._sum(kept) if rank > kept else self.expression(self.equation.body)
        shape = self.lengths[:kept]
        lead = (slice(None),) * kept + (0,) * (rank - kept)
        return tuple(np.array(np.broadcast_to(plane, shape + plane.shape[kept:])[(*lead, ...)]) for plane in value)

    def _sum(self, kept: int) -> Planes:
        product = contraction(self.equation.body, self._axes, kept, len(self.lengths))
        if product is not None:
            return product.value(self.expression, self.lengths, self.arithmetic)
        summed = tuple(range(kept, len(self.lengths)))
        return self.arithmetic.total(self._spread(self.expression(self.equation.body), summed), summed)

    def _axes(self, factor: Expr) -> frozenset[int]:
        return frozenset(self.axis[symbol] for symbol in factor.free_symbols if symbol in self.axis)

    def _spread(self, value: Planes, axes: tuple[int, ...]) -> Planes:
        """Return *value* with the axes in *axes* at their full length."""
        rank = range(len(self.lengths))
        return tuple(
            np.broadcast_to(plane, [self.lengths[place] if place in axes else plane.shape[place] for place in rank])
            for plane in self._full(value)
        )

    def _full(self, value: Planes) -> Planes:
        """Return *value*, which may be a number, with all axes of the equation."""
        return tuple(plane.reshape((1,) * (len(self.lengths) - plane.ndim) + plane.shape) for plane in value)

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
            return calculate.constant(Integer(self.sizes[str(node)]))
        if node.is_number:
            return calculate.constant(node)
        if node.is_Add:
            return calculate.add(*map(self.expression, node.args))
        if node.is_Mul:
            return self._quotient(*_numerator_denominator(node))
        if node.is_Pow:
            return self._power(node)
        return self._call(node)

    def _call(self, node: Expr) -> Planes:
        symbols = sorted((symbol for symbol in node.free_symbols if symbol in self.axis), key=str)
        axes = [self.axis[symbol] for symbol in symbols]
        key = node, tuple((symbol, self.lengths[axis]) for symbol, axis in zip(symbols, axes, strict=True))
        if key not in self.calls:
            value = self.arithmetic.call(type(node).__name__, self.expression(node.args[0]))
            self.calls[key] = matrix(self._full(value), self.lengths, *([axis] for axis in axes))
        return self._placed(self.calls[key], axes)

    def _power(self, node: Expr) -> Planes:
        sizes = {symbol: Integer(self.sizes[str(symbol)]) for symbol in node.exp.free_symbols if str(symbol) in self.sizes}
        exponent = node.exp.xreplace(sizes)
        if exponent == -1:
            return self._quotient([], [node.base])
        if exponent.is_Rational:
            return self.arithmetic.power(self.expression(node.base), exponent)
        return self.arithmetic.exponentiate(self.expression(node.base), self.expression(node.exp))

    def _quotient(self, above: list[Expr], below: list[Expr]) -> Planes:
        top = self._product(above)
        return self.arithmetic.divide(top, self._product(below)) if below else top

    def _product(self, factors: list[Expr]) -> Planes:
        values = [self.expression(factor) for factor in factors]
        return self.arithmetic.multiply(*values) if len(values) > 1 else values[0] if values else self.expression(Integer(1))

    def _read(self, node: Expr) -> Planes:
        planes = self.known[name_of(node)]
        places = indices_of(node)
        fixed = tuple(int(place) if place.is_Integer else slice(None) for place in places)
        planes = tuple(plane[(*fixed, ...)] for plane in planes)
        return self._placed(planes, [self.axis[place] for place in places if not place.is_Integer])

    def _placed(self, planes: Planes, axes: list[int]) -> Planes:
        """Return *planes*, which have the axes of the equation that *axes* names, with all of them in order."""
        shape = [self.lengths[place] if place in axes else 1 for place in range(len(self.lengths))]
        return tuple(in_order(plane, axes).reshape(shape) for plane in planes)

    def _delta(self, node: Expr) -> Planes:
        first, second = (self._positions(place) for place in node.args)
        zero, one = self.arithmetic.constant(Rational(0)), self.arithmetic.constant(Rational(1))
        return tuple(np.where(first == second, yes, no) for yes, no in zip(one, zero, strict=True))

    def _positions(self, place: Expr) -> np.ndarray:
        shape = [1] * len(self.lengths)
        if place.is_Integer:
            return np.array(int(place)).reshape(shape)
        shape[self.axis[place]] = self.lengths[self.axis[place]]
        return np.arange(self.lengths[self.axis[place]]).reshape(shape)


def _numerator_denominator(product: Expr) -> tuple[list[Expr], list[Expr]]:
    """Return the factors above and below the line; unlike SymPy's, this leaves sums and exp(−x) as they are written."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in Mul.make_args(product):
        if factor.is_Rational:
            above += [Integer(factor.p)] * (factor.p != 1)
            below += [Integer(factor.q)] * (factor.q != 1)
        elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
            below.append(factor.base**-factor.exp)
        else:
            above.append(factor)
    return above, below
