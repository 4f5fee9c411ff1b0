"""What is kept of a question's judged points: counts by verdict and by kind, and the worst point of each argument's slope."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from flint import arb

from diffcheck.atlas.measuring import Batch
from diffcheck.atlas.searching import measurable
from diffcheck.verification.findings import shown
from diffcheck.verification.judging_arrays import KINDS, VERDICTS, Judged
from diffcheck.verification.verdict import Kind, Verdict

WORST_FIRST = tuple(
    verdict.value
    for verdict in (Verdict.WRONG, Verdict.UNDECIDED, Verdict.LOSSY, Verdict.UNDEFINED, Verdict.ACCURATE, Verdict.EXACT)
)
_HARMLESS = (Kind.NONE, Kind.SUBGRADIENT, Kind.INFINITE)
_BLAMED = [VERDICTS.index(verdict) for verdict in (Verdict.WRONG, Verdict.UNDECIDED, Verdict.LOSSY)]
_HUGE = 1e300  # many such errors may be added
_LEAST, _MOST = -48, 20  # halves of binades, between which most inputs of networks lie


@dataclass(frozen=True)
class Worst:
    """The point with the largest error in ULP: its arguments and what was got in decimal and in hex, and the exact value."""

    slope: str
    point: dict[str, str]
    got: str
    exact: str
    ulp: float
    relative: float
    verdict: str


@dataclass
class Summary:
    """The points of one question: how many, how they were judged, the largest and the mean error, and the error by binade.

    *searched* are points that the search for the worst input tried beside: they are not among the counts of verdicts and kinds,
    since the search goes where errors are, but *found* has their verdicts, and they count for the worst of everything.
    *worst* is the largest error, and *blamed* the worst that the argument is not to blame for: of the points with the worst
    verdict that one with the largest error in ULP, one that is no number if there is no other.
    """

    points: int = 0
    searched: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    total_ulp: float = 0.0
    measured: int = 0
    worst: Worst | None = None
    blamed: Worst | None = None
    examples: dict[str, Worst] = field(default_factory=dict)
    along: dict[int, float] = field(default_factory=dict)

    @property
    def mean_ulp(self) -> float:
        """The mean error in ULP of all points with a finite one."""
        return self.total_ulp / self.measured if self.measured else 0.0

    @property
    def verdict(self) -> str:
        """The worst verdict that any point got."""
        return next((verdict for verdict in WORST_FIRST if self.verdicts[verdict] or self.found[verdict]), "")

    def count(self, batch: Batch) -> None:
        """Add the points of *batch*; an error at a kink or of a value that does not exist is none in ULP."""
        judged, errors = batch.judged, measurable(batch)
        self.points += judged.verdicts.size
        self.verdicts.update(_counted(VERDICTS, judged.verdicts))
        self.kinds.update(_counted(KINDS, judged.kinds))
        del self.kinds[Kind.NONE.value]
        self.total_ulp += float(np.minimum(errors, _HUGE).sum())
        self.measured += int(np.count_nonzero(np.isfinite(judged.ulps)))
        if len(batch.points) == 1:
            _add_along(self.along, next(iter(batch.points.values())), np.where(np.isnan(batch.got), np.inf, errors), judged)
        self._exemplify(batch)
        self._look(batch, errors)

    def _exemplify(self, batch: Batch) -> None:
        """Keep a point of each kind of error: the first batch's that has one, and in it the one nearest to 1 in size."""
        with np.errstate(divide="ignore"):
            far = sum(np.abs(np.log2(np.abs(values))) for values in batch.points.values())
        for place in np.unique(batch.judged.kinds):
            kind = KINDS[place]
            if kind not in _HARMLESS and kind.value not in self.examples:
                here = np.flatnonzero(batch.judged.kinds == place)
                self.examples[kind.value] = _worst(batch, int(here[np.argmin(far[here])]))

    def search(self, batch: Batch) -> None:
        """Add points that were tried for the sake of the largest error."""
        self.searched += batch.judged.verdicts.size
        self.found.update(_counted(VERDICTS, batch.judged.verdicts))
        self._exemplify(batch)
        self._look(batch, measurable(batch))

    def _look(self, batch: Batch, errors: np.ndarray) -> None:
        place = int(errors.argmax())
        if errors[place] > (self.worst.ulp if self.worst else 0.0):
            self.worst = _worst(batch, place)
        worse = next((verdict for verdict in _BLAMED if (batch.judged.verdicts == verdict).any()), None)
        if worse is not None:
            own = np.where(batch.judged.verdicts == worse, errors, -1.0)  # 0 where there is no number
            place = int(own.argmax())
            found = _worst(batch, place) if own[place] > 0 else _worst(batch, int(np.argmax(batch.judged.verdicts == worse)))
            if self.blamed is None or _rank(found) < _rank(self.blamed):
                self.blamed = found

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        found = {name: getattr(self, name) for name in ("points", "searched", "mean_ulp", "verdict")}
        along = [[bin_, round(ulp, 3) if math.isfinite(ulp) else None] for bin_, ulp in sorted(self.along.items())]
        largest = {
            name: _finite(asdict(one)) if one else None for name, one in (("worst", self.worst), ("blamed", self.blamed))
        }
        examples = {kind: _finite(asdict(one)) for kind, one in self.examples.items()}
        counts = {"verdicts": dict(self.verdicts), "found": dict(self.found), "kinds": dict(self.kinds)}
        return {**found, **counts, **largest, "examples": examples, "along": along}


