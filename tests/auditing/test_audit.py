"""`audit`: right gradient functions are proved, wrong ones refuted by inputs that show it, and neither is called the other."""

from contextlib import suppress

import numpy as np
import pytest
import torch

import diffcheck as dc
from diffcheck.errors import (
    CaptureError,
    DerivationError,
    MissingInput,
    ShapeMismatch,
    UnknownName,
    UnsupportedDtype,
    UnsupportedOperator,
    WrongGradient,
)

X = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [-2.0, 1.0, 0.75], [3.0, -0.5, 1.0]], dtype=torch.float64)
V = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
LINE = (torch.arange(5.0), torch.ones(5), 1.0, 0.0)


def line_loss(t_u, t_c, w, b):
    return ((w * t_u + b - t_c) ** 2).mean()


def model(t_u, w, b):
    return w * t_u + b


def dloss(t_p, t_c):
    return 2 * (t_p - t_c) / t_p.size(0)


def grad_fn(t_u, t_c, t_p, w, b):
    outer = dloss(t_p, t_c)
    return torch.stack([(outer * t_u).sum(), (outer * 1.0).sum()])


def test_the_articles_gradient_is_proved_for_all_lengths():
    proof = dc.audit(grad_fn, loss=line_loss, wrt=("w", "b"), at=LINE, where={"t_p": model})
    assert proof.status == "proved"
    assert proof.general == {"n": 1}
    assert "proved, for all inputs and all n ≥ 1, t_u and t_c of the same length n\n" in str(proof)
    assert "∂L/∂b = 2*" in str(proof)


def in_numpy(t_u, t_c, w, b):
    outer = 2 * (w * t_u + b - t_c) / len(t_u)
    return np.array([np.sum(outer * t_u), np.sum(outer)])


def by_methods(t_u, t_c, w, b):
    outer = 2 * (w * t_u + b - t_c)
    return {"w": (outer * t_u).sum(axis=0) / t_u.size, "b": outer.mean()}


@pytest.mark.parametrize("function", [in_numpy, by_methods])
def test_numpy_style_code_is_proved(function):
    assert dc.audit(function, loss=line_loss, wrt=("w", "b"), at=LINE).proved


def wrong(change):
    def handwritten(t_u, t_c, w, b):
        outer = 2 * (w * t_u + b - t_c)
        return change((outer * t_u).sum(), outer.sum(), t_u)

    return handwritten


SLIPS = {
    "the sum for the mean": wrong(lambda w, b, x: (w, b)),
    "the sign": wrong(lambda w, b, x: (-w / len(x), -b / len(x))),
    "exchanged": wrong(lambda w, b, x: (b / len(x), w / len(x))),
    "the captured length": wrong(lambda w, b, x: (w / 5, b / 5)),
    "right for one element": wrong(lambda w, b, x: (w / x.shape[0] ** 2, b / x.shape[0] ** 2)),
    "1e-9": wrong(lambda w, b, x: (w / len(x) * (1 + 1e-9), b / len(x))),
    "calls the loss": lambda t_u, t_c, w, b: (
        (line_loss(t_u, t_c, w, b) * t_u).sum(),
        (line_loss(t_u, t_c, w, b) * torch.ones_like(t_u)).sum(),
    ),
    "target and prediction exchanged": lambda t_u, t_c, w, b: (
        (dloss(t_c, model(t_u, w, b)) * t_u).sum(),
        dloss(t_c, model(t_u, w, b)).sum(),
    ),
    "the model multiplies w by b": lambda t_u, t_c, w, b: (
        (dloss(b + w * b + 0 * t_u, t_c) * t_u).sum(),
        dloss(b + w * b + 0 * t_u, t_c).sum(),
    ),
    "b ignored": lambda t_u, t_c, w: ((dloss(w * t_u, t_c) * t_u).sum(), dloss(w * t_u, t_c).sum()),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_refuted_by_inputs_that_show_it(slip):
    function = SLIPS[slip]
    proof = dc.audit(function, loss=line_loss, wrt=("w", "b"), at=LINE)
    assert proof.status == "refuted"
    found = proof.counterexample
    told = {}
    exec(found.code, told)  # what is printed can be pasted
    inputs = [told[name] for name in ("t_u", "t_c", "w", "b")]
    leaves = [value.requires_grad_() for value in inputs[2:]]
    right = dict(zip(("w", "b"), torch.autograd.grad(line_loss(*inputs), leaves, allow_unused=True), strict=True))
    got = dict(zip(("w", "b"), function(*inputs[: 3 if slip == "b ignored" else 4]), strict=True))
    assert float(found.exact) == pytest.approx(right[found.name].item(), rel=1e-12)
    assert float(found.got) == pytest.approx(got[found.name].item(), rel=1e-12)
    assert float(found.exact) != float(found.got)
    with pytest.raises(WrongGradient):
        proof.raise_if_wrong()


def test_a_function_of_names_that_nobody_defined_is_refused():
    def gradient(t_u, t_c, b):
        outer = dloss(undefined * t_u + b, t_c)  # noqa: F821  # one of the article's defects
        return (outer * t_u).sum(), outer.sum()

    with pytest.raises(CaptureError, match="undefined"):
        dc.audit(gradient, loss=line_loss, wrt=("w", "b"), at=LINE)


def logistic_loss(X, y, w, b):
    return torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y)


