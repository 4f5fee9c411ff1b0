"""What a command is about: a problem of the catalogue, or a program in a file or on standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from diffcheck.derivation import Gradient, derive
from diffcheck.errors import ProgramSyntaxError, UnknownName
from diffcheck.notation import Program, parse
from diffcheck.problems import names, problem


def program_of(subject: str) -> Program:
    """Return the program that *subject* names."""
    if subject in names():
        return problem(subject).program
    return parse(_text(subject))


def _text(subject: str) -> str:
    try:
        return sys.stdin.read() if subject == "-" else Path(subject).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ProgramSyntaxError(
            got="bytes that are no text", wanted="a program in UTF-8", do="pass a text file", place=subject
        ) from None
    except (OSError, ValueError):  # no such file, none that may be read, or no name that a file can have
        pass
    raise UnknownName.among("problem, or file with a program", subject, names())


def gradient_of(subject: str, wrt: str) -> Gradient:
    """Return the gradient of the program that *subject* names by the names in *wrt*, separated by commas."""
    chosen = tuple(name.strip() for name in wrt.split(",") if name.strip())
    return derive(program_of(subject), chosen or None)
