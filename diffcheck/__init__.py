"""diffcheck: is this gradient right, how accurate is it, and how fast could it be?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from diffcheck._version import __version__

if TYPE_CHECKING:
    from diffcheck.auditing import audit
    from diffcheck.capturing import capture
    from diffcheck.derivation import Gradient, derive
    from diffcheck.generation import Source, generate
    from diffcheck.notation import Program, parse
    from diffcheck.oracle import exact
    from diffcheck.training import train
    from diffcheck.verification import check, gradcheck, gradgradcheck

# Importing diffcheck loads neither torch nor sympy: each public name brings its room with it on first use.
_ROOMS = {
    "Program": "notation",
    "parse": "notation",
    "Gradient": "derivation",
    "derive": "derivation",
    "Source": "generation",
    "generate": "generation",
    "exact": "oracle",
    "capture": "capturing",
    "audit": "auditing",
    "check": "verification",
    "gradcheck": "verification",
    "gradgradcheck": "verification",
    "train": "training",
}

__all__ = [
    "Gradient",
    "Program",
    "Source",
    "__version__",
    "audit",
    "capture",
    "check",
    "derive",
    "exact",
    "generate",
    "gradcheck",
    "gradgradcheck",
    "parse",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'diffcheck' has no attribute {name!r}")
    value = getattr(import_module(f"diffcheck.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
