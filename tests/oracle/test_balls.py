"""Every function of the ball arithmetic against mpmath at 60 digits and more, at ordinary and at extreme arguments."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb
from sympy import Rational, pi, sqrt

from diffcheck.errors import UnsupportedExpression
from diffcheck.notation import FUNCTIONS, function
from diffcheck.notation.special_functions import HIGHEST_ORDER
from diffcheck.oracle import working_precision
from diffcheck.oracle.balls import BALL_FUNCTIONS, BallArithmetic, balls, real_number

ARGUMENTS = [0.0, 1e-300, 5e-324, 1e-8, 0.1, 0.5, 1.0, 2.0, 20.0, 36.7, 40.0, 88.8, 710.0, 745.0, 746.0, 1e15, 1e300]
ARGUMENTS += [-value for value in ARGUMENTS[1:]]

WITNESS = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sech": mpmath.sech,
    "sigmoid": lambda u: 1 / (1 + mpmath.exp(-u)),
    "softplus": lambda u: mpmath.log1p(mpmath.exp(-abs(u))) + max(u, mpmath.mpf(0)),
    "logsigmoid": lambda u: -WITNESS["softplus"](-u),
    "expm1": mpmath.expm1,
    "log1p": mpmath.log1p,
    "erf": mpmath.erf,
    "relu": lambda u: max(u, mpmath.mpf(0)),
    "absolute": abs,
    "step": lambda u: mpmath.mpf(u > 0),
    "sign": mpmath.sign,
    "floor": mpmath.floor,
    "erfc": mpmath.erfc,
    "erfinv": mpmath.erfinv,
    "erfcx": lambda u: mpmath.exp(u**2) * mpmath.erfc(u),
    "log_ndtr": lambda u: mpmath.log1p(-mpmath.erfc(u / mpmath.sqrt(2)) / 2) if u > 0 else mpmath.log(mpmath.ncdf(u)),
    "inverse_mills_ratio": lambda u: mpmath.npdf(u) / mpmath.ncdf(u),
    "lgamma": lambda u: mpmath.log(abs(mpmath.gamma(u))),
    "digamma": mpmath.digamma,
    **{name: getattr(mpmath, name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{f"polygamma_{order}": partial(mpmath.psi, order) for order in range(1, HIGHEST_ORDER + 1)},
    **{f"bessel_i{order}": partial(mpmath.besseli, order) for order in range(HIGHEST_ORDER + 1)},
}
# Where a function has a value: with the ends, and without them.
CLOSED = {"asin": (-1, 1), "acos": (-1, 1), "acosh": (1, np.inf)}
OPEN = {"log": (0, np.inf), "log1p": (-1, np.inf), "atanh": (-1, 1), "erfinv": (-1, 1)}
WITH_POLES = ("lgamma", "digamma", "polygamma_")
FAR = 1e3  # beyond, mpmath does not find these
SLOW = ("erfc", "bessel_i", "log_ndtr", "inverse_mills_ratio", *WITH_POLES)


def as_ball(value: mpmath.mpf) -> arb:
    """Return the ball around *value* that 60 digits of it tell."""
    sign, mantissa, exponent, _ = value._mpf_
    with working_precision(400):
        middle = arb((-1) ** sign * int(mantissa)) * arb(2) ** int(exponent)
        return arb(middle, abs(middle) * arb(10) ** -60)


def has_value(name: str, argument: float) -> bool:
    """Say whether *argument* lies in the domain, and is no pole."""
    pole = name.startswith(WITH_POLES) and argument <= 0 and argument == np.floor(argument)
    least, most = CLOSED.get(name, (-np.inf, np.inf))
    low, high = OPEN.get(name, (-np.inf, np.inf))
    return least <= argument <= most and low < argument < high and not pole


def witness(name: str, argument: float) -> mpmath.mpf | None:
    """Return the function's value to 60 digits and more, or None where it has none."""
    if not has_value(name, argument):
        return None
    if name == "erf" and abs(argument) > 1e9:
        return mpmath.mpf(1 if argument > 0 else -1)
    with mpmath.workdps(90):
        return WITNESS[name](mpmath.mpf(argument))


def test_there_is_a_row_for_every_named_function():
    assert set(BALL_FUNCTIONS) == set(FUNCTIONS) == set(WITNESS)


@pytest.mark.parametrize("name", BALL_FUNCTIONS)
@pytest.mark.parametrize("bits", [128, 1200])
def test_the_ball_of_a_function_contains_its_value(name, bits):
    for argument in ARGUMENTS:
        if name.startswith(SLOW) and abs(argument) > FAR:
            continue
        with working_precision(bits):
            ball = BALL_FUNCTIONS[name](arb(argument))
        value = witness(name, argument)
        if value is None:
            assert not ball.is_finite(), argument
        elif ball.is_finite():
            assert ball.overlaps(as_ball(value)), argument
        else:
            assert bits == 128, f"no value at {argument} even with {bits} bits"
            assert (name in ("exp", "sinh", "cosh", "expm1"), abs(argument)) == (True, 1e300)


