"""The bound of the error arithmetic, against programs carried out in the format with roundings as bad as they may be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exact_emulation import Emulation
from flint import arb
from hypothesis import given
from hypothesis import strategies as st
from strategies_programs import SIZES, losses, points
from sympy import Rational

from diffcheck.notation import Program, parse
from diffcheck.oracle import FORMATS, exact, prepare, round_value
from diffcheck.oracle.error_arithmetic import ErrorArithmetic
from diffcheck.oracle.evaluation import evaluate

SHORT = ["float32", "float16", "bfloat16"]  # float64 has no wider format to be emulated in


def bounded(program, point, form):
    prepared = prepare(program, point)
    still = {name: (array, np.zeros_like(array)) for name, array in prepared.values.items()}
    with np.errstate(all="ignore"):
        return evaluate(program, still, prepared.sizes, ErrorArithmetic(form))


def assert_inside(program, point, sizes, name, seed):
    form = FORMATS[name]
    point = {
        tensor: np.vectorize(lambda value: round_value(value, form), otypes=[float])(value) for tensor, value in point.items()
    }
    every = Program(program.inputs, program.equations, tuple(equation.target for equation in program.equations))
    balls, bounds = exact(every, point), bounded(every, point, form)
    try:
        with np.errstate(all="ignore"):
            made = Emulation(form, np.random.default_rng(seed)).run(program, point, sizes)
    except (OverflowError, ZeroDivisionError):
        return
    for target, array in balls.items():
        for index, ball in np.ndenumerate(array):
            got, bound = made[target][index], float(bounds[target][1][index])
            if not math.isfinite(got):
                assert bound == math.inf, f"{target}{index} = {got}"
            elif math.isfinite(bound):
                assert abs(arb(got) - ball).lower() <= bound, f"{target}{index}: {got}, {ball}"


@pytest.mark.parametrize("name", SHORT)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1.0, 1.0, 2.0**-9, 2.0**6]))
def test_drawn_programs_in_a_short_format_stay_inside_the_bound(name, data, seed, scale):
    program = data.draw(losses())
    point = {tensor: value * scale for tensor, value in data.draw(points(program)).items()}
    assert_inside(program, point, SIZES, name, seed)


PROGRAMS = {
    "sum": "data x[n]\nL = Σ_i x[i]",
    "dot product": "data x[n]; data y[n]\nL = Σ_i x[i]*y[i]",
    "mean of squares": "data x[n]; data y[n]\nL = Σ_i (x[i] - y[i])**2/n",
    "scaled dot product": "data x[n]; data y[n]; data c\nL = Σ_i c*x[i]*y[i]/n",
    "three terms": "data x[n]; data y[n]; data c\nT[i] = x[i] - y[i] + c",
    "three factors": "data x[n]; data y[n]; data c\nT[i] = x[i]*y[i]*c/3",
    "tanh squared": "data x[n]\nT[i] = 1 - tanh(x[i])**2",
    "sigmoid": "data x[n]; data c\nT[i] = sigmoid(x[i] + c)*(1 - sigmoid(x[i] + c))",
    "a cancelled logit": "data x[n]; data c\nz[i] = 200*x[i] + c\nT[i] = exp(z[i] - 200*x[i])*sigmoid(z[i])",
    "relu next to its kink": "data x[n]; data c\nT[i] = relu(x[i] - c + 1 - 1)*step(x[i]*x[i] - c*c)",
    "quotient next to a pole": "data x[n]; data c\nT[i] = 1/(x[i] - c)**2 + log(x[i]*x[i] + c)",
    "root": "data x[n]; data c\nT[i] = sqrt(x[i]*x[i] + c*c)*(2 + c)**(3/2)",
}


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("case", PROGRAMS)
def test_programs_in_a_short_format_stay_inside_the_bound(name, case):
    program, draw = parse(PROGRAMS[case]), np.random.default_rng(11)
    for seed in range(12):
        magnitude = 2.0 ** draw.integers(-8, 4)
        point = {t.name: draw.normal(size=(9,) * t.rank) * magnitude for t in program.inputs}
        assert_inside(program, point, {"n": 9}, name, seed)


@pytest.mark.parametrize("case", ["dot product", "tanh squared", "three factors"])
def test_a_bound_for_another_format_is_left(case):
    program, form = parse(PROGRAMS[case]), FORMATS["bfloat16"]
    point = {tensor.name: np.full((9,) * tensor.rank, 0.7109375) for tensor in program.inputs}
    got = Emulation(form, np.random.default_rng(0)).run(program, point, {"n": 9})[program.outputs[0]]
    (ball,) = {str(ball): ball for ball in exact(program, point)[program.outputs[0]].flat}.values()
    bound = float(np.max(bounded(program, point, FORMATS["float32"])[program.outputs[0]][1]))
    assert not any(abs(arb(value) - ball) <= bound for value in got.values())


def made(text, form="float32", **values):
    """Return value and bound of the last equation of *text*."""
    program = parse(text)
    return tuple(plane[()] for plane in bounded(program, values, FORMATS[form])[program.outputs[0]])


def test_three_terms_may_be_added_in_any_order():
    # (x + y) + z is exact here, x + (y + z) is off by 2^20·u.
    _, bound = made("data x; data y; data z\nL = x + y + z", x=2.0**20, y=-(2.0**20), z=1e-3)
    assert bound >= 2.0**20 * 2.0**-24


def test_factors_may_underflow_in_any_order():
    _, bound = made("data x; data y; data z\nL = x*y*z", "float16", x=2.0**-14, y=2.0**-13, z=2.0**10)
    assert bound >= 2.0**-25 * 2.0**10  # x·y alone is below the smallest subnormal, and 2^10 times as much is lost


def test_what_underflows_in_float64_has_a_bound_above_zero():
    value, bound = made("data x; data y\nL = x*y", "float64", x=5e-324, y=0.75)
    assert abs(value - 5e-324 * 0.75) <= bound
    assert bound > 0


def test_an_overflow_has_an_infinite_bound_though_its_reciprocal_is_small():
    assert made("data x\nL = x*x", "float16", x=300.0)[1] == math.inf
    assert made("data x\nL = 1/(x*x)", "float16", x=300.0)[1] == math.inf
    assert made("data x\nL = x*x", "bfloat16", x=300.0)[1] < 2000


def test_a_small_exponential_is_no_overflow():
    # 2·exp(−u²)/√π, and not 2/(√π·exp(u²)): the bound of what underflows is small.
    _, bound = made("data x\nL = 2*exp(-x**2)/sqrt(pi)", x=30.0)
    assert bound < 1e-40


@pytest.mark.parametrize("power", ["1/2", "3/2", "-1/3"])
def test_a_fractional_power_of_what_may_be_negative_has_an_infinite_bound(power):
    assert made(f"data x; data y\nL = (x + y)**({power})", x=-2.0, y=1.0)[1] == math.inf
    assert made(f"data x; data y\nL = (x*3 - y*3)**({power})", x=1.0, y=1.0 - 2.0**-24)[1] == math.inf
    assert made(f"data x\nL = x**({power})", x=2.0)[1] < 1e-5


def test_a_quotient_may_be_a_product_with_a_reciprocal():
    assert made("data x; data y\nL = x/y", x=1.0, y=3.0)[1] == pytest.approx(2 * 2.0**-24 / 3, rel=1e-6)


def test_powers_of_zero():
    assert made("data x\nL = x**2", x=0.0) == (0.0, 2.0**-150)
    assert made("data x\nL = sqrt(x)", x=0.0)[0] == 0.0
    assert math.isfinite(made("data x\nL = sqrt(x)", x=0.0)[1])  # no error comes in, so its infinite slope passes none on
    assert made("data x\nL = x**(-1)", x=0.0)[1] == math.inf
    assert made("data x; data e\nL = (x + 1)**e", x=1.0, e=0.0) == (1.0, pytest.approx(8 * 2.0**-24, rel=1e-3))


def test_a_computed_power_is_as_exact_as_a_library_function():
    value, bound = made("data x; data e\nL = x**e", x=1e30, e=-1.0)
    assert value == pytest.approx(1e-30)
    assert bound <= 10 * 2.0**-24 * 1e-30  # by exp(e·log x) it would be 70 times as much


@pytest.mark.parametrize(("form", "units"), [("float64", 0), ("float32", 0), ("float16", 1), ("bfloat16", 1)])
def test_a_sum_may_be_made_in_any_order_in_the_format_of_sums(form, units):
    program = parse("data x[n]\nL = Σ_i x[i]")
    value, bound = bounded(program, {"x": np.ones(100)}, FORMATS[form])["L"]
    wide = FORMATS[FORMATS[form].sums_in].unit
    assert value[()] == 100
    assert bound[()] == pytest.approx(100 * (99 * wide + units * FORMATS[form].unit), rel=0.01)


def test_a_sum_that_may_overflow_on_the_way_has_an_infinite_bound():
    program = parse("data x[n]\nL = Σ_i x[i]")
    assert bounded(program, {"x": np.array([3e38, -3e38, 3e38])}, FORMATS["float32"])["L"][1] == math.inf
    assert bounded(program, {"x": np.array([6e4, -6e4, 6e4])}, FORMATS["float16"])["L"][1] < 100  # summed in float32


def test_products_inside_a_sum_may_underflow():
    for axes in ("k", "j,k"):  # element by element, and as a matrix product
        program = parse(
            f"data A[n,m]; data B[m,n]; data x[m]\nL[{axes}] = Σ_i {'A[j,i]*B[i,k]' if 'j' in axes else 'B[i,k]*x[i]'}"
        )
        tiny = {"A": np.full((2, 9), 2.0**-13), "B": np.full((9, 2), 2.0**-13), "x": np.full(9, 2.0**-13)}
        assert (bounded(program, tiny, FORMATS["float16"])["L"][1] >= 9 * 2.0**-26).all()


def test_large_errors_multiply():
    # x is within 1/2 of v = 1, and w within 1/2 of x: at worst 2·2 − 1.5·1.5.
    calculate, off = ErrorArithmetic(FORMATS["float64"]), (np.ones((1, 1, 1)), np.full((1, 1, 1), 0.5))
    assert calculate.multiply(off, off)[1] >= 1.75
    assert calculate.matmul(off, off, 1)[1] >= 1.75
    assert calculate.divide(off, (np.full((1, 1, 1), 2.0), off[1]))[1] >= 2 / 1.5 - 1.5 / 2
    with np.errstate(divide="ignore"):
        assert calculate.divide(off, off)[1] == math.inf  # w may be 0


def test_a_sum_of_one_term_is_exact():
    assert bounded(parse("data x[n]\nL = Σ_i x[i]"), {"x": [0.1]}, FORMATS["float64"])["L"][1][()] == 0


def test_a_constant_is_exact_where_the_format_holds_it():
    assert made("data x\nL = x + 0.5", x=0.0)[1] == pytest.approx(2.0**-25)
    assert made("data x\nL = x + 0.1", x=0.0)[1] == pytest.approx(0.2 * 2.0**-24, rel=1e-6)
    assert made("data x\nL = x*pi", x=1.0)[1] == pytest.approx(9 * 3.14159 * 2.0**-24, rel=1e-3)
    assert made("data x\nL = x*tanh(1)", x=1.0)[0] == pytest.approx(math.tanh(1))
    assert made("data x\nL = x + 10**400", "float64", x=1.0)[1] == math.inf


def test_without_rounding_only_input_errors_are_passed_on():
    calculate = ErrorArithmetic(FORMATS["float16"], rounding=False)
    x, y = (np.array(3.0), np.array(0.25)), (np.array(500.0), np.array(0.0))
    assert calculate.add(x, y)[1] == 0.25
    assert calculate.multiply(x, y)[1] == 125
    assert calculate.multiply(y, y, y) == (1.25e8, 0.0)  # nothing overflows that is not rounded
    assert calculate.divide(y, (np.array(2.0), np.array(0.0)))[1] == 0
    assert calculate.call("exp", y)[1] == 0
    assert calculate.constant(Rational(1, 3))[1] == 0
    assert calculate.total((np.full((1, 9), 0.1), np.zeros((1, 9))), (1,))[1][0, 0] == 0
