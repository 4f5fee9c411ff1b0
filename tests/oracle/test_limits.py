"""One-sided limits: where the sides of a kink lie, what has no end, and that a smooth point has one limit."""

import math

import numpy as np
import pytest

from diffcheck.derivation import derive
from diffcheck.notation import parse
from diffcheck.oracle import exact
from diffcheck.oracle.limits import limits

KINKS = [
    ("relu(x[i])", 0.0, 0.0, 1.0),
    ("absolute(x[i])", 0.0, -1.0, 1.0),
    ("relu(x[i] - 1/10)", 0.0, 0.0, 0.0),
    ("select(x[i] - 2, 3*x[i], x[i]**2)", 2.0, 3.0, 4.0),
    ("select(x[i], x[i]**2, -x[i])", 0.0, -1.0, 0.0),
    ("absolute(x[i])**3", 0.0, 0.0, 0.0),
    ("relu(1 - relu(1 - x[i]))", 1.0, 0.0, 1.0),
    ("absolute(x[i] - 1)*x[i]", 1.0, -1.0, 1.0),
]
ENDLESS = [
    ("x[i]**(1/2)", 0.0, math.inf, math.inf),
    ("x[i]*log(x[i])", 0.0, -math.inf, -math.inf),
    ("1/x[i]", 0.0, -math.inf, -math.inf),
    ("log(absolute(x[i]))", 0.0, -math.inf, math.inf),
    ("absolute(x[i])**(3/2)", 0.0, 0.0, 0.0),
    ("absolute(x[i])**(1 + 2**(-50))", 0.0, 0.0, 0.0),
    ("x[i]**(1 - 2**(-50))", 0.0, math.inf, math.inf),
]


def limits_of(formula, value):
    gradient = derive(parse(f"parameter x[n]\ny = Σ_i {formula}"))
    (found,) = limits(gradient.program, {"x": np.array([value])}).values()
    return found


@pytest.mark.parametrize(("formula", "value", "low", "high"), [*KINKS, *ENDLESS])
def test_the_sides_of_a_kink_or_an_edge(formula, value, low, high):
    found = limits_of(formula, value)
    assert float(found.low[0]) == pytest.approx(low, abs=1e-100)
    assert float(found.high[0]) == pytest.approx(high, abs=1e-100)
    assert found.differ((0,)) == (low < high)


@pytest.mark.parametrize("formula", ["sin(x[i])", "x[i]**2", "exp(x[i])/(1 + x[i]**2)", "select(x[i] - 5, x[i], tanh(x[i]))"])
@pytest.mark.parametrize("value", [0.0, -0.0, 0.7, -3.25, 1e-300, -1e300])
def test_a_smooth_point_has_one_limit_its_exact_value(formula, value):
    if "exp" in formula and value < -1e299:
        pytest.skip("exp of it has an exponent that is out of reach")
    gradient = derive(parse(f"parameter x[n]\ny = Σ_i {formula}"))
    point = {"x": np.array([value])}
    (found,) = limits(gradient.program, point).values()
    (value,) = exact(gradient, point).values()
    assert not found.differ((0,))
    assert not abs(found.low[0] - value[0]) > 2.0**-60 * abs(value[0])  # a ball around 0 that holds no digit is no refusal


def test_a_value_put_in_at_one_point_is_not_its_limit():
    hole = derive(parse("parameter x[n]\ny = Σ_i select(absolute(x[i]), expm1(x[i])/x[i], 1)"))
    point = {"x": np.array([0.0])}
    (found,) = limits(hole.program, point).values()
    assert float(found.low[0]) == float(found.high[0]) == 0.5
    assert float(exact(hole, point)["x"][0]) == 0


def test_ties_are_broken_both_ways():
    gradient = derive(parse("parameter u; parameter v\ny = select(u - v, u, v)"))
    found = limits(gradient.program, {"u": 1.0, "v": 1.0})
    assert all((float(sides.low[()]), float(sides.high[()])) == (0.0, 1.0) for sides in found.values())


def test_where_no_side_has_a_value_there_is_no_limit():
    found = limits_of("log(x[i])**(1/2)", 0.25)
    assert found.low[0].is_nan()
    assert not found.differ((0,))


def test_where_the_sides_are_many_the_interval_holds_them_all():
    gradient = derive(parse("parameter x[n]\ny = (Σ_i x[i]**2)**(1/2)"))
    (found,) = limits(gradient.program, {"x": np.zeros(3)}).values()
    assert all(float(low) <= -1 and 1 <= float(high) < 2 for low, high in zip(found.low, found.high, strict=True))
