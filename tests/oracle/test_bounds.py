"""The two bounds of a verdict: no gradient that follows the textbook is outside, small faults are."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import torch
from exact_models import MAGNITUDES, PROGRAMS, SIZES, autograd, by_hand, drawn_point, loss
from flint import arb

from diffcheck.derivation import derive
from diffcheck.notation import parse
from diffcheck.oracle import FORMATS, bounds, exact, round_value, ulp

DTYPES = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
GRADIENTS = {model: derive(parse(text)) for model, text in PROGRAMS.items()}


def outside(got, values, limits) -> list[str]:
    """Return the places where *got* is outside the rounding bound, NaN included."""
    found = []
    for name, array in values.items():
        for index, ball in np.ndenumerate(array):
            value, bound = float(np.asarray(got[name])[index]), float(limits.rounding[name][index])
            if not (math.isfinite(value) and abs(arb(value) - ball) <= bound):
                found.append(f"{name}{list(index)}: {value} instead of {ball}, bound {bound}")
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("model", PROGRAMS)
@pytest.mark.parametrize("n", SIZES)
def test_gradients_that_follow_the_textbook_are_inside(model, dtype, n):
    for magnitude in MAGNITUDES:
        point = drawn_point(model, n, DTYPES[dtype], magnitude, seed=n)
        values, limits = exact(GRADIENTS[model], point, dtype=dtype), bounds(GRADIENTS[model], point, dtype=dtype)
        assert outside(autograd(model, point), values, limits) == []
        if dtype != "bfloat16":  # NumPy has none
            assert outside(by_hand(model, point), values, limits) == []


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("model", PROGRAMS)
@pytest.mark.parametrize("n", [7, 1000])
def test_the_loss_of_pytorch_is_inside_the_bound_of_the_primal(model, dtype, n):
    program = parse(PROGRAMS[model])
    point = drawn_point(model, n, DTYPES[dtype], 1.0, seed=n)
    got = {"L": loss(model, point).double().numpy()}
    assert outside(got, exact(program, point, dtype=dtype), bounds(program, point, dtype=dtype)) == []


# What a gradient may be off by, relatively, without any of its elements leaving the bound: measured, then rounded up.
UNSEEN = {"float64": 2e-14, "float32": 1e-5, "float16": 2e-2, "bfloat16": 2e-1}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("model", PROGRAMS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_small_relative_fault_is_outside(model, dtype, sign):
    for n in (7, 37):
        point = drawn_point(model, n, DTYPES[dtype], 1.0, seed=1)
        values, limits = exact(GRADIENTS[model], point, dtype=dtype), bounds(GRADIENTS[model], point, dtype=dtype)
        wrong = {name: value * (1 + sign * UNSEEN[dtype]) for name, value in values.rounded(dtype).items()}
        assert outside(wrong, values, limits)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_fault_of_1e_12_is_outside_in_float64_for_a_thousand_samples_too(sign):
    for model, gradient in GRADIENTS.items():
        point = drawn_point(model, 1000, torch.float64, 1.0, seed=4)
        values = exact(gradient, point)
        wrong = {name: value * (1 + sign * 1e-12) for name, value in values.rounded().items()}
        assert outside(wrong, values, bounds(gradient, point))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("model", ["regression", "network"])
def test_a_batch_of_equal_rows_is_inside(model, dtype):
    # Rounding errors of equal terms have equal signs, and matrix products add thousands of terms one after the other.
    point = drawn_point(model, 1, DTYPES[dtype], 1.0, seed=5)
    for n in (1000, 4000):
        rows = {**point, "x": point["x"].repeat(n, 1), "y": point["y"].repeat(n)}
        values, limits = exact(GRADIENTS[model], rows, dtype=dtype), bounds(GRADIENTS[model], rows, dtype=dtype)
        assert outside(autograd(model, rows), values, limits) == []


def test_numpys_float16_sum_along_the_first_axis_is_outside():
    # It is accumulated in float16; the bound takes sums of float16 to be accumulated in float32, as PyTorch's are.
    gradient = derive(parse("parameter b[h]; data x[n,h]\nL = Σ_{i,j} b[j]*x[i,j]"))
    x = np.random.default_rng(0).uniform(0.5, 1, size=(2000, 3)).astype(np.float16)
    point = {"b": np.ones(3, dtype=np.float16), "x": x}
    values, limits = exact(gradient, point, dtype="float16"), bounds(gradient, point, dtype="float16")
    assert outside({"b": x.sum(0, dtype=np.float32).astype(np.float16)}, values, limits) == []
    assert outside({"b": x.sum(0)}, values, limits)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_unit_that_rounding_puts_on_the_other_side_of_its_kink_is_inside(dtype):
    program = "parameter w[d]; parameter b; data x[d]\nz = Σ_k w[k]*x[k]\nL = relu(z + b)"
    gradient, form = derive(parse(program)), FORMATS[dtype]
    flipped = 0
    for seed in range(40):
        draw = np.random.default_rng(seed)
        w, x = (torch.from_numpy(draw.normal(size=3)).to(DTYPES[dtype]) for _ in range(2))
        point = {"w": w, "x": x, "b": -(w @ x)}  # the sum is next to the kink, and PyTorch finds it on it
        leaves = {name: value.clone().requires_grad_(name != "x") for name, value in point.items()}
        torch.relu(leaves["w"] @ leaves["x"] + leaves["b"]).backward()
        got = {name: leaves[name].grad.double().numpy() for name in ("w", "b")}
        values, limits = exact(gradient, point, dtype=dtype), bounds(gradient, point, dtype=dtype)
        assert outside(got, values, limits) == []
        flipped += float(values.rounded()["b"]) != float(got["b"])
        far = bounds(gradient, point | {"b": point["b"] + 1}, dtype=dtype)
        assert far.rounding["b"] == 0 < limits.rounding["b"]
    assert flipped > 5, form


def test_a_cancelled_logit_is_inside():
    # 1000.x − 1010 is off by 2 in bfloat16: there the slope at the exact point tells too little.
    gradient = derive(parse("parameter b; data w; data x\nz = w*x\nL = exp(z + b)"))
    for seed in range(60):
        draw = np.random.default_rng(seed)
        point = {
            name: torch.tensor(value, dtype=torch.bfloat16) for name, value in zip("wx", draw.uniform(30, 33, 2), strict=True)
        }
        point["b"] = -(point["w"] * point["x"]) - 2
        b = point["b"].clone().requires_grad_()
        torch.exp(point["w"] * point["x"] + b).backward()
        values, limits = exact(gradient, point, dtype="bfloat16"), bounds(gradient, point, dtype="bfloat16")
        assert outside({"b": b.grad.double().numpy()}, values, limits) == []


def test_an_overflow_on_the_way_promises_nothing():
    gradient = derive(parse("parameter w; data x\nL = (w*x)**3"))
    point = {"w": torch.tensor(30.0, dtype=torch.float16), "x": torch.tensor(30.0, dtype=torch.float16)}
    limits = bounds(gradient, point, dtype="float16")
    assert limits.rounding["w"] == math.inf
    assert bounds(gradient, point, dtype="bfloat16").rounding["w"] < math.inf


def test_a_bound_is_never_nan():
    # exp(800)·exp(−800) is infinity times zero in float64.
    limits = bounds(parse("data x\nt = exp(x)\nu = exp(-x)\nL = t*u"), {"x": 800.0})
    assert limits.rounding["L"] == limits.conditioning["L"] == math.inf


def test_the_rounding_bound_is_that_of_the_textbook_formula():
    # tanh′ = 1 − tanh² from the rounded tanh is 0 at 20: wrong to the last digit, and what the documented rule promises.
    gradient = derive(parse("parameter w\nL = tanh(w)"))
    limits = bounds(gradient, {"w": 20.0})
    value = float(exact(gradient, {"w": 20.0}).rounded()["w"])
    assert abs(0.0 - value) <= limits.rounding["w"]
    assert limits.conditioning["w"] == pytest.approx(2.0**-53 * value * (1 + 2 * 20), rel=0.01)


def test_the_conditioning_is_that_of_the_stable_formula():
    # The textbook's 1 − tanh² is 0 at 20, and would pass no error of y on.
    gradient = derive(parse("parameter w; data y\np = tanh(w)\nL = (p - y)**2"))
    value = abs(float(exact(gradient, {"w": 20.0, "y": 100.0}).rounded()["w"]))
    assert bounds(gradient, {"w": 20.0, "y": 100.0}).conditioning["w"] >= 2.0**-53 * value * (1 + 2 * 20 + 100 / 99)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("exp(x)", abs),
        ("sin(x)", lambda x: abs(x / math.tan(x))),
        ("x**3", lambda x: 3.0),
        ("1/(1 + x)", lambda x: abs(x / (1 + x))),
        ("tanh(x)", lambda x: abs(2 * x / math.sinh(2 * x))),
        ("sqrt(x)", lambda x: 0.5),
    ],
)
@pytest.mark.parametrize("x", [0.25, 1.5, 3.0])
@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_the_conditioning_of_an_operator_is_its_condition_number(text, number, x, form):
    limits = bounds(parse(f"data x\nL = {text}"), {"x": x}, dtype=form.name)
    value = abs(float(exact(parse(f"data x\nL = {text}"), {"x": x}).rounded()["L"]))
    # To first order: the bound takes the steepest slope within half an ULP of the input.
    assert limits.conditioning["L"] == pytest.approx(
        form.unit * value * (1 + number(x)), rel=20 * form.unit + 1e-9, abs=form.tiny
    )


def test_the_conditioning_is_what_rounded_inputs_do():
    for dtype in ("float32", "bfloat16"):
        form = FORMATS[dtype]
        for model, gradient in GRADIENTS.items():
            if model == "rectifier":
                continue  # a unit may flip, which the bound allows for and a sample need not show
            point = {name: value.numpy() for name, value in drawn_point(model, 7, torch.float64, 1.0, seed=3).items()}
            rounded = {name: np.vectorize(round_value)(value, form) for name, value in point.items()}
            limits = bounds(gradient, rounded, dtype=dtype)
            before, after = exact(gradient, point).rounded(), exact(gradient, rounded).rounded()
            for name in before:
                assert (np.abs(before[name] - after[name]) <= 1.01 * limits.conditioning[name]).all()


def test_the_conditioning_does_not_overflow_with_the_format():
    point = {"w": torch.tensor(30.0, dtype=torch.float16), "x": torch.tensor(30.0, dtype=torch.float16)}
    limits = bounds(parse("data w; data x\nL = (w*x)**4/(w*x)**4"), point, dtype="float16")
    assert limits.conditioning["L"] < 0.02


def test_bounds_are_named_like_the_values():
    gradient = GRADIENTS["network"]
    point = drawn_point("network", 3, torch.float64, 1.0, seed=1)
    values, limits = exact(gradient, point), bounds(gradient, point)
    for made in (limits.rounding, limits.conditioning):
        assert {name: array.shape for name, array in made.items()} == {name: array.shape for name, array in values.items()}
        assert all((array > 0).all() for array in made.values())


def test_half_an_ulp_is_always_allowed_where_something_is_rounded():
    for form in FORMATS.values():
        for x in (form.tiny, 3 * form.tiny, 1.0, form.largest / 4):
            limits = bounds(parse("data x\nL = 3*x/7"), {"x": x}, dtype=form.name)
            with mpmath.workdps(30):
                half = ulp(float(3 * mpmath.mpf(x) / 7), form) / 2
            assert limits.rounding["L"] >= half
            assert limits.conditioning["L"] >= half / 2
