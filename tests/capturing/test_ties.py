"""Elements that tie: the derivative of a maximum is shared as PyTorch shares it."""

import numpy as np
import pytest
import torch

import diffcheck as dc
from diffcheck.derivation import derive
from diffcheck.notation import parse
from diffcheck.oracle import exact
from diffcheck.verification.verdict import Verdict

PAIR = (torch.tensor([1.0, 2.0, 3.0, -0.5]), torch.tensor([1.0, 3.0, 2.0, -0.5]))
ROWS = torch.tensor([[1.0, 3.0, 3.0, -2.0], [2.0, 2.0, 2.0, 1.0], [-1.0, 1.0, -4.0, 4.0]])

# From PyTorch 2.14 on they share as maximum does.
TO_THE_FIRST = 1.0 if tuple(map(int, torch.__version__.split(".")[:2])) < (2, 14) else 0.5
OF_TWO = {
    "maximum": (torch.maximum, [0.5, 0.0, 1.0, 0.5]),
    "minimum": (torch.minimum, [0.5, 1.0, 0.0, 0.5]),
    "fmax": (torch.fmax, [TO_THE_FIRST, 0.0, 1.0, TO_THE_FIRST]),
    "fmin": (torch.fmin, [TO_THE_FIRST, 1.0, 0.0, TO_THE_FIRST]),
    "maximum with itself": (lambda u, v: torch.maximum(u, u) + 0 * v, [1.0] * 4),
}

OF_ROWS = {
    "amax": lambda x: x.amax(1),
    "amin": lambda x: x.amin(1),
    "amax of two axes": lambda x: x.amax((0, 1)),
    "amax of absolute values": lambda x: x.abs().amax(1),
    "amax of computed values": lambda x: (x * x - 1).amax(1),
    "max of all": lambda x: (x**2).max(),
    "min of all": lambda x: x.abs().min(),
    "max along an axis": lambda x: x.max(1).values,
    "norm": lambda x: torch.linalg.vector_norm(x, float("inf"), dim=1),
    "norm of all": lambda x: x.norm(float("inf")),
}


@pytest.mark.parametrize("name", OF_TWO)
def test_of_two_that_tie(name):
    function, share = OF_TWO[name]
    u, v = (value.double().requires_grad_() for value in PAIR)
    findings = dc.check(lambda u, v: function(u, v).sum(), u, v)
    assert findings.ok, findings.table()
    assert [finding.got for finding in findings if finding.place.name == "u" and not finding.note] == share


@pytest.mark.parametrize("name", OF_ROWS)
def test_of_a_row_with_ties(name):
    findings = dc.check(OF_ROWS[name], ROWS.double().requires_grad_())
    assert findings.ok, findings.table()


class ToTheFirst(torch.autograd.Function):
    """The largest element of a row, with a gradient that goes to the first of several."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.amax(1)

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return torch.zeros_like(x).scatter(1, x.argmax(1, keepdim=True), cotangent[:, None])


def test_a_gradient_that_goes_to_the_first_of_several_is_not_that_of_amax():
    findings = dc.check(ToTheFirst.apply, ROWS.double().requires_grad_(), reference=lambda x: x.amax(1))
    assert Verdict.WRONG in {finding.verdict for finding in findings}


def test_three_share_in_thirds_whether_read_or_computed():
    for body in ("x[i]", "x[i]**2 - 1"):
        gradient = derive(parse(f"parameter x[n]; p = max_{{i}} ({body}); output p"))
        found = exact(gradient, {"x": np.array([2.0, 2.0, 1.0, 2.0])})["x"]
        slope = found[0] * 3
        assert found[2] == 0
        assert all(ball.overlaps(slope / 3) for ball in found[[0, 1, 3]])


def test_a_tie_that_digits_cannot_tell_is_left_open():
    gradient = derive(parse("parameter x[n]; p = max_{i} exp(x[i]); output p"))
    found = exact(gradient, {"x": np.array([2.0, 1.0, 2.0])})
    assert np.isnan(found.rounded()["x"][[0, 2]]).all()


def test_the_second_derivative_is_that_of_the_share():
    # L = max² has the gradient 2·max/m at each of m ties, and along v the second derivative (2/m²)·Σ v over the ties at each.
    first = derive(parse("parameter x[n]; p = max_{i} x[i]; L = p**2; output L"))
    second = derive(first.program, ("x",))
    (name,) = (tensor.name for tensor in second.program.inputs if tensor.name != "x")
    point = {"x": np.array([3.0, 1.0, 3.0]), name: np.array([1.0, 10.0, 3.0])}
    assert exact(first, {"x": point["x"]}).rounded()["x"].tolist() == [3.0, 0.0, 3.0]
    assert exact(second, point).rounded()["x"].tolist() == [2.0, 0.0, 2.0]


def test_the_second_derivative_agrees_with_autograd():
    x = ROWS[1].double().requires_grad_()
    weights = torch.tensor([1.0, 2.0, 4.0, 8.0], dtype=torch.float64)
    (slope,) = torch.autograd.grad(x.amax(0) ** 3, x, create_graph=True)
    (wanted,) = torch.autograd.grad((slope * weights).sum(), x)
    second = derive(derive(parse("parameter x[n]; p = max_{i} x[i]; L = p**3; output L")).program, ("x",))
    (name,) = (tensor.name for tensor in second.program.inputs if tensor.name != "x")
    found = exact(second, {"x": x.detach(), name: weights}).rounded()["x"]
    assert np.allclose(found, wanted.numpy(), rtol=1e-14, atol=0)
