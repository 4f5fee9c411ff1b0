"""Equations -> expressions that read like the formula; the functions named as in the article are written with these."""

from __future__ import annotations

from sympy import Add, Expr, Indexed, KroneckerDelta, Mul, Rational, Symbol

from diffcheck.errors import GenerationError
from diffcheck.generation.contractions import contraction
from diffcheck.generation.scalars import is_number, number_text, split_number
from diffcheck.generation.spelling import Target
from diffcheck.generation.views import axes_of_read, view
from diffcheck.notation import Equation, name_of, reads_of
from diffcheck.notation.symbols import is_scalar_read

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


class Readable:
    """Prints expressions for one target; helpers that the module must define are collected in *helpers*."""

    def __init__(self, target: Target, helpers: dict[str, str], like: str = "") -> None:
        self.target, self.helpers, self.like = target, helpers, like
        self.equation: Equation | None = None

    def equation_text(self, equation: Equation) -> str:
        """Return source for the right side of *equation*."""
        self.equation = equation
        axes = tuple(index.symbol for index in equation.indices)
        text = self._right_side(equation, axes)
        if self._axes(equation.body) >= set(axes):
            return text
        shape = shape_source(equation)
        if not is_number(equation.body):
            return f"{self.target.name}.broadcast_to({text}, {shape})"
        return full_text(text, shape, self.target, self.like)

    def _right_side(self, equation: Equation, axes: tuple[Symbol, ...]) -> str:
        if not equation.bound:
            return self.expression(equation.body, axes)
        bound = tuple(index.symbol for index in equation.bound)
        number, factors = split_number(equation.body)
        arrays = [factor for factor in factors if self._axes(factor)]
        scalars = [factor for factor in factors if factor not in arrays]
        found = contraction(arrays, axes, bound, self._axes)
        if found is not None and not found.after:
            parts = [self._of(factor, layout) for factor, layout in zip(found.factors, found.layouts, strict=True)]
            if found.operation == "einsum":
                text = f'{self.target.name}.einsum("{found.subscripts}", {", ".join(part for part, _ in parts)})'
            else:
                text = " @ ".join(_wrap(part, level, _PRODUCT + 1) for part, level in parts)
        else:
            text = self._summed(Mul(*arrays), axes, bound)
        return self._scaled(text, number, scalars)

    def _scaled(self, text: str, number: Expr, scalars: list[Expr]) -> str:
        extra = [_wrap(*self._of(factor, ()), _PRODUCT + 1) for factor in scalars]
        if number == -1:
            text, number = f"-{text}", Rational(1)
        above, below = number.as_numer_denom()
        if above != 1:
            extra.append(_wrap(number_text(above), _PRODUCT if above.is_Mul else _ATOM, _PRODUCT))
        product = " * ".join([text, *extra])
        return product if below == 1 else f"{product} / {_wrap(number_text(below), _ATOM if below.is_Atom else _SUM, _ATOM)}"

    def _summed(self, body: Expr, axes: tuple[Symbol, ...], bound: tuple[Symbol, ...]) -> str:
        layout = summing_layout(body, axes, bound, self._axes(body))
        places = [place for place, axis in enumerate(layout) if axis in bound]
        across = "" if len(places) == len(layout) else ", ".join(map(str, places))
        across = f"({across})" if len(places) > 1 and across else across
        return f"{_wrap(*self._of(body, layout), _ATOM)}.sum({across})"

    def expression(self, node: Expr, axes: tuple[Symbol, ...]) -> str:
        """Return source for the elementwise *node*, laid out over *axes*."""
        return self._of(node, axes)[0]

    def _axes(self, node: Expr) -> frozenset[Symbol]:
        own = self.equation.axes if self.equation is not None else ()
        return frozenset(index.symbol for index in own if index.symbol in node.free_symbols)

    def _of(self, node: Expr, axes: tuple[Symbol, ...]) -> tuple[str, int]:
        if isinstance(node, Indexed) or is_scalar_read(node):
            return view(name_of(node), node, axes, self.target), _ATOM
        if is_number(node):
            text = number_text(node)
            return text, _ATOM if node.is_Symbol or (node.is_Rational and node >= 0 and "/" not in text) else _SUM
        if isinstance(node, KroneckerDelta):
            return self._delta(node, axes), _ATOM
        if node.is_Add:
            return self._add(node, axes), _SUM
        if node.is_Mul:
            return self._multiply(node, axes)
        if node.is_Pow:
            return self._power(node, axes)
        return self._call(node, axes), _ATOM

    def _add(self, node: Expr, axes: tuple[Symbol, ...]) -> str:
        terms = sorted(Add.make_args(node), key=lambda term: (term.could_extract_minus_sign(), bool(reads_of(term) == [term])))
        text = self._of(terms[0], axes)[0]
        for term in terms[1:]:
            minus = term.could_extract_minus_sign()
            part = self._of(-term if minus else term, axes)
            text += f" {'-' if minus else '+'} {_wrap(*part, _PRODUCT)}"
        return text

    def _multiply(self, node: Expr, axes: tuple[Symbol, ...]) -> tuple[str, int]:
        if node.could_extract_minus_sign() and (-node).is_Mul:
            return f"-{_wrap(*self._of(-node, axes), _PRODUCT)}", _PRODUCT
        below = [1 / factor for factor in node.args if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0]
        above = [factor for factor in node.args if 1 / factor not in below]
        above.sort(key=lambda factor: not is_number(factor))
        text = " * ".join(_wrap(*self._of(factor, axes), _PRODUCT) for factor in above) or "1"
        for factor in below:
            text += f" / {_wrap(*self._of(factor, axes), _POWER)}"
        return text, _PRODUCT

    def _power(self, node: Expr, axes: tuple[Symbol, ...]) -> tuple[str, int]:
        if node.exp == Rational(1, 2):
            return f"{self.target.name}.sqrt({self._of(node.base, axes)[0]})", _ATOM
        if node.exp.is_Rational and node.exp < 0:
            return f"1 / {_wrap(*self._of(1 / node, axes), _POWER)}", _PRODUCT
        return f"{_wrap(*self._of(node.base, axes), _ATOM)} ** {_wrap(*self._of(node.exp, axes), _ATOM)}", _POWER

    def _call(self, node: Expr, axes: tuple[Symbol, ...]) -> str:
        spelling = self.target.functions.get(type(node).__name__)
        if spelling is None:
            raise GenerationError(
                got=f"{type(node).__name__} for the target {self.target.module}",
                wanted=f"one of: {', '.join(sorted(self.target.functions))}",
                do="generate for another target",
            )
        if spelling.helper:
            self.helpers[spelling.steps[0]] = spelling.helper
        text = self._of(node.args[0], axes)[0]
        for step in spelling.steps:
            text = f"{self.target.operation(step)}({text})"
        return text

    def _delta(self, node: KroneckerDelta, axes: tuple[Symbol, ...]) -> str:
        assert self.equation is not None
        extents = {index.symbol: number_text(index.extent) for index in self.equation.axes}
        return delta_text(node, axes, extents, self.target, self.like)


