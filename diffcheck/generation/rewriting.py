"""Gradient program -> the same gradient in a form that runs well: shared subexpressions, small scalings, early outputs.

Each pass takes and returns a program in index notation; the oracle never sees its result, so that a wrong rewrite is caught.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache

from sympy import Expr, Indexed, KroneckerDelta, Mul

from diffcheck.derivation.pruning import needed
from diffcheck.derivation.terms import fresh_name
from diffcheck.generation.accurate import accurate
from diffcheck.generation.folding import folded, turned
from diffcheck.generation.lifting import lifted
from diffcheck.generation.names import names_of
from diffcheck.generation.normalizing import normalized, plain
from diffcheck.generation.scalars import split_number
from diffcheck.generation.settling import settled
from diffcheck.generation.splitting import split
from diffcheck.generation.views import own_axes
from diffcheck.generation.whole import scattered
from diffcheck.notation import Equation, Index, Program, Reduction, name_of, read, reads_of
from diffcheck.notation.functions import FUNCTIONS
from diffcheck.notation.selection import select
from diffcheck.notation.symbols import substitute

_STEP = FUNCTIONS["step"].symbol

Shared = tuple[Expr, tuple[Index, ...]]
"""A subexpression, and the indices that it runs over."""


@lru_cache(maxsize=32)  # one program is generated for each target
def rewritten(program: Program) -> Program:
    """Return *program* with all passes applied."""
    ready = lifted(split(settled(accurate(settled(program)))))
    return outputs_early(turned(folded(scaled_late(plain(shared(normalized(ready)))))))


def shared(program: Program) -> Program:
    """Return *program* with every elementwise subexpression that occurs twice computed once.

    Products are shared first (a factor group that is itself an equation), then any repeated subexpression over an array.
    """
    equations = [_reusing(equation, program.equations[:place]) for place, equation in enumerate(program.equations)]
    taken = names_of(program)
    while (candidate := _repeated(equations)) is not None:
        name = fresh_name("s", taken)
        taken.add(name)
        equations = _extracted(equations, candidate, name)
    return replace(program, equations=tuple(equations))


def _reusing(equation: Equation, earlier: tuple[Equation, ...]) -> Equation:
    factors = set(Mul.make_args(equation.body)) if scattered(equation) is None else set()
    for other in earlier:
        group = set(Mul.make_args(other.body))
        same_axes = set(other.indices) <= set(equation.axes)
        if not other.bound and same_axes and len(group) > 1 and group <= factors:
            whole = read(other.target, (index.symbol for index in other.indices))
            return replace(equation, body=Mul(whole, *(factors - group)))
    return equation


def _repeated(equations: list[Equation]) -> Shared | None:
    counts = Counter(candidate for equation in equations for candidate, alone in _subexpressions(equation) if alone)
    return max((candidate for candidate, count in counts.items() if count > 1), key=_size, default=None)


@lru_cache(maxsize=4096)
def _size(candidate: Shared) -> tuple[int, str]:
    return candidate[0].count_ops(), str(candidate)


@lru_cache(maxsize=4096)  # most equations are not changed by an extraction
def _subexpressions(equation: Equation) -> tuple[tuple[Shared, bool], ...]:
    """Return every subexpression that reads an array, and whether it could be computed before *equation*.

    A product that is summed may be larger than all its factors: it had better not be computed. Nor had the inverse of a whole
    array, or of its square: to divide by it twice takes no longer, rounds once, and overflows only where the quotient does.
    """
    found: list[tuple[Shared, bool]] = []
    pending = [equation.body] if scattered(equation) is None else []
    symbols = [index.symbol for index in equation.axes]
    while pending:
        node = pending.pop()
        if isinstance(node, Indexed) or not node.args:
            continue
        axes = own_axes(node, symbols)
        wide = node.is_Mul and all(own_axes(factor, symbols) != axes for factor in node.args)
        divides = node.is_Pow and (node.exp == -1 or (node.exp.is_Integer and node.exp < 0 and isinstance(node.base, Indexed)))
        if node.has(Indexed) and not (divides and axes == tuple(symbols)):
            indices = tuple(index for index in equation.axes if index.symbol in axes)
            found.append(((node, indices), not (wide and equation.bound)))
        pending.extend(_parts(node))
    return tuple(found)


def _parts(node: Expr) -> tuple[Expr, ...]:
    """Return the parts of *node* that may be computed apart: no places, and what a condition compares, not its outcome."""
    if isinstance(node, KroneckerDelta):
        return ()
    if isinstance(node, select):
        return tuple(part.args[0] if isinstance(part, _STEP) else part for part in node.args)
    return tuple(node.args)


def _extracted(equations: list[Equation], candidate: Shared, name: str) -> list[Equation]:
    node, indices = candidate
    place = next(place for place, equation in enumerate(equations) if (candidate, True) in _subexpressions(equation))
    whole = read(name, (index.symbol for index in indices))
    rest = [_substituted(equation, candidate, whole) for equation in equations[place:]]
    return [*equations[:place], Equation(name, indices, (), node), *rest]


def _substituted(equation: Equation, candidate: Shared, whole: Expr) -> Equation:
    if all(candidate != other for other, _ in _subexpressions(equation)):
        return equation
    return replace(equation, body=substitute(equation.body, {candidate[0]: whole}))


def scaled_late(program: Program) -> Program:
    """Return *program* with a constant factor of an array moved to the scalars that are summed from it: c·a, Σa -> a, c·Σa."""
    for equation in program.equations:
        constant, rest = split_number(equation.body)
        users = [other for other in program.equations if equation.target in other.operands]
        sums = equation.reduction is Reduction.SUM and scattered(equation) is None
        movable = sums and equation.indices and constant != 1 and rest and equation.target not in program.outputs
        if movable and users and all(_sums_linearly(user, equation.target) for user in users):
            return scaled_late(_moved(program, equation, constant, Mul(*rest)))
    return program


def _sums_linearly(user: Equation, name: str) -> bool:
    factors = [factor for factor in Mul.make_args(user.body) if name in map(name_of, reads_of(factor))]
    linear = user.bound and user.reduction is Reduction.SUM
    return bool(linear) and not user.indices and len(factors) == 1 and isinstance(factors[0], Indexed)


def _moved(program: Program, equation: Equation, constant: Expr, rest: Expr) -> Program:
    name = fresh_name(f"{equation.target}_unscaled", names_of(program))
    plain = Equation(name, equation.indices, equation.bound, rest)

    def rescaled(other: Equation) -> Equation:
        if equation.target not in other.operands:
            return other
        old = next(node for node in other.reads if name_of(node) == equation.target)
        body = substitute(other.body, {old: read(name, old.indices)})
        return Equation(other.target, other.indices, other.bound, Mul(constant, *Mul.make_args(body)))

    equations = tuple(plain if other is equation else rescaled(other) for other in program.equations)
    return replace(program, equations=equations)


def outputs_early(program: Program) -> Program:
    """Return *program* with every output computed as soon as its operands are known, so that memory is free sooner."""
    waiting = [equation for equation in program.equations if equation.target in program.outputs]
    ordered: list[Equation] = []
    known = {tensor.name for tensor in program.inputs}

    def ready() -> None:
        for equation in list(waiting):
            if equation.operands <= known:
                waiting.remove(equation)
                ordered.append(equation)
                known.add(equation.target)

    ready()
    for equation in program.equations:
        if equation.target not in program.outputs:
            ordered.append(equation)
            known.add(equation.target)
            ready()
    return replace(program, equations=needed(ordered, program.outputs))
