"""What a proof rests on is stated: where functions have no value, what constants stand for, which integers tell places."""

import math

import pytest
import torch

import diffcheck as dc
from diffcheck.auditing.domains import conditions
from diffcheck.auditing.wording import condition_text

X = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [-2.0, 1.0, 0.75], [3.0, -0.5, 1.0]], dtype=torch.float64)
V = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)

GIVEN = "data x[n]; data y[n]; data A[n,m]; data w;"
STATED = [
    ("g[i] = 1/(3*x[i]*y[i])", {"x[i] is not 0", "y[i] is not 0"}),
    ("g[i] = log(2*x[i]) + sqrt(y[i]) + 1/sqrt(x[i])", {"x[i] is positive", "y[i] is not negative"}),
    ("g[i] = sqrt(x[i]**n)", {"x[i] is positive"}),  # at x = -1, n = 2 it is no x[i]**(n/2)
    ("g[i] = select(y[i], log(x[i]), 0)", {"x[i] is positive where y[i] > 0"}),
    ("g[i] = select(x[i]-1, 0, 1/x[i])", {"x[i] is not 0 where x[i] - 1 ≤ 0"}),
    ("s_[i] = log(x[i]); g[i] = select(x[i]-1, s_[i], 0)", set()),
    ("g[i] = select(1-absolute(sign(x[i])), 1, sin(x[i])/x[i])", set()),
    ("s_[i] = Σ_j exp(A[i,j]); g[i,j] = A[i,j]/s_[i] + log(s_[i])", set()),
    ("q = Σ_i x[i]**2; g = 1/sqrt(q+1)/(n-1)", set()),
    ("g[i] = log(sigmoid(x[i])) + log(1-sigmoid(x[i])) + 1/(1-tanh(x[i])**2)", set()),
    ("g[i] = lgamma(x[i])", {"x[i] is an argument at which lgamma has a value"}),
]


@pytest.mark.parametrize(("text", "stated"), STATED)
def test_a_program_has_values_under_the_conditions_stated(text, stated):
    assert set(map(condition_text, conditions(dc.parse(GIVEN + text), {}))) == stated


def test_what_has_a_value_nowhere_fails():
    (condition,) = conditions(dc.parse(GIVEN + "q = Σ_i x[i]**2; g = log(-1-q)"), {})
    assert condition.fails


def cross_entropy(z, t):
    return torch.nn.functional.cross_entropy(z, t)


def p_minus_onehot(z, t):
    return (torch.softmax(z, 1) - (t[:, None] == torch.arange(3)).double()) / z.shape[0]


LABELLED = {"loss": cross_entropy, "wrt": "z", "at": (X, torch.tensor([0, 2, 2, 1])), "sizes": {"z": ("n", None), "t": ("n",)}}


def test_p_minus_onehot_is_proved_for_labels_that_tell_places_and_p_alone_refuted():
    proof = dc.audit(p_minus_onehot, **LABELLED)
    assert proof.status == "proved"
    assert proof.assumptions == ("the elements of t tell places: they are in 0 … 3 - 1",)
    assert dc.audit(lambda z: torch.softmax(z, 1) / len(z), **LABELLED).status == "refuted"


def p_less_one_at_the_label(z, t):
    p = torch.softmax(z, 1).clone()
    p[torch.arange(z.shape[0]), t] -= 1
    return p / z.shape[0]


def test_one_taken_from_p_in_place_is_proved_as_the_gradient_of_the_gathered_loss():
    def loss(z, t):
        return -torch.log_softmax(z, 1)[torch.arange(z.shape[0]), t].mean()

    assert dc.audit(p_less_one_at_the_label, loss=loss, wrt="z", at=(X, torch.tensor([0, 2, 2, 1])), sizes={}).proved


def gelu_by_hand(x):
    return (1 + torch.erf(x / 2**0.5)) / 2 + x * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def tanh_gelu_by_hand(x):
    c = math.sqrt(2 / math.pi)
    u = torch.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * (1 + u) + 0.5 * x * (1 - u**2) * c * (1 + 3 * 0.044715 * x**2)


def gelu_loss(x):
    return torch.nn.functional.gelu(x).sum()


