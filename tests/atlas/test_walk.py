"""The walk of the atlas: what hangs or dies is recorded, what was finished is kept, and any executor may do the work."""

import json
import math
import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future
from functools import partial

import pytest

from diffcheck.atlas import executors
from diffcheck.atlas.causes import cause_of
from diffcheck.atlas.collecting import collected, digits_lost, fault_of, worst_rows
from diffcheck.atlas.comparing import differences, only_in_one
from diffcheck.atlas.executors import Crew, elsewhere, local, walk
from diffcheck.atlas.measuring import Task
from diffcheck.atlas.store import CRASHED, DONE, TIMED_OUT, Answer, Store
from diffcheck.errors import MeasurementError, UnknownName

ORIGIN = {"diffcheck": "0.1.0", "torch": "2.13.0"}


def test_what_hangs_or_dies_is_recorded_and_the_rest_goes_on(tmp_path):
    tasks = [Task(f"own_operators:{name}", "float16") for name in ("hangs", "dies", "cubed")]
    with local(1, 15.0, 0) as crew:  # one process, so that all wait for the one that hangs for as long as a task may take
        found = {task.variant.partition(":")[2]: answers for task, answers in walk(tasks, crew)}
    assert {name: {answer.status for answer in answers} for name, answers in found.items()} == {
        "hangs": {TIMED_OUT},
        "dies": {CRASHED},
        "cubed": {DONE},
    }
    assert found["hangs"][0].body["reason"] == "took longer than 15 s"
    assert "exit code 3" in found["dies"][0].body["reason"]
    store = Store(tmp_path / "atlas.sqlite", ORIGIN)
    for answers in found.values():
        store.add(answers)
    assert store.left(tasks) == tasks[:2]


def killed_at_start(monkeypatch, count):
    """Let the first *count* processes of a pool be killed before they have a task."""
    start = multiprocessing.get_context("spawn").Process.start
    left = [count]

    def killed(self):
        start(self)
        if left[0]:
            left[0] -= 1
            os.kill(self.pid, signal.SIGKILL)

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", killed)


def test_what_a_pool_did_not_begin_before_it_broke_is_tried_again(monkeypatch):
    killed_at_start(monkeypatch, 2)
    tasks = [Task(f"own_operators:{name}", "float16") for name in ("dies", "cubed")]
    with local(1, 60.0, 0) as crew:
        found = {task.variant: {answer.status for answer in answers} for task, answers in walk(tasks, crew)}
    assert found == {"own_operators:dies": {CRASHED}, "own_operators:cubed": {DONE}}


def test_pools_that_break_again_and_again_are_given_up(monkeypatch):
    killed_at_start(monkeypatch, 1000)
    tasks = [Task("own_operators:cubed", "float16")] * 2
    with local(1, 60.0, 0) as crew:
        found = [answers[0] for _, answers in walk(tasks, crew)]
    assert [answer.status for answer in found] == [CRASHED] * 2
    assert "before they began" in found[0].body["reason"]


@pytest.mark.parametrize("crew_of", [partial(local, 1), partial(elsewhere, "own_operators:threads")])
def test_an_operator_that_ends_its_process_is_an_answer(crew_of):
    with crew_of(60.0, 0) as crew:
        tasks = [Task(f"own_operators:{name}", "float16") for name in ("exits", "interrupts", "cubed")]
        found = {task.variant.partition(":")[2]: answers[0] for task, answers in walk(tasks, crew)}
    assert {name: (answer.status, answer.body.get("reason")) for name, answer in found.items()} == {
        "exits": (CRASHED, "SystemExit: 3"),
        "interrupts": (CRASHED, "KeyboardInterrupt: "),
        "cubed": (DONE, None),
    }


@pytest.mark.parametrize("name", ["own_operators:no_executor", "own_operators:nothing", "no_such_module:f"])
def test_what_is_no_executor_is_refused(name):
    with pytest.raises(UnknownName, match="Executor"), elsewhere(name, 60.0, 0):
        pass


def test_an_executor_of_the_users_own_measures():
    with elsewhere("own_operators:threads", 60.0, 0) as crew:
        ((_, answers),) = walk([Task("own_operators:cubed", "float16")], crew)
    assert [answer.status for answer in answers] == [DONE] * 3


def test_a_cluster_measures_on_though_one_of_its_workers_is_killed():
    distributed = pytest.importorskip("distributed")
    names = ("relu", "abs", "neg", "square", "cubed", "floor", "sign")
    tasks = [Task("own_operators:cubed" if name == "cubed" else name, "float32") for name in names]
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
        elsewhere(cluster.scheduler_address, 100.0, 0) as crew,
    ):
        found, killed = [], None
        for task, answers in walk(tasks, crew):
            found += [(task, answer.status) for answer in answers]
            if killed is None:
                killed = next(iter(cluster.workers.values())).pid
                os.kill(killed, signal.SIGKILL)
    assert {task for task, _ in found} == set(tasks)
    assert {status for _, status in found} == {DONE}


