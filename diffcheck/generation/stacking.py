"""T[I,m] = Σ_c δ(c,m)·e_c as the slices e_c of an array: reads at constants, as in w[0] + w[1]*x[i], have such adjoints."""

from __future__ import annotations

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Symbol

from diffcheck.notation import Equation


def slices(equation: Equation) -> tuple[int, list[Expr]] | None:
    """Return the place of the axis m and e_0, e_1, …, or None where most of them would be zero."""
    if equation.bound:
        return None
    for place, index in enumerate(equation.indices):
        found = by_constant(equation.body, index.symbol)
        if found is not None and index.extent.is_Integer and len(found) * 2 > index.extent > max(found):
            return place, [found.get(number, Integer(0)) for number in range(int(index.extent))]
    return None


def by_constant(body: Expr, symbol: Symbol) -> dict[int, Expr] | None:
    """Return e_c by c where *body* is Σ_c δ(c,m)·e_c for the index m of *symbol*, None where it is not."""
    found: dict[int, Expr] = {}
    for term in _terms(body):
        factors = Mul.make_args(term)
        deltas = [factor for factor in factors if _picks(factor, symbol)]
        rest = Mul(*(factor for factor in factors if factor not in deltas))
        if len(deltas) != 1 or symbol in rest.free_symbols:
            return None
        number = int(next(place for place in deltas[0].args if place.is_Integer))
        found[number] = found.get(number, Integer(0)) + rest
    return found


def _terms(body: Expr) -> list[Expr]:
    """Return the terms of *body*, multiplied out where the deltas stand in one factor of a product."""
    factors = Mul.make_args(body)
    sums = [factor for factor in factors if factor.is_Add and factor.has(KroneckerDelta)]
    if len(sums) != 1:
        return list(Add.make_args(body))
    others = [factor for factor in factors if factor is not sums[0]]
    return [Mul(*others, term) for term in sums[0].args]


def _picks(factor: Expr, symbol: Symbol) -> bool:
    return isinstance(factor, KroneckerDelta) and symbol in factor.args and any(place.is_Integer for place in factor.args)
