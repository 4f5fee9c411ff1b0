"""Functions that generated code calls where their definition would lose digits, overflow or meet 0·∞: a row each."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, pi, sqrt

from diffcheck.notation.functions import absolute, relu, sech, sigmoid, sign
from diffcheck.notation.scalar_functions import Composition
from diffcheck.notation.special_functions import bessel_i, erfcx, erfinv, inverse_mills_ratio


class hypot1(Composition):  # noqa: N801  # printed and called by this name, as all below
    """√(1 + u²), whose square does not overflow."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return √(1 + u²)."""
        return sqrt(1 + u**2)


class reciprocal_cosh(Composition):  # noqa: N801
    """1/cosh(u), of which a square is made: it may vanish where its square does."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return sech(u)."""
        return sech(u)


class root_of_sigmoid(Composition):  # noqa: N801
    """e^(min(u, 0)/2), as large as the root of σ(u) where that is small."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return e^(−relu(−u)/2)."""
        return sympy.exp(-relu(-u) / 2)


class rest_of_sigmoid(Composition):  # noqa: N801
    """σ(u)/e^(min(u, 0)/2), with which the root of σ(u) makes σ(u)."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return σ(u)·e^(relu(−u)/2)."""
        return sigmoid(u) * sympy.exp(relu(-u) / 2)


class sigmoid_less(Composition):  # noqa: N801
    """σ(u) − c with a number c = σ(z) between 0 and 1, whose two terms are nearly equal near z."""

    @classmethod
    def definition(cls, u: Expr, c: Expr, z: Expr) -> Expr:  # type: ignore[override]  # of more arguments
        """Return σ(u) − c."""
        del z  # for libraries alone
        return sigmoid(u) - c


class exp2(Composition):  # noqa: N801
    """2ᵘ, whose exponent is not rounded."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return 2ᵘ."""
        return Integer(2) ** u


class bessel_i0e(Composition):  # noqa: N801
    """e^−|u|·I₀(u), where I₀ overflows."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return e^−|u|·I₀(u)."""
        return sympy.exp(-absolute(u)) * bessel_i(0)(u)


class bessel_i1e(Composition):  # noqa: N801
    """e^−|u|·I₁(u), where I₁ overflows."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return e^−|u|·I₁(u)."""
        return sympy.exp(-absolute(u)) * bessel_i(1)(u)


class slope_of_bessel_i1(Composition):  # noqa: N801
    """½(I₀(u) + I₂(u)) = I₀(u) − I₁(u)/u, for libraries without I₂."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return ½(I₀(u) + I₂(u))."""
        return (bessel_i(0)(u) + bessel_i(2)(u)) / 2


class slope_of_bessel_i0e(Composition):  # noqa: N801
    """e^−|u|·(I₁(u) − sign(u)·I₀(u)), whose two terms are nearly equal for large u."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return e^−|u|·(I₁(u) − sign(u)·I₀(u))."""
        return sympy.exp(-absolute(u)) * (bessel_i(1)(u) - sign(u) * bessel_i(0)(u))


class slope_of_bessel_i1e(Composition):  # noqa: N801
    """e^−|u|·(½(I₀(u) + I₂(u)) − sign(u)·I₁(u)), whose two terms are nearly equal for large u."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return e^−|u|·(½(I₀(u) + I₂(u)) − sign(u)·I₁(u))."""
        return sympy.exp(-absolute(u)) * ((bessel_i(0)(u) + bessel_i(2)(u)) / 2 - sign(u) * bessel_i(1)(u))


class ndtri(Composition):  # noqa: N801
    """√2·erf⁻¹(2u − 1), the quantile of the normal distribution, where 2u − 1 rounds to −1."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return √2·erf⁻¹(2u − 1)."""
        return sqrt(2) * erfinv(2 * u - 1)


class slope_of_ndtri(Composition):  # noqa: N801
    """√(2π)·exp(½·ndtri(u)²), which multiplies what the quantile is rounded by with its square."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return √(2π)·exp(erf⁻¹(2u − 1)²)."""
        return sqrt(2 * pi) * sympy.exp(erfinv(2 * u - 1) ** 2)


class slope_of_erfcx(Composition):  # noqa: N801
    """2u·erfcx(u) − 2/√π, whose two terms are nearly equal for large u."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return 2u·erfcx(u) − 2/√π."""
        return 2 * u * erfcx(u) - 2 / sqrt(pi)