def test_a_cluster_that_is_not_there_is_refused():
    pytest.importorskip("distributed")
    with pytest.raises(MeasurementError, match="no scheduler"), elsewhere("tcp://127.0.0.1:9", 60.0, 0):
        pass


def heard_after(seconds):
    """Return a crew whose only thread begins after *seconds*, then answers at once, or hangs where none is given."""
    futures = []

    def begin():
        for future in futures:
            future.set_running_or_notify_cancel()
            if seconds is not None:
                future.set_result([])

    def submit(task):
        if not futures:
            timer = threading.Timer(seconds or 0.5, begin)
            timer.start()
        futures.append(Future())
        return futures[-1]

    return Crew(submit, limit=0.2)


def test_what_is_not_heard_of_is_given_up_but_not_what_did_not_begin(monkeypatch):
    monkeypatch.setattr(executors, "_LOOK", 0.05)
    tasks = [Task("tanh", "float64"), Task("relu", "float64")]
    assert dict(walk(tasks, heard_after(1.0))) == {task: [] for task in tasks}
    found = dict(walk(tasks, heard_after(None)))
    assert {answer.status for answers in found.values() for answer in answers} == {TIMED_OUT}
    assert set(found) == set(tasks)


def atlas_of(folder, ulp, kinds=(), verdict="lossy", examples=()):
    store = Store(folder / "atlas.sqlite", ORIGIN)
    worst = {"ulp": ulp, "point": {"x": "1.0 (0x1p+0)"}, "verdict": verdict}
    body = {"verdict": verdict, "kinds": dict(kinds), "worst": worst, "blamed": worst if verdict == "lossy" else None}
    body["examples"] = dict(examples)
    store.add([Answer(question, DONE, 0.1, body) for question in Task("tanh", "float64").questions])
    return collected(store)


def test_two_atlases_differ_where_an_answer_does(tmp_path):
    one, other = atlas_of(tmp_path / "one", 10.0), atlas_of(tmp_path / "other", 1000.0)
    assert list(differences(one, one)) == []
    found = list(differences(one, other))
    assert {difference.mode for difference in found} == {"reverse", "forward", "generated"}
    assert {difference.worse for difference in found} == {2.0}
    assert list(differences(one, {"rows": []})) == []  # nothing is known of the other
    assert only_in_one(one, {"rows": []}) == (3, 0)
    crashed = {"rows": [row | {"status": "crashed", "reason": "it died"} for row in one["rows"]]}
    assert {difference.verdicts for difference in differences(one, crashed)} == {("lossy", "crashed")}
    assert {(difference.worse, difference.ulps[1]) for difference in differences(one, crashed)} == {(math.inf, None)}


def test_digits_and_the_worst_operators_come_from_the_largest_errors(tmp_path):
    atlas = atlas_of(tmp_path, 1e40)
    assert {row["digits"] for row in atlas["rows"]} == {15.95}
    assert [row["variant"] for row in worst_rows(atlas["rows"], 3)] == ["tanh"]
    assert worst_rows(atlas_of(tmp_path / "fine", 3.0, verdict="accurate")["rows"], 3) == []
    assert digits_lost({"kinds": {"spurious NaN": 1}, "worst": None, "blamed": None}, "bfloat16") == 2.41
    assert json.dumps(atlas)


def test_what_is_no_number_where_there_is_one_comes_after_the_largest_errors(tmp_path):
    example = {"ulp": None, "point": {"x": "2.0 (0x1p+1)"}, "verdict": "wrong"}
    (nan, *_) = atlas_of(tmp_path / "nan", 1.0, verdict="wrong", examples={"spurious NaN": example})["rows"]
    (fine, *_) = atlas_of(tmp_path / "fine", 3.0, verdict="undefined", examples={"kink": example | {"verdict": "undefined"}})[
        "rows"
    ]
    (lossy, *_) = atlas_of(tmp_path / "lossy", 9.0)["rows"]
    rows = [row | {"variant": name, "generated": False} for name, row in (("nan", nan), ("lossy", lossy), ("fine", fine))]
    assert [row["variant"] for row in worst_rows(rows, 3)] == ["lossy", "nan"]
    assert fault_of(rows[0]) == example
    assert fault_of(rows[2]) is None


def test_a_cause_is_told_of_the_dtypes_that_have_it():
    assert "trigamma" in cause_of("digamma", 1, "float64")
    assert cause_of("digamma", 1, "float32") == ""
    assert cause_of("tanh", 2, "bfloat16") == cause_of("tanh", 1, "float64") != ""
