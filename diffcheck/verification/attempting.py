"""A derivative that raises an error instead of giving values: that is a finding on it, and no error of the check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from diffcheck.verification.comparison import refused
from diffcheck.verification.findings import Finding
from diffcheck.verification.verdict import Kind

T = TypeVar("T")


def attempted(what: str, names: Sequence[str], compute: Callable[[], T]) -> T | tuple[Finding, ...]:
    """Return what *compute* gives, or a wrong finding for each of *names* that says how *what* fails."""
    try:
        return compute()
    except Exception as error:  # noqa: BLE001  # another's backward raises what it likes, and each is a wrong finding
        first = (str(error).splitlines() or [""])[0]
        note = f"{what} fails: {type(error).__name__}: {first[:200]}"
        return tuple(refused(name, Kind.MISSING, note) for name in names)
