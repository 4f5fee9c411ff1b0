"""Long curves with fewer points that look the same."""

from __future__ import annotations

from itertools import pairwise

Pair = tuple[float, float]


def thin(curve: tuple[Pair, ...], most: int = 400) -> tuple[Pair, ...]:
    """Return at most *most* points (4 or more): both ends, and of each stretch between its lowest and its highest.

    So no spike is lost: the extremes of the whole curve are among the points kept.
    """
    if len(curve) <= most:
        return curve
    stretches = (most - 2) // 2
    inner = curve[1:-1]
    edges = [len(inner) * k // stretches for k in range(stretches + 1)]
    kept = [point for start, end in pairwise(edges) for point in _extremes(inner[start:end])]
    return (curve[0], *kept, curve[-1])


def _extremes(stretch: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Return the lowest and the highest point, in the order in which they stand."""
    order = sorted(range(len(stretch)), key=lambda i: stretch[i][1])
    return tuple(stretch[i] for i in sorted({order[0], order[-1]}))
