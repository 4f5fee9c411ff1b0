"""Running generated code and judging what it returns by the oracle."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from flint import arb

from diffcheck.derivation import derive
from diffcheck.errors import UnusedParameterWarning
from diffcheck.exact import bounds, exact
from diffcheck.problems import to_torch


def derived(program, wrt=None):
    """Return the gradient of *program*; that a name is not used is no news to a test that draws programs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedParameterWarning)
        return derive(program, wrt)


def as_arrays(point, dtype="float64", target="torch"):
    """Return the float64 *point* as arrays of *target* in *dtype*."""
    if target == "torch":
        return to_torch(point, dtype)
    return {name: np.asarray(value).astype(dtype) for name, value in point.items()}


def as_float64(array):
    """Return an array of either target as a float64 array of NumPy."""
    return array.detach().double().numpy() if isinstance(array, torch.Tensor) else np.asarray(array, dtype=np.float64)


def misses(got, exact, bound):
    """Return the places where *got* is not within *bound* of the balls *exact*."""
    array = as_float64(got)
    assert array.shape == exact.shape, (array.shape, exact.shape)
    return [
        (place, float(array[place]), exact[place].str(8), float(bound[place]))
        for place in np.ndindex(exact.shape)
        if exact[place].is_finite() and np.isfinite(bound[place]) and not _within(array[place], exact[place], bound[place])
    ]


def _within(got, exact, bound):
    return bool(np.isfinite(got)) and bool(abs(arb(float(got)) - exact).lower() <= float(bound))


def assert_right(results, gradient, arrays, dtype):
    """Hold each of *results* against the exact gradient at *arrays*, inside the bound of its textbook formula."""
    true = exact(gradient, arrays, dtype=dtype)
    bound = bounds(gradient, arrays, dtype=dtype).rounding
    names = gradient.wrt if hasattr(gradient, "wrt") else gradient.outputs
    assert len(results) == len(names)
    for name, got in zip(names, results, strict=True):
        wrong = misses(got, true[name], bound[name])
        assert not wrong, (name, wrong)
