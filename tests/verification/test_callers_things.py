"""What belongs to the caller (inputs, their flags, torch's grad mode) is as it was, or it is told."""

import numpy as np
import pytest
import torch

from diffcheck import engines
from diffcheck.errors import WrongGradient
from diffcheck.notation import parse
from diffcheck.problems import Problem, problem, to_torch
from diffcheck.training import judge_loop
from diffcheck.verification import LAWS, Verdict, judge_function, verify

LINE = problem("thermometer")
PLAIN = engines.engine("autograd")
SAME = parse("data x[n]; s[i] = x[i]")


class Harmful:
    """An engine that is right, and does some harm on the way."""

    name = "harmful"

    def __init__(self, harm):
        self.harm = harm

    def supports(self, problem, dtype, device):
        return None

    def gradient(self, problem, point):
        gradients = PLAIN.gradient(problem, point)
        self.harm(point)
        return gradients


def with_gradient(point):
    point["w"].requires_grad_()
    point["w"].grad = torch.ones_like(point["w"])


def without_a_name(point):
    del point["w"]


HARM = {
    "overwrites": lambda point: point["x"].mul_(2),
    "negative zero": lambda point: point["b"].neg_(),
    "flag": lambda point: point["x"].requires_grad_(),
    "gradient": with_gradient,
    "resizes": lambda point: point["x"].resize_(2),
    "transposes": lambda point: point["x"].unsqueeze_(0),
    "other data": lambda point: setattr(point["x"], "data", point["x"].float()),
    "name taken away": without_a_name,
    "name replaced": lambda point: point.update(x=point["x"] * 2),
    "name added": lambda point: point.update(z=point["x"]),
}


def given():
    return {**to_torch(LINE.point(0, n=3)), "b": torch.zeros((), dtype=torch.float64)}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_verify_finds_an_engine_that_harms_its_inputs_wrong(harm):
    assert verify(LINE, Harmful(lambda point: None), given()).ok
    findings = verify(LINE, Harmful(harm), given())
    assert not findings.ok
    assert findings.worst.verdict is Verdict.WRONG
    assert "belongs to its caller" in findings.worst.note


def test_an_input_that_carries_a_gradient_already_may_keep_it():
    point = given()
    with_gradient(point)
    assert verify(LINE, PLAIN, point).ok
    assert not verify(LINE, Harmful(lambda point: point["w"].grad.add_(1)), point).ok


@pytest.fixture
def _grad_mode():
    yield
    torch.set_grad_enabled(True)


@pytest.mark.usefixtures("_grad_mode")
def test_grad_mode_is_put_back_and_its_change_told():
    switching = Harmful(lambda point: torch.set_grad_enabled(False))
    for check in (verify, LAWS["leaves_its_inputs_alone"]):
        findings = check(LINE, switching, given())
        assert torch.is_grad_enabled()
        assert not findings.ok
        assert "grad mode" in str(findings.worst)


@pytest.mark.usefixtures("_grad_mode")
def test_grad_mode_is_put_back_where_an_engine_raises():
    def harm(point):
        torch.set_grad_enabled(False)
        raise RuntimeError("harmed")

    with pytest.raises(RuntimeError, match="harmed"):
        verify(LINE, Harmful(harm), given())
    assert torch.is_grad_enabled()


def test_a_loss_that_writes_to_its_inputs_is_refused():
    def loss(w, b, x, y):
        result = LINE.loss(w, b, x, y)
        x.mul_(2)
        return result

    kept = {field: getattr(LINE, field) for field in ("name", "title", "program", "handwritten", "draw", "sizes")}
    with pytest.raises(WrongGradient, match="x, which belongs to its caller"):
        verify(Problem(**kept, loss=loss), PLAIN, given())


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.requires_grad_().detach().clone(),
        lambda x: (x.clone(), x.masked_fill_(x == 0, -0.0))[0],
        lambda x: (x.clone(), x.unsqueeze_(0))[0],
    ],
)
def test_a_function_that_harms_its_input_is_refused(function):
    judged = judge_function(function, SAME, ["x"])
    assert not judged.right
    assert "x, which belongs to its caller" in judged.message
    assert judge_function(lambda x: x.clone(), SAME, ["x"]).right


def test_an_array_is_watched_like_a_tensor():
    def for_numpy(x):
        if not isinstance(x, np.ndarray):
            raise TypeError("arrays only")
        result = x.copy()
        x[x == 0] = -0.0
        return result

    assert not judge_function(for_numpy, SAME, ["x"]).right


@pytest.mark.usefixtures("_grad_mode")
def test_a_function_that_changes_grad_mode_is_refused_and_the_mode_put_back():
    judged = judge_function(lambda x: (x.clone(), torch.set_grad_enabled(False))[0], SAME, ["x"])
    assert torch.is_grad_enabled()
    assert "grad mode" in judged.message


@pytest.mark.parametrize("end", [SystemExit(0), GeneratorExit(), BaseException("all")])
def test_a_function_that_ends_the_process_is_refused(end):
    def function(*_):
        raise end

    judged = judge_function(function, SAME, ["x"])
    assert not judged.right
    assert f"it raised {type(end).__name__}" in judged.message
    assert not judge_loop(function, LINE).right


def test_the_keyboard_still_interrupts():
    def function(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge_function(function, SAME, ["x"])
