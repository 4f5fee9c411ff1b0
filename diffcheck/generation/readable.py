"""Equations -> expressions that read like the formula; the functions named as in the article are written with these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Add, Expr, Indexed, Integer, KroneckerDelta, Mul, Rational, Symbol

from diffcheck.generation.branches import Printer, condition
from diffcheck.generation.contractions import contraction, separated, summing_layout
from diffcheck.generation.counting import Counting
from diffcheck.generation.scalars import divided, is_atom, is_number, number_text, split_number
from diffcheck.generation.spelling import Target
from diffcheck.generation.stacking import slices
from diffcheck.generation.views import Axes, broadcast, own_axes, view
from diffcheck.generation.whole import is_counted
from diffcheck.notation import Equation, Index, indices_of, name_of
from diffcheck.notation.selection import detach, held, select
from diffcheck.notation.symbols import is_scalar_read

_SUM, _PRODUCT, _POWER, _ATOM = range(4)

Text = tuple[str, int]
"""Source, and how tightly it binds."""


@dataclass(frozen=True)
class Readable:
    """Prints one equation for one target; *like* is an input that tells dtype and device, *spelt* how tensors are written."""

    target: Target
    like: str
    equation: Equation
    spelt: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, bool] = field(default_factory=dict)

    def right_side(self) -> str:
        """Return source for an array with all axes of the equation."""
        axes = tuple(index.symbol for index in self.equation.indices)
        found = slices(self.equation)
        if found is not None:
            place, bodies = found
            rest = self.equation.indices[:place] + self.equation.indices[place + 1 :]
            return self.stacked([self._whole(body, rest) for body in bodies], place)
        if not self.equation.bound:
            return self._whole(self.equation.body, self.equation.indices)
        text = self._summed_up(axes)
        return text if own_axes(self.equation.body, axes) == axes else self.spread(text, self.equation.indices)

    def expression(self, node: Expr, axes: Axes) -> str:
        """Return source for the elementwise *node*, laid out over *axes*."""
        return self._of(node, axes)[0]

    def factor(self, node: Expr) -> str:
        """Return source for *node*, which has no axes, as a factor of a product."""
        return _wrap(self._of(node, ()), _PRODUCT + 1)

    def stacked(self, texts: list[str], place: int) -> str:
        """Return source for the arrays *texts* as the slices of one, along the axis at *place*."""
        return f"{self.target.name}.stack(({', '.join(texts)}{',' if len(texts) == 1 else ''}){f', {place}' if place else ''})"

    def full(self, number: Expr, indices: tuple[Index, ...]) -> str:
        """Return source for an array over *indices* that holds *number* everywhere."""
        return self.target.full(shape_text(indices), number_text(number), self.like)

    def spread(self, text: str, indices: tuple[Index, ...]) -> str:
        """Return source for the array *text*, which broadcasts over *indices*, as one that has them all."""
        return self.target.spread(text, shape_text(indices))

    def _whole(self, body: Expr, indices: tuple[Index, ...]) -> str:
        if is_number(body):
            return self.full(body, indices)
        axes = tuple(index.symbol for index in indices)
        text = self.expression(body, axes)
        return text if own_axes(body, axes) == axes else self.spread(text, indices)

    def _summed_up(self, axes: Axes) -> str:
        """Return source for the sum, laid out over *axes*."""
        bound = tuple(index.symbol for index in self.equation.bound)
        number, rest = split_number(self.equation.body)
        inner, outer = separated(Mul(*rest), bound)
        held = own_axes(Mul(*inner), axes)
        text = self._contracted(inner, held, bound)
        if any(axis not in held for axis in axes):
            text = broadcast(f"({text})", held, axes)
        for node, operation in (part for factor in outer if factor != 1 for part in divided(factor)):
            text += f" {'*' if operation == 'mul' else '/'} {_wrap(self._of(node, axes), _PRODUCT + 1)}"
        return _scaled(text, number)

    def _contracted(self, inner: list[Expr], axes: Axes, bound: Axes) -> str:
        found = contraction(inner, axes, bound)
        if found is None:
            return self._summed(Mul(*inner), axes, bound)
        parts = [self._of(factor, layout) for factor, layout in zip(found.factors, found.layouts, strict=True)]
        if found.operation == "einsum":
            return f'{self.target.name}.einsum("{found.subscripts}", {", ".join(part for part, _ in parts)})'
        return " @ ".join(_wrap(part, _PRODUCT + 1) for part in parts)

    def _summed(self, body: Expr, axes: Axes, bound: Axes) -> str:
        layout = summing_layout(body, axes, bound)
        return f"{_wrap(self._of(body, layout), _ATOM)}.sum({places_text(layout, bound)})"

    def _axes(self, node: Expr) -> Axes:
        return own_axes(node, [index.symbol for index in self.equation.axes])

    def _of(self, node: Expr, axes: Axes) -> Text:
        if is_counted(node, frozenset(self.whole)) and not is_number(node):
            return f"{self.counting.operand(node, axes)}.{self.target.cast}({self.like}.dtype)", _ATOM
        if isinstance(node, Indexed) or is_scalar_read(node):
            return view(self.spelt.get(name_of(node), name_of(node)), node, axes, self.target), _ATOM
        if is_number(node):
            return _number(node)
        if isinstance(node, KroneckerDelta):
            return self._delta(node, axes), _ATOM
        if node.is_Add:
            return self._add(node, axes), _SUM
        if node.is_Mul:
            return self._multiply(node, axes)
        if node.is_Pow:
            return self._power(node, axes)
        if isinstance(node, (detach, held)):
            return self._of(node.args[0], axes)
        if isinstance(node, select):
            return self.selected(node, axes, lambda part: self.expression(part, axes)), _ATOM
        return self._call(node, axes), _ATOM

    def _add(self, node: Expr, axes: Axes) -> str:
        def rank(term: Expr) -> tuple[bool, bool, int]:
            plain = isinstance(term, Indexed) or is_scalar_read(term) or is_number(term)
            return term.could_extract_minus_sign(), plain, -len(indices_of(term))

        first, *rest = sorted(Add.make_args(node), key=rank)
        text = self._of(first, axes)[0]
        for term in rest:
            minus = term.could_extract_minus_sign()
            part = self._of(-term if minus else term, axes)
            text += f" {'-' if minus else '+'} {_wrap(part, _PRODUCT)}"
        return text

    def _multiply(self, node: Expr, axes: Axes) -> Text:
        if node.could_extract_minus_sign() and not (-node).is_Add:
            return f"-{_wrap(self._of(-node, axes), _PRODUCT)}", _PRODUCT
        below = [1 / factor for factor in node.args if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0]
        above = [factor for factor in node.args if 1 / factor not in below]
        above.sort(key=lambda factor: not is_number(factor))
        text = " * ".join(_wrap(self._of(factor, axes), _PRODUCT) for factor in above) or "1"
        for factor in below:
            text += f" / {_wrap(self._of(factor, axes), _POWER)}"
        return text, _PRODUCT

    def _power(self, node: Expr, axes: Axes) -> Text:
        if node.exp == Rational(1, 2):
            return f"{self.target.name}.sqrt({self._of(node.base, axes)[0]})", _ATOM
        if node.exp.is_Rational and node.exp < 0:
            return f"1 / {_wrap(self._of(1 / node, axes), _POWER)}", _PRODUCT
        base, exponent = _wrap(self._of(node.base, axes), _ATOM), _wrap(self._of(node.exp, axes), _ATOM)
        joint = "**" if is_atom(base) and is_atom(exponent) else " ** "
        return f"{base}{joint}{exponent}", _POWER

    def _call(self, node: Expr, axes: Axes) -> str:
        text = ", ".join(self.full(part, ()) if is_number(part) else self._of(part, axes)[0] for part in node.args)
        for step in self.target.function(type(node).__name__):
            text = f"{self.target.operation(step)}({text})"
        return text

    @property
    def counting(self) -> Counting:
        """What prints places of the equation."""
        extents = {index.symbol: index.extent for index in self.equation.axes}
        return Counting(self.target, self.like, extents, self.whole)

    def selected(self, node: Expr, axes: Axes, of: Printer) -> str:
        """Return source for the branch *node*, whose parts *of* prints."""
        test, then, other = node.args
        if is_number(test):
            return f"({of(then)} if {number_text(test)} > 0 else {of(other)})"
        spelt = condition(test, of, lambda place: self.counting.text(place, axes))
        if {then, other} == {Integer(0), Integer(1)}:
            test = f"({spelt})" if then == 1 else f"(~({spelt}))"
            return f"{test}.{self.target.cast}({self.like}.dtype)"
        both = is_number(then) and is_number(other)  # two numbers would have the dtype of a Python float
        first = self.full(then, ()) if both else of(then)
        return f"{self.target.name}.where({spelt}, {first}, {of(other)})"

    def _delta(self, node: KroneckerDelta, axes: Axes) -> str:
        """Return source for 1 where two indices agree and 0 elsewhere."""
        if not all(place.is_Integer or (place.is_Symbol and not is_scalar_read(place)) for place in node.args):
            first, second = (self.counting.text(place, axes) for place in node.args)
            return f"({first} == {second}).{self.target.cast}({self.like}.dtype)"
        places = sorted(node.args, key=lambda place: place.is_Integer)
        sides = [
            str(place) if place.is_Integer else broadcast(self.target.arange(self._extent(place), self.like), (place,), axes)
            for place in places
        ]
        return f"({' == '.join(sides)}).{self.target.cast}({self.like}.dtype)"

    def _extent(self, symbol: Symbol) -> str:
        return next(number_text(index.extent) for index in self.equation.axes if index.symbol == symbol)


def shape_text(indices: tuple[Index, ...]) -> str:
    """Return source for the shape of an array over *indices*."""
    sizes = [number_text(index.extent) for index in indices]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def places_text(layout: Axes, bound: Axes) -> str:
    """Return the argument of a sum over the axes *bound* of an array over *layout*: nothing where it has no others."""
    places = [place for place, axis in enumerate(layout) if axis in bound]
    if len(places) == len(layout):
        return ""
    listed = ", ".join(map(str, places))
    return f"({listed})" if len(places) > 1 else listed


def _scaled(text: str, number: Expr) -> str:
    if number.could_extract_minus_sign():
        text, number = f"-{text}", -number
    above, below = (number, Rational(1)) if number.is_number else number.as_numer_denom()
    product = text if above == 1 else f"{text} * {_wrap(_number(above), _PRODUCT + 1)}"
    return product if below == 1 else f"{product} / {_wrap(_number(below), _ATOM)}"


def _number(node: Expr) -> Text:
    text = number_text(node)
    return text, _ATOM if is_atom(text) else _SUM


def _wrap(part: Text, least: int) -> str:
    text, level = part
    return text if level >= least else f"({text})"
