"""Program -> the same program in which what decays beside a factor that grows is multiplied by in two steps.

    x·sech²(v)   as   (x·sech(v))·sech(v)        where v grows with x, and the others alike:
    x·e⁻ʷ        as   (x·e^−w/2)·e^−w/2
    x·σ(v)       as   (x·ρ)·r,  ρ·r = σ(v)       and x·σ(v)·σ(−v) as x·sech²(v/2)/4

The decaying factor alone may be subnormal, with few digits, where the product has all of them, or is subnormal with more. Its
root is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import sympy
from sympy import Add, Dummy, Expr, Indexed, Mul

from diffcheck.generation.compositions import reciprocal_cosh, rest_of_sigmoid, root_of_sigmoid
from diffcheck.generation.whole import scattered
from diffcheck.notation import Equation, Program, reads_of
from diffcheck.notation.functions import sech, sigmoid
from diffcheck.notation.selection import held, select
from diffcheck.notation.symbols import substitute

Halves = tuple[Expr, Expr]
"""Two factors of what decays: what meets the others first, and what comes last."""


def split(program: Program) -> Program:
    """Return *program* with its decaying factors in two steps where a factor beside them grows."""
    return replace(program, equations=tuple(map(_of_equation, program.equations)))


def _of_equation(equation: Equation) -> Equation:
    if equation.bound or scattered(equation) is not None or not equation.body.has(sech, sympy.exp, sigmoid):
        return equation
    return replace(equation, body=_of_node(_factored(equation.body)))


def _factored(node: Expr) -> Expr:
    """Return *node* with σ(v) before a sum of which all terms have it: what cancels is then rounded less."""
    if isinstance(node, Indexed) or not node.args or not reads_of(node):
        return node
    parts = list(map(_factored, node.args))
    made = node if parts == list(node.args) else node.func(*parts)
    if not made.is_Add:
        return made
    powers = [term.as_powers_dict() for term in made.args]
    bases = [base for base in powers[0] if isinstance(base, sigmoid)]
    least = {base: min(term.get(base, 0) for term in powers) for base in bases}
    common = Mul(*(base**power for base, power in least.items() if power > 0))
    return common * Add(*(term / common for term in made.args)) if common != 1 else made


def _of_node(node: Expr, whole: frozenset[Expr] = frozenset()) -> Expr:
    """Return *node* with the terms of its sums, and its products, split, but not by what is to stay *whole*."""
    if isinstance(node, Indexed) or not node.args or not reads_of(node):
        return node
    terms = [_with_squares(term) for term in Add.make_args(node)] if node.is_Add or node.is_Mul else []
    growing = {factor for term in terms for factor in _decaying(term) if _grows_beside(term, factor)} - whole
    if len(terms) > 1:  # beside terms of another kind, a halved exponential is rounded twice for nothing
        whole |= {factor for factor in growing if isinstance(factor, sympy.exp) and not _in_all(terms, factor)}
    if growing - whole:
        return Add(*(_split(term, growing - whole, whole) for term in terms))
    parts = [_of_node(part, whole) for part in node.args]
    return node if parts == list(node.args) else node.func(*parts)


def _with_squares(term: Expr) -> Expr:
    """Return σ(v)·σ(−v) in the product *term* as sech²(v/2)/4."""
    for factor in Mul.make_args(term):
        mirrored = sigmoid(-factor.args[0]) if isinstance(factor, sigmoid) else None
        if mirrored in Mul.make_args(term):
            return term / factor / mirrored * sech(factor.args[0] / 2) ** 2 / 4
    return term


def _decaying(term: Expr) -> Iterator[Expr]:
    """Yield what decays in *term*, as a factor of it or of a chain in it, where it occurs once; no halves, which are held."""
    factors = Mul.make_args(term)
    halved = {node.args[0] for node in term.atoms(held)}
    for node in sorted(term.atoms(sech, sympy.exp, sigmoid) - halved, key=str):
        power = node**2 if isinstance(node, sech) or term.has(node**2) else node
        for factor in (power, node):
            if _halves(factor) is not None and (factor in factors or _is_linear(term, factor)):
                yield factor
                break


def _halves(factor: Expr) -> Halves | None:
    base, power = factor.as_base_exp() if factor.is_Pow else (factor, 1)
    if power == 2 and isinstance(base, sech):
        return reciprocal_cosh(*base.args), reciprocal_cosh(*base.args)
    if power == 2 and isinstance(base, sigmoid):
        return base, base
    if isinstance(factor, sympy.exp) and factor.args[0].is_nonpositive:
        return sympy.exp(factor.args[0] / 2), sympy.exp(factor.args[0] / 2)
    if power == 1 and isinstance(factor, sigmoid):
        return rest_of_sigmoid(*factor.args), root_of_sigmoid(*factor.args)
    return None


def _is_linear(term: Expr, factor: Expr) -> bool:
    """Say whether *term* is a multiple of *factor*, by a number that does not hold it again."""
    unknown = Dummy(real=True)
    whole = substitute(term, {factor: unknown})
    slope = whole.diff(unknown)
    if not whole.has(unknown) or slope.has(unknown, factor):
        return False
    return bool(whole.xreplace({unknown: sympy.Integer(0)}).replace(held, lambda node: node) == 0)


def _grows_beside(term: Expr, factor: Expr) -> bool:
    return _grows(_put(term, factor, sympy.Integer(1)), set(reads_of(factor)))


def _put(term: Expr, factor: Expr, instead: Expr) -> Expr:
    """Return *term* with *instead* in the place of *factor*, of the product that it is, or else wherever that occurs."""
    return term / factor * instead if factor in Mul.make_args(term) else substitute(term, {factor: instead})


def _grows(node: Expr, reads: Collection[Expr]) -> bool:
    """Say whether one of *reads* is a factor of *node*, or of one of its terms, and not only the argument of a function."""
    if isinstance(node, Indexed):
        return node in reads
    if node.is_Pow:
        return not node.exp.is_negative and _grows(node.base, reads)
    parts = node.args[1:] if isinstance(node, select) else node.args
    return (node.is_Mul or node.is_Add or isinstance(node, (held, select))) and any(_grows(part, reads) for part in parts)


def _in_all(terms: Collection[Expr], factor: Expr) -> bool:
    return all(_is_linear(term, factor) for term in terms)


def _split(term: Expr, growing: Collection[Expr], whole: frozenset[Expr]) -> Expr:
    factors = Mul.make_args(term)
    halves = {factor: _halves(factor) for factor in growing if factor in factors or _is_linear(term, factor)}
    known = {factor: pair for factor, pair in halves.items() if pair is not None}
    if not known:
        return term
    for factor, (first, _) in known.items():
        term = _put(term, factor, held(first))
    number, rest = term.as_independent(Indexed)
    return number * held(_of_node(rest, whole)) * Mul(*(last for _, last in known.values()))
