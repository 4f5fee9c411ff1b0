"""Laws as functions, comparison with the exact gradient, and the verdict on every element."""

from diffcheck.verification.checking import check
from diffcheck.verification.comparison import Truth, compare, truth_of
from diffcheck.verification.findings import Finding, Findings, Place
from diffcheck.verification.gradchecking import gradcheck, gradgradcheck
from diffcheck.verification.judging import Judged, judge_function
from diffcheck.verification.laws import LAWS, Law
from diffcheck.verification.layouts import LAYOUTS
from diffcheck.verification.values import as_floats
from diffcheck.verification.verdict import Judgement, Kind, Verdict, judge
from diffcheck.verification.verify import check_forward, verify

__all__ = [
    "LAWS",
    "LAYOUTS",
    "Finding",
    "Findings",
    "Judged",
    "Judgement",
    "Kind",
    "Law",
    "Place",
    "Truth",
    "Verdict",
    "as_floats",
    "check",
    "check_forward",
    "compare",
    "gradcheck",
    "gradgradcheck",
    "judge",
    "judge_function",
    "truth_of",
    "verify",
]
