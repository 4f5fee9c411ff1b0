"""The functions that only generated code calls: each is its definition, in digits that the definition itself would lose."""

import numpy as np
import pytest
from flint import arb, ctx

from diffcheck.generation.compositions import COMPOSITIONS
from diffcheck.generation.erfc_helpers import TAYLOR_OF_ERFCX, TAYLOR_OF_RATIO
from diffcheck.generation.powers import POWERS
from diffcheck.generation.spelling import TARGETS
from diffcheck.notation import parse, read
from diffcheck.notation.functions import FUNCTIONS
from diffcheck.notation.program import Equation, Program
from diffcheck.oracle import FORMATS, exact_pointwise
from diffcheck.oracle.balls import BALL_FUNCTIONS
from diffcheck.oracle.special_balls import erfcx, inverse_mills_ratio

SIZES = [
    0.0,
    1e-300,
    1e-160,
    1e-9,
    1e-3,
    0.3,
    1.0,
    1.2499,
    1.2501,
    1.4,
    1.9999,
    2.0,
    2.0001,
    3.7,
    9.9,
    26.0,
    80.0,
    700.0,
    1e5,
    1e40,
]
POINTS = {name: np.array([sign * size for size in SIZES for sign in (1.0, -1.0)]) for name in COMPOSITIONS}
POINTS["slope_of_bessel_i1"] = POINTS["slope_of_bessel_i1"][np.abs(POINTS["slope_of_bessel_i1"]) < 700]
POINTS["slope_of_bessel_i0e"] = POINTS["slope_of_bessel_i0e"][POINTS["slope_of_bessel_i0e"] != 0]
POINTS["slope_of_bessel_i1e"] = POINTS["slope_of_bessel_i1e"][np.abs(np.abs(POINTS["slope_of_bessel_i1e"]) - 1.5) > 0.1]  # 0
POINTS["second_derivative_of_bessel_i1"] = POINTS["slope_of_bessel_i1"]
POINTS["second_derivative_of_bessel_i0e"] = POINTS["slope_of_bessel_i0e"]
POINTS["second_derivative_of_erfcx"] = POINTS["slope_of_erfcx"][POINTS["slope_of_erfcx"] > -26]
POINTS["ndtri"] = np.array([1e-300, 1e-30, 1e-17, 1e-3, 0.3, 0.5, 0.75, 0.999])
POINTS["slope_of_ndtri"] = np.append(POINTS["ndtri"], [1e-200, 1e-100, 0.49999, 0.50001, 0.9999999])
POINTS["exp2"] = POINTS["exp2"][np.abs(POINTS["exp2"]) < 1000]
POINTS["slope_of_erfcx"] = POINTS["slope_of_erfcx"][POINTS["slope_of_erfcx"] > -26]
POINTS["slope_of_inverse_mills_ratio"] = np.append(
    POINTS["slope_of_inverse_mills_ratio"][POINTS["slope_of_inverse_mills_ratio"] < 3],
    [-1.769, -1.771, -0.875, -1e-9, -1.7e308],
)
POINTS["j1_by_u"] = POINTS["j1_by_u"][np.abs(POINTS["j1_by_u"]) > 0]
POINTS["slope_of_sinc"] = np.append(POINTS["j1_by_u"], [2.0**52 + 1, 1e15 + 0.25])
POINTS["second_derivative_of_sinc"] = POINTS["slope_of_sinc"]
ULP = {
    "j1_by_u": 24,
    "slope_of_sinc": 24,
    "second_derivative_of_sinc": 24,
    "slope_of_bessel_i1e": 16,
}  # around 2, and near what is 0; else 4
SPELT = [(name, target) for name in COMPOSITIONS for target in TARGETS if name in TARGETS[target].functions]


def called(name, target, values):
    """Return what the generated function for *name* gives at *values*."""
    from diffcheck.derivation import Gradient
    from diffcheck.generation import generate

    tensor = parse("parameter x[n]\ny[i] = x[i]\noutput y")
    (equation,) = tensor.equations
    function = COMPOSITIONS.get(name) or FUNCTIONS[name].symbol
    body = function(read("x", [equation.indices[0].symbol]))
    program = Program(tensor.inputs, (Equation("y", equation.indices, (), body),), ("y",))
    made = generate(Gradient(program, ("x",), program), target).compile()
    if target == "torch":
        import torch

        return made(x=torch.as_tensor(values))[0].numpy() if isinstance(values, np.ndarray) else made(x=values)[0]
    return made(x=values)[0]


def defined(name, values):
    """Return the exact values of the definition, as balls."""
    program = parse("parameter x[n]\ny[i] = x[i]\noutput y")
    (equation,) = program.equations
    body = COMPOSITIONS[name].definition(read("x", [equation.indices[0].symbol]))
    whole = Program(program.inputs, (Equation("y", equation.indices, (), body),), ("y",))
    return exact_pointwise(whole, {"x": values}, dtype=FORMATS["float64"])["y"]


@pytest.mark.parametrize(("name", "target"), SPELT)
def test_is_its_definition(name, target):
    values = POINTS[name]
    got, wanted = called(name, target, values), defined(name, values)
    with ctx.workprec(200):
        for value, one, exact in zip(values, got, wanted, strict=True):
            size = max(abs(float(exact.mid())), 2.0**-1022)
            error = float(abs(arb(float(one)) - exact).mid()) / (size * 2.0**-52)
            # Below 0 nearly all of erfcx is 2·e^(u²), and the library's own is off by what u² is rounded by.
            allowed = 24 if name.endswith("_of_erfcx") and value < -4 else ULP.get(name, 4)
            assert error <= allowed, (value, one, exact)


