"""Equations -> steps: reads at computed places, sums that scatter, and products and largest elements."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Symbol

from diffcheck.generation.breaking import is_operand
from diffcheck.generation.lowering import Lowering
from diffcheck.generation.moving import moved
from diffcheck.generation.readable import shape_text
from diffcheck.generation.reducing import reduced
from diffcheck.generation.scalars import is_number
from diffcheck.generation.steps import Kind, Operand
from diffcheck.generation.views import Axes, own_axes
from diffcheck.generation.whole import is_movement, scattered
from diffcheck.notation import Equation, Index, Program, Reduction, name_of, reads_of

_LONG = 48


class SpecialSteps:
    """Adds the steps of one equation that only moves, only scatters, or reduces by another operation than a sum."""

    def __init__(self, equation: Equation, lowering: Lowering, program: Program) -> None:
        self.equation, self.lowering, self.program = equation, lowering, program
        self.printer, self.target = lowering.printer, lowering.target
        self.axes: Axes = tuple(index.symbol for index in equation.indices)
        self.bound: Axes = tuple(index.symbol for index in equation.bound)
        self.named: frozenset[str] = frozenset()

    def add(self) -> None:
        """Add the steps."""
        found = scattered(self.equation)
        if is_movement(self.equation, self.program.tensors):
            self._move()
        elif found is not None:
            self._scatter(*found)
        else:
            self._reduce()

    def _write(self, text: str, reads: frozenset[str], kind: Kind = Kind.PLAIN) -> None:
        if self.equation.target in self.program.outputs and self._counts():
            text = f"{text}.{self.target.cast}({self.printer.like}.dtype)"
        self.lowering.step(self.equation.target, self.axes, "", [Operand(text, self.axes, reads)], kind)

    def _counts(self) -> bool:
        moves = is_movement(self.equation, self.program.tensors) and name_of(self.equation.body) in self.printer.whole
        return moves or self.equation.reduction is Reduction.ARGMAX

    def _move(self) -> None:
        node = self.equation.body
        axes = own_axes(node, self.axes)
        made = moved(node, self.program.tensors[name_of(node)], axes, self.printer.counting, self._place)
        reads, text = self.named.union(map(name_of, reads_of(node))), made.text
        if axes != self.axes:
            text = self.printer.spread(Operand(text, axes).over(self.axes).text, self.equation.indices)
        elif self.equation.target in self.program.outputs and not made.owned:
            text = f"{text}.{self.target.copy}()"
        elif not made.owned:
            self._write(text, reads, Kind.VIEW)
            return
        self._write(text, reads)

    def _scatter(self, targets: Mapping[Symbol, Expr], terms: Expr) -> None:
        """Add each of the *terms*, laid out over the indices of the target that have no place, and K, at its place."""
        kept = tuple(axis for axis in self.axes if axis not in targets)
        layout = (*kept, *self.bound)
        value = self._number(terms) if is_number(terms) else self.lowering.value(terms, layout).over(layout)
        places = [self._place(targets.get(axis, axis), layout) for axis in self.axes]
        reads = value.reads.union(self.named, map(name_of, reads_of(self.equation.body)))
        self._write(f"_added_at({value.text}, {shape_text(self.equation.indices)}, {', '.join(places)})", reads)

    def _place(self, place: Expr, axes: Axes) -> str:
        """Return source for *place* over *axes*; a long one gets a name."""
        text = self.printer.counting.text(place, axes)
        if len(text) <= _LONG:
            return text
        name = self.lowering.temporary()
        reads = frozenset(map(name_of, reads_of(place)))
        self.lowering.step(name, own_axes(place, axes), "", [Operand(text, axes, reads)], Kind.PLAIN)
        self.named |= {name}
        return name

    def _number(self, number: Expr) -> Operand:
        return Operand(self.printer.full(number, ()))

    def _reduce(self) -> None:
        kept = own_axes(self.equation.body, self.axes)
        layout = (*kept, *self.bound)
        value = self._number(self.equation.body) if is_number(self.equation.body) else self._body(layout)
        if value.axes != layout:
            by_symbol = {index.symbol: index for index in self.equation.axes}
            spread = tuple[Index, ...](by_symbol[axis] for axis in layout)
            value = Operand(self.printer.spread(value.over(layout).text, spread), layout, value.reads)
        text = reduced(value.text, self.equation.reduction, layout, self.bound, self.target)
        if kept != self.axes:
            text = self.printer.spread(Operand(text, kept).over(self.axes).text, self.equation.indices)
        self._write(text, value.reads)

    def _body(self, layout: Axes) -> Operand:
        """Return the body as an operand that a method may be called of."""
        value = self.lowering.value(self.equation.body, layout)
        return value if is_operand(value.text) else Operand(f"({value.text})", value.axes, value.reads)


def wholeness(equation: Equation, program: Program, whole: Mapping[str, bool]) -> dict[str, bool]:
    """Return the target of *equation* where it holds whole numbers, and whether these surely are 64-bit integers."""
    if equation.target in program.outputs:
        return {}  # which is of the dtype of the parameters
    if equation.reduction is Reduction.ARGMAX:
        return {equation.target: True}
    moves = is_movement(equation, program.tensors) and name_of(equation.body) in whole
    return {equation.target: whole[name_of(equation.body)]} if moves else {}