def delta_text(node: KroneckerDelta, axes: tuple[Symbol, ...], extents: dict[Symbol, str], target: Target, like: str) -> str:
    """Return source for 1 where two indices agree and 0 elsewhere, in the dtype of the input *like*."""
    device = f", device={like}.device" if target.name == "torch" else ""
    sides = []
    for place in node.args:
        if place.is_Integer:
            sides.append(str(place))
            continue
        behind = len(axes) - 1 - axes.index(place)
        text = f"{target.name}.arange({extents[place]}{device})"
        sides.append(text + (f"[:{', None' * behind}]" if behind else ""))
    cast = "to" if target.name == "torch" else "astype"
    return f"({sides[0]} == {sides[1]}).{cast}({like}.dtype)"


def summing_layout(
    body: Expr, axes: tuple[Symbol, ...], bound: tuple[Symbol, ...], held: frozenset[Symbol]
) -> tuple[Symbol, ...]:
    """Return the order of axes in which *body* is summed over *bound*: its own where that leaves *axes* in order."""
    plain = axes_of_read(body) if isinstance(body, Indexed) else ()
    if plain and [axis for axis in plain if axis not in bound] == [axis for axis in axes if axis in held]:
        return plain
    return tuple(axis for axis in (*axes, *bound) if axis in held)


def shape_source(equation: Equation) -> str:
    """Return source for the shape of the target of *equation*."""
    sizes = [number_text(index.extent) for index in equation.indices]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def full_text(value: str, shape: str, target: Target, like: str) -> str:
    """Return source for an array of *shape* that holds one number, in the dtype of the input *like*."""
    device = f", device={like}.device" if target.name == "torch" else ""
    return f"{target.name}.full({shape}, {value}, dtype={like}.dtype{device})"


def _wrap(text: str, level: int, least: int) -> str:
    return text if level >= least else f"({text})"
