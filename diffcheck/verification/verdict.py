"""The verdict on one element of a gradient, and the rules by which it is given.

    EXACT      the computed value is the exact one, rounded to the format.
    ACCURATE   its error is at most 4 ULP times (1 + κ), κ the condition number of this gradient with respect to the inputs:
               inputs that are themselves rounded would move the exact value as much, so no algorithm could promise more of
               such. Where κ is not known it is taken for 0. But 0, or another sign, is accurate only where an ULP of the
               inputs, to first order, makes the exact value 0: a tail that vanished is lossy.
    LOSSY      worse than that, yet inside the rounding bound of the textbook formula, which is what the documented rule of a
               framework can promise; in float64 and float32 within 8 ULP too, by which two right formulas, or two libraries,
               may well differ; and a subnormal number of which all or a part was flushed to 0, as vectorised code and GPUs do:
               the error is not half as large again as the exact value.
    WRONG      outside that bound, or not finite where the exact value is (unless that is so near to what rounds to ∞ that an
               error as above leads there), or no comparable value at all; in float64 also inside a bound that depth has made
               wide, but hundreds of times further off than rounding at random leads (see envelopes).
    UNDEFINED  neither side has a value, or there is no derivative and the result is one of the subgradients.
    UNDECIDED  the ball of the exact value is too wide to tell, or no finite bound holds and the error is no such as rounding at
               random makes (see envelopes). Never silent: it counts against the gradient. Where a bound on the conditioning
               holds, an error from a thousandth on is wrong; in the atlas, where it is exact, a smaller one is lossy.

Comparisons are written so that NaN fails them: ``not (error <= bound)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from flint import arb

from diffcheck.oracle import Format, decided, enclosing, error_in_ulp, is_infinite, ulp

FEW_ULP = 4.0
_SOME_ULP, _WIDE = 8.0, 24  # in narrower formats 8 ULP are as much as a fault
FLUSHED = 1.5  # what is lost is all of it; in a sum of two terms, of which one is lost, the error may be a little more
_THOUSANDTH = 1e-3
_IMPROBABLE = 64.0  # times the envelope, which is several times what rounding at random made in several runs


class Verdict(Enum):
    """How good a computed element is, best first."""

    EXACT = "exact"
    ACCURATE = "accurate"
    LOSSY = "lossy"
    WRONG = "wrong"
    UNDEFINED = "undefined"
    UNDECIDED = "undecided"


class Kind(Enum):
    """What an error looks like, whatever the verdict."""

    NONE = ""
    SPURIOUS_ZERO = "spurious zero"
    SPURIOUS_NAN = "spurious NaN"
    SPURIOUS_INFINITY = "spurious infinity"
    MISSING_INFINITY = "missing infinity"
    OVERFLOW = "overflow"
    MISSING_NAN = "missing NaN"
    WRONG_SIGN = "wrong sign"
    WRONG_SCALE = "wrong scale"
    SUBGRADIENT = "kink, inside its subgradient interval"
    INFINITE = "infinite, as its limit is"
    NO_SUBGRADIENT = "kink, outside its subgradient interval"
    IMPROBABLE = "far beyond what rounding makes"
    MISSING = "missing gradient"
    WRONG_SHAPE = "wrong shape"
    WRONG_DTYPE = "wrong dtype"
    WRONG_DEVICE = "wrong device"
    UNKNOWN = "not asked for"
    UNSTEADY = "not the same twice"


UNSIGNED = (Kind.SPURIOUS_ZERO, Kind.WRONG_SIGN)


@dataclass(frozen=True)
class Judgement:
    """A verdict, what the error looks like, and its size and bound in ULP of the exact value."""

    verdict: Verdict
    kind: Kind
    ulp: float
    bound: float


def judge(got: float, exact: arb, bound: float, conditioning: float, form: Format) -> Judgement:
    """Return the judgement on *got*, given the ball of the exact value and both bounds, absolute."""
    if is_infinite(exact):
        return _infinite(got, float(exact))
    if not exact.is_finite():
        return _without_value(got, exact)
    low, high = enclosing(exact, form)
    size = ulp(float(exact.mid()), form)
    error = error_in_ulp(got, exact, form)
    limit = bound / size if math.isfinite(size) else math.inf
    if not math.isfinite(got):
        verdict, kind = _not_finite(got, low, high, bound)
        judged = Judgement(verdict, kind, error, limit)
        return _just_beyond(judged, got, exact, bound, conditioning, form) if verdict is Verdict.WRONG else judged
    if got in (low, high) and decided(exact, form):
        return Judgement(Verdict.EXACT, Kind.NONE, error, limit)
    least, most = _distance(got, exact)
    kind = _kind(got, exact, form)
    fine = _within(most, kind, exact, bound, conditioning, form)
    if fine is not None:
        return Judgement(fine, kind, error, limit)
    return Judgement(Verdict.UNDECIDED if least <= bound else Verdict.WRONG, kind, error, limit)


def _distance(got: float | arb, exact: arb) -> tuple[float, float]:
    error = abs(arb(got) - exact)
    return float(error.lower()), float(error.upper())


def _within(most: float, kind: Kind, exact: arb, bound: float, conditioning: float, form: Format) -> Verdict | None:
    """Return the verdict on an error of *most*, which looks like *kind*, if one of the limits allows it, else none."""
    spacing = ulp(float(exact.mid()), form)
    if not math.isfinite(conditioning):  # as where a power of a negative number has no slope by its exponent: κ is not known
        conditioning = spacing / 2
    if most <= 2 * FEW_ULP * conditioning and math.isfinite(conditioning):
        return Verdict.ACCURATE if kind not in UNSIGNED or abs(exact) <= 2 * conditioning else Verdict.LOSSY
    few = tolerated(spacing, form)
    if most <= bound < math.inf or most <= few or (kind is not Kind.WRONG_SIGN and _is_flushed(most, exact, form)):
        return Verdict.LOSSY
    return None


def _just_beyond(judged: Judgement, got: float, exact: arb, bound: float, conditioning: float, form: Format) -> Judgement:
    """Return the judgement on an infinity where the exact value nearly rounds to it, or *judged* itself.

    ∞ is the least number that rounds to it, as any other result is a number: a result that is 1 ULP off may well lie there.
    """
    if math.isnan(got) or (got > 0) != bool(exact > 0):
        return judged
    least = arb(2) ** (form.greatest + 1) - arb(2) ** (form.greatest - form.precision)
    _, most = _distance(least, abs(exact))
    fine = _within(most, Kind.NONE, exact, bound, conditioning, form)
    return judged if fine is None else Judgement(fine, Kind.NONE, most / ulp(float(exact.mid()), form), judged.bound)


def tolerated(spacing: float, form: Format) -> float:
    """Return the error that is not wrong whatever the bound, of a value whose neighbours are *spacing* away."""
    return _SOME_ULP * spacing if form.precision >= _WIDE and math.isfinite(spacing) else 0.0


def _is_flushed(most: float, exact: arb, form: Format) -> bool:
    size, least = abs(exact), arb(2) ** form.least
    return bool(size < least and most <= least and most <= FLUSHED * size)


def judged_by_envelope(judged: Judgement, got: float, exact: arb, envelope: float, form: Format) -> Judgement:
    """Return the judgement on an element without a bound, given how far rounding at random moves it, or *judged* itself."""
    if not abs(arb(got) - exact).upper() <= envelope < math.inf:
        return judged
    return Judgement(Verdict.LOSSY, judged.kind, judged.ulp, envelope / ulp(float(exact.mid()), form))


def judged_by_chance(judged: Judgement, got: float, exact: arb, envelope: float) -> Judgement:
    """Return the judgement on an element inside a bound that may be wide, given how far rounding at random moves it."""
    if not abs(arb(got) - exact).lower() > _IMPROBABLE * envelope:
        return judged
    return Judgement(Verdict.WRONG, Kind.IMPROBABLE, judged.ulp, judged.bound)


def judged_by_size(judged: Judgement, got: float, exact: arb, form: Format) -> Judgement:
    """Return the judgement on an element that no formula has a bound for, as its squares overflow, of known conditioning.

    It is less accurate than what an algorithm can promise: wrong from a thousandth and 8 ULP on, lossy below.
    """
    if not (judged.verdict is Verdict.UNDECIDED and judged.bound == math.inf and exact.is_finite()):
        return judged
    size = ulp(float(exact.mid()), form)  # infinite beyond the largest number
    error, most = abs(arb(got) - exact), _THOUSANDTH * abs(exact)
    most = arb.max(most, arb(_SOME_ULP * size)) if math.isfinite(size) else most
    verdict = Verdict.WRONG if error > most else Verdict.LOSSY if error <= most else Verdict.UNDECIDED
    return Judgement(verdict, judged.kind, judged.ulp, judged.bound)


def _infinite(got: float, exact: float) -> Judgement:
    if got == exact:
        return Judgement(Verdict.EXACT, Kind.NONE, 0.0, 0.0)
    return Judgement(Verdict.WRONG, Kind.SPURIOUS_NAN if math.isnan(got) else Kind.MISSING_INFINITY, math.inf, 0.0)


def _without_value(got: float, exact: arb) -> Judgement:
    if not exact.is_nan():  # there may be a value, which the oracle did not find
        return Judgement(Verdict.UNDECIDED, Kind.NONE, math.inf, math.nan)
    if math.isnan(got):
        return Judgement(Verdict.UNDEFINED, Kind.NONE, math.nan, math.nan)
    return Judgement(Verdict.UNDECIDED, Kind.MISSING_NAN, math.inf, math.nan)


def _not_finite(got: float, low: float, high: float, bound: float) -> tuple[Verdict, Kind]:
    if got in (low, high):
        return Verdict.EXACT, Kind.NONE  # the exact value is too large for the format
    if math.isnan(got):
        return Verdict.WRONG, Kind.SPURIOUS_NAN
    return Verdict.WRONG, Kind.SPURIOUS_INFINITY if math.isfinite(bound) else Kind.OVERFLOW


def _kind(got: float, exact: arb, form: Format) -> Kind:
    if got == 0:
        normal = abs(exact) >= arb(2) ** form.least
        return Kind.SPURIOUS_ZERO if normal else Kind.NONE
    return Kind.WRONG_SIGN if (exact > 0) != (got > 0) and not exact.contains(0) else Kind.NONE
