"""Rows of the discrete Fourier transform: X[k] = s·Σ_j x[j]·e^(∓2πi·jk/n), contractions with tables of cosines and sines.

The angle of the m-th of n turns is written 2π(m + n)/n, one turn too far: the same number, but no sine of it is 0 without
rounding, so that the bound of every output grows with all inputs. A fast transform adds all inputs to all outputs somewhere on
its way (for prime n by a convolution), and has rounding errors where the direct sum has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer, KroneckerDelta, Mul, sqrt

from diffcheck.capturing.arrays import Array, Builder, Places, constant
from diffcheck.capturing.complex_arithmetic import added, times
from diffcheck.capturing.complex_numbers import Complex, as_complex, complex_operator
from diffcheck.capturing.rows import axis_of
from diffcheck.errors import CaptureError
from diffcheck.notation.places import Quotient, Remainder

_BY_ROOT, _BY_SIZE = 1, 2


@dataclass(frozen=True)
class _Turns:
    """cos(2πm/n) and ±sin(2πm/n) at m = jk mod n, for n elements on the side of the signal."""

    cosine: Array
    sine: Array

    @staticmethod
    def of(build: Builder, size: Expr, sign: int) -> _Turns:
        """Return the tables of *size*, each number of which is computed once; *sign* is that of the exponent."""
        stem = build.stem

        def table(name: str, element: Callable[[Places], Expr], extents: tuple[Expr, ...]) -> Array:
            build.stem = f"{stem}_{name}"
            return build.define(extents, lambda places, _: element(places))

        def spread(name: str, turn: Array) -> Array:
            return table(name, lambda places: turn.at((Remainder(places[0] * places[1], size),)), (size, size))

        angle = table("angle", lambda m: 2 * sympy.pi * (m[0] + size) / size, (size,))
        cosine = table("cos", lambda m: sympy.cos(angle.at(m)), (size,))
        sine = table("sin", lambda m: sign * sympy.sin(angle.at(m)), (size,))
        cosines, sines = spread("cosines", cosine), spread("sines", sine)
        build.stem = stem
        return _Turns(cosines, sines)


def _along(build: Builder, axis: int, length: Expr) -> Callable[[Array, Array], Array]:
    """Return the product Σ_j u[…,j,…]·w[j,k] over the *axis* of u, for the first *length* places k."""

    def multiply(u: Array, wave: Array) -> Array:
        extents = (*u.extents[:axis], length, *u.extents[axis + 1 :])

        def element(places: Places, bound: Places) -> Expr:
            return u.at((*places[:axis], bound[0], *places[axis + 1 :])) * wave.at((bound[0], places[axis]))

        return build.define(extents, element, (u.extents[axis],))

    return multiply


def _turned(build: Builder, z: Complex, axis: int, length: Expr, turns: _Turns) -> Complex:
    return times(build, z, Complex(turns.cosine, turns.sine), _along(build, axis, length))


def _scaled(build: Builder, part: Array, sizes: Sequence[Expr], normalization: int) -> Array:
    if normalization not in (0, _BY_ROOT, _BY_SIZE):
        raise CaptureError(got=f"normalization {normalization}", wanted="0, 1 or 2", do="report it")
    count = Mul(*sizes)
    factor = {0: Integer(1), _BY_ROOT: 1 / sqrt(count), _BY_SIZE: 1 / count}[normalization]
    return part if factor == 1 else build.pointwise(lambda a: factor * a, part)


def _transformed(build: Builder, z: Complex, axes: Sequence[int], sign: int) -> Complex:
    for axis in axes:
        z = _turned(build, z, axis, z.extents[axis], _Turns.of(build, z.extents[axis], sign))
    return z


def _normalized(build: Builder, z: Complex, sizes: Sequence[Expr], normalization: int) -> Complex:
    return Complex(*(_scaled(build, part, sizes, normalization) for part in (z.real, z.imag)))


@complex_operator("aten._fft_c2c.default")
def _fft_c2c(build: Builder, z: Any, dim: Sequence[int], normalization: int, forward: bool) -> Complex:
    found = as_complex(z)
    axes = [axis_of(found.real, axis) for axis in dim]
    sizes = [found.extents[axis] for axis in axes]
    return _normalized(build, _transformed(build, found, axes, -1 if forward else 1), sizes, normalization)


@complex_operator("aten._fft_r2c.default")
def _fft_r2c(build: Builder, u: Array, dim: Sequence[int], normalization: int, onesided: bool) -> Complex:
    axes = [axis_of(u, axis) for axis in dim]
    sizes, last = [u.extents[axis] for axis in axes], axes[-1]
    length = Quotient(u.extents[last], Integer(2)) + 1 if onesided else u.extents[last]
    half = _turned(build, as_complex(u), last, length, _Turns.of(build, u.extents[last], -1))
    return _normalized(build, _transformed(build, half, axes[:-1], -1), sizes, normalization)


@complex_operator("aten._fft_c2r.default")
def _fft_c2r(build: Builder, z: Any, dim: Sequence[int], normalization: int, last_dim_size: Any) -> Array:
    """x[j] = s·Re Σ_k w[k]·X[k]·e^(2πi·jk/n) for k = 0 … n//2, w = 2 for all k that stand for −k too.

    At k = 0, and at k = n/2 for even n, w = 1 and the sine is 0: the imaginary parts there change nothing.
    """
    found, size = as_complex(z), constant(last_dim_size).at(())
    axes = [axis_of(found.real, axis) for axis in dim]
    last, sizes = axes[-1], [found.extents[axis] for axis in axes[:-1]] + [size]
    whole = _transformed(build, found, axes[:-1], 1)
    real, imag = (_doubled(build, part, last, size) for part in (whole.real, whole.imag))
    turns = _Turns.of(build, size, 1)
    value = added(build, _along(build, last, size), ((1, real, turns.cosine), (-1, imag, turns.sine)))
    return _scaled(build, value, sizes, normalization)


def _doubled(build: Builder, part: Array, axis: int, size: Expr) -> Array:
    extents = (*part.extents[:axis], Quotient(size, Integer(2)) + 1, *part.extents[axis + 1 :])

    def element(places: Places, _: Places) -> Expr:
        alone = KroneckerDelta(places[axis], 0) + KroneckerDelta(2 * places[axis], size)
        return (2 - alone) * part.at(places)

    return build.define(extents, element)
