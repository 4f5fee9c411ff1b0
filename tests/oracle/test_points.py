"""Points: what is taken as a value, exactly, and what is refused, with what was got, what was wanted and what to do."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from diffcheck.derivation import derive
from diffcheck.errors import (
    DeviceMismatch,
    DiffcheckError,
    DtypeMismatch,
    EmptyBatch,
    MissingInput,
    NonFiniteInput,
    PointError,
    ShapeMismatch,
    UnknownName,
    UnsupportedDtype,
)
from diffcheck.notation import parse
from diffcheck.oracle import bounds, exact, exact_array, prepare

LINE = parse("parameter w; parameter b; data x[n]; target y[n]\np[i] = w*x[i] + b\nL = Σ_i (p[i] - y[i])**2/n")
GOOD = {"w": 0.5, "b": 1, "x": [1.0, 2.0], "y": [0.0, 1.0]}
TENTH = {"float64": 0.1, "float32": 0.10000000149011612, "float16": 0.0999755859375, "bfloat16": 0.10009765625}
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors_are_taken_bit_for_bit(dtype):
    tensor = torch.tensor([0.1, -0.0, torch.finfo(dtype).tiny * torch.finfo(dtype).eps, torch.finfo(dtype).max], dtype=dtype)
    array = exact_array(tensor, "x")
    assert array.dtype == np.float64
    assert array[0] == TENTH[str(dtype).removeprefix("torch.")]
    assert torch.equal(torch.from_numpy(array).to(dtype).view(torch.uint8), tensor.view(torch.uint8))
    assert array[2] > 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_layout_of_a_tensor_does_not_matter(dtype):
    values = torch.arange(12.0).reshape(3, 4).to(dtype)
    layouts = {
        "transposed": values.T.contiguous().T,
        "strided": torch.stack([values, values], dim=-1)[..., 0],
        "reversed twice": values.flip(0).flip(0),
        "parameter": torch.nn.Parameter(values),
        "computed": torch.nn.Parameter(values) * 1,
        "negated view": torch.complex(values.float(), -values.float()).conj().imag.to(dtype),
        "negated lazily": torch.complex(values.double(), -values.double()).conj().imag,
    }
    for name, tensor in layouts.items():
        assert (exact_array(tensor, "x") == np.arange(12.0).reshape(3, 4)).all(), name
    assert (exact_array(values[:1].expand(5, 4), "x") == np.arange(4.0)).all()


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_numpy_arrays_are_taken_bit_for_bit(dtype):
    array = np.array([[0.1, 3.0], [-0.0, 1e-4]], dtype=dtype)
    for made in (array, np.asfortranarray(array), array[::1], array.astype(array.dtype.newbyteorder())):
        assert (exact_array(made, "x") == array.astype(float)).all()
    assert exact_array(array.dtype.type(0.1), "x") == TENTH[dtype]
    assert (exact_array(np.broadcast_to(array[0], (4, 2)), "x") == array[0].astype(float)).all()


def test_python_numbers_are_taken_exactly():
    assert exact_array(0.1, "x") == 0.1
    assert exact_array(-3, "x") == -3
    assert exact_array(2**60, "x") == 2.0**60
    assert (exact_array([[1, 2], [3, 4]], "x") == [[1, 2], [3, 4]]).all()
    assert (exact_array((0.5, 1), "x") == [0.5, 1]).all()


def test_nothing_is_written_to_what_was_given():
    given = np.array([1.0, 2.0])
    taken = exact_array(given, "x")
    taken[:] = 7
    assert given.tolist() == [1.0, 2.0]


def test_numbers_and_tensors_may_be_mixed():
    point = {"w": 0.5, "b": 1, "x": torch.tensor([1.0, 2.0]), "y": [0.0, 1.0]}
    prepared = prepare(LINE, point)
    assert prepared.sizes == {"n": 2}
    assert {name: value.shape for name, value in prepared.values.items()} == {"w": (), "b": (), "x": (2,), "y": (2,)}
    assert exact(LINE, point).rounded()["L"] == ((1.5 - 0) ** 2 + (2 - 1) ** 2) / 2


REFUSED = {
    "missing": ({name: value for name, value in GOOD.items() if name != "y"}, MissingInput, "'y'"),
    "empty": ({}, MissingInput, "no values"),
    "misspelt": (GOOD | {"xx": 1.0}, UnknownName, "did you mean 'x'"),
    "extra": (GOOD | {"momentum": 1.0}, UnknownName, "momentum"),
    "too many axes": (GOOD | {"w": [0.5]}, ShapeMismatch, "0 axes"),
    "too few axes": (GOOD | {"x": 1.0}, ShapeMismatch, "1 axes"),
    "another length": (GOOD | {"y": [0.0, 1.0, 2.0]}, ShapeMismatch, "n = 2"),
    "ragged": (GOOD | {"x": [[1.0, 2.0], [3.0]]}, ShapeMismatch, "one length"),
    "empty batch": (GOOD | {"x": [], "y": []}, EmptyBatch, "n = 0"),
    "empty tensor": (GOOD | {"x": torch.empty(0), "y": torch.empty(0)}, EmptyBatch, "skip"),
    "NaN": (GOOD | {"x": [1.0, float("nan")]}, NonFiniteInput, r"nan at x\[1\]"),
    "infinity": (GOOD | {"b": float("inf")}, NonFiniteInput, "inf at b,"),
    "NaN in a tensor": (GOOD | {"y": torch.tensor([float("-inf"), 1.0])}, NonFiniteInput, r"-inf at y\[0\]"),
    "long tensor": (GOOD | {"x": torch.tensor([1, 2])}, UnsupportedDtype, "int64"),
    "long array": (GOOD | {"x": np.array([1, 2])}, UnsupportedDtype, "int64"),
    "bool tensor": (GOOD | {"x": torch.tensor([True, False])}, UnsupportedDtype, "bool"),
    "bool": (GOOD | {"w": True}, UnsupportedDtype, "bool"),
    "complex tensor": (GOOD | {"x": torch.tensor([1j, 2])}, UnsupportedDtype, "complex"),
    "complex": (GOOD | {"w": 1j}, UnsupportedDtype, "complex128"),
    "float8": (GOOD | {"x": torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn)}, UnsupportedDtype, "float8"),
    "long double": (GOOD | {"x": np.array([1, 2], dtype=np.longdouble)}, UnsupportedDtype, "dtype"),
    "object": (GOOD | {"w": Fraction(1, 3)}, UnsupportedDtype, "object"),
    "decimal": (GOOD | {"w": Decimal("0.1")}, UnsupportedDtype, "object"),
    "none": (GOOD | {"w": None}, UnsupportedDtype, "object"),
    "text": (GOOD | {"w": "0.5"}, UnsupportedDtype, "<U"),
    "large integer": (GOOD | {"w": 2**53 + 1}, UnsupportedDtype, "exactly"),
    "huge integer": (GOOD | {"w": 10**30}, UnsupportedDtype, "object"),
    "two dtypes": (
        GOOD | {"x": torch.tensor([1.0, 2.0]), "y": torch.tensor([1.0, 2.0]).double()},
        DtypeMismatch,
        "x: float32, y: float64",
    ),
    "torch and numpy": (GOOD | {"x": torch.tensor([1.0, 2.0]), "y": np.array([1.0, 2.0])}, DtypeMismatch, "one dtype"),
    "meta": (GOOD | {"x": torch.empty(2, device="meta")}, DeviceMismatch, "meta"),
    "two devices": (
        GOOD | {"x": torch.tensor([1.0, 2.0]), "y": torch.empty(2, device="meta")},
        DeviceMismatch,
        "x: cpu, y: meta",
    ),
    "sparse": (GOOD | {"x": torch.tensor([1.0, 2.0]).to_sparse()}, PointError, "to_dense"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_point_is_refused(case):
    point, kind, words = REFUSED[case]
    for use in (prepare, exact, bounds):
        with pytest.raises(kind, match=words) as refusal:
            use(LINE, point)
        assert isinstance(refusal.value, DiffcheckError)
        assert refusal.value.got
        assert refusal.value.wanted
        assert refusal.value.do


def test_a_gradient_asks_for_its_cotangents():
    gradient = derive(parse("parameter w; data x[n]\np[i] = w*x[i]"))
    with pytest.raises(MissingInput, match="'p_bar'"):
        exact(gradient, {"w": 1.0, "x": [1.0, 2.0]})
    with pytest.raises(ShapeMismatch, match="n = 2"):
        bounds(gradient, {"w": 1.0, "x": [1.0, 2.0], "p_bar": [1.0, 1.0, 1.0]})
    assert exact(gradient, {"w": 1.0, "x": [1.0, 2.0], "p_bar": [1.0, 10.0]}).rounded()["w"] == 21.0


@pytest.mark.parametrize(
    ("text", "shapes", "sizes"),
    [
        ("data w[n + 1]; data x[n]", [4, 3], {"n": 3}),
        ("data x[n]; data w[n + 1]", [3, 4], {"n": 3}),
        ("data x[2*n]", [6], {"n": 3}),
        ("data x[2*n + m]; data y[m - 1]", [9, 2], {"n": 3, "m": 3}),
        ("data x[n*m]; data y[n]", [6, 2], {"n": 2, "m": 3}),
        ("data x[3]; data y[n]", [3, 1], {"n": 1}),
    ],
)
def test_sizes_are_told_by_composed_extents_too(text, shapes, sizes):
    program = parse(text + "\nL = Σ_i x[i]")
    point = {tensor.name: np.ones(shape) for tensor, shape in zip(program.inputs, shapes, strict=True)}
    assert prepare(program, point).sizes == sizes


@pytest.mark.parametrize(
    ("text", "shapes", "words"),
    [
        ("data w[n + 1]; data x[n]", [5, 3], r"n \+ 1 = 4"),
        ("data x[2*n]", [7], "whole number n"),
        ("data x[n*m]", [6], "m, n"),
        ("data x[n + 5]", [5], "n ≥ 1"),
        ("data x[3]", [4], "3 = 3"),
    ],
)
def test_shapes_that_fit_no_sizes_are_refused(text, shapes, words):
    program = parse(text + "\nL = Σ_i x[i]")
    point = {tensor.name: np.ones(shape) for tensor, shape in zip(program.inputs, shapes, strict=True)}
    with pytest.raises(ShapeMismatch, match=words):
        prepare(program, point)


def test_a_read_outside_its_axis_is_refused():
    program = parse("data x[n]\nL = x[5]")
    assert exact(program, {"x": np.arange(6.0)})["L"][()] == 5
    with pytest.raises(ShapeMismatch, match="n > 5"):
        exact(program, {"x": np.arange(5.0)})


def test_an_empty_inner_axis_is_refused():
    program = parse("data x[n]\nL = Σ_{i:n - 1} 2")
    assert exact(program, {"x": [1.0, 2.0]})["L"][()] == 2
    with pytest.raises(EmptyBatch, match="index i of 'L'"):
        exact(program, {"x": [1.0]})
