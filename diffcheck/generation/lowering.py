"""Equations -> statements that reuse the memory of their own temporaries.

An elementwise body becomes a chain of operations on one buffer: the operand that needs computing comes first and is overwritten
by the operations that follow. A temporary that is read for the last time gives up its memory, either to the chain that reads it
or to the pool of free slots. Inputs, and outputs once computed, are never written to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sympy import Add, Expr, Indexed, KroneckerDelta, Mul, Pow, Rational, Symbol

from diffcheck.errors import GenerationError
from diffcheck.generation.contractions import Contraction, contraction
from diffcheck.generation.readable import Readable, delta_text, full_text, shape_source, summing_layout
from diffcheck.generation.scalars import is_number, number_text, split_number
from diffcheck.generation.spelling import Target
from diffcheck.generation.views import axes_of_read, view
from diffcheck.generation.writer import Register, Writer
from diffcheck.notation import Equation, Program, indices_of, name_of
from diffcheck.notation.symbols import is_scalar_read


@dataclass
class Lowering:
    """The state of one function being written: registers by tensor name, reads still to come, and the workspace slots."""

    program: Program
    target: Target
    writer: Writer
    registers: dict[str, Register] = field(default_factory=dict)
    to_come: Counter[str] = field(default_factory=Counter)
    slots: list[tuple[Expr, ...]] = field(default_factory=list)
    free: list[int] = field(default_factory=list)
    count: int = 0
    holders: dict[int, str] = field(default_factory=dict)
    equation: Equation = field(init=False)

    def run(self) -> None:
        """Write every equation of the program."""
        for tensor in self.program.inputs:
            axes = tuple(Symbol(f"{tensor.name}{place}") for place in range(tensor.rank))
            self.registers[tensor.name] = Register(tensor.name, axes, owned=False)
        for equation in self.program.equations:
            for node in equation.body.atoms(Indexed, Symbol):
                if isinstance(node, Indexed) or is_scalar_read(node):
                    self.to_come[name_of(node)] += _occurrences(equation.body, node)
        for name in self.program.outputs:
            self.to_come[name] += 1
        for equation in self.program.equations:
            self.equation = equation
            self._lower(equation)

    # -- one equation ------------------------------------------------------------------------------------------------------

    def _lower(self, equation: Equation) -> None:
        axes = tuple(index.symbol for index in equation.indices)
        if equation.bound:
            value = self._sum(equation, axes)
        else:
            value = self._value(equation.body, axes, equation.target)
        is_output = equation.target in self.program.outputs
        if value.axes != axes or (is_output and not value.owned):
            value = self._spread(value, equation, axes)
        if value.name != equation.target:
            self.writer.assign(equation.target, value.name)
        owned = value.owned and not is_output and bool(axes)
        self.registers[equation.target] = Register(equation.target, axes, value.slot, owned)

    def _spread(self, value: Register, equation: Equation, axes: tuple[Symbol, ...]) -> Register:
        """Write the value over all *axes* where its text has fewer, as a view or, for a constant, as a new array."""
        text = value.name
        if axes and is_number(equation.body):
            text = full_text(text, shape_source(equation), self.target, self.program.inputs[0].name)
        elif axes:
            text = f"{self.target.name}.broadcast_to({text}, {shape_source(equation)})"
        self.writer.assign(equation.target, text)
        return Register(equation.target, axes, owned=False)

    # -- sums --------------------------------------------------------------------------------------------------------------

    def _sum(self, equation: Equation, axes: tuple[Symbol, ...]) -> Register:
        number, factors = split_number(equation.body)
        scalars = [factor for factor in factors if not self._axes(factor)]
        arrays = [factor for factor in factors if self._axes(factor)]
        found = contraction(arrays, axes, tuple(index.symbol for index in equation.bound), self._axes)
        value = self._contract(found) if found is not None else self._plain_sum(equation, arrays, axes)
        if not axes:
            return self._scaled(value, number, scalars)
        for factor in (*scalars, *(found.after if found is not None else ())):
            value = self._apply("mul", value, self._part(factor, axes), equation.target, axes)
        return value if number == 1 else self._apply("mul", value, self._scalar(number), equation.target, axes)

    def _scaled(self, value: Register, number: Expr, scalars: list[Expr]) -> Register:
        """Multiply a sum that has no axes by scalars, in the line that computes it."""
        name, text = self.writer.lines.pop()
        extra = [self._scalar(factor).name for factor in scalars] + ([number_text(number)] if number != 1 else [])
        plain = [part if part.isidentifier() or part.isdigit() else f"({part})" for part in extra]
        self.writer.assign(name, " * ".join([text, *plain]))
        return value

    def _contract(self, found: Contraction) -> Register:
        # What must be computed comes first: it may overwrite memory that a plain read would have named too early.
        pairs = list(zip(found.factors, found.layouts, strict=True))
        order = sorted(range(len(pairs)), key=lambda place: isinstance(pairs[place][0], Indexed))
        made = {place: self._value(*pairs[place], self._temporary()) for place in order}
        operands = [made[place] for place in range(len(pairs))]
        name = self.equation.target
        if found.operation != "einsum":
            return self._call(self._buffer(name, found.result), found.operation, operands)
        texts = ", ".join(operand.name for operand in operands)
        self.writer.assign(name, f'{self.target.name}.einsum("{found.subscripts}", {texts})')
        for operand in operands:
            self._release(operand)
        return Register(name, found.result)

    def _plain_sum(self, equation: Equation, factors: list[Expr], axes: tuple[Symbol, ...]) -> Register:
        body = Mul(*factors)
        bound = tuple(index.symbol for index in equation.bound)
        held = summing_layout(body, axes, bound, self._axes(body))
        operand = self._value(body, held, self._temporary())
        text = operand.name if operand.name.isidentifier() or operand.name.endswith(("]", ".T")) else f"({operand.name})"
        self._release(operand)
        places = [place for place, axis in enumerate(held) if axis not in axes]
        across = "" if len(places) == len(held) else ", ".join(map(str, places))
        across = f"({across})" if len(places) > 1 and across else across
        self.writer.assign(equation.target, f"{text}.sum({across})")
        return Register(equation.target, axes)

    # -- elementwise expressions -------------------------------------------------------------------------------------------

    def _value(self, node: Expr, axes: tuple[Symbol, ...], name: str) -> Register:
        if not self._axes(node):
            return self._scalar(node)
        if isinstance(node, Indexed):
            return self._leaf(node, axes)
        if isinstance(node, KroneckerDelta):
            return self._delta(node, axes)
        if node.is_Add:
            return self._add(node, axes, name)
        if node.is_Mul:
            return self._multiply(node, axes, name)
        if node.is_Pow:
            return self._power(node, axes, name)
        return self._function(node, axes, name)

    def _leaf(self, node: Expr, axes: tuple[Symbol, ...]) -> Register:
        tensor = name_of(node)
        self.to_come[tensor] -= 1
        register = self.registers[tensor]
        dying = self.to_come[tensor] == 0 and register.owned
        slot = register.slot if dying else None
        if dying and axes_of_read(node) == axes == indices_of(node):
            return Register(register.name, axes, slot, owned=self.equation.target not in self.program.outputs)
        held = tuple(axis for axis in axes if axis in axes_of_read(node))
        return Register(view(register.name, node, axes, self.target), held, slot, owned=False)

    def _add(self, node: Expr, axes: tuple[Symbol, ...], name: str) -> Register:
        terms = [(-term, "sub") if term.could_extract_minus_sign() else (term, "add") for term in Add.make_args(node)]
        terms.sort(key=lambda term: (-self._weight(term[0], axes), term[1] == "sub"))
        arrays = [term for term in terms if self._axes(term[0])]
        first = next((term for term in arrays if term[1] == "add" and self._weight(term[0], axes) > 0), arrays[0])
        terms.remove(first)
        value = self._value(first[0], axes, name)
        if first[1] == "sub":
            value = self._unary("neg", value, axes, name)
        for term, operation in terms:
            value = self._apply(operation, value, self._part(term, axes), name, axes)
        return value

    def _multiply(self, node: Expr, axes: tuple[Symbol, ...], name: str) -> Register:
        number, factors = split_number(node)
        pairs = [(1 / factor, "div") if _is_inverse(factor) else (factor, "mul") for factor in factors]
        pairs.sort(key=lambda pair: (-self._weight(pair[0], axes), pair[1] == "div"))
        first = next((pair for pair in pairs if pair[1] == "mul" and self._axes(pair[0])), None)
        if first is None:
            first = next(pair for pair in pairs if self._axes(pair[0]))
            value = self._unary("reciprocal", self._value(first[0], axes, name), axes, name)
        else:
            value = self._value(first[0], axes, name)
        pairs.remove(first)
        for factor, operation in pairs:
            value = self._apply(operation, value, self._part(factor, axes), name, axes)
        if number == -1:
            return self._unary("neg", value, axes, name)
        return value if number == 1 else self._apply("mul", value, self._scalar(number), name, axes)

    def _power(self, node: Pow, axes: tuple[Symbol, ...], name: str) -> Register:
        if not is_number(node.exp):
            exponent = self._part(node.exp, axes)  # before the base, whose memory it may read
            return self._apply("pow", self._value(node.base, axes, name), exponent, name, axes)
        value = self._value(node.base, axes, name)
        if node.exp.is_Rational and node.exp < 0:
            value = self._unary("reciprocal", value, axes, name)
            return value if node.exp == -1 else self._raised(value, -node.exp, axes, name)
        return self._raised(value, node.exp, axes, name)

    def _raised(self, value: Register, exponent: Expr, axes: tuple[Symbol, ...], name: str) -> Register:
        if exponent == 2:
            return self._unary("square", value, axes, name)
        if exponent == Rational(1, 2):
            return self._unary("sqrt", value, axes, name)
        return self._apply("pow", value, self._scalar(exponent), name, axes)

    def _function(self, node: Expr, axes: tuple[Symbol, ...], name: str) -> Register:
        spelling = self.target.functions.get(type(node).__name__)
        if spelling is None:
            raise GenerationError(
                got=f"{type(node).__name__} for the target {self.target.module}",
                wanted=f"one of: {', '.join(sorted(self.target.functions))}",
                do="generate for another target",
            )
        if spelling.helper:
            self.writer.helpers[spelling.steps[0]] = spelling.helper
        value = self._value(node.args[0], axes, name)
        for step in spelling.steps:
            value = self._unary(step, value, axes, name)
        return value

    def _delta(self, node: KroneckerDelta, axes: tuple[Symbol, ...]) -> Register:
        extents = {index.symbol: number_text(index.extent) for index in self.equation.axes}
        text = delta_text(node, axes, extents, self.target, self.program.inputs[0].name)
        return Register(text, axes, owned=False)

    # -- operations --------------------------------------------------------------------------------------------------------

    def _part(self, node: Expr, axes: tuple[Symbol, ...]) -> Register:
        if isinstance(node, Indexed) or not self._axes(node):
            return self._value(node, axes, "")
        return self._value(node, axes, self._temporary())

    def _unary(self, operation: str, value: Register, axes: tuple[Symbol, ...], name: str) -> Register:
        if value.owned:
            self.writer.call(name, operation, [value.name], value.name)
            return Register(name, value.axes, value.slot)
        return self._call(self._buffer(name, axes), operation, [value])

    def _apply(self, operation: str, value: Register, other: Register, name: str, axes: tuple[Symbol, ...]) -> Register:
        if value.owned and set(other.axes) <= set(value.axes):
            self.writer.call(name, operation, [value.name, other.name], value.name)
            self._release(other)
            return Register(name, value.axes, value.slot)
        held = tuple(axis for axis in axes if axis in {*value.axes, *other.axes})
        return self._call(self._buffer(name, held), operation, [value, other])

    def _scalar(self, node: Expr) -> Register:
        """Return source for a number, or for an expression of tensors without axes."""
        if is_number(node):
            return Register(number_text(node), (), owned=False)
        for entry in node.atoms(Indexed, Symbol):
            if isinstance(entry, Indexed) or is_scalar_read(entry):
                self.to_come[name_of(entry)] -= _occurrences(node, entry)
        text = Readable(self.target, self.writer.helpers).expression(node, ())
        return Register(text, (), owned=False)

    # -- memory ------------------------------------------------------------------------------------------------------------

    def _buffer(self, name: str, axes: tuple[Symbol, ...]) -> Register:
        if not axes or self.equation.target in self.program.outputs:
            return Register(name, axes)
        extents = {index.symbol: index.extent for index in self.equation.axes}
        shape = tuple(extents[axis] for axis in axes)
        for slot in self.free:
            if self.slots[slot] == shape:
                self.free.remove(slot)
                return Register(name, axes, slot)
        self.slots.append(shape)
        return Register(name, axes, len(self.slots) - 1)

    def _call(self, register: Register, operation: str, arguments: list[Register]) -> Register:
        """Write an operation whose result goes into the memory of *register*."""
        out = None
        if register.slot is not None:
            # A slot used before is memory for certain; a new one is None unless the caller brought a workspace.
            out = self.holders.get(register.slot, f"t{register.slot}")
            self.holders[register.slot] = register.name
        self.writer.call(register.name, operation, [argument.name for argument in arguments], out)
        for argument in arguments:
            self._release(argument)
        return register

    def _release(self, value: Register) -> None:
        if value.slot is not None and value.slot not in self.free:
            self.free.append(value.slot)

    def _temporary(self) -> str:
        taken = {*self.program.tensors, *map(str, self.program.sizes)}
        self.count += 1
        while f"u{self.count}" in taken:
            self.count += 1
        return f"u{self.count}"

    def _axes(self, node: Expr) -> frozenset[Symbol]:
        return frozenset(index.symbol for index in self.equation.axes if index.symbol in node.free_symbols)

    def _weight(self, node: Expr, axes: tuple[Symbol, ...]) -> int:
        """Return 2 for what must be computed over all axes, 1 for a plain read over all of them, 0 for less."""
        full = self._axes(node) == frozenset(axes)
        return (1 if isinstance(node, (Indexed, KroneckerDelta)) else 2) if full else 0


def _is_inverse(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp.is_Rational and factor.exp < 0)


def _occurrences(body: Expr, node: Expr) -> int:
    if body == node:
        return 1
    if isinstance(body, Indexed):
        return 0
    return sum(_occurrences(part, node) for part in body.args)
