"""The named functions of a normal form, as a normal form in few atoms: exp, σ, softplus, log, step, sin, cos and roots.

tanh(u) = 2σ(2u) − 1       sech(u) = 2·exp(u)·σ(−2u)      sinh, cosh, expm1 by exp      logsigmoid(u) = −softplus(−u)
σ(−u) = 1 − σ(u)           softplus(−u) = softplus(u) − u  relu(u) = u·step(u)           |u| = u·sign(u)
1/(a + b) = σ(−v)/a        log(a + b) = log(a) + softplus(v)                             where b/a = exp(v)
"""

from __future__ import annotations

from itertools import product as every
from typing import Any

from sympy import Abs, Add, Expr, Integer, Mul, Pow, Rational, Symbol, cos, exp, log, sin

from diffcheck.auditing.atoms import Logistic, Opaque, Softplus, Step
from diffcheck.auditing.monomials import IDEMPOTENT, lead_of, multiplied, simplified

_MOST_TRUTHS = 4


def called(name: str, u: Expr, loose: bool = False) -> Expr:
    """Return a named function of the normal form *u*; *loose* leaves u = 0 out: it takes step(−u) for 1 − step(u)."""
    rules: dict[str, Any] = {
        "exp": lambda: exp(u),
        "log": lambda: _log(u),
        "sin": lambda: sin(u),
        "cos": lambda: cos(u),
        "sinh": lambda: (exp(u) - exp(-u)) / 2,
        "cosh": lambda: (exp(u) + exp(-u)) / 2,
        "tanh": lambda: 2 * logistic(2 * u) - 1,
        "sech": lambda: multiplied(2 * exp(u), logistic(-2 * u)),
        "sigmoid": lambda: logistic(u),
        "softplus": lambda: _softplus(u),
        "logsigmoid": lambda: -_softplus(-u),
        "expm1": lambda: exp(u) - 1,
        "log1p": lambda: _log(1 + u),
        "erf": lambda: _odd("erf", u),
        "relu": lambda: multiplied(u, step(u, loose)),
        "step": lambda: step(u, loose),
        "sign": lambda: step(u, loose) - step(-u, loose),
        "absolute": lambda: multiplied(u, step(u, loose) - step(-u, loose)),
    }
    return _spread(rules[name]()) if name in rules else Opaque(Symbol(name), u)


def _spread(total: Expr) -> Expr:
    return Add(*(multiplied(*Mul.make_args(term)) for term in Add.make_args(total)))


def logistic(u: Expr) -> Expr:
    """Return σ(u), by the one of u and −u that comes first."""
    if u == 0:
        return Rational(1, 2)
    return 1 - Logistic(-u) if u.could_extract_minus_sign() else Logistic(u)


def _softplus(u: Expr) -> Expr:
    return Softplus(-u) + u if u.could_extract_minus_sign() else Softplus(u)


def _odd(name: str, u: Expr) -> Expr:
    return -Opaque(Symbol(name), -u) if u.could_extract_minus_sign() else Opaque(Symbol(name), u)


def step(u: Expr, loose: bool) -> Expr:
    """Return the step of u: of u scaled by a positive number, and worked out where u is made of truth values."""
    if (known := Step(u)).is_Integer:
        return known
    truths = sorted({atom for atom in u.atoms(*IDEMPOTENT) if _outermost(atom, u)}, key=str)
    if truths and len(truths) <= _MOST_TRUTHS and not _without(u, truths).free_symbols:
        return _worked_out(u, truths)
    scaled = Add(*(term / abs(lead_of(u)[0]) for term in Add.make_args(u)))
    if loose and scaled.is_nonnegative:
        return Integer(1)
    if loose and scaled.could_extract_minus_sign():
        return 1 - Step(-scaled)
    return Step(scaled)


def _outermost(atom: Expr, u: Expr) -> bool:
    return any(
        atom == (factor.base if factor.is_Pow else factor) for term in Add.make_args(u) for factor in Mul.make_args(term)
    )


def _without(u: Expr, truths: list[Expr]) -> Expr:
    return u.xreplace(dict.fromkeys(truths, Integer(1)))


def _worked_out(u: Expr, truths: list[Expr]) -> Expr:
    cases = []
    for values in every((0, 1), repeat=len(truths)):
        value = u.xreplace({truth: Integer(number) for truth, number in zip(truths, values, strict=True)})
        if not value.is_Rational:
            return Step(u)
        if value > 0:
            cases.append(multiplied(*(t if number else 1 - t for t, number in zip(truths, values, strict=True))))
    return Add(*cases)


