"""What makes a program meaningful, checked once, when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr, Indexed, KroneckerDelta, S, Symbol

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
from diffcheck.notation.limits import check_constants
from diffcheck.notation.places import Quotient, Remainder, check_form, is_plain, is_whole, span
from diffcheck.notation.scalar_functions import Composition
from diffcheck.notation.selection import detach, held, select
from diffcheck.notation.symbols import indices_of, is_scalar_read, name_of, reads_of
from diffcheck.notation.tensor import Role

if TYPE_CHECKING:
    from diffcheck.notation.program import Equation, Program

_FUNCTIONS = (*(row.symbol for row in FUNCTIONS.values()), Composition, select, detach, held)


_CONSTANTS = (S.Pi, S.Exp1, S.Infinity, S.NegativeInfinity)


def validate(program: Program) -> None:
    """Refuse a program that has no meaning; the place says where."""
    _check_outputs(program)
    sizes = _sizes(program)
    taken = {str(size): "an extent" for size in sizes}
    for name in [tensor.name for tensor in program.inputs] + [equation.target for equation in program.equations]:
        if name in taken:
            raise DuplicateName(
                got=f"{name!r} a second time", wanted="each name once", do=f"rename one: {name!r} is {taken[name]}"
            )
        taken[name] = "a tensor"
    known = {tensor.name: tensor.extents for tensor in program.inputs}
    for equation in program.equations:
        try:
            _check_equation(equation, known, sizes, taken, {tensor.name: tensor.role for tensor in program.inputs})
        except NotationError as error:
            raise error.at(f"equation {equation.target}") from None
        known[equation.target] = equation.extents
    for name in program.outputs:
        if name not in known:
            raise UnknownName.among("tensor", name, known).at("outputs")


def _check_outputs(program: Program) -> None:
    if not program.outputs:
        raise NotationError(got="no output", wanted="one output or more", do="add a line 'output NAME'")
    if len(set(program.outputs)) < len(program.outputs):
        raise DuplicateName(
            got=f"outputs {', '.join(program.outputs)}", wanted="each output once", do="remove the repeated one"
        )


def _sizes(program: Program) -> set[Symbol]:
    """Return the names in the extents of the inputs."""
    sizes = {symbol for tensor in program.inputs for extent in tensor.extents for symbol in extent.free_symbols}
    for tensor in program.inputs:
        for size in tensor.extents:
            try:
                _check_extent(size, sizes)
            except NotationError as error:
                raise error.at(f"input {tensor.name}") from None
    return sizes


def _check_equation(
    equation: Equation,
    known: dict[str, tuple[Expr, ...]],
    sizes: set[Symbol],
    taken: dict[str, str],
    inputs: dict[str, Role],
) -> None:
    extents: dict[Symbol, Expr] = {}
    if not equation.bound and equation.reduction.value != "Σ":
        raise NotationError(
            got=f"{equation.reduction.value} over nothing", wanted="one index or more", do="write the body alone"
        )
    for index in equation.axes:
        if index.symbol in extents:
            raise DuplicateName(got=f"index {index.name!r} twice", wanted="distinct indices", do="rename one of them")
        if index.name in taken:
            raise DuplicateName(
                got=f"index {index.name!r}", wanted="a name of its own", do=f"rename it: {index.name!r} is {taken[index.name]}"
            )
        extents[index.symbol] = index.extent
        _check_extent(index.extent, sizes)
    _check_body(equation.body, extents, sizes)
    for node in equation.reads:
        _check_read(node, known, extents, sizes)
        for place in indices_of(node):
            _check_tellers(place, inputs)
    for delta in equation.body.atoms(KroneckerDelta):
        for place in delta.args:
            _check_tellers(place, inputs)


def _check_extent(size: Expr, sizes: set[Symbol]) -> None:
    for symbol in size.free_symbols - sizes:
        raise ExtentMismatch(
            got=f"extent {symbol}", wanted="an extent that some input has", do=f"declare an input with extent {symbol}"
        )
    if not size.is_integer or size.is_nonpositive:
        raise ExtentMismatch(got=f"extent {size}", wanted="a positive integer", do="count the elements along the axis")


def _check_read(node: Expr, known: dict[str, tuple[Expr, ...]], extents: dict[Symbol, Expr], sizes: set[Symbol]) -> None:
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
        _check_place(node, place, size, extents, sizes)


def _check_general(place: Expr, extents: dict[Symbol, Expr], sizes: set[Symbol]) -> None:
    check_form(place)
    for symbol in place.free_symbols:
        if symbol.is_integer and symbol not in sizes:
            _extent_at(symbol, extents)


def _check_reach(node: Expr, place: Expr, size: Expr, extents: dict[Symbol, Expr]) -> None:
    found = span(place, extents)
    if found is not None and (found[1].is_negative or (found[0] - size).is_nonnegative):
        raise ExtentMismatch(
            got=f"{node}, which is never inside", wanted=f"a place that can be in 0 … {size} - 1", do="count from 0"
        )


def _comparable(one: Expr, other: Expr) -> bool:
    """Say whether one of two extents is known to hold the other: what lies beyond an axis is 0."""
    difference = one - other
    return bool(difference.is_nonnegative or difference.is_nonpositive)


def _check_tellers(place: Expr, inputs: dict[str, Role]) -> None:
    for node in reads_of(place):
        role = inputs.get(name_of(node), Role.INTEGER)
        if role is not Role.INTEGER:
            raise UnsupportedExpression(
                got=f"a read at a place that the {role.value} {name_of(node)!r} tells",
                wanted="a place told by whole numbers",
                do=f"declare it as: integer {name_of(node)}",
            )


def _check_place(node: Expr, place: Expr, size: Expr, extents: dict[Symbol, Expr], sizes: set[Symbol]) -> None:
    if place.is_Integer:
        if place < 0 or (size.is_Integer and place >= size):
            raise ExtentMismatch(got=f"{node}", wanted=f"a constant in 0 … {size} - 1", do="count from 0")
    elif not is_plain(place) or is_scalar_read(place) or place in sizes:
        _check_general(place, extents, sizes)
        _check_reach(node, place, size, extents)
    elif not _comparable(_extent_at(place, extents), size):
        raise ExtentMismatch(
            got=f"{node}, where {place} runs over {extents[place]}",
            wanted=f"an index that runs over {size}",
            do="use another index or another extent",
        )


def _extent_at(place: Symbol, extents: dict[Symbol, Expr]) -> Expr:
    if place not in extents:
        raise UnboundIndex(
            got=f"index {place}",
            wanted="an index of the target or of the sum",
            do=f"bind it: write Σ_{place} before the body, or index the target by it",
        )
    return extents[place]


def _check_body(body: Expr, extents: dict[Symbol, Expr], sizes: set[Symbol]) -> None:
    check_constants(body)
    pending = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, KroneckerDelta):
            _check_delta(node, extents, sizes)
        elif isinstance(node, Symbol):
            _check_symbol(node, extents, sizes)
        elif node.is_Add or node.is_Mul or isinstance(node, _FUNCTIONS) or _has_value(node) or _counts(node):
            pending.extend(node.args)
        elif not (isinstance(node, Indexed) or (node.is_Rational and node.is_finite) or node in _CONSTANTS):
            raise UnsupportedExpression(
                got=f"{node} ({type(node).__name__})",
                wanted="sums, products, powers, exact real numbers and the named functions",
                do=f"write it with: {', '.join(sorted(FUNCTIONS))}",
            )


def _counts(node: Expr) -> bool:
    return isinstance(node, (Quotient, Remainder)) and is_whole(node)


def _has_value(node: Expr) -> bool:
    if not node.is_Pow:
        return False
    if node.base.is_zero and not node.exp.is_positive:
        return False
    return not (node.base.is_number and node.base.is_negative and not node.exp.is_integer)


def _check_delta(node: Expr, extents: dict[Symbol, Expr], sizes: set[Symbol]) -> None:
    for place in node.args:
        if place.is_Integer and place < 0:
            raise UnsupportedExpression(got=f"{node}", wanted="delta(i, j)", do="count from 0")
        _check_general(place, extents, sizes)


def _check_symbol(node: Symbol, extents: dict[Symbol, Expr], sizes: set[Symbol]) -> None:
    if not is_scalar_read(node) and node not in sizes:
        _extent_at(node, extents)
