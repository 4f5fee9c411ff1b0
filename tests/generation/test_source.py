"""Generated text as code: its lines in tracebacks, its source on request, by itself, and its constants."""

import inspect
import linecache
import pickle
import subprocess
import sys
import traceback

import numpy as np
import pytest
import torch
from generated_code import TARGETS, as_arrays, as_float64, as_gradient, assert_right, derived

import diffcheck
from diffcheck.errors import GenerationError, UnknownName
from diffcheck.generation import Source, generate
from diffcheck.generation.scalars import is_number, number_text
from diffcheck.notation import extent, parse
from diffcheck.problems import problem


@pytest.fixture
def source():
    return generate(problem("thermometer").gradient)


def test_traceback_shows_the_generated_line(source):
    point = {"w": torch.tensor(1.0), "b": torch.tensor(0.0), "x": torch.ones(3), "y": torch.ones(4)}
    with pytest.raises(RuntimeError) as caught:
        source.compile()(**point)
    shown = "".join(traceback.format_exception(caught.value))
    assert "<diffcheck generated torch " in shown
    assert "p_bar_unscaled = torch.addcmul(y, x, w, value=-1, out=t0).sub_(b)" in shown


def test_lines_survive_a_check_of_the_cache(source):
    function = source.compile()
    linecache.checkcache()
    assert inspect.getsource(function) == "def grad(" + source.text.split("def grad(")[1].split("\n\n\ndef workspace")[0] + "\n"


def test_source_survives_pickling(source):
    again = pickle.loads(pickle.dumps(source))
    assert again == source
    assert _first_result(again) == _first_result(source)


def test_the_text_is_a_module_that_runs_without_diffcheck(source, tmp_path):
    (tmp_path / "alone.py").write_text(source.text, encoding="utf-8")
    code = (
        "import sys, torch, alone\n"
        "print(float(alone.grad(torch.tensor(1.0), torch.tensor(0.0), torch.arange(3.0), torch.ones(3))[0]))\n"
        "print('diffcheck' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    value, loaded = done.stdout.split()
    assert float(value) == pytest.approx(_first_result(source))
    assert loaded == "False"


def _first_result(source):
    point = {"w": torch.tensor(1.0), "b": torch.tensor(0.0), "x": torch.arange(3.0), "y": torch.ones(3)}
    return float(source.compile()(**point)[0])


def test_other_functions_are_compiled_by_name(source):
    model = source.compile("model")
    assert model(torch.tensor([1.0, 2.0]), torch.tensor(3.0), torch.tensor(0.5)).tolist() == [3.5, 6.5]
    with pytest.raises(UnknownName, match="did you mean 'loss_fn'"):
        source.compile("los_fn")


def test_two_sources_do_not_share_their_lines(source):
    other = generate(problem("thermometer").gradient, "numpy")
    assert source.module().__file__ != other.module().__file__
    assert isinstance(other, Source)
    assert str(other) == other.text


def test_gradient_is_called_by_keyword_as_the_public_names_promise():
    program = diffcheck.parse("parameter w; data x[n]; L = Σ_i w*x[i]")
    grad = diffcheck.generate(diffcheck.derive(program)).compile()
    (result,) = grad(w=torch.tensor(2.0), x=torch.tensor([1.0, 2.0]))
    assert result.item() == 3


def test_gradient_with_respect_to_what_does_not_occur_is_zero():
    program = parse("parameter w[n]; parameter b; data x[n]; L = Σ_i x[i]")
    gradient = derived(program)
    for target in TARGETS:
        arrays = as_arrays({"w": np.ones(3), "b": np.array(1.0), "x": np.ones(3)}, target)
        results = generate(gradient, target).compile()(**arrays)
        assert [as_float64(result).tolist() for result in results] == [[0, 0, 0], 0]


# -- constants -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("2", "2"),
        ("-3", "-3"),
        ("1/4", "0.25"),
        ("1/3", "1 / 3"),
        ("2/n", "2 / n"),
        ("n", "n"),
        ("-2*n", "-2 * n"),
        ("1/(2*n)", "1 / (2 * n)"),
        ("n*m + 1", "m * n + 1"),
        ("n - 1", "n - 1"),
        ("n**2", "n**2"),
        ("n**(1/2)", "n**0.5"),
        ("n**(-1/2)", "1 / (n**0.5)"),
        ("pi", "3.141592653589793"),
        ("exp(1/3)", "1.3956124250860895"),
        ("tanh(1/2)*n", "0.46211715726000974 * n"),
        ("9007199254740993", "9007199254740992.0"),
        ("1e300", "1e+300"),
    ],
)
def test_numbers_are_spelt(text, spelt):
    body = parse(f"data x[n, m]; z = ({text})*x[0,0]; output z").equation("z").body
    number = body / next(iter(parse("data x[n, m]; z = x[0,0]; output z").equation("z").reads))
    assert is_number(number)
    assert number_text(number) == spelt
    if "tanh" not in text:  # SymPy knows no value of a named function
        sizes = {extent("n"): 5, extent("m"): 3}
        assert eval(spelt, {"n": 5, "m": 3}) == pytest.approx(float(number.subs(sizes)), rel=1e-15)


def test_a_number_that_no_float_holds_is_refused():
    program = parse("parameter x; z = x*exp(800); output z")
    with pytest.raises(GenerationError, match="rescale"):
        generate(as_gradient(program))


def test_numbers_do_not_change_the_dtype():
    program = parse("parameter x[n]; z[i] = 9007199254740993*x[i]/3 + exp(1/3)*log(n)*x[i] + 1/3; output z")
    for target in TARGETS:
        for dtype in ("float64", "float32"):
            arrays = as_arrays({"x": np.array([0.1, 0.2])}, target, dtype)
            assert_right(generate(as_gradient(program), target).compile()(**arrays), program, arrays, dtype)
