"""The rows of the float64 functions: value, steepest slope and units, against mpmath, and the units against real libraries."""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np
import pytest
import torch
from flint import arb
from sympy import Rational

import diffcheck as dc
from diffcheck.notation import FUNCTIONS
from diffcheck.notation.special_functions import HIGHEST_ORDER
from diffcheck.oracle import FORMATS, working_precision
from diffcheck.oracle.balls import BALL_FUNCTIONS
from diffcheck.oracle.error_arithmetic import ErrorArithmetic
from diffcheck.oracle.float_functions import FLOAT_FUNCTIONS
from diffcheck.verification import Verdict

MIDDLES = [-745.0, -40.0, -3.0, -1.0, -0.9, -0.1, 0.0, 1e-300, 0.3, 1.0, 1.5707963, 20.0, 40.0, 710.0, 745.0, 1e15]
RADII = [0.0, 1e-12, 0.05, 3.0]
KINKED = ["relu", "absolute", "step", "sign", "floor"]
SMOOTH = sorted(set(FLOAT_FUNCTIONS) - set(KINKED))
ORDERS = range(1, HIGHEST_ORDER + 1)


def _slope_of_bessel(order, u):
    if abs(u) > 1e4:
        return mpmath.inf  # far above what float64 holds; mpmath does not converge
    return (mpmath.besseli(abs(order - 1), u) + mpmath.besseli(order + 1, u)) / 2


def _ratio(u):
    """Return φ(u)/Φ(u), far below 0 by its asymptotic series."""
    return mpmath.npdf(u) / mpmath.ncdf(u) if u > -1e3 else -u - 1 / u


SLOPES = {
    "exp": mpmath.exp,
    "log": lambda u: 1 / u,
    "sin": mpmath.cos,
    "cos": lambda u: -mpmath.sin(u),
    "sinh": mpmath.cosh,
    "cosh": mpmath.sinh,
    "tanh": lambda u: mpmath.sech(u) ** 2,
    "sech": lambda u: -mpmath.sech(u) * mpmath.tanh(u),
    "sigmoid": lambda u: mpmath.sech(u / 2) ** 2 / 4,
    "softplus": lambda u: 1 / (1 + mpmath.exp(-u)),
    "logsigmoid": lambda u: 1 / (1 + mpmath.exp(u)),
    "expm1": mpmath.exp,
    "log1p": lambda u: 1 / (1 + u),
    "erf": lambda u: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-(u**2)),
    "asin": lambda u: 1 / mpmath.sqrt(1 - u**2),
    "acos": lambda u: -1 / mpmath.sqrt(1 - u**2),
    "atan": lambda u: 1 / (1 + u**2),
    "asinh": lambda u: 1 / mpmath.sqrt(1 + u**2),
    "acosh": lambda u: 1 / mpmath.sqrt(u**2 - 1),
    "atanh": lambda u: 1 / (1 - u**2),
    "erfc": lambda u: -2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-(u**2)),
    "erfinv": lambda u: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(mpmath.erfinv(u) ** 2),
    # Far out, where 40 digits cancel, what is left is −1/(√π·u²).
    "erfcx": lambda u: (
        2 * u * mpmath.exp(u**2) * mpmath.erfc(u) - 2 / mpmath.sqrt(mpmath.pi)
        if u < 1e3
        else 1 / (mpmath.sqrt(mpmath.pi) * u**2)
    ),
    "log_ndtr": _ratio,
    "inverse_mills_ratio": lambda u: _ratio(u) * (u + _ratio(u)) if u > -1e3 else mpmath.mpf(1),
    "lgamma": mpmath.digamma,
    "digamma": lambda u: mpmath.psi(1, u),
    **{f"polygamma_{order}": partial(mpmath.psi, order + 1) for order in ORDERS},
    **{f"bessel_i{order}": partial(_slope_of_bessel, order) for order in (0, *ORDERS)},
}
# Where no interval may reach.
EDGES = {"log": (0, np.inf), "log1p": (-1, np.inf), "acosh": (1, np.inf)}
EDGES |= dict.fromkeys(("asin", "acos", "atanh", "erfinv"), (-1, 1))
WITH_POLES = ("lgamma", "digamma", "polygamma_")
INVERSE = ("asin", "acos", "atan", "asinh", "acosh", "atanh")
LIBRARIES = {
    "torch": {
        **{name: getattr(torch, name) for name in "exp log sin cos sinh cosh tanh sigmoid expm1 log1p erf relu sign".split()},
        **{name: getattr(torch, name) for name in (*INVERSE, *"erfc erfinv lgamma digamma floor".split())},
        "bessel_i0": torch.i0,
        "bessel_i1": torch.special.i1,
        "erfcx": torch.special.erfcx,
        "log_ndtr": torch.special.log_ndtr,
        # Order 1 has 9 digits in float64: a test of its own.
        **{f"polygamma_{order}": partial(torch.polygamma, order) for order in ORDERS[1:]},
        "absolute": torch.abs,
        "logsigmoid": torch.nn.functional.logsigmoid,
        # Above its threshold of 20, PyTorch's softplus is the identity by design: another function.
        "softplus": lambda u: torch.nn.functional.softplus(u, threshold=1000),
    },
    "numpy": {
        **{name: getattr(np, name) for name in "exp log sin cos sinh cosh tanh expm1 log1p absolute sign floor".split()},
        **{name: getattr(np, name.replace("a", "arc", 1)) for name in INVERSE},
    },
}
DTYPES = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def test_there_is_a_row_for_every_named_function():
    assert set(FLOAT_FUNCTIONS) == set(FUNCTIONS)
    assert set(SMOOTH) == set(SLOPES)