def content(total: Expr) -> tuple[Expr, Expr]:
    """Return c and e with total = c·e, where c is a number times the powers and exponentials that all terms share."""
    terms = Add.make_args(total)
    number = lead_of(total)[0]
    shared, grown = None, None
    for term in terms:
        powers, argument = _factors(term)
        shared = powers if shared is None else {f: min(p, powers[f]) for f, p in shared.items() if f in powers}
        parts = dict(argument.as_coefficients_dict())
        grown = parts if grown is None else {t: c for t, c in grown.items() if parts.get(t) == c}
    common = Mul(*(base**power for base, power in (shared or {}).items()))
    common *= exp(Add(*(c * t for t, c in (grown or {}).items())))
    return number * common, Add(*(simplified(term / (number * common)) for term in terms))


def _factors(term: Expr) -> tuple[dict[Expr, Expr], Expr]:
    powers, argument = {}, Integer(0)
    for factor in Mul.make_args(term.as_coeff_Mul()[1]):
        if isinstance(factor, exp):
            argument = factor.args[0]
        elif factor != 1:
            base, power = (factor.base, factor.exp) if factor.is_Pow and factor.exp.is_Integer else (factor, Integer(1))
            powers[base] = power
    return powers, argument


def _two_exponentials(total: Expr) -> tuple[Expr, Expr] | None:
    """Return (a, v) with total = a·(1 + exp(v))."""
    terms = Add.make_args(total)
    if len(terms) != 2:
        return None
    first, second = sorted(terms, key=str)
    if any(isinstance(factor, IDEMPOTENT) for factor in Mul.make_args(first)):  # it may be 0
        return None
    ratio = simplified(second / first)
    return (first, ratio.args[0]) if isinstance(ratio, exp) else None


def inverse(total: Expr) -> Expr:
    """Return 1/total for a normal form other than 0."""
    if not total.is_Add:
        return simplified(Pow(total, -1))
    common, rest = content(total)
    if (pair := _two_exponentials(rest)) is not None:
        return multiplied(_spread(1 / (common * pair[0])), logistic(-pair[1]))
    if not rest.is_Add:
        return simplified(Pow(common, -1) * Pow(rest, -1))
    if isinstance(1 + rest, IDEMPOTENT):  # 1/(p − 1) = −1, where it has a value
        return -simplified(Pow(common, -1))
    if isinstance(1 + rest, Logistic):  # 1/(1 − σ(u)) = 1 + exp(u); content() made the leading term, σ(u), positive
        return _spread(-(1 + exp((1 + rest).args[0])) / common)
    return simplified(Pow(common, -1) * Pow(rest, -1))


def root(total: Expr, power: Rational) -> Expr:
    """Return total**power for a power that is no whole number."""
    whole, part = divmod(power, 1)
    number = abs(lead_of(total)[0])
    masks = [factor for factor in Mul.make_args(total) if isinstance(factor, IDEMPOTENT)]  # p^r = p, as for whole powers
    rest = total.xreplace(dict.fromkeys(masks, Integer(1))) if masks else total
    base = Mul(*masks) * Pow(number, part) * Pow(Add(*(term / number for term in Add.make_args(rest))), part)
    base = base.replace(Abs, lambda u: called("absolute", u))  # what SymPy makes of the root of a square
    lifted = [total] * int(whole) if whole > 0 else [inverse(total)] * int(-whole)
    return multiplied(*lifted, _spread(base))


def _log(total: Expr) -> Expr:
    common, rest = content(total) if total.is_Add else (total, Integer(1))
    if common.as_coeff_Mul()[0].is_negative and total.is_Add:
        common, rest = -common, -rest
    number, factors = common.as_coeff_Mul()
    if not number.is_positive:
        return log(total)
    parts, left = [log(number)] if number != 1 else [], []
    for factor in Mul.make_args(factors):
        if isinstance(factor, exp):
            parts.append(factor.args[0])
        elif isinstance(factor, Logistic):
            parts.append(-_softplus(-factor.args[0]))
        elif factor != 1:
            left.append(factor)
    parts += [_log_of_rest(Mul(*left) * rest, left)] if left or rest != 1 else []
    return Add(*parts)


def _log_of_rest(rest: Expr, left: list[Expr]) -> Expr:
    pair = None if left else _two_exponentials(rest)
    if pair is not None:
        return _log(pair[0]) + _softplus(pair[1])
    curve = 1 - rest
    return -_softplus(curve.args[0]) if isinstance(curve, Logistic) else log(rest)
