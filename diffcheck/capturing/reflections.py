"""Rows of Householder's reflections: A = QR with the signs that LAPACK gives R.

H_k = I − τ_k·v_k·v_kᵀ takes column k to its first element: β = −sign(α)·‖x‖ for a column x that begins with α, τ = (β − α)/β
and v = (1, x[1]/(α − β), …). A column that is 0 below its first element is left alone: τ = 0 and β = α.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, KroneckerDelta, sqrt

from diffcheck.capturing.arrays import Array, Builder, Element, Extents, Places
from diffcheck.capturing.elimination import corner, lead, order, stacked, transposed
from diffcheck.capturing.rows import operator
from diffcheck.errors import CaptureError
from diffcheck.notation.selection import select

_ZERO = Integer(0)


@dataclass(frozen=True)
class Reflection:
    """I − τ·v·vᵀ of the rows from *first* on; *v* is a tensor of its own, as it is read outside too."""

    first: int
    v: Array
    tau: Array

    def applied(self, build: Builder, u: Array) -> Array:
        """Return H·A."""

        def projected(places: Places, bound: Places) -> Expr:
            return self.v.at((*places[:-1], bound[0])) * u.at((*places[:-1], bound[0] + self.first, places[-1]))

        along = build.define((*lead(u), u.extents[-1]), projected, (self.v.extents[-1],))

        def element(places: Places, _: Places) -> Expr:
            front, row, column = places[:-2], places[-2], places[-1]
            share = self.tau.at(front) * self.v.element((*front, row - self.first)) * along.at((*front, column))
            return u.at(places) - share

        return build.define(u.extents, element)


def applied(build: Builder, reflections: Iterable[Reflection], u: Array) -> Array:
    """Return … H_1·H_0·A, the first of *reflections* next to A."""
    for reflection in reflections:
        u = reflection.applied(build, u)
    return u


def factored(build: Builder, u: Array) -> tuple[list[Reflection], list[Array]]:
    """Return the reflections H_0, H_1, … with R = … H_1·H_0·A, and the rows of R, each from its diagonal on."""
    rows, columns = order(u)
    rest, reflections, made = build.named(u), [], []
    for step in range(min(rows, columns)):
        if step + 1 == rows:
            made.append(_first_row(build, rest, corner(rest)))
            break
        reflection, beta = _reflection_of(build, rest, step)
        reflections.append(reflection)
        turned = Reflection(0, reflection.v, reflection.tau).applied(build, rest)
        made.append(_first_row(build, turned, beta))
        rest = _smaller(turned)
    return reflections, made


def _smaller(u: Array) -> Array:
    extents = (*lead(u), u.extents[-2] - 1, u.extents[-1] - 1)
    return Array(extents, lambda places: u.at((*places[:-2], places[-2] + 1, places[-1] + 1)))


def _reflection_of(build: Builder, u: Array, step: int) -> tuple[Reflection, Array]:
    """Return the reflection that takes the first column of *u* to β in its first element, and β.

    Where there is nothing below to reflect, LAPACK leaves the column as it is.
    """
    alpha = corner(u)
    below = build.define(lead(u), lambda places, bound: u.at((*places, bound[0] + 1, _ZERO)) ** 2, (u.extents[-2] - 1,))
    size = build.pointwise(lambda a, b: sqrt(a**2 + b), alpha, below)
    beta = build.pointwise(lambda a, b, s: select(b, select(-a, s, -s), a), alpha, below, size)
    tau = build.pointwise(lambda a, b, e: select(b, (e - a) / e, _ZERO), alpha, below, beta)

    def element(places: Places, _: Places) -> Expr:
        front, row = places[:-1], places[-1]
        found = u.at((*front, row, _ZERO)) / (alpha.at(front) - beta.at(front))
        return select(KroneckerDelta(row, 0), Integer(1), select(below.at(front), found, _ZERO))

    return Reflection(step, build.define(u.extents[:-1], element), tau), beta


def _first_row(build: Builder, u: Array, first: Array) -> Array:
    """Return the first row of *u* with *first* as its first element."""

    def element(places: Places, _: Places) -> Expr:
        front, column = places[:-1], places[-1]
        return select(KroneckerDelta(column, 0), first.at(front), u.at((*front, _ZERO, column)))

    return build.define((*lead(u), u.extents[-1]), element)


def rows_from_diagonal(build: Builder, rows: Sequence[Array], extents: Extents) -> Array:
    """Return the matrix whose row k is *rows*[k], from column k on."""

    def element(places: Places, _: Places) -> Expr:
        front, row, column = places[:-2], places[-2], places[-1]
        return Add(*(KroneckerDelta(row, k) * part.element((*front, column - k)) for k, part in enumerate(rows)))

    return build.define(extents, element)


def _given(build: Builder, u: Array, tau: Array) -> list[Reflection]:
    """Return the reflections whose v stand below the diagonal of *u*."""
    order(u)
    found = []
    for step in range(int(tau.extents[-1])):
        v = build.named(Array((*lead(u), u.extents[-2] - step), _v(u, step)))
        found.append(Reflection(step, v, Array(lead(u), _element(tau, step))))
    return found


def _v(u: Array, step: int) -> Element:
    def element(places: Places) -> Expr:
        below = u.at((*places[:-1], places[-1] + step, Integer(step)))
        return select(KroneckerDelta(places[-1], 0), Integer(1), below)

    return element


def _element(u: Array, place: int) -> Element:
    return lambda places: u.at((*places, Integer(place)))


@operator("aten.linalg_householder_product.default", "aten.orgqr.default")
def _product(build: Builder, u: Array, tau: Array) -> Array:
    """The first columns of H_0·H_1·…, as many as *u* has."""
    first = Array(u.extents, lambda places: KroneckerDelta(places[-2], places[-1]))
    return build.named(applied(build, reversed(_given(build, u, tau)), first))


@operator("aten.ormqr.default")
def _multiplied(build: Builder, u: Array, tau: Array, v: Array, left: bool = True, transpose: bool = False) -> Array:
    """Q·B, Qᵀ·B, B·Q or B·Qᵀ, where Q = H_0·H_1·…."""
    if u.extents[-2] != v.extents[-2 if left else -1]:
        raise CaptureError(got=f"shapes {u.extents} and {v.extents}", wanted="a whole Q", do="make the shapes agree")
    if not left:
        return transposed(_multiplied(build, u, tau, transposed(v), transpose=not transpose))
    reflections = _given(build, u, tau)
    return build.named(applied(build, reflections if transpose else reversed(reflections), stacked(v)[0]))
