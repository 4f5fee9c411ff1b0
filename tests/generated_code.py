"""Running generated code and judging what it returns by the oracle."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from flint import arb

from diffcheck.derivation import Gradient, derive
from diffcheck.errors import UnusedParameterWarning
from diffcheck.oracle import bounds, exact
from diffcheck.problems import to_torch

TARGETS = ("torch", "numpy")
MYPY_CACHE = Path(__file__).resolve().parents[1] / ".mypy_cache" / "generated"  # reading torch's types takes mypy half a minute


def derived(program, wrt=None):
    """Return the gradient of *program*; that a name does not occur is no news to a test that draws programs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedParameterWarning)
        return derive(program, wrt)


def as_gradient(program):
    """Return *program* as what generation takes: its outputs stand for the adjoints."""
    return Gradient(program, program.outputs, program)


def as_arrays(point, target="torch", dtype="float64"):
    """Return the float64 *point* as arrays of *target* in *dtype*."""
    if target == "torch":
        return to_torch(point, dtype)
    return {name: np.asarray(value).astype(dtype) for name, value in point.items()}


def as_float64(array):
    """Return an array of either target as a float64 array of NumPy."""
    return array.detach().double().numpy() if isinstance(array, torch.Tensor) else np.asarray(array, dtype=np.float64)


def misses(got, true, bound):
    """Return the places where *got* is not within *bound* of the balls *true*, if those are known and something is promised."""
    array = as_float64(got)
    assert array.shape == true.shape, (array.shape, true.shape)
    return [
        (place, float(array[place]), true[place].str(8), float(bound[place]))
        for place in np.ndindex(true.shape)
        if true[place].is_finite() and np.isfinite(bound[place]) and not _within(array[place], true[place], bound[place])
    ]


def _within(got, true, bound):
    return bool(np.isfinite(got)) and bool(abs(arb(float(got)) - true).lower() <= float(bound))


def assert_right(results, of, arrays, dtype):
    """Hold *results* against the exact values of a gradient or program at *arrays*, inside the bound of either of its forms.

    The textbook form alone is too narrow near 0, where 1 - tanh² rounds less than sech², which keeps its digits elsewhere.
    """
    true = exact(of, arrays, dtype=dtype)
    bound = bounds(of, arrays, dtype=dtype).rounding
    if isinstance(of, Gradient):
        stable = bounds(of.program, arrays, dtype=dtype).rounding
        bound = {name: np.fmax(bound[name], stable[target]) for name, target in zip(true, of.program.outputs, strict=True)}
    assert len(results) == len(true)
    for (name, balls), got in zip(true.items(), results, strict=True):
        assert str(got.dtype).removeprefix("torch.") == dtype
        wrong = misses(got, balls, bound[name])
        assert not wrong, (name, wrong)


def assert_sound(module, of, arrays, dtype):
    """Hold ``grad`` of a generated *module* against the oracle, and its use of memory against its promises."""
    before = {name: as_float64(value).copy() for name, value in arrays.items()}
    results = module.grad(**arrays)
    assert_right(results, of, arrays, dtype)
    assert_apart([*results, *arrays.values()])
    if hasattr(module, "workspace"):
        workspace = module.workspace(**arrays)
        first = module.grad(**arrays, out=workspace)
        kept = [as_float64(result).copy() for result in first]
        assert_same_bits(results, kept)
        assert_apart([*first, *workspace, *arrays.values()])
        assert_same_bits(module.grad(**arrays, out=workspace), kept)
        assert_same_bits(first, kept)
    for name, value in arrays.items():
        assert_same_bits([value], [before[name]])


def assert_same_bits(first, second):
    """Compare arrays bit for bit."""
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(as_float64(one).view(np.int64), as_float64(other).view(np.int64))


def assert_apart(arrays):
    """Check that no two of *arrays* share memory."""
    for place, one in enumerate(arrays):
        assert not any(_overlap(one, other) for other in arrays[place + 1 :])


def _overlap(one, other):
    if isinstance(one, torch.Tensor):
        return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()
    return np.shares_memory(one, other)
