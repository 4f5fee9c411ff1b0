"""The clockwork of the benchmarks, driven by a clock of its own: no test measures real time."""

import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from diffcheck import engines, problems
from diffcheck.benchmarks import check_cases, compare_times, gradient_cases
from diffcheck.benchmarks.cases import Case, checker, timed_point
from diffcheck.benchmarks.pytest_results import rows_from
from diffcheck.benchmarks.rows import timing_rows
from diffcheck.errors import ResultsUnreadable, WrongGradient
from diffcheck.report.reading import read
from diffcheck.report.schema import Timing
from diffcheck.report.timings import ratio_word
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


def trembling(seed):
    """Return cases and a clock whose answers are off by a factor drawn from 0.9 to 1.3."""
    cases, plain = counted([])
    rng = np.random.default_rng(seed)
    return cases, lambda call, number: plain(call, number) * rng.uniform(0.9, 1.3)


def test_noise_is_no_fluke_of_two_medians():
    found = []
    for seed in range(30):
        cases, clock = trembling(seed)
        found.append(compare_times(cases, "slow", rounds=15, clock=clock).noise)
    assert min(found) > 0.03


def test_equal_things_are_hardly_ever_called_different():
    words = []
    for seed in range(60):
        cases, clock = trembling(seed)
        found = compare_times(cases | {"equal": cases["slow"]}, "slow", rounds=15, clock=clock)
        row = asdict(found.timings["equal"]) | {"problem": "p", "what": "gradient", "device": "cpu", "dtype": "float32"}
        words.append(ratio_word(read(Timing, row | {"engine": "equal", "status": "measured", "noise": found.noise})))
    assert words.count("no difference shown") >= 59


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


def test_nothing_is_timed_beside_a_wrong_baseline(monkeypatch):
    monkeypatch.setattr(
        "diffcheck.benchmarks.rows.CASES", {"gradient": lambda *_: [Case("a", None, "it is wrong"), Case("b", int)]}
    )
    rows = list(timing_rows(problems.problem("thermometer"), "gradient", 11, "float32", "cpu", 2))
    assert [row["reason"] for row in rows] == ["it is wrong", "nothing to compare with: it is wrong"]


def test_the_engine_that_takes_less_time_is_called_faster(monkeypatch):
    cases, clock = counted([])
    monkeypatch.setattr("diffcheck.benchmarks.rows.CASES", {"gradient": lambda *_: [Case(*case) for case in cases.items()]})
    monkeypatch.setattr("diffcheck.benchmarks.rows.wall_clock", clock)
    rows = timing_rows(problems.problem("thermometer"), "gradient", 11, "float32", "cpu", 5)
    words = {row["engine"]: ratio_word(read(Timing, row)) for row in rows}
    assert words == {"slow": "no difference shown", "fast": "faster"}


def test_a_check_is_timed_beside_gradcheck():
    network = problems.resized(problems.problem("two-layer-network"), d=3, h=2)
    rows = list(timing_rows(network, "check", 5, "float32", "cpu", 1))
    assert [row["engine"] for row in rows] == ["gradcheck", "gradcheck, fast mode", "diffcheck of float32"]
    assert {row["problem"] for row in rows} == {"two-layer-network, d = 3, h = 2"}
    assert all(row["status"] == "measured" for row in rows)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_wrong_gradient_fails_the_check_that_is_timed(monkeypatch, dtype):
    broken = planted("sign flipped", engines.engine("autograd"))
    monkeypatch.setattr("diffcheck.benchmarks.checks.engine", lambda _: broken)
    *_, case = check_cases(problems.problem("two-layer-network"), 5, dtype, "cpu")
    with pytest.raises(WrongGradient):
        case.call()


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
