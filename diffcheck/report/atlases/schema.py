"""What an atlas holds: one frozen record for each answer, and who measured it on what.

A field without a default must be there. An answer that is not done has a reason in the place of everything measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

from diffcheck.report.schema import Machine

DONE = "done"
WORST_FIRST = ("wrong", "undecided", "lossy", "undefined", "accurate", "exact")
BLAMED = WORST_FIRST[:3]


@dataclass(frozen=True)
class Worst:
    """A point in decimal and in hex, what was got there and the exact value; an *ulp* that is NaN is no finite number."""

    slope: str
    point: Mapping[str, str]
    got: str
    exact: str
    verdict: str
    ulp: float = nan
    relative: float = nan

    @property
    def error(self) -> float:
        """Return the error in ULP, infinite where something that is no number was got."""
        return float("inf") if isnan(self.ulp) else self.ulp


@dataclass(frozen=True)
class Special:
    """What comes out at an infinity or NaN, what was expected there, and what is wrong with it, if anything."""

    at: str
    got: str
    expected: str | None = None
    fault: str = ""


@dataclass(frozen=True)
class Apart:
    """One value that has two derivatives, and where in which tensor each of them came out."""

    name: str
    value: tuple[str, ...]
    got: str
    where: str
    other: str
    elsewhere: str


@dataclass(frozen=True)
class Positions:
    """How many values were tried at all places of tensors, at how many two derivatives came out, and the first of these."""

    tried: int
    apart: int
    gross: int
    first: Apart | None = None


@dataclass(frozen=True)
class Slopes:
    """At how many points something else than 1 came in, and at how many the derivative is no multiple of it; one of these."""

    tried: int
    apart: int
    first: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Row:
    """An answer: how the derivative of one operator in one dtype and mode was judged at all points."""

    variant: str
    family: str
    dtype: str
    mode: str
    order: int
    generated: bool
    device: str
    status: str
    seconds: float
    reason: str = ""
    points: int = 0
    searched: int = 0
    exhaustive: bool = False
    verdict: str = ""
    mean_ulp: float = nan
    digits: float = 0.0
    cause: str = ""
    verdicts: Mapping[str, int] | None = None
    found: Mapping[str, int] | None = None
    kinds: Mapping[str, int] | None = None
    worst: Worst | None = None
    blamed: Worst | None = None
    examples: Mapping[str, Worst] | None = None
    along: tuple[tuple[int, float], ...] = ()
    specials: tuple[Special, ...] = ()
    positions: Positions | None = None
    slopes: Slopes | None = None
    equations: tuple[str, ...] = ()
    mathml: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether it was measured."""
        return self.status == DONE

    @property
    def ulp(self) -> float | None:
        """Return the largest error in ULP, 0 if no point has one, None if nothing was measured."""
        return None if not self.done else self.top.error if self.top else 0.0

    @property
    def top(self) -> Worst | None:
        """Return the worst point that the formula is to blame for; where it is to blame for none, that of the largest error."""
        return self.fault_point or self.worst

    @property
    def fault_point(self) -> Worst | None:
        """Return the worst point that the formula is to blame for."""
        return self.blamed or next((one for one in (self.examples or {}).values() if one.verdict in BLAMED), None)

    @property
    def flawed(self) -> bool:
        """Whether something is wrong beside the derivatives at finite numbers: at ±∞ or NaN, or by the place in a tensor."""
        apart = self.positions is not None and self.positions.gross > 0
        return apart or any(special.fault for special in self.specials)

    @property
    def fault(self) -> float | None:
        """Return the largest error that the formula is to blame for; where it is to blame for none, the largest."""
        return self.fault_point.error if self.fault_point else self.ulp

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what tells it from every other."""
        return self.variant, self.dtype, self.mode, self.device

    def kind(self, name: str) -> int:
        """Return at how many points the error was of that kind."""
        return (self.kinds or {}).get(name, 0)


@dataclass(frozen=True)
class Place:
    """The row of a list that an atlas keeps of some of its rows."""

    variant: str
    dtype: str
    mode: str
    device: str


@dataclass(frozen=True)
class Atlas:
    """How it was measured, its rows, and the places of the worst of them."""

    diffcheck: str
    created: str
    command: str
    seconds: float
    machine: Machine
    versions: Mapping[str, str]
    origin: Mapping[str, str]
    rows: tuple[Row, ...]
    worst: tuple[Place, ...] = ()
