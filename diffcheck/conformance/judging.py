"""The verdict on one sample of an operator: whatever happens becomes one, so that nothing is hidden."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flint import arb

from diffcheck.conformance.cases import case_of
from diffcheck.conformance.outcomes import SampleOutcome, Worst
from diffcheck.errors import DiffcheckError
from diffcheck.verification import Finding, Findings, Verdict, check
from diffcheck.verification.findings import shown

PACKAGE = Path(__file__).resolve().parents[1]


def judged(entry: Any, sample: Any, place: int, *, checked: Callable[..., Findings] = check) -> SampleOutcome:
    """Return what *checked*, with one drawn cotangent, says of *sample*, the one at *place*."""
    try:
        case = case_of(entry, sample)
        if case.empty:
            return SampleOutcome(place, "empty")
        call, outputs = case.differentiated()
    except Exception as error:  # noqa: BLE001  # an operator that fails on its own sample is no defect of ours
        return SampleOutcome(place, "unsupported", f"the operator itself fails: {_first_line(error)}", type(error).__name__)
    if any(not value.numel() for value in outputs):
        return SampleOutcome(place, "empty")
    if not outputs:
        return SampleOutcome(place, "unsupported", "PyTorch differentiates none of its outputs")
    try:
        findings = checked(call, *case.tensors, tangents=1)
    except DiffcheckError as refusal:
        return SampleOutcome(place, "unsupported", refusal.got, type(refusal).__name__)
    except Exception as error:  # noqa: BLE001  # any other error is our defect, and is listed as one
        return SampleOutcome(place, "crash", f"{_first_line(error)}{_where(error)}", type(error).__name__)
    return outcome_of(findings, place)


def outcome_of(findings: Findings, place: int) -> SampleOutcome:
    """Return the outcome that *findings* on the sample at *place* are; no findings at all verify nothing."""
    counts = findings.counts()
    if not findings.items:
        return SampleOutcome(place, "undecided", "no element was compared")
    worst = _worst(findings.worst)
    if counts["wrong"]:
        wrong = [item for item in findings if item.verdict is Verdict.WRONG]
        return SampleOutcome(place, "finding", worst.text, "", worst, max(map(_relative, wrong)))
    if counts["undecided"]:
        return SampleOutcome(place, "undecided", worst.text, "", worst)
    if counts["undefined"]:
        return SampleOutcome(place, "undecided", f"{counts['undefined']} elements have no derivative", "", worst)
    return SampleOutcome(place, "verified", "", "", worst) if findings.ok else SampleOutcome(place, "undecided", worst.text)


def _worst(item: Finding) -> Worst:
    exact = "" if item.exact is None else shown(item.exact)
    verdict, kind = item.verdict.value, item.kind.value
    return Worst(str(item.place), exact, item.got, item.ulp, item.bound, verdict, kind, str(item))


def _relative(item: Finding) -> float:
    """Return |got − exact|/|exact|, and ∞ where that is no number: nothing may explain what cannot be measured."""
    if item.exact is None or not math.isfinite(item.got) or item.exact.contains(0):
        return math.inf
    error = float((abs(arb(item.got) - item.exact) / abs(item.exact)).upper())
    return error if math.isfinite(error) else math.inf


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def _where(error: Exception) -> str:
    """Return the innermost of our own lines that *error* went through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if PACKAGE in Path(frame.filename).parents]
    return f" (at {Path(frames[-1].filename).relative_to(PACKAGE.parent)}:{frames[-1].lineno})" if frames else ""
