"""The public functions refuse arguments of another type by name, not with an AttributeError from within."""

import warnings
from functools import partial

import numpy as np
import pytest
import torch

import diffcheck as dc
from diffcheck.errors import CaptureError, DiffcheckError, UnfaithfulCapture

PROGRAM = dc.parse("parameter w; data x[n]\nL = Σ_i w*x[i]")
GRADIENT = dc.derive(PROGRAM)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    NESTED = torch.nested.nested_tensor([torch.ones(2)])
POINT = {"w": 1.0, "x": np.ones(3)}

X = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
GRADCHECKS = (dc.gradcheck, dc.gradgradcheck)
SEEDS, TOLERANCES, SIZES = (None, "a", 1.5, -1), (None, "a", -1, float("nan")), (3, "n", [("n",)], {"x": 3})

CALLS = {
    "derive of None": lambda: dc.derive(None),
    "derive of text": lambda: dc.derive("L = w"),
    "derive by a number": lambda: dc.derive(PROGRAM, 5),
    "derive by numbers": lambda: dc.derive(PROGRAM, (5,)),
    "derive by None in a tuple": lambda: dc.derive(PROGRAM, (None,)),
    "generate of None": lambda: dc.generate(None),
    "generate of a program": lambda: dc.generate(PROGRAM),
    "generate for None": lambda: dc.generate(GRADIENT, None),
    "generate for a list": lambda: dc.generate(GRADIENT, ["torch"]),
    "exact of None": lambda: dc.exact(None, POINT),
    "exact at None": lambda: dc.exact(GRADIENT, None),
    "exact at a list": lambda: dc.exact(GRADIENT, [1]),
    "exact at numbers": lambda: dc.exact(GRADIENT, {1: 2.0}),
    "exact of a masked array": lambda: dc.exact(GRADIENT, {"w": 1.0, "x": np.ma.array(np.ones(3), mask=[0, 1, 0])}),
    "exact of a nested tensor": lambda: dc.exact(GRADIENT, {"w": torch.ones(()), "x": NESTED}),
    "parse of None": lambda: dc.parse(None),
    **{f"{f.__name__} of seed {seed!r}": partial(f, torch.sin, (X,), seed=seed) for f in GRADCHECKS for seed in SEEDS},
    **{f"{f.__name__} within {by!r}": partial(f, torch.sin, (X,), nondet_tol=by) for f in GRADCHECKS for by in TOLERANCES},
    **{f"capture at sizes {sizes!r}": partial(dc.capture, lambda x: x.sin(), X, sizes=sizes) for sizes in SIZES},
    "check along a tensor without memory": lambda: dc.check(torch.sin, X, tangents=[torch.ones(2, device="meta").double()]),
    "gradgradcheck along one": lambda: dc.gradgradcheck(torch.sin, (X,), torch.ones(2, device="meta").double()),
    "gradgradcheck along a whole number": lambda: dc.gradgradcheck(lambda x: x.sum(), (X,), torch.tensor(1)),
    "a name that is no name": lambda: dc.parse("parameter _\nL = 2*_"),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_argument_of_another_type_is_refused(name):
    with pytest.raises(DiffcheckError) as caught:
        CALLS[name]()
    assert caught.value.got
    assert caught.value.do


def test_a_large_seed_is_one():
    assert dc.gradcheck(torch.sin, (X,), seed=2**70)


def test_a_function_that_asks_for_a_backward_of_its_own_is_refused():
    def inner(x):
        other = x.detach().clone().requires_grad_()
        (other * other).sum().backward()
        return x * other.grad

    for call in (dc.check, lambda f, x: dc.gradcheck(f, (x,)), partial(dc.check, reference=torch.sin)):
        with pytest.raises(CaptureError, match=r"leave backward\(\) to the caller"):
            call(inner, X)


def test_a_wrapper_that_takes_no_parameters_is_refused_by_what_to_check():
    with pytest.raises(CaptureError, match=r"model\.module"):
        dc.check(torch.nn.DataParallel(torch.nn.Linear(2, 2).double()), X)


@pytest.mark.parametrize("mode", [torch.device("meta"), torch.autocast("cpu", dtype=torch.bfloat16)])
@pytest.mark.parametrize("call", [dc.check, dc.capture, lambda f, x: dc.gradcheck(f, (x,))])
def test_a_mode_in_which_nothing_is_as_it_was_written_is_refused(mode, call):
    with mode, pytest.raises(CaptureError, match="leave torch"):
        call(torch.sin, X)


def test_an_autocast_within_the_function_is_told_as_one():
    def inside(a):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return a @ a

    with pytest.raises(UnfaithfulCapture, match="cast by hand"):
        dc.check(inside, torch.ones(2, 2, requires_grad=True))
