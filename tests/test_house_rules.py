"""The rules of the house that a program can check: cheap imports, the public names, short files, one direction, used errors."""

import ast
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import diffcheck
from diffcheck import errors

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "diffcheck"
SOURCES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"flint", "hypothesis", "jax", "numpy", "pandas", "scipy", "sympy", "tensorflow", "torch"}

PUBLIC = [
    "Gradient",
    "Program",
    "Source",
    "__version__",
    "audit",
    "capture",
    "check",
    "derive",
    "exact",
    "generate",
    "gradcheck",
    "gradgradcheck",
    "parse",
    "train",
]


def loaded_after(code):
    """Return which heavy libraries a fresh interpreter has loaded after *code*."""
    report = f"import json, sys; print(json.dumps(sorted({HEAVY!r} & {{name.split('.')[0] for name in sys.modules}})))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}\n{report}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout.splitlines()[-1])


def test_a_heavy_import_would_be_seen():
    assert loaded_after("import numpy") == ["numpy"]


def test_importing_diffcheck_loads_no_heavy_library():
    assert loaded_after("import diffcheck; dir(diffcheck); diffcheck.__version__") == []


@pytest.mark.skipif(not (PACKAGE / "__main__.py").exists(), reason="there is no command line so far")
def test_the_help_of_the_command_line_loads_no_heavy_library():
    code = (
        "import runpy, sys\n"
        "sys.argv = ['diffcheck', '--help']\n"
        "try:\n    runpy.run_module('diffcheck', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
    )
    assert loaded_after(code) == []


@pytest.mark.skipif(not (PACKAGE / "pytest_plugin.py").exists(), reason="there is no pytest plugin so far")
def test_importing_the_pytest_plugin_loads_neither_torch_nor_sympy():
    assert {"sympy", "torch"}.isdisjoint(loaded_after("import diffcheck.pytest_plugin"))


def test_the_public_names_are_these():
    assert diffcheck.__all__ == PUBLIC
    assert dir(diffcheck) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_resolves_and_is_described(name):
    assert inspect.getdoc(getattr(diffcheck, name))


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'differentiate'"):
        diffcheck.differentiate  # noqa: B018  # looking it up is the test


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_has_at_most_300_lines_and_a_function_40(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    too_long = {node.name: length(node) for node in functions if length(node) > 40}
    assert not too_long


def length(function):
    return function.end_lineno - function.lineno + 1


def test_every_room_has_an_init_file():
    rooms = {path.parent for path in SOURCES}
    assert all((room / "__init__.py").exists() for room in rooms)


def test_imports_run_one_way():
    pytest.importorskip("importlinter", reason="import-linter is not installed")
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


# The kinds that the others are grouped under; nothing is exactly one of them.
GROUPS = {"DiffcheckError", "NotationError"}
REFUSALS = [
    name
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, (errors.DiffcheckError, Warning)) and name not in GROUPS
]


def names_used(folder, *, apart_from):
    """Return every name that the files under *folder* use, other than to import it."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py")) if path != apart_from]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    plain = {node.id for node in nodes if isinstance(node, ast.Name)}
    return plain | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


@pytest.fixture(scope="module")
def used():
    return (
        names_used(PACKAGE, apart_from=PACKAGE / "errors.py"),
        names_used(ROOT / "tests", apart_from=Path(__file__).resolve()),
    )


@pytest.mark.parametrize("name", REFUSALS)
def test_every_kind_of_refusal_is_raised_and_tested(name, used):
    package, tests = used
    assert name in package
    assert name in tests


def test_a_refusal_says_where_what_was_got_what_was_wanted_and_what_to_do():
    refusal = errors.ShapeMismatch(got="(3,)", wanted="(4,)", do="pass 4 values", place="x")
    assert str(refusal.at("loss").at("network")) == "network / loss / x: got (3,), wanted (4,); pass 4 values"
    assert isinstance(refusal.at("loss"), errors.ShapeMismatch)


def test_near_matches_are_offered_before_the_list():
    assert "did you mean 'alpha'?" in str(errors.UnknownName.among("letter", "alfa", ["alpha", "beta"]))
    assert "choose one of: alpha, beta" in str(errors.UnknownName.among("letter", "zzz", ["beta", "alpha"]))
