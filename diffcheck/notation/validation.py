"""What makes a program meaningful, checked once, when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr, Indexed, KroneckerDelta, Symbol
from sympy.core.numbers import NumberSymbol

from diffcheck.errors import (
    DuplicateName,
    ExtentMismatch,
    NotationError,
    RankMismatch,
    UnboundIndex,
    UndefinedOperand,
    UnknownName,
    UnsupportedExpression,
)
from diffcheck.notation.functions import FUNCTIONS
from diffcheck.notation.symbols import indices_of, is_scalar_read, name_of

if TYPE_CHECKING:
    from diffcheck.notation.program import Equation, Program

_FUNCTIONS = tuple(row.symbol for row in FUNCTIONS.values())


def validate(program: Program) -> None:
    """Refuse a program that has no meaning; the place says where."""
    if not program.outputs:
        raise NotationError(got="no output", wanted="one output or more", do="add a line 'output NAME'")
    sizes = {symbol for tensor in program.inputs for extent in tensor.extents for symbol in extent.free_symbols}
    known = _inputs(program, {str(symbol) for symbol in sizes})
    for equation in program.equations:
        _new_name(equation.target, known, sizes)
        try:
            _check_equation(equation, known, sizes)
        except NotationError as error:
            raise error.at(f"equation {equation.target}") from None
        known[equation.target] = equation.extents
    for name in program.outputs:
        if name not in known:
            raise UnknownName.among("tensor", name, known).at("outputs")


def _inputs(program: Program, sizes: set[str]) -> dict[str, tuple[Expr, ...]]:
    known: dict[str, tuple[Expr, ...]] = {}
    for tensor in program.inputs:
        _new_name(tensor.name, known, sizes)
        known[tensor.name] = tensor.extents
    return known


def _new_name(name: str, known: dict[str, tuple[Expr, ...]], sizes: set[str] | set[Symbol]) -> None:
    if name in known or name in set(map(str, sizes)):
        taken = "a tensor" if name in known else "an extent"
        raise DuplicateName(got=f"{name!r} a second time", wanted="each name once", do=f"rename one: {name!r} is {taken}")


def _check_equation(equation: Equation, known: dict[str, tuple[Expr, ...]], sizes: set[Symbol]) -> None:
    extents: dict[Symbol, Expr] = {}
    for index in equation.axes:
        if index.symbol in extents:
            raise DuplicateName(got=f"index {index.name!r} twice", wanted="distinct indices", do="rename one of them")
        if index.name in known or index.name == equation.target or index.name in set(map(str, sizes)):
            raise DuplicateName(got=f"index {index.name!r}", wanted="a name of its own", do="rename the index")
        extents[index.symbol] = index.extent
        _check_extent(index.extent, sizes)
    _check_body(equation.body, extents, sizes)
    for node in equation.reads:
        _check_read(node, known, extents)


def _check_extent(size: Expr, sizes: set[Symbol]) -> None:
    for symbol in size.free_symbols - sizes:
        raise ExtentMismatch(
            got=f"extent {symbol}", wanted="an extent that some input has", do=f"declare an input with extent {symbol}"
        )


def _check_read(node: Expr, known: dict[str, tuple[Expr, ...]], extents: dict[Symbol, Expr]) -> None:
    name, indices = name_of(node), indices_of(node)
    if name not in known:
        raise UndefinedOperand(
            got=f"a read of {name!r}",
            wanted="a tensor declared or defined above",
            do=f"declare or define {name!r} first",
        )
    if len(indices) != len(known[name]):
        raise RankMismatch(
            got=f"{node}",
            wanted=f"{len(known[name])} indices",
            do=f"{name!r} has {len(known[name])} axes: index each once",
        )
    for place, size in zip(indices, known[name], strict=True):
        _check_place(node, place, size, extents)


def _check_place(node: Expr, place: Expr, size: Expr, extents: dict[Symbol, Expr]) -> None:
    if place.is_Integer:
        if place < 0 or (size.is_Integer and place >= size):
            raise ExtentMismatch(got=f"{node}", wanted=f"a constant in 0 … {size} - 1", do="count from 0")
    elif not isinstance(place, Symbol):
        raise UnsupportedExpression(got=f"{node}", wanted="plain indices or constants", do="read at a plain index")
    elif extents[place] != size:
        raise ExtentMismatch(
            got=f"{node}, where {place} runs over {extents[place]}",
            wanted=f"an index that runs over {size}",
            do="use another index or another extent",
        )


def _check_body(body: Expr, extents: dict[Symbol, Expr], sizes: set[Symbol]) -> None:
    pending = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, Indexed):
            pending.extend(node.indices)
        elif isinstance(node, Symbol):
            _check_symbol(node, extents, sizes)
        elif node.is_Add or node.is_Mul or node.is_Pow or isinstance(node, (*_FUNCTIONS, KroneckerDelta)):
            pending.extend(node.args)
        elif not (node.is_Rational or isinstance(node, NumberSymbol)) or not node.is_finite:
            raise UnsupportedExpression(
                got=f"{node} ({type(node).__name__})",
                wanted="sums, products, powers, exact numbers and the named functions",
                do=f"write it with: {', '.join(sorted(FUNCTIONS))}",
            )


def _check_symbol(node: Symbol, extents: dict[Symbol, Expr], sizes: set[Symbol]) -> None:
    if is_scalar_read(node) or node in extents or node in sizes:
        return
    raise UnboundIndex(
        got=f"{node}",
        wanted="an index of the target or of the sum, or an extent of an input",
        do=f"bind it: write Σ_{node} before the body, or index the target by it",
    )
