"""The constant inf: how it is written, what is derived from it, and how the arithmetics carry it."""

import math

import numpy as np
import pytest

from diffcheck.derivation import derive
from diffcheck.errors import UnsupportedExpression
from diffcheck.notation import parse
from diffcheck.notation.latex import equation_latex
from diffcheck.notation.mathml import equation_mathml
from diffcheck.oracle import bounds, exact
from diffcheck.oracle.error_arithmetic import ErrorArithmetic
from diffcheck.oracle.float_arithmetic import float_values, rounded_to
from diffcheck.oracle.formats import FORMATS

MASKED = "data x[n]; p[i] = select(i - 1, {}inf, x[i])"


@pytest.mark.parametrize("sign", ["", "-"])
def test_infinity_is_written_and_read_back(sign):
    program = parse(MASKED.format(sign))
    assert f"{sign}inf" in str(program)
    assert parse(str(program)) == program
    assert rf"{sign}\infty" in equation_latex(program.equations[0])
    assert ("<mo>−</mo>" if sign else "") + "<mi>∞</mi>" in equation_mathml(program.equations[0])


@pytest.mark.parametrize("text", ["inf - inf", "0*inf", "x - inf + inf", "inf*0*x", "inf/inf", "log(0)", "sin(inf)"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(UnsupportedExpression):
        parse(f"data x; p = {text}")


def test_a_branch_at_infinity_has_no_slope():
    gradient = derive(parse("parameter x[n]; p[i] = select(i - 1, -inf, x[i]**2); output p"))
    point = {"x": np.array([1.0, 2.0, 3.0]), "p_bar": np.ones(3)}
    assert exact(gradient, point).rounded()["x"].tolist() == [2.0, 4.0, 0.0]


SLOPES = {
    "parameter x[3]; s[i] = inf*x[i] + x[i]; r[i] = -inf*x[i]; L = Σ_i s[i] + Σ_i r[i]": "x_bar_1[i:3] = -inf",
    "parameter x; a = inf*step(x); L = a*x": "x_bar = a",
    "parameter x; L = exp(select(x, -inf, x))": "x_bar = select(x, 0, exp(select(x, -inf, x)))",
    "parameter x[n]; s[i:n,j:n] = inf*x[i]*delta(i,j); L = s[0,0] + s[0,1]": "x_bar[i:n] = inf*",
}


@pytest.mark.parametrize("text", SLOPES)
def test_zero_times_infinity_is_not_built(text):
    gradient = derive(parse(text)).program
    assert SLOPES[text] in str(gradient)
    assert parse(str(gradient)) == gradient


def test_of_a_row_of_masks_all_are_the_largest():
    program = parse("parameter x[2,3]; s[i,j] = select(i, -inf, x[i,j]); p[i] = max_{j} s[i,j]; output p")
    gradient = derive(program)
    point = {"x": np.array([[1.0, 2.0, 2.0], [1.0, 2.0, 3.0]]), "p_bar": np.ones(2)}
    assert exact(program, {"x": point["x"]}).rounded()["p"].tolist() == [2.0, -math.inf]
    assert exact(gradient, point).rounded()["x"].tolist() == [[0.0, 0.5, 0.5], [0.0, 0.0, 0.0]]
    assert np.isfinite(bounds(gradient, point).rounding["x"]).all()


@np.errstate(all="ignore")
def test_a_mask_in_a_bound_is_exact_and_an_overflow_is_not():
    calculate = ErrorArithmetic(FORMATS["float32"])
    mask, one = (np.array(-math.inf), np.array(0.0)), (np.array(1.0), np.array(0.0))
    assert [float(part) for part in calculate.add(mask, one)] == [-math.inf, 0.0]
    assert [float(part) for part in calculate.multiply(mask, (np.array(2.0), np.array(0.125)))] == [-math.inf, 0.0]
    assert [float(part) for part in calculate.divide(one, mask)] == [0.0, 0.0]
    assert [float(part) for part in calculate.call("relu", (-mask[0], mask[1]))] == [math.inf, 0.0]
    assert float(calculate.call("exp", mask)[0]) == 0.0
    large = (np.array(3e38), np.array(0.0))
    overflown = calculate.multiply(large, large)
    assert float(overflown[1]) == math.inf
    assert float(calculate.divide(one, overflown)[1]) != 0.0
    assert float(calculate.divide((np.array(1.0), np.array(math.inf)), mask)[1]) == math.inf


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_infinity_is_a_number_of_every_format(dtype):
    form = FORMATS[dtype]
    for generator in (None, np.random.default_rng(1)):
        rounded = rounded_to(np.array([math.inf, -math.inf, 1.0]), form, generator).tolist()
        assert rounded[:2] == [math.inf, -math.inf]
        assert abs(rounded[2] - 1) <= (0 if generator is None or dtype != "float64" else 2 * form.unit)
    program = parse(MASKED.format("-") + "; e[i] = exp(p[i]); m = max_{i} p[i]; output p, e, m")
    values = float_values(program, {"x": np.array([1.0, 2.0, 4.0])}, form)
    assert values["p"].tolist() == [1.0, 2.0, -math.inf]
    assert values["e"][2] == 0.0
    assert values["m"] == 2.0