def _counted(names: Sequence[Enum], places: np.ndarray) -> dict[str, int]:
    values, counts = np.unique(places, return_counts=True)
    return {names[value].value: int(count) for value, count in zip(values, counts, strict=True)}


def _rank(one: Worst) -> tuple[int, float]:
    """Return what is less for a worse point: by verdict, then by the error, one that is no number last."""
    return WORST_FIRST.index(one.verdict), -one.ulp if math.isfinite(one.ulp) else 0.0


def _finite(fields: dict[str, Any]) -> dict[str, Any]:
    """Return *fields* with None for numbers that JSON does not have."""
    return {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in fields.items()}


def bin_of(values: np.ndarray) -> np.ndarray:
    """Return the bins of *values*: two a binade from 2^−24 to 2^10, one for all beyond on either side, 0 for 0.

    >>> bin_of(np.array([-1.0, 0.0, 1.0, 1e-300, 1e300])).tolist()
    [-50, 0, 50, 1, 71]
    """
    with np.errstate(divide="ignore"):
        halves = np.floor(2 * np.log2(np.abs(values)))
    size = np.clip(halves, _LEAST - 1, _MOST + 1) - _LEAST + 2
    found: np.ndarray = np.where(values == 0, 0, np.copysign(size, values)).astype(int)
    return found


def _add_along(along: dict[int, float], values: np.ndarray, errors: np.ndarray, judged: Judged) -> None:
    """Keep the largest error of each bin, infinite where a value that is not finite is wrong."""
    shown_ = np.where(judged.verdicts == VERDICTS.index(Verdict.UNDEFINED), 0.0, errors)
    bins = bin_of(values)
    for bin_ in np.unique(bins):
        along[int(bin_)] = max(along.get(int(bin_), 0.0), float(shown_[bins == bin_].max()))


def _worst(batch: Batch, place: int) -> Worst:
    got, exact = float(batch.got[place]), batch.exact[place]
    point = {name: _both(float(values[place])) for name, values in batch.points.items()}
    verdict = VERDICTS[batch.judged.verdicts[place]].value
    return Worst(batch.name, point, _both(got), shown(exact), float(batch.judged.ulps[place]), _relative(got, exact), verdict)


def _both(value: float) -> str:
    return f"{value!r} ({value.hex()})" if math.isfinite(value) else repr(value)


def _relative(got: float, exact: arb) -> float:
    if not exact.is_finite() or exact.contains(0) or not math.isfinite(got):
        return math.inf
    return float((abs(arb(got) - exact) / abs(exact)).upper())
