"""SVG elements as text, with every attribute and every text escaped."""

from __future__ import annotations

from html import escape


class Drawing(str):
    """SVG text that was escaped when it was made."""

    def __html__(self) -> str:
        """Return itself: a template inserts it as it is."""
        return str(self)


def element(tag: str, *children: str | Drawing, **attributes: str | float) -> Drawing:
    """Return <tag attributes>children</tag>; plain text among the children is escaped, a trailing _ is dropped.

    >>> element("text", "a < b", class_="tick", x=1.25)
    '<text class="tick" x="1.2">a &lt; b</text>'
    """
    head = "".join(f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"' for name, value in attributes.items())
    inner = "".join(child if isinstance(child, Drawing) else escape(child, quote=False) for child in children)
    return Drawing(f"<{tag}{head}>{inner}</{tag}>")


def picture(width: float, height: float, label: str, *children: str | Drawing, class_: str) -> Drawing:
    """Return an image of that size, whose *label* is read aloud in its place."""
    box = f"0 0 {_value(width)} {_value(height)}"
    return element("svg", *children, class_=class_, role="img", aria_label=label, viewBox=box, width=width, height=height)


def group(*children: str | Drawing, class_: str) -> Drawing:
    """Return several elements as one."""
    return element("g", *children, class_=class_)


def path(steps: str, class_: str, **attributes: str | float) -> Drawing:
    """Return the line along *steps*."""
    return element("path", class_=class_, d=steps, **attributes)


def polyline(points: list[tuple[float, float]]) -> str:
    """Return the steps that join *points*."""
    return "M" + "L".join(f"{_value(x)},{_value(y)}" for x, y in points)


def segment(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the step from one point to another."""
    return polyline([(x1, y1), (x2, y2)])


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value)
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
