"""What is given to somebody else's code is the judge's too: it is looked after, and put back where it was changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch

from diffcheck.verification.belongings import harmed, states_of
from diffcheck.verification.comparison import refused
from diffcheck.verification.findings import Finding
from diffcheck.verification.verdict import Kind

T = TypeVar("T")


def guarded(point: Mapping[str, torch.Tensor], compute: Callable[[], T]) -> tuple[T, dict[str, str]]:
    """Return what *compute* gives, and in words, by name, what it changed of *point*, whose values are then as they were."""
    before = states_of(point)
    kept = {name: value.detach().clone() for name, value in point.items()}
    result = compute()
    changes = harmed(before, point)
    with torch.no_grad():
        for name in changes:
            if point[name].shape == kept[name].shape:
                point[name].detach().copy_(kept[name])
    return result, changes


def overwritten(changes: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return a wrong finding for each of the *changes*."""
    return tuple(refused(name, Kind.NONE, f"the backward changes {what}") for name, what in changes.items())
