"""Derivatives of modified Bessel functions as the text of a generated module, without a difference of nearly equal terms.

    e^−u·I₀(u) = 1/π·∫₀^π e^−uw dt,  e^−u·I₁(u) = 1/π·∫₀^π (1 − w)·e^−uw dt,  w = 1 − cos t  (DLMF 10.32.3)

so that a derivative is an integral of powers of w: up to u = 25 by the trapezoid rule, which is exact but for terms beyond the
digits of float64, and from there the derivative of 1/√(2πu)·Σ_k (−1)ᵏ·a_k/uᵏ (DLMF 10.40.1), term by term.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, factorial, pi, prod, sin

_NODES = 56
_POINTS = [2 * sin(pi * k / _NODES) ** 2 for k in range(1, _NODES // 2)]  # and 2, with half the weight
_COSINES = [cos(2 * pi * k / _NODES) for k in range(1, _NODES // 4)]  # and 1, with half the weight
_TERMS = 28


def _asymptotic(order: int, term: int) -> float:
    """Return (−1)ᵏ·a_k(ν), with a_k of DLMF 10.17.1."""
    above: int = prod(4 * order**2 - (2 * j - 1) ** 2 for j in range(1, term + 1))
    return float((-1) ** term * above / (factorial(term) * 8**term))


def _second_derivative(order: int) -> list[float]:
    """Return the coefficients of 1/u, 1/u², … in √(2πu)·(e^−u·I(u))″, of which the first is 0."""
    return [0.0, *(_asymptotic(order, k) * (k + 1 / 2) * (k + 3 / 2) for k in range(_TERMS - 2))]


def _listed(numbers: Sequence[float]) -> str:
    """Return *numbers* as lines of a tuple."""
    texts = [f"{number!r}, " for number in numbers]
    return "\n".join(f"        {''.join(texts[start : start + 4]).rstrip()}" for start in range(0, len(texts), 4))


BESSEL_TORCH = f'''
def _unscaled(value: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """value·exp(|u|), where that exponential alone may overflow."""
    half = torch.exp(torch.abs(u) / 2)
    return value * half * half


def _bessel_i0(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """I₀(u), a modified Bessel function of the first kind; torch.special.i0 overflows where exp(|u|) does, before I₀ does."""
    return torch.where(torch.abs(u) > 80, _unscaled(torch.special.i0e(u), u), torch.special.i0(u), out=out)


def _bessel_i1(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """I₁(u), a modified Bessel function of the first kind; as above."""
    return torch.where(torch.abs(u) > 80, _unscaled(torch.special.i1e(u), u), torch.special.i1(u), out=out)


def _bessel_integral(size: torch.Tensor, powers: tuple[int, int], series: tuple[float, ...]) -> torch.Tensor:
    """1/π·∫ wᵖ·(1 - w)^q·exp(-w·size) dt, w = 1 - cos t; from 25 on by 1/√(2π·size) times a series in 1/size."""
    power, other = powers
    near = torch.zeros_like(size)
    for point in (
{_listed(_POINTS)}
    ):
        near = near + torch.exp(-point * size) * (point**power * (1 - point) ** other)
    near = near + torch.exp(-2 * size) * (2**power * (-1) ** other / 2)
    inverse, far = 1 / torch.clamp_min(size, 25), torch.zeros_like(size)
    for number in reversed(series if torch.finfo(size.dtype).bits > 16 else series[:6]):
        far = (far + number) * inverse
    return torch.where(size > 25, far * torch.sqrt(inverse) * {(2 * pi) ** -0.5!r}, near * {2 / _NODES!r})


def _slope_of_bessel_i1(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """1/π·∫ cos²(t)·cosh(u·cos t) dt, terms of one sign; from 25 on I₀(u) - I₁(u)/u, scaled."""
    size = torch.abs(u)
    near = torch.cosh(size) / 2
    for point in (
{_listed(_COSINES)}
    ):
        near = near + torch.cosh(point * size) * point**2
    far = torch.special.i0e(size) - torch.special.i1e(size) / size
    return torch.where(size > 25, _unscaled(far, u), near * {4 / _NODES!r}, out=out)


def _slope_of_bessel_i0e(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """-sign(u)·(I₀(|u|) - I₁(|u|))·exp(-|u|), an integral of positive terms."""
    series = (
{_listed([_asymptotic(0, k) - _asymptotic(1, k) for k in range(1, _TERMS)])}
    )
    return torch.mul(-torch.sign(u), _bessel_integral(torch.abs(u), (1, 0), series), out=out)


def _slope_of_bessel_i1e(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """(I₀(|u|) - I₁(|u|))·exp(-|u|) - I₁(u)·exp(-|u|)/u; ½ at 0."""
    series = (
{_listed([_asymptotic(1, k) * (k + 1 / 2) for k in range(_TERMS - 1)])}
    )
    return torch.neg(_bessel_integral(torch.abs(u), (1, 1), series), out=out)


def _second_derivative_of_bessel_i0e(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """(½(3I₀(u) + I₂(u)) - 2·I₁(|u|))·exp(-|u|), an integral of positive terms."""
    series = (
{_listed(_second_derivative(0))}
    )
    return torch.abs(_bessel_integral(torch.abs(u), (2, 0), series), out=out)


def _second_derivative_of_bessel_i1e(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """(¼(7I₁(u) + I₃(u)) - sign(u)·(I₀(u) + I₂(u)))·exp(-|u|)."""
    series = (
{_listed(_second_derivative(1))}
    )
    return torch.mul(torch.sign(u), _bessel_integral(torch.abs(u), (2, 1), series), out=out)


def _second_derivative_of_bessel_i1(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """1/π·∫ cos³(t)·sinh(u·cos t) dt, terms of one sign; from 25 on I₁(u) - (I₀(u) - 2·I₁(u)/u)/u, scaled."""
    near = torch.sinh(u) / 2
    for point in (
{_listed(_COSINES)}
    ):
        near = near + torch.sinh(point * u) * point**3
    first = torch.special.i1e(u)
    far = first - (torch.special.i0e(u) - 2 * first / u) / u
    return torch.where(torch.abs(u) > 25, _unscaled(far, u), near * {4 / _NODES!r}, out=out)
'''
