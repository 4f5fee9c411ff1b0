"""Rows of functions of complex numbers, in real and imaginary parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Integer, Rational, sqrt

from diffcheck.capturing.arrays import Array, Builder
from diffcheck.capturing.complex_arithmetic import modulus, reciprocal, times
from diffcheck.capturing.complex_numbers import COMPLEX_ROWS, Complex, as_complex, complex_operator, made
from diffcheck.capturing.pointwise import as_array
from diffcheck.capturing.rows import ROWS
from diffcheck.errors import CaptureError
from diffcheck.notation.selection import select

_HALF = Rational(1, 2)


@complex_operator("aten.pow.Tensor_Scalar")
def _pow(build: Builder, z: Complex, exponent: Any) -> Complex:
    powers: dict[Any, Callable[[], Complex]] = {
        0: lambda: as_complex(build.pointwise(lambda a: Integer(1) + 0 * a, z.real)),
        1: lambda: z,
        2: lambda: times(build, z, z),
        3: lambda: times(build, times(build, z, z), z),
        -1: lambda: reciprocal(build, z),
        0.5: lambda: _sqrt(build, z),
    }
    if isinstance(exponent, (Array, Complex)) or exponent not in powers:
        raise CaptureError(
            got=f"a complex number to the power {exponent}", wanted=f"one of {sorted(powers)}", do="multiply instead"
        )
    return powers[exponent]()


@complex_operator("aten.square.default")
def _square(build: Builder, z: Complex) -> Complex:
    return times(build, z, z)


@complex_operator("aten.exp.default")
def _exp(build: Builder, z: Complex) -> Complex:
    def part(turn: Callable[[Expr], Expr]) -> Array:
        return build.pointwise(lambda a, b: sympy.exp(a) * turn(b), z.real, z.imag)

    return made(build, lambda: part(sympy.cos), lambda: part(sympy.sin))


@complex_operator("aten.sqrt.default")
def _sqrt(build: Builder, z: Complex) -> Complex:
    """√z = w + i·b/(2w) for a > 0, else |b|/(2w) ± i·w, with w = √((|z| + |a|)/2): nothing is subtracted.

    On the branch cut, a < 0 and b = 0, value and derivative are those from above.
    """
    # Not absolute(a): at a = 0 the derivative has to be that of the branch which is taken below.
    root = build.pointwise(lambda h, a: sqrt((h + select(a, a, -a)) * _HALF), modulus(build, z), z.real)

    def side(b: Expr) -> Expr:
        return select(-b, Integer(-1), Integer(1))

    return made(
        build,
        lambda: build.pointwise(lambda w, a, b: select(a, w, side(b) * b * _HALF / w), root, z.real, z.imag),
        lambda: build.pointwise(lambda w, a, b: select(a, b * _HALF / w, side(b) * w), root, z.real, z.imag),
    )


@complex_operator("aten.rsqrt.default")
def _rsqrt(build: Builder, z: Complex) -> Complex:
    return reciprocal(build, _sqrt(build, z))


def _waves(real: Callable[[Expr, Expr], Expr], imag: Callable[[Expr, Expr], Expr]) -> Callable[..., Complex]:
    def row(build: Builder, z: Complex) -> Complex:
        return made(build, lambda: build.pointwise(real, z.real, z.imag), lambda: build.pointwise(imag, z.real, z.imag))

    return row


COMPLEX_ROWS["aten.sin.default"] = _waves(lambda a, b: sympy.sin(a) * sympy.cosh(b), lambda a, b: sympy.cos(a) * sympy.sinh(b))
COMPLEX_ROWS["aten.cos.default"] = _waves(lambda a, b: sympy.cos(a) * sympy.cosh(b), lambda a, b: -sympy.sin(a) * sympy.sinh(b))
COMPLEX_ROWS["aten.sinh.default"] = _waves(lambda a, b: sympy.sinh(a) * sympy.cos(b), lambda a, b: sympy.cosh(a) * sympy.sin(b))
COMPLEX_ROWS["aten.cosh.default"] = _waves(lambda a, b: sympy.cosh(a) * sympy.cos(b), lambda a, b: sympy.sinh(a) * sympy.sin(b))


@complex_operator("aten.polar.default")
def _polar(build: Builder, size: Array, angle: Array) -> Complex:
    return made(
        build,
        lambda: build.pointwise(lambda r, t: r * sympy.cos(t), size, angle),
        lambda: build.pointwise(lambda r, t: r * sympy.sin(t), size, angle),
    )


@complex_operator("aten.linalg_vector_norm.default")
def _norm(build: Builder, z: Complex, *arguments: Any) -> Any:
    return ROWS["aten.linalg_vector_norm.default"](build, modulus(build, z), *arguments)


@complex_operator("aten.var.correction")
def _var(build: Builder, z: Complex, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Array:
    parts = [ROWS["aten.var.correction"](build, of, dim, correction, keepdim) for of in (z.real, z.imag)]
    return build.pointwise(lambda a, b: a + b, *map(as_array, parts))


@complex_operator("aten.std.correction")
def _std(build: Builder, z: Complex, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Array:
    return build.pointwise(sqrt, _var(build, z, dim, correction, keepdim))
