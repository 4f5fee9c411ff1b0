"""The exact values that each mode of differentiation should give, as programs made from the gradient program.

    reverse             x̄ = Σ_o ō·∂o/∂x
    forward             ȯ = Σ_x ∂o/∂x·ẋ, the derivative of Σ x̄·ẋ by ō, in which it is linear
    second, by inputs   Σ_x' ∂x̄/∂x'·u, the gradient of Σ x̄·u
    second, by outputs  the second derivative of o along u and ẋ, the derivative of Σ (that)·ẋ by ō

Every program is made twice: stable, for the values, and with the textbook's slopes in all its orders, for the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Mul

from diffcheck.derivation import Gradient, derive
from diffcheck.derivation.gradient import adjoint_program
from diffcheck.derivation.slopes import Rules
from diffcheck.derivation.terms import fresh_name
from diffcheck.notation import Equation, Index, Program, Role, Tensor, read
from diffcheck.oracle import Bounds, Point, format_of, rounding_bounds
from diffcheck.verification.comparison import Truth, truth_of
from diffcheck.verification.holes import Slopes


@dataclass(frozen=True)
class Derived:
    """One derivative in both forms; *names* says what the outputs belong to, *directions* which inputs hold directions.

    It is a derivative of *functions*, one or one of the other, as *moving* move.
    """

    stable: Program
    textbook: Program
    names: tuple[str, ...]
    directions: tuple[dict[str, str], ...] = ()
    functions: tuple[Program, ...] = ()
    moving: tuple[str, ...] = ()

    def truth(self, point: Point) -> Truth:
        """Return the exact values at *point* under the bound of the textbook form."""
        plain = truth_of(self.stable, point)
        form = format_of(plain.form.name)
        rounding = rounding_bounds(self.textbook, point, dtype=form)
        by_name = dict(zip(self.names, self.stable.outputs, strict=True))
        values = plain.values
        limits = Bounds(
            {name: rounding[output] for name, output in zip(self.names, self.textbook.outputs, strict=True)},
            {name: plain.limits.conditioning[output] for name, output in by_name.items()},
        )
        named = type(values)({name: values[output] for name, output in by_name.items()}, values.precision)
        slopes = Slopes(self.stable, by_name, self.functions, self.moving)
        return Truth(named, limits, plain.form, plain.device, None, point, slopes)


def reverse(gradient: Gradient) -> Derived:
    """Return x̄ for every x in *wrt*."""
    return Derived(gradient.program, gradient.textbook, gradient.wrt, (), (gradient.primal,), gradient.wrt)


def forward(gradient: Gradient) -> Derived:
    """Return ȯ for directions ẋ; it has a cotangent of the outputs as an input, on which it does not depend."""
    return _by_outputs(_contracted(reverse(gradient), "dot"), gradient)


def second(gradient: Gradient, slopes: tuple[str, ...] = ()) -> Derived:
    """Return Σ_x' ∂x̄'/∂x·u' for directions u' of every x' in *slopes*, all of *wrt* if none are named."""
    found = _derived(_contracted(_of(gradient, slopes), "bar_bar"), gradient.wrt)
    return replace(found, functions=(gradient.primal, gradient.program))


def second_gradient(gradient: Gradient, slopes: tuple[str, ...] = ()) -> Gradient:
    """Return what `second` returns as a `Gradient`, of which code can be generated."""
    return derive(_contracted(_of(gradient, slopes), "bar_bar").stable, gradient.wrt)


def _of(gradient: Gradient, slopes: tuple[str, ...]) -> Derived:
    """Return x̄ for the x in *slopes* alone, or for all."""
    every = reverse(gradient)
    if not slopes:
        return every
    places = [gradient.wrt.index(name) for name in slopes]
    programs = (every.stable, every.textbook)
    stable, textbook = (replace(program, outputs=tuple(program.outputs[place] for place in places)) for program in programs)
    return replace(every, stable=stable, textbook=textbook, names=slopes)


def second_forward(gradient: Gradient) -> Derived:
    """Return the second derivative of the outputs along u and ẋ."""
    return _by_outputs(_contracted(second(gradient), "dot"), gradient)


def _by_outputs(contracted: Derived, gradient: Gradient) -> Derived:
    cotangents = gradient.program.named(Role.COTANGENT)
    return _derived(contracted, cotangents) if cotangents else contracted


def _derived(contracted: Derived, wrt: tuple[str, ...]) -> Derived:
    stable = adjoint_program(contracted.stable, wrt, Rules.STABLE)
    return replace(contracted, stable=stable, textbook=adjoint_program(contracted.textbook, wrt, Rules.TEXTBOOK), names=wrt)


def _contracted(derived: Derived, suffix: str) -> Derived:
    """Return Σ x̄·d over all results x̄, with a direction d for each."""
    programs = (derived.stable, derived.textbook)
    taken = {name for program in programs for name in (*program.tensors, *map(str, program.sizes))}
    taken |= {index.name for program in programs for equation in program.equations for index in equation.axes}
    directions = {name: _fresh(f"{name}_{suffix}", taken) for name in derived.names}
    stable, textbook = (_total(program, tuple(directions.values()), set(taken)) for program in programs)
    both = (*derived.directions, directions)
    return replace(derived, stable=stable, textbook=textbook, names=("output",), directions=both)


def _total(program: Program, directions: tuple[str, ...], taken: set[str]) -> Program:
    parts: list[Equation] = []
    tensors: list[Tensor] = []
    for output, direction in zip(program.outputs, directions, strict=True):
        extents = program.tensors[output]
        axes = tuple(Index(_fresh(f"i_{place}", taken), extent) for place, extent in enumerate(extents, start=1))
        places = [axis.symbol for axis in axes]
        tensors.append(Tensor(direction, extents, Role.DATA))
        parts.append(Equation(_fresh(f"{direction}_part", taken), (), axes, Mul(read(output, places), read(direction, places))))
    total = _fresh("total", taken)
    summed = Equation(total, (), (), sum((read(part.target) for part in parts[1:]), read(parts[0].target)))
    return Program((*program.inputs, *tensors), (*program.equations, *parts, summed), (total,))


def _fresh(stem: str, taken: set[str]) -> str:
    name = fresh_name(stem, taken)
    taken.add(name)
    return name
