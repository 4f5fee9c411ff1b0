"""Counts become words, the worst one wins, and nothing unproven looks good."""

from dataclasses import replace
from math import nan

import pytest
from report.sample import empty_results, planted, sample_results

from diffcheck.report.absences import absences, present
from diffcheck.report.matrices import matrices
from diffcheck.report.reading import read
from diffcheck.report.schema import Results, Verdict
from diffcheck.report.verdicts import NOT_MEASURED, State, judge, summarise, tally

GOOD = Verdict(
    "p", "e", "cpu", "float64", "measured", elements=4, exact=1, accurate=3, ok=True, accurate_ok=True, worst_ulp=1.0
)

WORDS = [
    ({}, State.GOOD, "accurate"),
    ({"exact": 4, "accurate": 0}, State.GOOD, "exact"),
    ({"accurate": 2, "lossy": 1}, State.CAUTION, "lossy"),
    ({"accurate_ok": False}, State.CAUTION, "lossy"),
    ({"accurate": 2, "undefined": 1}, State.CAUTION, "undefined in part"),
    ({"accurate": 2, "undecided": 1}, State.BAD, "undecided"),
    ({"accurate": 2, "wrong": 1}, State.BAD, "wrong"),
    ({"ok": False}, State.BAD, "not ok"),
    ({"elements": 0, "exact": 0, "accurate": 0}, State.BAD, "nothing compared"),
    ({"status": "not measured"}, State.NONE, "not measured"),
    ({"accurate": 2, "wrong": 1, "ok": False, "witness": True}, State.CAUTION, "beyond rounding (witness)"),
    ({"witness": True}, State.GOOD, "accurate"),
]


@pytest.mark.parametrize(("changes", "state", "word"), WORDS)
def test_the_worst_count_is_the_verdict(changes, state, word):
    judgement = judge(replace(GOOD, **changes))
    assert (judgement.state, judgement.word) == (state, word)


def test_a_measured_row_without_counts_is_bad():
    row = read(Verdict, {"problem": "p", "engine": "e", "device": "cpu", "dtype": "float64", "status": "measured"})
    assert judge(row).state is State.BAD


def test_every_state_has_a_mark_of_its_own():
    assert len({state.mark for state in State}) == len(State)


def test_a_cell_holds_the_worst_of_all_sizes():
    worse = replace(GOOD, n=2, wrong=1, accurate=2, ok=False, worst_ulp=nan)
    (matrix,) = matrices((GOOD, worse, replace(GOOD, n=3, status="not measured")))
    ((_, (cell,)),) = matrix.rows
    assert (cell.judgement.word, cell.text, cell.note) == ("wrong", "NaN ULP", "2 of 3 sizes")


def test_an_error_stands_beside_its_bound():
    (matrix,) = matrices((replace(GOOD, worst_ulp=1290.0, worst_over_bound=0.0523),))
    assert matrix.rows[0][1][0].text == "1290 ULP, 0.052 × bound"


@pytest.mark.parametrize(
    ("sizes", "title"), [((None,), "p"), ((37, 37), "p, n = 37"), ((37, 1000), "p: worst over the sizes n = 37, 1\u202f000")]
)
def test_a_matrix_names_its_sizes(sizes, title):
    (matrix,) = matrices(tuple(replace(GOOD, n=n) for n in sizes))
    assert matrix.title == title


def test_a_device_without_any_verdict_is_told_in_one_sentence_and_left_out():
    rows = read(Results, sample_results()).verdicts
    assert absences(rows) == ("CUDA: not measured, no CUDA device here.",)
    assert {column for matrix in matrices(present(rows)) for column in matrix.columns} == {
        ("float64", "cpu"),
        ("float32", "cpu"),
    }
    assert present(tuple(row for row in rows if row.device == "cuda")) == ()


def test_a_tally_names_what_there_is_and_calls_no_witness_wrong():
    assert tally(GOOD) == "1 exact, 3 accurate"
    beyond = replace(GOOD, accurate=2, wrong=1, ok=False)
    assert tally(beyond) == "1 exact, 2 accurate, 1 wrong"
    assert tally(replace(beyond, witness=True)) == "1 exact, 2 accurate, 1 beyond rounding (witness)"


def test_a_cell_without_rows_says_so():
    (matrix,) = matrices((GOOD, replace(GOOD, engine="f", dtype="float32")))
    assert matrix.columns == (("float64", "cpu"), ("float32", "cpu"))
    assert matrix.rows[1][1][0].judgement is NOT_MEASURED
    assert matrix.rows[1][1][0].note == "not in these results"


def summary(results):
    return summarise(read(Results, results))


def test_the_sentence_counts_what_was_measured():
    said = summary(sample_results())
    assert (said.state, said.sentence) == (
        State.CAUTION,
        "All 24 gradients measured (528 elements) lie within their bound.",
    )
    assert "Not measured: 24 of 48 combinations; the verdicts below say why." in said.further


def test_one_wrong_gradient_spoils_the_sentence():
    said = summary(planted("verdicts", 0, wrong=1, exact=9, ok=False))
    assert (said.state, said.sentence) == (State.BAD, "1 of 24 gradients (528 elements) failed: 1 wrong.")


def test_a_witness_beyond_rounding_error_is_told_and_condemns_nobody():
    said = summary(planted("verdicts", 0, wrong=1, exact=9, ok=False, witness=True))
    assert said.state is State.CAUTION
    assert said.sentence.startswith("All 23 gradients measured")
    assert any("witness" in more and "1 of 1 such results is beyond rounding error" in more for more in said.further)


def test_a_fault_that_nobody_noticed_spoils_the_sentence():
    said = summary(planted("faults", 0, caught_by=[]))
    assert said.state is State.BAD
    assert "let a planted fault pass (sign flipped)" in said.sentence


def test_nothing_measured_is_not_good():
    assert summary(empty_results()).state is State.NONE
    results = sample_results()
    results["verdicts"] = [row | {"status": "not measured"} for row in results["verdicts"]]
    assert summary(results).state is State.NONE
