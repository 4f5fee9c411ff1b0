"""What a node of the exported graph stands for: an array given by its elements, and the equations that arrays become.

A view has no equation: it is the array it looks at, read at other places. Whatever computes gets an equation, so that every
rounding of PyTorch's has one of the program's beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import isfinite, isnan
from typing import Any, TypeAlias

import sympy
from sympy import Expr, Integer, Rational

from diffcheck.errors import CaptureError, UnsupportedExpression
from diffcheck.notation import Equation, Index, Reduction, read
from diffcheck.notation.places import check_form

Extents: TypeAlias = tuple[Expr, ...]
Places: TypeAlias = tuple[Expr, ...]
Element: TypeAlias = Callable[[Places], Expr]


@dataclass(frozen=True)
class Array:
    """The element at every place, a scalar expression; *whole* if the elements are whole numbers or truth values.

    *name* is that of the tensor which the array is, as it stands; a view has none. *truth* says that they are truth values.
    """

    extents: Extents
    element: Element
    whole: bool = False
    name: str = ""
    truth: bool = False

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.extents)

    def at(self, places: Iterable[Expr]) -> Expr:
        """Return the element at *places*, those of axes of length 1 taken as 0."""
        return self.element(tuple(Integer(0) if size == 1 else place for place, size in zip(places, self.extents, strict=True)))


def tensor(name: str, extents: Extents, *, whole: bool = False) -> Array:
    """Return the tensor *name* as an array."""
    return Array(extents, lambda places: read(name, places), whole, name)


def constant(value: object) -> Array:
    """Return a number as an array without axes: a float is the rational number that it is."""
    number = exact_number(value)
    return Array((), lambda places: number, isinstance(value, (bool, int)))


def exact_number(value: object) -> Expr:
    """Return a Python number as the exact number that it is."""
    if isinstance(value, (bool, int)):
        return Integer(int(value))
    if isinstance(value, float) and not isnan(value):
        return Rational(value) if isfinite(value) else sympy.oo if value > 0 else -sympy.oo
    if isinstance(value, Expr):
        return value
    raise CaptureError(got=f"the constant {value!r}", wanted="a real number", do="leave it out of what is checked")


@dataclass
class Builder:
    """The equations made so far, the names that are taken, and how the result of the node at hand holds a number."""

    taken: set[str]
    equations: list[Equation] = field(default_factory=list)
    stem: str = "t"
    stored: Callable[[Any], Any] = lambda value: value

    def index(self, extent: Expr, used: Iterable[Index] = ()) -> Index:
        """Return an index over *extent* with a name that neither a tensor nor any of *used* has."""
        names = self.taken.union(index.name for index in used)
        letters = "ijklpqrs"
        free = (letter if turn == 1 else f"{letter}_{turn}" for turn in count(1) for letter in letters)
        return Index(next(name for name in free if name not in names), extent)

    def indices(self, extents: Sequence[Expr], used: Sequence[Index] = ()) -> tuple[Index, ...]:
        """Return one index for each of *extents*, all distinct and distinct from *used*."""
        found = list(used)
        for extent in extents:
            found.append(self.index(extent, found))
        return tuple(found[len(used) :])

    def define(
        self,
        extents: Extents,
        element: Callable[[Places, Places], Expr],
        over: Extents = (),
        reduction: Reduction = Reduction.SUM,
        *,
        whole: bool = False,
    ) -> Array:
        """Return the array T[I] = Σ_K e(I, K) for I over *extents* and K *over* others, after making the equation."""
        axes = self.indices((*extents, *over))
        free, bound = axes[: len(extents)], axes[len(extents) :]
        body = element(tuple(index.symbol for index in free), tuple(index.symbol for index in bound))
        name = self._fresh()
        self.equations.append(Equation(name, free, bound, sympy.sympify(body), reduction))
        return tensor(name, extents, whole=whole)

    def named(self, array: Array) -> Array:
        """Return *array* as a tensor of its own, for reads that may lie outside of it: there a tensor is 0."""
        return array if array.name else self.define(array.extents, lambda places, _: array.at(places), whole=array.whole)

    def counted(self, array: Array) -> Array:
        """Return whole numbers whose elements may stand as places, in an equation of their own where they may not yet."""
        try:
            check_form(array.at(tuple(index.symbol for index in self.indices(array.extents))))
        except UnsupportedExpression:
            return self.named(array)
        return array

    def pointwise(self, function: Callable[..., Expr], *arrays: Array, whole: bool = False) -> Array:
        """Return *function* of the elements of *arrays*, which are broadcast; one of whole numbers gets no equation."""
        extents = broadcast([array.extents for array in arrays])

        def element(places: Places) -> Expr:
            return function(*(array.at(places[len(places) - array.rank :]) for array in arrays))

        return Array(extents, element, whole=True) if whole else self.define(extents, lambda places, _: element(places))

    def _fresh(self) -> str:
        names = (self.stem if turn == 1 else f"{self.stem}_{turn}" for turn in count(1))
        name = next(name for name in names if name not in self.taken)
        self.taken.add(name)
        return name


def broadcast(shapes: Sequence[Extents]) -> Extents:
    """Return the shape that *shapes* have together, by PyTorch's rules."""
    rank = max(map(len, shapes), default=0)
    padded = [(Integer(1),) * (rank - len(shape)) + shape for shape in shapes]
    found = []
    for sizes in zip(*padded, strict=True):
        others = {size for size in sizes if size != 1}
        if len(others) > 1:
            raise CaptureError(got=f"shapes {shapes}", wanted="shapes that broadcast", do="make the shapes agree")
        found.append(others.pop() if others else Integer(1))
    return tuple(found)
