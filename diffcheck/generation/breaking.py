"""Statements that are too long for one line, broken as formatters break them."""

from __future__ import annotations

WIDTH = 128


def broken(left: str, text: str, indent: int = 4, after: str = "") -> list[str]:
    """Return the lines of ``left text``, broken at a chain of calls, else within the last brackets, where one is too long."""
    pad = " " * indent
    line = f"{pad}{left}{text}{after}"
    links = chain(text)
    if len(line) <= WIDTH:
        return [line]
    if len(links) > 2:
        inner = f"{pad}    "
        first, *rest = links
        linked = [f"{inner}{first}", *(f"{inner}.{link}" for link in rest)]
        return [f"{pad}{left}(", *([inner + text] if len(inner + text) <= WIDTH else linked), f"{pad}){after}"]
    start = _last_bracket(text)
    if start is None:
        terms = at_operators(text, (" + ", " - ")) or [text]
        return [f"{pad}{left}(", *(f"{pad}    {term}" for term in terms), f"{pad}){after}"] if len(terms) > 1 else [line]
    listed = f"{pad}    {text[start + 1 : -1]}"
    head, tail = f"{pad}{left}{text[: start + 1]}", f"{pad}{text[-1]}{after}"
    if len(listed) <= WIDTH:
        return [head, listed, tail]
    parts = split_at(text[start + 1 : -1], ", ")
    return [head, *(piece for part in parts for piece in broken("", part, indent + 4, ",")), tail]


def chain(text: str) -> list[str]:
    """Return *text* cut at the dots that follow a closing bracket outside of all others: a call, and its methods."""
    cuts = [place for place in _outside(text) if text[place] == "." and place and text[place - 1] in ")]"]
    return [text[start:end].removeprefix(".") for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def split_at(text: str, mark: str) -> list[str]:
    """Return *text* cut at every *mark* outside of all brackets."""
    cuts = [place for place in _outside(text) if text.startswith(mark, place)]
    starts = [0, *(place + len(mark) for place in cuts)]
    return [text[start:end] for start, end in zip(starts, [*cuts, len(text)], strict=True)]


def at_operators(text: str, operators: tuple[str, ...]) -> list[str]:
    """Return *text* cut before those of the *operators* that stand outside all brackets."""
    depth, cuts = 0, [0]
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and text[place : place + 3] in operators:
            cuts.append(place + 1)
    return [text[start:end].rstrip() for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)] if len(cuts) > 1 else []


def is_operand(text: str) -> bool:
    """Say whether a method may be called of *text* as it is: it has no operator outside of all brackets."""
    return not text.startswith(("-", "~")) and all(text[place] != " " for place in _outside(text))


def _outside(text: str) -> list[int]:
    depth, places = 0, []
    for place, letter in enumerate(text):
        depth -= letter in ")]"
        if depth == 0:
            places.append(place)
        depth += letter in "(["
    return places


def _last_bracket(text: str) -> int | None:
    """Return where the bracket opens that *text* ends with, if something is called or indexed by it."""
    if text[-1] not in ")]" or not is_operand(text):
        return None
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] in ")]") - (text[place] in "([")
        if depth == 0:
            return place
    return None
