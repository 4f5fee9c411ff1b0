"""The limits of pointwise functions and of their slopes at points, from every side on which the functions have a value.

    x_k = at_k + a_k·t + b_k·t² + c_k·exp(−1/t²),  t → 0 from above and from below

is how a point is approached. With one argument there are two sides. With two, a, b and c make straight lines, parabolas
that end along an axis, and curves on which one argument is exponentially closer, as x**y needs to tend to 0 at the origin;
on none of them do the arguments tie or does one of them stay. What a slope tends to where the function itself has no value,
as 1/x for log x below 0, does not count: there the slope has 0 times NaN added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, product
from typing import Any

import numpy as np
import torch
from flint import arb
from sympy import Expr, Integer, exp

from diffcheck.atlas.variants import Variant
from diffcheck.capturing import capture
from diffcheck.derivation.gradient import adjoint_program
from diffcheck.derivation.pruning import needed
from diffcheck.derivation.slopes import Rules
from diffcheck.derivation.terms import fresh_name
from diffcheck.notation import Equation, Index, Program, Role, Tensor, read
from diffcheck.oracle import prepare, working_precision
from diffcheck.oracle.balls import BallArithmetic, balls
from diffcheck.oracle.evaluation import evaluate
from diffcheck.oracle.limits import Limits, limits

_BITS = 320  # of values at the points themselves, and 64 of a limit, or it is not known
_KNOWN = 64
_WORDS = ("at", "a", "b", "c")
_Way = tuple[tuple[float, float, float], ...]  # (a, b, c) for each argument
_STAY, _LINE = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)
_OTHERS = tuple((sign * a, sign * b, sign * c) for a, b, c in ((1.75, 0, 0), (0, 1, 0), (0, 0, 1)) for sign in (1.0, -1.0))
# The ways on which all arguments move, and for each of two arguments the way on which it alone does.
_WAYS: dict[int, tuple[_Way, ...]] = {
    1: ((_LINE,),),
    2: (*((_LINE, other) for other in _OTHERS), *((other, _LINE) for other in _OTHERS)),
}
_ALONE: dict[int, tuple[_Way, ...]] = {1: (), 2: ((_LINE, _STAY), (_STAY, _LINE))}


@dataclass(frozen=True)
class Sides:
    """What is found at one *point*: *values* of the function, and its *slopes* by each argument.

    *values* are the one at the point and the limits as each argument alone moves, NaN where there is none; *slopes* the least
    and the greatest limit for each argument, NaN where no side has one.
    """

    point: tuple[float, ...]
    values: tuple[tuple[arb, arb, arb], ...]
    slopes: tuple[Limits, ...]

    def jumps(self, place: int) -> bool:
        """Say whether the function is not continuous as argument *place* alone moves; what has no value is passed over."""
        known = [value for value in self.values[place] if not value.is_nan()]
        return len(known) > 1 and differ(Limits(np.array([min(known)]), np.array([max(known)])))


def differ(found: Limits) -> bool:
    """Say whether the least and the greatest limit of one element differ."""
    return found.differ((0,))


def sides_of(variants: Sequence[Variant]) -> list[list[Sides]]:
    """Return the sides at the edges of each of *variants*, at all pairs of them for two arguments.

    Raises what `capture` raises for an operator without a row.
    """
    return [list(_Approach(*pair).sides()) for pair in zip(variants, _programs(variants), strict=True)]


def _programs(variants: Sequence[Variant]) -> Iterator[Program]:
    """Yield the program of each variant; they are recorded together, which costs a third of recording them one by one."""
    like = [
        torch.full((_length(variant),), 0.4 + 0.1 * place, dtype=torch.float64)
        for variant in variants
        for place in range(variant.arity)
    ]

    def function(*arguments: torch.Tensor) -> tuple[Any, ...]:
        rest = iter(arguments)
        return tuple(variant.function(*islice(rest, variant.arity)) for variant in variants)

    together = capture(function, *like)
    inputs = map(together.input, (f"arguments_{place}" for place in count()))
    for variant, output in zip(variants, together.outputs, strict=True):
        yield Program(tuple(islice(inputs, variant.arity)), needed(together.equations, (output,)), (output,))


class _Approach:
    """The points of *variant* on all ways, an element for each, and the *program* of the function and its slopes along them."""

    def __init__(self, variant: Variant, program: Program) -> None:
        self.variant, self.function, self.value = variant, program, program.outputs[0]
        self.points, self.ways = _points(variant), _ways(variant)
        self.index = Index("i", Integer(_length(variant)))
        self.inputs: list[Tensor] = []
        self.starts: dict[str, np.ndarray] = {}
        names = tuple(tensor.name for tensor in program.inputs)
        # Without derive's warning of an unused argument: the slope of floor is 0.
        slopes = adjoint_program(program, names, Rules.STABLE)
        self.taken = {*program.tensors, *slopes.tensors}
        before = self._approaching(names)
        self.slopes = tuple(fresh_name(f"{name}_counted", self.taken) for name in names)
        after = self._counting(slopes.outputs)
        for tensor in slopes.inputs[len(names) :]:
            self.inputs.append(tensor)
            self.starts[tensor.name] = np.ones(_length(variant))
        between = {equation.target: equation for equation in (*program.equations, *slopes.equations)}
        equations = (*before, *between.values(), *after)
        self.program = Program(tuple(self.inputs), equations, (self.value, *self.slopes))

    def sides(self) -> Iterator[Sides]:
        """Yield what is found at each of the points."""
        near = limits(self.program, self.starts, mixed=0)
        here = self._here()
        ends, arity, each = near[self.value], self.variant.arity, len(self.ways)
        for first, point in zip(count(0, each), self.points, strict=False):
            alone = range(first + each - arity, first + each)  # the only way, for one argument
            values = tuple((here[at], ends.low[at], ends.high[at]) for at in alone)
            among = slice(first, first + len(_WAYS[arity]))
            yield Sides(point, values, tuple(_outermost(near[name], among) for name in self.slopes))

    def _here(self) -> np.ndarray:
        """Return the value of the function at the point of each element."""
        columns = np.array([point for point in self.points for _ in self.ways], dtype=np.float64).T
        names = (tensor.name for tensor in self.function.inputs)
        prepared = prepare(self.function, dict(zip(names, columns, strict=True)))
        with working_precision(_BITS):
            inputs = {name: balls(array) for name, array in prepared.values.items()}
            found: np.ndarray = evaluate(self.function, inputs, prepared.sizes, BallArithmetic())[self.value][0]
        return found

    def _approaching(self, names: tuple[str, ...]) -> list[Equation]:
        t = self._input("t", np.zeros(_length(self.variant)), Role.PARAMETER)
        closer = exp(-(t**-2)) if len(names) > 1 else Integer(0)
        found = []
        for place, name in enumerate(names):
            starts = np.array([(point[place], *way[place]) for point in self.points for way in self.ways], dtype=np.float64).T
            at, a, b, c = (self._input(f"{name}_{word}", part) for word, part in zip(_WORDS, starts, strict=True))
            found.append(Equation(name, (self.index,), (), at + a * t + b * t**2 + c * closer))
        return found

    def _counting(self, adjoints: tuple[str, ...]) -> list[Equation]:
        nothing = self._input("nothing", np.zeros(_length(self.variant)))
        value = nothing * self._read(self.value)
        pairs = zip(self.slopes, adjoints, strict=True)
        return [Equation(name, (self.index,), (), self._read(slope) + value) for name, slope in pairs]

    def _input(self, name: str, start: np.ndarray, role: Role = Role.TARGET) -> Expr:
        # A target stays where it is while limits are looked for; a parameter moves.
        name = fresh_name(name, self.taken)
        self.taken.add(name)
        self.inputs.append(Tensor(name, (self.index.extent,), role))
        self.starts[name] = start
        return self._read(name)

    def _read(self, name: str) -> Expr:
        return read(name, (self.index.symbol,))


def _points(variant: Variant) -> tuple[tuple[float, ...], ...]:
    return tuple(product(variant.edges, repeat=variant.arity))


def _ways(variant: Variant) -> tuple[_Way, ...]:
    return _WAYS[variant.arity] + _ALONE[variant.arity]


def _length(variant: Variant) -> int:
    return len(_points(variant)) * len(_ways(variant))


def _outermost(found: Limits, among: slice) -> Limits:
    low, high = ([end for end in ends[among] if _is_known(end)] for ends in (found.low, found.high))
    return Limits(np.array([min(low, default=arb.nan())]), np.array([max(high, default=arb.nan())]))


def _is_known(end: arb) -> bool:
    return not end.is_nan() and (not end.is_finite() or end.is_exact() or end.rel_accuracy_bits() > _KNOWN)
