"""The table: a row for each operator, and what the rows add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

from diffcheck.conformance.explanations import NOT_EXPLAINED, explanation_of
from diffcheck.conformance.outcomes import OPERATOR_VERDICTS, OperatorOutcome

Row = dict[str, object]


def row_of(operator: str, outcome: OperatorOutcome | None, dtype: str) -> Row:
    """Return the row of *operator*; one without an outcome was not reached, and says so."""
    if outcome is None:
        nothing = OperatorOutcome(operator, 0, (), 0.0)
        return {**row_of(operator, nothing, dtype), "verdict": "not reached", "reason": "the time was over before its turn"}
    return {
        "operator": operator,
        "verdict": outcome.verdict,
        "drawn": outcome.drawn,
        "tried": len(outcome.samples),
        "samples": outcome.counts,
        "worst_ulp": outcome.worst_ulp,
        "seconds": outcome.seconds,
        "reason": outcome.reason,
        "others": _others(outcome),
        **_finding(outcome, dtype),
    }


def _finding(outcome: OperatorOutcome, dtype: str) -> Row:
    found = outcome.finding
    if found is None or found.worst is None:
        return {"finding": None, "explanation": "", "issue": None}
    known = explanation_of(outcome.operator, dtype, outcome.relative)
    return {
        "finding": {"sample": found.place, "relative": found.relative, **asdict(found.worst)},
        "explanation": NOT_EXPLAINED if known is None else known.text,
        "issue": None if known is None else known.issue,
    }


def _others(outcome: OperatorOutcome) -> list[Row]:
    """Return the samples that are neither verified nor empty, those alike together: their verdict, why, and how many."""
    against = [sample for sample in outcome.samples if sample.verdict not in ("verified", "empty")]
    found = Counter((sample.verdict, sample.error, sample.reason) for sample in against)
    return [
        {"verdict": verdict, "error": error, "reason": reason, "samples": many}
        for (verdict, error, reason), many in found.most_common()
    ]


def counted(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many *rows* have each verdict: all verdicts, so that they add up to the rows."""
    found = Counter(str(row["verdict"]) for row in rows)
    return {verdict: found[verdict] for verdict in OPERATOR_VERDICTS}


def reasons(outcomes: Iterable[OperatorOutcome]) -> dict[str, int]:
    """Return how many operators are not supported for each reason, the most frequent first; values are left out of it."""
    found = Counter(_kind(outcome) for outcome in outcomes if outcome.verdict == "unsupported")
    return dict(found.most_common())


def _kind(outcome: OperatorOutcome) -> str:
    """Return the reason without the values that it is about, by which no two would be alike."""
    said = outcome.reason
    if said.startswith("UnfaithfulCapture"):
        return "UnfaithfulCapture: a program that gives other values than the operator"
    return "undecided" if said.startswith("undecided") else said
