"""Where a mask is 0, what is beside it need not have a value: a branch that is not taken adds nothing."""

import math

import numpy as np
import pytest
import torch

import diffcheck as dc
from diffcheck.derivation.choosing import chosen
from diffcheck.notation import parse
from diffcheck.notation.selection import select
from diffcheck.verification.verdict import Kind, Verdict

HALVES = {
    "sqrt": (lambda x: torch.where(x > 0, x.sqrt(), x), lambda x: np.where(x > 0, 0.5 / np.sqrt(np.abs(x)), 1)),
    "log": (lambda x: torch.where(x > 1, x.log(), x), lambda x: np.where(x > 1, 1 / x, 1)),
    "other side": (
        lambda x: torch.where(x > 1, x, (2 - x).sqrt()),
        lambda x: np.where(x > 1, 1, -0.5 / np.sqrt(np.abs(2 - x))),
    ),
    "celu": (torch.celu, lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0)))),
}
POINTS = np.array([-800.0, -1.5, -0.25, 0.5, 0.75, 3.0, 800.0])


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize("target", ["torch", "numpy"])
def test_what_has_no_value_where_it_is_not_taken_adds_nothing(name, target):
    function, slope = HALVES[name]
    gradient = dc.derive(dc.capture(lambda x: function(x).sum(), torch.tensor(POINTS, requires_grad=True)))
    given = torch.tensor(POINTS) if target == "torch" else POINTS
    with np.errstate(all="ignore"):
        got = np.asarray(dc.generate(gradient, target).compile()(x=given)[0])
        wanted = slope(POINTS)
    assert np.isfinite(got).all()
    assert got == pytest.approx(wanted, rel=1e-14, abs=1e-300)


def hand_written(below):
    """Return x below 0 and √x above, with *below* as its slope below 0."""

    class HandWritten(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return HALVES["sqrt"][0](x)

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            return cotangent * torch.where(x > 0, 0.5 / x.abs().sqrt(), below)

    return HandWritten.apply


@pytest.mark.parametrize("below", [math.nan, math.inf, 2.0, 1.0])
def test_only_the_slope_of_the_branch_taken_is_right(below):
    points = torch.tensor([-1.5, -0.25, 0.5], dtype=torch.float64, requires_grad=True)
    findings = dc.check(hand_written(below), points, reference=HALVES["sqrt"][0])
    assert findings.ok == (below == 1), findings.table()


def test_the_nan_that_autograd_gives_beside_where_is_wrong():
    findings = dc.check(HALVES["sqrt"][0], torch.tensor([-1.5, 0.5], dtype=torch.float64, requires_grad=True))
    assert {finding.kind for finding in findings if finding.verdict is Verdict.WRONG} == {Kind.SPURIOUS_NAN}


@pytest.mark.parametrize("text", ["step(x[i])*tanh(x[i])", "step(x[i])*c[i]/y[i]", "step(x[i])*exp(tanh(x[i]))", "x[i]/y[i]"])
def test_a_product_that_has_a_value_everywhere_or_whose_poles_the_mask_does_not_know_is_left(text):
    program = parse(f"parameter x[n]\nparameter y[n]\nparameter c[n]\nz[i] = {text}\noutput z")
    made = chosen(program.equations, ["x", "y", "c"])
    assert any(equation.body.has(select) for equation in made) == ("exp" in text)


def test_masks_that_tell_the_sides_of_one_condition_become_one_branch():
    program = parse("parameter x[n]\nz[i] = step(x[i])*log(x[i]) + select(x[i], 0, 1/x[i]) + x[i]\noutput z")
    (made,) = chosen(program.equations, ["x"])
    (branch,) = made.body.atoms(select)
    condition, then, other = branch.args
    assert str(condition) == "x[i]"
    assert str(then) == "log(x[i])"
    assert str(other) == "1/x[i]"


@pytest.mark.parametrize(
    "text",
    [
        "z[i] = step(x[0])*log(x[0])*y[i]",
        "z = Σ_{i} step(x[i])*log(x[i])",
        "m = step(x[0])\nz = m*log(x[0])",
        "l[i] = log(x[i])\nz[i, j] = step(x[i])*y[j]*l[i]",
    ],
)
def test_elements_at_one_place_and_terms_of_a_sum_are_chosen_too(text):
    program = parse(f"parameter x[n]\nparameter y[n]\n{text}\noutput z")
    assert chosen(program.equations, ["x", "y"])[-1].body.has(select)


def test_another_place_tells_nothing():
    program = parse("parameter x[n]\nz[i] = step(x[0])*log(x[i])\noutput z")
    assert chosen(program.equations, ["x"]) == program.equations


@pytest.mark.parametrize("shape", [(1,), (1, 1), (2, 1), (3,)])
def test_a_branch_of_any_shape_and_its_sum_are_judged_alike(shape):
    x = torch.full(shape, -1.5, dtype=torch.float64, requires_grad=True)
    for function in (HALVES["sqrt"][0], lambda x: HALVES["sqrt"][0](x).sum()):
        assert {finding.kind for finding in dc.check(function, x)} >= {Kind.SPURIOUS_NAN}


def test_what_is_masked_an_equation_before_is_chosen_too():
    program = parse("parameter x[n]\nm[i] = step(x[i])\nz[i] = m[i]*log(x[i])\noutput z")
    made = chosen(program.equations, ["x"])
    assert made[-1].body.has(select)
