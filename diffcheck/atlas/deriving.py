"""The derivatives of a pointwise operator as programs, each by itself: ∂o/∂x for each argument, and ∂²o/∂x∂y for each pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb

from diffcheck.atlas.domains import constant, valueless
from diffcheck.derivation import Gradient
from diffcheck.derivation.pruning import needed
from diffcheck.notation import Program, Reduction
from diffcheck.notation.functions import absolute, relu, sign, step
from diffcheck.notation.selection import select
from diffcheck.notation.special_functions import floor
from diffcheck.oracle import Format, exact_pointwise, rounding_bounds
from diffcheck.oracle.limits import NEAR, Limits, beside, limits
from diffcheck.verification import orders

_NEAR, _LARGE = 160, 2.0**64
_BESIDE, _SAME, _BITS = 64, 2.0**-40, 320  # so near a point a derivative without a kink moves by less
_MIXED = 3
_PIECEWISE = (select, absolute, sign, step, relu, floor)


@dataclass(frozen=True)
class Derivative:
    """One derivative, stable and as the textbook has it; *label* says by what, *by*, *names* which inputs are arguments."""

    label: str
    by: frozenset[str]
    stable: Program
    textbook: Program
    names: tuple[str, ...]

    @property
    def output(self) -> str:
        """The name of the derivative in the stable program."""
        return self.stable.outputs[0]

    def point(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the inputs at *values* of the arguments; cotangents and directions are 1."""
        ones = np.ones_like(next(iter(values.values())))
        return {tensor.name: values.get(tensor.name, ones) for tensor in self.stable.inputs}

    def exact(self, point: Mapping[str, np.ndarray], form: Format) -> np.ndarray:
        """Return the balls of the values."""
        return exact_pointwise(self.stable, point, dtype=form)[self.output]

    def rounding(self, point: Mapping[str, np.ndarray], form: Format) -> np.ndarray:
        """Return the rounding bound of the textbook formula; where it promises nothing, as it overflows, of the stable one."""
        bound = rounding_bounds(self.textbook, point, dtype=form)[self.textbook.outputs[0]]
        endless = np.flatnonzero(~np.isfinite(bound))
        if len(endless):
            here = {name: value[endless] for name, value in point.items()}
            bound = bound.copy()
            bound[endless] = rounding_bounds(self.stable, here, dtype=form)[self.output]
        return bound

    def sides(self, point: Mapping[str, np.ndarray], form: Format, function: Program) -> Limits:
        """Return the limits from all sides on which *function* has a value: as near as *form* needs at 0, else relatively near.

        At large ones nearer: what oscillates has the same value on all sides only where the sides are much less than 1 away.
        """
        at_zero = np.any([point[name] == 0 for name in self.names], axis=0)
        large = ~at_zero & np.any([np.abs(point[name]) > _LARGE for name in self.names], axis=0)
        groups = ((at_zero, _near_zero(form)), (large, NEAR), (~at_zero & ~large, _NEAR))
        low, high = np.empty(len(at_zero), dtype=object), np.empty(len(at_zero), dtype=object)
        partial = np.zeros(len(at_zero), dtype=bool)
        for chosen, near in groups:
            if len(places := np.flatnonzero(chosen)):
                here = {name: value[places] for name, value in point.items()}
                found = limits(self.stable, here, near=near, mixed=self._mixed, where=function)[self.output]
                low[places], high[places], partial[places] = found.low, found.high, found.partial
        return Limits(low, high, partial)

    def smooth(self, point: Mapping[str, np.ndarray], exact: np.ndarray, function: Program) -> np.ndarray:
        """Say where the derivative hardly changes on all sides, so that there is neither a kink nor a hole: cheaply.

        Where neither it nor *function* has a branch or a jump, that is wherever it has a value.
        """
        if not len(exact):
            return np.zeros(0, dtype=bool)
        if not has_branches(self.stable) and not has_branches(function):
            return np.array([ball.is_finite() for ball in exact], dtype=bool)
        agree = np.ones(len(exact), dtype=bool)
        for side in beside(self.stable, point, _BESIDE, _BITS, mixed=self._mixed):
            agree &= np.array([_agree(*pair) for pair in zip(exact, side[self.output], strict=True)])
        return agree

    def valueless(self, function: Program, point: Mapping[str, np.ndarray]) -> np.ndarray:
        """Say where *function*, of which this is the derivative, has a value on no side, so that this has none either."""
        here = {tensor.name: point[tensor.name] for tensor in function.inputs}
        return valueless(function, here, self.by, self._mixed if len(self.by) > 1 else 0)

    def constant(self, function: Program, point: Mapping[str, np.ndarray]) -> np.ndarray:
        """Say where *function*, of which this is the derivative, has one value however near, so that this is 0."""
        return constant(function, {tensor.name: point[tensor.name] for tensor in function.inputs}, self.by)

    @property
    def _mixed(self) -> int:
        """Of a single number there are only two sides."""
        return _MIXED if len(self.names) > 1 else 0


def has_branches(program: Program) -> bool:
    """Say whether *program* is not made of functions alone that are continuous wherever they have a value."""
    return any(
        equation.body.has(*_PIECEWISE) or equation.reduction not in (Reduction.SUM, Reduction.PRODUCT)
        for equation in program.equations
    )


def _near_zero(form: Format) -> int:
    return NEAR if form.precision == 53 else 400  # below the smallest number, and its square


def _agree(exact: arb, side: arb) -> bool:
    return bool(exact.is_finite() and side.is_finite() and abs(side - exact) <= _SAME * abs(exact))


def label_of(names: Sequence[str], *by: str) -> str:
    """Return what a derivative by *by* is called among those by *names*: of a single argument it needs no second name."""
    return by[0] if len(names) == 1 else ", ".join(by)


def derivatives_of(gradient: Gradient, order: int) -> tuple[Derivative, ...]:
    """Return the derivatives of *order* 1 or 2, by each argument or by each ordered pair of them."""
    return tuple(_first(gradient) if order == 1 else _second(gradient))


def _first(gradient: Gradient) -> Iterator[Derivative]:
    yield from _parts(orders.reverse(gradient), {name: (name,) for name in gradient.wrt}, gradient.wrt)


def _second(gradient: Gradient) -> Iterator[Derivative]:
    for slope in gradient.wrt:
        yield from _parts(orders.second(gradient, (slope,)), {name: (slope, name) for name in gradient.wrt}, gradient.wrt)


def _parts(derived: orders.Derived, by: Mapping[str, tuple[str, ...]], names: tuple[str, ...]) -> Iterator[Derivative]:
    for name, stable, textbook in zip(derived.names, derived.stable.outputs, derived.textbook.outputs, strict=True):
        alone = _alone(derived.stable, stable), _alone(derived.textbook, textbook)
        yield Derivative(label_of(names, *by[name]), frozenset(by[name]), *alone, names)


def _alone(program: Program, output: str) -> Program:
    return Program(program.inputs, needed(program.equations, (output,)), (output,))
