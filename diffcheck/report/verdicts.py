"""Rows of verdicts judged in words, gathered into matrices, and summed up in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from math import isnan

from diffcheck.report.numerals import count, number
from diffcheck.report.schema import Results, Verdict


class State(Enum):
    """What a colour on the page means; every one has a mark too, for readers and prints without colour."""

    GOOD = "good"
    CAUTION = "caution"
    BAD = "bad"
    NONE = "none"

    @property
    def mark(self) -> str:
        """Return the sign that says the same as the colour."""
        return {"good": "✓", "caution": "△", "bad": "✗", "none": "–"}[self.value]


@dataclass(frozen=True)
class Judgement:
    """A verdict in one word; the higher the severity the worse."""

    state: State
    word: str
    severity: int


NOT_MEASURED = Judgement(State.NONE, "not measured", -1)
# A witness, such as finite differences, never claimed to be right to rounding error: seeing that it is not condemns nobody.
OUTSIDE = Judgement(State.CAUTION, "beyond rounding (witness)", 4)


def judge(row: Verdict) -> Judgement:
    """Return the worst that the counts of *row* say; a row that compared nothing is bad, and so is one not ok."""
    if row.status != "measured":
        return NOT_MEASURED
    if not row.elements:
        return Judgement(State.BAD, "nothing compared", 6)
    if row.witness and not row.ok:
        return OUTSIDE
    if row.wrong:
        return Judgement(State.BAD, "wrong", 7)
    if row.undecided:
        return Judgement(State.BAD, "undecided", 4)
    if not row.ok:
        return Judgement(State.BAD, "not ok", 5)
    if row.lossy or not row.accurate_ok:
        return Judgement(State.CAUTION, "lossy", 3)
    if row.undefined:
        return Judgement(State.CAUTION, "undefined in part", 2)
    return Judgement(State.GOOD, "accurate" if row.accurate else "exact", 1 if row.accurate else 0)


@dataclass(frozen=True)
class Cell:
    """The worst verdict of one engine under one column, and what more to say of it."""

    judgement: Judgement
    worst_ulp: float | None
    note: str

    @property
    def text(self) -> str:
        """Return the worst error, where one was measured."""
        return "" if self.judgement is NOT_MEASURED else f"{number(self.worst_ulp)} ULP"


@dataclass(frozen=True)
class Matrix:
    """Engines down, (dtype, device) across."""

    problem: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def matrices(rows: tuple[Verdict, ...]) -> tuple[Matrix, ...]:
    """Return one matrix a problem, in the order in which the rows name them."""
    return tuple(
        _matrix(problem, tuple(row for row in rows if row.problem == problem))
        for problem in _distinct(row.problem for row in rows)
    )


def _matrix(problem: str, rows: tuple[Verdict, ...]) -> Matrix:
    columns = tuple(dict.fromkeys((row.dtype, row.device) for row in rows))
    lines = []
    for engine in _distinct(row.engine for row in rows):
        own = [row for row in rows if row.engine == engine]
        lines.append((engine, tuple(_cell([r for r in own if (r.dtype, r.device) == column]) for column in columns)))
    return Matrix(problem, columns, tuple(lines))


def _cell(rows: list[Verdict]) -> Cell:
    """Return the worst of *rows*, which differ in size alone."""
    measured = [row for row in rows if row.status == "measured"]
    if not measured:
        reasons = _distinct(row.reason or "no reason stored" for row in rows)
        return Cell(NOT_MEASURED, None, "; ".join(reasons) or "not in these results")
    worst = max((judge(row) for row in measured), key=lambda judgement: judgement.severity)
    errors = [row.worst_ulp for row in measured if row.worst_ulp is not None]
    part = f"{len(measured)} of {len(rows)} sizes" if len(measured) < len(rows) else ""
    return Cell(worst, max(errors, key=_badness, default=None), part)


def _badness(value: float) -> float:
    return float("inf") if isnan(value) else value


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Summary:
    """The whole page in one sentence, and what else a reader must know first."""

    state: State
    sentence: str
    further: tuple[str, ...]


def summarise(results: Results) -> Summary:
    """Return the sentence that the page opens with; a planted fault that nobody noticed is as bad as a wrong gradient."""
    judged = [judge(row) for row in _claiming(results)]
    missed = [fault.fault for fault in results.faults if not fault.caught_by]
    bad = Counter(judgement.word for judgement in judged if judgement.state is State.BAD)
    state = State.BAD if bad or missed else _best(judged)
    sentence = _sentence(results, judged, bad)
    if missed:
        sentence += f" The check itself is in doubt: it let a planted fault pass ({', '.join(missed)})."
    return Summary(state, sentence, tuple(_further(results, judged, missed)))


def _claiming(results: Results) -> list[Verdict]:
    return [row for row in results.verdicts if row.status == "measured" and not row.witness]


def _best(judged: list[Judgement]) -> State:
    if not judged:
        return State.NONE
    return State.CAUTION if any(judgement.state is State.CAUTION for judgement in judged) else State.GOOD


def _sentence(results: Results, judged: list[Judgement], bad: Counter[str]) -> str:
    if not judged:
        return "No gradient was judged."
    elements = count(sum(row.elements for row in _claiming(results)))
    if bad:
        words = ", ".join(f"{times} {word}" for word, times in bad.items())
        return f"{bad.total()} of {len(judged)} gradients ({elements} elements) failed: {words}."
    what = f"All {len(judged)} gradients" if len(judged) > 1 else "The one gradient"
    verb, bound = ("lie", "their bound") if len(judged) > 1 else ("lies", "its bound")
    return f"{what} measured ({elements} elements) {verb} within {bound}."


def _further(results: Results, judged: list[Judgement], missed: list[str]) -> Iterable[str]:
    lossy = Counter(judgement.word for judgement in judged if judgement.state is State.CAUTION)
    if lossy:
        words = ", ".join(f"{times} {word}" for word, times in lossy.items())
        yield f"Within the bound, yet short of what the best formula would give: {words}."
    witnesses = [row for row in results.verdicts if row.witness and row.status == "measured"]
    beyond = sum(judge(row) is OUTSIDE for row in witnesses)
    if beyond:
        names = ", ".join(_distinct(row.engine for row in witnesses))
        yield f"Shown as a witness ({names}), right to some digits only: {beyond} of {len(witnesses)} beyond rounding error."
    absent = len(results.verdicts) - len(judged) - len(witnesses)
    if absent:
        yield f"Not measured: {absent} of {len(results.verdicts)} combinations; the table says why."
    if results.faults and not missed:
        yield f"Planted faults caught: all {len(results.faults)}."
