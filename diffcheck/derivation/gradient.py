"""x̄ = ∂L/∂x for every x asked for: `derive` and the `Gradient` it returns."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, Integer

from diffcheck.derivation.adjoint import AdjointWalk
from diffcheck.derivation.choosing import chosen
from diffcheck.derivation.closed_form import closed_form
from diffcheck.derivation.pruning import needed, reached
from diffcheck.derivation.slopes import Rules
from diffcheck.derivation.terms import Term, zero
from diffcheck.errors import DerivationError, UnknownName, UnusedParameterWarning
from diffcheck.notation import Index, Program, Role, Tensor, read
from diffcheck.notation.latex import expression_latex


@dataclass(frozen=True)
class Gradient:
    """A program whose outputs are the adjoints of *wrt*, in that order, beside the program it was derived from."""

    primal: Program
    wrt: tuple[str, ...]
    program: Program

    @property
    def adjoints(self) -> dict[str, str]:
        """The name of the adjoint of each name in *wrt*."""
        return dict(zip(self.wrt, self.program.outputs, strict=True))

    @cached_property
    def textbook(self) -> Program:
        """The same gradient with the derivatives that textbooks print: the one that rounding bounds are taken from."""
        return adjoint_program(self.primal, self.wrt, Rules.TEXTBOOK)

    def closed_form(self, name: str) -> Expr:
        """Return ∂L/∂name as one formula in the inputs, a SymPy expression with sums."""
        return closed_form(self.program, self._adjoint(name))

    def latex(self, name: str) -> str:
        """Return the closed form of ∂L/∂name in LaTeX."""
        return expression_latex(self.closed_form(name))

    def _adjoint(self, name: str) -> str:
        if name not in self.adjoints:
            raise UnknownName.among("parameter of this gradient", name, self.wrt)
        return self.adjoints[name]

    def __str__(self) -> str:
        return str(self.program)


def derive(program: Program | Gradient, wrt: Sequence[str] | str | None = None) -> Gradient:
    """Return x̄ = Σ_o ō·∂o/∂x for every x in *wrt*, as a program; for a single scalar output L this is ∂L/∂x.

    *wrt* names tensors of the program; by default its parameters. A program with several outputs, or one that is no scalar,
    gets an input of role cotangent ``o_bar`` for every output o. A gradient may be derived again: that gives the products of
    the second derivatives with a cotangent. A name that does not occur in the outputs has gradient zero, and an
    `UnusedParameterWarning` says so.
    """
    primal = program.program if isinstance(program, Gradient) else program
    if not isinstance(primal, Program):
        raise DerivationError(
            got=f"a {type(program).__name__} to derive", wanted="a Program or a Gradient", do="make one with dc.parse(text)"
        )
    names = _checked(primal, wrt)
    return Gradient(primal, names, adjoint_program(primal, names, Rules.STABLE, warn=True))


def _checked(program: Program, wrt: Sequence[str] | str | None) -> tuple[str, ...]:
    names = program.named(Role.PARAMETER) if wrt is None else (wrt,) if isinstance(wrt, str) else wrt
    names = tuple(names) if isinstance(names, Iterable) else (names,)
    if not all(isinstance(name, str) for name in names):
        raise DerivationError(got=f"wrt={wrt!r}", wanted="names", do="pass wrt=('name', ...)")
    if not names:
        raise DerivationError(got="nothing to derive by", wanted="one name or more", do="pass wrt=('name', ...)")
    if len(set(names)) < len(names):
        raise DerivationError(got=f"wrt={names}", wanted="each name once", do="remove the repeated names")
    for name in names:
        if name not in program.tensors:
            raise UnknownName.among("tensor of the program", name, program.tensors)
        if name in program.named(Role.INTEGER):
            raise DerivationError(got=f"{name!r}, whole numbers", wanted="a tensor of real numbers", do="leave it out of wrt")
    return names


def adjoint_program(program: Program, wrt: tuple[str, ...], rules: Rules, *, warn: bool = False) -> Program:
    """Return the program of the adjoints of *wrt*, its slopes written by *rules*."""
    live = reached(program, wrt)
    walk = AdjointWalk(program, rules)
    cotangents = _seed(walk)
    walk.walk(live)
    if warn:
        _warn_of_unused(program, wrt)
    outputs = tuple(walk.names.get(name) or walk.define(name) for name in wrt)
    inputs = (*program.inputs, *cotangents)
    equations = chosen((*program.equations, *walk.equations), (tensor.name for tensor in inputs))
    return Program(inputs, needed(equations, outputs), outputs)


def _warn_of_unused(program: Program, wrt: tuple[str, ...]) -> None:
    used = set(program.outputs)
    for equation in needed(program.equations, program.outputs):
        used |= equation.operands
    for name in wrt:
        if name not in used:
            message = f"{name!r} does not occur in {', '.join(program.outputs)}: its gradient is zero"
            warnings.warn(message, UnusedParameterWarning, stacklevel=4)


def _seed(walk: AdjointWalk) -> list[Tensor]:
    program = walk.program
    shapes = program.tensors
    if len(program.outputs) == 1 and not shapes[program.outputs[0]]:
        walk.collect(program.outputs[0], Term((), (), Integer(1)))
        return []
    cotangents = []
    for name in program.outputs:
        tensor = Tensor(walk.fresh_tensor(f"{name}_bar"), shapes[name], Role.COTANGENT)
        walk.cotangents[tensor.name] = tensor.extents
        cotangents.append(tensor)
        indices = _indices(walk, name)
        walk.collect(name, Term(indices, (), read(tensor.name, (index.symbol for index in indices))))
    return cotangents


def _indices(walk: AdjointWalk, name: str) -> tuple[Index, ...]:
    """Return the indices over which *name* is defined; an input, which has none of its own, gets fresh ones."""
    for equation in walk.program.equations:
        if equation.target == name:
            return equation.indices
    return zero(walk.program.tensors[name], walk.tensors).indices
