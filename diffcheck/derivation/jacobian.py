"""∂T[P]/∂x[J] with both sets of indices free, and the Hessian ∂²L/∂x[I]∂y[J] from it."""

from __future__ import annotations

from sympy import Integer, KroneckerDelta, Mul

from diffcheck.derivation.adjoint import AdjointWalk
from diffcheck.derivation.gradient import Gradient, derive
from diffcheck.derivation.pruning import needed, reached
from diffcheck.derivation.slopes import Rules
from diffcheck.derivation.terms import Term, fresh_name, renamed
from diffcheck.notation import Equation, Index, Program


def jacobian(program: Program, output: str, wrt: str) -> Program:
    """Return the program of ∂T[P]/∂x[J] for T = *output* and x = *wrt*; its output has the indices P, then J."""
    equation = program.equation(output)
    taken = {index.name for other in program.equations for index in other.axes} | {
        *program.tensors,
        *map(str, program.sizes),
    }
    prefix: list[Index] = []
    for index in equation.indices:
        prefix.append(Index(fresh_name(f"{index.name}_out", taken | {other.name for other in prefix}), index.extent))
    walk = AdjointWalk(program, Rules.STABLE, tuple(prefix))
    deltas = [KroneckerDelta(new.symbol, old.symbol) for new, old in zip(prefix, equation.indices, strict=True)]
    walk.collect(output, Term((*prefix, *equation.indices), (), Mul(Integer(1), *deltas)))
    walk.walk(reached(program, (wrt,)))
    name = walk.define(wrt)
    final = _plainly_indexed(walk.equations.pop(), equation.indices)
    return Program(program.inputs, needed((*program.equations, *walk.equations, final), (name,)), (name,))


def _plainly_indexed(made: Equation, indices: tuple[Index, ...]) -> Equation:
    # ∂p[i_out]/∂w reads better as ∂p[i]/∂w; the output's own names are free once the deltas are gone.
    lead = tuple(index.name for index in indices)
    tail = tuple(index.name for index in made.indices[len(lead) :])
    tail = tuple(fresh_name(name, lead) for name in tail)
    term = renamed(Term(made.indices, made.bound, made.body), lead + tail)
    return Equation(made.target, term.indices, term.bound, term.body)


def hessian(program: Program, wrt: tuple[str, ...]) -> dict[tuple[str, str], Program]:
    """Return ∂²L/∂x[I]∂y[J] for every pair of names in *wrt*, a program each with indices I, then J."""
    gradient: Gradient = derive(program, wrt)
    return {
        (first, second): jacobian(gradient.program, adjoint, second)
        for first, adjoint in gradient.adjoints.items()
        for second in wrt
    }
