"""verify looks at the problem, the engine and the point before it calls anything of theirs."""

from dataclasses import replace

import pytest
import torch

from diffcheck import engines
from diffcheck.errors import DiffcheckError, DtypeMismatch, MissingInput, PointError, UnknownName, UnsupportedDtype
from diffcheck.problems import problem, to_torch
from diffcheck.verification import verify


def never(**_):
    raise AssertionError("called before the point was looked at")


LINE = replace(problem("thermometer"), loss=never)
POINT = to_torch(LINE.point(0, n=3))


@pytest.mark.parametrize(
    ("point", "refusal"),
    [
        (None, PointError),
        ([1.0], PointError),
        ({}, MissingInput),
        ({name: torch.ones(value.shape, dtype=torch.int64) for name, value in POINT.items()}, UnsupportedDtype),
        ({**POINT, "w": POINT["w"].float()}, DtypeMismatch),
        ({**POINT, "z": POINT["w"]}, UnknownName),
        ({**POINT, 1: POINT["w"]}, UnknownName),
        ({name: value.numpy() for name, value in POINT.items()}, PointError),
        ({**POINT, "w": None}, PointError),
    ],
)
def test_a_point_that_is_none_is_refused_before_the_loss_is_called(point, refusal):
    with pytest.raises(refusal) as caught:
        verify(LINE, engines.engine("autograd"), point)
    assert isinstance(caught.value, DiffcheckError)


@pytest.mark.parametrize("engine", [None, 3, object(), "autogard", engines.engine])
def test_what_is_no_engine_is_refused(engine):
    with pytest.raises(UnknownName, match="autograd"):
        verify(LINE, engine, POINT)


@pytest.mark.parametrize("name", [None, 3, LINE.program, "termometer", []])
def test_what_is_no_problem_is_refused(name):
    with pytest.raises(UnknownName, match="thermometer"):
        verify(name, engines.engine("autograd"), POINT)


def test_problems_and_engines_may_be_named():
    assert verify("thermometer", "autograd", POINT).ok
