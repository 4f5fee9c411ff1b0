"""Line charts as inline SVG: colours come from the page's style, everything else stands in the picture.

Series that cover one another stay apart by dashes, by markers, and where asked by width: a line drawn first may be the
widest, so that it shows on both sides of those drawn over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from diffcheck.report.labels import shortened, spread
from diffcheck.report.markers import COLOURS, dashes, marker
from diffcheck.report.scales import Scale, drawable, scale
from diffcheck.report.svg import Drawing, element, group, path, picture, polyline, segment

WIDTH, LEFT, TOP, BOTTOM, GAP = 860.0, 84.0, 14.0, 50.0, 18.0
LONGEST_NAME = 34


@dataclass(frozen=True)
class Point:
    """One value of a series with its interval, and what to say of it."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Series:
    """A named line through *points*, with a marker at each of *marks*."""

    name: str
    points: tuple[Point, ...]
    marks: tuple[Point, ...]
    weight: float = 2.0
    dashed: bool = True

    def pattern(self, order: int) -> str:
        """Return the dash pattern of this series as the one with that *order*."""
        return (dashes(order) if self.dashed else "") or "none"


@dataclass(frozen=True)
class Axis:
    """What an axis measures, whether in powers, how its ticks read, if it holds whole numbers only, and where ticks must be."""

    label: str
    log: bool
    text: Callable[[float], str]
    whole: bool = False
    marked: tuple[float, ...] = ()


def line_chart(title: str, series: Iterable[Series], x: Axis, y: Axis) -> Drawing:
    """Return the chart of all *series*; points that have no place on the axes are left out."""
    shown = [_drawable(line, x, y) for line in series]
    shown = [line for line in shown if line.points]
    height = max(380.0, TOP + BOTTOM + GAP * (len(shown) + 1))
    names = [shortened(line.name, LONGEST_NAME) for line in shown]
    right = WIDTH - 74.0 - 6.9 * max(map(len, names), default=10)
    points = [point for line in shown for point in line.points]
    across = scale((point.x for point in points), LEFT, right, log=x.log)
    up = scale((value for point in points for value in _extent(point)), height - BOTTOM, TOP, log=y.log)
    lines = [_line(order, line, across, up) for order, line in enumerate(shown)]
    marks = [_marks(order, line, across, up) for order, line in enumerate(shown)]
    keys = _keys(shown, names, across, up)
    return picture(WIDTH, height, title, *_grid(across, up, x, y), *lines, *marks, *keys, class_="chart")


def _drawable(line: Series, x: Axis, y: Axis) -> Series:
    def fits(point: Point) -> bool:
        return drawable(point.x, x.log) and drawable(point.y, y.log)

    return replace(line, points=tuple(filter(fits, line.points)), marks=tuple(filter(fits, line.marks)))


def _extent(point: Point) -> tuple[float, ...]:
    return tuple(value for value in (point.low, point.y, point.high) if value is not None)


def _grid(across: Scale, up: Scale, x: Axis, y: Axis) -> Iterator[Drawing]:
    """Yield the grid lines, the numbers at them and what the axes measure."""
    columns = [(across.at(value), x.text(value)) for value in x.marked or across.ticks(whole=x.whole)]
    rows = [(up.at(value), y.text(value)) for value in y.marked or up.ticks(whole=y.whole)]
    steps = [segment(place, up.start, place, up.end) for place, _ in columns]
    steps += [segment(across.start, place, across.end, place) for place, _ in rows]
    yield path("".join(steps), "grid")
    yield path(polyline([(across.start, up.end), (across.start, up.start), (across.end, up.start)]), "axis")
    for place, text in columns:
        yield element("text", text, class_="tick mid", x=place, y=up.start + 17)
    for place, text in rows:
        yield element("text", text, class_="tick end", x=across.start - 8, y=place + 4)
    yield element("text", x.label, class_="name mid", x=(across.start + across.end) / 2, y=up.start + 40)
    middle = (up.start + up.end) / 2
    yield element("text", y.label, class_="name mid", transform=f"translate(14 {middle:.1f}) rotate(-90)")


def _line(order: int, line: Series, across: Scale, up: Scale) -> Drawing:
    places = [(across.at(point.x), up.at(point.y)) for point in line.points]
    drawn = path(polyline(places), "line", stroke_dasharray=line.pattern(order), stroke_width=line.weight)
    bars = "".join(_bar(point, across, up) for point in line.points)
    return group(drawn, *([path(bars, "bar")] if bars else []), class_=f"k{order % COLOURS}")


def _bar(point: Point, across: Scale, up: Scale) -> str:
    """Return the interval of a point as a bar with a foot at each end."""
    if point.low is None or point.high is None:
        return ""
    x, low, high = across.at(point.x), up.at(point.low), up.at(point.high)
    return segment(x, low, x, high) + segment(x - 3, low, x + 3, low) + segment(x - 3, high, x + 3, high)


def _marks(order: int, line: Series, across: Scale, up: Scale) -> Drawing:
    return group(*(_mark(order, line.name, point, across, up) for point in line.marks), class_=f"k{order % COLOURS}")


def _mark(order: int, name: str, point: Point, across: Scale, up: Scale) -> Drawing:
    outline = marker(order, across.at(point.x), up.at(point.y))
    return group(element("title", f"{name}: {point.note}"), path(outline, "mark"), class_="point")


def _keys(shown: list[Series], names: list[str], across: Scale, up: Scale) -> Iterator[Drawing]:
    """Yield each series' name at the height at which its line ends, as far as the others leave room."""
    ends = [(across.at(line.points[-1].x), up.at(line.points[-1].y)) for line in shown]
    heights = spread([y for _, y in ends], gap=GAP, top=up.end + 6, bottom=up.start)
    left = across.end + 26
    for order, ((x, y), height, line, name) in enumerate(zip(ends, heights, shown, names, strict=True)):
        near = across.end - x < 0.15 * (across.end - across.start)
        # Level up to where the plot ends, then straight to the name: leaders keep the order of their lines and never cross.
        leader = [path(polyline([(x + 6, y), (across.end + 4, y), (left - 2, height)]), "leader")] if near else []
        sample = path(segment(left, height, left + 28, height), "line", stroke_width=line.weight,
                      stroke_dasharray=line.pattern(order))  # fmt: skip
        text = element("text", name, element("title", line.name), class_="key", x=left + 34, y=height + 4)
        yield group(*leader, sample, path(marker(order, left + 14, height), "mark"), text, class_=f"k{order % COLOURS}")
