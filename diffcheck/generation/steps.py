"""What generated code does, a step at a time, before it is decided where each result is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from sympy import Expr

from diffcheck.generation.views import Axes, broadcast

Shape = tuple[Expr, ...]


class Kind(Enum):
    """How a step treats memory: may it be told where to write, and may that be where it reads?"""

    ELEMENTWISE = "takes out=, which may be an operand that is read element by element"
    PRODUCT = "takes out=, which overlaps no operand"
    PLAIN = "makes new memory"
    VIEW = "may lie in the memory of what it reads"


@dataclass(frozen=True)
class Operand:
    """Source for an array or a number: the axes it has, in order, the variables that it reads, and whether it permutes axes."""

    text: str
    axes: Axes = ()
    reads: frozenset[str] = frozenset()
    permuted: bool = False

    def over(self, axes: Axes) -> Operand:
        """Return the operand with axes of length 1 so that it broadcasts over *axes*."""
        return replace(self, text=broadcast(self.text, self.axes, axes))


@dataclass(frozen=True)
class Step:
    """name = operation(operands); a step of a name that has a value already changes that value in place.

    A PLAIN step, and a VIEW, has one operand, whose text is the right side. The *axes* are indices of one equation, *shape*
    their extents.
    """

    name: str
    axes: Axes
    shape: Shape
    operation: str
    operands: tuple[Operand, ...]
    kind: Kind = Kind.ELEMENTWISE

    @property
    def reads(self) -> frozenset[str]:
        """The variables that the step reads."""
        return frozenset[str]().union(*(operand.reads for operand in self.operands))


def variable(name: str, axes: Axes = ()) -> Operand:
    """Return the variable *name* as an operand."""
    return Operand(name, axes, frozenset({name}))
