"""`diffcheck atlas` as a user meets it where something goes wrong: one line that says what to do."""

import json
import os
import sqlite3
import subprocess
import sys
import threading

import pytest

from diffcheck.atlas import store
from diffcheck.atlas.store import REFUSED, Answer
from diffcheck.cli import mapping
from diffcheck.errors import ResultsBusy


@pytest.fixture
def refused(diffcheck):
    def check(told, *arguments):
        code, out, err = diffcheck("atlas", *arguments)
        assert (code, out.count("PyTorch:")) == (2, 0)
        assert err.startswith("diffcheck: ")
        assert err.count("\n") == 1
        assert told in err

    return check


CUBED = ("--op", "own_operators:cubed", "--dtype", "float16", "--executor", "own_operators:threads")


def test_a_user_who_ends_it_is_told_that_it_goes_on(diffcheck, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(mapping, "walk", interrupted)
    code, _, err = diffcheck("atlas", *CUBED, "--out", tmp_path)
    assert (code, err) == (130, "diffcheck: interrupted; the same command goes on where it ended\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def f(x): return x +", "SyntaxError"),
        ("undefined_name", "NameError"),
        ("raise RuntimeError('one line\\nanother')", "(RuntimeError: one line)"),
        ("import sys; sys.exit(5)", "SystemExit: 5"),
    ],
)
@pytest.mark.parametrize("option", ["--op", "--executor"])
def test_a_file_that_cannot_be_imported_is_refused(refused, tmp_path, monkeypatch, text, told, option):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "unfit", raising=False)
    (tmp_path / "unfit.py").write_text(text)
    refused(told, option, "unfit:f", "--out", tmp_path)


@pytest.mark.parametrize("name", [".x:f", "./own:f", "os:environ", "shutil:copy", "own_operators:hangs"])
def test_what_makes_no_executor_is_refused_before_anything_is_measured(refused, tmp_path, monkeypatch, name):
    monkeypatch.setattr(mapping, "walk", None)
    refused(name, "--executor", name, "--out", tmp_path)


@pytest.mark.parametrize("limit", ["inf", "1e10", "1e300"])
def test_a_limit_that_is_no_time_is_refused(refused, tmp_path, limit):
    refused("604800", *CUBED, "--limit", limit, "--out", tmp_path)


