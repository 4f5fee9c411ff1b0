"""Products of atoms, and the identities that hold among the factors of one.

Each rule rewrites a product into a sum of smaller ones, whatever stands beside it, so that sums stay linear:

    δ(i, p)·e(i) = δ(i, p)·e(p)
    p·p = p for a step, a delta and a mask        step(u)·step(−u) = 0, δ(p, q)·step(p − q) = 0    u·step(−u) = u − u·step(u)
    exp(u)·σ(u) = exp(u) − σ(u)                   exp(−u)·σ(u) = 1 − σ(u)      sin² = 1 − cos²
    a/(a + b) = 1 − b/(a + b)                     (b^(1/2))² = b              1/p = 1, where it has a value

1/p is taken for 1 before it meets p: in select(u, x/step(u), y) what is left of step(u)·x/step(u) must still be masked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Pow, exp, log, sin
from sympy import cos as cosine

from diffcheck.auditing.atoms import Logistic, Opaque, Step, Within
from diffcheck.errors import DerivationError

MOST_TERMS = 3000
_MOST_STEPS = 5_000  # some seconds
_STEPS: ContextVar[list[int] | None] = ContextVar("the number of products simplified so far", default=None)
IDEMPOTENT = (Step, KroneckerDelta, Within)


@contextmanager
def bounded() -> Iterator[None]:
    """Refuse, inside, to simplify more products than some ten seconds allow."""
    token = _STEPS.set([0])
    try:
        yield
    finally:
        _STEPS.reset(token)


def _count_step() -> None:
    steps = _STEPS.get()
    if steps is None:
        return
    steps[0] += 1
    if steps[0] > _MOST_STEPS:
        raise DerivationError(
            got=f"more than {_MOST_STEPS} products", wanted="fewer", do="audit a smaller part of the function"
        )


def multiplied(*sums: Expr) -> Expr:
    """Return the product of normal forms as a normal form."""
    done: Expr = Integer(1)
    for total in sums:
        left, right = Add.make_args(done), Add.make_args(total)
        if len(left) * len(right) > MOST_TERMS:
            raise DerivationError(
                got=f"a product of {len(left)} terms and {len(right)}",
                wanted=f"at most {MOST_TERMS} terms",
                do="audit a smaller part of the function",
            )
        done = Add(*(simplified(Mul(first, second)) for first in left for second in right))
    return done


def simplified(product: Expr) -> Expr:
    """Return a product of atoms after all rules; SymPy has gathered equal factors and exponentials."""
    _count_step()
    if product.is_Add:
        return Add(*map(simplified, product.args))
    factors = Mul.make_args(product)
    grown = [factor for factor in factors if isinstance(factor, exp)]
    if len(grown) > 1:  # SymPy adds x and 2x up, not x and y
        rest = (factor for factor in factors if factor not in grown)
        return simplified(Mul(exp(Add(*(factor.args[0] for factor in grown))), *rest))
    for factor in factors:
        for found in _rewritten(factor, factors):
            rest = Mul(*(other for other in factors if other is not factor))
            return multiplied(found, simplified(rest)) if found.is_Add or found.is_Mul else simplified(Mul(found, rest))
    for delta in factors:
        moved = _at_one_place(delta, product)
        if moved != product:
            return simplified(moved)
    for pair in _pairs(factors):
        rest, found = pair
        return Add(*(simplified(Mul(term, rest)) for term in Add.make_args(found)))
    return product


def _at_one_place(delta: Expr, product: Expr) -> Expr:
    """Return δ(i, p)·e(i) as δ(i, p)·e(p), for an index i of the result and another place p."""
    if isinstance(delta, KroneckerDelta):
        for index, place in (delta.args, delta.args[::-1]):
            if str(index).startswith("at_") and not place.is_Symbol:
                rest = Mul(*(factor for factor in Mul.make_args(product) if factor is not delta))
                return delta * rest.xreplace({index: place})
    return product


def _rewritten(factor: Expr, factors: tuple[Expr, ...]) -> Iterator[Expr]:
    """Return what *factor* alone is equal to, if a rule applies to it."""
    if factor.is_Add and len(factors) > 1:
        yield factor
    if not factor.is_Pow:
        return
    base, power = factor.base, factor.exp
    if isinstance(base, IDEMPOTENT) and power.is_number:
        yield base if power.is_positive else Integer(1)
    elif isinstance(base, sin) and power.is_Integer and power >= 2:
        yield Mul(1 - cosine(base.args[0]) ** 2, base ** (power - 2))
    elif base.is_Add and power.is_Rational and power >= 1:
        whole = power.p // power.q
        spread = multiplied(*[base] * whole)
        yield Mul(spread, base ** (power - whole)) if power != whole else spread


def _pairs(factors: tuple[Expr, ...]) -> Iterator[tuple[Expr, Expr]]:
    """Return the first rule that joins some factors, as (the other factors, what the joined ones are equal to)."""
    for first in factors:
        rest = [other for other in factors if other is not first]
        base, power = (first.base, first.exp) if first.is_Pow else (first, Integer(1))
        if isinstance(base, Logistic) and power.is_Integer and power > 0:
            yield from _logistic(base, base ** (power - 1), rest)
        elif isinstance(first, Step):
            yield from _steps(first, rest)
        elif base.is_Add and power.is_Rational and power < 0:
            yield from _quotient(base, power, rest)


def _logistic(curve: Expr, others: Expr, rest: list[Expr]) -> Iterator[tuple[Expr, Expr]]:
    for factor in rest:
        if isinstance(factor, exp):
            count = multiples(factor.args[0], curve.args[0])
            if count:
                outer = Mul(others, *(other for other in rest if other is not factor))
                yield outer, _joined(factor.args[0], curve, count)


def _joined(grown: Expr, curve: Expr, count: int) -> Expr:
    argument = curve.args[0]
    if count > 0:
        return exp(grown) - exp(grown - argument) * curve
    return (
        exp(grown + argument) * (1 - curve) if grown + argument == 0 else exp(grown + argument) - exp(grown + argument) * curve
    )


def multiples(grown: Expr, argument: Expr) -> int:
    """Return how many whole times *argument* is a part of *grown*, judged by one of its terms; 0 for none."""
    number, term = Add.make_args(argument)[0].as_coeff_Mul()
    ratio = grown.as_coefficients_dict().get(term, Integer(0)) / number if term != 1 else Integer(0)
    return int(ratio)


def _steps(step: Expr, rest: list[Expr]) -> Iterator[tuple[Expr, Expr]]:
    argument = step.args[0]
    opposite = Step(-argument)
    for factor in rest:
        equal = isinstance(factor, KroneckerDelta) and argument in (
            factor.args[0] - factor.args[1],
            factor.args[1] - factor.args[0],
        )
        if factor == opposite or equal:
            yield Mul(*(other for other in rest if other is not factor)), Integer(0)
    # The canonical step is the other one; but where a factor may have no value, the step masks it and has to stay.
    if argument.could_extract_minus_sign() and all(map(_everywhere, rest)):
        lead = lead_of(-argument)
        left = divided(Mul(*rest), lead[1])
        if left is not None:
            tail = -argument - Mul(*lead)
            terms = [-argument, *(-multiplied(part, opposite) for part in Add.make_args(-argument))]
            terms += [-multiplied(part, step) for part in Add.make_args(tail) if tail != 0]
            yield left, Add(*terms) / lead[0]


def _everywhere(factor: Expr) -> bool:
    """Say whether *factor* certainly has a value at all inputs."""
    if factor.is_Pow and not (factor.exp.is_Integer and factor.exp > 0) and not factor.base.is_positive:
        return False
    if isinstance(factor, log) and not factor.args[0].is_positive:
        return False
    return not isinstance(factor, Opaque) and all(map(_everywhere, factor.args))


def may_vanish_with_masks(base: Expr) -> bool:
    """Say whether *base* may be 0 where its masks are: then p/base is no sum of parts, some of which p would not mask."""
    return bool(base.atoms(*IDEMPOTENT)) and not base.is_positive


def _quotient(base: Expr, power: Expr, rest: list[Expr]) -> Iterator[tuple[Expr, Expr]]:
    number, term = lead_of(base)
    if term == 1 or may_vanish_with_masks(base):
        return
    left = divided(Mul(*rest), term)
    if left is not None:
        tail = base - number * term
        yield left, Add(Pow(base, power + 1), *(-part * Pow(base, power) for part in Add.make_args(tail))) / number


def lead_of(total: Expr) -> tuple[Expr, Expr]:
    """Return the number and the atoms of the leading term: of the highest degree, and of these the last by name."""
    terms = (term.as_coeff_Mul() for term in Add.make_args(total))
    number, atoms = max(terms, key=lambda pair: (_degree(pair[1]), str(pair[1])))
    return number, atoms


def _degree(term: Expr) -> int:
    powers = [factor.exp if factor.is_Pow else Integer(1) for factor in Mul.make_args(term) if factor != 1]
    return int(sum(power if power.is_Integer else 1 for power in powers))


def divided(product: Expr, term: Expr) -> Expr | None:
    """Return *product* / *term* where every factor of *term* is one of *product*, to a power at least as high."""
    have = {(f.base if f.is_Pow else f): (f.exp if f.is_Pow else Integer(1)) for f in Mul.make_args(product)}
    for factor in Mul.make_args(term):
        base, power = (factor.base, factor.exp) if factor.is_Pow else (factor, Integer(1))
        if not (power.is_Rational and base in have and have[base].is_Rational and have[base] >= power > 0):
            return None
    return product / term