class slope_of_inverse_mills_ratio(Composition):  # noqa: N801
    """−λ(u)·(u + λ(u)), λ = φ/Φ of the normal distribution: far below 0, λ(u) is nearly −u."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return −λ(u)·(u + λ(u))."""
        return -inverse_mills_ratio(u) * (u + inverse_mills_ratio(u))


class j1_by_u(Composition):  # noqa: N801
    """j₁(u)/u = (sin u − u·cos u)/u³ with the spherical Bessel function j₁, whose two terms are nearly equal for small u."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return (sin u − u·cos u)/u³."""
        return (sympy.sin(u) - u * sympy.cos(u)) / u**3


class slope_of_sinc(Composition):  # noqa: N801
    """cos(πu)/u − sin(πu)/(πu²), whose two terms are nearly equal for small u; a large πu is no longer right when rounded."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return cos(πu)/u − sin(πu)/(πu²)."""
        return sympy.cos(pi * u) / u - sympy.sin(pi * u) / (pi * u**2)


class second_derivative_of_sinc(Composition):  # noqa: N801
    """2·sin(πu)/(πu³) − 2·cos(πu)/u² − π·sin(πu)/u, whose terms nearly cancel for small u; of a large πu as above."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return 2·sin(πu)/(πu³) − 2·cos(πu)/u² − π·sin(πu)/u."""
        sine, cosine = sympy.sin(pi * u), sympy.cos(pi * u)
        return 2 * sine / (pi * u**3) - 2 * cosine / u**2 - pi * sine / u


class second_derivative_of_bessel_i1(Composition):  # noqa: N801
    """¼(3I₁(u) + I₃(u)), for libraries without I₃."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return ¼(3I₁(u) + I₃(u))."""
        return (3 * bessel_i(1)(u) + bessel_i(3)(u)) / 4


class second_derivative_of_bessel_i0e(Composition):  # noqa: N801
    """e^−|u|·(½(3I₀(u) + I₂(u)) − 2·sign(u)·I₁(u)), whose two terms are nearly equal for large u."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return e^−|u|·(½(3I₀(u) + I₂(u)) − 2·sign(u)·I₁(u))."""
        return sympy.exp(-absolute(u)) * ((3 * bessel_i(0)(u) + bessel_i(2)(u)) / 2 - 2 * sign(u) * bessel_i(1)(u))


class second_derivative_of_bessel_i1e(Composition):  # noqa: N801
    """e^−|u|·(¼(7I₁(u) + I₃(u)) − sign(u)·(I₀(u) + I₂(u))), whose two terms are nearly equal for large u."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return e^−|u|·(¼(7I₁(u) + I₃(u)) − sign(u)·(I₀(u) + I₂(u)))."""
        odd, even = (7 * bessel_i(1)(u) + bessel_i(3)(u)) / 4, bessel_i(0)(u) + bessel_i(2)(u)
        return sympy.exp(-absolute(u)) * (odd - sign(u) * even)


class second_derivative_of_erfcx(Composition):  # noqa: N801
    """(4u² + 2)·erfcx(u) − 4u/√π, whose two terms are nearly equal for large u."""

    @classmethod
    def definition(cls, u: Expr) -> Expr:
        """Return (4u² + 2)·erfcx(u) − 4u/√π."""
        return (4 * u**2 + 2) * erfcx(u) - 4 * u / sqrt(pi)


COMPOSITIONS: dict[str, type[Composition]] = {
    each.__name__: each
    for each in (
        hypot1,
        reciprocal_cosh,
        root_of_sigmoid,
        rest_of_sigmoid,
        exp2,
        bessel_i0e,
        bessel_i1e,
        slope_of_bessel_i1,
        slope_of_bessel_i0e,
        slope_of_bessel_i1e,
        ndtri,
        slope_of_ndtri,
        slope_of_erfcx,
        slope_of_inverse_mills_ratio,
        j1_by_u,
        slope_of_sinc,
        second_derivative_of_sinc,
        second_derivative_of_bessel_i1,
        second_derivative_of_bessel_i0e,
        second_derivative_of_bessel_i1e,
        second_derivative_of_erfcx,
    )
}
