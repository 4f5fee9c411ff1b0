"""Asking an engine for a gradient, and finding wrong whatever it does to what belongs to the caller."""

from __future__ import annotations

from typing import Any

from diffcheck.engines import Engine, Tensors
from diffcheck.problems import Problem
from diffcheck.verification.belongings import grad_mode_kept, harm, states_of
from diffcheck.verification.comparison import refused
from diffcheck.verification.findings import Finding
from diffcheck.verification.verdict import Kind


def ask(problem: Problem, engine: Engine, point: Tensors) -> tuple[Any, tuple[Finding, ...]]:
    """Return what *engine* gives for *point*, and a finding for each harm that it did; torch's grad mode is put back."""
    given = dict(point)
    before = states_of(given)
    with grad_mode_kept() as changes:
        gradients = engine.gradient(problem, given)
    return gradients, (*harm(before, given), *(refused("grad mode", Kind.NONE, change) for change in changes))
