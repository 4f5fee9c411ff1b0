"""Slopes of modified Bessel functions as the text of a generated module, without a difference of nearly equal terms.

    S(u) = (I₀(u) − I₁(u))·e^−u = 1/π·∫₀^π w·e^−uw dt,  w = 1 − cos t

by the trapezoid rule, whose terms are all positive, up to u = 25; and from there by the asymptotic series of both functions,
1/√(2πu)·Σ_k c_k/uᵏ (DLMF 10.40.1), whose leading terms cancel in the coefficients.
"""

from __future__ import annotations

from math import factorial, pi, prod, sin

_NODES = 56
_WEIGHTS = [(2 * sin(pi * k / _NODES) ** 2, 2 / _NODES) for k in range(1, _NODES // 2)] + [(2.0, 1 / _NODES)]
_TERMS = 20


def _asymptotic(order: int, term: int) -> float:
    """Return a_k(ν) of DLMF 10.17.1."""
    above: int = prod(4 * order**2 - (2 * j - 1) ** 2 for j in range(1, term + 1))
    return float(above / (factorial(term) * 8**term))


_COEFFICIENTS = [(-1) ** k * (_asymptotic(0, k) - _asymptotic(1, k)) for k in range(1, _TERMS)]


def _listed(numbers: list[float]) -> str:
    """Return *numbers* as lines of a tuple."""
    texts = [f"{number!r}, " for number in numbers]
    return "\n".join(f"        {''.join(texts[start : start + 4]).rstrip()}" for start in range(0, len(texts), 4))


BESSEL_TORCH = f'''
def _slope_of_bessel_i1(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """I₀(u) - I₁(u)/u; ½ at 0."""
    size = torch.abs(u)
    value, share = torch.special.i0(size), torch.special.i1(size) / size
    value = torch.where(share < value, value - share, value)
    square = size * size
    return torch.where(size < 1e-3, 0.5 + square * (0.1875 + square * {5 / 384!r}), value, out=out)


def _slope_of_bessel_i0e(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """-sign(u)·(I₀(|u|) - I₁(|u|))·exp(-|u|): by the trapezoid rule, from 25 on by the asymptotic series."""
    size, near = torch.abs(u), torch.zeros_like(u)
    for point, weight in zip(
        (
{_listed([point for point, _ in _WEIGHTS])}
        ),
        {_NODES // 2 - 1} * ({2 / _NODES!r},) + ({1 / _NODES!r},),
    ):
        near = near + weight * point * torch.exp(-point * size)
    inverse, far = 1 / torch.clamp_min(size, 25), torch.zeros_like(u)
    series = (
{_listed(_COEFFICIENTS)}
    )
    for number in reversed(series if torch.finfo(u.dtype).bits > 16 else series[:6]):
        far = (far + number) * inverse
    far = far * torch.sqrt(inverse) * {(2 * pi) ** -0.5!r}
    return torch.mul(-torch.sign(u), torch.where(size > 25, far, near), out=out)


def _slope_of_bessel_i1e(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """(I₀(|u|) - I₁(|u|))·exp(-|u|) - I₁(u)·exp(-|u|)/u; ½ at 0."""
    size = torch.abs(u)
    value = -_slope_of_bessel_i0e(size) - torch.special.i1e(size) / size
    return torch.where(size < torch.finfo(u.dtype).eps, 0.5 - size, value, out=out)
'''
