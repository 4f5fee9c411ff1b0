"""Is a handwritten gradient right, for all inputs? Proved by exact algebra, refuted by a counterexample, or undecided."""

from diffcheck.auditing.audit import audit
from diffcheck.auditing.proof import Counterexample, Proof

__all__ = ["Counterexample", "Proof", "audit"]
