"""u·m/v² and u·m/v³: right wherever the result is a normal number, whatever is subnormal on the way."""

from fractions import Fraction

import numpy as np
import pytest

from diffcheck.derivation import Gradient
from diffcheck.generation import generate
from diffcheck.generation.lifting import lifted
from diffcheck.generation.quotients import QUOTIENTS
from diffcheck.generation.spelling import TARGETS
from diffcheck.notation import parse, read
from diffcheck.notation.program import Equation, Program

POWERS = {"quotient_by_square": 2, "quotient_by_cube": 3}
KINDS = [("torch", "float64"), ("torch", "float32"), ("torch", "float16"), ("numpy", "float64"), ("numpy", "float32")]


def body_of(text):
    program = parse(f"parameter x[n]; parameter y[n]; parameter z[m]; parameter w[n, m]\n{text}")
    return lifted(program).equations[-1].body


def called(name, target, *arrays):
    """Return what generated code computes for the function *name* of *arrays*, of u, v and, where there is one, m."""
    letters = "xyz"[: len(arrays)]
    lines = [*(f"parameter {letter}[n]" for letter in letters), f"o[i] = {'[i] + '.join(letters)}[i]", "output o"]
    program = parse("\n".join(lines))
    (equation,) = program.equations
    body = QUOTIENTS[name](*(read(letter, [equation.indices[0].symbol]) for letter in letters))
    made = Program(program.inputs, (Equation("o", equation.indices, (), body),), ("o",))
    function = generate(Gradient(made, ("x",), made), target).compile()
    if target == "numpy":
        return function(**dict(zip(letters, arrays, strict=True)))[0]
    import torch

    return function(**{letter: torch.from_numpy(array) for letter, array in zip(letters, arrays, strict=True)})[0].numpy()


def drawn(dtype, count):
    """Return numbers of all exponents and both signs, many of them subnormal, as *dtype*."""
    info, draw = np.finfo(dtype), np.random.default_rng(0)
    exponents = draw.uniform(info.minexp - info.nmant, info.maxexp - 1, count)
    exponents[::2] = draw.uniform(info.minexp - info.nmant, info.minexp + 12, len(exponents[::2]))
    numbers = (draw.uniform(1, 1.99, count) * draw.choice([-1, 1], count) * 2.0**exponents).astype(dtype)
    return np.where((numbers == 0) | ~np.isfinite(numbers), np.array(1, dtype), numbers)


@pytest.mark.parametrize("name", QUOTIENTS)
@pytest.mark.parametrize(("target", "dtype"), KINDS)
@pytest.mark.parametrize("moderate", [False, True])
def test_a_quotient_is_right_wherever_it_is_a_number(name, target, dtype, moderate):
    info, draw = np.finfo(dtype), np.random.default_rng(1)
    u, v = drawn(dtype, 4000), np.random.default_rng(2).permutation(drawn(dtype, 4000))
    v[:2000] = np.exp2(draw.uniform(-info.nmant, 1, 2000)).astype(dtype)  # u/v is small here, and u/v² not
    m = np.exp2(draw.uniform(-2, 0, 4000)).astype(dtype) if moderate else np.ones_like(u)
    got = called(name, target, u, v, m) if moderate else called(name, target, u, v)
    assert got.dtype == dtype
    tried = 0
    for one, *point in zip(got.tolist(), u.tolist(), v.tolist(), m.tolist(), strict=True):
        above, below, share = map(Fraction, point)
        exact = above * share / below ** POWERS[name]
        if abs(exact) * 2 > Fraction(float(info.max)):
            continue
        ulp = Fraction(2) ** max(int(np.floor(np.log2(float(abs(exact)) or 5e-324))) - info.nmant, info.minexp - info.nmant)
        assert abs(Fraction(one) - exact) <= 4 * ulp, (point, one, float(exact))
        tried += abs(exact) > Fraction(float(info.tiny))
    assert tried > 300


def test_what_divides_twice_or_thrice_is_lifted():
    assert str(body_of("o[i] = -x[i]/y[i]**2\noutput o")) == "-quotient_by_square(x[i], y[i])"
    assert str(body_of("o[i] = 2*x[i]/y[i]**3\noutput o")) == "2*quotient_by_cube(x[i], y[i])"
    assert str(body_of("o[i] = select(x[i], x[i]/y[i]**2, 0)\noutput o")) == "select(x[i], quotient_by_square(x[i], y[i]), 0)"
    assert str(body_of("o[i, j] = w[i, j]/z[j]**2\noutput o")) == "w[i, j]/z[j]**2"  # of a row alone: computed once
    assert str(body_of("o[i] = -x[i]/(3*y[i]**2)\noutput o")) == "quotient_by_square(-x[i]/3, y[i])"  # which overflows later
    assert str(body_of("o[i] = 1/y[i]**2\noutput o")) == "y[i]**(-2)"


@pytest.mark.parametrize("target", TARGETS)
def test_zero_infinity_and_nan_stay(target):
    u, v = np.array([0.0, -0.0, np.inf, np.nan, 1e-310, 1.0]), np.array([2.0, 2.0, 2.0, 2.0, np.inf, 0.0])
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(called("quotient_by_square", target, u, v), u / v / v)
