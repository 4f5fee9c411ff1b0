"""Scalar expression -> an equal one in which nothing overflows, or is divided by 0, on the way to a finite value."""

from __future__ import annotations

from itertools import combinations

import sympy
from sympy import Expr, Indexed, Integer, Mul, Poly, Pow, Rational, Symbol, log

from diffcheck.generation.compositions import (
    bessel_i0e,
    bessel_i1e,
    exp2,
    hypot1,
    ndtri,
    slope_of_inverse_mills_ratio,
    slope_of_ndtri,
)
from diffcheck.generation.masking import is_inverse_branch, is_leaf, zero_first
from diffcheck.notation.functions import absolute, sech, sigmoid
from diffcheck.notation.selection import held, select
from diffcheck.notation.special_functions import bessel_i, inverse_mills_ratio
from diffcheck.notation.symbols import reads_of

_SCALED = {bessel_i(0): bessel_i0e, bessel_i(1): bessel_i1e}
_ZERO = Integer(0)


def scaled_power(node: Expr) -> Expr:
    """Return the power *node*, of 1 + eᵛ as one of the logistic function, of 1 + v² as one of its root, of 2 and ½ as exp2."""
    base, exponent = node.args
    if not exponent.is_number and base.is_Rational and (times := log(base, 2)) in (1, -1):
        return exp2(times * exponent)
    if not base.is_Add or len(base.args) != 2 or base.args[0] != 1 or not (2 * exponent).is_Integer:
        return node
    other = base.args[1]
    if isinstance(other, sympy.exp) and exponent.is_negative:
        return sigmoid(-other.args[0]) ** -exponent
    if exponent.is_negative or exponent == Rational(1, 2):
        return hypot1(other.base) ** (2 * exponent) if other.is_Pow and other.exp == 2 else node
    return node


def scaled_exponential(node: Expr) -> Expr:
    """Return e^(v·log 2) as 2ᵛ, and e^(k·q²/2) of a quantile q of the normal distribution by the kth power of its slope."""
    (argument,) = node.args
    times, quantile = argument.as_coeff_Mul()
    if quantile.is_Pow and quantile.exp == 2 and isinstance(quantile.base, ndtri) and (2 * times).is_Integer:
        return (slope_of_ndtri(quantile.base.args[0]) / sympy.sqrt(2 * sympy.pi)) ** (2 * times)
    factors = Mul.make_args(argument)
    return exp2(Mul(*(factor for factor in factors if factor != log(2)))) if log(2) in factors else node


def scaled_product(node: Expr) -> Expr:
    """Return the product *node* with each pair of factors as one that a rule knows to be one, and with what decays first."""
    factors = list(Mul.make_args(node))
    for first, second in combinations(factors, 2):
        for rule in (_logistic, _bessel, _mills, _of_one_base):
            made = rule(first, second) or rule(second, first)
            if made is not None:
                rest = [factor for factor in factors if factor is not first and factor is not second]
                product = Mul(*rest, made)
                return scaled_product(product) if product.is_Mul else product
    inside = _inside(node)
    return zero_first(_decayed(_ratios(_rooted(_doubled(node))))) if inside is None else inside


def _inside(node: Expr) -> Expr | None:
    """Return the branch v⁻² on a condition, else 0, times u as that on u·v⁻²: v⁻² may overflow where the product does not."""
    for factor in Mul.make_args(node):
        condition, then, other = factor.args if isinstance(factor, select) else (_ZERO, _ZERO, _ZERO)
        if other == 0 and any(power <= -2 for _, power in map(_base, Mul.make_args(then))):
            return select(condition, scaled_product(then * node / factor), _ZERO)
    return None


def _logistic(first: Expr, second: Expr) -> Expr | None:
    """Return eᵛ·σ(−v)ᵏ as σ(v)·σ(−v)ᵏ⁻¹."""
    base, power = second.as_base_exp()
    if isinstance(first, sympy.exp) and isinstance(base, sigmoid) and base.args[0] == -first.args[0] and power.is_positive:
        return sigmoid(first.args[0]) * base ** (power - 1)
    return None


def _bessel(first: Expr, second: Expr) -> Expr | None:
    """Return e^−|u|·I(u) as the function that is scaled so."""
    if isinstance(first, sympy.exp) and type(second) in _SCALED and first.args[0] == -absolute(second.args[0]):
        return _SCALED[type(second)](second.args[0])
    return None


