"""Labels beside a chart, moved apart so that none covers another."""

from __future__ import annotations


def spread(wanted: list[float], *, gap: float, top: float, bottom: float) -> list[float]:
    """Return a place for each *wanted* one, at least *gap* apart, in the same order, between *top* and *bottom*.

    >>> spread([10, 12, 90], gap=20, top=0, bottom=100)
    [10, 30, 90]
    >>> spread([95, 95], gap=20, top=0, bottom=100)
    [80, 100]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    places = [0.0] * len(wanted)
    lowest = top
    for i in order:
        places[i] = max(wanted[i], lowest)
        lowest = places[i] + gap
    highest = bottom
    for i in reversed(order):
        places[i] = min(places[i], highest)
        highest = places[i] - gap
    return places


def shortened(text: str, most: int) -> str:
    """Return *text* with at most so many characters.

    >>> shortened("torch.compile", 6)
    'torch…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
