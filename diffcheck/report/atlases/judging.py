"""Answers judged in colours: how many of the digits that a dtype has are lost, and whether the formula is to blame for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log10

from diffcheck.report.atlases.schema import BLAMED, WORST_FIRST, Row
from diffcheck.report.numerals import number
from diffcheck.report.verdicts import State

STATES = {
    "exact": State.GOOD,
    "accurate": State.GOOD,
    "undefined": State.NONE,
    "lossy": State.CAUTION,
    "undecided": State.CAUTION,
    "wrong": State.BAD,
}
_DIGITS = {name: bits * log10(2) for name, bits in {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}.items()}
_FEW, _ALL = 0.61, 0.98  # 4 ULP; of all digits, what counts as all of them
_STEPS = 3


@dataclass(frozen=True)
class Cell:
    """What a field of the overview shows of the rows of one operator, dtype and order: PyTorch's worst, ours beside.

    Of both it is the digits that the formula is to blame for, 0 where it is accurate, None where there is no answer.
    """

    verdict: str
    digits: float | None
    ours: float | None
    note: str
    level: str
    flawed: bool = False

    @property
    def state(self) -> State:
        """Return what colour the verdict has; a cell without an answer has none."""
        return STATES.get(self.verdict, State.NONE)

    @property
    def text(self) -> str:
        """Return the digits that PyTorch's formula loses."""
        return "" if self.digits is None else number(self.digits, 2)


def cell(rows: Iterable[Row]) -> Cell:
    """Return what is shown of *rows*; where no mode was measured, the reason."""
    everything = tuple(rows)
    theirs = [row for row in everything if not row.generated and row.done]
    mine = max((lost(row) for row in everything if row.generated and row.done), default=None)
    if not theirs:
        reasons = dict.fromkeys(row.reason or row.status for row in everything if not row.generated)
        return Cell("", None, mine, "; ".join(reasons) or "not asked", "")
    worst = min(theirs, key=_badness)
    dearest = max(theirs, key=lost)
    return Cell(worst.verdict, lost(dearest), mine, worst.mode, level(dearest), any(row.flawed for row in theirs))


def lost(row: Row) -> float:
    """Return how many digits *row* loses that the formula is to blame for."""
    return row.digits if row.verdict in BLAMED else 0.0


def level(row: Row) -> str:
    """Return how many digits *row* loses, from l0, within 4 ULP or what the argument allows, to l4, all."""
    if lost(row) <= _FEW:
        return "l0"
    share = row.digits / _DIGITS.get(row.dtype, row.digits)
    return "l4" if share >= _ALL else f"l{1 + min(int(_STEPS * share), _STEPS - 1)}"


def _badness(row: Row) -> tuple[int, float]:
    """Return what is less for a worse row."""
    return WORST_FIRST.index(row.verdict), -row.digits
