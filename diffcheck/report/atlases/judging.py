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

    *ours* are the digits that the generated code is to blame for, 0 where it is accurate, None where there is none.
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
        """Return the digits that PyTorch's derivative loses."""
        return "" if self.digits is None else number(self.digits, 2)


def cell(rows: Iterable[Row]) -> Cell:
    """Return what is shown of *rows*; where no mode was measured, the reason."""
    everything = tuple(rows)
    theirs = [row for row in everything if not row.generated and row.done]
    ours = [row.digits if row.verdict in BLAMED else 0.0 for row in everything if row.generated and row.done]
    mine = max(ours, default=None)
    if not theirs:
        reasons = dict.fromkeys(row.reason or row.status for row in everything if not row.generated)
        return Cell("", None, mine, "; ".join(reasons) or "not asked", "")
    worst = min(theirs, key=_badness)
    dearest = max((row for row in theirs if row.verdict == worst.verdict or row.verdict in BLAMED), key=lambda row: row.digits)
    return Cell(worst.verdict, dearest.digits, mine, worst.mode, level(dearest), any(row.flawed for row in theirs))


def level(row: Row) -> str:
    """Return how many digits *row* loses, from l0, within 4 ULP, to l4, all; "" where the formula is not to blame."""
    if row.digits <= _FEW:
        return "l0"
    if row.verdict not in BLAMED:
        return ""
    share = row.digits / _DIGITS.get(row.dtype, row.digits)
    return "l4" if share >= _ALL else f"l{1 + min(int(_STEPS * share), _STEPS - 1)}"


def _badness(row: Row) -> tuple[int, float]:
    """Return what is less for a worse row."""
    return WORST_FIRST.index(row.verdict), -row.digits
