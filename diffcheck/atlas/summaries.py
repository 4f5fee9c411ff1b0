"""What is kept of a question's judged points: counts by verdict and by kind, and the worst point of each argument's slope."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from flint import arb

from diffcheck.atlas.measuring import Batch
from diffcheck.verification.findings import shown
from diffcheck.verification.judging_arrays import KINDS, VERDICTS
from diffcheck.verification.verdict import Kind, Verdict


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
    """The points of one question: how many, how they were judged, and the largest and the mean error of those with one."""

    points: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    total_ulp: float = 0.0
    measured: int = 0
    worst: Worst | None = None

    @property
    def mean_ulp(self) -> float:
        """The mean error in ULP of all points with a finite one."""
        return self.total_ulp / self.measured if self.measured else 0.0

    @property
    def verdict(self) -> str:
        """The worst verdict that any point got."""
        order = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.LOSSY, Verdict.UNDEFINED, Verdict.ACCURATE, Verdict.EXACT)
        return next((verdict.value for verdict in order if self.verdicts[verdict.value]), "")


def summary_of(batches: Iterable[Batch]) -> Summary:
    """Return the summary of *batches*; an error at a kink or of a value that does not exist is none in ULP."""
    found = Summary()
    for batch in batches:
        judged = batch.judged
        found.points += judged.verdicts.size
        for names, places, counter in (
            (VERDICTS, judged.verdicts, found.verdicts),
            (KINDS, judged.kinds, found.kinds),
        ):
            values, counts = np.unique(places, return_counts=True)
            counter.update({names[value].value: int(count) for value, count in zip(values, counts, strict=True)})
        sized = np.isfinite(judged.ulps) & (judged.verdicts != VERDICTS.index(Verdict.UNDEFINED))
        errors = np.where(sized, judged.ulps, 0.0)
        found.total_ulp += float(errors.sum())
        found.measured += int(np.count_nonzero(sized))
        place = int(errors.argmax())
        if errors[place] > (found.worst.ulp if found.worst else 0.0):
            found.worst = _worst(batch, place)
    del found.kinds[Kind.NONE.value]
    return found


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