@pytest.mark.parametrize("name", FLOAT_FUNCTIONS)
def test_values_are_right_to_the_units_of_the_row(name):
    row = FLOAT_FUNCTIONS[name]
    for argument in MIDDLES:
        with working_precision(1200), np.errstate(all="ignore"):
            exact, value = BALL_FUNCTIONS[name](arb(argument)), float(row.value(np.float64(argument)))
            if exact.is_finite() and abs(exact) < FORMATS["float64"].largest:
                assert abs(exact - arb(value)) <= row.units * 2.0**-53 * abs(exact) + 5e-324, argument
            else:
                assert not np.isfinite(value)


def reaches_out(name, low, high):
    """Say whether an interval holds the end of a domain, or a pole."""
    least, most = EDGES.get(name, (-np.inf, np.inf))
    pole = name.startswith(WITH_POLES) and low <= 0 and np.floor(min(high, 0.0)) >= low
    return low <= least or high >= most or pole


@pytest.mark.parametrize("name", SMOOTH)
def test_the_steepest_slope_is_the_supremum_over_the_interval(name):
    for middle in MIDDLES:
        for radius in RADII:
            low, high = middle - radius, middle + radius
            with np.errstate(all="ignore"):
                steepest = float(FLOAT_FUNCTIONS[name].steepest(np.float64(low), np.float64(high)))
            if reaches_out(name, low, high):
                assert not steepest <= 1e308  # nothing is promised next to the pole
                continue
            with mpmath.workdps(40):
                slopes = [abs(SLOPES[name](mpmath.mpf(low) + (mpmath.mpf(high) - low) * part / 8)) for part in range(9)]
            largest = max(slopes)
            assert steepest >= largest * (1 - 1e-11) - 1e-300, (middle, radius)
            if radius == 0 and largest < FORMATS["float64"].largest:
                assert steepest <= largest * (1 + 1e-11) + 1e-300, middle


@pytest.mark.parametrize("name", KINKED)
def test_a_kink_moves_no_more_than_slope_and_jump_allow(name):
    row = FLOAT_FUNCTIONS[name]
    assert row.units == 0  # these round nothing
    for middle in (-2.0, -(2.0**-10), 0.0, 2.0**-10, 2.0):
        for radius in (2.0**-20, 2.0**-7, 5.0):
            exact = np.array([middle]), np.array([radius])
            value, error = ErrorArithmetic(FORMATS["float32"]).call(name, exact)
            moved = row.value(middle + radius * np.linspace(-1, 1, 33))
            assert (np.abs(moved - value) <= error).all()


