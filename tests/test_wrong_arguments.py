"""The public functions refuse arguments of another type by name, not with an AttributeError from within."""

import warnings

import numpy as np
import pytest
import torch

import diffcheck as dc
from diffcheck.errors import DiffcheckError

PROGRAM = dc.parse("parameter w; data x[n]\nL = Σ_i w*x[i]")
GRADIENT = dc.derive(PROGRAM)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    NESTED = torch.nested.nested_tensor([torch.ones(2)])
POINT = {"w": 1.0, "x": np.ones(3)}

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
    "a name that is no name": lambda: dc.parse("parameter _\nL = 2*_"),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_argument_of_another_type_is_refused(name):
    with pytest.raises(DiffcheckError) as caught:
        CALLS[name]()
    assert caught.value.got
    assert caught.value.do