def logistic_by_probabilities(X, y, w, b):
    p = torch.sigmoid(X @ w + b)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()


def p_minus_y(X, y, w, b):
    rest = 1 / (1 + torch.exp(-(X @ w + b))) - y
    return X.T @ rest / X.shape[0], rest.mean()


@pytest.mark.parametrize("loss", [logistic_loss, logistic_by_probabilities])
def test_p_minus_y_is_proved(loss):
    y = torch.tensor([1.0, 0.0, 0.0, 1.0])
    rows = {"X": ("n", None), "y": ("n",)}
    proof = dc.audit(p_minus_y, loss=loss, wrt=("w", "b"), at=(X, y, V, 0.0), sizes=rows)
    assert "axis 0 of X and y of the same length n, axis 1 of X and w of the same length 3" in str(proof)
    assert proof.general == {"n": 1}


def soft_loss(X, Y, W):
    return -(Y * torch.log_softmax(X @ W, 1)).sum(1).mean()


def soft_gradient(X, Y, W):
    z = X @ W
    e = torch.exp(z - z.max(1, keepdim=True).values)
    return X.T @ (e / e.sum(1, keepdim=True) * Y.sum(1, keepdim=True) - Y) / len(X)


def test_softmax_with_its_largest_logit_taken_away_is_proved():
    given = (X, torch.ones(4, 5) / 5, torch.ones(3, 5))
    assert dc.audit(soft_gradient, loss=soft_loss, wrt="W", at=given).proved


def network(x, y, W, b, v, c):
    return ((torch.tanh(x @ W.T + b) @ v + c - y) ** 2).mean()


def network_by_hand(x, y, W, b, v, c):
    a = np.tanh(x @ W.T + b)
    error = 2 * (a @ v + c - y) / x.shape[0]
    z = np.outer(error, v) * (1 - a**2)
    return z.T @ x, z.sum(axis=0), a.T @ error, error.sum()


def network_with_the_wrong_slope(x, y, W, b, v, c):
    a = np.tanh(x @ W.T + b)
    error = 2 * (a @ v + c - y) / x.shape[0]
    z = np.outer(error, v) * (1 - a)
    return z.T @ x, z.sum(axis=0), a.T @ error, error.sum()


NETWORK = {"loss": network, "wrt": ("W", "b", "v", "c"), "at": (X, torch.ones(4), torch.ones(2, 3), V[:2], V[1:], 0.5)}


def test_a_tanh_network_is_proved_and_with_another_slope_refuted():
    assert dc.audit(network_by_hand, **NETWORK).general == {"n": 2, "d": 2, "h": 2}
    assert dc.audit(network_with_the_wrong_slope, **NETWORK).status == "refuted"


def rectified(x, w):
    return torch.relu(w * x).sum()


RECTIFIED = {"loss": rectified, "wrt": "w", "at": (torch.rand(4), 1.0)}


def test_the_convention_at_a_kink_is_proved_and_another_one_with_an_assumption():
    assert not dc.audit(lambda x, w: (x * (w * x > 0)).sum(), **RECTIFIED).assumptions
    other = dc.audit(lambda x, w: (x * (w * x >= 0)).sum(), **RECTIFIED)
    assert other.status == "proved"
    assert "w*x[i] is nowhere 0" in other.assumptions[0]


def test_a_branch_that_is_left_out_or_put_in_is_refuted():
    assert dc.audit(lambda x, w: x.sum(), **RECTIFIED).status == "refuted"
    added = dc.audit(lambda x, w: torch.where(x == 0, 5.0, x).sum(), loss=lambda x, w: (w * x).sum(), wrt="w", at=(V, 1.0))
    assert added.status == "refuted"
    assert added.counterexample.inputs["x"].tolist() == [0.0]


