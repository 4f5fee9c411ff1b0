"""The plugin as a project that uses it sees it: its own run of pytest, here or in a process of its own, and under xdist."""

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

INSTALLED = any(point.name == "diffcheck" for point in entry_points(group="pytest11"))
LOADED = () if INSTALLED else ("-p", "diffcheck.pytest_plugin")

TESTS = """
    import pytest
    import torch

    class Halved(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2
        @staticmethod
        def backward(ctx, slope):
            return slope * ctx.saved_tensors[0]

    X = torch.tensor([0.5, -2.0], requires_grad=True)

    def test_right(diffcheck):
        assert diffcheck(torch.sin, X).ok

    @pytest.mark.diffcheck(engine="func")
    def test_settings_of_the_marker(diffcheck):
        assert "func" in diffcheck(torch.sin, X).reproduce

    def test_module(diffcheck):
        module = torch.nn.Linear(2, 2)
        assert diffcheck(module, X).ok
        assert module.weight.dtype == torch.float32
"""
WRONG = """
    def test_wrong(diffcheck):
        diffcheck(Halved.apply, X)
"""


class Imported:
    """Notes what a run has imported, except its tests."""

    def __init__(self):
        self.modules = {}

    def pytest_unconfigure(self, config):
        for name, module in sys.modules.items():
            if config.rootpath not in Path(getattr(module, "__file__", None) or "/").parents:
                self.modules[name] = module


@pytest.fixture
def imported():
    """Put back, at the very end, what pytester has forgotten: torch cannot be imported twice."""
    kept = Imported()
    yield kept
    sys.modules.update(kept.modules)


@pytest.fixture
def run(imported, pytester):
    """Run tests in this process: in another one, loading torch takes longer than the run."""

    def call(text, *arguments):
        pytester.makepyfile(text)
        return pytester.runpytest_inprocess(*_arguments(arguments), plugins=[imported])

    return call


@pytest.fixture
def run_elsewhere(pytester):
    """Run tests in a process of their own, which has loaded nothing."""

    def call(text, *arguments):
        pytester.makepyfile(text)
        return pytester.runpytest_subprocess(*_arguments(arguments))

    return call


def _arguments(more):
    return (*LOADED, "-p", "no:cacheprovider", "-W", "ignore", *more)


def test_right_gradients_pass_and_are_summed_up(run_elsewhere):
    result = run_elsewhere(TESTS)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["diffcheck: *, torch *, seed 0", "*= diffcheck =*", "3 checks of * elements, 0 failed", "worst: *ULP*"]
    )


def test_a_wrong_gradient_fails_with_its_worst_element(run):
    result = run(TESTS + WRONG)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*WrongGradient*, wrong (*ULP*", "4 checks of * elements, 1 failed", "failures: 6 wrong"])


def test_the_summary_is_the_same_under_xdist(run_elsewhere):
    pytest.importorskip("xdist")
    result = run_elsewhere(TESTS + WRONG, "-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["4 checks of * elements, 1 failed", "failures: 6 wrong"])


def test_dtypes_are_run_one_by_one(run):
    result = run(TESTS, "-v", "--diffcheck-dtype", "float64,bfloat16")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["*test_right[[]float64[]] PASSED*", "*test_right[[]bfloat16[]] PASSED*"])


def test_settings_may_stand_in_the_ini_file(run, pytester):
    pytester.makeini("[pytest]\ndiffcheck_dtype = float16\ndiffcheck_seed = 7\n")
    result = run(TESTS, "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["diffcheck: *dtype float16, seed 7", "*test_right[[]float16[]] PASSED*"])


def test_an_absent_device_is_skipped_with_the_reason(run):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    result = run(TESTS, "--diffcheck-device", "cpu,cuda", "-rs")
    result.assert_outcomes(passed=3, skipped=3)
    result.stdout.fnmatch_lines(["*no CUDA device on this machine*"])


def test_every_check_can_be_written_to_a_file(run, pytester):
    result = run(TESTS + WRONG, "--diffcheck-report", "out/checks.json")
    stored = json.loads((pytester.path / "out" / "checks.json").read_text(encoding="utf-8"))
    assert [check["ok"] for check in stored["checks"]] == [True, True, True, False]
    assert stored["checks"][-1]["failures"] == {"wrong": 6}
    result.stdout.fnmatch_lines(["every check: out/checks.json"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("--diffcheck-seed", "x"), "*--diffcheck-seed=x*whole number*"), (("--diffcheck-dtype", "float23"), "*float32*")],
)
def test_bad_settings_are_refused(run, arguments, message):
    result = run(TESTS, *arguments)
    assert result.ret != 0
    (result.stderr if "seed" in arguments[0] else result.stdout).fnmatch_lines([message])


def test_without_the_plugin_nothing_is_added(run_elsewhere):
    without = ("-p", "no:diffcheck") if INSTALLED else ()
    result = run_elsewhere("def test_nothing(): pass", *without)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*= diffcheck =*")


def test_loading_the_plugin_loads_neither_torch_nor_sympy():
    code = "import sys, diffcheck.pytest_plugin; sys.exit(bool({'torch', 'sympy', 'hypothesis', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_fixture_that_is_asked_for_and_not_called_is_warned_of(pytester):
    pytester.makepyfile("def test_nothing(diffcheck):\n    pass\n")
    result = pytester.runpytest_subprocess(*LOADED, "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*test_nothing: the fixture diffcheck was never called*"])


def test_a_refusal_shows_the_line_of_the_test_alone(run):
    result = run("import torch\n\ndef test_random(diffcheck):\n    diffcheck(torch.dropout, torch.ones(2))\n")
    result.stdout.fnmatch_lines(["*test_a_refusal*.py:4: CaptureError"])
    assert "checking.py" not in result.stdout.str()
