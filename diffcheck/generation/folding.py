"""Sums of products as few passes over memory: c + a·b is one operation of some libraries, if c is an array already."""

from __future__ import annotations

from dataclasses import replace

from sympy import Add, Expr, Indexed, Mul

from diffcheck.generation.views import own_axes
from diffcheck.notation import Equation, Program, Reduction, index_symbol, name_of, read
from diffcheck.notation.symbols import is_scalar_read, substitute


def folded(program: Program) -> Program:
    """Return *program* with every sum that only one other sum reads, element by element, written out in that one."""
    for equation in program.equations:
        whole = read(equation.target, (index.symbol for index in equation.indices))
        users = [other for other in program.equations if equation.target in other.operands]
        inner = equation.body.is_Add and not equation.bound and equation.indices and equation.target not in program.outputs
        if inner and len(users) == 1 and _adds(users[0], equation, whole):
            moved = substitute(users[0].body, {_read_in(users[0], equation): _body_for(users[0], equation)})
            made = replace(users[0], body=moved)
            rest = tuple(made if other is users[0] else other for other in program.equations if other is not equation)
            return folded(replace(program, equations=rest))
    return program


def _adds(user: Equation, equation: Equation, whole: Expr) -> bool:
    """Say whether *user* is an elementwise sum over the same axes, with the target of *equation* among its terms."""
    same = [index.extent for index in user.indices] == [index.extent for index in equation.indices]
    if user.bound or not same or not user.body.is_Add:
        return False
    node = _read_in(user, equation)
    return [node] == [other for other in user.reads if name_of(other) == equation.target] and any(
        term in (node, -node) for term in Add.make_args(user.body)
    )


def _read_in(user: Equation, equation: Equation) -> Expr:
    return read(equation.target, (index.symbol for index in user.indices))


def _body_for(user: Equation, equation: Equation) -> Expr:
    pairs = zip(equation.indices, user.indices, strict=True)
    return substitute(equation.body, {index_symbol(old.name): new.symbol for old, new in pairs})


def turned(program: Program) -> Program:
    """Return *program* with the sign of a sum turned where that lets it begin with an array: −(a·b − c) as c − a·b.

    The sums that are taken of it get the sign instead.
    """
    for equation in program.equations:
        users = [other for other in program.equations if equation.target in other.operands]
        free = equation.indices and not equation.bound and equation.target not in program.outputs
        if free and users and _begins_better(equation) and all(_sums_linearly(user, equation.target) for user in users):
            made = {equation.target: replace(equation, body=Add(*(-term for term in equation.body.args)))}
            made |= {user.target: replace(user, body=Mul(-1, *Mul.make_args(user.body))) for user in users}
            return replace(program, equations=tuple(made.get(other.target, other) for other in program.equations))
    return program


def _sums_linearly(user: Equation, name: str) -> bool:
    nodes = [factor for factor in Mul.make_args(user.body) if isinstance(factor, Indexed) and name_of(factor) == name]
    linear = not user.indices and user.reduction is Reduction.SUM
    return linear and len(nodes) == 1 and sum(name_of(node) == name for node in user.reads) == 1


def _begins_better(equation: Equation) -> bool:
    axes = tuple(index.symbol for index in equation.indices)
    leaves = [term for term in Add.make_args(equation.body) if is_leaf(term) or is_leaf(-term)]
    whole = [leaf for leaf in leaves if own_axes(leaf, axes) == axes]
    products = any(product_of(term, axes) for term in Add.make_args(equation.body))
    return products and bool(whole) and not any(is_leaf(leaf) for leaf in whole)


def is_leaf(node: Expr) -> bool:
    """Say whether *node* is a tensor, read as it is."""
    return isinstance(node, Indexed) or is_scalar_read(node)


def product_of(term: Expr, axes: tuple[Expr, ...]) -> tuple[Expr, Expr] | None:
    """Return a and b where *term* is a·b or −a·b for tensors a and b that have all *axes* between them."""
    factors = [factor for factor in Mul.make_args(term) if factor != -1]
    if len(factors) == 2 and all(map(is_leaf, factors)) and own_axes(term, axes) == axes:
        first, second = sorted(factors, key=lambda factor: -len(own_axes(factor, axes)))
        return first, second
    return None
