"""A right function is never refused and a wrong one never accepted, in whatever form they come."""

from functools import partial
from itertools import islice

import numpy as np
import pytest
import torch

from diffcheck import problems
from diffcheck.derivation import derive, needed
from diffcheck.errors import UnknownName
from diffcheck.generation import generate
from diffcheck.generation.article import prediction_of
from diffcheck.notation import Program, Role, Tensor, parse
from diffcheck.oracle import exact
from diffcheck.problems import problem
from diffcheck.verification import judge_function
from diffcheck.verification.mutants import mutants

LINE = problem("thermometer")
GRADIENT = LINE.gradient.program
INPUTS = ("w", "b", "x", "y")
FUNCTIONS = [
    (name, function, target)
    for name in problems.names()
    for function in ("model", "loss_fn", "dloss_fn", "grad_fn", "grad")
    for target in ("torch", "numpy")
]


def judged(function, program=GRADIENT, arguments=INPUTS):
    return judge_function(function, program, arguments)


class Parts:
    """The programs that the article's functions compute, for one problem."""

    def __init__(self, of):
        program = of.program
        name = prediction_of(program, of.parameters)
        given = {role: tuple(tensor for tensor in program.inputs if tensor.role is role) for role in Role}
        data, targets, parameters = given[Role.DATA], given[Role.TARGET], given[Role.PARAMETER]
        predicted = Tensor(name, program.equation(name).extents)
        self.model = Program((*data, *parameters), needed(program.equations, (name,)), (name,))
        after = needed((one for one in program.equations if one.target != name), program.outputs)
        self.loss_fn = Program((predicted, *targets), after, program.outputs)
        self.dloss_fn = derive(self.loss_fn, (name,)).program
        behind = tuple(one for one in of.gradient.program.equations if one.target != name)
        self.grad_fn = Program((*data, *targets, predicted, *parameters), behind, of.gradient.program.outputs)
        self.grad = of.gradient.program


@pytest.mark.parametrize(("name", "function", "target"), FUNCTIONS)
def test_generated_functions_are_right(name, function, target):
    program = getattr(Parts(problem(name)), function)
    made = generate(problem(name).gradient, target).compile(function)
    verdict = judged(made, program, [tensor.name for tensor in program.inputs])
    assert verdict.right, str(verdict)
    assert str(verdict) == f"{function}: right"


@pytest.mark.parametrize("name", problems.names())
def test_handwritten_gradients_are_right(name):
    assert judged(problem(name).handwritten, problem(name).gradient, problem(name).inputs).right


def test_textbook_forms_are_too_coarse_for_a_program_that_states_the_stable_ones():
    network = problem("two-layer-network")
    assert not judged(network.handwritten, network.gradient.program, network.inputs).right


def plain(w, b, x, y):
    d = 2 * (w * x + b - y) / x.shape[0]
    return (d * x).sum(), d.sum()


def by_autograd(w, b, x, y):
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    torch.nn.functional.mse_loss(w * x + b, y).backward()
    return w.grad, b.grad


def still_in_the_graph(w, b, x, y):
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    return list(plain(w, b, x, y))


def by_loops(w, b, x, y):
    terms = [(w.item() * a + b.item() - c, a) for a, c in zip(x.tolist(), y.tolist(), strict=True)]
    return 2 * sum(d * a for d, a in terms) / len(terms), 2 * sum(d for d, _ in terms) / len(terms)


def by_the_normal_equations(w, b, x, y):
    n = x.shape[0]
    return 2 * (x @ x * w + x.sum() * b - x @ y) / n, 2 * (x.sum() * w + n * b - y.sum()) / n


def in_numpy_from_tensors(w, b, x, y):
    return np.stack(plain(*(value.numpy() for value in (w, b, x, y))))


def for_numpy_alone(w, b, x, y):
    return plain(w, b, x.astype(np.float64), y)


def with_a_default(w, b, x, y, scale=2.0, *, divide=True):
    d = scale * (w * x + b - y) / (x.shape[0] if divide else 1)
    return (d * x).sum(), d.sum()


def by_keyword_alone(*, y, x, b, w):
    return plain(w, b, x, y)


def partly_by_keyword(w, b, *, y, x):
    return plain(w, b, x, y)


def of_any_arguments(*arguments):
    return plain(*arguments)


def of_any_keywords(**inputs):
    return plain(**inputs)


def by_position_alone(w, b, x, y, /):
    return plain(w, b, x, y)


def noisy(w, b, x, y):
    print("loss", w, b)  # noqa: T201  # what it prints is what is tested
    return plain(w, b, x, y)


class Callable:
    def __call__(self, w, b, x, y):
        return plain(w, b, x, y)

    def method(self, w, b, x, y):
        return plain(w, b, x, y)


