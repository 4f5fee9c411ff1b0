"""The clockwork of the benchmarks, driven by a clock of its own: no test measures real time."""

import json
import math

import pytest

from diffcheck import engines, problems
from diffcheck.benchmarks import compare_times, gradient_cases
from diffcheck.benchmarks.cases import checker, timed_point
from diffcheck.benchmarks.pytest_results import rows_from
from diffcheck.errors import ResultsUnreadable
from diffcheck.verification.faults import planted

COSTS = {"slow": 8e-4, "fast": 2e-4}


def counted(calls):
    """Return calls that count themselves, and a clock on which each takes what COSTS says."""

    def make(name):
        return lambda: calls.append(name)

    def clock(call, number):
        before = len(calls)
        for _ in range(number):
            call()
        return sum(COSTS[name] for name in calls[before:])

    return {name: make(name) for name in COSTS}, clock


def test_ratios_are_those_of_the_costs():
    cases, clock = counted([])
    found = compare_times(cases, "slow", rounds=7, clock=clock)
    assert found.timings["fast"].ratio == pytest.approx(4)
    assert found.timings["slow"].ratio == pytest.approx(1)
    assert found.noise == pytest.approx(0, abs=1e-12)
    assert len(found.timings["fast"].samples) == 7


def test_every_round_times_every_case_and_the_baseline_twice():
    calls = []
    cases, clock = counted(calls)
    compare_times(cases, "slow", rounds=20, clock=clock)
    assert calls.count("slow") > 0
    assert calls.count("fast") > 0


def test_drift_of_the_machine_cancels_in_the_ratio():
    state = {"time": 0.0}
    cases, plain = counted([])

    def drifting(call, number):
        state["time"] += 1
        return plain(call, number) * (1 + state["time"] / 100)

    found = compare_times(cases, "slow", rounds=40, clock=drifting)
    assert found.timings["fast"].ratio == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("n", [1, 11, 10_001, 30_000])
def test_a_timed_batch_is_a_block_repeated_and_is_judged_as_a_whole(n):
    problem = problems.problem("thermometer")
    point = timed_point(problem, n, "float32", "cpu")
    assert point["x"].shape == (n,)
    judge = checker(problem, point, n)
    assert judge(engines.engine("autograd").gradient(problem, point)).ok
    assert not judge(planted("factor two missing", engines.engine("autograd")).gradient(problem, point)).ok


def test_an_engine_that_fails_the_check_is_not_timed(monkeypatch):
    problem = problems.problem("thermometer")
    broken = planted("sign flipped", engines.engine("autograd"))
    monkeypatch.setattr("diffcheck.benchmarks.cases.names", lambda: ("autograd",))
    monkeypatch.setattr("diffcheck.benchmarks.cases.engine", lambda _: engines.Checked(broken))
    (case,) = gradient_cases(problem, 11, "float32", "cpu")
    assert case.call is None
    assert "wrong" in case.reason


def test_files_that_are_no_benchmarks_are_refused(tmp_path):
    path = tmp_path / "other.json"
    path.write_text("{}")
    with pytest.raises(ResultsUnreadable, match="pytest-benchmark"):
        list(rows_from(path))


def test_rows_of_pytest_benchmark_get_ratios_to_autograd(tmp_path):
    info = {"problem": "thermometer", "what": "gradient", "device": "cpu", "dtype": "float32", "n": 11}
    stats = {"median": 2.0, "q1": 1.9, "q3": 2.1, "data": [2.0]}
    entries = [
        {"extra_info": {**info, "engine": "autograd"}, "stats": stats},
        {"extra_info": {**info, "engine": "generated"}, "stats": {**stats, "median": 0.5}},
        {"extra_info": {}, "stats": stats},
    ]
    path = tmp_path / "timings.json"
    path.write_text(json.dumps({"benchmarks": entries}))
    rows = {row["engine"]: row for row in rows_from(path)}
    assert rows["generated"]["ratio"] == 4
    assert math.isnan(rows["generated"]["noise"])
