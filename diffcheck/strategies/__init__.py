"""Hypothesis strategies for tests of derivatives: shapes, hostile values, tensors that are leaves in any memory, cotangents.

>>> from hypothesis import given
>>> import diffcheck
>>> from diffcheck import strategies
>>> @given(x=strategies.tensors(shape=strategies.shapes(max_dims=2), elements=strategies.elements("float64", most=5.0)))
... def test_the_gradient_of_tanh(x):
...     diffcheck.check(lambda x: x.tanh(), x).raise_if_wrong()
"""

from diffcheck.strategies.points import BATCH_SIZES, WIDTHS, points, problems, sizes
from diffcheck.strategies.shapes import broadcastable_shapes, shapes
from diffcheck.strategies.tensors import cotangents, devices, dtypes, tensors
from diffcheck.strategies.values import elements, hostile_values

__all__ = [
    "BATCH_SIZES",
    "WIDTHS",
    "broadcastable_shapes",
    "cotangents",
    "devices",
    "dtypes",
    "elements",
    "hostile_values",
    "points",
    "problems",
    "shapes",
    "sizes",
    "tensors",
]
