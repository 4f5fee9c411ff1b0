"""Whole numbers in generated code: places, simplified where extents allow it, and which numbers are counted, not computed."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Expr, Indexed, Integer, KroneckerDelta, Symbol, expand

from diffcheck.notation import Equation, indices_of, name_of, reads_of
from diffcheck.notation.places import Quotient, Remainder, inside
from diffcheck.notation.symbols import is_scalar_read

Extents = Mapping[Symbol, Expr]


def simplified(place: Expr, extents: Extents) -> Expr:
    """Return *place* with (m·i + j) // m written as i, and (m·i + j) % m as j, where j < m; an index of extent 1 is 0."""
    if isinstance(place, Symbol):
        return Integer(0) if extents.get(place) == 1 else place
    if isinstance(place, Indexed) or not place.args:
        return place
    made = place.func(*(simplified(part, extents) for part in place.args))
    if isinstance(made, Quotient) and isinstance(made.args[0], Quotient):
        inner = made.args[0]
        made = Quotient(inner.args[0], inner.args[1] * made.args[1])
    return _divided(made, extents) if isinstance(made, (Quotient, Remainder)) else made


def _divided(node: Expr, extents: Extents) -> Expr:
    above, below = node.args
    terms = Add.make_args(expand(above))
    multiples = [term / below for term in terms if (term / below).is_integer]
    rest = Add(*(term for term in terms if not (term / below).is_integer))
    small = inside(rest, below, extents)
    if isinstance(node, Remainder):
        return rest if small else Remainder(rest, below)
    return Add(*multiples) if small else Add(*multiples, Quotient(rest, below))


def is_computed(node: Expr, sizes: tuple[Expr, ...], extents: Extents) -> bool:
    """Say whether *node* reads its tensor, of these *sizes*, elsewhere than at constants and at the indices of whole axes."""
    return any(not place.is_Integer and extents.get(place) != size for place, size in zip(indices_of(node), sizes, strict=True))


def is_counted(node: Expr, whole: frozenset[str]) -> bool:
    """Say whether *node* is a whole number that integers alone tell: indices, extents, and elements of the tensors *whole*."""
    if isinstance(node, Indexed) or is_scalar_read(node):
        return name_of(node) in whole
    if isinstance(node, Symbol) or node.is_Integer:
        return True
    return (node.is_Add or node.is_Mul or isinstance(node, (Quotient, Remainder))) and all(
        is_counted(part, whole) for part in node.args
    )


def is_movement(equation: Equation, tensors: Mapping[str, tuple[Expr, ...]]) -> bool:
    """Say whether *equation* is one read at computed places, and nothing else."""
    extents = {index.symbol: index.extent for index in equation.axes}
    node = equation.body
    return not equation.bound and isinstance(node, Indexed) and is_computed(node, tensors[name_of(node)], extents)


def scattered(equation: Equation) -> tuple[dict[Symbol, Expr], Expr] | None:
    """Return the places p by index j, and the read e, where *equation* is T[J] = Σ_K Π δ(j, p)·e and every K tells a place.

    None says that it is not.
    """
    if not equation.bound or equation.reduction.value != "Σ":
        return None
    targets, rest = scatter_parts(equation)
    told = {symbol for place in targets.values() for symbol in place.free_symbols}
    reads = [rest] == reads_of(rest) or rest.is_number
    computed = any(not (isinstance(place, Symbol) or place.is_Integer) for place in targets.values())
    return (targets, rest) if computed and reads and {index.symbol for index in equation.bound} <= told else None


def scatter_parts(equation: Equation) -> tuple[dict[Symbol, Expr], Expr]:
    """Return the places p by index j of T[J] = Σ_K Π δ(j, p)·e, where neither p nor e mentions a j that has a p; and e."""
    factors = list(equation.body.args) if equation.body.is_Mul else [equation.body]
    targets: dict[Symbol, Expr] = {}
    for index in equation.indices:
        using = [factor for factor in factors if index.symbol in factor.free_symbols]
        if len(using) != 1 or not isinstance(using[0], KroneckerDelta):
            continue
        places = [place for place in using[0].args if place != index.symbol]
        if len(places) == 1 and not places[0].free_symbols & {index.symbol, *targets}:
            targets[index.symbol] = places[0]
            factors.remove(using[0])
    rest = Integer(1)
    for factor in factors:
        rest = rest * factor
    return targets, rest
