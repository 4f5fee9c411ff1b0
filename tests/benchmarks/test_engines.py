"""The gradient and one epoch by every engine, for pytest-benchmark: each is timed only after its value passed the check.

Without --benchmark-enable every case at the small size runs once, untimed. To measure all sizes:

    pytest tests/benchmarks --benchmark-enable --benchmark-json=timings.json
    diffcheck report --timings timings.json
"""

import time

import pytest
import torch
from devices import DEVICES

from diffcheck import engines, problems
from diffcheck.benchmarks.cases import checker, epoch_call, gradient_call, timed_point

SIZES = [11, *(pytest.param(n, marks=pytest.mark.slow) for n in (1_000, 100_000, 10_000_000))]


def synchronised_clock():
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


@pytest.fixture
def case(request, benchmark):
    engine, n, device = (request.getfixturevalue(name) for name in ("engine", "n", "device"))
    if request.node.get_closest_marker("slow") and not request.config.getoption("benchmark_enable"):
        pytest.skip("a large size is only run to be timed: pass --benchmark-enable")
    problem, chosen = problems.problem("thermometer"), engines.engine(engine)
    reason = chosen.supports(problem, "float32", device)
    if reason is not None:
        pytest.skip(reason)
    point = timed_point(problem, n, "float32", device)
    checker(problem, point, n)(chosen.inner.gradient(problem, point)).raise_if_wrong()
    benchmark.extra_info.update(problem=problem.name, engine=engine, device=device, dtype="float32", n=n)
    return problem, chosen, point


@pytest.mark.benchmark(timer=synchronised_clock)
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("engine", engines.names())
def test_gradient(benchmark, case, engine, n, device):
    problem, chosen, point = case
    benchmark.extra_info["what"] = "gradient"
    benchmark(gradient_call(chosen, problem, point))


@pytest.mark.benchmark(timer=synchronised_clock)
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("engine", engines.names())
def test_epoch(benchmark, case, engine, n, device):
    problem, _, point = case
    benchmark.extra_info["what"] = "epoch"
    benchmark(epoch_call("manual", engine, problem, point))
