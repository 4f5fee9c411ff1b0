"""Equations -> steps: an elementwise body, a sum with an operation of its own, or slices stacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr, Mul

from diffcheck.generation.contractions import Contraction, contraction, separated, summing_layout
from diffcheck.generation.lowering import Lowering
from diffcheck.generation.readable import places_text
from diffcheck.generation.scalars import divided, is_number, number_text, split_number
from diffcheck.generation.special import SpecialSteps, wholeness
from diffcheck.generation.spelling import Target
from diffcheck.generation.stacking import slices
from diffcheck.generation.steps import Kind, Operand, Step
from diffcheck.generation.views import Axes, own_axes
from diffcheck.generation.whole import is_movement, scattered
from diffcheck.notation import Equation, Program, Reduction, Role
from diffcheck.notation.selection import detach, held


def lowered(program: Program, target: Target, temporaries: Iterator[str]) -> list[Step]:
    """Return the steps that compute every equation of *program*."""
    steps: list[Step] = []
    whole = {tensor.name: False for tensor in program.inputs if tensor.role is Role.INTEGER}
    like = next(tensor.name for tensor in program.inputs if tensor.role is not Role.INTEGER)
    for equation in program.equations:
        lowering = Lowering(equation, target, like, steps, temporaries, whole)
        if is_movement(equation, program.tensors) or scattered(equation) or equation.reduction is not Reduction.SUM:
            SpecialSteps(equation, lowering, program).add()
        else:
            _EquationSteps(equation, lowering).add()
        whole = whole | wholeness(equation, program, whole)
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
            copied = f".{self.target.copy}()" if [_bare(self.equation.body)] == list(self.equation.reads) else ""
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
        number, rest = split_number(self.equation.body)
        inner, outer = separated(Mul(*rest), self.bound)
        axes = own_axes(Mul(*inner), self.axes)
        found = contraction(inner, axes, self.bound)
        if not self.axes:
            return self._total(found, inner, [*outer, *([number] if number != 1 else [])])
        value = self._array_sum(found, inner, axes)
        for node, operation in (part for factor in outer if factor != 1 for part in divided(factor)):
            value = self._applied(operation, value, self._of(node, self.axes))
        return value if number == 1 else self._applied("mul", value, Operand(number_text(number)))

    def _applied(self, operation: str, value: Operand, other: Operand) -> Operand:
        return self.lowering.apply(operation, self.axes, self.equation.target, value, other)

    def _total(self, found: Contraction | None, inner: list[Expr], outer: list[Expr]) -> Operand:
        """Write a sum without axes, and what it is multiplied by, as one line."""
        text, operands = self._summing(found, inner, ())
        operands = [*operands, *(self._of(factor, ()) for factor in outer)]
        product = " * ".join([text, *map(self.printer.factor, outer)])
        if self.target.in_place and len(outer) == 1 and is_number(outer[0]):
            product = f"{text}.mul_({number_text(outer[0])})"  # a sum is memory of its own
        return self._plain(self.equation.target, (), product, operands)

    def _array_sum(self, found: Contraction | None, inner: list[Expr], axes: Axes) -> Operand:
        name = self.equation.target if axes == self.axes else self.lowering.temporary()
        if found is None or found.operation in ("dot", "einsum"):
            text, operands = self._summing(found, inner, axes)
            return self._plain(name, axes, text, operands)
        return self.lowering.step(name, axes, found.operation, self._factors(found), Kind.PRODUCT)

    def _summing(self, found: Contraction | None, inner: list[Expr], axes: Axes) -> tuple[str, list[Operand]]:
        if found is None:
            layout = summing_layout(Mul(*inner), axes, self.bound)
            operand = self._of(Mul(*inner), layout)
            return f"{operand.text}.sum({places_text(layout, self.bound)})", [operand]
        operands = self._factors(found)
        listed = ", ".join(operand.text for operand in operands)
        if found.operation == "einsum":
            return f'{self.target.name}.einsum("{found.subscripts}", {listed})', operands
        return f"{self.target.operation(found.operation)}({listed})", operands

    def _factors(self, found: Contraction) -> list[Operand]:
        return [self._of(factor, layout) for factor, layout in zip(found.factors, found.layouts, strict=True)]


def _bare(body: Expr) -> Expr:
    """Return *body* without the marks that say nothing of its value."""
    return _bare(body.args[0]) if isinstance(body, (detach, held)) else body
