"""A product with a mask, of what has no value where the mask is 0, as a branch that is not taken there: 0·∞ is no number.

    m(c)·f(x)  with m(c) = 1 where c > 0, else 0   becomes   select(c, f(x), 0)

Only where f may be infinite, or nothing, and depends on the very elements that c does; elsewhere a product is as good.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import sympy
from sympy import Add, Expr, Indexed, Integer, KroneckerDelta, Mul, Symbol

from diffcheck.notation import Equation, Reduction, index_symbol, indices_of, name_of
from diffcheck.notation.functions import FUNCTIONS, step
from diffcheck.notation.selection import detach, held, select
from diffcheck.notation.symbols import is_scalar_read, substitute, values_read

_ZERO = Integer(0)
Element = tuple[str, tuple[Expr, ...]]
_BOUNDED = (
    *(FUNCTIONS[name].symbol for name in "tanh sech sigmoid softplus logsigmoid relu step absolute sign erf erfc".split()),
    *(FUNCTIONS[name].symbol for name in "asinh atan floor".split()),
    *(sympy.sin, sympy.cos, select, detach, held),
)


@dataclass(frozen=True)
class Product:
    """A *term*, and if it is masked: where it counts (*above*: where the condition is > 0), as which value, beside what."""

    term: Expr
    condition: Expr | None = None
    above: bool = True
    value: Expr = _ZERO
    beside: Expr = _ZERO


def chosen(equations: Iterable[Equation], inputs: Iterable[str]) -> tuple[Equation, ...]:
    """Return *equations* with branches for those masks whose other factors may have no value where the mask is 0."""
    known = _Known(dict.fromkeys(inputs))
    made = []
    for equation in equations:
        one = _Chooser(equation, known).chosen() if _is_sum(equation) else equation
        known.program[equation.target] = one
        made.append(one)
    return tuple(made)


def _is_sum(equation: Equation) -> bool:
    return equation.reduction is Reduction.SUM


def _is_elementwise(equation: Equation) -> bool:
    return _is_sum(equation) and not equation.bound


def _support(node: Expr) -> Expr:
    """Return 1 where a branch that is not 0 is taken in *node*, else 0."""
    if isinstance(node, select):
        condition, *branches = node.args
        then, other = map(_support, branches)
        return then if then == other else select(condition, then, other)
    return _ZERO if node == 0 else Integer(1)


def _is_read(node: Expr) -> bool:
    return isinstance(node, Indexed) or is_scalar_read(node)


@dataclass
class _Known:
    """The equations so far, which of their targets are masked, and what their elements depend on and may be.

    An element is asked for by many paths: what is known of it is kept, or they would be walked again for each.
    """

    program: dict[str, Equation | None]
    masks: dict[str, Product] = field(default_factory=dict)
    elements: dict[Expr, frozenset[Element]] = field(default_factory=dict)
    endless: dict[Expr, tuple[Expr, ...]] = field(default_factory=dict)


class _Chooser:
    """Rewrites one equation, by what is *known* of those before it."""

    def __init__(self, equation: Equation, known: _Known) -> None:
        self.equation, self.known, self.masks = equation, known, known.masks
        self.axes = tuple(index.symbol for index in equation.indices)
        self.bound = {index.symbol for index in equation.bound}

    def chosen(self) -> Equation:
        """Return the equation, and note in the masks if all of it is masked."""
        found = [self._product(term) for term in Add.make_args(self.equation.body)]
        doubtful = {one.condition for one in found if one.condition is not None and self._doubtful(one)}
        kept = [one.term for one in found if one.condition not in doubtful]
        for condition in sorted(doubtful, key=str):
            sides = {
                side: [one.value for one in found if (one.condition, one.above) == (condition, side)] for side in (True, False)
            }
            kept.append(select(condition, Add(*sides[True]), Add(*sides[False])))
        if len(found) == 1 and found[0].condition is not None and not self.bound:
            numbers = {axis: index_symbol(f"_{place}") for place, axis in enumerate(self.axes)}
            self.masks[self.equation.target] = replace(found[0], condition=substitute(found[0].condition, numbers))
        return replace(self.equation, body=Add(*kept)) if doubtful else self.equation

    def _product(self, term: Expr) -> Product:
        factors = Mul.make_args(term)
        for place, factor in enumerate(factors):
            rest = Mul(*factors[:place], *factors[place + 1 :])
            if isinstance(factor, step):
                return Product(term, factor.args[0], True, rest, rest)
            if isinstance(factor, select) and _ZERO in factor.args[1:]:
                condition, then, other = factor.args
                above = other == 0
                value = Mul(rest, then if above else other)
                return Product(term, condition.args[0] if isinstance(condition, step) else condition, above, value, value)
            if isinstance(factor, select) and (where := _support(factor)).has(_ZERO) and where != 0:
                return Product(term, where, True, term, rest)
            if _is_read(factor) and name_of(factor) in self.masks:
                mask = self.masks[name_of(factor)]
                places = {index_symbol(f"_{place}"): index for place, index in enumerate(indices_of(factor))}
                return Product(term, substitute(mask.condition, places), mask.above, term, rest)
        return Product(term)

    def _doubtful(self, one: Product) -> bool:
        """Say whether what is beside a mask may be infinite, or nothing, by elements that the condition depends on too."""
        endless = self._endless(one.beside)
        told = self._elements(one.condition) if endless else frozenset()
        return any(self._elements(part) & told for part in endless)

    def _endless(self, node: Expr) -> tuple[Expr, ...]:
        """Return the outermost parts of *node* that may be infinite, or have no value, where their arguments have one."""
        if isinstance(node, (Indexed, Symbol, KroneckerDelta)) or not node.args:
            return self._endless_read(node)
        whole = node.is_Pow and node.exp.is_Integer and node.exp > 0
        if node.is_Add or node.is_Mul or whole or isinstance(node, _BOUNDED):
            parts = node.args[:1] if whole else node.args
            return tuple(dict.fromkeys(found for part in parts for found in self._endless(part)))
        return (node,)

    def _endless_read(self, node: Expr) -> tuple[Expr, ...]:
        if node not in self.known.endless:
            body = self._read(node)
            self.known.endless[node] = () if body is None else self._endless(body)
        return self.known.endless[node]

    def _elements(self, node: Expr) -> frozenset[Element]:
        """Return the elements that tell the value of *node*, by name and place, and those that tell these."""
        return frozenset().union(*map(self._element, values_read(node)))

    def _element(self, node: Expr) -> frozenset[Element]:
        if node not in self.known.elements:
            body = self._read(node)
            others = frozenset() if body is None else self._elements(body)
            self.known.elements[node] = others | {(name_of(node), indices_of(node))}
        return self.known.elements[node]

    def _read(self, node: Expr) -> Expr | None:
        """Return what the element that *node* reads is, at its place, if it is one of elements by themselves."""
        equation = self.known.program.get(name_of(node)) if _is_read(node) else None
        if equation is None or not _is_elementwise(equation):
            return None
        places = {index.symbol: place for index, place in zip(equation.indices, indices_of(node), strict=True)}
        return substitute(equation.body, places)
