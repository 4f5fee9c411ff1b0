"""Hypothesis strategies: problems, and points of every size, dtype and layout with hostile values among ordinary ones.

Tensors are drawn from a drawn seed, which costs the same at any size, and then some elements are replaced by drawn values,
which shrink. A point holds plain leaves without gradient, as a user's data does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from hypothesis import strategies as st

from diffcheck.oracle import FORMATS
from diffcheck.problems import Problem, names, problem, to_torch
from diffcheck.verification.layouts import LAYOUTS

BATCH_SIZES = (1, 2, 7, 8, 9, 37)
WIDTHS = (1, 2, 3, 5)


def problems() -> st.SearchStrategy[Problem]:
    """Return a strategy for the problems of the catalogue."""
    return st.sampled_from(names()).map(problem)


def dtypes() -> st.SearchStrategy[str]:
    """Return a strategy for the names of the supported dtypes."""
    return st.sampled_from(tuple(FORMATS))


def hostile_values(dtype: str) -> st.SearchStrategy[float]:
    """Return a strategy for values at which formulas break: both zeros, subnormals, saturating, equal and opposite ones.

    They stay small enough for the squared error of a small model not to overflow the format.
    """
    form = FORMATS[dtype]
    large = 2.0 if form.name == "float16" else 30.0
    least = form.tiny
    chosen = [0.0, -0.0, 1.0, -1.0, least, -least, 2.0**form.least, large, -large, 1.0 + 2.0 ** (1 - form.precision)]
    return st.sampled_from(chosen) | st.floats(-large, large, width=16 if form.name == "float16" else 32)


@st.composite
def sizes(draw: st.DrawFn, of: Problem) -> dict[str, int]:
    """Draw a size for every extent of the problem *of*."""
    symbols = map(str, of.program.sizes)
    return {name: draw(st.sampled_from(BATCH_SIZES if name == of.batch else WIDTHS), label=name) for name in symbols}


@st.composite
def points(
    draw: st.DrawFn, of: Problem, dtype: str = "float64", device: str = "cpu", layouts: Sequence[str] = ()
) -> dict[str, torch.Tensor]:
    """Draw a point of the problem *of*: sizes, ordinary values, some hostile ones in their place, and a *layout* of memory."""
    drawn = of.point(draw(st.integers(0, 2**32 - 1), label="seed"), **draw(sizes(of)))
    spoilt = {name: _with_hostile(draw, np.array(value), dtype) for name, value in drawn.items()}
    point = to_torch(spoilt, dtype, device)
    layout = draw(st.sampled_from(("plain", *layouts)), label="layout")
    return point if layout == "plain" else {name: LAYOUTS[layout](value) for name, value in point.items()}


def _with_hostile(draw: st.DrawFn, values: np.ndarray, dtype: str) -> np.ndarray:
    flat = values.reshape(-1)
    changes = st.lists(st.tuples(st.integers(0, flat.size - 1), hostile_values(dtype)), max_size=3)
    for place, value in draw(changes, label="hostile"):
        flat[place] = value
    return flat.reshape(values.shape)
