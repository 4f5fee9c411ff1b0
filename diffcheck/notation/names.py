"""How a name is set in mathematics: W_bar_2 as W̄ with the subscript 2, w_init with the subscript init, beta as β."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sympy.core.alphabets import greeks

_ADJOINT = re.compile(r"(?P<stem>.+)_bar(_(?P<number>\d+))?")
_PLAIN = re.compile(r"(?P<letters>_*[^_]*?)(?P<digits>\d*)(_+(?P<words>.*))?")
_GREEK = {name: unicodedata.lookup(f"GREEK SMALL LETTER {'LAMDA' if name == 'lambda' else name.upper()}") for name in greeks}
_GREEK_NAMES = {letter: name for name, letter in _GREEK.items()}


@dataclass(frozen=True)
class Name:
    """The parts of a name: what stands on the line, letters or the name whose adjoint it is, and the subscripts."""

    stem: str | Name
    subscripts: tuple[str, ...]

    @property
    def short(self) -> bool:
        """Whether the name is a single letter, over which a short bar fits."""
        return isinstance(self.stem, str) and len(self.stem) == 1 and not self.subscripts


def split_name(name: str) -> Name:
    """Return the parts of *name*.

    >>> split_name("W_bar_2")
    Name(stem=Name(stem='W', subscripts=()), subscripts=('2',))
    """
    if adjoint := _ADJOINT.fullmatch(name):
        return Name(split_name(adjoint["stem"]), (adjoint["number"],) if adjoint["number"] else ())
    plain = _PLAIN.fullmatch(name)
    assert plain is not None
    words = (plain["digits"], *(plain["words"] or "").split("_"))
    return Name(_GREEK.get(plain["letters"], plain["letters"]), tuple(word for word in words if word))


def greek_name(letter: str) -> str | None:
    """Return the English name of a small Greek letter."""
    return _GREEK_NAMES.get(letter)
