"""Small pictures for a table cell: where samples lie, and where an interval lies beside one."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from diffcheck.report.scales import Scale, scale
from diffcheck.report.svg import Drawing, element, path, picture, segment

WIDTH, HEIGHT = 132.0, 22.0


def sample_strip(samples: tuple[float, ...], median: float, label: str) -> Drawing:
    """Return one tick for each sample, those beyond a quarter of the median at the ends, and an upright at it."""
    line = Scale(median * 0.75, median * 1.25, 4.0, WIDTH - 4.0, False)
    shown = [line.at(sample) for sample in samples if isfinite(sample)]
    middle = path(segment(line.at(median), 2, line.at(median), HEIGHT - 2), "one")
    ticks = path("".join(segment(x, 6, x, HEIGHT - 6) for x in shown) or "M0,0", "sample")
    return picture(WIDTH, HEIGHT, label, element("title", label), middle, ticks, class_="strip")


def ratio_scale(values: Iterable[float | None]) -> Scale:
    """Return the logarithmic axis that holds one and all *values*."""
    return scale([1.0, *(value for value in values if value is not None)], 4.0, WIDTH - 4.0, log=True)


def ratio_strip(ratio: float, low: float, high: float, noise: float, line: Scale, label: str) -> Drawing:
    """Return the interval as a bar, one as an upright, and 1 ± noise as a band behind both."""
    start, end = line.at(1 - noise), line.at(1 + noise)
    return picture(
        WIDTH,
        HEIGHT,
        label,
        element("title", label),
        element("rect", class_="noise", x=start, y=2, width=max(end - start, 0.5), height=HEIGHT - 4),
        path(segment(line.at(1.0), 2, line.at(1.0), HEIGHT - 2), "one"),
        path(segment(line.at(low), 11, line.at(high), 11), "range"),
        element("circle", class_="dot", cx=line.at(ratio), cy=11, r=3.5),
        class_="strip",
    )
