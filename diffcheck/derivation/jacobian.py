"""∂T[P]/∂x[J] with both sets of indices free, and the Hessian ∂²L/∂x[I]∂y[J] from it."""

from __future__ import annotations

from sympy import Integer, KroneckerDelta, Mul

from diffcheck.derivation.adjoint import AdjointWalk
from diffcheck.derivation.gradient import Gradient, derive
from diffcheck.derivation.pruning import needed, reached
from diffcheck.derivation.slopes import Rules
from diffcheck.derivation.terms import Term, fresh_name, renamed
from diffcheck.errors import UnknownName
from diffcheck.notation import Equation, Index, Program


def jacobian(program: Program, output: str, wrt: str) -> Program:
    """Return the program of ∂T[P]/∂x[J] for T = *output* and x = *wrt*; its output has the indices P, then J."""
    equation = program.equation(output)
    if wrt not in program.tensors:
        raise UnknownName.among("tensor of the program", wrt, program.tensors)
    prefix = _prefix(program, equation.indices)
    walk = AdjointWalk(program, Rules.STABLE, prefix)
    deltas = [KroneckerDelta(new.symbol, old.symbol) for new, old in zip(prefix, equation.indices, strict=True)]
    walk.collect(output, Term((*prefix, *equation.indices), (), Mul(Integer(1), *deltas)))
    walk.walk(reached(program, (wrt,)))
    name = walk.names.get(wrt) or walk.define(wrt)
    made = [_plainly_indexed(other, prefix, equation.indices, walk.tensors) for other in walk.equations]
    return Program(program.inputs, needed((*program.equations, *made), (name,)), (name,))


def _prefix(program: Program, indices: tuple[Index, ...]) -> tuple[Index, ...]:
    taken = {index.name for other in program.equations for index in other.axes}
    taken |= {*program.tensors, *map(str, program.sizes)}
    found: list[Index] = []
    for index in indices:
        found.append(Index(fresh_name(f"{index.name}_out", taken | {other.name for other in found}), index.extent))
    return tuple(found)


def _plainly_indexed(made: Equation, prefix: tuple[Index, ...], indices: tuple[Index, ...], tensors: set[str]) -> Equation:
    # ∂p[i_out]/∂w reads better as ∂p[i]/∂w: an equation of its own may call its indices as it likes.
    if made.indices[: len(prefix)] != prefix:
        return made  # no adjoint, but a place or a count of largest elements
    names = [index.name for index in indices]
    for index in made.indices[len(names) :]:
        names.append(fresh_name(index.name, tensors.union(names)))
    term = renamed(Term(made.indices, made.bound, made.body), tuple(names), avoid=tensors)
    return Equation(made.target, term.indices, term.bound, term.body, made.reduction)


def hessian(program: Program, wrt: tuple[str, ...]) -> dict[tuple[str, str], Program]:
    """Return ∂²L/∂x[I]∂y[J] for every pair of names in *wrt*, a program each with indices I, then J."""
    gradient: Gradient = derive(program, wrt)
    return {
        (first, second): jacobian(gradient.program, adjoint, second)
        for first, adjoint in gradient.adjoints.items()
        for second in wrt
    }
