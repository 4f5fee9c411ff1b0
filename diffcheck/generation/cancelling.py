"""Scalar expression -> an equal one in which no two terms that are nearly equal are subtracted, nor rounded shares of 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import chain, permutations

import sympy
from sympy import Add, Expr, Indexed, Integer, Mul, Pow, Symbol, expand, pi, sqrt

from diffcheck.generation.compositions import (
    bessel_i0e,
    bessel_i1e,
    hypot1,
    j1_by_u,
    second_derivative_of_bessel_i0e,
    second_derivative_of_bessel_i1,
    second_derivative_of_bessel_i1e,
    second_derivative_of_erfcx,
    slope_of_bessel_i0e,
    slope_of_bessel_i1,
    slope_of_bessel_i1e,
    slope_of_erfcx,
    slope_of_sinc,
)
from diffcheck.generation.scaling import scaled_power
from diffcheck.notation.functions import FUNCTIONS, absolute, erf, expm1, sech, sigmoid, sign, tanh
from diffcheck.notation.special_functions import bessel_i

_erfc, _erfcx = (FUNCTIONS[name].symbol for name in ("erfc", "erfcx"))
_ROOT_OF_PI = sqrt(pi)

# f(v)^power + 1, and f(v)^power - 1, as one function of v, where it is one.
_Whole = Callable[[Expr], Expr]
_PLUS_ONE: dict[tuple[type, int], _Whole] = {
    (erf, 1): lambda v: _erfc(-v),
    (tanh, 1): lambda v: 2 * sigmoid(2 * v),
    (expm1, 1): sympy.exp,
}
_LESS_ONE: dict[tuple[type, int], _Whole] = {
    (erf, 1): lambda v: -_erfc(v),
    (_erfc, 1): lambda v: -erf(v),
    (tanh, 1): lambda v: -2 * sigmoid(-2 * v),
    (sigmoid, 1): lambda v: -sigmoid(-v),
    (sech, 2): lambda v: -(tanh(v) ** 2),
    (tanh, 2): lambda v: -(sech(v) ** 2),
    (sympy.exp, 1): expm1,
    (sympy.cos, 1): lambda v: -2 * sympy.sin(v / 2) ** 2,
}


def uncancelled(total: Expr) -> Expr:
    """Return the sum *total*, with every pair of its terms that may cancel written as one term where a rule knows how."""
    terms = list(Add.make_args(total))
    for first, second in permutations(terms, 2):
        for rule in (_with_one, _mirrored, _of_sinc, _of_erfcx, _of_bessel, _over_common_bases, _multiple):
            made = rule(first, second)
            if made is not None:
                rest = [term for term in terms if term is not first and term is not second]
                return uncancelled(Add(*rest, made))
    return total


def _factors(term: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Yield each factor of *term*, and what remains."""
    factors = Mul.make_args(term)
    for place, factor in enumerate(factors):
        yield factor, Mul(*factors[:place], *factors[place + 1 :])


def _with_one(first: Expr, second: Expr) -> Expr | None:
    """Return k·f(v)ᵖ ± k as one term."""
    for factor, rest in _factors(first):
        base, power = factor.as_base_exp() if factor.is_Pow else (factor, Integer(1))
        table = _PLUS_ONE if second == rest else _LESS_ONE if second == -rest else {}
        whole = table.get((type(base), int(power) if power.is_Integer else 0))
        if whole is not None:
            return rest * whole(base.args[0])
    return None


def _mirrored(first: Expr, second: Expr) -> Expr | None:
    """Return k·σ(v) − k·σ(−v) as k·tanh(v/2)."""
    for factor, rest in _factors(first):
        base, power = factor.as_base_exp()
        if isinstance(base, sigmoid) and power.is_Integer and power > 0:
            least = rest * base ** (power - 1)
            if second == -least * sigmoid(-base.args[0]) and not base.args[0].could_extract_minus_sign():
                return least * tanh(base.args[0] / 2)
    return None


def _of_sinc(first: Expr, second: Expr) -> Expr | None:
    """Return k·sin(v) − k·v·cos(v) as one term."""
    for factor, rest in _factors(first):
        if isinstance(factor, sympy.sin):
            (v,) = factor.args
            if second == -rest * v * sympy.cos(v):
                return rest * _sine_less_cosine(v)
    return None


def _sine_less_cosine(v: Expr) -> Expr:
    """Return sin(v) − v·cos(v) as v³·j₁(v)/v, or by the slope of sin(πu)/(πu) at v = πu."""
    return -(v**2) / pi * slope_of_sinc(v / pi) if pi in Mul.make_args(v) else v**3 * j1_by_u(v)