def _mills(first: Expr, second: Expr) -> Expr | None:
    """Return λ(u)·(u + λ(u)) with λ the inverse Mills ratio as minus its slope."""
    if isinstance(first, inverse_mills_ratio) and second == first.args[0] + first:
        return -slope_of_inverse_mills_ratio(first.args[0])
    return None


def _of_one_base(first: Expr, second: Expr) -> Expr | None:
    """Return uᵛ·uⁿ as one power: at 0 it need not be 0/0."""
    plain = first.is_Pow and not first.exp.is_number and not first.base.is_number
    base, power = second.as_base_exp()
    return Pow(base, first.exp + power) if plain and base == first.base and power.is_Integer else None


def _doubled(node: Expr) -> Expr:
    """Return c·2ᵘ with ¼ ≤ |c| < 1 as 2c·2ᵘ⁻¹, or 4c·2ᵘ⁻², with a number of at least 1: 2ᵘ alone may overflow."""
    number, rest = node.as_independent(Indexed, Symbol, as_Add=False)
    power = next((factor for factor in Mul.make_args(rest) if isinstance(factor, exp2)), None)
    if power is None or power.args[0].is_Add or not number.is_comparable or not Rational(1, 4) <= abs(number) < 1:
        return node
    less = 1 if abs(number) >= Rational(1, 2) else 2
    return 2**less * number * rest / power * exp2(power.args[0] - less)


def _rooted(node: Expr) -> Expr:
    """Return k·q²/m, with m the branch on a size which may be 0, as (k·q/√m)·q/√m: q² may vanish and 1/m overflow before."""
    for factor in Mul.make_args(node):
        base, power = _base(factor)
        scale = next((other.base for other in Mul.make_args(node) if is_inverse_branch(other)), None)
        if power == 2 and (is_leaf(base) or isinstance(base, select)) and scale is not None:
            root = held(base / sympy.sqrt(scale))
            return held(node / factor * scale * root) * root
    return node


def _ratios(node: Expr) -> Expr:
    """Return *node* with y²/x² as (y/x)², and y/x² beside 1 + (y/x)² as (y/x)/x: neither square need exist."""
    above = {base: power for base, power in map(_base, Mul.make_args(node)) if power.is_Integer and power > 0}
    for base, power in map(_base, Mul.make_args(node)):
        if not (power.is_Integer and power <= -2 and is_leaf(base)):
            continue
        for other, times in above.items():
            ratio = held(other / base)
            if is_leaf(other) and (times >= 2 or node.has(1 + ratio**2, hypot1(ratio))):
                least = min(times, -power)
                return node / other**least * base**least * ratio**least
    return node


def _base(factor: Expr) -> tuple[Expr, Expr]:
    return factor.as_base_exp() if factor.is_Pow and factor.exp.is_Integer else (factor, Integer(1))


def _decayed(node: Expr) -> Expr:
    """Return D·p(u), where D is 0 wherever the polynomial p overflows, by Horner's products from D on: 0·u is 0."""
    factors = Mul.make_args(node)
    decaying = [factor for factor in factors if _decays(factor)]
    reads = set(reads_of(decaying[0])) if len(decaying) == 1 else set()
    if len(reads) != 1:
        return node
    (u,) = reads
    large = [(base, power) for base, power in map(_base, factors) if power > 0 and _is_polynomial(base, u)]
    if sum(Poly(base, u).degree() * power for base, power in large) < 2:
        return node
    value = decaying[0]
    for base, power in large:
        for _ in range(power):
            value = held(value * u) if base == u else _from_below(Poly(base, u), u, value)
    rest = [factor for factor in factors if factor is not decaying[0] and _base(factor) not in large]
    return Mul(*rest, value)


def _is_polynomial(node: Expr, u: Expr) -> bool:
    """Say whether *node* is a polynomial of *u* with numbers alone, of degree 1 or above."""
    return bool(node.has(u) and node.is_polynomial(u) and not Poly(node, u).free_symbols_in_domain)


def _from_below(polynomial: Poly, u: Expr, decaying: Expr) -> Expr:
    total, power = _ZERO, decaying
    for number in reversed(polynomial.all_coeffs()):
        total += number * power
        power = held(power * u)
    return total


def _decays(factor: Expr) -> bool:
    base, power = factor.as_base_exp()
    if isinstance(factor, sympy.exp):
        return bool(factor.args[0].is_nonpositive)
    return isinstance(base, sech) and bool(power.is_positive)
