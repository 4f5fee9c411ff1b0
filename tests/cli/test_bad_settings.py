"""Whatever is wrong with a file, a folder or a number is one message and exit code 2, at once."""

import json

import pytest

from diffcheck.cli import running
from diffcheck.errors import OutputUnwritable


@pytest.fixture
def refused(diffcheck):
    def check(message, *arguments):
        code, _, err = diffcheck(*arguments)
        assert code == 2
        assert message in err
        assert "Traceback" not in err

    return check


@pytest.fixture
def _nothing_is_measured(monkeypatch):
    def measured(*_):
        raise AssertionError("measured before the settings were looked at")

    for name in ("problem_row", "_verdicts", "_training", "_timings"):
        monkeypatch.setattr(running, name, measured)


@pytest.mark.usefixtures("_nothing_is_measured")
def test_run_looks_at_its_folder_and_its_seed_first(refused, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for output in ("/proc/foo", "/dev/null/x", file, file / "inner"):
        refused("OutputUnwritable", "run", "--quick", "--output", output)
    (tmp_path / "full" / "index.html").mkdir(parents=True)
    refused("index.html", "run", "--quick", "--output", tmp_path / "full")
    refused("seed", "run", "--quick", "--output", tmp_path, "--seed", "-1")


def test_the_folder_of_the_results_must_be_one(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputUnwritable, match="file"):
        running.check_output(tmp_path / "file")


def test_run_leaves_nothing_of_its_trial_behind(tmp_path):
    folder = tmp_path / "new"
    running.check_output(folder)
    assert list(folder.iterdir()) == []


@pytest.fixture
def results(tmp_path):
    stored = tmp_path / "results.json"
    empty = {name: [] for name in ("problems", "verdicts", "training", "timings", "faults", "article")}
    machine = {"cpu": "a", "cores": 1, "memory_gib": 1.0, "os": "b"}
    head = {"schema": 1, "diffcheck": "0", "created": "2026-01-01T00:00:00+00:00", "command": "run", "seed": 0}
    stored.write_text(json.dumps({**head, "machine": machine, "versions": {}, **empty}))
    return stored


def test_a_page_that_cannot_be_written_is_refused(refused, results, tmp_path):
    for output in ("/proc/foo", "/dev/null/x", results):
        refused("OutputUnwritable", "report", results, "--output", output)
    (tmp_path / "index.html").mkdir()
    refused("index.html", "report", results, "--output", tmp_path)


ROW = dict.fromkeys(("problem", "what", "engine", "device", "dtype", "n"), "a")


@pytest.mark.parametrize(
    "found",
    [
        [],
        3,
        {"benchmarks": 3},
        {"benchmarks": [3]},
        {"benchmarks": [{"extra_info": 3}]},
        {"benchmarks": [{"extra_info": ROW}]},
        {"benchmarks": [{"extra_info": ROW, "stats": {"median": "x", "q1": 1, "q3": 1}}]},
        {"benchmarks": [{"extra_info": {**ROW, "engine": "autograd"}, "stats": {"median": 0, "q1": 1, "q3": 1}}]},
    ],
)
def test_timings_of_another_kind_are_refused(refused, results, tmp_path, found):
    path = tmp_path / "f.json"
    path.write_text(json.dumps(found))
    refused("ResultsUnreadable", "report", results, "--output", tmp_path / "page", "--timings", path)


def test_a_file_that_is_no_text_is_refused(refused, tmp_path):
    path = tmp_path / "bin.txt"
    path.write_bytes(b"\xff\xfe\x00L = x")
    refused("no text", "derive", path)
    refused("UnknownName", "derive", "a" * 5000)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("seed", ("verify", "thermometer", "--seed", "-1")),
        ("seed", ("train", "thermometer", "--seed", "-1", "--epochs", "1")),
        ("seed", ("train", "two-layer-network", "--seed", "-1", "--epochs", "1")),
        ("threads", ("bench", "--threads", "0", "--sizes", "11")),
        ("threads", ("bench", "--threads", "1000000", "--sizes", "11")),
        ("rounds", ("bench", "--rounds", "0", "--sizes", "11")),
        ("rounds", ("bench", "--rounds", "-1", "--sizes", "11")),
        ("memory", ("bench", "--sizes", "11,1000000000000000")),
        ("memory", ("bench", "two-layer-network", "--extents", "h=1000000000000", "--sizes", "11")),
        ("'x' twice", ("train", "thermometer", "--epochs", "1", "--scale", "x=1", "--scale", "x=2")),
    ],
)
def test_numbers_that_mean_nothing_are_refused(refused, message, arguments):
    refused(message, *arguments)


def test_an_overflow_is_called_one_and_the_runs_are_shown(diffcheck):
    code, out, err = diffcheck("train", "thermometer", "--epochs", "2", "--scale", "x=1e300")
    assert code == 1
    assert out.count("diverged at epoch 0") == 3
    assert "kinks" not in out + err
    assert "larger than float64 can hold" in out
    code, out, _ = diffcheck("train", "thermometer", "--epochs", "2", "--scale", "x=1e300", "--json")
    assert code == 1
    assert json.loads(out)["largest_stable_lr"] is None


@pytest.mark.parametrize("seconds", ["inf", "1e10"])
def test_conformance_looks_at_its_seconds_first(refused, tmp_path, seconds):
    ask = ("conformance", "--op", "sin", "--samples", "1", "--jobs", "1", "--out", tmp_path)
    refused("604800 seconds", *ask, "--per-operator", seconds)