def test_constants_that_are_rounded_are_taken_for_what_they_stand_for_and_the_proof_says_so():
    proof = dc.audit(gelu_by_hand, loss=gelu_loss, wrt="x", at=(V,), sizes={})
    assert proof.status == "proved"
    assert proof.assumptions[0] == "1.4142135623730951 stands for sqrt(2)"
    assert "provided that 2.5066282746310002 stands for sqrt(2)*sqrt(pi)" in str(proof)
    near = dc.audit(tanh_gelu_by_hand, loss=lambda x: torch.nn.functional.gelu(x, approximate="tanh").sum(), wrt="x", at=(V,))
    assert "0.044715 stands for 8943/200000" in near.assumptions
    third = dc.audit(lambda x, w: x.sum() * (1 / 3), loss=lambda x, w: (w * x).sum() / 3, wrt="w", at=(V, 1.0), sizes={})
    assert third.assumptions == ("0.3333333333333333 stands for 1/3",)


def test_a_constant_that_is_off_by_more_than_a_rounding_is_refuted():
    for near in (1.41421356, 1.41421356237):
        wrong = dc.audit(
            lambda x, near=near: (1 + torch.erf(x / near)) / 2 + x * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi),
            loss=gelu_loss,
            wrt="x",
            at=(V,),
        )
        assert wrong.status == "refuted"


def test_a_rounded_constant_that_nobody_knows_is_undecided_and_not_called_wrong():
    cubed = dc.audit(lambda x, w: x.sum() * math.pi**-3, loss=lambda x, w: (w * x).sum() / math.pi**3, wrt="w", at=(V, 1.0))
    assert cubed.status == "undecided"
    assert "cannot hold" in cubed.reason


DOMAINS = {
    "a division by 0": (
        lambda x, w: (x**3 / x).sum(),
        lambda x, w: (w * x * x).sum(),
        "x[i] is not 0: elsewhere the handwritten function has no value",
    ),
    "a logarithm of the loss": (
        lambda x, w: (torch.log(x)).sum(),
        lambda x, w: (w * torch.log(x)).sum(),
        "x[i] is positive: elsewhere the loss has no value",
    ),
    "exp(log(x))": (
        lambda x, w: torch.exp(torch.log(x)).sum(),
        lambda x, w: (w * x).sum(),
        "x[i] is positive: elsewhere the handwritten function has no value",
    ),
    "a root squared": (
        lambda x, w: (torch.sqrt(x) * torch.sqrt(x)).sum(),
        lambda x, w: (w * x).sum(),
        "x[i] is not negative: elsewhere the handwritten function has no value",
    ),
    "logarithms of factors": (
        lambda x, w: (torch.log(x * x) - torch.log(x) + 0 * w).sum(),
        lambda x, w: (w * (torch.log(x * x) - torch.log(x))).sum(),
        "x[i] is positive: elsewhere the loss has no value",
    ),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_a_proof_states_where_a_function_has_no_value(name):
    function, loss, condition = DOMAINS[name]
    proof = dc.audit(function, loss=loss, wrt="w", at=(V.abs(), 1.0), sizes={})
    assert proof.status == "proved"
    assert condition in proof.assumptions
    assert f"provided that {condition}" in str(proof)


def test_a_value_that_only_a_branch_not_taken_lacks_needs_no_assumption():
    guarded = dc.audit(
        lambda x, w: torch.where(x > 0, torch.log(x), 0.0).sum(),
        loss=lambda x, w: (w * torch.where(x > 0, torch.log(x), 0.0)).sum(),
        wrt="w",
        at=(V, 1.0),
    )
    assert guarded.status == "proved"
    assert not guarded.assumptions


def test_what_masks_a_division_by_0_must_not_be_cancelled():
    quotient = dc.audit(lambda x: torch.where(x > 0, x / torch.relu(x), 0.0), loss=lambda x: x.sum(), wrt="x", at=(V,))
    assert quotient.status == "refuted"


def test_points_without_a_value_are_counted_in_the_answer():
    def by_hand(x):
        return x.prod() / x * torch.sqrt(x - 2.8) / torch.sqrt(x - 2.8)

    proof = dc.audit(by_hand, loss=lambda x: x.prod(), wrt="x", at=(V.abs() + 3,))
    assert proof.status == "undecided"
    assert proof.points < 20
    assert f"the two agree at {proof.points} of 40 random points to 1000 bits, at {40 - proof.points} one side" in str(proof)
