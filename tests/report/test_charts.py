"""A chart keeps every point inside, in order, told apart, and the same bytes for the same numbers."""

import re
import sys
from dataclasses import replace
from importlib import resources
from itertools import pairwise
from math import inf, isfinite, nan
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from diffcheck.report.charts import Axis, Point, Series, line_chart
from diffcheck.report.labels import shortened, spread
from diffcheck.report.markers import COLOURS, dashes, marker
from diffcheck.report.numerals import power
from diffcheck.report.scales import scale
from diffcheck.report.strips import ratio_scale, ratio_strip, sample_strip

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
positive = st.floats(min_value=5e-324, allow_infinity=False)
anything = st.floats()


@st.composite
def points(draw, xs=positive, ys=positive):
    """Return points in order of x, with intervals around some of them."""
    ordered = sorted(draw(st.lists(xs.filter(isfinite), min_size=1, max_size=8, unique=True)))
    made = []
    for x in ordered:
        y = draw(ys)
        low, high = draw(st.sampled_from([(None, None), (y * 0.9, y * 1.1), (0.0, inf)]))
        made.append(Point(x, y, low, high, "a note"))
    return tuple(made)


def lines(point_lists):
    return [Series(f"series {i}", made, made) for i, made in enumerate(point_lists)]


def chart(point_lists, log=True):
    return line_chart("a title", lines(point_lists), Axis("n", log, power), Axis("time", log, str))


def places(drawing):
    """Yield every (x, y) of every path in the drawing."""
    for step in re.findall(r' d="([^"]*)"', drawing):
        numbers = [float(text) for text in NUMBER.findall(step)]
        yield from zip(numbers[::2], numbers[1::2], strict=True)


def box(drawing):
    return tuple(map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', drawing).groups()))


@given(st.lists(points(), min_size=1, max_size=12))
@example([(Point(4e291, 1.0),), (Point(4e-269, 1.0),)])  # the axis reaches beyond the largest float
@example([(Point(5e-324, 1.0),), (Point(1.0, 1.0),)])
def test_everything_drawn_lies_inside_on_logarithmic_axes(point_lists):
    drawing = chart(point_lists)
    width, height = box(drawing)
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places(drawing))


@given(st.lists(points(xs=anything, ys=anything), max_size=5))
def test_everything_drawn_lies_inside_on_straight_axes(point_lists):
    drawing = chart(point_lists, log=False)
    width, height = box(drawing)
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places(drawing))


@given(points(ys=anything), st.booleans())
def test_a_line_goes_from_left_to_right(made, log):
    line = re.search(r'class="line" d="M([^"]*)"', chart([made], log=log))
    if line is not None:
        xs = [float(pair.split(",")[0]) for pair in line[1].split("L")]
        assert all(a <= b for a, b in pairwise(xs))


@given(st.lists(points(ys=anything), max_size=4))
def test_the_same_numbers_give_the_same_bytes(point_lists):
    assert chart(point_lists) == chart(point_lists)


@given(st.text(), st.text())
def test_every_text_is_escaped(title, name):
    made = (Point(1.0, 2.0, note=name), Point(2.0, 3.0, note=name))
    drawing = line_chart(title, [Series(name, made, made)], Axis(name, True, lambda _: name), Axis(name, True, lambda _: name))
    try:
        root = ElementTree.fromstring(drawing)
    except (ElementTree.ParseError, ValueError):
        assert re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", title + name)  # not even XML can hold these
    else:
        assert {element.tag for element in root.iter()} == {"svg", "g", "path", "text", "title"}


def test_a_chart_says_what_it_shows():
    drawing = chart([(Point(1, 2, note="2 s at n = 1"),)])
    root = ElementTree.fromstring(drawing)
    assert (root.get("role"), root.get("aria-label")) == ("img", "a title")
    assert "series 0: 2 s at n = 1" in [title.text for title in root.iter("title")]


def test_nothing_to_draw_is_an_empty_frame():
    for made in ((), (Point(1, nan),), (Point(inf, 1),), (Point(1, -1),)):
        drawing = chart([made])
        assert 'class="axis"' in drawing
        assert 'class="line"' not in drawing


def test_a_bar_beyond_the_axis_ends_at_it():
    drawing = chart([(Point(1, 2, 0.0, inf), Point(10, 20, 18.0, 22.0))])
    width, height = box(drawing)
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places(drawing))


def test_series_that_cover_one_another_differ_in_more_than_colour():
    assert len({(marker(k, 0, 0), dashes(k), k % COLOURS) for k in range(64)}) == 64
    assert len({marker(k, 0, 0) for k in range(8)}) == 8
    assert len({dashes(k) for k in range(8)}) == 8


def test_twelve_series_have_twelve_colours_in_both_schemes():
    style = (resources.files("diffcheck.report") / "page.css").read_text(encoding="utf-8")
    colours = re.findall(r"--c(\d+): (#\w+);", style)
    assert len(colours) == len({colour for _, colour in colours}) == 2 * COLOURS
    assert {name for name, _ in re.findall(r"\.k(\d+) { --c: var\(--c(\d+)\); }", style)} == set(map(str, range(COLOURS)))


