"""k − k·e_p/S, where S = Σ_j e_j of exponentials, as k·(Σ_{j≠p} e_j)/S: the share e_p/S may round to 1.

So with the slope of softmax or log_softmax at one of its places, and of cross-entropy by the logit of the label. Of two alone,
e_p = exp(u) and e_q = exp(v), k − 2k·e_p/S is k·(e_q − e_p)/S = k·tanh((v − u)/2): rounded, the shares may be equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations

import sympy
from sympy import Add, Dummy, Expr, Indexed, Integer, expand_mul

from diffcheck.derivation.terms import fresh_name
from diffcheck.notation import Equation, Index, Reduction, indices_of, name_of, read
from diffcheck.notation.functions import tanh
from diffcheck.notation.places import is_plain
from diffcheck.notation.symbols import substitute

Known = Mapping[str, Equation]
Others = dict[tuple[str, Expr], Equation]
"""The sums without a place, by the sum and the place."""

_DEEPEST, _LONGEST = 6, 120


def written_out(body: Expr, known: Known) -> Expr:
    """Return *body* with each element that it reads of *known* equations as these say it is."""
    found: dict[Expr, Expr] = {}
    for node in body.atoms(Indexed):
        other = known.get(name_of(node))
        if other is not None and _is_simple(node):
            places = zip((index.symbol for index in other.indices), indices_of(node), strict=True)
            found[node] = substitute(other.body, dict(places))
    return substitute(body, found)


def _is_simple(node: Indexed) -> bool:
    return all(is_plain(place) or place.is_Integer for place in indices_of(node))


def is_sum_of_exponentials(equation: Equation, known: Known) -> bool:
    """Say whether *equation* is Σ_j exp(…) over an axis whose extent is a number."""
    if equation.reduction is not Reduction.SUM or len(equation.bound) != 1 or not equation.bound[0].extent.is_Integer:
        return False
    return any(isinstance(body, sympy.exp) for body in _forms(equation.body, known))


def excluded(equation: Equation, known: Known, sums: Known, others: Others, taken: set[str]) -> tuple[Equation, ...]:
    """Return *equation* by the rule, after the equations of the sums that it then reads; by itself where no rule holds.

    Those of *others* were made for an equation before; what is made now is added to them.
    """
    if _is_plain_sum(equation) and sums:
        for body in _forms(equation.body, known):
            excluder = _Excluder(equation, known, sums, others, set(taken))
            total = excluder.rewritten(expand_mul(body))
            if excluder.holds:
                others.update(excluder.made)
                return (*excluder.made.values(), replace(equation, body=total))
    return (equation,)


def halved(equation: Equation, known: Known, sums: Known) -> Equation:
    """Return *equation* by the rule for two exponentials; last of all, since k·tanh((v − u)/2) joins with no other term."""
    if not (_is_plain_sum(equation) and sums):
        return equation
    excluder = _Excluder(equation, known, sums, {}, set(), of_two=True)
    total = excluder.rewritten(expand_mul(equation.body))
    return replace(equation, body=total) if excluder.holds else equation


def _is_plain_sum(equation: Equation) -> bool:
    return not equation.bound and equation.reduction is Reduction.SUM


def _forms(body: Expr, known: Known) -> list[Expr]:
    """Return *body*, and it with ever more operands written out, but for what an exponential is of."""
    forms = [body]
    while len(forms) < _DEEPEST:
        whole = {node: Dummy() for node in forms[-1].atoms(sympy.exp)}
        longer = written_out(substitute(forms[-1], whole), known).xreplace({name: node for node, name in whole.items()})
        if longer == forms[-1] or longer.count_ops() > _LONGEST:
            break
        forms.append(longer)
    return forms


@dataclass(frozen=True)
class _Share:
    """The term *own* at *place* of a read *whole* of a sum; *half* is ½(v − u) where it is exp(u) and exp(v) the only other."""

    whole: Indexed
    place: Expr
    own: Expr
    half: Expr | None


class _Excluder:
    """Rewrites the body of one equation; *made* are the sums without a place that are new, *holds* says that the rule did."""

    def __init__(
        self, equation: Equation, known: Known, sums: Known, others: Others, taken: set[str], *, of_two: bool = False
    ) -> None:
        self.equation, self.known, self.sums, self.others, self.taken = equation, known, sums, others, taken
        self.of_two = of_two
        self.made: Others = {}
        self.holds = False

    def rewritten(self, total: Expr) -> Expr:
        """Return the sum *total* with every pair of terms k − m·k·e_p/S as the rule says, and (m − 1)·k·e_p/S beside it."""
        shares = [share for whole in total.atoms(Indexed) for share in self._shares(whole, total)]
        for first, second in permutations(Add.make_args(total), 2):
            for share in shares:
                times = -second / first * share.whole / share.own
                if times.is_Integer and times > 0 and self.of_two == (share.half is not None and times == 2):
                    self.holds = True
                    return self.rewritten(total - first - second + self._made(first, int(times), share))
        return total

    def _made(self, k: Expr, times: int, share: _Share) -> Expr:
        if self.of_two:
            return k * tanh(share.half)
        return k * self._others(share.whole, share.place) / share.whole - (times - 1) * k * share.own / share.whole

    def _shares(self, whole: Indexed, total: Expr) -> list[_Share]:
        """Return the terms of the sum *whole* at those places that *total* reads, in each form that they may have there."""
        equation = self.sums.get(name_of(whole))
        if equation is None or not _is_simple(whole):
            return []
        at = dict(zip((index.symbol for index in equation.indices), indices_of(whole), strict=True))
        (bound,) = equation.bound
        places = {place for node in total.atoms(Indexed) for place in indices_of(node) if place.is_Integer}
        forms = _forms(equation.body, self.known)
        exponents = [form.args[0] for form in forms if isinstance(form, sympy.exp)]
        found = []
        for place in sorted((place for place in places if 0 <= place < bound.extent), key=int):
            sides = [substitute(exponents[0], {**at, bound.symbol: side}) for side in (1 - place, place)] if exponents else []
            half = (sides[0] - sides[1]) / 2 if exponents and bound.extent == 2 else None
            found += [_Share(whole, place, substitute(form, {**at, bound.symbol: place}), half) for form in forms]
        return found

    def _others(self, whole: Indexed, place: Expr) -> Expr:
        """Return a read of the sum *whole* without the term at *place*, as an equation, or two, of its own."""
        equation = self.sums[name_of(whole)]
        (bound,) = equation.bound
        at = indices_of(whole)
        before = self._part(equation, place, Integer(0), place)
        after = self._part(equation, place, place + 1, bound.extent - 1 - place)
        return Add(*(read(name, at) for name in (before, after) if name is not None))

    def _part(self, equation: Equation, place: Expr, start: Expr, extent: Expr) -> str | None:
        if extent == 0:
            return None
        key = (f"{equation.target} from {start}", place)
        if key not in self.others and key not in self.made:
            name = fresh_name(f"{equation.target}_others", self.taken)
            self.taken.add(name)
            (bound,) = equation.bound
            body = substitute(equation.body, {bound.symbol: bound.symbol + start})
            self.made[key] = Equation(name, equation.indices, (Index(bound.name, extent),), body)
        return (self.others.get(key) or self.made[key]).target