RIGHT = [
    plain,
    by_autograd,
    still_in_the_graph,
    by_loops,
    by_the_normal_equations,
    in_numpy_from_tensors,
    for_numpy_alone,
    with_a_default,
    by_keyword_alone,
    partly_by_keyword,
    of_any_arguments,
    of_any_keywords,
    by_position_alone,
    noisy,
    Callable(),
    Callable().method,
    partial(with_a_default, scale=2),
    partial(lambda factor, *rest: with_a_default(*rest, scale=factor), 2),
    lambda w, b, x, y: torch.stack(plain(w, b, x, y)),
    lambda w, b, x, y: [value[None][0].item() for value in plain(w, b, x, y)],
    torch.no_grad()(plain),
]


@pytest.mark.parametrize("function", RIGHT, ids=lambda function: getattr(function, "__name__", type(function).__name__))
def test_a_right_function_is_accepted_in_any_form(function):
    verdict = judged(function)
    assert verdict.right, str(verdict)


def test_what_a_function_prints_is_not_shown(capsys):
    assert judged(noisy).right
    assert capsys.readouterr().out == ""


CONSTANT = parse("data x[n]; one[i:n] = 1")
STEP = parse("data x[n]; s[i] = step(x[i])")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 1.0,
        lambda x: 1,
        lambda x: np.float32(1),
        lambda x: torch.tensor(1.0),
        torch.ones_like,
        lambda x: torch.ones(len(x), dtype=torch.int64),
        lambda x: [1] * len(x),
        lambda x: x == x,  # noqa: PLR0124  # a one for each element, as booleans
    ],
)
def test_results_are_judged_by_their_values_whatever_their_type(function):
    assert judged(function, CONSTANT, ["x"]).right


def test_a_program_without_value_at_a_point_asks_nothing_of_a_function_there():
    reciprocal = parse("data x[n]; r[i] = 1/x[i]")
    assert judged(torch.reciprocal, reciprocal, ["x"]).right
    assert not judged(torch.neg, reciprocal, ["x"]).right


def test_a_program_without_any_value_accepts_nothing():
    verdict = judged(lambda x: x, parse("data x[n]; r[i] = log(-1 - x[i]**2)"), ["x"])
    assert not verdict.right
    assert "a value at 0 of 64 random points" in verdict.message


def as_function(program):
    """Return a function that evaluates *program* exactly and rounds once."""
    names = [tensor.name for tensor in program.inputs]

    def computed(*values):
        found = exact(program, dict(zip(names, values, strict=True))).rounded()
        return tuple(found[name] for name in program.outputs)

    return computed


@pytest.mark.parametrize(("name", "step"), [("thermometer", 3), ("logistic-regression", 7), ("two-layer-network", 60)])
def test_every_planted_slip_is_refused_and_named(name, step):
    program = problem(name).gradient.program
    slips = {mutant.slip for mutant in mutants(program)}
    assert len(slips) > 50
    for mutant in islice(mutants(program), 0, None, step):
        verdict = judged(as_function(mutant.program), program, [tensor.name for tensor in program.inputs])
        assert not verdict.right, mutant.slip
        assert verdict.message in slips  # two slips may give one function, so it need not be this one
        assert verdict.counterexample


def test_no_slip_leaves_the_program_as_it_is():
    for name in problems.names():
        program = problem(name).gradient.program
        assert all(mutant.program != program for mutant in mutants(program))


