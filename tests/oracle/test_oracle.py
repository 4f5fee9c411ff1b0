"""The oracle: exact inputs, one rounding, certified however small, large or cancelled the value is."""

from __future__ import annotations

import math
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
import torch
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.derivation import derive
from diffcheck.notation import parse
from diffcheck.oracle import FORMATS, Values, decided, enclosing, exact, working_precision

THERMOMETER = """
parameter w; parameter b; data x[n]; target y[n]
p[i] = w*x[i] + b
L = Σ_i (p[i] - y[i])**2/n
"""
FAHRENHEIT = [35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4]
CELSIUS = [0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0]

finite = st.floats(allow_nan=False, allow_infinity=False)
short = st.floats(-8, 8, width=16)


def rational_gradient(w, b, x, y):
    """Return (∂L/∂w, ∂L/∂b) of the thermometer in exact rational arithmetic."""
    errors = [w * a + b - c for a, c in zip(x, y, strict=True)]
    return 2 * sum(e * a for e, a in zip(errors, x, strict=True)) / len(x), 2 * sum(errors) / len(x)


CANCELLED = "data x; data y\nt = x/3\nu = x/3\nL = t + y - u"  # SymPy does not see through equations
ZERO = "t = x/3\nu = x/6\nz = t + u - x/2"


def test_the_optimum_of_the_thermometer_is_rational():
    tenth = Fraction(1, 10)
    x, y = [Fraction(str(value)) * tenth for value in FAHRENHEIT], [Fraction(str(value)) for value in CELSIUS]
    assert rational_gradient(Fraction(760375, 141657), Fraction(-2451344, 141657), x, y) == (0, 0)


def test_the_gradient_of_the_thermometer_at_its_optimum_is_zero_to_the_last_bit():
    # With every number an exact quotient inside the program, the inputs need no rounding.
    lines = ["parameter u; parameter v", "w = 760375*u/141657", "b = -2451344*v/141657"]
    terms = [f"(w*{x}/10 + b - {y})**2" for x, y in zip(FAHRENHEIT, CELSIUS, strict=True)]
    gradient = derive(parse("\n".join([*lines, f"L = ({' + '.join(terms)})/11"])))
    values = exact(gradient, {"u": 1, "v": 1})
    assert all(abs(ball[()]) < 1e-30 for ball in values.values())
    assert {name: value[()] for name, value in values.rounded().items()} == {"u": 0.0, "v": 0.0}
    moved = exact(gradient, {"u": 1 + 2.0**-52, "v": 1}).rounded()
    assert moved["u"] > 0


@given(finite, finite, st.lists(finite, min_size=3, max_size=3), st.lists(finite, min_size=3, max_size=3))
def test_float64_inputs_are_taken_as_exact_rationals_and_the_result_is_rounded_once(w, b, x, y):
    values = exact(derive(parse(THERMOMETER)), {"w": w, "b": b, "x": np.array(x), "y": np.array(y)}).rounded()
    exact_w, exact_b = rational_gradient(*map(Fraction, (w, b)), [*map(Fraction, x)], [*map(Fraction, y)])
    for name, wanted in (("w", exact_w), ("b", exact_b)):
        try:
            assert float(values[name]) == float(wanted)
        except OverflowError:
            assert float(values[name]) == (math.inf if wanted > 0 else -math.inf)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@given(w=short, b=short, x=st.lists(short, min_size=3, max_size=3), y=st.lists(short, min_size=3, max_size=3))
def test_the_result_is_rounded_once_to_short_formats_too(dtype, w, b, x, y):
    form = FORMATS[dtype]
    found = exact(derive(parse(THERMOMETER)), {"w": w, "b": b, "x": np.array(x), "y": np.array(y)}, dtype=dtype)
    wanted = rational_gradient(*map(Fraction, (w, b)), [*map(Fraction, x)], [*map(Fraction, y)])
    for name, value in zip("wb", wanted, strict=True):
        got = float(found.rounded(dtype)[name])
        low, high = enclosing(found[name][()], form)
        assert decided(found[name][()], form)
        assert got in (low, high)
        # The nearest value of the format is the one that is at most as far away as its neighbours.
        assert abs(Fraction(got) - value) <= abs(Fraction(low) - value)
        assert abs(Fraction(got) - value) <= abs(Fraction(high) - value)


def test_the_rounding_does_not_depend_on_the_precision_outside():
    values = exact(parse("data x\nL = x/3"), {"x": 1.0})
    assert ctx.prec == 53
    assert values.rounded()["L"] == 1 / 3
    with working_precision(20):
        assert values.rounded()["L"] == 1 / 3


def test_a_zero_is_found_exactly():
    values = exact(parse("data x; data y\nL = x*x - y*y - (x - y)*(x + y)"), {"x": 0.1, "y": 0.3})
    assert values["L"][()].is_zero()
    # Here no ball is exact, yet it rounds to zero once it is smaller than anything.
    values = exact(parse(f"data x\n{ZERO}"), {"x": 0.1})
    assert values.rounded()["z"] == 0.0
    assert values.precision > 1000


@pytest.mark.parametrize(("x", "even"), [(1 + 3 * 2.0**-8, 1 + 2.0**-6), (1 + 2.0**-8, 1.0)])
def test_an_exact_tie_rounds_to_even(x, even):
    values = exact(parse("data x\nL = x"), {"x": x}, dtype="bfloat16")
    assert values.rounded("bfloat16")["L"] == even
    assert values.precision == 128


