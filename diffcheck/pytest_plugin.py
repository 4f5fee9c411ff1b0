"""The pytest plugin: a fixture that checks gradients, its options, and one section in the summary.

Neither torch nor sympy is loaded until a test asks for the fixture.
"""

from __future__ import annotations

import json
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from diffcheck._version import __version__

if TYPE_CHECKING:
    from diffcheck.verification import Findings

PROPERTY = "diffcheck"
_OPTIONS = {
    "device": ("", "Devices to check on, separated by commas, as in cpu,cuda. Default: where the inputs are."),
    "dtype": ("", "Dtypes to check in, separated by commas, as in float64,bfloat16. Default: that of the inputs."),
    "report": ("", "File to write every check to, as JSON."),
    "seed": ("0", "Seed of drawn cotangents."),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option and an ini value for each setting."""
    group = parser.getgroup("diffcheck", "exact checks of gradients")
    for name, (default, text) in _OPTIONS.items():
        group.addoption(f"--diffcheck-{name}", dest=f"diffcheck_{name}", default=None, help=text)
        parser.addini(f"diffcheck_{name}", text, default=default)


def setting(config: pytest.Config, name: str) -> str:
    """Return what the option, else the ini value, says of *name*."""
    given = config.getoption(f"diffcheck_{name}")
    return str(config.getini(f"diffcheck_{name}") if given is None else given)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and what collects the checks of all workers."""
    config.addinivalue_line("markers", "diffcheck(**settings): settings of the fixture in this test, as in engine='func'")
    if not setting(config, "seed").removeprefix("-").isdigit():
        raise pytest.UsageError(f"--diffcheck-seed={setting(config, 'seed')}: got no whole number; pass one, as in 0")
    if not hasattr(config, "workerinput"):  # xdist's workers only send what they found
        config.pluginmanager.register(_Collected(config), "diffcheck-collected")


def pytest_report_header(config: pytest.Config) -> str:
    """Return one line with what is checked by default."""
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = "missing"
    device, dtype = setting(config, "device") or "that of the inputs", setting(config, "dtype") or "that of the inputs"
    return f"diffcheck: {__version__}, torch {torch}, device {device}, dtype {dtype}, seed {setting(config, 'seed')}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses the fixture once for each device and dtype asked for."""
    for name in ("device", "dtype"):
        chosen = [part.strip() for part in setting(metafunc.config, name).split(",") if part.strip()]
        if f"diffcheck_{name}" in metafunc.fixturenames and chosen:
            metafunc.parametrize(f"diffcheck_{name}", chosen, indirect=True)


@pytest.fixture
def diffcheck_device(request: pytest.FixtureRequest) -> str:
    """The device that inputs are moved to; empty for none."""
    device = str(getattr(request, "param", ""))
    if device.startswith("cuda"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("no CUDA device on this machine")
    return device


@pytest.fixture
def diffcheck_dtype(request: pytest.FixtureRequest) -> str:
    """The dtype that inputs are converted to; empty for none."""
    return str(getattr(request, "param", ""))


@pytest.fixture
def diffcheck(request: pytest.FixtureRequest, diffcheck_device: str, diffcheck_dtype: str) -> Iterator[Callable[..., Findings]]:
    """Check a gradient: ``diffcheck(fn, *inputs, wrt=..., engine=...)`` fails the test unless every element is right."""
    mark = request.node.get_closest_marker("diffcheck")
    called: list[bool] = []
    settings = {"seed": int(setting(request.config, "seed"))} | (dict(mark.kwargs) if mark else {})

    def run(fn: Callable[..., Any], *inputs: Any, **more: Any) -> Findings:
        __tracebackhide__ = True
        from diffcheck.errors import DiffcheckError
        from diffcheck.verification import check

        called.append(True)
        moved, values = _converted(fn, inputs, diffcheck_device, diffcheck_dtype)
        try:
            findings = check(moved, *values, **(settings | more))
        except DiffcheckError as refusal:  # it names the line of the test's function; ours say nothing more
            raise refusal.with_traceback(None) from None
        request.node.user_properties.append((PROPERTY, _record(request.node.nodeid, findings)))
        findings.raise_if_wrong()
        return findings

    yield run
    if not called:
        warnings.warn(pytest.PytestWarning(f"{request.node.nodeid}: the fixture diffcheck was never called"), stacklevel=1)


def _converted(fn: Callable[..., Any], inputs: Sequence[Any], device: str, dtype: str) -> tuple[Callable[..., Any], list[Any]]:
    """Return the function and its inputs on *device* and in *dtype*; a module is copied, never changed."""
    import copy

    import torch

    from diffcheck.oracle import format_of

    to: dict[str, Any] = {"device": device} if device else {}
    floats = to | ({"dtype": getattr(torch, format_of(dtype).name)} if dtype else {})
    if not floats:
        return fn, list(inputs)
    values = []
    for value in inputs:
        real = isinstance(value, torch.Tensor) and value.is_floating_point()
        made = value.detach().to(**floats) if real else value.to(**to) if isinstance(value, torch.Tensor) and to else value
        values.append(made.requires_grad_(value.requires_grad) if real else made)
    return (copy.deepcopy(fn).to(**floats) if isinstance(fn, torch.nn.Module) else fn), values


def _record(test: str, findings: Findings) -> dict[str, Any]:
    """Return what is kept of a check; it travels between processes, so it is made of plain values."""
    worst = findings.worst
    kinds = Counter(item.kind.value or item.verdict.value for item in findings if item.verdict.value in ("wrong", "undecided"))
    return {
        "test": test,
        "subject": findings.subject,
        "ok": findings.ok,
        "elements": len(findings),
        "counts": findings.counts(),
        "failures": dict(kinds),
        "worst": str(worst),
        "worst_ulp": worst.ulp if worst.ulp == worst.ulp and abs(worst.ulp) != float("inf") else None,
    }


class _Collected:
    """The checks of all tests, of all workers, and the section about them."""

    def __init__(self, config: pytest.Config) -> None:
        self.config, self.records = config, list[dict[str, Any]]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.records += [value for name, value in report.user_properties if name == PROPERTY and isinstance(value, dict)]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.records:
            return
        terminalreporter.section("diffcheck")
        for line in self._lines():
            terminalreporter.line(line)
        if path := setting(self.config, "report"):
            _write(Path(path), self.records)
            terminalreporter.line(f"every check: {path}")

    def _lines(self) -> Iterator[str]:
        failed = [record for record in self.records if not record["ok"]]
        elements = sum(record["elements"] for record in self.records)
        yield f"{len(self.records)} checks of {elements} elements, {len(failed)} failed"
        measured = [record for record in self.records if record["worst_ulp"] is not None]
        if measured:
            worst = max(measured, key=lambda record: record["worst_ulp"])
            yield f"worst: {worst['worst_ulp']:.3g} ULP in {worst['test']}: {worst['worst']}"
        kinds: Counter[str] = sum((Counter(record["failures"]) for record in failed), Counter())
        if kinds:
            yield "failures: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    """Write the records atomically: an interrupted run leaves the file before it whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps({"diffcheck": __version__, "checks": records}, indent=1, allow_nan=False), encoding="utf-8")
    beside.replace(path)
