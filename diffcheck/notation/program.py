"""T[I] = Σ_K e: equations over indexed tensors, and programs, which are lists of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from sympy import Expr, Symbol

from diffcheck.errors import UnknownName
from diffcheck.notation.symbols import check_name, name_of, reads_of
from diffcheck.notation.tensor import Index, Role, Tensor
from diffcheck.notation.validation import validate


class Reduction(Enum):
    """What is made of the values that a body has over its bound indices."""

    SUM = "Σ"
    PRODUCT = "Π"
    MAX = "max"
    ARGMAX = "argmax"
    """The place of the largest value, the first of several, counted over K with the last index fastest."""


@dataclass(frozen=True)
class Equation:
    """T[I] = Σ_K e, with the target T, its indices I, the bound indices K and the scalar body e; or Π, max or argmax over K."""

    target: str
    indices: tuple[Index, ...]
    bound: tuple[Index, ...]
    body: Expr
    reduction: Reduction = Reduction.SUM
    reads: tuple[Expr, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        check_name(self.target)
        object.__setattr__(self, "reads", tuple(reads_of(self.body)))

    @property
    def extents(self) -> tuple[Expr, ...]:
        """The extent of each axis of the target."""
        return tuple(index.extent for index in self.indices)

    @property
    def axes(self) -> tuple[Index, ...]:
        """I and K: everything that the body runs over."""
        return self.indices + self.bound

    @property
    def operands(self) -> frozenset[str]:
        """The names of the tensors that the body reads."""
        return frozenset(map(name_of, self.reads))


@dataclass(frozen=True)
class Program:
    """Inputs, equations in the order of evaluation, and the names of the outputs.

    A program is checked when it is made: each index is bound, each operand is defined before it is read, each extent agrees
    with the others, and no name stands for two things.
    """

    inputs: tuple[Tensor, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[str, ...]

    def __post_init__(self) -> None:
        validate(self)

    def __str__(self) -> str:
        from diffcheck.notation.text import program_text  # text.py prints programs, so it comes after them

        return program_text(self)

    @property
    def tensors(self) -> dict[str, tuple[Expr, ...]]:
        """Every tensor, inputs first, with its extents."""
        given = {tensor.name: tensor.extents for tensor in self.inputs}
        return given | {equation.target: equation.extents for equation in self.equations}

    @property
    def sizes(self) -> tuple[Symbol, ...]:
        """The symbolic extents, sorted by name."""
        extents = (extent for shape in self.tensors.values() for extent in shape)
        return tuple(sorted({symbol for extent in extents for symbol in extent.free_symbols}, key=str))

    def input(self, name: str) -> Tensor:
        """Return the input called *name*, or refuse it with near matches."""
        for tensor in self.inputs:
            if tensor.name == name:
                return tensor
        raise UnknownName.among("input", name, [tensor.name for tensor in self.inputs])

    def equation(self, name: str) -> Equation:
        """Return the equation that defines *name*, or refuse it with near matches."""
        for equation in self.equations:
            if equation.target == name:
                return equation
        raise UnknownName.among("equation", name, [equation.target for equation in self.equations])

    def named(self, role: Role) -> tuple[str, ...]:
        """Return the names of the inputs that have *role*, in order."""
        return tuple(tensor.name for tensor in self.inputs if tensor.role is role)
