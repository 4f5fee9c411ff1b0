"""Scalar expression -> an equal one in which no two terms that are nearly equal are subtracted, nor rounded shares of 1."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import chain, permutations

import sympy
from sympy import Add, Expr, Indexed, Integer, Mul, Pow, Rational, Symbol, expand, fraction, powsimp

from diffcheck.generation.compositions import hypot1, sigmoid_less
from diffcheck.generation.masking import zero_first
from diffcheck.generation.powers import of_mixed_power
from diffcheck.generation.scaling import scaled_power
from diffcheck.generation.special_sums import factors_of, of_bessel, of_erfcx, of_sinc
from diffcheck.notation.functions import FUNCTIONS, absolute, erf, expm1, sech, sigmoid, sign, tanh
from diffcheck.notation.selection import held, select

_erfc = FUNCTIONS["erfc"].symbol

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


_DIGITS = 30


def uncancelled(total: Expr) -> Expr:
    """Return the sum *total*, with every pair of its terms that may cancel written as one term where a rule knows how."""
    terms = list(Add.make_args(total))
    for first, second in permutations(terms, 2):
        for rule in _RULES:
            made = rule(first, second)
            if made is not None:
                rest = [term for term in terms if term is not first and term is not second]
                return uncancelled(Add(*rest, made))
    return total


def _with_one(first: Expr, second: Expr) -> Expr | None:
    """Return k·f(v)ᵖ ± k as one term, and k·f(v)ᵖ ± k·f(v)ᵖ⁻¹."""
    for factor, k in factors_of(first):
        base, power = factor.as_base_exp() if factor.is_Pow else (factor, Integer(1))
        times = int(power) if power.is_Integer and power > 0 else 0
        for rest, left in ((k, times), (k * base ** (power - 1), 1)) if times else ():
            table = _PLUS_ONE if second == rest else _LESS_ONE if second == -rest else {}
            whole = table.get((type(base), left))
            if whole is not None:
                return rest * whole(base.args[0])
    return None


def _less_number(first: Expr, second: Expr) -> Expr | None:
    """Return k·σ(v) − k·c with a number c between 0 and 1 as k·(σ(v) − c) by one function."""
    for factor, k in factors_of(first):
        c = -second / k
        if isinstance(factor, sigmoid) and c.is_Rational and 0 < c < 1:
            return k * sigmoid_less(*factor.args, c, Rational(sympy.log(c / (1 - c)).evalf(_DIGITS)))
    return None


def _mirrored(first: Expr, second: Expr) -> Expr | None:
    """Return k·σ(v) − k·σ(−v) as k·tanh(v/2)."""
    for factor, rest in factors_of(first):
        base, power = factor.as_base_exp()
        if isinstance(base, sigmoid) and power.is_Integer and power > 0:
            least = rest * base ** (power - 1)
            if second == -least * sigmoid(-base.args[0]) and not base.args[0].could_extract_minus_sign():
                return least * tanh(base.args[0] / 2)
    return None


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
    if above.is_Add and len(above.args) == 2:
        rules = [rule(*pair) for rule in (_multiple, _squares) for pair in permutations(above.args, 2)]
        above = next((made for made in rules if made is not None), above)
    if above.is_Add or any(above.has(base) for base in powers):
        return None
    return above * Mul(*(scaled_power(Pow(base, -power)) for base, power in powers.items()))


def _of_sum(factor: Expr) -> tuple[Expr, Expr]:
    """Return b and p where *factor* is bᵖ, with 1 + v² for the square of √(1 + v²)."""
    base, power = factor.as_base_exp() if factor.is_Pow else (factor, Integer(1))
    return (1 + base.args[0] ** 2, power / 2) if isinstance(base, hypot1) else (base, power)


def _multiple(first: Expr, second: Expr) -> Expr | None:
    """Return k·a − a as a·(k − 1), where k is a tensor, or 2ⁿ times one: the difference is exact where they cancel."""
    first, second = map(_unmasked, (first, second))
    times = _ratio(-first, second)
    number, rest = times.as_coeff_Mul()
    leaf = isinstance(rest, (Indexed, Symbol)) and not rest.is_integer and _is_power_of_two(number)
    return zero_first(-second * (times - 1)) if leaf and not second.is_number else None


def _unmasked(term: Expr) -> Expr:
    """Return the product that *term* is where it is not 0 anyway, as `zero_first` says."""
    _, then, other = term.args if isinstance(term, select) else (None, None, None)
    return other if then == 0 and zero_first(other) == term else term


def _squares(first: Expr, second: Expr) -> Expr | None:
    """Return q²·a − a as a·(q − 1)·(q + 1), where q is a quotient of tensors: they cancel no more than q is rounded."""
    above, below = (part.as_base_exp() for part in fraction(_ratio(-first, second)))
    if above[1] != 2 or below not in ((1, 1), (below[0], 2)):
        return None
    ratio = above[0] if below == (1, 1) else held(above[0] / below[0])
    return -second * (ratio - 1) * (ratio + 1) if isinstance(ratio, held) else None


def _ratio(above: Expr, below: Expr) -> Expr:
    """Return the quotient of two products, in which uᵛ·u⁻ᵛ is 1."""
    made = above / below
    powers = any(factor.is_Pow and not factor.exp.is_number for factor in Mul.make_args(made))
    return powsimp(made, combine="exp") if powers else made


def _is_power_of_two(number: Expr) -> bool:
    return bool(number.is_Rational and number > 0 and max(number.p, number.q) == 1 << (number.p * number.q).bit_length() - 1)


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


_RULES = (_with_one, _less_number, _mirrored, of_sinc, of_erfcx, of_bessel, of_mixed_power, _over_common_bases, _multiple)