@pytest.mark.parametrize("name", sorted(set(BALL_FUNCTIONS) - {"step", "sign"}))
def test_the_ball_of_an_uncertain_argument_contains_all_its_values(name):
    with working_precision(128):
        for middle, radius in [(0.5, 0.25), (3.0, 1e-20), (0.0, 1e-3), (-0.5, 0.75), (0.0, 2.0)]:
            ball = BALL_FUNCTIONS[name](arb(middle, radius))
            for part in (-1.0, -0.4, 0.0, 0.7, 1.0):
                value = witness(name, middle + part * radius)
                assert value is None or not ball.is_finite() or ball.overlaps(as_ball(value))


@pytest.mark.parametrize(("name", "below", "at", "above"), [("step", 0, 0, 1), ("sign", -1, 0, 1)])
def test_a_sign_that_is_not_known_gives_the_ball_around_all_branches(name, below, at, above):
    function = BALL_FUNCTIONS[name]
    assert (function(arb(-2)), function(arb(0)), function(arb(3))) == (below, at, above)
    both = function(arb(0, 1e-40))
    assert both.contains(below)
    assert both.contains(above)
    assert (both * 0).is_zero()  # the branch does not matter where nothing hangs on it
    assert function(arb.nan()).is_nan()


@pytest.mark.parametrize("exponent", ["2", "3", "-1", "-2", "7", "1/2", "-1/2", "3/2", "1/3", "-5/3"])
def test_powers_contain_their_values(exponent):
    power = Rational(exponent)
    for base in (0.0, 5e-324, 0.3, 1.0, 7.0, 1e300, -0.3, -7.0):
        with working_precision(128):
            ball = BallArithmetic().power(balls(np.array(base)), power)[0][()]
        if base == 0:
            assert ball.is_zero() if power > 0 else not ball.is_finite()
        elif base < 0 and not power.is_Integer:
            assert not ball.is_finite()
        else:
            with mpmath.workdps(90):
                assert ball.overlaps(as_ball(mpmath.mpf(base) ** (mpmath.mpf(power.p) / power.q)))


@pytest.mark.parametrize("exponent", [2, 3, 5])
def test_integer_powers_of_a_ball_around_zero_stay_finite(exponent):
    with working_precision(128):
        ball = BallArithmetic().power((np.array(arb(0, 0.5), dtype=object),), Rational(exponent))[0][()]
    assert ball.is_finite()
    assert ball.contains(0.5**exponent)


def test_a_computed_exponent_may_be_a_whole_number_over_a_negative_base():
    with working_precision(128):
        power = BallArithmetic().exponentiate(balls(np.array([-3.0, 2.0, -3.0])), balls(np.array([2.0, 0.5, 0.5])))[0]
    assert power[0] == 9
    assert (power[1] ** 2).contains(2)
    assert not power[2].is_finite()


@pytest.mark.parametrize(
    ("constant", "value"),
    [
        (pi, mpmath.pi),
        (sympy.E, mpmath.e),
        (sqrt(2), lambda: mpmath.sqrt(2)),
        (sympy.exp(Rational(1, 3)), lambda: mpmath.exp(mpmath.mpf(1) / 3)),
        (2 * sqrt(pi) / 3 + 1, lambda: 2 * mpmath.sqrt(mpmath.pi) / 3 + 1),
        (2 ** Rational(1, 3), lambda: mpmath.cbrt(2)),
        (function("tanh").symbol(Rational(1)), lambda: mpmath.tanh(1)),
        (Rational(10) ** 400, lambda: mpmath.mpf(10) ** 400),
    ],
)
def test_constants_contain_their_values(constant, value):
    with working_precision(128):
        ball = real_number(constant)
    with mpmath.workdps(90):
        assert ball.overlaps(as_ball(+value() if callable(value) and not isinstance(value, mpmath.mpf) else +value))
    assert ball.rel_accuracy_bits() > 100


def test_constants_without_a_rule_are_refused():
    with pytest.raises(UnsupportedExpression, match="rational"):
        real_number(sympy.EulerGamma)


def test_inputs_become_balls_without_radius():
    values = np.array([[0.1, -5e-324], [1.7976931348623157e308, 0.0]])
    (made,) = balls(values)
    assert all(ball.is_exact() for ball in made.flat)
    assert [[Fraction(float(ball)) for ball in row] for row in made] == [[Fraction(v) for v in row] for row in values.tolist()]
