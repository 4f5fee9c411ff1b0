"""From a value to a place on an axis, straight or logarithmic, and the ticks between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10
from sys import float_info

LARGEST = 1e300  # on a straight axis, where differences must stay finite


@dataclass(frozen=True)
class Scale:
    """start + (end - start)·(u - low)/(high - low), where u is the value, or log10 of it on a logarithmic axis."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def at(self, value: float) -> float:
        """Return the place of *value*; what lies beyond an end is put at that end."""
        placed = value > 0 or drawable(value, self.log)
        unit = self._unit(min(value, float_info.max if self.log else LARGEST)) if placed else self.low
        share = (min(max(unit, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share

    def ticks(self, *, whole: bool = False) -> tuple[float, ...]:
        """Return the values to mark, from the lowest up; on a straight axis of *whole* numbers, none between these."""
        if not self.log:
            return _even(self.low, self.high, 1.0 if whole else 0.0)
        return _decades(self.low, self.high)

    def _unit(self, value: float) -> float:
        return log10(value) if self.log else value


def drawable(value: float, log: bool) -> bool:
    """Return whether *value* is finite, and positive where the axis is logarithmic, not absurd where it is straight."""
    return isfinite(value) and (value > 0 if log else abs(value) <= LARGEST)


def scale(values: Iterable[float], start: float, end: float, *, log: bool) -> Scale:
    """Return the axis that holds all drawable *values*, with some air at both ends."""
    units = [log10(value) if log else value for value in values if drawable(value, log)] or [0.0]
    low, high = min(units), max(units)
    least = 0.3 if log else abs(low) * 0.05 or 1.0
    air = max((high - low) * 0.05, 0.0 if high - low > least else least)
    if not log and 0 <= low < 0.3 * high:
        return Scale(0.0, high + air, start, end, log)
    return Scale(low - air, high + air, start, end, log)


def _decades(low: float, high: float) -> tuple[float, ...]:
    """Return powers of ten, thinned to about eight, or with 2 and 5 between where few of them fit."""
    rough = (high - low) / 8
    step = next(lead * size for size in (1, 10, 100) for lead in (1, 2, 5) if lead * size >= rough)
    powers = [_ten(k) for k in range(ceil(low), floor(high) + 1) if k % step == 0]
    powers = [value for value in powers if 0 < value < inf]  # the air around extreme values passes the range of floats
    if len(powers) >= 3:
        return tuple(powers)
    between = [lead * _ten(k) for k in range(floor(low), ceil(high) + 1) for lead in (1, 2, 5)]
    shown = tuple(value for value in between if 0 < value < inf and low <= log10(value) <= high)
    return shown or (10.0 ** ((low + high) / 2),)  # among the smallest floats no round value need lie on the axis


def _even(low: float, high: float, least: float) -> tuple[float, ...]:
    """Return multiples of 1, 2 or 5 times a power of ten, about six of them, at least *least* apart."""
    rough = max((high - low) / 6, least)
    if not rough > 1e-300:
        return (low,)
    size = 10.0 ** floor(log10(rough))
    step = next((lead * size for lead in (1, 2, 5) if lead * size >= rough), 10 * size)
    return tuple(k * step for k in range(ceil(low / step), floor(high / step) + 1)) or (low,)


def _ten(exponent: int) -> float:
    return float(f"1e{exponent}")
