"""The walk over PyTorch's own database of operators: what is verified, what is found, and what cannot be checked yet."""

from diffcheck.conformance.explanations import EXPLANATIONS, Explanation, explanation_of
from diffcheck.conformance.journal import Journal
from diffcheck.conformance.outcomes import OPERATOR_VERDICTS, SAMPLE_VERDICTS, OperatorOutcome, SampleOutcome
from diffcheck.conformance.settings import Settings
from diffcheck.conformance.tabulation import counted, reasons, row_of
from diffcheck.conformance.walk import walk

__all__ = [
    "EXPLANATIONS",
    "OPERATOR_VERDICTS",
    "SAMPLE_VERDICTS",
    "Explanation",
    "Journal",
    "OperatorOutcome",
    "SampleOutcome",
    "Settings",
    "counted",
    "explanation_of",
    "reasons",
    "row_of",
    "walk",
]
