"""`diffcheck atlas` as a user meets it where something goes wrong: one line that says what to do."""

import sys

import pytest

from diffcheck.cli import main, mapping


@pytest.fixture
def diffcheck(capsys, monkeypatch):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["diffcheck", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return ended.value.code or 0, shown.out, shown.err

    return run


CUBED = ("--op", "own_operators:cubed", "--dtype", "float16", "--executor", "own_operators:threads")


def test_a_user_who_ends_it_is_told_that_it_goes_on(diffcheck, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(mapping, "walk", interrupted)
    code, _, err = diffcheck("atlas", *CUBED, "--out", tmp_path)
    assert (code, err) == (130, "diffcheck: interrupted; the same command goes on where it ended\n")
