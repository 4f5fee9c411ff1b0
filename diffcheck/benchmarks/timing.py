"""Several ways to do one thing, timed turn and turn about, so that a drift of the machine falls on all of them alike.

A *round* times every case once, in an order drawn anew; a sample is the mean time of a block of calls that the clock can tell.
The baseline is timed twice in every round, as two cases: what separates these two is noise, and no smaller difference between
others means anything. Ratios are taken within rounds and then summarised, with a bootstrap interval. So is the ratio of the
baseline to itself; the noise is the far end of that interval, since two medians can agree by luck.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from diffcheck.errors import MeasurementError

Call = Callable[[], object]
Clock = Callable[[Call, int], float]

_SHORTEST_BLOCK = 2e-3
_BOOTSTRAPS = 1000


@dataclass(frozen=True)
class Timing:
    """The samples of one case in seconds a call, their median, and the ratio baseline/case, each with a 95 % interval."""

    name: str
    samples: tuple[float, ...]
    median: float
    low: float
    high: float
    ratio: float
    ratio_low: float
    ratio_high: float


@dataclass(frozen=True)
class Comparison:
    """The timings by name, the name of the baseline, and the noise floor: the far end of the interval of |A/A − 1|."""

    timings: Mapping[str, Timing]
    baseline: str
    noise: float


def wall_clock(call: Call, number: int) -> float:
    """Return the seconds that *number* calls take on the processor."""
    start = time.perf_counter()
    for _ in range(number):
        call()
    return time.perf_counter() - start


def cuda_clock(call: Call, number: int) -> float:
    """Return the seconds that *number* calls take on the current CUDA device, between two events on its stream."""
    import torch

    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    torch.cuda.synchronize()
    start.record()
    for _ in range(number):
        call()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) / 1000


def compare_times(
    cases: Mapping[str, Call], baseline: str, *, rounds: int = 15, clock: Clock = wall_clock, seed: int = 0
) -> Comparison:
    """Return the timings of *cases* over *rounds* rounds, with ratios to *baseline*; the order in a round comes from *seed*."""
    if rounds < 1:
        raise MeasurementError(got=f"{rounds} rounds", wanted="1 or more", do="pass rounds=15, say")
    again = f"{baseline} again"
    calls = {**cases, again: cases[baseline]}
    numbers = {name: _block(call, clock) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    rng = np.random.default_rng(seed)
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for place in rng.permutation(len(calls)):
                name = list(calls)[place]
                samples[name].append(clock(calls[name], numbers[name]) / numbers[name])
    finally:
        if collecting:
            gc.enable()
    base = np.array(samples[baseline])
    timings = {name: _summarised(name, np.array(samples[name]), base, rng) for name in cases}
    return Comparison(timings, baseline, _noise(base / np.array(samples[again]), rng))


def _block(call: Call, clock: Clock) -> int:
    """Return how many calls make a block that the clock can time; the calls made to find out are the warm-up."""
    number = 1
    clock(call, 1)
    while number < 1 << 20:
        taken = clock(call, number)
        if taken >= _SHORTEST_BLOCK:
            return number
        number = (
            max(2 * number, ceil(number * _SHORTEST_BLOCK / max(taken, 1e-9))) if taken < _SHORTEST_BLOCK / 2 else 2 * number
        )
    return number


def _summarised(name: str, samples: np.ndarray, base: np.ndarray, rng: np.random.Generator) -> Timing:
    ratios = base / samples
    low, high = _interval(samples, rng)
    ratio_low, ratio_high = _interval(ratios, rng)
    return Timing(
        name, tuple(map(float, samples)), float(np.median(samples)), low, high, float(np.median(ratios)), ratio_low, ratio_high
    )


def _noise(ratios: np.ndarray, rng: np.random.Generator) -> float:
    """Return max |r − 1| over the interval of the median of A/A, whose ratios within rounds are given."""
    return max(abs(end - 1) for end in _interval(ratios, rng))


def _interval(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    drawn = rng.choice(values, size=(_BOOTSTRAPS, len(values)))
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return float(low), float(high)
