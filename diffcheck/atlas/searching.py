"""The search for the worst input: from the worst points found so far, by steps of 1, 2, 4, … values along each argument.

Of each mode the `_STARTS` worst points are kept, all of their neighbours are judged at one go, and the worst of old and new
ones are the next starts. What is found is a lower bound of the largest error, as in any search that is not exhaustive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from diffcheck.atlas.measuring import Batch, Measurement
from diffcheck.atlas.ordinals import ordinals, values_at
from diffcheck.oracle import Format
from diffcheck.verification.judging_arrays import VERDICTS
from diffcheck.verification.verdict import Verdict

_STARTS = 4
_ROUNDS = 8
_FARTHEST = 40  # log2 of the longest step in float64: a four-thousandth of a binade

Points = dict[tuple[float, ...], float]  # the error in ULP by point


class Search:
    """The worst points of every mode so far; `rounds` judges more of them."""

    def __init__(self, measurement: Measurement) -> None:
        self.measurement = measurement
        self.worst: dict[str, Points] = {mode: {} for mode in measurement.ways}

    def see(self, batch: Batch) -> Batch:
        """Keep the worst points of *batch*, and return it."""
        errors = measurable(batch)
        kept = self.worst[batch.mode]
        for place in np.argpartition(errors, -min(_STARTS, len(errors)))[-_STARTS:]:
            if errors[place] > 0:
                point = tuple(float(values[place]) for values in batch.points.values())
                kept[point] = max(kept.get(point, 0.0), float(errors[place]))
        best = sorted(kept, key=lambda point: kept[point], reverse=True)[:_STARTS]
        self.worst[batch.mode] = {point: kept[point] for point in best}
        return batch

    def rounds(self, most: int = _ROUNDS) -> Iterator[Batch]:
        """Yield the judged neighbours of the worst points, round by round, until one finds nothing worse."""
        known: set[tuple[float, ...]] = set()
        for _ in range(most):
            before = self._largest()
            starts = {point for points in self.worst.values() for point in points}
            low, high = self.measurement.variant.accepted
            near = {point for start in starts for point in neighbours(start, self.measurement.form)} - known
            made = {point for point in near if all(low <= value <= high for value in point)}
            if not made:
                return
            known |= made
            for batch in self.measurement.batches([np.array(line) for line in zip(*sorted(made), strict=True)]):
                yield self.see(batch)
            if self._largest() == before:
                return

    def _largest(self) -> Mapping[str, float]:
        return {mode: max(points.values(), default=0.0) for mode, points in self.worst.items()}


def neighbours(point: tuple[float, ...], form: Format) -> Iterable[tuple[float, ...]]:
    """Yield what lies 1, 2, 4, … values of *form* from *point* along each of its arguments, both ways."""
    farthest = min(_FARTHEST, form.precision - 2)
    upwards = 1 << np.arange(farthest, dtype=np.int64)
    steps = np.concatenate([-upwards, upwards])
    for turn, value in enumerate(point):
        for other in values_at(ordinals(np.array([value]), form) + steps, form):
            yield (*point[:turn], float(other), *point[turn + 1 :])


def measurable(batch: Batch) -> np.ndarray:
    """Return the errors of *batch* in ULP, 0 where there is none: at a kink, or of what is not finite."""
    judged = batch.judged
    sized = np.isfinite(judged.ulps) & (judged.verdicts != VERDICTS.index(Verdict.UNDEFINED))
    return np.where(sized, judged.ulps, 0.0)
