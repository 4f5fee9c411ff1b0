"""Every row of the function table: both derivatives are the derivative, and the kinks are where and what they say."""

import pytest
import sympy
from flint import arb
from sympy import Integer, Rational, oo

from diffcheck.derivation.slopes import Rules, partial, tidy
from diffcheck.errors import UnknownName, UnsupportedExpression
from diffcheck.notation import FUNCTIONS, function, parse, read
from diffcheck.notation.functions import NamedFunction, Slope
from diffcheck.notation.selection import held
from diffcheck.notation.special_functions import HIGHEST_ORDER, bessel_i
from diffcheck.oracle import working_precision
from diffcheck.oracle.balls import BALL_FUNCTIONS, real_number

ROWS = list(FUNCTIONS.values())
POINTS = [
    Rational(text)
    for text in "-700 -89.5 -20 -5 -1 -0.9 -0.5 -1e-9 1e-12 1e-3 0.25 0.7 0.99 1 1.01 1.7 3 10 36.7 88.7 150 710".split()
]
# The functions that are not defined everywhere: between what ends, or but for the poles at 0, -1, -2, …
DOMAINS = {"log": (0, oo), "log1p": (-1, oo), "acosh": (1, oo)} | dict.fromkeys(("asin", "acos", "atanh", "erfinv"), (-1, 1))
WITH_POLES = ("lgamma", "digamma", "polygamma_")
LAST = [f"{family}{HIGHEST_ORDER}" for family in ("polygamma_", "bessel_i")]  # whose derivative would be of a higher order
DERIVED = [row for row in ROWS if row.name not in LAST]
BITS, STEP = 4000, 1000
FLOOR = arb(2) ** -2500  # what rounding leaves of the difference of two values near 1


def defined(row, point):
    """Say whether *row* has a finite value at *point*; not asked at the ends of a domain."""
    low, high = DOMAINS.get(row.name, (-oo, oo))
    pole = row.name.startswith(WITH_POLES) and point <= 0 and point.is_integer
    return bool(low < point < high) and not pole


def inside(row, point):
    """Say whether *row* has a derivative at *point*."""
    return defined(row, point) and not (row.name == "floor" and point.is_integer)


def points(row):
    return [point for point in POINTS if inside(row, point)]


def agree(first, second):
    """Say whether two balls agree to 200 digits of the larger."""
    return bool(abs(first - second) <= abs(first).max(abs(second)) * arb(2) ** -665 + FLOOR)


@pytest.mark.parametrize("row", DERIVED, ids=lambda row: row.name)
def test_stable_and_textbook_derivatives_are_the_derivative(row):
    assert len(points(row)) >= 8
    with working_precision(BITS):
        step = arb(2) ** -STEP
        for point in points(row):
            u, value = real_number(point), BALL_FUNCTIONS[row.name]
            difference = (value(u + step) - value(u - step)) / (2 * step)
            stable, textbook = real_number(row.stable(point)), real_number(row.textbook(point))
            assert agree(stable, difference), (row.name, point)
            assert agree(textbook, stable), (row.name, point)


@pytest.mark.parametrize("row", DERIVED, ids=lambda row: row.name)
def test_the_test_above_would_see_a_wrong_row(row):
    with working_precision(BITS):
        for point in points(row):
            stable = real_number(row.stable(point))
            assert abs(stable) < FLOOR * 2**700 or not agree(stable * (1 + arb(2) ** -660), stable)


@pytest.mark.parametrize("row", DERIVED, ids=lambda row: row.name)
def test_sympy_differentiates_by_the_row(row):
    u, w = read("u"), read("w")
    assert partial(row.symbol(u), u) == tidy(row.stable(u))
    assert partial(row.symbol(u), u, Rules.TEXTBOOK) in (row.textbook(u), held(row.textbook(u)))
    assert sympy.expand(partial(row.symbol(w * u) + w, u) - w * row.stable(w * u)) == 0
    assert not partial(row.symbol(row.symbol(u)), u).has(Slope)


@pytest.mark.parametrize("name", LAST)
def test_the_highest_order_has_no_derivative(name):
    for rules in Rules:
        with pytest.raises(UnsupportedExpression, match=f"of order {HIGHEST_ORDER + 1}, wanted at most {HIGHEST_ORDER}"):
            partial(FUNCTIONS[name].symbol(read("u")), read("u"), rules)


def test_a_bessel_function_of_negative_order_is_that_of_its_size():
    assert [bessel_i(-order) for order in range(3)] == [bessel_i(order) for order in range(3)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_outside_its_domain_a_function_has_no_value(row):
    outside = [point for point in POINTS if not defined(row, point) and abs(point) != 1]
    assert row.everywhere == (not outside)
    with working_precision(200):
        assert not any(BALL_FUNCTIONS[row.name](real_number(point)).is_finite() for point in outside)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_called_by_its_name(row):
    assert function(row.name) is row is FUNCTIONS[row.name]
    assert parse(f"parameter w\nL = {row.name}(w)").equations[0].body == row.symbol(read("w"))
    assert row.name in BALL_FUNCTIONS


@pytest.mark.parametrize("row", [row for row in ROWS if issubclass(row.symbol, NamedFunction)], ids=lambda row: row.name)
def test_a_named_function_is_never_rewritten(row):
    u = read("u")
    for body in (row.symbol(u), row.symbol(-u), row.symbol(Integer(0)), row.symbol(u) ** 2 + row.symbol(u + 1)):
        assert body.expand() == body
        assert row.symbol(u).is_real
    assert row.symbol(-u).args == (-u,)
    assert row.symbol(u).func(u) == row.symbol(u)


KINKS = [(row, kink) for row in ROWS for kink in row.kinks]


@pytest.mark.parametrize(("row", "kink"), KINKS, ids=[f"{row.name} at {kink.at}" for row, kink in KINKS])
def test_a_kink_lies_between_its_one_sided_derivatives(row, kink):
    with working_precision(BITS):
        step = arb(2) ** -STEP
        at, value = real_number(kink.at), BALL_FUNCTIONS[row.name]
        sides = [(value(at) - value(at - step)) / step, (value(at + step) - value(at)) / step]
        assert [side.unique_fmpz() for side in sides] == [kink.lowest, kink.highest]
        assert kink.lowest <= kink.convention <= kink.highest
        assert kink.lowest < kink.highest
        for derivative in (row.stable, row.textbook):
            assert real_number(derivative(kink.at)).unique_fmpz() == kink.convention


def test_every_kink_is_stated():
    # A kink shows as a jump of the derivative between two points close to each other.
    with working_precision(200):
        for row in DERIVED:
            for at in map(Integer, range(-3, 4)):
                sides = [at + Rational(side, 10**9) for side in (-1, 1)]
                if not (all(inside(row, side) for side in (at, *sides))) or any(kink.at == at for kink in row.kinks):
                    continue
                below, above = (real_number(row.stable(side)) for side in sides)
                assert abs(above - below) < 1e-6 * (1 + abs(above)), (row.name, at)


def test_the_kinks_are_those_that_pytorch_documents():
    assert {row.name: [tuple(map(int, (k.at, k.lowest, k.highest, k.convention))) for k in row.kinks] for row, _ in KINKS} == {
        "relu": [(0, 0, 1, 0)],
        "absolute": [(0, -1, 1, 0)],
    }


def test_an_unknown_function_is_refused():
    with pytest.raises(UnknownName, match="got 'sofplus', wanted the name of a known scalar function; did you mean 'softplus'"):
        function("sofplus")
