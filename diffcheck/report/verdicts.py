"""Rows of verdicts judged in words, and summed up in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from diffcheck.report.numerals import count
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


def tally(row: Verdict) -> str:
    """Return how many elements fell under each verdict, as in "3 exact, 34 accurate"; a witness is never called wrong."""
    wrong = "beyond rounding (witness)" if row.witness else "wrong"
    words = {"exact": row.exact, "accurate": row.accurate, "lossy": row.lossy, wrong: row.wrong}
    words |= {"undefined": row.undefined, "undecided": row.undecided}
    return ", ".join(f"{count(many)} {word}" for word, many in words.items() if many) or "–"


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
        names = ", ".join(dict.fromkeys(row.engine for row in witnesses))
        yield (
            f"Only a witness, since it approximates: {names}. It is shown beside the others and judges none of them;"
            f" {beyond} of {len(witnesses)} such results {'is' if beyond == 1 else 'are'} beyond rounding error."
        )
    absent = len(results.verdicts) - len(judged) - len(witnesses)
    if absent:
        yield f"Not measured: {absent} of {len(results.verdicts)} combinations; the verdicts below say why."
    if results.faults and not missed:
        yield f"Planted faults caught: all {len(results.faults)}."
