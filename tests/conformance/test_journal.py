"""What a killed walk leaves behind, and what goes on from it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.conformance import SAMPLE_VERDICTS, Journal, OperatorOutcome, SampleOutcome, Settings
from diffcheck.conformance.outcomes import Worst
from diffcheck.errors import ResultsUnreadable

FLOATS = st.floats(allow_nan=False)  # NaN is kept too, but equals nothing
WORST = st.builds(Worst, st.text(), st.text(), FLOATS, FLOATS, FLOATS, st.text(), st.text(), st.text())
SAMPLE = st.builds(
    SampleOutcome, st.integers(-1), st.sampled_from(SAMPLE_VERDICTS), st.text(), st.text(), st.none() | WORST, FLOATS
)
OUTCOME = st.builds(OperatorOutcome, st.text(), st.integers(0), st.lists(SAMPLE, max_size=3).map(tuple), FLOATS)
VERSIONS = {"torch": "2.0"}


@given(st.lists(OUTCOME, max_size=4, unique_by=lambda outcome: outcome.operator))
def test_what_is_written_is_read_back(tmp_path_factory, outcomes):
    path = tmp_path_factory.mktemp("journal") / "walk.jsonl"
    journal = Journal(path, Settings(), VERSIONS, resume=False)
    for outcome in outcomes:
        journal.add(outcome)
    assert Journal(path, Settings(), VERSIONS, resume=True).finished == {outcome.operator: outcome for outcome in outcomes}


@given(st.data())
def test_wherever_a_kill_cuts_the_file_the_whole_lines_before_it_count(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("journal") / "walk.jsonl"
    journal = Journal(path, Settings(), VERSIONS, resume=False)
    head = path.stat().st_size
    for name in ("a", "b"):
        journal.add(OperatorOutcome(name, 1, (SampleOutcome(0, "verified"),), 0.5))
    whole = path.read_bytes()
    cut = whole[: data.draw(st.integers(head, len(whole)))]
    path.write_bytes(cut)
    again = Journal(path, Settings(), VERSIONS, resume=True)
    assert len(again.finished) == cut.count(b"\n") - 1
    again.add(OperatorOutcome("c", 0, (), 0.0))
    assert "c" in Journal(path, Settings(), VERSIONS, resume=True).finished


def test_without_resume_a_walk_begins_anew(tmp_path):
    path = tmp_path / "walk.jsonl"
    Journal(path, Settings(), VERSIONS, resume=False).add(OperatorOutcome("a", 0, (), 0.0))
    assert not Journal(path, Settings(), VERSIONS, resume=False).finished
    assert not Journal(path, Settings(), VERSIONS, resume=True).finished


@pytest.mark.parametrize(
    ("settings", "versions", "told"),
    [
        (replace(Settings(), seed=3), VERSIONS, "seed 0, wanted one with seed 3"),
        (Settings(), {"torch": "3.0"}, r"torch 2\.0, wanted one with torch 3\.0"),
    ],
)
def test_a_walk_of_other_settings_is_not_gone_on_from(tmp_path, settings, versions, told):
    path = tmp_path / "walk.jsonl"
    Journal(path, Settings(), VERSIONS, resume=False)
    with pytest.raises(ResultsUnreadable, match=told):
        Journal(path, settings, versions, resume=True)


@pytest.mark.parametrize("text", ["", "x\n", "[]\n", '{"settings": 1}\n', None])
def test_a_damaged_file_is_refused(tmp_path, text):
    path = tmp_path / "walk.jsonl"
    Journal(path, Settings(), VERSIONS, resume=False)
    path.write_text(path.read_text() + '{"operator": 1}\n' if text is None else text)
    with pytest.raises(ResultsUnreadable, match="without --resume"):
        Journal(path, Settings(), VERSIONS, resume=True)
