"""Places as source: whole numbers, counted by integers, that broadcast over the axes wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Add, Expr, Indexed, Mul, Symbol

from diffcheck.generation.scalars import is_number, number_text
from diffcheck.generation.spelling import Target
from diffcheck.generation.views import Axes, broadcast, view
from diffcheck.notation import name_of
from diffcheck.notation.places import Quotient, Remainder
from diffcheck.notation.symbols import is_scalar_read

_SUM, _PRODUCT, _ATOM = range(3)

Text = tuple[str, int]
"""Source, and how tightly it binds."""


@dataclass(frozen=True)
class Counting:
    """Prints places for one target; *extents* are those of the indices, *like* tells the device.

    *whole* names the tensors of whole numbers, and says of each whether its elements surely are 64-bit integers.
    """

    target: Target
    like: str
    extents: Mapping[Symbol, Expr]
    whole: Mapping[str, bool]

    def text(self, place: Expr, axes: Axes) -> str:
        """Return source for *place*, an array over *axes*, or a number where it mentions none of them."""
        return self._of(place, axes)[0]

    def operand(self, place: Expr, axes: Axes) -> str:
        """Return source for *place* that needs no brackets in front of a method."""
        return _wrap(self._of(place, axes), _ATOM)

    def _of(self, place: Expr, axes: Axes) -> Text:
        if isinstance(place, Indexed) or is_scalar_read(place):
            return self._read(place, axes), _ATOM
        if place in self.extents:
            size = number_text(self.extents[place])
            return broadcast(self.target.arange(size, self.like), (place,), axes), _ATOM
        if is_number(place):
            text = number_text(place)
            return text, _ATOM if text.isalnum() else _SUM
        if place.is_Add:
            return self._sum(place, axes), _SUM
        if isinstance(place, (Quotient, Remainder)):
            sign = "//" if isinstance(place, Quotient) else "%"
            above, below = (self._of(part, axes) for part in place.args)
            return f"{_wrap(above, _PRODUCT)} {sign} {_wrap(below, _ATOM)}", _PRODUCT
        if place.could_extract_minus_sign():
            return f"-{_wrap(self._of(-place, axes), _ATOM)}", _SUM
        parts = sorted(Mul.make_args(place), key=lambda part: not is_number(part))
        return " * ".join(_wrap(self._of(part, axes), _ATOM) for part in parts), _PRODUCT

    def _read(self, node: Expr, axes: Axes) -> str:
        text = view(name_of(node), node, axes, self.target)
        if self.whole.get(name_of(node)):
            return text
        return f"{text}.long()" if self.target.on_devices else f"{text}.astype({self.target.name}.int64)"

    def _sum(self, place: Expr, axes: Axes) -> str:
        def rank(term: Expr) -> tuple[bool, bool]:
            return term.could_extract_minus_sign(), not term.free_symbols

        first, *rest = sorted(Add.make_args(place), key=rank)
        text = self._of(first, axes)[0]
        for term in rest:
            minus = term.could_extract_minus_sign()
            text += f" {'-' if minus else '+'} {_wrap(self._of(-term if minus else term, axes), _PRODUCT)}"
        return text


def _wrap(part: Text, least: int) -> str:
    text, level = part
    return text if level >= least else f"({text})"
