"""Verdicts where a derivative is a convention: at kinks, holes and edges of a domain, by the limits from all sides.

    the sides differ            a kink: any value between them is a subgradient, and none outside is one
    they agree on a number      the derivative, whatever a branch for this one point says
    they agree on ±∞            there is no derivative: ±∞ says so with its sign, and NaN without; ∓∞ and numbers are
                                *otherwise*: wrong for a function of one number, undecided for others, of which one may tend
                                more slowly than the sides show. At −0, where the side below has no value, IEEE 754 has
                                √−0 = −0 and log −0 = −∞, and so −∞ for their slopes: undefined
    no side has a value         nothing to add

What was exact, accurate or lossy beside the convention of the program stays so at a kink and at an edge.
"""

from __future__ import annotations

import math

from flint import arb

from diffcheck.oracle import Format, ulp
from diffcheck.verification.verdict import Judgement, Kind, Verdict, judge

_FINE = (Verdict.EXACT, Verdict.ACCURATE, Verdict.LOSSY)
_SAME = 2.0**-40
_FEW = 4.0


def judged_by_sides(
    judged: Judgement, got: float, exact: arb, low: arb, high: arb, form: Format, *, otherwise: Verdict = Verdict.UNDECIDED
) -> Judgement:
    """Return the judgement on *got* given the least and the greatest limit, NaN for none, or *judged* itself."""
    if low.is_nan() or high.is_nan():
        return judged
    if not _agree(low, high):
        return _at_kink(judged, got, low, high, form)
    if not low.is_finite():
        return _at_pole(judged, got, float(low), otherwise)
    if exact.is_finite() and _agree(exact, low):
        return judged
    few = 2 * _FEW * form.unit * abs(float(low)) + form.tiny
    return judge(got, low, few, few / (2 * _FEW), form)


def judged_at_pole(judged: Judgement, got: float, low: arb, high: arb) -> Judgement:
    """Return the judgement on an infinite value of a function at a point where it has none, given the limits of its values."""
    if any(limit == got for limit in (low, high)):
        return Judgement(Verdict.UNDEFINED, Kind.INFINITE, 0.0, 0.0)
    return judged


def filled(exact: arb, low: arb, high: arb) -> arb:
    """Return the derivative given the limits from all sides: where they agree on a number it is that, else *exact*."""
    hole = low.is_finite() and high.is_finite() and _agree(low, high) and not (exact.is_finite() and _agree(exact, low))
    return low if hole else exact


def _agree(low: arb, high: arb) -> bool:
    if not (low.is_finite() and high.is_finite()):
        return bool(low == high)
    return not abs(high - low) > _SAME * (abs(low) + abs(high))


def _at_kink(judged: Judgement, got: float, low: arb, high: arb, form: Format) -> Judgement:
    endless = judged.kind is Kind.SPURIOUS_INFINITY and low.is_finite() and high.is_finite()
    if judged.verdict in _FINE or math.isnan(got) or endless:
        return judged
    inside = not (got < low - _slack(low, form) or got > high + _slack(high, form))
    if inside:
        return Judgement(Verdict.UNDEFINED, Kind.SUBGRADIENT, judged.ulp, judged.bound)
    return Judgement(Verdict.WRONG, Kind.NO_SUBGRADIENT, judged.ulp, judged.bound)


def _slack(end: arb, form: Format) -> float:
    size = abs(float(end)) if end.is_finite() else 0.0
    return _FEW * ulp(size, form) if math.isfinite(size) else 0.0


def _at_pole(judged: Judgement, got: float, limit: float, otherwise: Verdict) -> Judgement:
    if got == limit:
        return Judgement(Verdict.UNDEFINED, Kind.INFINITE, 0.0, 0.0)
    if math.isnan(got):
        return Judgement(Verdict.UNDEFINED, Kind.NONE, math.nan, math.nan)
    if otherwise is Verdict.UNDECIDED or (otherwise is Verdict.UNDEFINED and math.isfinite(got)):
        return judged
    kind = Kind.WRONG_SIGN if got == -limit else Kind.MISSING_INFINITY
    return Judgement(otherwise, kind if otherwise is Verdict.WRONG else Kind.NONE, math.inf, judged.bound)