# v − 1 rounds to −1, and to another parity; uᵛ⁻¹ vanishes or overflows where v·uᵛ⁻¹ does not; powers of 0 and of what is less.
PAIRS = [
    (3.0, 2.0), (0.3, -1.7), (2.0, 0.5), (1e-30, 1e-30), (1e-160, 1e-200), (1e300, 1e-20), (1 + 2.0**-40, 2.0**60),
    (-1.0, 2.0**54), (-3.0, 5.0), (-3.0, -4.0), (0.9998779296875, 5.7e6), (1.0001, 7.09e6), (0.7, 2085.0), (0.0, 3.0),
    (0.0, 1.0),
    (5e-324, 0.99988), (1e-310, 1.00001), (7.0, 0.0), (7.0, 1.0), (1.0, 1e300), (1.7, 1337.0), (1e5, -61.5),
]  # fmt: skip


def of_pairs(name, body):
    program = parse("parameter x[n]; parameter z[n]\ny[i] = x[i] + z[i]\noutput y")
    (equation,) = program.equations
    node = body(*(read(letter, [equation.indices[0].symbol]) for letter in "xz"))
    return Program(program.inputs, (Equation("y", equation.indices, (), node),), ("y",))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", POWERS)
def test_a_derivative_of_a_power_is_its_definition(name, target):
    from diffcheck.derivation import Gradient
    from diffcheck.generation import generate

    by_exponent = name.endswith("exponent")
    pairs = np.array([pair for pair in PAIRS if pair[0] > 0 or (name != "mixed_slope_of_power" and not by_exponent)])
    first, second = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    program = of_pairs(name, POWERS[name])
    made = generate(Gradient(program, ("x",), program), target).compile()
    if target == "torch":
        import torch

        got = made(x=torch.tensor(first), z=torch.tensor(second))[0].numpy()
    else:
        got = made(x=first, z=second)[0]
    defined_as = of_pairs(name, POWERS[name].definition)
    wanted = exact_pointwise(defined_as, {"x": first, "z": second}, dtype=FORMATS["float64"])["y"]
    for pair, one, exact in zip(pairs.tolist(), got.tolist(), wanted, strict=True):
        with ctx.workprec(200):
            if not exact.is_finite() or abs(exact) > arb(2) ** 1023:
                assert not abs(one) < 1e308 or pair[0] == 0, (pair, one, exact)
                continue
            size = max(abs(float(exact.mid())), 2.0**-1022)
            with np.errstate(divide="ignore", invalid="ignore"):
                scale = 4 + 2 * abs(pair[1] * np.log(np.abs(pair[0]))) if pair[0] else 4  # what an input's last bit makes of it
            error = float(abs(arb(one) - exact).mid()) / (size * 2.0**-52)
            assert error <= scale, (pair, one, exact)


@pytest.mark.parametrize("target", TARGETS)
def test_the_second_derivative_of_sinc_has_no_hole(target):
    assert called("second_derivative_of_sinc", target, np.zeros(1))[0] == pytest.approx(-(np.pi**2) / 3, rel=1e-15)


def test_all_are_spelt_for_torch():
    assert {*COMPOSITIONS, *POWERS} <= set(TARGETS["torch"].functions)


def test_the_taylor_series_are_those_of_their_functions():
    with ctx.workprec(400):
        centre, numbers = TAYLOR_OF_ERFCX
        c = arb(centre)
        terms = [erfcx(c), 2 * c * erfcx(c) - 2 / arb.pi().sqrt()]
        for k in range(1, len(numbers)):
            terms.append((2 * c * terms[k] + 2 * terms[k - 1]) / (k + 1))
        assert [float(term.mid()) for term in terms[: len(numbers)]] == list(numbers)
        centre, numbers = TAYLOR_OF_RATIO
        terms = [inverse_mills_ratio(arb(centre))]
        for k in range(len(numbers) - 1):
            square = sum((terms[j] * terms[k - j] for j in range(k + 1)), arb(0))
            terms.append(-(centre * terms[k] + (terms[k - 1] if k else 0) + square) / (k + 1))
        assert [float(term.mid()) for term in terms] == list(numbers)


NARROW = ("digamma", *(f"polygamma_{order}" for order in (1, 2, 3)), "erfcx", "inverse_mills_ratio", "bessel_i1")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", [*COMPOSITIONS, *NARROW])
def test_a_special_function_has_its_digits_in_16_bits(name, dtype):
    import torch

    kind = getattr(torch, dtype)
    values = torch.tensor(np.random.default_rng(0).uniform(0.05, 0.95, 200)).to(kind)
    got = called(name, "torch", values).double().tolist()
    if name in COMPOSITIONS:
        exact = defined(name, values.double().numpy())
    else:
        exact = [BALL_FUNCTIONS[name](arb(value)) for value in values.double().tolist()]
    for value, one, ball in zip(values.tolist(), got, exact, strict=True):
        rounded = torch.tensor(float(ball.mid())).to(kind).item()
        assert one == pytest.approx(rounded, rel=4 * torch.finfo(kind).eps), value
