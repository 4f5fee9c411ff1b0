"""Gradient program -> the same gradient in a form that runs well: shared subexpressions, small scalings, early outputs.

Each pass takes and returns a program in index notation; the oracle never sees its result, so that a wrong rewrite is caught.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sympy import Expr, Indexed, Mul

from diffcheck.derivation.pruning import needed
from diffcheck.derivation.terms import fresh_name
from diffcheck.notation import Equation, Program, name_of, read, reads_of
from diffcheck.notation.symbols import substitute


def rewritten(program: Program) -> Program:
    """Return *program* with all passes applied."""
    return outputs_early(scaled_late(shared(program)))


def shared(program: Program) -> Program:
    """Return *program* with every elementwise subexpression that occurs twice computed once.

    Products are shared first (a factor group that is itself an equation), then any repeated subexpression over an array.
    """
    equations = [_reusing(equation, program.equations[:place]) for place, equation in enumerate(program.equations)]
    program = replace(program, equations=tuple(equations))
    while (candidate := _repeated(program)) is not None:
        program = _extracted(program, candidate)
    return program


def _reusing(equation: Equation, earlier: tuple[Equation, ...]) -> Equation:
    factors = set(Mul.make_args(equation.body))
    for other in earlier:
        group = set(Mul.make_args(other.body))
        same_axes = set(other.indices) <= set(equation.axes)
        if not other.bound and same_axes and len(group) > 1 and group <= factors:
            whole = read(other.target, (index.symbol for index in other.indices))
            return Equation(equation.target, equation.indices, equation.bound, Mul(whole, *(factors - group)))
    return equation


def _repeated(program: Program) -> Expr | None:
    counts: Counter[Expr] = Counter()
    for equation in program.equations:
        counts.update(_array_subexpressions(equation.body))
    twice = [node for node, count in counts.items() if count > 1]
    return max(twice, key=lambda node: (node.count_ops(), str(node)), default=None)


def _array_subexpressions(body: Expr) -> list[Expr]:
    found, pending = [], [body]
    while pending:
        node = pending.pop()
        if isinstance(node, Indexed) or not node.args:
            continue
        if any(isinstance(entry, Indexed) for entry in reads_of(node)):
            found.append(node)
        pending.extend(node.args)
    return found


def _extracted(program: Program, node: Expr) -> Program:
    place = next(k for k, equation in enumerate(program.equations) if equation.body.has(node))
    first = program.equations[place]
    axes = tuple(index for index in first.axes if index.symbol in node.free_symbols)
    taken = {*program.tensors, *map(str, program.sizes), *(index.name for e in program.equations for index in e.axes)}
    name = fresh_name("s", taken)
    whole = read(name, (index.symbol for index in axes))
    made = Equation(name, axes, (), node)
    rest = [_substituted(equation, {node: whole}) for equation in program.equations]
    return replace(program, equations=(*rest[:place], made, *rest[place:]))


def _substituted(equation: Equation, replacements: dict[Expr, Expr]) -> Equation:
    return Equation(equation.target, equation.indices, equation.bound, substitute(equation.body, replacements))


def scaled_late(program: Program) -> Program:
    """Return *program* with a constant factor of an array moved to the scalars that are summed from it: c·a, Σa -> a, c·Σa."""
    for equation in program.equations:
        constant, rest = equation.body.as_independent(*equation.reads, as_Add=False)
        users = [other for other in program.equations if equation.target in other.operands]
        movable = equation.indices and constant != 1 and rest != 1 and equation.target not in program.outputs
        if movable and users and all(_sums_linearly(user, equation.target) for user in users):
            return scaled_late(_moved(program, equation, constant, rest))
    return program


def _sums_linearly(user: Equation, name: str) -> bool:
    factors = [factor for factor in Mul.make_args(user.body) if name in map(name_of, reads_of(factor))]
    return not user.indices and len(factors) == 1 and isinstance(factors[0], Indexed)


def _moved(program: Program, equation: Equation, constant: Expr, rest: Expr) -> Program:
    name = fresh_name(f"{equation.target}_unscaled", program.tensors)
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
