"""What was answered is kept, once, and never mixed with the answers of another diffcheck."""

import math
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from flint import arb

from diffcheck.atlas import VARIANTS
from diffcheck.atlas.choosing import source_of
from diffcheck.atlas.collecting import digits_lost
from diffcheck.atlas.measuring import Batch, Question, Task, measured
from diffcheck.atlas.store import CRASHED, DONE, REFUSED, Answer, Store
from diffcheck.atlas.summaries import Summary
from diffcheck.errors import ResultsUnreadable
from diffcheck.verification.judging_arrays import VERDICTS, Judged
from diffcheck.verification.verdict import Verdict

ORIGIN = {"diffcheck": "0.1.0", "torch": "2.13.0", "seed": "0"}
TANH, RELU = Task("tanh", "float64"), Task("relu", "float16", 2)


FILLED = {"verdict": "exact", "kinds": {}, "examples": {}, "worst": None, "blamed": None}


def answered(task, status=DONE, **body):
    if status == DONE:
        body = FILLED | body
    return [Answer(question, status, 0.5, body) for question in task.questions]


def test_answers_are_kept_and_only_what_is_done_is_not_asked_again(tmp_path):
    store = Store(tmp_path / "atlas.sqlite", ORIGIN)
    store.add(answered(TANH, points=3))
    store.add(answered(RELU, CRASHED, reason="killed"))
    again = Store(tmp_path / "atlas.sqlite", ORIGIN)
    assert {answer.question: answer.body for answer in again.answers()} == {
        **{question: FILLED | {"points": 3} for question in TANH.questions},
        **{question: {"reason": "killed"} for question in RELU.questions},
    }
    assert again.left([TANH, RELU]) == [RELU]
    again.add([*answered(RELU)[1:], Answer(RELU.questions[0], REFUSED, 0.1, {"reason": "no kernel"})])
    assert again.left([TANH, RELU]) == []
    assert len(list(again.answers())) == len(TANH.questions) + len(RELU.questions)


def test_what_was_answered_of_another_source_is_asked_again(tmp_path):
    store = Store(tmp_path / "atlas.sqlite", ORIGIN)
    own = Task("own:f", "float64")
    store.add(answered(own, source="one"))
    assert store.left([own], {"own:f": "one"}) == []
    assert store.left([own], {"own:f": "another"}) == [own]
    store.add(answered(own))  # as an earlier diffcheck wrote it
    assert store.left([own], {"own:f": "one"}) == [own]


def test_a_source_is_the_file_and_what_it_takes_from_beside(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "beside_it.py").write_text("def f(x): return x")
    (tmp_path / "taking.py").write_text("import torch\nfrom beside_it import f\ng = f")
    found = [source_of("taking:g")]
    for name in ("beside_it.py", "taking.py", "another.py"):
        (tmp_path / name).write_text("changed")
        found.append(source_of("taking:g"))
    assert len(set(found)) == 3
    assert found[-1] == found[-2]
    assert source_of("tanh") == ""


def test_a_task_of_which_one_answer_is_missing_is_left(tmp_path):
    store = Store(tmp_path / "atlas.sqlite", ORIGIN)
    store.add(answered(TANH)[:-1])
    assert store.left([TANH]) == [TANH]


def test_an_atlas_is_opened_as_it_is_and_refused_if_another_diffcheck_made_it(tmp_path):
    path = tmp_path / "atlas.sqlite"
    Store(path, ORIGIN).add(answered(TANH))
    found = Store.existing(path, "0.1.0")
    assert found.origin["torch"] == "2.13.0"
    assert len(list(found.answers())) == 3
    with pytest.raises(ResultsUnreadable, match=r"diffcheck 0\.1\.0, wanted diffcheck 0\.2\.0"):
        Store.existing(path, "0.2.0")
    with pytest.raises(ResultsUnreadable, match="no such file"):
        Store.existing(tmp_path / "other.sqlite", "0.1.0")


@pytest.mark.parametrize("change", [{"torch": "2.14.1"}, {"diffcheck": "9.9"}, {"seed": "1"}, {"more": "x"}])
def test_a_database_of_another_origin_is_refused_with_what_differs(tmp_path, change):
    Store(tmp_path / "atlas.sqlite", ORIGIN)
    with pytest.raises(ResultsUnreadable, match="measure anew"):
        Store(tmp_path / "atlas.sqlite", ORIGIN | change)


def test_a_file_that_is_none_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "atlas.sqlite"
    path.write_text("no database " * 100)
    with pytest.raises(ResultsUnreadable, match="SQLite cannot read"):
        Store(path, ORIGIN)
    assert path.read_text().startswith("no database")


@pytest.mark.parametrize(
    "damage",
    [
        "update answers set body = 'no JSON'",
        "update answers set body = '{}'",
        "update answers set body = '[]'",
        "update answers set body = x'00'",
        "update answers set mode = 'sideways' where mode = 'reverse'",
        "update answers set dtype = 'float8'",
        "update answers set status = 'maybe'",
        "drop table answers",
        "alter table answers rename column body to text",
        "drop table origin",
    ],
)
@pytest.mark.parametrize("opened", [lambda path: Store(path, ORIGIN), lambda path: Store.existing(path, "0.1.0")])
def test_a_damaged_database_is_refused(tmp_path, damage, opened):
    path = tmp_path / "atlas.sqlite"
    Store(path, ORIGIN).add(answered(TANH))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(ResultsUnreadable, match="measure anew"):
        list(opened(path).answers())


def test_a_summary_counts_every_point_and_names_the_worst():
    found = Summary()
    for batch in measured(VARIANTS["tanh"], Task("tanh", "float16")):
        if batch.mode == "reverse":
            found.count(batch)
    assert found.points == sum(found.verdicts.values()) == 63_488
    assert found.verdict == "lossy"
    assert found.kinds["spurious zero"] > 0
    assert "" not in found.kinds
    assert found.worst is not None
    assert found.worst.got == "0.0 (0x0.0p+0)"
    assert 0 < found.mean_ulp < found.worst.ulp
    assert found.worst.relative == pytest.approx(1)
    assert found.examples["spurious zero"].ulp <= found.worst.ulp
    assert max(found.along.values()) == found.worst.ulp
    plain = found.as_dict()
    assert plain["worst"]["ulp"] == found.worst.ulp
    assert plain["verdicts"]["exact"] == found.verdicts["exact"]


@pytest.mark.parametrize(("verdict", "blamed"), [(Verdict.ACCURATE, 2.0), (Verdict.WRONG, 90.0), (Verdict.UNDEFINED, 2.0)])
def test_what_the_argument_is_to_blame_for_is_no_fault_of_the_formula(verdict, blamed):
    verdicts = np.array([VERDICTS.index(each) for each in (Verdict.LOSSY, verdict)])
    judged = Judged(verdicts, np.zeros(2, int), np.array([2.0, 90.0]), np.ones(2))
    found = Summary()
    found.count(Batch("reverse", "x", {"x": np.ones(2)}, np.ones(2), np.array([arb(1), arb(2)], object), judged))
    assert found.blamed.ulp == blamed
    assert digits_lost(found.as_dict(), "float64") == pytest.approx(math.log10(blamed), abs=0.01)


def test_a_summary_of_nothing_says_nothing():
    empty = Summary()
    assert (empty.points, empty.verdict, empty.mean_ulp, empty.worst) == (0, "", 0.0, None)
    assert isinstance(TANH.questions[0], Question)
