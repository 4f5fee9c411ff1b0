"""What was answered is kept, once, and never mixed with the answers of another diffcheck."""

import pytest

from diffcheck.atlas import VARIANTS
from diffcheck.atlas.measuring import Question, measured
from diffcheck.atlas.store import CRASHED, DONE, Answer, Store
from diffcheck.atlas.summaries import Summary, summary_of
from diffcheck.errors import ResultsUnreadable

ORIGIN = {"diffcheck": "0.1.0", "torch": "2.13.0", "seed": "0"}
TANH, RELU = Question("tanh", "float64"), Question("relu", "float16", "forward")


def test_answers_are_kept_and_only_what_is_done_is_not_asked_again(tmp_path):
    store = Store(tmp_path / "atlas.sqlite", ORIGIN)
    store.add(Answer(TANH, DONE, 0.5, {"points": 3}))
    store.add(Answer(RELU, CRASHED, 0.1, {"reason": "killed"}))
    again = Store(tmp_path / "atlas.sqlite", ORIGIN)
    assert {answer.question: answer.body for answer in again.answers()} == {TANH: {"points": 3}, RELU: {"reason": "killed"}}
    assert again.left([TANH, RELU]) == [RELU]
    again.add(Answer(RELU, DONE, 0.1, {}))
    assert again.left([TANH, RELU]) == []
    assert len(list(again.answers())) == 2


@pytest.mark.parametrize("change", [{"torch": "2.14.1"}, {"diffcheck": "9.9"}, {"seed": "1"}, {"more": "x"}])
def test_a_database_of_another_origin_is_refused_with_what_differs(tmp_path, change):
    Store(tmp_path / "atlas.sqlite", ORIGIN)
    with pytest.raises(ResultsUnreadable, match="name another file"):
        Store(tmp_path / "atlas.sqlite", ORIGIN | change)


def test_a_file_that_is_none_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "atlas.sqlite"
    path.write_text("no database " * 100)
    with pytest.raises(ResultsUnreadable, match="SQLite cannot read"):
        Store(path, ORIGIN)
    assert path.read_text().startswith("no database")


def test_a_summary_counts_every_point_and_names_the_worst():
    found = summary_of(measured(VARIANTS["tanh"], Question("tanh", "float16")))
    assert found.points == sum(found.verdicts.values()) == 63_488
    assert found.verdict == "lossy"
    assert found.kinds["spurious zero"] > 0
    assert "" not in found.kinds
    assert found.worst is not None
    assert found.worst.got == "0.0 (0x0.0p+0)"
    assert 0 < found.mean_ulp < found.worst.ulp
    assert found.worst.relative == pytest.approx(1)


def test_a_summary_of_nothing_says_nothing():
    empty = summary_of([])
    assert (empty.points, empty.verdict, empty.mean_ulp, empty.worst) == (0, "", 0.0, None)
    assert isinstance(empty, Summary)
