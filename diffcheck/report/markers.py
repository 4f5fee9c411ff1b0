"""What tells one series from another where colour cannot: its marker and its dashes.

Colours come round after twelve series, markers and dashes after eight. These then start elsewhere, so that no two of 64 series
look the same.
"""

from __future__ import annotations

from math import cos, pi, sin

from diffcheck.report.svg import polyline

COLOURS = 12
DASHES = ("", "7 3", "2 3", "10 3 2 3", "5 2", "1 2", "12 4", "4 3 1 3")


def dashes(order: int) -> str:
    """Return the dash pattern of the series with that *order*."""
    return DASHES[(order + order // 8) % 8]


def marker(order: int, x: float, y: float, size: float = 4.0) -> str:
    """Return the outline around (x, y) that the series with that *order* is marked by."""
    corners, turn, waist = SHAPES[(order + 2 * (order // 8)) % 8]
    return polyline([_corner(x, y, size, corners, turn, waist, k) for k in range(corners)]) + "Z"


# Corners, turn in twelfths of a circle, and how far in every second corner lies: circle, square, triangle, diamond,
# triangle downwards, four-pointed star, hexagon, six-pointed star.
SHAPES = (
    (16, 0.0, 1.0),
    (4, 1.5, 1.0),
    (3, 3.0, 1.0),
    (4, 0.0, 1.0),
    (3, 9.0, 1.0),
    (8, 0.0, 0.4),
    (6, 0.0, 1.0),
    (12, 0.0, 0.5),
)


def _corner(x: float, y: float, size: float, corners: int, turn: float, waist: float, k: int) -> tuple[float, float]:
    """(x + r·cos φ, y - r·sin φ), with r shortened at every second corner."""
    radius = size * (1.2 if corners <= 4 else 1.0) * (waist if k % 2 else 1.0)
    angle = 2 * pi * (k / corners + turn / 12)
    return x + radius * cos(angle), y - radius * sin(angle)
