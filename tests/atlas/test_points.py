"""The points of the atlas lie on the number line of their format, all of it in 16 bits and each part of it in others."""

import math

import numpy as np
import pytest
import torch

from diffcheck.atlas import VARIANTS
from diffcheck.atlas.measuring import points_of
from diffcheck.atlas.points import all_values, binary_points, unary_points
from diffcheck.oracle import FORMATS, round_value

DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_values_are_the_bit_patterns_that_are_finite(dtype):
    patterns = torch.arange(-(1 << 15), 1 << 15, dtype=torch.int16).view(DTYPES[dtype]).double()
    finite = patterns[patterns.isfinite()].numpy()
    found = all_values(FORMATS[dtype])
    assert len(found) == len(finite)
    assert sorted(zip(found.tolist(), np.signbit(found).tolist(), strict=True)) == sorted(
        zip(finite.tolist(), np.signbit(finite).tolist(), strict=True)
    )
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_points_are_values_of_the_format_of_every_binade_and_beside_edges(form):
    found = unary_points(form, edges=(0.3, 1.0))
    assert all(round_value(value, form) == value for value in found[:: max(1, len(found) // 3000)].tolist())
    assert np.isfinite(found).all()
    exponents = {math.frexp(abs(value))[1] - 1 for value in found.tolist() if value}
    assert exponents >= set(range(form.least - form.precision + 1, form.greatest + 1))
    assert np.signbit(found[found == 0]).tolist() == [True, False]
    exponential = found[(np.log(2.0) * (form.least - form.precision) < found) & (found < np.log(2.0) * form.least)]
    assert len(exponential) > 8  # its exponential is subnormal
    one = np.searchsorted(found, 1.0)
    assert found[one] == 1.0
    assert found[one + 1] == 1 + 2 * form.unit
    assert found[one - 1] == 1 - form.unit


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_pairs_are_many_signed_both_ways_and_nearly_equal_ones_are_among_them(form):
    first, second = binary_points(form, edges=(1.0,))
    assert 9_000 < len(first) == len(second) < 200_000
    assert all(round_value(value, form) == value for value in second[::997].tolist())
    with np.errstate(all="ignore"):
        assert np.count_nonzero((first != second) & (np.abs(first - second) < 32 * form.unit * np.abs(first))) > 50
    assert {(bool(a > 0), bool(b > 0)) for a, b in zip(first.tolist(), second.tolist(), strict=True)} == {
        (a, b) for a in (True, False) for b in (True, False)
    }


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_the_whole_of_the_pairs_has_every_exponent_beside_every_other_one(name):
    form = FORMATS[name]
    first, second = binary_points(form, whole=True)
    every = range(form.least - form.precision + 1, form.greatest + 1)
    signed = {(sign, leading) for sign in (False, True) for leading in every}
    kept = (first != 0) & (second != 0)
    parts = (first[kept], second[kept])
    found = [list(zip((part < 0).tolist(), (np.frexp(part)[1] - 1).tolist(), strict=True)) for part in parts]
    assert len(set(zip(*found, strict=True))) == len(signed) ** 2
    assert {one for part in found for one in part} == signed


def test_first_derivatives_of_two_numbers_take_the_whole_in_16_bits_alone():
    asked = [("bfloat16", 1), ("bfloat16", 2), ("float32", 1), ("float32", 2)]
    whole, *some = (len(points_of(VARIANTS["mul"], FORMATS[name], 0, order)[0]) for name, order in asked)
    assert whole > 260_000
    assert max(some) < 50_000


def test_the_points_of_a_seed_are_always_the_same():
    form = FORMATS["float32"]
    assert (unary_points(form, (0.5,), 1) == unary_points(form, (0.5,), 1)).all()
    assert not np.array_equal(unary_points(form, (), 1), unary_points(form, (), 2))
