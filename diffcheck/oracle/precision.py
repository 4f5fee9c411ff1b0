"""The working precision of ball arithmetic: one setting for the whole process, so one thread at a time may change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from flint import ctx

_LOCK = RLock()


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Evaluate balls with *bits* of precision; the precision before is restored, and other threads wait."""
    with _LOCK:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before