def _of_erfcx(first: Expr, second: Expr) -> Expr | None:
    """Return k·v·erfcx(v) − k/√π as k/2 times the slope of erfcx, and k·v times that + k·erfcx(v) by its second derivative."""
    for factor, rest in _factors(first):
        if isinstance(factor, _erfcx):
            (v,) = factor.args
            if second == -rest / v / _ROOT_OF_PI:
                return rest / v * slope_of_erfcx(v) / 2
            if second == rest * v * slope_of_erfcx(v):
                return rest * second_derivative_of_erfcx(v) / 2
    return None


def _of_bessel(first: Expr, second: Expr) -> Expr | None:
    """Return the sums of Bessel functions that are derivatives of Bessel functions, scaled or not, as these."""
    for factor, rest in _factors(first):
        rule = _DERIVATIVES_OF_BESSEL.get(type(factor))
        if rule is not None:
            (v,) = factor.args
            other, slope = rule(v)
            scale = sympy.exp(-absolute(v)) if isinstance(factor, (slope_of_bessel_i1, second_derivative_of_bessel_i1)) else 1
            times = second / (rest / scale * other)
            if times.is_Integer and times > 0:
                return rest / scale * (slope + (times - 1) * other)
    return None


# f(v) and g(v), where the sum of both is a derivative.
_DERIVATIVES_OF_BESSEL: dict[type, Callable[[Expr], tuple[Expr, Expr]]] = {
    bessel_i(0): lambda v: (bessel_i(2)(v), 2 * slope_of_bessel_i1(v)),
    bessel_i(3): lambda v: (3 * bessel_i(1)(v), 4 * second_derivative_of_bessel_i1(v)),
    bessel_i1e: lambda v: (-sign(v) * bessel_i0e(v), slope_of_bessel_i0e(v)),
    slope_of_bessel_i1: lambda v: (-sign(v) * bessel_i1e(v), slope_of_bessel_i1e(v)),
    slope_of_bessel_i1e: lambda v: (-sign(v) * slope_of_bessel_i0e(v), second_derivative_of_bessel_i0e(v)),
    second_derivative_of_bessel_i1: lambda v: (
        -2 * sign(v) * sympy.exp(-absolute(v)) * slope_of_bessel_i1(v),
        second_derivative_of_bessel_i1e(v) - sign(v) ** 2 * bessel_i1e(v),
    ),
}


def _over_common_bases(first: Expr, second: Expr) -> Expr | None:
    """Return two fractions over powers of sums as one, if its numerator is one term.

    As of 1/(1 + |x|) − |x|/(1 + |x|)², and of 1/√s − p²/√s³ where s = p² + q².
    """
    terms = [[_of_sum(factor) for factor in Mul.make_args(term)] for term in (first, second)]
    powers: dict[Expr, Expr] = {}
    for base, power in chain(*terms):
        if base.is_Add and (2 * power).is_Integer and power < 0:
            powers[base] = max(powers.get(base, Integer(0)), -power)
    if not any(all(base in dict(term) for term in terms) for base in powers):
        return None
    below = Mul(*(base**power for base, power in powers.items()))
    above = _signs_absorbed(Add(*(expand(Mul(below, *(base**power for base, power in term))) for term in terms)))
    if above.is_Add or any(above.has(base) for base in powers):
        return None
    return above * Mul(*(scaled_power(Pow(base, -power)) for base, power in powers.items()))


def _of_sum(factor: Expr) -> tuple[Expr, Expr]:
    """Return b and p where *factor* is bᵖ, with 1 + v² for the square of √(1 + v²)."""
    base, power = factor.as_base_exp() if factor.is_Pow else (factor, Integer(1))
    return (1 + base.args[0] ** 2, power / 2) if isinstance(base, hypot1) else (base, power)


def _multiple(first: Expr, second: Expr) -> Expr | None:
    """Return k·a − a as a·(k − 1), where k is a tensor: the difference is exact where they cancel."""
    times = -first / second
    leaf = isinstance(times, (Indexed, Symbol)) and not times.is_integer
    return -second * (times - 1) if leaf and not second.is_number else None


def _signs_absorbed(total: Expr) -> Expr:
    """Return *total*, of products of u, |u| and sign(u), with a sign that is squared or meets its u written out."""
    signed = {node.args[0] for node in total.atoms(sign, absolute)}
    return Add(*(reduce(_absorbed, signed, term) for term in Add.make_args(expand(total))))


def _absorbed(term: Expr, u: Expr) -> Expr:
    """Return the product *term* by u = sign(u)·|u|; where a factor |u| is left, which is 0 at 0, sign(u)² is 1."""
    powers = {base: term.as_powers_dict().get(base, Integer(0)) for base in (u, absolute(u), sign(u))}
    size, signs = powers[u] + powers[absolute(u)], powers[u] + powers[sign(u)]
    if not (size.is_Integer and signs.is_Integer and size > 0):
        return term
    rest = term / Mul(*(base**power for base, power in powers.items()))
    return rest * (u**size if (size - signs) % 2 == 0 else absolute(u) * u ** (size - 1))
