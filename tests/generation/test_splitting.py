"""What decays is multiplied by in two steps where a factor beside it grows, and only there; the product is the same."""

import numpy as np
import pytest

from diffcheck.derivation import derive
from diffcheck.generation import generate
from diffcheck.generation.spelling import TARGETS
from diffcheck.generation.splitting import split
from diffcheck.notation import parse
from diffcheck.oracle import FORMATS, exact_pointwise

SPLIT = {
    "x[i]*exp(-x[i]**2)": "exp(-x[i]**2/2)*held(held(exp(-x[i]**2/2))*x[i])",
    "x[i]*sech(x[i])**2": "reciprocal_cosh(x[i])*held(held(reciprocal_cosh(x[i]))*x[i])",
    "x[i]*sigmoid(x[i])": "root_of_sigmoid(x[i])*held(held(rest_of_sigmoid(x[i]))*x[i])",
    "x[i]*sigmoid(x[i])**2": "held(held(sigmoid(x[i]))*x[i])*sigmoid(x[i])",
}
WHOLE = [
    "z[i]*sigmoid(x[i])",  # what does not grow with x
    "tanh(x[i])*sech(x[i])**2",
    "erf(x[i]) + x[i]*exp(-x[i]**2)",
    "x[i]*exp(x[i])",  # grows itself
    "z[i]*sigmoid(x[i])*sigmoid(-x[i])",
]


def body_of(formula):
    return split(parse(f"parameter x[n]; parameter z[n]\no[i] = {formula}\noutput o")).equations[-1].body


@pytest.mark.parametrize("formula", SPLIT)
def test_beside_what_grows_it_is_split(formula):
    assert str(body_of(formula)) == SPLIT[formula]


@pytest.mark.parametrize("formula", WHOLE)
def test_elsewhere_it_stays_whole(formula):
    assert body_of(formula) == parse(f"parameter x[n]; parameter z[n]\no[i] = {formula}\noutput o").equations[-1].body


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("formula", ["x[i]*sigmoid(x[i])", "x[i]*tanh(softplus(x[i]))", "x[i]**2*exp(-x[i]**2)"])
def test_the_last_numbers_before_0_have_their_digits(formula, target):
    gradient = derive(parse(f"parameter x[n]\ny = Σ_i {formula}"))
    ends = (26.9, 27.1) if "exp" in formula else (740.0, 745.0)
    x = np.concatenate([-np.linspace(*ends, 40), np.linspace(-3, 3, 41)])
    with np.errstate(under="ignore"):
        got = TARGET_CALLS[target](generate(gradient, target).compile(), x)
    exact = exact_pointwise(gradient.program, {"x": x}, dtype=FORMATS["float64"])["x_bar"]
    for at, one, ball in zip(x.tolist(), got.tolist(), exact, strict=True):
        wanted = float(ball.mid())
        conditioned = 1 + 2 * at * at  # what an ULP of x makes of e^(−x²)
        assert abs(one - wanted) <= max(8 * conditioned * 2.0**-52 * abs(wanted), 3 * 5e-324, 4e-16 if abs(at) <= 3 else 0), at


def _torch(function, x):
    import torch

    return function(torch.tensor(x))[0].numpy()


TARGET_CALLS = {"torch": _torch, "numpy": lambda function, x: function(x)[0]}
