"""Elementwise expressions -> steps: a chain of operations on one variable.

Every subexpression is computed over its own axes alone and broadcast where it is used. The operand of a sum or product that
needs computing comes first, and the operations that follow change it in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Add, Expr, Indexed, KroneckerDelta, Pow, Rational

from diffcheck.generation.folding import is_leaf, product_of
from diffcheck.generation.readable import Readable
from diffcheck.generation.scalars import Part, divided, is_number, number_text, split_number
from diffcheck.generation.spelling import Target
from diffcheck.generation.steps import Kind, Operand, Step, variable
from diffcheck.generation.views import Axes, own_axes
from diffcheck.generation.whole import is_counted
from diffcheck.notation import Equation, name_of, reads_of
from diffcheck.notation.functions import absolute
from diffcheck.notation.selection import detach, held, select
from diffcheck.notation.special_functions import floor

_SIGNS: dict[str, tuple[Operand, ...]] = {"add": (), "sub": (Operand("value=-1"),)}
_LONG = 72
_ALONE = {"sub": "neg", "div": "reciprocal"}
_POWERS = {
    Rational(2): ("square",),
    Rational(1, 2): ("sqrt",),
    Rational(-1): ("reciprocal",),
    Rational(-2): ("reciprocal", "square"),  # the square of a large number may overflow where that of its inverse does not
    Rational(-1, 2): ("sqrt", "reciprocal"),  # and the inverse of a large number may be subnormal
}


class Lowering:
    """Lowers the expressions of one equation; their steps are added to *steps*."""

    def __init__(
        self,
        equation: Equation,
        target: Target,
        like: str,
        steps: list[Step],
        temporaries: Iterator[str],
        whole: Mapping[str, bool],
    ) -> None:
        self.target, self.steps, self.temporaries = target, steps, temporaries
        self.printer = Readable(target, like, equation, whole=whole)
        self.whole = frozenset(whole)
        self.extents = {index.symbol: index.extent for index in equation.axes}
        self.made: set[str] = set()

    def value(self, node: Expr, order: Axes, name: str = "") -> Operand:
        """Lower *node*, its axes in *order*; what is computed for it is kept in the variable *name*, or in a temporary."""
        axes = own_axes(node, order)
        if isinstance(node, (detach, held)):
            return self.value(node.args[0], order, name)
        if not axes or isinstance(node, (Indexed, KroneckerDelta)) or is_counted(node, self.whole):
            permuted = isinstance(node, Indexed) and [place for place in node.indices if not place.is_Integer] != [*axes]
            made = Operand(self.printer.expression(node, axes), axes, frozenset(map(name_of, reads_of(node))), permuted)
            if axes and len(made.text) > _LONG and not isinstance(node, Indexed):
                return self.step(self.temporary(), axes, "", [made], Kind.PLAIN)
            return made
        name = name or self.temporary()
        if node.is_Add:
            return self._chain(_terms(node), axes, name)
        if node.is_Mul:
            return self._product(node, axes, name)
        if node.is_Pow:
            return self._power(node, axes, name)
        if isinstance(node, select):
            return self._branch(node, axes, name)
        if isinstance(node, floor) and (quotient := _quotient(node.args[0])) is not None:
            return self.apply("floor_divide", axes, name, *(self.value(part, axes) for part in quotient))
        operations = self.target.function(type(node).__name__)
        if len(node.args) > 1:
            return self.apply(operations[0], axes, name, *(self.value(part, axes) for part in node.args))
        return self._through(operations, self.value(node.args[0], axes, name), name)

    def _branch(self, node: Expr, axes: Axes, name: str) -> Operand:
        """Lower a branch; both sides of it are computed, each in memory of its own."""
        parts: list[Operand] = []

        def of(part: Expr) -> str:
            parts.append(Operand(number_text(part)) if is_number(part) else self.value(part, axes))
            return parts[-1].over(axes).text

        text = self.printer.selected(node, axes, of)
        reads = frozenset(map(name_of, reads_of(node))).union(*(part.reads for part in parts))
        return self.step(name, axes, "", [Operand(text, axes, reads)], Kind.PLAIN)

    def apply(self, operation: str, axes: Axes, name: str, *operands: Operand) -> Operand:
        """Add a step ``name = operation(*operands)``; if it does not run over all *axes*, its result is a temporary."""
        held = tuple(axis for axis in axes if any(axis in operand.axes for operand in operands))
        if held != axes:
            goes_on = operands[0].text in self.made and operands[0].axes == held
            name = operands[0].text if goes_on else self.temporary()
        return self.step(name, held, operation, tuple(operand.over(held) for operand in operands))

    def step(
        self, name: str, axes: Axes, operation: str, operands: Sequence[Operand], kind: Kind = Kind.ELEMENTWISE
    ) -> Operand:
        """Add the step ``name = operation(*operands)``, whose result has *axes*."""
        shape = tuple(self.extents[axis] for axis in axes)
        self.steps.append(Step(name, axes, shape, operation, tuple(operands), kind))
        return variable(name, axes)

    def temporary(self) -> str:
        """Return the name of a new temporary."""
        name = next(self.temporaries)
        self.made.add(name)
        return name

    def _through(self, operations: tuple[str, ...], value: Operand, name: str) -> Operand:
        for operation in operations:
            value = self.apply(operation, value.axes, name, value)
        return value

    def _chain(self, parts: list[Part], axes: Axes, name: str) -> Operand:
        """Lower a sum or product of *parts*, each with the operation that joins it to the others."""
        (node, operation), *rest = self._fused_order(parts, axes) or _in_order(parts, axes)
        value = self.value(node, axes, name if own_axes(node, axes) == axes else "")
        if operation in _ALONE:
            value = self.apply(_ALONE[operation], value.axes, name if value.axes == axes else self.temporary(), value)
        for node, operation in rest:
            fused = product_of(node, axes) if operation in _SIGNS and self._fuses(value, axes) else None
            if fused is not None:
                factors = [self.value(factor, axes) for factor in fused]
                value = self.apply("addcmul", axes, name, value, *factors, *_SIGNS[operation])
            else:
                value = self.apply(operation, axes, name, value, self.value(node, axes))
        return value

    def _fuses(self, value: Operand, axes: Axes) -> bool:
        return "addcmul" in self.target.operations and value.axes == axes

    def _fused_order(self, parts: list[Part], axes: Axes) -> list[Part] | None:
        """Return *parts* with an array first that the product of two tensors can be added to, and that product second."""
        if "addcmul" not in self.target.operations:
            return None
        whole = [part for part in parts if part[1] == "add" and is_leaf(part[0]) and own_axes(part[0], axes) == axes]
        products = [part for part in parts if part[1] in _SIGNS and product_of(part[0], axes)]
        if not whole or not products:
            return None
        return [whole[0], *products, *(part for part in parts if part is not whole[0] and part not in products)]

    def _product(self, node: Expr, axes: Axes, name: str) -> Operand:
        number, factors = split_number(node)
        parts = [part for factor in factors for part in divided(factor)]
        below = [part for part in parts if part[1] == "div"]
        if len(below) in range(1, len(parts)) and number.is_comparable and 0 < abs(number) < 1:
            return self._divided([part for part in parts if part not in below], number, below, axes, name)
        value = self._chain(parts, axes, name)
        if number == -1:
            return self.apply("neg", axes, name, value)
        return value if number == 1 else self.apply("mul", axes, name, value, Operand(number_text(number)))

    def _divided(self, above: list[Part], number: Expr, below: list[Part], axes: Axes, name: str) -> Operand:
        """Lower a quotient times a small *number*, which comes first: the quotient alone may overflow."""
        value = self.apply("mul", axes, name, self._chain(above, axes, name), Operand(number_text(number)))
        for node, operation in below:
            value = self.apply(operation, axes, name, value, self.value(node, axes))
        return value

    def _power(self, node: Pow, axes: Axes, name: str) -> Operand:
        base, exponent = node.args
        inner = self.target.before_a_power.get(type(base).__name__)
        if inner is not None and exponent.is_Integer and exponent >= 2:
            value = self._through(inner, self.value(base.args[0], axes, name), name)
        else:
            value = self.value(base, axes, name if own_axes(base, axes) == axes else "")
        if exponent in _POWERS:
            return self._through(_POWERS[exponent], value, name)
        return self.apply("pow", axes, name, value, self.value(exponent, axes))


def _quotient(node: Expr) -> tuple[Expr, Expr] | None:
    """Return what is divided in *node* by what: rounded, their quotient may be a whole number or 0 where it itself is less."""
    above, below = node.as_numer_denom()
    return (above, below) if all(isinstance(part, Indexed) or _is_size(part) for part in (above, below)) else None


def _is_size(node: Expr) -> bool:
    return isinstance(node, absolute) and isinstance(node.args[0], Indexed)


def _terms(node: Expr) -> list[Part]:
    return [(-term, "sub") if term.could_extract_minus_sign() else (term, "add") for term in Add.make_args(node)]


def _in_order(parts: list[Part], axes: Axes) -> list[Part]:
    """Return *parts* with one first that can stand alone, and that is computed over all *axes* if there is such a one."""

    def rank(part: Part) -> tuple[int, bool]:
        node, operation = part
        full = own_axes(node, axes) == axes
        computed = not isinstance(node, (Indexed, KroneckerDelta))
        return -(full + (full and computed)), operation in _ALONE

    ordered = sorted(parts, key=rank)
    positive = [part for part in ordered if part[1] not in _ALONE and not is_number(part[0])]
    arrays = [part for part in positive if own_axes(part[0], axes)]
    first = next(iter(arrays or positive or [part for part in ordered if own_axes(part[0], axes)]))
    place = ordered.index(first)
    return [first, *ordered[:place], *ordered[place + 1 :]]
