"""How a name is set in mathematics: W_1_bar as W̄ with the subscript 1, w_init with the subscript init, beta as β."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from sympy.core.alphabets import greeks

_ADJOINT = re.compile(r"(?P<stem>.+)_bar(_(?P<part>\d+))?")
_PLAIN = re.compile(r"(?P<letters>_*[^_]*?)(?P<digits>\d*)(_+(?P<words>.*))?")
_GREEK = {name: unicodedata.lookup(f"GREEK SMALL LETTER {'LAMDA' if name == 'lambda' else name.upper()}") for name in greeks}
_GREEK_NAMES = {letter: name for name, letter in _GREEK.items()}


@dataclass(frozen=True)
class Name:
    """The parts of a name: letters, the bars over them, subscripts, and which part of a sum of adjoints it names."""

    letters: str
    bars: int = 0
    subscripts: tuple[str, ...] = ()
    part: str = ""


def split_name(name: str) -> Name:
    """Return the parts of *name*.

    >>> split_name("W_1_bar_2")
    Name(letters='W', bars=1, subscripts=('1',), part='2')
    """
    if adjoint := _ADJOINT.fullmatch(name):
        stem = split_name(adjoint["stem"])
        return replace(stem, bars=stem.bars + 1, part=adjoint["part"] or stem.part)
    plain = _PLAIN.fullmatch(name)
    assert plain is not None
    words = (plain["digits"], *(plain["words"] or "").split("_"))
    return Name(_GREEK.get(plain["letters"], plain["letters"]), subscripts=tuple(word for word in words if word))


def greek_name(letter: str) -> str | None:
    """Return the English name of a small Greek letter."""
    return _GREEK_NAMES.get(letter)
