"""Verdicts on many elements at once: the rules of `judge`, in arrays of float64.

A ball is taken as hi + lo ± rad, three float64 numbers, so that |got − exact| is known to some 2^−50 of itself. An element
whose error, or whose rounding, is near a limit of the rules, or that is not finite, is given to `judge` itself: the verdicts
are the same, element by element.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb

from diffcheck.oracle import Format
from diffcheck.verification.verdict import FEW_ULP, FLUSHED, Judgement, Kind, Verdict, judge, tolerated

VERDICTS, KINDS = tuple(Verdict), tuple(Kind)
_DOUBT, _SHARP = 2.0**-30, 2.0**-80
_BEYOND = arb(2) ** 1024  # all larger values round to infinity
_LEAST = 2.0**-1074
_LEAST_NORMAL = 2.0**-960  # below, hi and lo would be subnormal numbers of float64, or lo would vanish


@dataclass(frozen=True)
class Judged:
    """Verdicts and kinds as places in `VERDICTS` and `KINDS`, errors and bounds in ULP: arrays of one shape."""

    verdicts: np.ndarray
    kinds: np.ndarray
    ulps: np.ndarray
    limits: np.ndarray

    def one(self, index: tuple[int, ...]) -> Judgement:
        """Return the judgement on the element at *index*."""
        verdict, kind = VERDICTS[self.verdicts[index]], KINDS[self.kinds[index]]
        return Judgement(verdict, kind, float(self.ulps[index]), float(self.limits[index]))

    def count(self, verdict: Verdict) -> int:
        """Return how many elements got *verdict*."""
        return int(np.count_nonzero(self.verdicts == VERDICTS.index(verdict)))

    def count_kind(self, kind: Kind) -> int:
        """Return how many elements look like *kind*."""
        return int(np.count_nonzero(self.kinds == KINDS.index(kind)))


def judged_arrays(got: np.ndarray, exact: np.ndarray, bound: np.ndarray, conditioning: np.ndarray, form: Format) -> Judged:
    """Return the judgements on *got*, float64 values of *form*, given the balls *exact* and both bounds, absolute."""
    shape, got, balls = got.shape, got.ravel().astype(np.float64), exact.ravel()
    bound, conditioning = np.broadcast_to(bound, shape).ravel(), np.broadcast_to(conditioning, shape).ravel()
    high, low, radius, nothing = _parts(balls)
    with np.errstate(all="ignore"):
        found = _judged(got, high, low, bound, conditioning, form)
        apart = (found.verdicts == VERDICTS.index(Verdict.EXACT)) | _far_apart(got, high, low, bound, conditioning, form)
        certain = (apart & _certain(got, high, low, radius, form)) | _evident(got, high, low, radius, form)
    undefined, beyond = nothing & np.isnan(got), np.isinf(high)
    found.verdicts[undefined], found.kinds[undefined] = VERDICTS.index(Verdict.UNDEFINED), KINDS.index(Kind.NONE)
    found.ulps[undefined] = found.limits[undefined] = np.nan
    found.ulps[beyond] = found.limits[beyond] = np.inf
    doubtful = ~(certain | undefined)
    for place in np.flatnonzero(doubtful):
        one = judge(float(got[place]), balls[place], float(bound[place]), float(conditioning[place]), form)
        found.verdicts[place], found.kinds[place] = VERDICTS.index(one.verdict), KINDS.index(one.kind)
        found.ulps[place], found.limits[place] = one.ulp, one.bound
    fields = (found.verdicts, found.kinds, found.ulps, found.limits)
    return Judged(*(field.reshape(shape) for field in fields))


def _parts(balls: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return hi, lo and rad of finite balls, NaN for all others, and which are NaN; of balls beyond float64 hi is infinite."""
    parts, nothing = np.full((3, len(balls)), np.nan), np.zeros(len(balls), dtype=bool)
    for place, ball in enumerate(balls):
        if ball.is_finite():
            middle = ball.mid()
            high = float(middle)
            if abs(high) < np.inf:
                radius = float(ball.rad())
                parts[:, place] = high, float(middle - arb(high)), radius if high or ball.is_zero() else max(radius, _LEAST)
            elif abs(ball) > _BEYOND:
                parts[:, place] = high, 0, 0
        elif ball.is_nan():
            nothing[place] = True
    return parts[0], parts[1], parts[2], nothing


def _spacing(value: np.ndarray, form: Format) -> np.ndarray:
    """Return ulp(value) as `oracle.ulp` does."""
    leading = np.where(value == 0, form.least, np.frexp(value)[1] - 1)
    return np.ldexp(1.0, (np.clip(leading, form.least, form.greatest) - form.precision + 1).astype(np.int64))


def _step(high: np.ndarray, low: np.ndarray, form: Format) -> np.ndarray:
    """Return ulp(hi + lo), half of ulp(hi) where hi is the power of 2 that the value is just below."""
    below = (np.abs(np.frexp(high)[0]) == 0.5) & (low * np.sign(high) < 0) & (np.abs(high) > 2.0**form.least)
    return _spacing(high, form) * np.where(below, 0.5, 1.0)


