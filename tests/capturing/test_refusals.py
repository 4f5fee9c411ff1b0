"""What cannot be captured, and what would check nothing, is refused with the user's own line."""

import sys

import pytest
import torch
from torch import nn

import diffcheck as dc
from diffcheck.capturing import operator
from diffcheck.capturing.rows import ROWS
from diffcheck.errors import (
    CaptureError,
    DerivationError,
    DiffcheckError,
    DtypeMismatch,
    DuplicateName,
    TangentError,
    UnfaithfulCapture,
    UnknownName,
    UnsupportedOperator,
)

X = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
WHOLE = torch.tensor([1, 2])


def branching(x):
    return x * 2 if x.sum() > 0 else x


def overwriting(x):
    x.add_(1)
    return x.sum()


def picked(x, t):
    return x[t].sum()


def tangled(x):
    return torch.special.zeta(x + 2, x + 3)


REFUSED = {
    "data-dependent control flow": (lambda: dc.check(branching, X), CaptureError, "torch.where"),
    "in-place mutation of an input": (lambda: dc.check(overwriting, X), CaptureError, "clone"),
    "dropout in training mode": (lambda: dc.check(nn.Dropout(), X), CaptureError, "eval()"),
    "random numbers": (lambda: dc.check(lambda x: x * torch.rand(3), X), CaptureError, "random"),
    "an operator without a row": (lambda: dc.check(tangled, X), UnsupportedOperator, "special_zeta"),
    "no inputs": (lambda: dc.check(X.sum), CaptureError, "no inputs"),
    "no input that requires grad": (lambda: dc.check(torch.sin, torch.ones(2)), DiffcheckError, "requires_grad_"),
    "an argument that is no tensor": (lambda: dc.check(lambda x, p: x**p, X, 2), CaptureError, "partial"),
    "too many arguments": (lambda: dc.check(lambda x: x, X, X), CaptureError, "arguments that the function takes"),
    "a complex tensor": (lambda: dc.capture(lambda x: x.prod(), torch.ones(2, dtype=torch.complex64)), CaptureError, "complex"),
    "an output that is no tensor": (lambda: dc.check(torch.Tensor.tolist, X), CaptureError, ""),
    "an empty input": (lambda: dc.check(lambda x: x.sum(), torch.ones(0, requires_grad=True)), CaptureError, "one element"),
    "an unknown name": (lambda: dc.check(lambda x: x.sum(), X, wrt="y"), UnknownName, "input of the function"),
    "a tensor without elements": (lambda: dc.check(lambda x: x[2:].sin() + x.sum(), X[:2]), CaptureError, "a tensor of shape"),
    "an empty wrt": (lambda: dc.check(lambda x: x.sum(), X, wrt=()), DerivationError, "one name or more"),
    "whole numbers in wrt": (lambda: dc.check(picked, X, WHOLE, wrt="t"), DerivationError, "whole numbers"),
    "an unknown engine": (lambda: dc.check(lambda x: x.sum(), X, engine="autograde"), UnknownName, "did you mean 'autograd'"),
    "no tangents": (lambda: dc.check(lambda x: x * 2, X, tangents=[]), TangentError, "tensors"),
    "zero tangents": (lambda: dc.check(lambda x: x * 2, X, tangents=0), TangentError, "one or more"),
    "a tangent that does not fit": (lambda: dc.check(lambda x: x * 2, X, tangents=[torch.ones(2)]), TangentError, "fits"),
    "mixed dtypes": (lambda: dc.check(lambda x, y: x * y, X, torch.ones(3, dtype=torch.float64)), DtypeMismatch, "one"),
    "a constant that is no number": (lambda: dc.check(lambda x: (x * torch.nan).sum(), X), CaptureError, "a real number"),
    "sizes of no argument": (lambda: dc.capture(torch.sin, X, sizes={"y": ("n",)}), UnknownName, "argument"),
    "sizes of another rank": (lambda: dc.capture(torch.sin, X, sizes={"input": ("n", "m")}), CaptureError, "axes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name(name):
    call, kind, part = REFUSED[name]
    with pytest.raises(kind) as caught:
        call()
    assert part in str(caught.value)


@pytest.mark.parametrize("function", [branching, tangled, lambda x: x * torch.rand(3)])
def test_a_refusal_names_the_line_of_the_user(function):
    with pytest.raises(CaptureError) as caught:
        dc.check(function, X)
    assert "test_refusals.py:" in str(caught.value)


def test_a_row_can_be_added_from_outside(monkeypatch):
    monkeypatch.delitem(ROWS, "aten.sinc.default")  # and put back at the end, whatever is registered in between

    @operator("aten.sinc.default")
    def sinc(build, u):
        from sympy import pi, sin

        return build.pointwise(lambda a: sin(pi * a) / (pi * a), u)

    assert dc.check(lambda x: torch.sinc(x).sum(), X.double().detach().requires_grad_() / 7, wrt="x").ok
    with pytest.raises(DuplicateName):
        operator("aten.sinc.default")(sinc)


def test_a_row_that_is_wrong_judges_nothing(monkeypatch):
    from diffcheck.capturing.pointwise import UNARY

    monkeypatch.setitem(ROWS, "aten.sin.default", lambda build, u: build.pointwise(UNARY["cos"], u))
    with pytest.raises(UnfaithfulCapture, match="captured program"):
        dc.check(lambda x: x.sin().sum(), X)


def test_a_refusal_is_all_that_is_printed(capfd):
    with pytest.raises(CaptureError):
        dc.check(branching, X)
    assert capfd.readouterr() == ("", "")


def test_what_a_function_prints_itself_is_printed(capsys):
    def talking(x):
        sys.stderr.write("seen")
        return x * 2

    dc.check(talking, X)
    assert "seen" in capsys.readouterr().err
