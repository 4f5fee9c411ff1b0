"""Where a special function ends: a right gradient is not called wrong, and without a derivative there is no verdict."""

import pytest
import torch

import diffcheck as dc
from diffcheck.verification import Verdict

NONE = {Verdict.UNDEFINED, Verdict.UNDECIDED}
FINE = {Verdict.EXACT, Verdict.ACCURATE}


def named(value):
    return getattr(value, "__name__", str(value))


def inputs_at(point):
    return [torch.tensor([value], dtype=torch.float64, requires_grad=True) for value in point]


def verdicts(function, point):
    """Return the verdicts on the gradient of *function* at a float64 *point*, by each input and for several cotangents."""
    found = {finding.verdict for finding in dc.check(function, *inputs_at(point))}
    assert found
    return found


def entropy(u):
    return torch.special.entr(u)


def log_odds(u):
    return torch.logit(u)


def clamped_log_odds(u):
    return torch.logit(u, eps=0.125)


def times_log(u, v):
    return torch.xlogy(u, v)


def times_log_of_more(u, v):
    return torch.special.xlog1py(u, v)


def hypotenuse(u, v):
    return torch.hypot(u, v)


def cardinal_sine(u):
    return torch.sinc(u)


def power(u, v):
    return torch.pow(u, v)


@pytest.mark.parametrize(
    ("function", "point"),
    [
        (entropy, (0.0,)),
        (entropy, (-1.0,)),
        (log_odds, (-0.5,)),
        (log_odds, (0.0,)),
        (log_odds, (1.0,)),
        (log_odds, (1.5,)),
        (hypotenuse, (0.0, 0.0)),
    ],
    ids=named,
)
def test_where_there_is_no_derivative_there_is_no_verdict(function, point):
    assert verdicts(function, point) <= NONE


@pytest.mark.parametrize(
    ("function", "point"),
    [
        (entropy, (0.5,)),
        (log_odds, (0.25,)),
        (clamped_log_odds, (-3.0,)),
        (clamped_log_odds, (0.125,)),
        (clamped_log_odds, (0.5,)),
        (cardinal_sine, (0.0,)),
        (cardinal_sine, (0.3,)),
        (times_log, (0.0, -1.0)),
        (times_log, (0.0, 2.0)),
        (times_log_of_more, (0.0, -2.0)),
        (hypotenuse, (3e200, 4e200)),
        (hypotenuse, (-3e-200, 4e-200)),
        (hypotenuse, (0.0, -2.0)),
    ],
    ids=named,
)
def test_next_to_an_edge_gradients_are_found_right(function, point):
    assert verdicts(function, point) <= FINE


@pytest.mark.parametrize(
    ("function", "point"),
    [
        (times_log, (0.0, 0.0)),
        (times_log_of_more, (0.0, -1.0)),
        *((power, (0.0, exponent)) for exponent in (0.0, 0.5, 1.0, 2.0)),
        (power, (-2.0, 2.0)),
    ],
    ids=named,
)
def test_a_corner_is_never_called_wrong(function, point):
    assert verdicts(function, point) <= NONE | FINE


@pytest.mark.parametrize(
    ("function", "point"), [(log_odds, (0.25,)), (hypotenuse, (3e200, 4e200)), (cardinal_sine, (0.0,))], ids=named
)
def test_a_wrong_gradient_there_is_still_found(function, point):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, value):
            return value.clone()

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent * (1 + 1e-12) + 1e-300

    def faulty(*values):
        return function(*(Wrong.apply(value) for value in values))

    findings = dc.check(faulty, *inputs_at(point), reference=function)
    assert Verdict.WRONG in {finding.verdict for finding in findings}


def masked(x):
    return (x * x.masked_fill(x > 0, 0.3)).sum()


def filled(x):
    return (x * torch.full_like(x, 0.3)).sum()


def chosen(x):
    return (x * torch.where(x > 0, 0.3, x)).sum()


def padded(x):
    return torch.nn.functional.pad(x, (0, 1), value=0.3).prod()


@pytest.mark.parametrize("function", [masked, filled, chosen, padded], ids=named)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=named)
def test_a_number_that_becomes_an_element_is_the_one_that_its_dtype_holds(function, dtype):
    x = torch.tensor([1.0], dtype=dtype, requires_grad=True)
    (worst,) = {finding.verdict for finding in dc.check(function, x)}
    assert worst is Verdict.EXACT
    held = torch.tensor(0.3, dtype=dtype).item()
    program = dc.capture(function, x)
    assert dc.exact(program, {"x": x.detach()}).rounded("float64")[program.outputs[0]] == held
