"""The command line as a user calls it, in the process at hand."""

import sys

import pytest

from diffcheck.cli import main


@pytest.fixture
def diffcheck(capsys, monkeypatch):
    """Return a function from arguments to the exit code and what was printed, on each of both streams."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["diffcheck", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return ended.value.code or 0, shown.out, shown.err

    return run
