"""Programs that differ from a right one by one common slip: the candidates for what a wrong function computes instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import Add, Expr, Mul

from diffcheck.errors import NotationError
from diffcheck.notation import Equation, Program, indices_of, name_of, read
from diffcheck.notation.symbols import substitute
from diffcheck.notation.text import equation_text, expression_text


@dataclass(frozen=True)
class Mutant:
    """A program with one slip, and the slip in words."""

    program: Program
    slip: str


def mutants(program: Program) -> Iterator[Mutant]:
    """Return *program* with one slip, one after another: a sign, a factor, a term, an operand for another, two exchanged."""
    for place, equation in enumerate(program.equations):
        for body, slip in _slips(equation, program):
            changed = Equation(equation.target, equation.indices, equation.bound, body, equation.reduction)
            equations = (*program.equations[:place], changed, *program.equations[place + 1 :])
            try:
                made = replace(program, equations=equations)
            except NotationError:
                continue  # the slip gives a program without meaning, which no function can compute
            told = [equation_text(stated, program.tensors) for stated in (changed, equation)]
            yield Mutant(made, f"it computes {told[0]} instead of {told[1]}: {slip}")


def _slips(equation: Equation, program: Program) -> Iterator[tuple[Expr, str]]:
    yield from _signs(equation)
    yield from _factors(equation)
    yield from _terms(equation)
    yield from _operands(equation, program)
    yield from _exchanges(equation)
    yield from _wholes(equation, program)


def _signs(equation: Equation) -> Iterator[tuple[Expr, str]]:
    yield -equation.body, "the sign is the opposite one; are two arguments in the wrong order?"


def _factors(equation: Equation) -> Iterator[tuple[Expr, str]]:
    factors = Mul.make_args(equation.body)
    for factor in factors if len(factors) > 1 else ():
        yield Mul(*(other for other in factors if other is not factor)), f"the factor {expression_text(factor)} is missing"
    yield 2 * equation.body, "there is a factor 2 too many"
    yield equation.body / 2, "there is a factor 1/2 too many"


def _terms(equation: Equation) -> Iterator[tuple[Expr, str]]:
    terms = Add.make_args(equation.body)
    for term in terms if len(terms) > 1 else ():
        yield equation.body - term, f"the term {expression_text(term)} is missing"


def _operands(equation: Equation, program: Program) -> Iterator[tuple[Expr, str]]:
    known = _defined_before(equation, program)
    for node in equation.reads:
        for name, extents in known.items():
            places = _places(node, known[name_of(node)], extents)
            if name != name_of(node) and places is not None:
                wrong, right = read(name, places), expression_text(node)
                yield substitute(equation.body, {node: wrong}), f"{expression_text(wrong)} stands where {right} belongs"


def _wholes(equation: Equation, program: Program) -> Iterator[tuple[Expr, str]]:
    own = tuple(index.symbol for index in equation.indices)
    for name, extents in _defined_before(equation, program).items():
        whole = read(equation.target, own)
        places = _places(whole, equation.extents, extents)
        if places is not None and not equation.bound:
            yield read(name, places), f"the value of {name} stands where {equation.target} belongs"


def _defined_before(equation: Equation, program: Program) -> dict[str, tuple[Expr, ...]]:
    known = {tensor.name: tensor.extents for tensor in program.inputs}
    for other in program.equations:
        if other.target == equation.target:
            break
        known[other.target] = other.extents
    return known


def _places(node: Expr, own: tuple[Expr, ...], wanted: tuple[Expr, ...]) -> tuple[Expr, ...] | None:
    """Return the indices of *node* under which a tensor with extents *wanted* can be read in its place."""
    found = []
    rest = list(zip(indices_of(node), own, strict=True))
    for extent in wanted:
        match = next((pair for pair in rest if pair[1] == extent), None)
        if match is None:
            return None
        rest.remove(match)
        found.append(match[0])
    return tuple(found)


def _exchanges(equation: Equation) -> Iterator[tuple[Expr, str]]:
    for first in equation.reads:
        for second in equation.reads:
            if str(first) < str(second):
                swapped = substitute(equation.body, {first: second, second: first})
                if swapped not in (equation.body, -equation.body):
                    yield swapped, f"{expression_text(first)} and {expression_text(second)} are exchanged"
