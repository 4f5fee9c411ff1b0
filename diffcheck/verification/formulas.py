"""A SymPy expression as the program out[I] = f(x[I], y[I], …): pointwise, of the arguments that its symbols name, broadcast.

SymPy says what a function is and not what its derivative is at a kink. There the expression follows PyTorch: max(u, 0) is its
relu, max(u, c) with a number c its clamp, and max(u, v) its maximum, with half of the slope for each at a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

import sympy
import torch
from sympy import Expr, Integer, Rational, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from diffcheck.capturing import Captured
from diffcheck.capturing.arrays import Builder, broadcast, tensor
from diffcheck.capturing.pointwise import COMPARISONS, UNARY, clamped
from diffcheck.errors import CaptureError, UnknownName, UnsupportedExpression
from diffcheck.notation import FUNCTIONS, Program, Role, Tensor
from diffcheck.notation.functions import absolute, relu, sigmoid, sign, step, tanh
from diffcheck.notation.functions import sech as hyperbolic_secant
from diffcheck.notation.selection import detach, held, select
from diffcheck.notation.symbols import check_name

Formula: TypeAlias = Expr
Rule = Callable[..., Expr]

_RELATIONS = {"<": "lt", ">": "gt", "<=": "le", ">=": "ge", "==": "eq", "!=": "ne"}
_KEPT = (*(row.symbol for row in FUNCTIONS.values()), select, detach, held)


def program_of(formula: Formula, names: Sequence[str], inputs: Sequence[torch.Tensor]) -> Captured:
    """Return out[I] = f(x[I], y[I], …) as what the function of the arguments *names* computes at *inputs*.

    The symbols of an expression are names of arguments; those of a `sympy.Lambda` are the arguments in their order. The shape
    of the output is that of the arguments read, broadcast. Raises `UnknownName` for a symbol that is no argument and for a
    function without a row, with near matches, and `UnsupportedExpression` for what is not pointwise.
    """
    expression = _applied(formula, names)
    _refuse_strangers(expression, names)
    arrays = {}
    for name, value in zip(names, inputs, strict=True):
        whole = not value.is_floating_point()
        arrays[name] = tensor(check_name(name), tuple(Integer(size) for size in value.shape), whole=whole)
    used = [name for name in names if Symbol(name) in _plain_symbols(expression)] or list(names)
    shape = broadcast([arrays[name].extents for name in used])
    build = Builder(set(names), stem="output")

    def element(places: tuple[Expr, ...], _: tuple[Expr, ...]) -> Expr:
        reads = {name: arrays[name].at(places[len(places) - arrays[name].rank :]) for name in used}
        return stated(expression, reads)

    output = build.define(shape, element)
    declared = tuple(Tensor(name, array.extents, _role(inputs[place])) for place, (name, array) in enumerate(arrays.items()))
    return Captured(Program(declared, tuple(build.equations), (output.name,)), {name: names.index(name) for name in names})


def stated(expression: Expr, reads: Mapping[str, Expr]) -> Expr:
    """Return *expression* in the functions that programs have, with *reads* in the places of its symbols.

    >>> x = sympy.Symbol("x", real=True)
    >>> stated(sympy.Max(x, 0) + sympy.tanh(x), {"x": x})
    tanh(x) + relu(x)
    """
    body = expression.xreplace({symbol: reads[symbol.name] for symbol in expression.free_symbols})
    while (written := _written(body)) != body:
        body = written  # SymPy has taken parts together, as √(tanh²) to |tanh|, in functions of its own
    return body


def _applied(formula: Formula, names: Sequence[str]) -> Expr:
    if not isinstance(formula, sympy.Lambda):
        return formula
    if len(formula.variables) != len(names):
        raise CaptureError(
            got=f"a reference of {len(formula.variables)} arguments",
            wanted=f"{len(names)}: {', '.join(names)}",
            do="give it those of the function",
        )
    return formula(*map(Symbol, names))


def _refuse_strangers(expression: Expr, names: Sequence[str]) -> None:
    if not isinstance(expression, Expr) or expression.is_Matrix or expression.has(sympy.Indexed):
        raise _not_pointwise(expression)
    for symbol in sorted(expression.free_symbols, key=str):
        if not isinstance(symbol, Symbol) or symbol.name not in names:
            raise UnknownName.among("argument of the function", str(symbol), names)


def _plain_symbols(expression: Expr) -> set[Symbol]:
    return {Symbol(symbol.name) for symbol in expression.free_symbols}  # whatever is assumed of them


def _role(value: torch.Tensor) -> Role:
    if not value.is_floating_point():
        return Role.INTEGER
    return Role.PARAMETER if value.requires_grad else Role.DATA


def _written(node: Expr) -> Expr:
    """Return *node* with every function spelt as programs spell it."""
    if isinstance(node, sympy.Piecewise):
        return _pieces(node)
    if isinstance(node, sympy.Float):
        return Rational(node)  # a float is the rational number that it is
    if isinstance(node, sympy.Indexed) or not node.args:
        return _leaf(node)
    arguments = [_written(argument) for argument in node.args]
    if isinstance(node, sympy.Pow):
        return _power(*arguments)
    if isinstance(node, (sympy.Add, sympy.Mul, *_KEPT)):
        return type(node)(*arguments)
    return _rule(node)(*arguments)


def _power(base: Expr, exponent: Expr) -> Expr:
    """Return base**exponent, and σ(−u)**k for (1 + exp(u))**−k, which overflows where that does not."""
    rest = base - 1 if isinstance(base, sympy.Add) and exponent.is_negative else None
    return sigmoid(-rest.args[0]) ** -exponent if isinstance(rest, sympy.exp) else base**exponent


def _leaf(node: Expr) -> Expr:
    if isinstance(node, sympy.Indexed) or (node.is_extended_real and node.is_finite):
        return node
    raise _not_pointwise(node)


def _rule(node: Expr) -> Rule:
    """Return the rule for the function of *node*, by SymPy's own class or by its name, as in sympy.Function("softplus")."""
    kind = type(node)
    if kind in _RULES:
        return _RULES[kind]
    name = kind.__name__.lower() if (kind.__module__ or "").startswith("sympy.") else kind.__name__
    if not isinstance(node, sympy.Function):
        raise _not_pointwise(node)
    known: dict[str, Rule] = {**UNARY, **{name: row.symbol for name, row in FUNCTIONS.items()}}
    if name not in known:
        raise UnknownName.among("pointwise function", kind.__name__, {*known, *(rule.__name__ for rule in _RULES)})
    if len(node.args) != 1:
        raise UnsupportedExpression(got=f"{node}", wanted=f"{name} of one argument", do="split the call")
    return known[name]


