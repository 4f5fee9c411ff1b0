"""Every defective listing of the article is refused, and the message says what is wrong with it."""

import pytest

from diffcheck.problems import problem
from diffcheck.training.listings import listings, mean_squared_error, right_dloss
from diffcheck.verification import judge_function

SAYS = {
    "model_multiplying_by_b": "got 2.0, exact 3.0000000000000000000 (p[0]); it computes p[i:n] = b*w + b",
    "gradient_calling_the_loss": "the value of L stands where p_bar belongs",
    "gradient_with_swapped_arguments": "the sign is the opposite one; are two arguments in the wrong order?",
    "gradient_without_w": "it has no parameter for w, which the result depends on",
    "loop_rebinding_its_parameters": "at epoch 2 it raised RuntimeError: element 0 of tensors does not require grad",
    "loop_reading_globals": "it reads the globals t_c, t_u, so its result depends on what they happen to hold",
    "loop_returning_nothing": "it returns nothing, so the trained parameters are lost when it ends",
    "loop_with_a_step_too_many": "asked for 1 epoch, it takes 2 steps",
}
LISTINGS = {listing.function.__name__: listing for listing in listings()}


def test_every_listing_is_in_this_table():
    assert set(LISTINGS) == set(SAYS)
    assert len({listing.defect for listing in listings()}) == len(SAYS)


@pytest.mark.parametrize("name", SAYS)
def test_the_listing_is_refused_with_what_is_wrong(name):
    judged = LISTINGS[name].judge(LISTINGS[name].function)
    assert not judged.right
    assert SAYS[name] in str(judged)
    assert str(judged).startswith(f"{name}: refused; ")


@pytest.mark.parametrize("name", [name for name in SAYS if name != "gradient_without_w"])
def test_the_refusal_comes_with_a_counterexample(name):
    assert LISTINGS[name].judge(LISTINGS[name].function).counterexample


def test_the_counterexample_of_the_model_can_be_checked_by_hand():
    judged = LISTINGS["model_multiplying_by_b"].judge(LISTINGS["model_multiplying_by_b"].function)
    w, b, x = (float(judged.counterexample[name].sum()) for name in "wbx")
    assert (judged.finding.got, w * b + b, w * x + b) == (2.0, 2.0, 3.0)


def test_the_cause_of_the_lost_gradient_is_named():
    listing = LISTINGS["loop_rebinding_its_parameters"]
    message = listing.judge(listing.function).message
    assert "'params = params - lr * params.grad' inside no_grad makes params a new tensor without requires_grad" in message
    assert "change it in place (params -= …)" in message


@pytest.mark.parametrize("name", [name for name in SAYS if name != "gradient_without_w"])
def test_the_same_judge_accepts_a_right_function(name):
    assert LISTINGS[name].judge(RIGHT[name]).right


def right_gradient(x, y, p):
    outer = right_dloss(p, y)
    return (outer * x).sum(), outer.sum()


def right_loop(epochs, lr, params, x, y):
    for _ in range(epochs):
        params = params.detach().requires_grad_()
        mean_squared_error(params[0] * x + params[1], y).backward()
        params = params - lr * params.grad
    return params


RIGHT = {
    "model_multiplying_by_b": lambda x, w, b: w * x + b,
    "gradient_calling_the_loss": right_gradient,
    "gradient_with_swapped_arguments": right_gradient,
    **dict.fromkeys([name for name in SAYS if name.startswith("loop")], right_loop),
}


def test_the_gradient_without_w_is_right_once_it_takes_w():
    line = problem("thermometer")

    def gradient(x, y, w, b):
        outer = right_dloss(w * x + b, y)
        return (outer * x).sum(), outer.sum()

    assert judge_function(gradient, line.gradient, ("x", "y", "w", "b")).right
