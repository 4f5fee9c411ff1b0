"""MathML that may stand in the page as it is.

Formulas are the one markup that the page takes from a results file. Nothing of the text itself is inserted: it is parsed,
every element and attribute is looked up in a closed list, and the page gets what is written anew from the parsed tree.
So a formula can neither run a script nor load anything, nor end its own element early.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import NoReturn
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from diffcheck.errors import ResultsUnreadable

NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
TOKENS = frozenset("mi mn mo ms mtext mspace".split())
ELEMENTS = TOKENS | frozenset(
    "math mrow mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup munder mover munderover mmultiscripts"
    " mprescripts none mtable mtr mtd".split()
)
ATTRIBUTES = frozenset(
    "display displaystyle scriptlevel mathvariant dir form fence separator stretchy symmetric largeop movablelimits accent"
    " accentunder lspace rspace minsize maxsize linethickness width height depth voffset columnalign rowalign"
    " columnspacing rowspacing columnspan rowspan".split()
)
DEEPEST = 100
LONGEST = 120  # names, numbers and signs: more do not fit beside one another on a usual screen


def checked_mathml(text: str) -> str:
    """Return the formula *text* written anew from its parsed tree, or refuse it.

    >>> checked_mathml("<math><mi>w</mi><mo>&InvisibleTimes;</mo><mi onclick='x()'>b</mi></math>")
    Traceback (most recent call last):
    diffcheck.errors.ResultsUnreadable: got the attribute 'onclick' of mi, wanted presentation MathML; \
measure again with `diffcheck run`
    """
    root = _parse(text)
    if _name(root) != "math":
        _refuse(f"the outermost element {_name(root)!r}")
    return _write(root, DEEPEST)


def size(formula: str) -> str:
    """Return the class of a formula on the page: long ones are set smaller, since no browser breaks a formula into lines."""
    return "formula long" if len(re.findall("<m[ino][ >]", formula)) > LONGEST else "formula"


def _parse(text: str) -> ElementTree.Element:
    if "<!" in text or "<?" in text:
        _refuse("a declaration, a comment or an instruction")
    try:
        return ElementTree.fromstring(re.sub(r"&(\w+);", _entity, text))
    except (ElementTree.ParseError, ValueError) as error:
        _refuse(f"text that is no XML ({error})")


def _entity(match: re.Match[str]) -> str:
    """Return a named HTML character, which XML does not know, as the character."""
    name = match[1]
    known = html5.get(f"{name};")
    return match[0] if known is None or name in {"lt", "gt", "amp", "quot", "apos"} else escape(known)


def _write(element: ElementTree.Element, depth: int) -> str:
    name = _name(element)
    if name not in ELEMENTS:
        _refuse(f"the element {name!r}")
    if depth == 0 or (name in TOKENS and len(element)):
        _refuse(f"elements nested in {name!r}")
    inner = escape(element.text or "")
    inner += "".join(_write(child, depth - 1) + escape(child.tail or "") for child in element)
    return f"<{name}{_attributes(element, name)}>{inner}</{name}>"


def _attributes(element: ElementTree.Element, name: str) -> str:
    for attribute in element.attrib:
        if attribute not in ATTRIBUTES:
            _refuse(f"the attribute {attribute!r} of {name}")
    return "".join(f" {attribute}={quoteattr(value)}" for attribute, value in element.attrib.items())


def _name(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(NAMESPACE)


def _refuse(got: str) -> NoReturn:
    raise ResultsUnreadable(got=got, wanted="presentation MathML", do="measure again with `diffcheck run`")
