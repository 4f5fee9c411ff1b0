"""What decides the verdicts of a walk: nothing else may, so that the same settings give the same table."""

from __future__ import annotations

from dataclasses import dataclass

OP_DB = "torch.testing._internal.common_methods_invocations:op_db"


@dataclass(frozen=True)
class Settings:
    """The inputs that are drawn, and how long one operator may take.

    *samples* is the most that are tried of an operator's samples, *per_operator* the seconds after which its process is ended.
    *database* is a module and the list of entries in it, as ``"module:name"``.
    """

    dtype: str = "float64"
    device: str = "cpu"
    samples: int = 8
    per_operator: float = 10.0
    seed: int = 0
    database: str = OP_DB
