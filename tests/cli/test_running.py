"""`run` from measuring to the page, small, and what its exit code says."""

import pytest

from diffcheck import engines
from diffcheck.cli import running
from diffcheck.report import load_results
from diffcheck.verification.faults import planted

SMALL = running.Extent(gradient_sizes=(11,), epoch_sizes=(11,), checked=(5, 3), rounds=3, epochs=20)
ENGINES = ("autograd", "generated")


@pytest.fixture(autouse=True, scope="module")
def _small():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "QUICK", SMALL)
        patch.setattr(running, "engine_names", lambda **_: ENGINES)
        for room in ("rows", "cases"):
            patch.setattr(f"diffcheck.benchmarks.{room}.names", lambda **_: ENGINES)
        yield


@pytest.fixture(scope="module")
def written(_small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    assert running.run_all(folder, quick=True, seed=0) == 0
    return folder


def test_a_run_writes_results_that_load_and_a_page(written):
    results = load_results(written / "results.json")
    assert all(results[section] for section in ("problems", "verdicts", "training", "timings", "faults", "article"))
    assert all(row["caught_by"] for row in results["faults"])
    assert all(row["verdict"] == "refused" for row in results["article"])
    assert "thermometer" in (written / "index.html").read_text(encoding="utf-8")


def test_cuda_is_told_as_not_measured_where_there_is_none(written):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    rows = [row for row in load_results(written / "results.json")["verdicts"] if row["device"] == "cuda"]
    assert rows
    assert all(row["status"] == "not measured" and "no CUDA device" in row["reason"] for row in rows)


def test_a_wrong_engine_fails_the_run(written, tmp_path, monkeypatch, capsys):
    measured = load_results(written / "results.json")
    for section in ("training", "fault", "article"):  # which no engine's gradient tells; they take long
        rows = measured[section if section in measured else "faults"]
        monkeypatch.setattr(running, f"{section}_rows", lambda *_, rows=rows: iter(rows))
    monkeypatch.setattr(running, "names", lambda: ("thermometer",))
    broken = engines.Checked(planted("relative error of 1e 9", engines.engine("generated")))
    monkeypatch.setattr(
        "diffcheck.benchmarks.rows.engine", lambda name: broken if name == "generated" else engines.engine(name)
    )
    assert running.run_all(tmp_path, quick=True, seed=0) == 1
    assert "FAILED: generated is wrong on thermometer in float64" in capsys.readouterr().out


def test_an_interrupted_run_leaves_the_previous_files_whole(written, monkeypatch):
    before = {path.name: path.read_bytes() for path in written.iterdir()}

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "problem_row", interrupted)
    with pytest.raises(KeyboardInterrupt):
        running.run_all(written, quick=True, seed=1)
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before


def test_the_page_can_be_drawn_again_from_the_store(written, tmp_path):
    running.draw_report(written / "results.json", tmp_path, [])
    assert (tmp_path / "index.html").read_bytes() == (written / "index.html").read_bytes()
