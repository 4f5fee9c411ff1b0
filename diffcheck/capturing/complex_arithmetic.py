"""Rows of complex numbers: arithmetic, products, and what PyTorch takes apart or puts together, in real and imaginary parts.

A product of two parts is an equation of its own wherever two of them are added: what cancels in writing, as the imaginary part
of z·z̄, is rounded by a machine all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from sympy import Add, Integer, sqrt

from diffcheck.capturing.arrays import Array, Builder, Extents
from diffcheck.capturing.complex_numbers import (
    COMPLEX_ROWS,
    Complex,
    as_complex,
    check_dtype,
    complex_operator,
    is_zero,
    joined,
    made,
    paired,
)
from diffcheck.capturing.contractions import product
from diffcheck.capturing.pointwise import equal, larger
from diffcheck.capturing.rows import ROWS, operator
from diffcheck.notation.functions import absolute
from diffcheck.notation.selection import detach, select

Bilinear = Callable[[Array, Array], Array]
Terms = Sequence[tuple[int, Array, Array]]


def times(build: Builder, u: Complex, v: Complex, multiply: Bilinear | None = None) -> Complex:
    """Return (a + bi)(c + di) = (ac − bd) + (ad + bc)i, for any real product *multiply*, by default of elements."""

    def by_elements(x: Array, y: Array) -> Array:
        return build.pointwise(lambda a, b: a * b, x, y)

    return made(
        build,
        lambda: added(build, multiply or by_elements, ((1, u.real, v.real), (-1, u.imag, v.imag))),
        lambda: added(build, multiply or by_elements, ((1, u.real, v.imag), (1, u.imag, v.real))),
    )


def added(build: Builder, multiply: Bilinear, terms: Terms) -> Array:
    """Return the sum of sign·u·v over *terms*, each product that is not 0 rounded before."""
    kept = [term for term in terms if not (is_zero(term[1]) or is_zero(term[2]))] or [(1, *terms[0][1:])]
    signs, products = [sign for sign, *_ in kept], [multiply(u, v) for _, u, v in kept]
    if signs == [1]:
        return products[0]
    return build.pointwise(lambda *values: Add(*(sign * value for sign, value in zip(signs, values, strict=True))), *products)


def conjugate(build: Builder, z: Complex) -> Complex:
    """Return a − bi, exact, so without an equation."""
    return Complex(z.real, Array(z.extents, lambda places: -z.imag.at(places)))


def _scaled(build: Builder, z: Complex, factor: Any) -> Complex:
    return z if factor == 1 else times(build, z, as_complex(factor))


def _shares(build: Builder, z: Complex) -> tuple[Array, Array]:
    """Return m = max(|a|, |b|) and r = √((a/m)² + (b/m)²), so that |z| = m·r and no square overflows; at 0, r = 1.

    That m is held constant changes no derivative: |z| does not depend on it.
    """
    top = build.pointwise(lambda a, b: detach(larger(absolute(a), absolute(b))), z.real, z.imag)
    parts = [build.pointwise(lambda a, m: select(m, a / m, Integer(0)), part, top) for part in (z.real, z.imag)]
    return top, build.pointwise(lambda a, b, m: sqrt(select(m, a**2 + b**2, Integer(1))), *parts, top)


@complex_operator("aten.abs.default")
def modulus(build: Builder, z: Complex) -> Array:
    """√(a² + b²); the gradient at 0 is 0, as PyTorch documents."""
    top, rest = _shares(build, z)
    return build.pointwise(lambda m, r: m * r, top, rest)


@complex_operator("aten.mul.Tensor", "aten.mul.Scalar")
def _mul(build: Builder, u: Any, v: Any) -> Complex:
    return times(build, as_complex(u), as_complex(v))


@complex_operator("aten.div.Tensor", "aten.div.Scalar")
def divided(build: Builder, u: Any, v: Any) -> Complex:
    """(u/|v|)·(v̄/|v|): nothing is squared before it is divided, and what scaled division rounds is rounded here too."""
    above, below = as_complex(u), as_complex(v)
    size = modulus(build, below)

    def unit(part: Array) -> Array:
        return part if is_zero(part) else build.pointwise(lambda a, h: a / h, part, size)

    turned = Complex(unit(below.real), unit(below.imag))
    return times(build, Complex(unit(above.real), unit(above.imag)), conjugate(build, turned))


@complex_operator("aten.reciprocal.default")
def reciprocal(build: Builder, z: Complex) -> Complex:
    """1/z."""
    return divided(build, 1.0, z)


@complex_operator("aten.sgn.default")
def _sgn(build: Builder, z: Complex) -> Complex:
    size = modulus(build, z)

    def part(of: Array) -> Array:
        return build.pointwise(lambda a, h: select(h, a / h, Integer(0)), of, size)

    return made(build, lambda: part(z.real), lambda: part(z.imag))


@complex_operator("aten.complex.default")
def _complex(build: Builder, real: Array, imag: Array) -> Complex:
    return Complex(*(_of_shape(build, part, real, imag) for part in (real, imag)))


def _of_shape(build: Builder, part: Array, *others: Array) -> Array:
    if all(other.extents == part.extents for other in others):
        return part
    return build.pointwise(lambda a, *rest: a, part, *others)


@complex_operator("aten.view_as_complex.default")
def _view_as_complex(build: Builder, pair: Array) -> Complex:
    return joined(pair)


@complex_operator("aten.view_as_real.default")
def _view_as_real(build: Builder, z: Complex) -> Array:
    return paired(build, z)


@complex_operator("aten.real.default")
def _real(build: Builder, z: Complex) -> Array:
    return z.real


@complex_operator("aten.imag.default")
def _imag(build: Builder, z: Complex) -> Array:
    return z.imag


COMPLEX_ROWS.update({f"aten.{name}.default": conjugate for name in ("_conj", "conj", "_conj_physical", "conj_physical")})


@operator("aten._neg_view.default")
def _neg_view(build: Builder, u: Array) -> Array:
    return Array(u.extents, lambda places: -u.at(places))  # how the imaginary part of a conjugate is recorded


COMPLEX_ROWS["aten.resolve_conj.default"] = lambda build, z: z


@complex_operator("aten._to_copy.default", "aten.to.dtype")
def _to_copy(build: Builder, u: Any, dtype: torch.dtype | None = None) -> Any:
    if dtype is None or dtype.is_complex:
        check_dtype(dtype or torch.complex64, "a copy")
        return as_complex(u)
    return ROWS["aten._to_copy.default"](build, as_complex(u).real, dtype=dtype)


def _product(name: str, *, conjugated: bool = False) -> None:
    def row(build: Builder, u: Any, v: Any, *rest: Any) -> Complex:
        first = conjugate(build, as_complex(u)) if conjugated else as_complex(u)
        bias, others = (rest[0], rest[1:]) if rest else (None, ())
        without = (None, *others) if rest else ()

        def multiply(x: Array, y: Array) -> Array:
            return ROWS[name](build, x, y, *without)  # type: ignore[return-value]  # of one array

        found = times(build, first, as_complex(v), multiply)
        return found if bias is None else _biased(build, found, as_complex(bias), name)

    COMPLEX_ROWS[name] = row


def _biased(build: Builder, z: Complex, bias: Complex, name: str) -> Complex:
    after = z.rank - 2 if "convolution" in name else 0  # the axes behind the channels

    def part(of: Array, more: Array) -> Array:
        return build.define(of.extents, lambda p, _: of.at(p) + more.at((p[len(p) - after - 1],)))

    return made(build, lambda: part(z.real, bias.real), lambda: part(z.imag, bias.imag))


for _name in ("mm", "bmm", "dot", "mv", "linear", "convolution"):
    _product(f"aten.{_name}.default")
_product("aten.vdot.default", conjugated=True)


@complex_operator("aten.addmm.default", "aten.addmv.default", "aten.baddbmm.default")
def _addmm(build: Builder, bias: Any, u: Any, v: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    found = times(build, as_complex(u), as_complex(v), lambda x, y: product(build, x, y))
    return COMPLEX_ROWS["aten.add.Tensor"](build, _scaled(build, as_complex(bias), beta), _scaled(build, found, alpha))


def _everywhere(number: Array, extents: Extents) -> Array:
    return Array(extents, lambda _: number.at(()))


@complex_operator("aten.full_like.default", "aten.fill.Scalar", "aten.fill.Tensor")
def _full_like(build: Builder, z: Any, value: Any) -> Complex:
    number = as_complex(value)
    return Complex(*(_everywhere(part, z.extents) for part in (number.real, number.imag)))


@complex_operator("aten.ones_like.default")
def _ones_like(build: Builder, z: Complex) -> Complex:
    return _full_like(build, z, 1.0)


@complex_operator("aten.zeros_like.default")
def _zeros_like(build: Builder, z: Complex) -> Complex:
    return _full_like(build, z, 0.0)


@complex_operator("aten.eq.Tensor", "aten.eq.Scalar")
def _eq(build: Builder, u: Any, v: Any) -> Array:
    first, second = as_complex(u), as_complex(v)
    four = (first.real, first.imag, second.real, second.imag)
    return build.pointwise(lambda a, b, c, d: equal(a, c) * equal(b, d), *four, whole=True)


@complex_operator("aten.ne.Tensor", "aten.ne.Scalar")
def _ne(build: Builder, u: Any, v: Any) -> Array:
    return build.pointwise(lambda a: 1 - a, _eq(build, u, v), whole=True)
