"""The command line as a user meets it: output, JSON, exit codes, refusals."""

import json
import subprocess
import sys

import pytest

from diffcheck.atlas.variants import FAMILIES
from diffcheck.cli import main
from diffcheck.verification.calibration import FAULTS

THERMOMETER = "parameter w; parameter b; data x[n]; target y[n]\np[i] = w*x[i] + b\nL = Σ_i (p[i] - y[i])**2/n\n"


def run(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["diffcheck", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    return ended.value.code or 0, shown.out, shown.err


@pytest.fixture
def diffcheck(capsys, monkeypatch):
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


def test_list_names_problems_engines_laws_and_faults(diffcheck):
    code, out, _ = diffcheck("list", "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found) == {"problems", "engines", "laws", "faults", "operators"}
    assert found["operators"]["pow(exponent=2)"] == "elementary"
    assert list(dict.fromkeys(found["operators"].values())) == list(FAMILIES)
    assert "thermometer" in found["problems"]
    assert "autograd" in found["engines"]
    assert all(found[kind][name] for kind in found for name in found[kind])


def test_derive_prints_the_closed_form(diffcheck):
    code, out, _ = diffcheck("derive", "thermometer", "--format", "closed")
    assert code == 0
    assert "∂L/∂b = 2*Sum(b + w*x[i] - y[i], (i, 0, n - 1))/n" in out


def test_derive_reads_a_file(diffcheck, tmp_path):
    path = tmp_path / "line.txt"
    path.write_text(THERMOMETER, encoding="utf-8")
    code, out, _ = diffcheck("derive", str(path), "--wrt", "w")
    assert code == 0
    assert "output w_bar" in out


@pytest.mark.parametrize("form", ["program", "latex", "mathml"])
def test_derive_in_every_format(diffcheck, form):
    code, out, _ = diffcheck("derive", "two-layer-network", "--format", form)
    assert code == 0
    assert out.strip()


@pytest.mark.parametrize("target", ["torch", "numpy"])
def test_generate_prints_a_module_that_compiles(diffcheck, target):
    code, out, _ = diffcheck("generate", "logistic-regression", "--target", target)
    assert code == 0
    compile(out, "generated", "exec")
    assert "def grad(" in out


def test_verify_exits_with_0_where_all_is_right(diffcheck):
    code, out, _ = diffcheck("verify", "thermometer", "--engine", "generated", "--laws", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["ok"]
    assert {row["dtype"] for row in found["checks"]} == {"float64", "float32", "float16", "bfloat16"}


def test_verify_exits_with_1_where_something_is_wrong(diffcheck):
    code, out, _ = diffcheck("verify", "thermometer", "--engine", "differences", "--dtype", "float64")
    assert code == 1
    assert "WRONG" in out


def test_verify_of_nothing_is_refused(diffcheck):
    code, _, err = diffcheck("verify", "thermometer", "--engine", "numpy", "--dtype", "bfloat16")
    assert code == 2
    assert "something to check" in err


def test_train_reaches_the_parameters_of_the_article(diffcheck):
    code, out, _ = diffcheck("train", "thermometer", "--scale", "x=0.1", "--epochs", "5000", "--loop", "manual", "--json")
    (found,) = json.loads(out)["runs"]
    assert code == 0
    assert found["parameters"]["w"] == pytest.approx(5.3671, abs=1e-4)
    assert found["parameters"]["b"] == pytest.approx(-17.3012, abs=1e-4)
    assert found["loss"] == pytest.approx(2.9276, abs=1e-4)


def test_train_exits_with_1_where_it_diverges(diffcheck):
    code, out, _ = diffcheck("train", "thermometer", "--loop", "manual")
    assert code == 1
    assert "diverged at epoch 87" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("derive", "termometer"), "did you mean 'thermometer'?"),
        (("verify", "thermometer", "--engine", "autogad"), "did you mean 'autograd'"),
        (("verify", "thermometer", "--dtype", "float65"), "'float64'"),
        (("verify", "thermometer", "--device", "gpu"), "device"),
        (("generate", "thermometer", "--target", "numpi"), "did you mean 'numpy'?"),
        (("derive", "thermometer", "--format", "late"), "did you mean 'latex'?"),
        (("derive", "thermometer", "--wrt", "q"), "wanted"),
        (("train", "thermometer", "--scale", "x"), "NAME=FACTOR"),
        (("train", "thermometer", "--epochs", "0"), "epoch"),
        (("bench", "thermometer", "--sizes", "0"), "1 or more"),
        (("bench", "thermometer", "--what", "gradent"), "did you mean 'gradient'?"),
        (("bench", "two-layer-network", "--extents", "q=3"), "extent of two-layer-network"),
        (("bench", "two-layer-network", "--extents", "h"), "--extents d=64,h=64"),
        (("report", "no-such-file.json"), "no-such-file.json"),
    ],
)
def test_refusals_say_what_to_do_and_exit_with_2(diffcheck, arguments, message):
    code, _, err = diffcheck(*arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


def test_a_file_that_is_no_program_is_refused_with_its_line(diffcheck, tmp_path):
    path = tmp_path / "bad.txt"
    path.write_text("import os; os.system('true')\n")
    code, _, err = diffcheck("derive", str(path))
    assert code == 2
    assert "line 1" in err


@pytest.mark.parametrize("command", [["-m", "diffcheck", "--help"], ["-m", "diffcheck", "run", "--help"]])
def test_help_loads_nothing_heavy(command):
    code = "import runpy, sys\nsys.argv = sys.argv[1:]\n"
    code += "try:\n    runpy.run_module('diffcheck', run_name='__main__')\nexcept SystemExit:\n    pass\n"
    code += "print(sorted({'torch', 'sympy', 'numpy', 'flint', 'hypothesis'} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, "diffcheck", *command[2:]], capture_output=True, text=True, check=True)
    assert "Usage:" in done.stdout
    assert done.stderr.strip().endswith("[]")


def test_calibrate_counts_what_is_missed(diffcheck, monkeypatch):
    code, out, _ = diffcheck("calibrate", "--cases", "2", "--jobs", "1")
    assert code == 0
    assert "2 cases from seed 0: 0 false alarms on right gradients,\n0 planted faults missed" in out
    monkeypatch.setitem(FAULTS, "float64", 0.0)  # no fault at all, which nothing can see
    code, out, _ = diffcheck("calibrate", "--cases", "1", "--jobs", "1")
    assert code == 1
    assert out.startswith("seed 0, classifier, float64: missed the fault behind ")
    assert diffcheck("calibrate", "--cases", "1", "--seed", "-1")[0] == 2


def test_calibrate_counts_what_is_planted_in_operators(diffcheck, monkeypatch, tmp_path):
    monkeypatch.setattr("diffcheck.cli.counting.VARIANTS", {"relu": None, "exp": None})
    code, out, err = diffcheck("calibrate", "--operators", "--cases", "20", "--jobs", "1", "--out", str(tmp_path))
    assert code == 0, err
    assert "refused by diffcheck 0, by gradcheck " in out
    assert "passed by diffcheck 0, by gradcheck " in out
    kept = json.loads((tmp_path / "gradcheck.json").read_text())
    assert kept["planted"]["nearest"]["verdicts"] == {"exact": kept["planted"]["nearest"]["points"]}
    monkeypatch.setattr("diffcheck.atlas.gradchecks._FINE", ())
    code, out, _ = diffcheck("calibrate", "--operators", "--cases", "20", "--jobs", "1")
    assert code == 1
    assert "relu by input at input = " in out


def test_atlas_measures_resumes_and_compares(diffcheck, tmp_path):
    ask = ("--op", "own_operators:cubed", "--dtype", "float16", "--executor", "own_operators:threads")
    code, out, err = diffcheck("atlas", *ask, "--out", str(tmp_path / "one"))
    assert code == 0, err
    assert out.startswith("1 task, seed 0, 0 finished before\nPyTorch: ")
    assert (tmp_path / "one" / "atlas.sqlite").exists()
    code, out, _ = diffcheck("atlas", *ask, "--out", str(tmp_path / "one"), "--json")
    assert code == 0
    assert set(json.loads(out)) == {"counts", "worst", "failed", "refused"}
    assert diffcheck("atlas", *ask, "--out", str(tmp_path / "one"))[1].startswith("1 task, seed 0, 1 finished before\n")
    code, out, _ = diffcheck("atlas", "--diff", str(tmp_path / "one"), str(tmp_path / "one" / "atlas.sqlite"))
    assert (code, out) == (0, "0 answers differ\n")
    code, out, _ = diffcheck("atlas", "--diff", str(tmp_path / "one" / "atlas.json"), str(tmp_path / "one"))
    assert (code, out) == (0, "0 answers differ\n")
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"atlas.sqlite", "atlas.json", "index.html", "operators"}
    assert diffcheck("atlas", *ask, "--out", str(tmp_path / "one"), "--seed", "1")[0] == 2
    assert diffcheck("atlas", "--diff", str(tmp_path), str(tmp_path))[0] == 2


def test_atlas_offers_near_matches(diffcheck, tmp_path):
    code, _, err = diffcheck("atlas", "--op", "tahn", "--out", str(tmp_path))
    assert code == 2
    assert "tanh" in err
    code, _, err = diffcheck("atlas", "--dtype", "float8", "--out", str(tmp_path))
    assert code == 2
    assert "float16" in err


def test_without_a_terminal_progress_is_a_line_now_and_then(capsys, monkeypatch):
    from diffcheck.cli import progress

    monkeypatch.setattr("sys.stderr.isatty", lambda: False)
    for every, told in ((0.0, "measuring: 1 of 2 after 0 s\nmeasuring: 2 of 2 after 0 s\n"), (60.0, "")):
        monkeypatch.setattr(progress, "_EVERY", every)
        with progress.progress("measuring", 2) as advance:
            advance()
            advance()
        assert capsys.readouterr().err == told
