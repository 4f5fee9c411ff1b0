"""A ratio is a claim only outside the noise, and every row is shown."""

from dataclasses import replace

import pytest
from report.sample import timings

from diffcheck.report.absences import absences, present
from diffcheck.report.reading import read
from diffcheck.report.schema import Timing
from diffcheck.report.timings import ratio_word, timing_groups

ROW = Timing("p", "gradient", "e", "cpu", "float64", "measured", ratio=1.1, ratio_low=1.08, ratio_high=1.12, noise=0.05)

WORDS = [
    ({}, "faster"),
    ({"ratio_low": 1.04}, "no difference shown"),
    ({"ratio_low": 0.9, "ratio_high": 0.94}, "slower"),
    ({"ratio_low": 0.9, "ratio_high": 0.96}, "no difference shown"),
    ({"ratio_low": float("nan"), "ratio_high": float("nan")}, "no difference shown"),
    ({"noise": None}, "noise not measured"),
    ({"noise": float("nan")}, "no difference shown"),
    ({"ratio": None}, ""),
    ({"status": "not measured"}, ""),
]


@pytest.mark.parametrize(("changes", "word"), WORDS)
def test_a_claim_needs_the_whole_interval_beyond_the_noise(changes, word):
    assert ratio_word(replace(ROW, **changes)) == word


def rows():
    return tuple(read(Timing, row) for row in timings())


def test_every_row_stands_in_one_group():
    groups = timing_groups(rows())
    assert [group.title for group in groups] == ["thermometer: one gradient, float64", "thermometer: one epoch, float64"]
    assert [group.summary for group in groups] == ["30 times and ratios, 5 not measured"] * 2
    assert sum(len(group.lines) for group in groups) == len(rows())


def test_rows_not_measured_have_no_picture():
    for group in timing_groups(rows()):
        for line in group.lines:
            measured = line.timing.status == "measured"
            assert (line.samples is not None, line.ratio is not None) == (measured, measured)
            assert ("cuda" in (group.chart or "")) is False


def test_a_device_without_any_time_is_told_in_one_sentence_and_left_out():
    assert absences(rows()) == ("CUDA: not measured, no CUDA device here.",)
    groups = timing_groups(present(rows()))
    assert [group.title for group in groups] == [
        "thermometer: one gradient, float64, cpu",
        "thermometer: one epoch, float64, cpu",
    ]
    assert {group.summary for group in groups} == {"30 times and ratios"}


def test_a_device_with_some_times_keeps_its_other_rows():
    measured, lacking = ROW, replace(ROW, engine="f", status="not measured", reason="it is wrong")
    assert present((measured, lacking)) == (measured, lacking)
    assert absences((measured, lacking)) == ()


def test_two_devices_are_named_in_the_chart():
    here = ROW
    there = replace(ROW, device="cuda")
    both = tuple(replace(row, n=n, median=1e-5 * n, low=9e-6 * n, high=2e-5 * n) for row in (here, there) for n in (1, 10))
    (group,) = timing_groups(both)
    assert "e (cpu)" in group.chart
    assert "e (cuda)" in group.chart
    assert group.chart.count('class="bar"') == 2


def test_a_group_without_sizes_has_no_chart():
    (group,) = timing_groups((replace(ROW, n=None, median=1.0),))
    assert group.chart is None
    assert len(group.lines) == 1
