"""Normal forms and conditions in the words of the notation, as an answer prints them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from sympy import Expr, Function

from diffcheck.auditing.atoms import Logistic, Opaque, Softplus, Step
from diffcheck.auditing.binders import BINDERS, Binder
from diffcheck.auditing.domains import Condition
from diffcheck.notation import index_symbol
from diffcheck.notation.text import expression_text

_LONGEST = 300
_FUNCTIONS = {Logistic: "sigmoid", Softplus: "softplus", Step: "step"}
_SIGNS = {kind: reduction.value for reduction, kind in BINDERS.items()}
_MADE_HERE = ("bound_", "at_", "each_", "any_")


def term_text(term: Expr) -> str:
    """Return *term* in the notation, indices called i, j, k, …"""
    text = expression_text(_in_words(_renamed(term)))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def in_letters(condition: Condition) -> Condition:
    """Return *condition* with indices called i, j, k, …, so that those of several programs can be compared."""
    return replace(condition, argument=_renamed(condition.argument), masks=frozenset(map(_renamed, condition.masks)))


def _renamed(term: Expr) -> Expr:
    names = sorted({symbol for symbol in _symbols(term) if str(symbol).startswith(_MADE_HERE)}, key=str)
    letters = (f"{letter}_{turn}" if turn else letter for turn in count() for letter in "ijklpq")
    free = (letter for letter in letters if letter not in {str(symbol) for symbol in _symbols(term)})
    return term.xreplace({name: index_symbol(letter) for name, letter in zip(names, free, strict=False)})


def _symbols(term: Expr) -> set[Expr]:
    return {symbol for symbol in term.free_symbols if symbol.is_Symbol}


def _in_words(node: Expr) -> Expr:
    if not node.args:
        return node
    if isinstance(node, Binder):
        indices = ",".join(str(symbol) for symbol, _ in node.bound)
        return Function(f"{_SIGNS[type(node)]}_{indices}")(_in_words(node.args[0]))
    if isinstance(node, Opaque):
        return Function(str(node.args[0]))(_in_words(node.args[1]))
    parts = [_in_words(part) for part in node.args]
    return Function(_FUNCTIONS[type(node)])(*parts) if type(node) in _FUNCTIONS else node.func(*parts)


def condition_text(condition: Condition) -> str:
    """Return a condition as a clause: x[i] is positive where y[i] > 0."""
    clause = f"{term_text(condition.argument)} is {condition.words}"
    masks = sorted(map(_mask_text, condition.masks))
    return f"{clause} where {' and '.join(masks)}" if masks else clause


def _mask_text(mask: Expr) -> str:
    if isinstance(mask, Step):
        return f"{term_text(mask.args[0])} > 0"
    if isinstance(1 - mask, Step):
        return f"{term_text((1 - mask).args[0])} ≤ 0"
    return f"{term_text(mask)} is 1"
