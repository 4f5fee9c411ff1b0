"""T[I] = Σ_K e, element by element, in any arithmetic.

Within an equation every subexpression has one axis for each index of I and K, of length 1 where it does not depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from sympy import Add, Expr, Indexed, Integer, KroneckerDelta, Mul, Symbol

from diffcheck.errors import PointError
from diffcheck.notation import Equation, Program, Reduction, indices_of, name_of
from diffcheck.notation.places import Quotient, Remainder, is_whole, scatters
from diffcheck.notation.scalar_functions import Composition
from diffcheck.notation.selection import detach, held, select
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


_LARGEST_PART = 2**11  # a fraction of larger whole numbers is rounded as one number: such a numerator may overflow
_MOST_ELEMENTS = 200_000_000  # a ball takes some 100 bytes


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
        if (elements := math.prod(self.lengths)) > _MOST_ELEMENTS:
            raise PointError(
                got=f"{equation.target!r} over {elements:,} elements",
                wanted=f"at most {_MOST_ELEMENTS:,}",
                do="pass smaller inputs: the exact value of each element is computed by itself",
            )

    def value(self) -> Planes:
        kept, rank = len(self.equation.indices), len(self.lengths)
        if (scattered := Scatter.of(self.equation)) is not None:
            return scattered.value(self)
        value = self._reduced(kept) if rank > kept else self.expression(self.equation.body)
        shape = self.lengths[:kept]
        lead = (slice(None),) * kept + (0,) * (rank - kept)
        return tuple(np.array(np.broadcast_to(plane, shape + plane.shape[kept:])[(*lead, ...)]) for plane in value)

    def _reduced(self, kept: int) -> Planes:
        if self.equation.reduction is Reduction.SUM:
            return self._sum(kept)
        summed = tuple(range(kept, len(self.lengths)))
        terms = self.spread(self.expression(self.equation.body), summed)
        if self.equation.reduction is Reduction.PRODUCT:
            return self.arithmetic.product(terms, summed)
        rows = tuple(plane.reshape(*plane.shape[:kept], -1) for plane in terms)
        pick = self.arithmetic.argmax if self.equation.reduction is Reduction.ARGMAX else self.arithmetic.maximum
        return tuple(np.expand_dims(plane, summed) for plane in pick(rows))

    def _sum(self, kept: int) -> Planes:
        product = contraction(self.equation.body, self._axes, kept, len(self.lengths))
        if product is not None:
            return product.value(self.expression, self.lengths, self.arithmetic)
        summed = tuple(range(kept, len(self.lengths)))
        return self.arithmetic.total(self.spread(self.expression(self.equation.body), summed), summed)

    def _axes(self, factor: Expr) -> frozenset[int]:
        return frozenset(self.axis[symbol] for symbol in factor.free_symbols if symbol in self.axis)

    def spread(self, value: Planes, axes: tuple[int, ...]) -> Planes:
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
        if node.is_Symbol and node not in self.axis:
            return calculate.constant(Integer(self.sizes[str(node)]))
        if not node.is_number and is_whole(node):
            return calculate.whole(self.positions(node)[0])  # counted, not computed: no rounding can move a position
        if node.is_Rational or node.is_NumberSymbol or node.is_infinite:
            return calculate.constant(node)
        if isinstance(node, held | detach):
            return self.expression(node.args[0])
        if node.is_Add:
            return calculate.add(*map(self.expression, node.args))
        if node.is_Mul:
            return self._quotient(*_numerator_denominator(node))
        if node.is_Pow:
            return self._power(node)
        if isinstance(node, select):
            return calculate.select(*map(self._full, map(self.expression, node.args)))
        if isinstance(node, Composition):
            return self.expression(node.definition(*node.args))
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
        if not all(map(self._whole_axis, places, planes[0].shape)):
            return self._gathered(planes, places)
        fixed = tuple(int(place) if place.is_Integer else slice(None) for place in places)
        planes = tuple(plane[(*fixed, ...)] for plane in planes)
        return self._placed(planes, [self.axis[place] for place in places if not place.is_Integer])

    def _whole_axis(self, place: Expr, length: int) -> bool:
        return bool(place.is_Integer) or (place in self.axis and self.lengths[self.axis[place]] == length)

    def _gathered(self, planes: Planes, places: tuple[Expr, ...]) -> Planes:
        """Return *planes* read at computed places: 0 outside an axis, and nothing to rest on where a place is not certain."""
        found = [self.positions(place) for place in places]
        lengths = planes[0].shape
        inside = [(0 <= where) & (where < length) for (where, _), length in zip(found, lengths, strict=True)]
        at = tuple(np.where(fits, where, 0) for fits, (where, _) in zip(inside, found, strict=True))
        within = np.logical_and.reduce(np.broadcast_arrays(*inside))
        known = np.logical_and.reduce(np.broadcast_arrays(*(sure for _, sure in found)))
        zero = self.arithmetic.constant(Integer(0))
        value = tuple(np.where(within, plane[at], nothing) for plane, nothing in zip(planes, zero, strict=True))
        return value if known.all() else self.arithmetic.unknown(value, known)

    def _placed(self, planes: Planes, axes: list[int]) -> Planes:
        """Return *planes*, which have the axes of the equation that *axes* names, with all of them in order."""
        shape = [self.lengths[place] if place in axes else 1 for place in range(len(self.lengths))]
        return tuple(in_order(plane, axes).reshape(shape) for plane in planes)

    def _delta(self, node: Expr) -> Planes:
        (first, sure), (second, certain) = (self.positions(place) for place in node.args)
        value = self.arithmetic.whole((first == second).astype(np.float64))
        known = sure & certain
        return value if known.all() else self.arithmetic.unknown(value, known)

    def positions(self, place: Expr) -> tuple[np.ndarray, np.ndarray]:
        """Return the integers that *place* stands for, with all axes of the equation, and where they are certain."""
        shape, sure = [1] * len(self.lengths), np.ones((1,) * len(self.lengths), dtype=bool)
        if place in self.axis:
            shape[self.axis[place]] = self.lengths[self.axis[place]]
            return np.arange(self.lengths[self.axis[place]]).reshape(shape), sure
        if isinstance(place, Indexed) or is_scalar_read(place):
            return self.arithmetic.places(self._full(self.expression(place)))
        if place.is_Integer or place.is_Symbol:
            number = int(place) if place.is_Integer else self.sizes[str(place)]
            return np.array(number).reshape(shape), sure
        parts = [self.positions(part) for part in place.args]
        combined = reduce(_COMBINED[place.func], (numbers for numbers, _ in parts))
        return combined, np.logical_and.reduce(np.broadcast_arrays(*(known for _, known in parts)))


_COMBINED = {Add: np.add, Mul: np.multiply, Quotient: np.floor_divide, Remainder: np.mod}


@dataclass(frozen=True)
class Scatter:
    """Σ_K Π_m δ(j_m, p_m)·e, where e does not mention the target's indices j_m: every term goes to one place."""

    targets: dict[int, Expr]
    rest: Expr

    @staticmethod
    def of(equation: Equation) -> Scatter | None:
        """Return how *equation* scatters, or None where it does not."""
        if equation.reduction is not Reduction.SUM or not scatters(equation.body):
            return None
        factors, taken = Mul.make_args(equation.body), set()
        targets: dict[int, Expr] = {}
        for axis, index in enumerate(equation.indices):
            # All factors count, taken ones too: no place may mention a target, which has no axis of its own in the terms.
            using = [factor for factor in factors if index.symbol in factor.free_symbols]
            if len(using) != 1 or not isinstance(using[0], KroneckerDelta) or using[0] in taken:
                continue
            places = [place for place in using[0].args if place != index.symbol]
            if len(places) == 1 and index.symbol not in places[0].free_symbols:
                targets[axis] = places[0]
                taken.add(using[0])
        return Scatter(targets, Mul(*(factor for factor in factors if factor not in taken))) if targets else None

    def value(self, around: _Equation) -> Planes:
        """Return the sums, over the indices of the target."""
        kept, rank = len(around.equation.indices), len(around.lengths)
        others = tuple(axis for axis in range(rank) if axis not in self.targets)
        shape = [1 if axis in self.targets else length for axis, length in enumerate(around.lengths)]
        terms = around.spread(around.expression(self.rest), others)
        flat, inside, known = np.zeros(shape, dtype=np.int64), np.ones(shape, dtype=bool), np.ones(shape, dtype=bool)
        for axis, length in enumerate(around.lengths[:kept]):
            own = np.arange(length).reshape([-1 if other == axis else 1 for other in range(rank)])
            where, sure = around.positions(self.targets[axis]) if axis in self.targets else (own, np.ones((1,) * rank, bool))
            flat, inside, known = flat * length + where, inside & (0 <= where) & (where < length), known & sure
        if not known.all():
            # A term whose place is not certain may belong anywhere.
            terms, inside = around.arithmetic.unknown(terms, known), inside | ~known
        flat = np.where(inside & known, flat, 0)
        sums = around.arithmetic.scatter(
            tuple(plane[inside] for plane in terms), flat[inside], int(np.prod(around.lengths[:kept], dtype=np.int64))
        )
        value = tuple(plane.reshape(around.lengths[:kept]) for plane in sums)
        return value if known.all() else around.arithmetic.unknown(value, np.zeros(around.lengths[:kept], dtype=bool))


def _numerator_denominator(product: Expr) -> tuple[list[Expr], list[Expr]]:
    """Return the factors above and below the line; unlike SymPy's, this leaves sums and exp(−x) as they are written."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in _with_whole_powers(Mul.make_args(product)):
        if factor.is_Rational and max(abs(factor.p), factor.q) > _LARGEST_PART:
            above.append(factor)
        elif factor.is_Rational:
            above += [Integer(factor.p)] * (factor.p != 1)
            below += [Integer(factor.q)] * (factor.q != 1)
        elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
            below.append(factor.base**-factor.exp)
        else:
            above.append(factor)
    return above, below


def _with_whole_powers(factors: tuple[Expr, ...]) -> list[Expr]:
    """Return *factors* with xʸ/x as x^(y − 1), which has a value where x is 0."""
    kept = list(factors)
    for power in (factor for factor in factors if factor.is_Pow and not factor.exp.is_Rational):
        for other in kept:
            if other.is_Pow and other.base == power.base and other.exp.is_Integer and other.exp < 0:
                kept = [factor for factor in kept if factor not in (power, other)] + [power.base ** (power.exp + other.exp)]
                break
    return kept
