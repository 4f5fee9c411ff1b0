"""Equations -> steps: an elementwise body, a sum with an operation of its own, or slices stacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, Mul

from diffcheck.generation.contractions import Contraction, contraction, summing_layout
from diffcheck.generation.lowering import Lowering
from diffcheck.generation.readable import places_text
from diffcheck.generation.scalars import is_number, number_text, split_number
from diffcheck.generation.spelling import Target
from diffcheck.generation.stacking import slices
from diffcheck.generation.steps import Kind, Operand, Step
from diffcheck.generation.views import Axes, own_axes
from diffcheck.notation import Equation, Program


def lowered(program: Program, target: Target, temporaries: Iterator[str]) -> list[Step]:
    """Return the steps that compute every equation of *program*."""
    steps: list[Step] = []
    for equation in program.equations:
        _EquationSteps(equation, Lowering(equation, target, program.inputs[0].name, steps, temporaries)).add()
    return steps


class _EquationSteps:
    """Adds the steps of one equation, whose value is an array of its own with all axes of the target."""

    def __init__(self, equation: Equation, lowering: Lowering) -> None:
        self.equation, self.lowering, self.printer, self.target = equation, lowering, lowering.printer, lowering.target
        self.axes: Axes = tuple(index.symbol for index in equation.indices)
        self.bound: Axes = tuple(index.symbol for index in equation.bound)

    def add(self) -> None:
        equation = self.equation
        found = slices(equation)
        if found is not None:
            self._stack(*found)
        elif is_number(equation.body):
            self._write(self.printer.full(equation.body, equation.indices))
        elif equation.bound:
            self._whole(self._sum())
        else:
            self._whole(self.lowering.value(equation.body, self.axes, equation.target))

    def _write(self, text: str, *operands: Operand) -> None:
        """Add the step ``target = text``, where *text* reads *operands*."""
        self._plain(self.equation.target, self.axes, text, operands)

    def _plain(self, name: str, axes: Axes, text: str, operands: Sequence[Operand]) -> Operand:
        reads = frozenset[str]().union(*(operand.reads for operand in operands))
        return self.lowering.step(name, axes, "", [Operand(text, axes, reads)], Kind.PLAIN)

    def _whole(self, value: Operand) -> None:
        """Make *value* the value of the target: spread over all axes, and copied where it is a tensor's own memory."""
        if value.axes != self.axes:
            self._write(self.printer.spread(value.over(self.axes).text, self.equation.indices), value)
        elif value.text != self.equation.target:
            copied = f".{self.target.copy}()" if [self.equation.body] == list(self.equation.reads) else ""
            self._write(value.text + copied, value)

    def _stack(self, place: int, bodies: list[Expr]) -> None:
        rest = self.equation.indices[:place] + self.equation.indices[place + 1 :]
        axes = tuple(index.symbol for index in rest)
        values = [Operand(self.printer.full(body, rest), axes) if is_number(body) else self._of(body, axes) for body in bodies]
        whole = [value.text if value.axes == axes else self.printer.spread(value.over(axes).text, rest) for value in values]
        self._write(self.printer.stacked(whole, place), *values)

    def _of(self, node: Expr, axes: Axes) -> Operand:
        return self.lowering.value(node, axes)

    # -- sums --------------------------------------------------------------------------------------------------------------

    def _sum(self) -> Operand:
        number, factors = split_number(self.equation.body)
        arrays = [factor for factor in factors if own_axes(factor, (*self.axes, *self.bound))]
        scalars = [factor for factor in factors if factor not in arrays]
        found = contraction(arrays, self.axes, self.bound)
        if not self.axes:
            return self._total(found, arrays, [*scalars, *([number] if number != 1 else [])])
        value = self._array_sum(found, arrays)
        for factor in (*scalars, *(found.after if found is not None else ())):
            value = self._multiplied(value, self._of(factor, self.axes))
        return value if number == 1 else self._multiplied(value, Operand(number_text(number)))

    def _multiplied(self, value: Operand, other: Operand) -> Operand:
        return self.lowering.apply("mul", value.axes, value.text, value, other)

    def _total(self, found: Contraction | None, arrays: list[Expr], scalars: list[Expr]) -> Operand:
        """Write a sum without axes, and what it is multiplied by, as one line."""
        text, operands = self._summing(found, arrays)
        operands = [*operands, *(self._of(factor, ()) for factor in scalars)]
        product = " * ".join([text, *map(self.printer.factor, scalars)])
        return self._plain(self.equation.target, (), product, operands)

    def _array_sum(self, found: Contraction | None, arrays: list[Expr]) -> Operand:
        axes = own_axes(Mul(*arrays), self.axes) if found is None else found.result
        name = self.equation.target if axes == self.axes else self.lowering.temporary()
        if found is None or found.operation == "einsum":
            text, operands = self._summing(found, arrays)
            return self._plain(name, axes, text, operands)
        return self.lowering.step(name, axes, found.operation, self._factors(found), Kind.PRODUCT)

    def _summing(self, found: Contraction | None, arrays: list[Expr]) -> tuple[str, list[Operand]]:
        if found is None:
            layout = summing_layout(Mul(*arrays), self.axes, self.bound)
            operand = self._of(Mul(*arrays), layout)
            return f"{operand.text}.sum({places_text(layout, self.bound)})", [operand]
        operands = self._factors(found)
        listed = ", ".join(operand.text for operand in operands)
        if found.operation == "einsum":
            return f'{self.target.name}.einsum("{found.subscripts}", {listed})', operands
        return f"{self.target.operation(found.operation)}({listed})", operands

    def _factors(self, found: Contraction) -> list[Operand]:
        return [self._of(factor, layout) for factor, layout in zip(found.factors, found.layouts, strict=True)]