def test_a_kink_out_of_reach_does_not_jump():
    _, error = ErrorArithmetic(FORMATS["float32"]).call("step", (np.array([0.5, 0.0, 0.1]), np.array([0.1, 0.0, 0.2])))
    assert error.tolist() == [0.0, 0.0, 1.0]


def within(name, numbers):
    """Return *numbers* moved into the domain of *name*."""
    if EDGES.get(name) == (-1, 1):
        return np.sin(numbers)
    return np.abs(numbers) + max(EDGES[name][0], 0) if name in EDGES else numbers


SHORT = ("float16", "bfloat16")
CASES = [
    (library, name, dtype)
    for library, row in LIBRARIES.items()
    for name in row
    for dtype in DTYPES
    if (library, dtype) != ("numpy", "bfloat16")  # which NumPy has not
    and not (name in ("erfcx", "log_ndtr") and dtype in SHORT)  # for which PyTorch has neither
]


@pytest.mark.parametrize(("library", "name", "dtype"), CASES)
def test_libraries_keep_the_units_that_the_bound_allows_them(library, name, dtype):
    drawn = np.random.default_rng(7)
    wide = np.concatenate([drawn.normal(size=300) * 3, drawn.uniform(-20, 20, 100), 10 ** drawn.uniform(-6, 1, 100)])
    if name == "erf" and dtype in SHORT:
        wide = wide[np.abs(wide) > 1e-3]  # below, PyTorch's erf of short formats is off by 1e-7 absolutely, at worst all of it
    if name == "log_ndtr" and dtype == "float32":
        wide = wide[wide < 13]  # above, ½·erfc is rounded twice among subnormal numbers
    if name.startswith("polygamma_") and dtype == "float16":
        wide = wide[wide < 3]  # above, the ζ that PyTorch multiplies by n! is subnormal in float16
    arguments = torch.from_numpy(within(name, wide)).to(DTYPES[dtype])
    function = LIBRARIES[library][name]
    points = arguments.double().numpy()
    with np.errstate(all="ignore"):
        got = function(arguments) if library == "torch" else torch.from_numpy(function(arguments.numpy()))
        _, allowed = ErrorArithmetic(FORMATS[dtype]).call(name, (points, np.zeros_like(points)))
    with working_precision(128):
        errors = [
            abs(BALL_FUNCTIONS[name](arb(x)) - arb(g)) for x, g in zip(points.tolist(), got.double().tolist(), strict=True)
        ]
    for point, error, bound in zip(points.tolist(), errors, allowed.tolist(), strict=True):
        assert error <= bound or bound == np.inf, point


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_square_roots_and_powers_keep_their_units(dtype):
    form, arguments = FORMATS[dtype], torch.from_numpy(10 ** np.random.default_rng(5).uniform(-3, 3, 2000)).to(DTYPES[dtype])
    points = arguments.double().numpy()
    for power in map(Rational, ("1/2", "2", "3", "5", "-2", "-1/2", "5/2")):
        got = (arguments.sqrt() if power == Rational(1, 2) else arguments ** float(power)).double().tolist()
        _, allowed = ErrorArithmetic(form).power((points, np.zeros_like(points)), power)
        with working_precision(128):
            exact = [arb(x) ** arb(float(power)) for x in points.tolist()]
            assert all(abs(e - g) <= bound for e, g, bound in zip(exact, got, allowed.tolist(), strict=True)), power


def test_the_trigamma_of_torch_has_nine_digits_and_a_check_says_so():
    # torch 2.13, CPU, float64: the gradient of digamma at 2.
    findings = dc.check(torch.digamma, torch.tensor([2.0], dtype=torch.float64, requires_grad=True))
    assert findings.worst.verdict is Verdict.WRONG
    assert findings.worst.ulp > 1e5
    exact = np.pi**2 / 6 - 1
    assert abs(findings.worst.got - exact) < 1e-8 * exact