def _judged(
    got: np.ndarray, high: np.ndarray, low: np.ndarray, bound: np.ndarray, conditioning: np.ndarray, form: Format
) -> Judged:
    spacing, error = _spacing(high, form), np.abs((got - high) - low)
    place = {verdict: VERDICTS.index(verdict) for verdict in Verdict}
    conditioning = np.where(np.isfinite(conditioning), conditioning, spacing / 2)
    verdicts = np.full(got.shape, place[Verdict.WRONG], dtype=np.uint8)
    conditioned = (error <= 2 * FEW_ULP * conditioning) & np.isfinite(conditioning)
    turned = ((high > 0) != (got > 0)) & (got != 0)
    vanished = (got == 0) & (np.abs(high) >= 2.0**form.least)
    some = np.where(turned, tolerated(1.0, form) * spacing, _tolerated(high, spacing, form))
    verdicts[((error <= bound) & (bound < np.inf)) | (error <= some)] = place[Verdict.LOSSY]
    signed = ~(turned | vanished) | (np.abs(high) <= 2 * conditioning)
    verdicts[conditioned] = np.where(signed, place[Verdict.ACCURATE], place[Verdict.LOSSY])[conditioned]
    verdicts[(verdicts == place[Verdict.WRONG]) & (bound == np.inf)] = place[Verdict.UNDECIDED]
    rounded = np.rint(high / spacing) * spacing
    exact = got == np.where(np.abs(rounded) > form.largest, np.copysign(np.inf, rounded), rounded)
    verdicts[exact] = place[Verdict.EXACT]
    kinds = np.full(got.shape, KINDS.index(Kind.NONE), dtype=np.uint8)
    kinds[turned] = KINDS.index(Kind.WRONG_SIGN)
    kinds[vanished] = KINDS.index(Kind.SPURIOUS_ZERO)
    kinds[exact] = KINDS.index(Kind.NONE)
    end = (
        2.0 * 2.0**form.greatest if form.greatest < 1023 else np.inf
    )  # as `error_in_ulp` has it; beyond float64 by that itself
    off = np.where(np.abs(high) > end, np.abs(got - np.copysign(end, high)), error)
    return Judged(verdicts, kinds, off / _step(high, low, form), bound / spacing)


def _tolerated(high: np.ndarray, spacing: np.ndarray, form: Format) -> np.ndarray:
    """Return the errors that are not wrong whatever the bound: some ULP, and what flushing a subnormal number to 0 makes."""
    least = 2.0**form.least
    flushed = np.where(np.abs(high) < least, np.minimum(least, FLUSHED * np.abs(high)), 0.0)
    return np.maximum(tolerated(1.0, form) * spacing, flushed)


def _certain(got: np.ndarray, high: np.ndarray, low: np.ndarray, radius: np.ndarray, form: Format) -> np.ndarray:
    """Say for which elements the rounding is not near a tie, and no rule for what is not finite applies."""
    spacing = _spacing(high, form)
    plain = np.isfinite(got) & np.isfinite(high) & (np.abs(high) > _LEAST_NORMAL) & (np.abs(high) < form.largest / 4)
    sharp = radius <= _SHARP * np.abs(high)
    scaled = (high / spacing) % 1.0 + low / spacing
    untied = np.abs(scaled - 0.5) > _DOUBT
    if form.precision == 53:  # hi is rounded to nearest already; a tie shows in lo
        untied = np.abs(np.abs(low) / _step(high, low, form) - 0.5) > _DOUBT
    zero_apart = _apart(np.abs(high), np.full_like(high, 2.0**form.least))
    certain: np.ndarray = plain & sharp & untied & zero_apart
    return certain


def _far_apart(
    got: np.ndarray, high: np.ndarray, low: np.ndarray, bound: np.ndarray, conditioning: np.ndarray, form: Format
) -> np.ndarray:
    """Say for which elements the error is not near a limit."""
    spacing, error = _spacing(high, form), np.abs((got - high) - low)
    conditioning = np.where(np.isfinite(conditioning), conditioning, spacing / 2)
    limits = (bound, 2 * FEW_ULP * conditioning, _tolerated(high, spacing, form), tolerated(1.0, form) * spacing)
    tests = [*(_apart(error, limit) for limit in limits), _apart(np.abs(high), 2 * conditioning)]
    apart: np.ndarray = np.all(tests, axis=0)
    return apart


def _evident(got: np.ndarray, high: np.ndarray, low: np.ndarray, radius: np.ndarray, form: Format) -> np.ndarray:
    """Say which elements are EXACT whatever the limits: the value itself, ∞ for what is too large, 0 for what is too small."""
    itself = (got == high) & (low == 0) & (radius == 0) & ((high == 0) | (np.abs(high) > _LEAST_NORMAL))
    too_large = (got == np.copysign(np.inf, high)) & (np.abs(high) - radius > 2 * form.largest)
    too_small = (got == 0) & (np.abs(high) + radius < 2.0 ** (form.least - form.precision - 1))
    evident: np.ndarray = itself | too_large | too_small
    return evident


def _apart(error: np.ndarray, limit: np.ndarray) -> np.ndarray:
    apart: np.ndarray = ~np.isfinite(limit) | (np.abs(error - limit) > _DOUBT * np.maximum(error, limit))
    return apart
