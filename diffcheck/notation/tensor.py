"""Indices and tensors: what a program is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sympy import Expr, Symbol

from diffcheck.notation.symbols import check_name, index_symbol


class Role(Enum):
    """What an input is to the user: something to be fitted, given, aimed at, an adjoint handed in, or whole numbers.

    Whole numbers (labels, positions, masks of 0 and 1) have no derivative, and they alone may tell places.
    """

    PARAMETER = "parameter"
    DATA = "data"
    TARGET = "target"
    COTANGENT = "cotangent"
    INTEGER = "integer"


@dataclass(frozen=True)
class Index:
    """An index name with its extent: ``i`` runs over 0 … extent − 1."""

    name: str
    extent: Expr

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def symbol(self) -> Symbol:
        """The symbol that stands for the index in a body."""
        return index_symbol(self.name)


@dataclass(frozen=True)
class Tensor:
    """An input of a program: its name, the extent of each axis, and its role."""

    name: str
    extents: tuple[Expr, ...] = ()
    role: Role = Role.DATA

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.extents)