def _not_pointwise(node: object) -> UnsupportedExpression:
    return UnsupportedExpression(
        got=f"{type(node).__name__} {node}"[:120],
        wanted="a real expression that is applied to each element",
        do="state sums and places in the text of a program, or give a function of plain PyTorch",
    )


def _pieces(node: sympy.Piecewise) -> Expr:
    *pieces, (last, always) = node.args
    if always != sympy.true:
        raise UnsupportedExpression(got=f"{node}, which has gaps", wanted="a value everywhere", do="add a last piece for True")
    value = _written(last)
    for piece, condition in reversed(pieces):
        value = select(_truth(condition), _written(piece), value)
    return value


def _truth(condition: Boolean) -> Expr:
    """Return 1 where *condition* holds, else 0."""
    if condition in (sympy.true, sympy.false):
        return Integer(int(bool(condition)))
    if isinstance(condition, Relational):
        return COMPARISONS[_RELATIONS[condition.rel_op]](_written(condition.lhs), _written(condition.rhs))
    if isinstance(condition, sympy.Not):
        return 1 - _truth(condition.args[0])
    if isinstance(condition, sympy.And):
        return sympy.Mul(*map(_truth, condition.args))
    if isinstance(condition, sympy.Or):
        return 1 - sympy.Mul(*(1 - _truth(part) for part in condition.args))
    raise _not_pointwise(condition)


def _larger(u: Expr, v: Expr) -> Expr:
    if u == 0 or v == 0:
        return relu(u + v)
    if u.is_number or v.is_number:
        return clamped(v, u, None) if u.is_number else clamped(u, v, None)
    return select(step(v - u), v, select(step(u - v), u, (u + v) / 2))


def _smaller(u: Expr, v: Expr) -> Expr:
    if u.is_number or v.is_number:
        return clamped(v, None, u) if u.is_number else clamped(u, None, v)
    return select(step(u - v), v, select(step(v - u), u, (u + v) / 2))


_RULES: dict[type[Expr], Rule] = {
    sympy.tanh: tanh,
    sympy.sech: hyperbolic_secant,
    sympy.coth: lambda u: 1 / tanh(u),
    sympy.csch: lambda u: 1 / sympy.sinh(u),
    sympy.sec: lambda u: 1 / sympy.cos(u),
    sympy.csc: lambda u: 1 / sympy.sin(u),
    sympy.cot: lambda u: sympy.cos(u) / sympy.sin(u),
    sympy.Abs: absolute,
    sympy.sign: sign,
    sympy.Max: lambda *parts: reduce(_larger, parts),
    sympy.Min: lambda *parts: reduce(_smaller, parts),
    sympy.Heaviside: lambda u, at_zero: step(u) + at_zero * (1 - absolute(sign(u))),
}
