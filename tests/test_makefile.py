"""The Makefile deletes nothing that it did not make."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).resolve().parents[1] / "Makefile"


@pytest.fixture
def make(tmp_path):
    if shutil.which("make") is None:
        pytest.skip("make is not installed")

    def run(*arguments):
        command = ["make", "-f", MAKEFILE, *arguments, f"PYTHON={sys.executable}"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("target", ["test", "report", "lint", "setup", "clean"])
@pytest.mark.parametrize("kept", ["pyvenv.cfg", "file"])
def test_an_environment_of_the_users_own_is_left_as_it_is(make, tmp_path, target, kept):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / kept).write_text("the user's")
    done = make(target, "VENV=own")
    assert done.returncode != 0
    assert "VENV=" in done.stdout
    assert {path.name: path.read_text() for path in (tmp_path / "own").iterdir()} == {kept: "the user's"}


@pytest.mark.parametrize("mark", ["made-by-make", "asked"])
def test_an_environment_that_make_made_is_removed(make, tmp_path, mark):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / mark).touch()
    assert make("clean", "VENV=made").returncode == 0
    assert not (tmp_path / "made").exists()


def test_cleaning_where_there_is_no_environment_is_no_error(make):
    assert make("clean", "VENV=none").returncode == 0
