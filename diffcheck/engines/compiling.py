"""torch.compile without its silent way out: past a number of versions of a function it runs the function uncompiled.

A verdict on that would be a verdict on eager code under the wrong name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# By the names that torch 2.6 and later releases have for the two settings.
_SETTINGS = {
    "recompile_limit": 64,
    "cache_size_limit": 64,
    "fail_on_recompile_limit_hit": True,
    "fail_on_cache_limit_hit": True,
}


@contextmanager
def never_eager() -> Iterator[None]:
    """Within this, a function that torch.compile would run uncompiled raises torch's FailOnRecompileLimitHit instead."""
    from torch._dynamo import config

    with config.patch({name: value for name, value in _SETTINGS.items() if hasattr(config, name)}):
        yield