def test_a_logarithmic_axis_reaches_the_largest_float():
    line = scale([1.0, sys.float_info.max], 0.0, 100.0, log=True)
    assert line.at(1e306) < line.at(sys.float_info.max) < 100.0
    assert line.ticks()[-1] == 1e300


def test_ticks_of_whole_numbers_are_whole():
    for high in (1, 2, 3, 10, 87):
        ticks = scale([0, high], 0, 1, log=False).ticks(whole=True)
        assert all(tick == round(tick) for tick in ticks)
        assert len(set(ticks)) == len(ticks)


@given(st.lists(st.tuples(st.floats(1.9, 2.0), positive), min_size=2, max_size=8))
def test_leaders_never_cross(ends):
    drawing = chart([(Point(0.01, 1.0), Point(x, y)) for x, y in ends])
    found = [[float(n) for n in NUMBER.findall(steps)] for steps in re.findall('class="leader" d="([^"]*)"', drawing)]
    assert len(found) == len(ends)
    assert len({(leader[2], leader[4]) for leader in found}) == 1  # all turn at one place and end at one place
    ordered = sorted(found, key=lambda leader: (leader[3], leader[5]))
    assert [leader[5] for leader in ordered] == sorted(leader[5] for leader in found)


def test_a_wide_line_is_drawn_under_a_narrow_one():
    made = (Point(1, 1), Point(2, 2))
    wide, narrow = (replace(line, weight=weight) for line, weight in zip(lines([made, made]), (7.0, 2.0), strict=True))
    drawing = line_chart("", [wide, narrow], Axis("", False, str), Axis("", False, str))
    assert drawing.index('stroke-width="7"') < drawing.index('stroke-width="2"')


@given(st.lists(st.floats(0, 300), max_size=12))
def test_labels_never_overlap(wanted):
    heights = sorted(spread(wanted, gap=18, top=10, bottom=300))
    assert all(b - a >= 18 - 1e-9 for a, b in pairwise(heights))
    assert all(10 - 1e-9 <= height <= 300 + 1e-9 for height in heights)


@given(st.lists(st.floats(0, 300), max_size=12))
def test_labels_stay_in_the_order_of_their_lines(wanted):
    heights = spread(wanted, gap=18, top=10, bottom=300)
    ordered = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    assert [heights[i] for i in ordered] == sorted(heights)


@given(st.text(), st.integers(1, 50))
def test_a_shortened_text_is_no_longer_than_asked(text, most):
    assert len(shortened(text, most)) <= most
    assert shortened(text, len(text)) == text


@given(st.lists(anything, min_size=1), st.booleans())
@example([5e-324], True)
@example([3e-322], False)  # a step between ticks would round to 0
def test_ticks_lie_on_the_axis_in_order_and_are_few(values, log):
    line = scale(values, 0.0, 100.0, log=log)
    ticks = line.ticks()
    assert 1 <= len(ticks) <= 12
    assert all(0 <= line.at(tick) <= 100 for tick in ticks)
    assert all(a < b for a, b in pairwise(ticks))


def test_ticks_are_round():
    assert scale([0, 5000], 0, 1, log=False).ticks() == (0, 1000, 2000, 3000, 4000, 5000)
    assert scale([1e-5, 1e-2], 0, 1, log=True).ticks() == (1e-5, 1e-4, 1e-3, 1e-2)
    assert scale([20, 150], 0, 1, log=True).ticks() == (20, 50, 100)


@given(st.lists(positive, min_size=2, max_size=8, unique=True))
def test_a_logarithmic_axis_keeps_the_order(values):
    line = scale(values, 0.0, 100.0, log=True)
    ordered = [line.at(value) for value in sorted(values)]
    assert ordered == sorted(ordered)


@given(st.lists(anything), positive.filter(lambda value: 1e-290 < value < 1e290))
def test_a_sample_strip_holds_every_sample(samples, median):
    drawing = sample_strip(tuple(samples), median, "samples")
    assert all(0 <= x <= 132 and 0 <= y <= 22 for x, y in places(drawing))
    assert len(re.search('class="sample" d="([^"]*)"', drawing)[1].split("M")) - 1 == max(
        len([s for s in samples if isfinite(s)]), 1
    )


@pytest.mark.parametrize("noise", [0.0, 0.03, 1.0, 5.0])
def test_a_ratio_strip_shows_the_noise_around_one(noise):
    line = ratio_scale([0.5, None, 2.0])
    drawing = ElementTree.fromstring(ratio_strip(0.5, 0.45, 0.55, noise, line, "ratio 0.5"))
    band = drawing.find("rect")
    left, right = float(band.get("x")), float(band.get("x")) + float(band.get("width"))
    assert left <= line.at(1.0) <= right + 0.1
    assert 0 <= left <= right <= 132
