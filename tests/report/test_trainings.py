"""Runs that agree all show, and divergence is said in words."""

import re
from math import isfinite, nan

import pytest
from report.sample import run, thermometer, training

from diffcheck.report.numerals import number
from diffcheck.report.reading import read
from diffcheck.report.schema import Problem, Training
from diffcheck.report.trainings import training_runs


def runs(rows, problems=()):
    return training_runs(tuple(read(Training, row) for row in rows), tuple(read(Problem, row) for row in problems))


def test_runs_are_grouped_by_their_inputs():
    groups = runs(training())
    assert [group.title for group in groups] == ["thermometer, inputs scaled by 0.1", "thermometer, inputs raw"]
    assert [len(group.rows) for group in groups] == [3, 2]
    assert [len(group.charts) for group in groups] == [1, 2]


def test_equal_runs_are_nested_by_width():
    (chart,) = runs(training())[0].charts
    widths = [chart.drawing.index(f'stroke-width="{width}"') for width in ("14", "8", "2")]
    assert widths == sorted(widths)


@pytest.mark.parametrize(
    ("factor", "said"),
    [(1.0, "their losses are equal."), (1 + 1e-9, "their losses differ by at most 10⁻⁹ of their size."), (1.5, "")],
)
def test_how_close_the_runs_are_is_said_where_they_overlap(factor, said):
    row = run("raw", "manual", "autograd", 1.0, 1e-4, 5)
    other = row | {"curve": [[epoch, factor * loss] for epoch, loss in row["curve"]]}
    (chart,) = runs([row, other])[0].charts
    assert chart.closeness.endswith(said)
    assert bool(chart.closeness) == bool(said)


def test_one_run_and_runs_of_other_lengths_are_close_to_nothing():
    row = run("raw", "manual", "autograd", 1.0, 1e-4, 5)
    assert runs([row])[0].charts[0].closeness == ""
    assert runs([row, row | {"curve": row["curve"][:3]}])[0].charts[0].closeness == ""


def test_divergence_is_compared_with_the_largest_stable_step():
    statements = runs(training(), [thermometer()])[1].statements
    assert statements == (
        "manual with hand-written, lr 0.01: diverged at epoch 87; its step is 29.4 times the largest stable one, 3.4·10⁻⁴.",
    )


def test_a_loss_that_is_no_number_is_said_even_if_nobody_called_it_diverged():
    row = run("raw", "manual", "autograd", 1.0, 1e-4, 5) | {"loss": nan}
    assert runs([row])[0].statements == ("manual with autograd, lr 10⁻⁴: its loss is NaN.",)


def test_a_run_that_diverges_is_drawn_with_its_true_losses_in_a_chart_of_its_own():
    steady, climbing = (chart.drawing for chart in runs(training())[1].charts)
    assert "optimizer, autograd" in steady
    assert "manual, hand-written" in climbing
    assert "optimizer" not in climbing
    curve = run("raw", "manual", "hand-written", 1.0, 1e-2, 100)["curve"]
    told = {f"manual, hand-written: loss {number(loss, 6)} at epoch {epoch}" for epoch, loss in curve}
    titles = re.findall("<title>(manual, hand-written: [^<]*)</title>", climbing)
    assert len(titles) == 6
    assert set(titles) <= told
    points = re.search('class="line" d="([^"]*)"', climbing)[1].split("L")
    assert len(points) == sum(isfinite(loss) for _, loss in curve)


def test_epochs_on_the_axis_are_whole_and_distinct():
    for epochs in (1, 2, 3, 7):
        (chart,) = runs([run("raw", "manual", "autograd", 1.0, 1e-4, epochs)])[0].charts
        axis = chart.drawing.split(">epoch<")[0]
        ticks = re.findall('class="tick mid"[^>]*>([^<]*)<', axis)
        assert ticks
        assert len(ticks) == len(set(ticks))


@pytest.mark.parametrize("curve", [[], [[1, nan]], [[1, 0.0], [2, 0.0]], [[1, -1.0], [2, 1.0]], [[1, 5.0]]])
def test_odd_curves_are_drawn_or_left_out(curve):
    row = run("raw", "manual", "autograd", 1.0, 1e-4, 2) | {"curve": curve}
    (group,) = runs([row])
    assert len(group.charts) == bool(curve)


def test_many_runs_share_several_charts():
    rows = [run("raw", f"loop {k}", "autograd", 1.0, 1e-4, 3) for k in range(8)]
    assert len(runs(rows)[0].charts) == 2


def test_a_long_curve_is_thinned():
    (chart,) = runs([run("scaled by 0.1", "manual", "autograd", 0.1, 1e-2, 5000)])[0].charts
    assert len(chart.drawing) < 12_000
