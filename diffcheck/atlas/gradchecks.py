"""diffcheck's verdict and torch.autograd.gradcheck counted side by side, on derivatives of which it is known if they are right.

    gradcheck passes d  ⟺  |d − n| ≤ atol + rtol·|n|,  n = (f(x + eps) − f(x − eps))/(2·eps)

with eps = 10⁻⁶, atol = 10⁻⁵ and rtol = 10⁻³, its defaults, at one element at a time.
"""

from __future__ import annotations

import multiprocessing
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
import torch

from diffcheck.atlas.choosing import variant_of
from diffcheck.atlas.measuring import Batch, Measurement, Task, points_of
from diffcheck.atlas.planting import PLANTS, Plant, truth
from diffcheck.atlas.variants import Variant
from diffcheck.errors import DiffcheckError, UnusedParameterWarning
from diffcheck.verification.judging_arrays import KINDS, VERDICTS
from diffcheck.verification.verdict import Verdict

EPS, ATOL, RTOL = 1e-6, 1e-5, 1e-3
PASSED, FAILED = "passed", "failed"
_NAMED = (Verdict.WRONG, Verdict.LOSSY)
_FINE = (Verdict.EXACT, Verdict.ACCURATE, Verdict.LOSSY)
_KEPT = 5


@dataclass
class Tally:
    """What was said of one plant: how many points by verdict, by what gradcheck says, and the first mistakes of diffcheck."""

    right: bool
    points: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    gradcheck: Counter[str] = field(default_factory=Counter)
    mistakes: int = 0
    misnamed: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        self.points += other.points
        self.mistakes += other.mistakes
        self.misnamed += other.misnamed
        self.verdicts.update(other.verdicts)
        self.gradcheck.update(other.gradcheck)
        self.first = (self.first + other.first)[:_KEPT]

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {**vars(self), "verdicts": dict(self.verdicts), "gradcheck": dict(self.gradcheck)}


@dataclass(frozen=True)
class Counted:
    """The tallies of one variant by plant, its points that were left out, by reason, or why it could not be asked."""

    variant: str
    tallies: dict[str, Tally]
    exempt: Counter[str]
    refused: str = ""


def counted(name: str, points: int, seed: int) -> Counted:
    """Return what is said of all plants at so many of the float64 points of the variant *name*, drawn from *seed*."""
    with warnings.catch_warnings(action="ignore", category=UnusedParameterWarning):  # a derivative of 0 is one too
        return _counted(name, points, seed)


def _counted(name: str, points: int, seed: int) -> Counted:
    variant, tallies = variant_of(name), {plant.name: Tally(plant.right) for plant in PLANTS}
    exempt: Counter[str] = Counter()
    try:
        measurement = Measurement(variant, Task(name, "float64"))
    except DiffcheckError as refusal:
        return Counted(name, tallies, exempt, str(refusal))
    lines = points_of(variant, measurement.form, seed)
    drawn = np.random.default_rng(seed).permutation(len(lines[0]))[:points]
    values = {argument: line[np.sort(drawn)] for argument, line in zip(measurement.names, lines, strict=True)}
    outside = _without_value(variant, values)
    for place, derivative in enumerate(measurement.derivatives):
        known = truth(derivative, values, measurement.form)
        known.exempt[outside] = "outside of the domain"
        exempt.update(reason for reason in known.exempt.tolist() if reason)
        numerical = differences(variant, list(values.values()), place)
        with np.errstate(all="ignore"):
            made = {plant.name: plant.made(known.nearest) for plant in PLANTS}
        for batch in measurement.judged(derivative, values, made):
            plant = _PLANTS[batch.mode]
            _count(tallies[plant.name], plant, batch, passes(batch.got, numerical), known.planted(plant, batch.got), name)
    return Counted(name, tallies, exempt)


def all_counted(names: Sequence[str], points: int, seed: int, *, jobs: int = 1) -> Iterator[Counted]:
    """Yield what is `counted` of each of *names*, shared among *jobs* processes."""
    if jobs == 1:
        yield from map(counted, names, repeat(points), repeat(seed))
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        yield from pool.map(counted, names, repeat(points), repeat(seed))


def _without_value(variant: Variant, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Say where PyTorch's function itself is NaN, so that there is nothing to take a derivative of."""
    with torch.no_grad():
        found: np.ndarray = variant.function(*map(torch.from_numpy, values.values())).isnan().numpy()
    return found


def differences(variant: Variant, values: list[np.ndarray], place: int) -> np.ndarray:
    """Return the central differences of *variant* by its argument number *place*, as gradcheck takes them.

    NaN stands where they need an argument that PyTorch does not accept: gradcheck ends there with an error.
    """
    ends = []
    for step in (EPS, -EPS):
        moved = [value + step if at == place else value for at, value in enumerate(values)]
        accepted = [np.clip(value, *variant.accepted) for value in moved]
        with torch.no_grad():
            found = variant.function(*map(torch.from_numpy, accepted)).numpy().copy()
        found[np.any([kept != value for kept, value in zip(accepted, moved, strict=True)], axis=0)] = np.nan
        ends.append(found)
    with np.errstate(all="ignore"):
        numerical: np.ndarray = (ends[0] - ends[1]) / (2 * EPS)
    return numerical


def passes(got: np.ndarray, numerical: np.ndarray) -> np.ndarray:
    """Say at which elements gradcheck would take *got* for right: one that is not finite differs from itself in its eyes."""
    with np.errstate(all="ignore"):
        passed: np.ndarray = np.isclose(got, numerical, rtol=RTOL, atol=ATOL) & np.isfinite(got)
    return passed


_PLANTS = {plant.name: plant for plant in PLANTS}


def _count(tally: Tally, plant: Plant, batch: Batch, passed: np.ndarray, planted: np.ndarray, variant: str) -> None:
    verdicts, kinds = ([names[at] for at in places[planted]] for names, places in _codes(batch))
    tally.points += len(verdicts)
    tally.verdicts.update(verdict.value for verdict in verdicts)
    tally.gradcheck.update(PASSED if each else FAILED for each in passed[planted].tolist())
    for verdict, kind, at in zip(verdicts, kinds, np.flatnonzero(planted).tolist(), strict=True):
        mistaken = verdict not in (_FINE if plant.right else _NAMED)
        misnamed = not plant.right and not mistaken and kind not in plant.kinds
        tally.mistakes += mistaken
        tally.misnamed += misnamed
        if (mistaken or misnamed) and len(tally.first) < _KEPT:
            where = ", ".join(f"{name} = {float(line[at])!r}" for name, line in batch.points.items())
            tally.first.append(f"{variant} by {batch.name} at {where}: {plant.name} is {verdict.value} {kind.value}".rstrip())


def _codes(batch: Batch) -> tuple[tuple[tuple[Verdict, ...], np.ndarray], tuple[tuple[object, ...], np.ndarray]]:
    return (VERDICTS, batch.judged.verdicts), (KINDS, batch.judged.kinds)