def test_what_cannot_be_matched_is_undecided_and_says_which_term_and_at_how_many_points_it_agrees():
    proof = dc.audit(lambda x: x.prod() / x, loss=lambda x: x.prod(), wrt="x", at=(V,))
    assert proof.status == "undecided"
    assert "the difference keeps" in proof.reason
    assert proof.points == 20


def test_a_constant_of_one_shape_is_undecided_and_says_so():
    proof = dc.audit(
        lambda x: torch.ones(3, dtype=x.dtype) * torch.tensor([1.0, 1.0, 1.0]), loss=lambda x: x.sum(), wrt="x", at=(V,)
    )
    assert proof.status == "undecided"
    assert "has the shape (n), and what is written by hand (3)" in proof.reason


def test_a_loss_of_no_elements_is_refused_at_its_line():
    with pytest.raises(CaptureError, match=r"x\[2:\].*a tensor of shape \(0,\)"):
        dc.audit(lambda x: 2 * x, loss=lambda x: (x[2:] * x[2:]).sum(), wrt="x", at=(V[:2],))


def test_a_loss_that_does_not_depend_on_wrt_has_the_gradient_zero():
    with pytest.warns(UserWarning, match="does not occur"):
        assert dc.audit(lambda x, w: 0.0, loss=lambda x, w: x.sum(), wrt="w", at=(V, 1.0)).proved


def test_sizes_states_what_is_symbolic():
    stated = dc.audit(in_numpy, loss=line_loss, wrt=("w", "b"), at=LINE, sizes={"t_u": ("rows",), "t_c": ("rows",)})
    assert list(stated.general) == ["rows"]
    assert dc.audit(SLIPS["the captured length"], loss=line_loss, wrt=("w", "b"), at=LINE, sizes={}).general == {}


REFUSED = {
    "nothing": (lambda w: None, ShapeMismatch, "NoneType"),
    "too few": (lambda w: (w,), ShapeMismatch, "wanted one array for each"),
    "a wrong shape": (lambda t_u, t_c: (t_u, t_c), ShapeMismatch, "(5,)"),
    "another mapping": (lambda w: {"w": w}, ShapeMismatch, "results for w"),
    "an unknown argument": (lambda t_x: t_x, UnknownName, "t_x"),
    "any arguments": (lambda *x: x, CaptureError, "named|names"),
    "no function": (3, CaptureError, "int"),
    "an unknown function of NumPy": (lambda t_u, w: np.fft(t_u), (CaptureError, UnsupportedOperator), "np.fft"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_gradient_function_is_refused(name):
    function, kind, text = REFUSED[name]
    with pytest.raises(kind, match=text.replace("(", r"\(").replace(")", r"\)")):
        dc.audit(function, loss=line_loss, wrt=("w", "b"), at=LINE)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"wrt": "q"}, UnknownName),
        ({"wrt": ()}, DerivationError),
        ({"wrt": ("w", "w")}, DerivationError),
        ({"at": LINE[:3]}, MissingInput),
        ({"at": ()}, MissingInput),
        ({"at": 3}, CaptureError),
        ({"at": (*LINE, 1.0)}, CaptureError),
        ({"at": {"t": 1.0}}, UnknownName),
        ({"at": (*LINE[:3], "b")}, UnsupportedDtype),
        ({"loss": lambda t_u, t_c, w, b: w * t_u + b}, ShapeMismatch),
        ({"where": {"t_p": lambda q: q}}, UnknownName),
    ],
)
def test_arguments_that_do_not_fit_are_refused(change, kind):
    with pytest.raises(kind):
        dc.audit(in_numpy, **{"loss": line_loss, "wrt": ("w", "b"), "at": LINE} | change)


@pytest.mark.parametrize(
    "rounding",
    [
        lambda w: 2 * np.asarray(w).astype(int),
        lambda w: 2 * np.asarray(w).astype(np.float32),
        lambda w: 2 * w.half().double(),
        lambda w: 2 * w.int(),
    ],
)
def test_a_gradient_that_rounds_is_not_proved_where_the_numbers_are_whole(rounding):
    at = (torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64),)
    with suppress(CaptureError):
        assert dc.audit(rounding, loss=lambda w: (w**2).sum(), wrt="w", at=at).status == "refuted"


def test_numbers_that_are_of_the_type_already_may_be_asked_for_it():
    at = (torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64),)
    assert dc.audit(lambda w: 2 * np.asarray(w).astype(float), loss=lambda w: (w**2).sum(), wrt="w", at=at).status == "proved"
    proof = dc.audit(lambda w: 2 * np.asarray(w).astype(np.float64), loss=lambda w: (w**2).sum(), wrt="w", at=at)
    assert proof.status == "proved"
