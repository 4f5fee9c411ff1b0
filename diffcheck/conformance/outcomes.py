"""What came of a sample, and of an operator with all its samples.

A sample is

    verified     every element of its gradient is within its bound
    finding      an element is wrong
    undecided    nothing is wrong, but an element could not be decided or has no derivative
    unsupported  diffcheck refuses it with a typed error, or the operator itself fails on it
    timeout      its process was ended, since the operator's time was over
    crash        diffcheck failed with any other error, or the process died: a defect of ours
    empty        there is nothing to check: no elements, or nothing that requires a gradient

An operator is what its samples say, the first that holds: "finding" if one is; "crash" if one is; "verified" if one is and all
others are or are empty; else "unsupported", for the reason that most of its other samples give.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import isnan

SAMPLE_VERDICTS = ("verified", "finding", "undecided", "unsupported", "timeout", "crash", "empty")
OPERATOR_VERDICTS = ("verified", "finding", "unsupported", "crash", "not reached")


@dataclass(frozen=True)
class Worst:
    """The worst element of a sample: where, its exact value as text, what was got, and how far off in ULP."""

    place: str
    exact: str
    got: float
    ulp: float
    bound: float
    verdict: str
    kind: str
    text: str


@dataclass(frozen=True)
class SampleOutcome:
    """The verdict on the sample at *place* of those drawn, and why it is not verified.

    *error* is the type of what was raised. *relative* is the largest |got − exact|/|exact| of the wrong elements.
    """

    place: int
    verdict: str
    reason: str = ""
    error: str = ""
    worst: Worst | None = None
    relative: float = 0.0


@dataclass(frozen=True)
class OperatorOutcome:
    """The samples of *operator* that were tried, of all that were *drawn*, and how long that took."""

    operator: str
    drawn: int
    samples: tuple[SampleOutcome, ...]
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        """Return how many samples got each verdict."""
        found = Counter(sample.verdict for sample in self.samples)
        return {verdict: found[verdict] for verdict in SAMPLE_VERDICTS}

    @property
    def verdict(self) -> str:
        """Return the operator's verdict: fails closed, since nothing tried is nothing verified."""
        counts = self.counts
        for verdict in ("finding", "crash"):
            if counts[verdict]:
                return verdict
        tried = len(self.samples) - counts["empty"]
        return "verified" if tried and counts["verified"] == tried else "unsupported"

    @property
    def reason(self) -> str:
        """Return why the operator is not verified: what stands against it, else its most frequent reason."""
        if self.verdict == "verified":
            return ""
        verdict = self.verdict if self.verdict != "unsupported" else None
        against = [sample for sample in self.samples if sample.verdict not in ("verified", "empty")]
        found = Counter(_why(sample) for sample in against if verdict in (None, sample.verdict))
        if found:
            return found.most_common(1)[0][0]
        return "no sample that could be checked: all are empty" if self.samples else "no samples"

    @property
    def finding(self) -> SampleOutcome | None:
        """Return the finding of the largest relative error, where there is one."""
        return max((sample for sample in self.samples if sample.verdict == "finding"), key=_size, default=None)

    @property
    def relative(self) -> float:
        """Return the largest relative error of all findings."""
        return max((_size(sample) for sample in self.samples if sample.verdict == "finding"), default=0.0)

    @property
    def worst_ulp(self) -> float | None:
        """Return the largest error in ULP among the worst elements of the samples, NaN first of all."""
        errors = [sample.worst.ulp for sample in self.samples if sample.worst is not None]
        return max(errors, key=lambda ulp: (isnan(ulp), ulp), default=None)


def _size(sample: SampleOutcome) -> float:
    return sample.relative


def _why(sample: SampleOutcome) -> str:
    said = f"{sample.error}: {sample.reason}" if sample.error else sample.reason
    return f"{sample.verdict}: {said}" if sample.verdict in ("undecided", "timeout") else said