def with_factor(factor):
    return lambda w, b, x, y: tuple(value * factor for value in plain(w, b, x, y))


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (with_factor(1 + 1e-9), "right to the precision of float32 only"),
        (with_factor(1.001), "no single slip explains it"),
        (with_factor(-1), "the sign is the opposite one"),
        (lambda w, b, x, y: plain(w, b, y, x), "no single slip explains it"),
        (lambda w, b, x, y: plain(b, w, x, y), "b and w are exchanged"),
        (lambda w, b, x, y: plain(w, b, x, y)[::-1], "no single slip explains it"),
        (lambda w, b, x, y: ((w * x + b - y) * x).mean().repeat(2).unbind(), "no single slip explains it"),
        (lambda w, b, x, y: plain(w, 0 * b, x, y), "the term b is missing"),
        (lambda w, b, x, y: tuple(value * len(x) for value in plain(w, b, x, y)), "the factor 1/n is missing"),
        (lambda w, b, x, y: tuple(value / 2 for value in plain(w, b, x, y)), "the factor 2 is missing"),
        (lambda w, b, x, y: plain(w.float(), b.float(), x.float(), y.float()), "does it compute in float32, or return it?"),
        (lambda w, b, x, y: torch.rand(2), "no single slip explains it"),
        (lambda w, b, x, y: torch.full((2,), torch.nan), "no single slip explains it"),
        (lambda w, b, x, y: (plain(w, b, x, y)[0], torch.tensor(torch.inf)), "no single slip explains it"),
        (lambda w, b, x, y: None, "it returns nothing"),
        (lambda w, b, x, y: plain(w, b, x, y)[0], "it returns one Tensor where 2 values, in order, are wanted"),
        (lambda w, b, x, y: 3.0, "it returns one float where 2 values"),
        (lambda w, b, x, y: {"w": w, "b": b}, "it returns one dict where 2 values"),
        (lambda w, b, x, y: {3.0, 4.0}, "it returns one set where 2 values"),
        (lambda w, b, x, y: "ab", "it returns one str where 2 values"),
        (lambda w, b, x, y: (*plain(w, b, x, y), x), "it returns 3 values where 2 are wanted"),
        (lambda w, b, x, y: plain(w, b, x, y)[:1], "it returns 1 values where 2 are wanted"),
        (lambda w, b, x, y: (None, None), "it returns NoneType where numbers are wanted"),
        (lambda w, b, x, y: ("0", "0"), "it returns str where numbers are wanted"),
        (lambda w, b, x, y: (1j, 1j), "it returns complex where numbers are wanted"),
        (lambda w, b, x, y: tuple(v + 0j for v in plain(w, b, x, y)), "complex128 on cpu where real numbers are wanted"),
        (lambda w, b, x, y: tuple(v.to("meta") for v in plain(w, b, x, y)), "on meta where real numbers are wanted"),
        (lambda w, b, x, y: tuple(v[None] for v in plain(w, b, x, y)), "got shape (1,), wanted ()"),
        (lambda w, b, x, y: ([1.0, [2.0]], 1.0), "parts of different shapes"),
        (lambda w, b, x, y: (v for v in [1 / 0]), "it raised ZeroDivisionError: division by zero"),
        (lambda w, b, x, y: 1 / 0, "it raised ZeroDivisionError: division by zero"),
        (lambda w, b, x, y: undefined, "it raised NameError: name 'undefined' is not defined"),  # noqa: F821
        (lambda w, b, x, y: {}["dw"], "it raised KeyError: 'dw'"),
        (lambda w, b, x, y: x @ torch.ones(99), "it raised RuntimeError"),
        (lambda w, b, x, y: (x.mul_(2), plain(w, b, x / 2, y))[1], "it changes x, which belongs to its caller"),
        (lambda w, b, x, y: plain(w.requires_grad_(), b, x, y), "it changes w, which belongs to its caller: requires_grad"),
        (lambda w, b, x, y: (w.zero_(), b.zero_()), "it changes w, which belongs to its caller"),
        (lambda w, b, x: (w, b), "it cannot be called with w, b, x, y: too many positional arguments"),
        (lambda w, b, x, y, z: (w, b), "missing a required argument: 'z'"),
        (lambda w, b, x, *, target: (w, b), "it cannot be called with w, b, x, y"),
        ("plain", "it raised TypeError: 'str' object is not callable"),
    ],
)
def test_a_wrong_function_is_refused_with_the_reason(function, says):
    verdict = judged(function)
    assert not verdict.right
    assert says in verdict.message
    assert f"refused; {verdict.message}" in str(verdict) or verdict.message in str(verdict)


def test_a_function_that_raises_at_some_points_only_is_refused():
    def for_two_or_more(w, b, x, y):
        if len(x) == 3:
            raise RuntimeError("no batch of three\nsecond line")
        return plain(w, b, x, y)

    assert judged(for_two_or_more).message == "it raised RuntimeError: no batch of three"


def test_a_function_that_is_right_at_whole_numbers_only_is_refused():
    assert not judged(lambda w, b, x, y: tuple(torch.round(value * 4) / 4 for value in plain(w, b, x, y))).right


def test_the_counterexample_is_small_and_shows_what_the_message_says():
    verdict = judged(lambda x, w, b: w * b + b, Parts(LINE).model, ("x", "w", "b"))
    text = str(verdict)
    assert "at x = [1.0], w = 1.0, b = 2.0: got 4.0, exact 3.0000000000000000000 (p[0])" in text
    assert "b stands where x[i] belongs" in text
    at = verdict.counterexample
    assert at["w"] * at["b"] + at["b"] == verdict.finding.got != at["w"] * at["x"][0] + at["b"]


def test_an_input_that_the_result_needs_must_be_among_the_arguments():
    assert judged(lambda w, b, x: (w, b), arguments=("w", "b", "x")).message == (
        "it has no parameter for y, which the result depends on"
    )


def test_arguments_that_are_no_inputs_are_the_caller_s_mistake():
    with pytest.raises(UnknownName, match="got 'z'"):
        judged(plain, arguments=("w", "b", "x", "z"))


def test_programs_with_axes_of_fixed_length_are_judged():
    curve = problem("polynomial-regression")
    assert judged(curve.handwritten, curve.gradient.program, curve.inputs).right
    assert not judged(lambda w, x, y: w * 0, curve.gradient.program, curve.inputs).right


def test_kinks_are_judged_at_their_stated_value():
    assert judged(lambda x: (x > 0).double(), STEP, ["x"]).right
    assert not judged(lambda x: (x >= 0).double(), STEP, ["x"]).right