def test_a_database_that_another_program_locks_is_waited_for(diffcheck, refused, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_PATIENCE", 0.1)
    lock = sqlite3.connect(tmp_path / "atlas.sqlite", isolation_level=None, check_same_thread=False)

    def answered(tasks, _):
        lock.execute("begin exclusive")
        threading.Timer(1.0, lock.execute, ("commit",)).start()
        for task in tasks:
            yield task, [Answer(question, REFUSED, 0.0, {"reason": "none"}) for question in task.questions]

    monkeypatch.setattr(mapping, "walk", answered)
    code, out, err = diffcheck("atlas", *CUBED, "--out", tmp_path)
    assert "ResultsBusy" not in err
    assert "keeps locked" in err
    assert (code, out.count("REFUSED")) == (0, 1)
    lock.execute("begin exclusive")
    refused("ResultsBusy", *CUBED, "--out", tmp_path)
    with pytest.raises(ResultsBusy):
        store.Store.existing(tmp_path / "atlas.sqlite", "0")
    lock.close()


RELU = ("--op", "relu", "--dtype", "float16", "--executor", "own_operators:threads")


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_atlas_without_its_database_is_never_overwritten(diffcheck, refused, tmp_path):
    assert diffcheck("atlas", *CUBED, "--out", tmp_path)[0] == 0
    (tmp_path / "atlas.sqlite").rename(tmp_path / "elsewhere")
    before = files(tmp_path)
    refused("an atlas of 3 answers without the database", *RELU, "--out", tmp_path)
    assert files(tmp_path) == before
    (tmp_path / "elsewhere").rename(tmp_path / "atlas.sqlite")
    code, _, _ = diffcheck("atlas", *RELU, "--out", tmp_path)
    assert (code, len(json.loads((tmp_path / "atlas.json").read_text())["rows"])) == (0, 6)
    assert diffcheck("atlas", *RELU, "--out", tmp_path / "new")[0] == 0
    (tmp_path / "new" / "atlas.sqlite").replace(tmp_path / "atlas.sqlite")
    refused("3 answers that its database has not", *RELU, "--out", tmp_path)


def test_a_file_called_as_an_atlas_is_not_overwritten_where_no_database_is(refused, tmp_path):
    (tmp_path / "atlas.json").write_text("of the user's own")
    refused("delete atlas.json", *CUBED, "--out", tmp_path)
    assert files(tmp_path) == {tmp_path / "atlas.json": b"of the user's own"}


def test_what_to_do_is_told_in_the_words_of_this_command(refused, tmp_path):
    (tmp_path / "file").write_text("")
    refused("choose another place", *CUBED, "--out", tmp_path / "file")
    (tmp_path / "atlas.json").write_text("{}")
    refused("measure again with `diffcheck atlas`", "--diff", tmp_path, tmp_path)


def test_what_operators_and_their_files_print_is_no_part_of_the_json(tmp_path, monkeypatch):
    (tmp_path / "noisy.py").write_text("from own_operators import prints\nprint('from a file')\n")
    command = ["-m", "diffcheck", "atlas", "--op", "noisy:prints", "--dtype", "float16", "--jobs", "1", "--json", "--out", "o"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["failed"] == []
    assert {"from Python", "from below", "from a file"} <= set(done.stderr.splitlines())


def test_an_edited_operator_is_measured_again(diffcheck, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    ask = ("atlas", "--op", "edited:f", "--dtype", "float16", "--executor", "own_operators:threads", "--out", tmp_path / "out")
    (tmp_path / "edited.py").write_text("def f(x): return -x")
    assert "0 finished before" in diffcheck(*ask)[1]
    assert "1 finished before" in diffcheck(*ask)[1]
    (tmp_path / "edited.py").write_text("def f(x): return -x - x")
    assert "0 finished before" in diffcheck(*ask)[1]


THREADS = ("--executor", "own_operators:threads")


def test_that_pytorch_has_no_kernel_is_no_failure(diffcheck, tmp_path):
    code, out, _ = diffcheck("atlas", "--op", "ndtri", "--dtype", "float16", *THREADS, "--out", tmp_path)
    told = [line for line in out.splitlines() if line.startswith("REFUSED ndtri, float16, forward and ")]
    assert (code, len(told)) == (0, 1)
    assert told[0].endswith("reverse: \"ndtri_cpu\" not implemented for 'Half'")


def test_what_diffcheck_cannot_measure_is_a_failure_told_once(diffcheck, tmp_path):
    ask = ("atlas", "--op", "own_operators:summed", "--op", "neg", "--dtype", "float16", *THREADS, "--out", tmp_path)
    code, out, _ = diffcheck(*ask)
    assert (code, out.count("REFUSED"), out.count("pointwise function")) == (1, 1, 1)
    code, out, _ = diffcheck(*ask, "--json")
    assert (code, [row["variant"] for row in json.loads(out)["failed"]]) == (1, ["own_operators:summed"] * 3)


def test_a_comparison_as_json_has_what_the_printed_one_tells(diffcheck, tmp_path):
    for name, operators in {"one": ("neg", "relu"), "other": ("neg",)}.items():
        asked = [part for operator in operators for part in ("--op", operator)]
        diffcheck("atlas", *asked, "--dtype", "float16", *THREADS, "--out", tmp_path / name)
    code, out, _ = diffcheck("atlas", "--diff", tmp_path / "one", tmp_path / "other" / "atlas.json", "--json")
    found = json.loads(out)
    assert (code, found["differences"]) == (0, [])
    assert [side["not_compared"] for side in found["atlases"]] == [3, 0]
    assert [side["answers"] for side in found["atlases"]] == [6, 3]
    assert all(side["origin"]["cpu"] for side in found["atlases"])
    assert "3 answers that only" in diffcheck("atlas", "--diff", tmp_path / "one", tmp_path / "other")[1]
