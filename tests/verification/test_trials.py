"""A function is called right only after enough points, whole and broken, small and large, at which the program has a value."""

import pytest
import torch

from diffcheck.errors import DuplicateName, NotationError, UnknownName
from diffcheck.notation import parse
from diffcheck.problems import problem
from diffcheck.verification import judge_function
from diffcheck.verification.trials import ENOUGH, random_trials

LOGS = parse("data x[n, m]; s[i] = Σ_j log(x[i,j]); L = Σ_i s[i]")
ROOTS = parse("data x[n]; r[i] = x[i]**(1/2)")
LINE = problem("thermometer").program


@pytest.mark.parametrize(
    ("program", "function"),
    [
        (LOGS, lambda x: torch.log(x.long().double()).sum()),
        (LOGS, lambda x: torch.log(x.clamp(max=10)).sum()),
        (LOGS, lambda x: torch.log(x.clamp(min=1)).sum()),
        (LOGS, lambda x: torch.log(x.round()).sum()),
        (ROOTS, lambda x: x.round().sqrt()),
        (ROOTS, lambda x: x.clamp(max=100).sqrt()),
    ],
)
def test_a_function_that_is_right_at_small_whole_numbers_alone_is_refused(program, function):
    assert not judge_function(function, program, ["x"]).right


@pytest.mark.parametrize(("program", "function"), [(LOGS, lambda x: x.log().sum()), (ROOTS, torch.sqrt)])
def test_the_right_function_is_right_where_half_of_all_points_have_no_value(program, function):
    judged = judge_function(function, program, ["x"])
    assert judged.right, str(judged)
    assert len(random_trials(program)) == ENOUGH


@pytest.mark.parametrize("text", ["data x[n]; r[i] = log(1 - x[i]**2)", "data x[n]; r[i] = log(log(x[i]))"])
def test_points_are_found_in_narrow_domains(text):
    assert len(random_trials(parse(text))) == ENOUGH


def test_too_few_points_with_a_value_leave_it_undecided():
    program = parse("data x[n]; r[i] = log(-x[i]**2)")
    judged = judge_function(lambda x: torch.full_like(x, torch.nan), program, ["x"])
    assert not judged.right
    assert "undecided" in judged.message


@pytest.mark.parametrize(
    ("program", "arguments", "refusal", "says"),
    [
        (None, ["x"], NotationError, "None"),
        ("L = x", ["x"], NotationError, "parse"),
        (problem("thermometer"), ["x"], NotationError, "its program"),
        (LINE, None, UnknownName, "None"),
        (LINE, 3, UnknownName, "3"),
        (LINE, "wbxy", UnknownName, "'wbxy'"),
        (LINE, ["w", "b", "x", 1], UnknownName, "1"),
        (LINE, ("w", "w", "b", "x", "y"), DuplicateName, "'w' twice"),
    ],
)
def test_a_question_without_meaning_is_the_caller_s_mistake(program, arguments, refusal, says):
    with pytest.raises(refusal) as caught:
        judge_function(lambda *_: 0.0, program, arguments)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("data x[n]; r[i] = log(1 + exp(50*x[i]))", lambda x: torch.log(1 + torch.exp(50 * x))),
        ("data x[n]; r[i] = log(1 + exp(x[i]))", lambda x: torch.log(1 + torch.exp(x))),
        ("data x[n]; r[i] = 1/(1 + exp(-x[i]))", lambda x: 1 / (1 + torch.exp(-x))),
        ("data x[n]; r[i] = exp(x[i])/(1 + exp(x[i]))", lambda x: torch.exp(x) / (1 + torch.exp(x))),
        ("data x[n]; e[i] = exp(x[i]); s = Σ_i e[i]; L = log(s)", lambda x: torch.exp(x).sum().log()),
        ("data x[n]; L = Σ_i exp(x[i]**2)", lambda x: (x**2).exp().sum()),
        ("data x[n]; data y[n]; r[i] = x[i]**y[i]", lambda x, y: x**y),
    ],
)
def test_a_function_as_the_program_spells_it_is_right_though_it_overflows_at_large_points(text, function):
    program = parse(text)
    judged = judge_function(function, program, [tensor.name for tensor in program.inputs])
    assert judged.right, str(judged)


def test_a_counterexample_cannot_be_written_to():
    judged = judge_function(lambda x: x.round().sqrt(), ROOTS, ["x"])
    with pytest.raises(ValueError, match="read-only"):
        judged.counterexample["x"][0] = 1.0
