"""Points as tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from diffcheck.oracle import format_of
from diffcheck.problems.requests import checked_device


def to_torch(point: Mapping[str, np.ndarray], dtype: str = "float64", device: str = "cpu") -> dict[str, Any]:
    """Return *point* as tensors of *dtype* on *device*, in memory of their own.

    What *dtype* rounds away is gone, so judge at the result.
    """
    import torch

    kind, place = getattr(torch, format_of(dtype).name), checked_device(device)
    copies = {name: torch.from_numpy(np.array(value, dtype=np.float64)) for name, value in point.items()}
    return {name: copy.to(device=place, dtype=kind) for name, copy in copies.items()}
