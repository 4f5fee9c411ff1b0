"""A walk over operators that are right, wrong, refused, that raise, hang, or end the process that judges them."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from diffcheck.benchmarks import versions
from diffcheck.cli.conforming import CRASHED, JOURNAL, NOT_REACHED, walk_operators
from diffcheck.conformance import Journal, Settings, walk
from diffcheck.conformance.entries import entries
from diffcheck.errors import MeasurementError
from diffcheck.report.encoding import from_json

FAKE = Settings(database="fake_operators:op_db", per_operator=60.0)
QUICK = replace(FAKE, per_operator=0.5)
NAMES = ("wrong", "dies", "right", "raises", "empty", "no_samples", "unsupported")


@pytest.fixture(scope="module")
def outcomes():
    return {outcome.operator: outcome for outcome in walk(NAMES, FAKE, jobs=2, budget=600.0)}


def test_a_walk_names_every_operator_once(outcomes):
    assert set(outcomes) == set(NAMES)


@pytest.mark.parametrize(
    ("name", "verdict", "counts", "reason"),
    [
        ("right", "verified", {"verified": 2, "empty": 1}, ""),
        ("wrong", "finding", {"finding": 2, "empty": 1}, "wrong: got"),
        ("dies", "crash", {"crash": 1}, "exit code 1"),
        ("raises", "unsupported", {"unsupported": 2, "empty": 1}, "the operator itself fails: this operator is out of order"),
        ("empty", "unsupported", {"empty": 2}, "all are empty"),
        ("no_samples", "unsupported", {"unsupported": 1}, "no samples today"),
        ("unsupported", "unsupported", {"unsupported": 2, "empty": 1}, "CaptureError: a random operator"),
    ],
)
def test_every_operator_gets_its_verdict(outcomes, name, verdict, counts, reason):
    outcome = outcomes[name]
    assert outcome.verdict == verdict
    assert {key: many for key, many in outcome.counts.items() if many} == counts
    assert reason in outcome.reason
    assert bool(outcome.reason) == (verdict != "verified")


def test_a_wrong_backward_is_found_with_its_place_and_its_size(outcomes):
    found = outcomes["wrong"].finding
    assert found.relative == pytest.approx(0.5)
    assert found.worst.verdict == "wrong"
    assert found.worst.ulp > found.worst.bound


@pytest.fixture(scope="module")
def resumed(outcomes, tmp_path_factory):
    """Return the exit code and the table of a walk that was killed in the middle of writing, and of an operator that hangs."""
    folder = tmp_path_factory.mktemp("conformance")
    journal = Journal(folder / JOURNAL, QUICK, versions(), resume=False)
    for name in NAMES:
        journal.add(replace(outcomes[name], seconds=123.0))
    with journal.path.open("a") as file:
        file.write('{"operator": "hangs", "drawn": 3, "sam')
    code = walk_operators([], QUICK, budget=600.0, jobs=1, output=folder, resume=True)
    return code, from_json((folder / "conformance.json").read_text()), folder


def test_a_resumed_walk_keeps_what_is_finished_and_does_the_rest(resumed):
    rows = {row["operator"]: row for row in resumed[1]["rows"]}
    assert [name for name, row in rows.items() if row["seconds"] == 123.0] == list(NAMES)
    assert rows["hangs"]["samples"]["timeout"] == 1
    assert (rows["hangs"]["verdict"], rows["hangs"]["reason"]) == ("unsupported", "timeout: more than 0.5 s")
    journal = resumed[2] / JOURNAL
    assert [json.loads(line).get("operator") for line in journal.read_text().splitlines()] == [None, *NAMES, "hangs"]


def test_the_counts_add_up_to_the_entries(resumed):
    table = resumed[1]
    known = entries(FAKE.database)
    assert "whole" not in known
    assert [row["operator"] for row in table["rows"]] == list(known)
    assert sum(table["operators"].values()) == table["entries"] == len(known)
    assert sum(table["reasons"].values()) == table["operators"]["unsupported"]
    assert sum(table["samples"].values()) == sum(row["tried"] for row in table["rows"])
    assert all(sum(row["samples"].values()) == row["tried"] <= max(row["drawn"], 1) for row in table["rows"])


def test_a_crash_is_the_exit_code_and_stands_in_every_form_of_the_table(resumed):
    code, table, folder = resumed
    assert code == CRASHED
    assert table["operators"]["crash"] == 1
    for name in ("conformance.md", "index.html"):
        assert "the process died (exit code 1)" in (folder / name).read_text()


def test_a_walk_of_other_settings_or_without_time_is_told(resumed, tmp_path, capsys):
    assert walk_operators(["right", "wrong"], QUICK, budget=0.0, jobs=1, output=tmp_path, resume=False) == NOT_REACHED
    assert "2 not reached" in capsys.readouterr().out


def test_a_process_that_cannot_start_ends_the_walk():
    with pytest.raises(MeasurementError, match="does not start"):
        list(walk(["right"], replace(FAKE, database="no_such_module:op_db"), jobs=1, budget=600.0))


@pytest.mark.slow
def test_the_command_judges_one_of_pytorchs_own_operators(tmp_path):
    pytest.importorskip("expecttest", reason="PyTorch's database of operators needs it")
    call = [sys.executable, "-m", "diffcheck", "conformance", "--op", "mul", "--samples", "1", "--per-operator", "120"]
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [*call, "--jobs", "1", "--out", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    table = from_json((tmp_path / "conformance.json").read_text())
    assert (table["entries"], table["operators"]["verified"]) == (1, 1)
    assert table["command"].startswith("diffcheck conformance --op mul")
