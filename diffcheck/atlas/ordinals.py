"""The values of a format by their places on the number line: 0 for 0 and −0, 1 for the smallest positive value."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcheck.oracle import Format

_VIEWS: dict[str, tuple[type[np.floating[Any]], type[np.signedinteger[Any]]]] = {
    "float64": (np.float64, np.int64),
    "float32": (np.float32, np.int32),
    "float16": (np.float16, np.int16),
}


def ordinals(values: np.ndarray, form: Format) -> np.ndarray:
    """Return the places of *values* of *form* on its number line.

    >>> from diffcheck.oracle import FORMATS
    >>> ordinals(np.array([0.0, -0.0, 2.0**-24, -(2.0**-24), 1.0]), FORMATS["float16"]).tolist()
    [0, 0, 1, -1, 15360]
    """
    if form.name == "bfloat16":  # the upper half of a float32
        bits = np.asarray(values, dtype=np.float32).view(np.int32).astype(np.int64) >> 16
        size = bits & 0x7FFF
    else:
        real, whole = _VIEWS[form.name]
        bits = np.asarray(values, dtype=real).view(whole).astype(np.int64)
        size = bits & np.int64(np.iinfo(whole).max)
    found: np.ndarray = np.where(bits < 0, -size, size)
    return found


def values_at(places: np.ndarray, form: Format) -> np.ndarray:
    """Return the values at *places*, no farther than the largest finite ones, as float64.

    >>> from diffcheck.oracle import FORMATS
    >>> values_at(np.array([-1, 0, 16256]), FORMATS["bfloat16"]).tolist()
    [-9.183549615799121e-41, 0.0, 1.0]
    """
    most = int(ordinals(np.array([form.largest]), form)[0])
    size = np.minimum(np.abs(np.asarray(places, dtype=np.int64)), most)
    if form.name == "bfloat16":
        positive = (size.astype(np.int32) << 16).view(np.float32)
    else:
        real, whole = _VIEWS[form.name]
        positive = size.astype(whole).view(real)
    found: np.ndarray = np.copysign(positive.astype(np.float64), np.asarray(places, dtype=np.float64))
    return found
