"""The text generated for every problem, as it stands in golden/.

``DIFFCHECK_REWRITE_GOLDEN=1 pytest tests/generation/test_golden.py`` writes them anew; read the changes before keeping them.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from generated_code import MYPY_CACHE

import diffcheck
from diffcheck.errors import UnknownName
from diffcheck.generation import generate
from diffcheck.notation.text import equation_text
from diffcheck.problems import names, problem

GOLDEN = Path(__file__).parent / "golden"
CASES = [(name, target) for name in names() for target in ("torch", "numpy")]
ROOT = Path(diffcheck.__file__).parents[1]
DUMP = (
    "from diffcheck.generation import generate\nfrom diffcheck.problems import names, problem\n"
    "for name in names():\n    for target in ('numpy', 'torch'):\n        print(generate(problem(name).gradient, target))\n"
)


def text_of(name, target):
    return str(generate(problem(name).gradient, target))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The texts of all problems as files that may be imported."""
    folder = tmp_path_factory.mktemp("generated")
    for name, target in CASES:
        (folder / f"{name.replace('-', '_')}_{target}.py").write_text(text_of(name, target), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("name", "target"), CASES)
def test_text_is_the_golden_one(name, target):
    path = GOLDEN / f"{name}.{target}.py"
    if os.environ.get("DIFFCHECK_REWRITE_GOLDEN"):
        path.write_text(text_of(name, target), encoding="utf-8")
    assert text_of(name, target) == path.read_text(encoding="utf-8")


def test_every_golden_file_is_of_a_problem():
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.{target}.py" for name, target in CASES}


@pytest.mark.parametrize("seed", ["1", "2"])
def test_text_is_the_same_in_another_process(seed):
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    call = [sys.executable, "-c", DUMP]
    run = subprocess.run(call, env=environment, capture_output=True, check=True, encoding="utf-8")
    expected = [text_of(name, target) for name in names() for target in ("numpy", "torch")]
    assert run.stdout == "".join(f"{text}\n" for text in expected)


@pytest.mark.parametrize(("name", "target"), CASES)
def test_only_the_target_is_imported_and_nothing_of_sympy_is_left(name, target):
    text = text_of(name, target)
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert [alias.name for node in imports for alias in node.names] == [target]
    for trace in ("sympy", "Indexed", "Piecewise", "Heaviside", "KroneckerDelta", "Rational"):
        assert trace not in text


@pytest.mark.parametrize(("name", "target"), CASES)
def test_functions_of_the_article_are_there_in_its_order(name, target):
    source = generate(problem(name).gradient, target)
    slopes = [f"dmodel_d{parameter}" for parameter in problem(name).parameters]
    assert list(source.functions) == ["model", "loss_fn", "dloss_fn", *slopes, "grad_fn", "grad", "workspace"]
    assert set(source.functions) <= set(vars(source.module()))


@pytest.mark.parametrize(("name", "target"), CASES)
def test_docstrings_begin_with_the_formula_and_give_shapes(name, target):
    chosen = problem(name)
    module = generate(chosen.gradient, target).module()
    firsts = {function: getattr(module, function).__doc__.splitlines()[0] for function in generate(chosen.gradient).functions}
    assert firsts["loss_fn"] == equation_text(chosen.program.equation("L"), chosen.program.tensors)
    prediction = firsts["model"].split("[")[0]
    assert firsts["model"] == equation_text(chosen.program.equation(prediction), chosen.program.tensors)
    assert firsts["dloss_fn"].startswith(f"∂L/∂{prediction}[i] = ")
    for parameter in chosen.parameters:
        assert firsts[f"dmodel_d{parameter}"].startswith(f"∂{prediction}[i]/∂{parameter}")
        assert f"∂L/∂{parameter}" in module.grad_fn.__doc__
        assert f"{parameter}_bar = ∂L/∂{parameter}" in firsts["grad"]
    for function in firsts.keys() - {"workspace"}:
        assert "\n    Shapes: " in getattr(module, function).__doc__


def test_generated_text_is_formatted_and_free_of_lint(written):
    pytest.importorskip("ruff", reason="ruff is not installed")
    for command in (["check", "--select", "E,F,W,I,B,UP,SIM,C4"], ["format", "--check", "--diff"]):
        call = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "128", str(written)]
        run = subprocess.run(call, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
def test_generated_text_is_strictly_typed(written):
    pytest.importorskip("mypy", reason="mypy is not installed")
    call = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(MYPY_CACHE), "--config-file", "", str(written)]
    run = subprocess.run(call, cwd=written, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_unknown_target_is_refused_with_a_near_match():
    with pytest.raises(UnknownName, match="did you mean 'torch'"):
        generate(problem("thermometer").gradient, "troch")
