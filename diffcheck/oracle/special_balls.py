"""Special functions in ball arithmetic: Arb's own where it has them, and identities for the other arguments."""

from __future__ import annotations

from flint import arb

from diffcheck.notation.special_functions import slope_of_cot

_FAR = 4  # beyond, the error function is computed without what it and its scale would lose


def has_pole(u: arb) -> bool:
    """Say whether *u* holds one of 0, −1, −2, …, the poles of lgamma, digamma and the polygamma functions."""
    if u > 0 or not u.is_finite():
        return False
    return bool(u.contains(0)) or bool(u.nonnegative_part().is_zero() and u.contains_integer())


def lgamma(u: arb) -> arb:
    """Return log|Γ(u)|, for negative u as log(π/|sin πu|) − log Γ(1 − u)."""
    if u > 0:
        return u.lgamma()
    return arb.nan() if has_pole(u) or not u < 0 else (arb.pi() / abs(u.sin_pi())).log() - (1 - u).lgamma()


def digamma(u: arb) -> arb:
    """Return ψ(u), for negative u as ψ(1 − u) − π·cot(πu)."""
    if u > 0:
        return u.digamma()
    return arb.nan() if has_pole(u) or not u < 0 else (1 - u).digamma() - arb.pi() * u.cot_pi()


def polygamma(order: int, u: arb) -> arb:
    """Return ψ⁽ⁿ⁾(u) = (−1)ⁿ⁺¹·n!·ζ(n + 1, u), for negative u as (−1)ⁿ·ψ⁽ⁿ⁾(1 − u) − π·dⁿcot(πu)/duⁿ."""
    sign = -1 if order % 2 else 1
    if u > 0:
        return -sign * arb(order).fac() * arb(order + 1).zeta(u)
    if has_pole(u) or not u < 0:
        return arb.nan()
    return sign * polygamma(order, 1 - u) - arb.pi() ** (order + 1) * _slope_of_cot(order, u.cot_pi())


def _slope_of_cot(order: int, cot: arb) -> arb:
    """Return dⁿcot/dxⁿ where cot x is *cot*."""
    value = arb(0)
    for number in reversed(slope_of_cot(order)):
        value = value * cot + number
    return value


def erfcx(u: arb) -> arb:
    """Return e^(u²)·erfc(u), far out as U(1/2, 1/2, u²)/√π."""
    if u > _FAR:
        return (u * u).hypgeom_u(arb(0.5), arb(0.5)) / arb.pi().sqrt()
    return (u * u).exp() * u.erfc()


def log_ndtr(u: arb) -> arb:
    """Return log Φ(u), with Φ(u) = ½·erfc(−u/√2)."""
    v = u / arb(2).sqrt()
    return (erfcx(-v) / 2).log() - v * v if u < -_FAR else (-v.erfc() / 2).log1p()


def inverse_mills_ratio(u: arb) -> arb:
    """Return φ(u)/Φ(u) = √(2/π)/erfcx(−u/√2), far above 0 by its definition: there erfcx is beyond all numbers."""
    v, scale = u / arb(2).sqrt(), (2 / arb.pi()).sqrt()
    return scale / erfcx(-v) if u < _FAR else scale * (-v * v).exp() / (-v).erfc()


def erfinv(u: arb) -> arb:
    """Return the inverse of erf; next to an end as that of erfc, which keeps the digits."""
    if not (u > -1 and u < 1):
        return arb.nan()
    return (1 - u).erfcinv() if u > 0.5 else -(1 + u).erfcinv() if u < -0.5 else u.erfinv()
