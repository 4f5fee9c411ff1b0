"""A right loop is never refused and a wrong one never accepted, in whatever form they come."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from diffcheck.errors import NotComparable
from diffcheck.problems import problem
from diffcheck.training.loop_judging import judge_loop

LINE = problem("thermometer")
RATE_OF_THE_JUDGE = 1e-2
DTYPE = torch.float64
t_u = torch.tensor(LINE.fixed["x"] * 0.1)
t_c = torch.tensor(LINE.fixed["y"])
history = []


def gradient(params, x, y):
    d = 2 * (params[0] * x + params[1] - y) / len(x)
    return torch.stack([(d * x).sum(), d.sum()])


def loss_of(params, x, y):
    return nn.functional.mse_loss(params[0] * x + params[1], y)


def by_hand(epochs, lr, params, x, y):
    for _ in range(epochs):
        params = params - lr * gradient(params, x, y)
    return params


def by_hand_in_place(epochs, lr, params, x, y):
    for _ in range(epochs):
        params -= lr * gradient(params, x, y)  # which a leaf that requires grad does not allow
    return params


def by_autograd(epochs, lr, params, x, y):
    for _ in range(epochs):
        if params.grad is not None:
            params.grad.zero_()
        loss_of(params, x, y).backward()
        with torch.no_grad():
            params -= lr * params.grad
    return params


def by_autograd_anew(epochs, lr, params, x, y):
    for _ in range(epochs):
        loss_of(params, x, y).backward()
        with torch.no_grad():
            params = params - lr * params.grad
        params.requires_grad_()
    return params


def by_an_optimizer(epochs, lr, params, x, y):
    optimizer = torch.optim.SGD([params], lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss_of(params, x, y).backward()
        optimizer.step()
    return params


def by_an_optimizer_without_return(*arguments):
    by_an_optimizer(*arguments)


def with_losses(epochs, lr, params, x, y):
    losses = [float(loss_of(params, x, y))]
    for _ in range(epochs):
        params = by_hand(1, lr, params, x, y)
        losses.append(float(loss_of(params, x, y)))
    return params, losses


def losses_alone(epochs, lr, params, x, y):
    losses = []
    for _ in range(epochs):
        by_an_optimizer(1, lr, params, x, y)
        losses.append(loss_of(params, x, y).item())
    return losses


def by_a_module(epochs, lr, params, x, y):
    layer = nn.Linear(1, 1, dtype=DTYPE)
    with torch.no_grad():
        layer.weight.copy_(params[:1, None])
        layer.bias.copy_(params[1:])
    optimizer = torch.optim.SGD(layer.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        nn.MSELoss()(layer(x[:, None]), y[:, None]).backward()
        optimizer.step()
    return layer.weight, layer.bias


def by_loops_over_numbers(epochs, lr, params, x, y):
    w, b = params.tolist()
    data = list(zip(x.tolist(), y.tolist(), strict=True))
    for _ in range(epochs):
        errors = [(w * a + b - c, a) for a, c in data]
        w, b = w - lr * 2 * sum(e * a for e, a in errors) / len(data), b - lr * 2 * sum(e for e, _ in errors) / len(data)
    return w, b


def in_numpy(epochs, lr, params, x, y):
    theta, design = params.detach().numpy().copy(), np.stack([x.numpy(), np.ones(len(x))], axis=1)
    for _ in range(epochs):
        theta -= lr * 2 / len(x) * design.T @ (design @ theta - y.numpy())
    return theta


def noisy(epochs, lr, params, x, y):
    for epoch in range(epochs):
        params = by_hand(1, lr, params, x, y)
        print("epoch", epoch)  # noqa: T201  # what it prints is what is tested
        history.append(epoch)
    return params


def with_a_closure(rate):
    def loop(epochs, lr, params, x, y):
        def step(params):
            return params - rate * lr * gradient(params, x, y)

        for _ in range(epochs):
            params = step(params)
        return params

    return loop


class Trainer:
    def __call__(self, epochs, lr, params, x, y):
        return by_hand(epochs, lr, params, x, y)

    def train(self, *arguments):
        return by_hand(*arguments)


RIGHT = [
    by_hand,
    by_hand_in_place,
    by_autograd,
    by_autograd_anew,
    by_an_optimizer,
    by_an_optimizer_without_return,
    with_losses,
    losses_alone,
    by_a_module,
    by_loops_over_numbers,
    in_numpy,
    noisy,
    with_a_closure(1),
    Trainer(),
    Trainer().train,
    partial(by_hand),
    lambda epochs, lr, theta, *data: by_hand(epochs, lr, 1 * theta, *data),
    lambda *given: tuple(by_hand(*given)),
    lambda *given: list(by_hand(*given)),
    lambda *given: by_hand(*given).tolist(),
    lambda *given: by_hand(*given)[None],
    lambda *given: (*by_hand(*given), "trained"),
    lambda *given: dict(zip("wb", by_hand(*given), strict=True)),
    lambda *given: nn.Parameter(by_hand(*given).detach()),
    eval("lambda *given: by_hand(*given)", {"by_hand": by_hand}),  # a function without text
]


@pytest.mark.parametrize("loop", RIGHT, ids=lambda loop: getattr(loop, "__name__", type(loop).__name__))
def test_a_right_loop_is_accepted_in_any_form(loop):
    judged = judge_loop(loop, LINE)
    assert judged.right, str(judged)


def test_what_a_loop_prints_is_not_shown(capsys):
    assert judge_loop(noisy, LINE).right
    assert capsys.readouterr().out == ""


def test_the_problem_s_data_are_as_before():
    before = LINE.fixed["y"].copy()

    def centring(epochs, lr, params, x, y):
        y -= y.mean()
        return by_hand(epochs, lr, params, x, y)

    assert judge_loop(centring, LINE).message == "it changes the data, which belong to its caller"
    assert np.array_equal(LINE.fixed["y"], before)


def reading_the_data_from_outside(epochs, lr, params, x, y):
    return by_hand(epochs, lr, params, t_u, t_c)


def reading_the_rate_from_outside(epochs, lr, params, x, y):
    return by_hand(epochs, RATE_OF_THE_JUDGE, params, x, y)


def starting_anew(epochs, lr, params, x, y):
    return by_hand(epochs, lr, torch.tensor([1.0, 0.0], dtype=DTYPE), x, y)


def accumulating(epochs, lr, params, x, y):
    for _ in range(epochs):
        loss_of(params, x, y).backward()
        with torch.no_grad():
            params -= lr * params.grad
    return params


def with_momentum(epochs, lr, params, x, y):
    optimizer = torch.optim.SGD([params], lr=lr, momentum=1e-6)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss_of(params, x, y).backward()
        optimizer.step()
    return params


def with_adam(epochs, lr, params, x, y):
    optimizer = torch.optim.Adam([params], lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss_of(params, x, y).backward()
        optimizer.step()
    return params


def detached(epochs, lr, params, x, y):
    for _ in range(epochs):
        loss_of(params.detach(), x, y).backward()
    return params


def raising_at_the_third_epoch(epochs, lr, params, x, y):
    for epoch in range(epochs):
        if epoch == 2:
            raise ArithmeticError("too far")
        params = by_hand(1, lr, params, x, y)
    return params


def in_place_and_wrong(epochs, lr, params, x, y):
    for _ in range(epochs):
        params -= 2 * lr * gradient(params, x, y)
    return params


def by_autograd_and_wrong(epochs, lr, params, x, y):
    return by_autograd(epochs, lr, params, x, y).detach() * 2


def with_unrelated_error_under_no_grad(epochs, lr, params, x, y):
    for _ in range(epochs):
        with torch.no_grad():
            params = params - lr * gradient(params, x, y)
    return params[5]


WRONG = [
    (reading_the_data_from_outside, "given other data and another learning rate, its parameters are not those"),
    (reading_the_data_from_outside, "it reads the globals t_c, t_u"),
    (reading_the_rate_from_outside, "it reads the globals RATE_OF_THE_JUDGE"),
    (starting_anew, "it reads the globals DTYPE"),
    (starting_anew, "given other data and another learning rate"),
    (accumulating, "after 2 epochs its parameters are not those of gradient descent"),
    (with_momentum, "after 2 epochs its parameters are not those"),
    (with_adam, "after 1 epoch its parameters are not those"),
    (detached, "at epoch 1 it raised RuntimeError: element 0 of tensors does not require grad"),
    (raising_at_the_third_epoch, "at epoch 3 it raised ArithmeticError: too far"),
    (in_place_and_wrong, "after 1 epoch its parameters are not those"),
    (with_unrelated_error_under_no_grad, "at epoch 1 it raised IndexError"),
    (with_a_closure(1 + 1e-9), "after 1 epoch its parameters are not those"),
    (with_a_closure(0.5), "after 1 epoch its parameters are not those"),
    (with_a_closure(0), "asked for 1 epoch, it takes 0 steps"),
    (lambda epochs, *rest: by_hand(epochs + 1, *rest), "asked for 1 epoch, it takes 2 steps"),
    (lambda epochs, *rest: by_hand(epochs - 1, *rest), "asked for 1 epoch, it takes 0 steps"),
    (lambda epochs, *rest: by_hand(1, *rest), "asked for 2 epochs, it takes 1 step"),
    (lambda epochs, lr, params, x, y: by_hand(epochs, lr, params, y, x), "not those of gradient descent"),
    (lambda *given: by_hand(*given).flip(0), "not those of gradient descent"),
    (lambda *given: by_hand(*given) * torch.nan, "not those of gradient descent"),
    (lambda *given: by_hand(*given).float(), "not those of gradient descent"),
    (lambda *given: by_hand(*given)[:1], "it returns a Tensor that does not hold the parameters"),
    (lambda *given: 3.0, "it returns a float that does not hold the parameters"),
    (lambda *given: {"w": 1.0}, "it returns a dict that does not hold the parameters"),
    (lambda *given: by_hand(*given) + 0j, "real numbers are wanted"),
    (lambda *given: None, "it returns nothing, so the trained parameters are lost"),
    (lambda: None, "it raised TypeError"),
    ("loop", "it raised TypeError: 'str' object is not callable"),
]


@pytest.mark.parametrize(("loop", "says"), WRONG)
def test_a_wrong_loop_is_refused_with_the_reason(loop, says):
    judged = judge_loop(loop, LINE)
    assert not judged.right
    assert says in str(judged)
    assert set(judged.counterexample) == {"epochs", "lr"}


def test_a_cause_is_named_only_where_it_is_one():
    assert "the cause" not in judge_loop(with_unrelated_error_under_no_grad, LINE).message


def test_attributes_are_not_taken_for_globals():
    assert "globals" not in judge_loop(by_autograd_and_wrong, LINE).message


def test_other_problems_with_one_tensor_of_parameters_can_be_judged():
    curve = problem("polynomial-regression")

    def loop(epochs, lr, params, x, y):
        powers = torch.stack([x**0, x, x**2, x**3], dim=1)
        for _ in range(epochs):
            params = params - lr * 2 / len(x) * powers.T @ (powers @ params - y)
        return params

    assert judge_loop(loop, curve, scale=1.0).right
    assert not judge_loop(lambda *given: loop(*given) * 2, curve, scale=1.0).right


def test_a_learning_rate_or_a_loss_without_a_bound_is_the_caller_s_mistake():
    with pytest.raises(NotComparable, match="learning rate"):
        judge_loop(by_hand, LINE, scale=1.0)
    with pytest.raises(NotComparable, match="the loss of logistic-regression"):
        judge_loop(by_hand, problem("logistic-regression"))
