"""Every engine refuses what has no gradient, and says what it got, what it wanted and what to do."""

import pytest
import torch

from diffcheck import engines
from diffcheck.errors import (
    DeviceMismatch,
    DtypeMismatch,
    EmptyBatch,
    MissingInput,
    NonFiniteInput,
    PointError,
    ShapeMismatch,
    UnknownName,
    UnsupportedDtype,
    UnsupportedEngine,
)
from diffcheck.problems import problem, to_torch

ALL = engines.names(witnesses=True)
LINE = problem("thermometer")


def with_nan(point):
    point["x"][3] = torch.nan


def with_infinity(point):
    point["w"].fill_(-torch.inf)


def empty(point):
    point.update(x=point["x"][:0], y=point["y"][:0])


def mixed_dtypes(point):
    point["w"] = point["w"].float()


def on_meta(point):
    point["x"] = point["x"].to("meta")


def all_on_meta(point):
    point.update({name: value.to("meta") for name, value in point.items()})


def of_two_lengths(point):
    point["y"] = point["y"][:-1]


def with_an_axis_too_many(point):
    point["x"] = point["x"][:, None]


def with_a_vector_for_a_number(point):
    point["w"] = point["w"].reshape(1)


def without_y(point):
    del point["y"]


def with_z(point):
    point["z"] = point["x"]


def with_a_misspelt_name(point):
    point["W"] = point.pop("w")


def of_integers(point):
    point.update({name: torch.ones(value.shape, dtype=torch.int64) for name, value in point.items()})


def of_complex_numbers(point):
    point.update({name: value.to(torch.complex128) for name, value in point.items()})


def of_booleans(point):
    point.update({name: value > 0 for name, value in point.items()})


def of_plain_numbers(point):
    point["w"] = 1.0


def of_numpy_arrays(point):
    point.update({name: value.numpy() for name, value in point.items()})


def sparse(point):
    point["x"] = point["x"].to_sparse()


REFUSED = [
    (with_nan, NonFiniteInput, "nan at x[3]"),
    (with_infinity, NonFiniteInput, "-inf at w"),
    (empty, EmptyBatch, "n = 0"),
    (mixed_dtypes, DtypeMismatch, "w: float32"),
    (on_meta, DeviceMismatch, "x: meta"),
    (all_on_meta, DeviceMismatch, "meta"),
    (of_two_lengths, ShapeMismatch, "n = "),
    (with_an_axis_too_many, ShapeMismatch, "shape (11, 1) for 'x'"),
    (with_a_vector_for_a_number, ShapeMismatch, "shape (1,) for 'w'"),
    (without_y, MissingInput, "'y'"),
    (with_z, UnknownName, "got 'z'"),
    (with_a_misspelt_name, UnknownName, "got 'W'"),
    (of_integers, UnsupportedDtype, "int64"),
    (of_complex_numbers, UnsupportedDtype, "complex128"),
    (of_booleans, UnsupportedDtype, "bool"),
    (of_plain_numbers, PointError, "w of type float"),
    (of_numpy_arrays, PointError, "of type ndarray"),
    (sparse, PointError, "sparse"),
]


@pytest.mark.parametrize(("spoil", "wrong", "says"), REFUSED, ids=[row[0].__name__ for row in REFUSED])
@pytest.mark.parametrize("name", ALL)
def test_bad_inputs_are_refused_by_every_engine(name, spoil, wrong, says):
    point = to_torch(LINE.point(0))
    spoil(point)
    with pytest.raises(wrong) as caught:
        engines.engine(name).gradient(LINE, point)
    text = str(caught.value)
    assert says in text
    assert all(word in text for word in ("got ", "wanted ", "; "))


@pytest.mark.parametrize(
    ("name", "dtype", "reason"),
    [
        ("numpy", "bfloat16", "NumPy has no bfloat16"),
        ("differences", "float32", "drowns in the rounding"),
        ("differences", "bfloat16", "drowns in the rounding"),
    ],
)
def test_an_engine_refuses_what_it_does_not_support(name, dtype, reason):
    with pytest.raises(UnsupportedEngine) as caught:
        engines.engine(name).gradient(LINE, to_torch(LINE.point(0), dtype))
    assert f"got the engine '{name}' for thermometer in {dtype} on cpu, wanted a case that it supports" in str(caught.value)
    assert reason in str(caught.value)


def test_an_unknown_engine_is_refused_with_near_matches():
    with pytest.raises(UnknownName, match=r"did you mean 'generated-out' or 'generated'"):
        engines.engine("generatedout")
    with pytest.raises(UnknownName, match=r"choose one of: autograd, .*differences"):
        engines.engine("zzz")
