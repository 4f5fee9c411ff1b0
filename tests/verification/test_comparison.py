"""A gradient beside the exact one: form first, then values, and anything that cannot be compared is wrong."""

import math

import numpy as np
import pytest
import torch

from diffcheck import engines, problems
from diffcheck.errors import DtypeMismatch, WrongGradient
from diffcheck.oracle import FORMATS
from diffcheck.problems import problem, to_torch
from diffcheck.verification import Kind, Verdict, as_floats, compare, truth_of, verify

NETWORK = problem("two-layer-network")
POINT = to_torch(NETWORK.point(0, n=5, d=2, h=3))
TRUTH = truth_of(NETWORK.gradient, POINT)
RIGHT = engines.engine("autograd").gradient(NETWORK, POINT)


def found(**changes):
    return compare({**RIGHT, **changes}, TRUTH)


def test_the_right_gradient_is_ok_and_every_element_is_placed():
    findings = found()
    assert findings.ok
    assert len(findings) == 3 * 2 + 3 + 3 + 1
    places = [str(item.place) for item in findings]
    assert places[:3] == ["W[0, 0]", "W[0, 1]", "W[1, 0]"]
    assert places[-1] == "c"
    assert all(item.exact.contains(item.exact.mid()) for item in findings)


@pytest.mark.parametrize("name", problems.names())
def test_the_exact_gradient_rounded_is_exact(name):
    chosen = problem(name)
    for dtype in FORMATS:
        point = to_torch(chosen.point(0, n=4), dtype)
        truth = truth_of(chosen.gradient, point)
        values = {key: torch.as_tensor(value).to(getattr(torch, dtype)) for key, value in truth.values.rounded(dtype).items()}
        findings = compare(values, truth)
        assert findings.accurate
        assert findings.counts()["exact"] == len(findings)


@pytest.mark.parametrize(
    ("value", "kind", "note"),
    [
        (None, Kind.MISSING, "no gradient came back"),
        (RIGHT["b"][None], Kind.WRONG_SHAPE, "got shape (1, 3), wanted (3,)"),
        (RIGHT["b"][:2], Kind.WRONG_SHAPE, "got shape (2,), wanted (3,)"),
        (torch.zeros(0, dtype=torch.float64), Kind.WRONG_SHAPE, "got shape (0,), wanted (3,)"),
        (1.0, Kind.WRONG_SHAPE, "got shape (), wanted (3,)"),
        (RIGHT["b"].float(), Kind.WRONG_DTYPE, "got float32, wanted float64"),
        (RIGHT["b"].to(torch.complex128), Kind.WRONG_DTYPE, "got complex128, wanted float64"),
        (RIGHT["b"].long(), Kind.WRONG_DTYPE, "got int64, wanted float64"),
        (RIGHT["b"].tolist(), Kind.WRONG_DTYPE, "got list, wanted float64"),
        (RIGHT["b"].to("meta"), Kind.WRONG_DEVICE, "got meta, wanted cpu"),
    ],
)
def test_what_cannot_be_compared_is_wrong(value, kind, note):
    findings = found(b=value)
    assert not findings.ok
    worst = findings.worst
    assert (worst.verdict, worst.kind, worst.note, str(worst.place)) == (Verdict.WRONG, kind, note, "b")
    assert not math.isfinite(worst.ulp)
    assert len(findings) == 6 + 1 + 3 + 1


def test_names_that_were_not_asked_for_are_wrong():
    findings = found(z=RIGHT["b"], a=RIGHT["c"])
    assert not findings.ok
    assert [str(item.place) for item in findings if item.verdict is Verdict.WRONG] == ["a", "z"]
    assert "a gradient of something that was not asked for" in findings.worst.note


def test_an_empty_gradient_is_wrong_in_every_name():
    findings = compare({}, TRUTH)
    assert [item.kind for item in findings] == [Kind.MISSING] * 4
    assert not findings.ok


@pytest.mark.parametrize(
    ("value", "kind"),
    [(math.nan, Kind.SPURIOUS_NAN), (math.inf, Kind.SPURIOUS_INFINITY), (-math.inf, Kind.SPURIOUS_INFINITY)],
)
@pytest.mark.parametrize("place", [(0, 0), (2, 1)])
def test_one_element_that_is_not_finite_is_wrong(place, value, kind):
    spoilt = RIGHT["W"].clone()
    spoilt[place] = value
    worst = found(W=spoilt).worst
    assert (worst.verdict, worst.kind, worst.place.index) == (Verdict.WRONG, kind, place)


def test_a_bound_that_is_nan_promises_nothing():
    limits = type(TRUTH.limits)(
        {name: np.full_like(array, np.nan) for name, array in TRUTH.limits.rounding.items()},
        {name: np.full_like(array, np.nan) for name, array in TRUTH.limits.conditioning.items()},
    )
    findings = compare({name: value * (1 + 1e-12) for name, value in RIGHT.items()}, TRUTH.widened(limits))
    assert findings.counts()["wrong"] == len(findings)


@pytest.mark.parametrize("dtype", FORMATS)
def test_floats_are_taken_over_exactly(dtype):
    values = torch.tensor([0.1, -0.0, math.inf, 2.0**-14, 3.0]).to(getattr(torch, dtype))
    assert as_floats(values).tolist() == values.double().tolist()
    assert np.isnan(as_floats(torch.tensor(math.nan, dtype=getattr(torch, dtype))))


def test_values_of_every_layout_are_taken_over():
    values = torch.tensor([[1.0, 2.0], [0.0, 4.0]], dtype=torch.float64)
    for shown in (values, values.to_sparse(), values.T.contiguous().T, torch._neg_view(-values), values.requires_grad_()):
        assert as_floats(shown).tolist() == [[1.0, 2.0], [0.0, 4.0]]
    assert as_floats(np.float32(0.5)) == as_floats(0.5) == 0.5


def test_a_sparse_gradient_is_compared_like_a_dense_one():
    assert found(W=RIGHT["W"].to_sparse()).ok
    assert not found(W=(RIGHT["W"] * 2).to_sparse()).ok


def test_points_of_several_dtypes_or_of_none_have_no_truth():
    with pytest.raises(DtypeMismatch, match="float32"):
        truth_of(NETWORK.gradient, {**POINT, "c": POINT["c"].float()})
    with pytest.raises(DtypeMismatch, match="no dtype"):
        truth_of(problem("thermometer").gradient, {"w": 1.0, "b": 0.0, "x": [1.0], "y": [2.0]})


class Wrong:
    name = "wrong"

    def supports(self, problem, dtype, device):
        return None

    def gradient(self, problem, point):
        return {**RIGHT, "v": RIGHT["v"] * (1 + 1e-9)}


def test_verify_names_the_engine_the_problem_the_place_and_the_formula():
    verify(NETWORK, engines.engine("autograd"), POINT).raise_if_wrong()
    findings = verify(NETWORK, Wrong(), POINT, TRUTH)
    assert findings.subject == "wrong on two-layer-network"
    with pytest.raises(WrongGradient) as caught:
        findings.raise_if_wrong()
    text = str(caught.value)
    worst = findings.worst
    for part in (str(worst.place), repr(worst.got), "wrong", "ULP", "bound", findings.formulas["v"], "tanh"):
        assert part in text
    assert worst.place.name == "v"