def test_a_tie_between_inexact_balls_stops_the_search_and_has_two_roundings():
    # 3·x/3 is a tie that no precision proves to be one.
    values = exact(parse("data x\nt = x/3\nL = 3*t"), {"x": 1 + 2.0**-8}, dtype="bfloat16")
    (ball,) = values["L"].flat
    assert values.precision == 2048
    assert decided(ball, FORMATS["bfloat16"])
    assert enclosing(ball, FORMATS["bfloat16"]) == (1.0, 1 + 2.0**-7)
    assert values.rounded("bfloat16")["L"] in (1.0, 1 + 2.0**-7)


@pytest.mark.parametrize(("small", "precision"), [(2.0**-40, 128), (2.0**-300, 512), (2.0**-900, 2048)])
def test_cancellation_is_answered_with_precision(small, precision):
    values = exact(parse(CANCELLED), {"x": 1.0, "y": small})
    assert values.rounded()["L"] == small
    assert values.precision == precision


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data x\nL = exp(-x)", 1e300),
        ("data x\nL = exp(-x)", 1e15),
        ("data x\nL = sigmoid(-x)", 1e300),
        ("data x\nL = sech(x)**2", 1e300),
        ("data x\nL = exp(-x*x)*exp(-x)", 1e100),
    ],
)
def test_the_smallest_values_round_to_zero(text, value):
    values = exact(parse(text), {"x": value})
    assert values.rounded()["L"] == 0
    assert values["L"][()].is_finite()


def test_the_largest_values_round_to_infinity():
    assert exact(parse("data x\nL = -exp(x)"), {"x": 1e300}).rounded()["L"] == -math.inf
    assert exact(parse("data x\nL = x*x"), {"x": 300.0}, dtype="float16").rounded("float16")["L"] == math.inf
    assert exact(parse("data x\nL = x*x"), {"x": 300.0}).rounded("bfloat16")["L"] == 90112.0


@pytest.mark.parametrize(("text", "value"), [("L = sqrt(x)", 0.0), ("L = x**(1/3)", -8.0), ("L = 1/x", 0.0)])
def test_what_does_not_exist_is_nan(text, value):
    gradient = derive(parse(f"parameter x\n{text}"))
    values = exact(gradient, {"x": value})
    assert not values["x"][()].is_finite()
    assert math.isnan(values.rounded()["x"])


def test_an_unknown_sign_leaves_both_branches():
    # The argument is 0, but no precision proves it.
    values = exact(parse(f"data x\n{ZERO}\nL = step(z)"), {"x": 0.1})
    assert values["L"][()].contains(0)
    assert values["L"][()].contains(1)
    assert not decided(values["L"][()], FORMATS["float64"])
    assert math.isnan(values.rounded()["L"])
    assert exact(parse(f"data x; data y\n{ZERO}\nL = y*step(z)"), {"x": 0.1, "y": 0.0})["L"][()].is_zero()


def test_a_kink_that_is_met_exactly_has_the_stated_convention():
    gradient = derive(parse("parameter w; data x[n]\nL = Σ_i (relu(w*x[i]) + absolute(w*x[i]))"))
    assert exact(gradient, {"w": 0.0, "x": np.array([1.0, 2.0])}).rounded()["w"] == 0.0


def test_the_values_of_a_gradient_are_named_by_its_parameters():
    gradient = derive(parse(THERMOMETER), wrt=("b", "x"))
    values = exact(gradient, {"w": 2.0, "b": 1.0, "x": torch.tensor([1.0, 2.0]), "y": torch.tensor([0.0, 0.0])})
    assert isinstance(values, Values)
    assert list(values) == ["b", "x"]
    assert values["x"].shape == (2,)
    assert len(values) == 2
    assert values.rounded()["b"] == 8.0


def test_a_cotangent_is_an_input_like_any_other():
    gradient = derive(parse("parameter w; data x[n]\np[i] = w*x[i]\nq[i] = p[i]**2\noutput p, q"))
    point = {"w": 2.0, "x": [1.0, 3.0], "p_bar": [1.0, 0.5], "q_bar": [0.0, 0.25]}
    assert exact(gradient, point).rounded()["w"] == 1.0 + 1.5 + 0.25 * 2 * 2.0 * 9.0
    twice = derive(gradient, wrt=("w",))
    assert exact(twice, point).rounded()["w"] == 0.25 * 2 * 9.0


def test_the_precision_is_restored_after_a_failure():
    with pytest.raises(ZeroDivisionError), working_precision(999):
        raise ZeroDivisionError
    assert ctx.prec == 53


def test_a_thread_waits_until_another_has_restored_the_precision():
    inside, tried, seen = threading.Event(), threading.Event(), []

    def first():
        with working_precision(100):
            inside.set()
            tried.wait(timeout=10)
            time.sleep(0.05)  # the second thread is at the door by now
            seen.append(ctx.prec)

    def second():
        inside.wait(timeout=10)
        tried.set()
        with working_precision(200):
            seen.append(ctx.prec)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [100, 200]
    assert ctx.prec == 53


def test_balls_are_those_of_arb():
    assert isinstance(exact(parse("data x\nL = exp(x)"), {"x": 1.0})["L"][()], arb)
