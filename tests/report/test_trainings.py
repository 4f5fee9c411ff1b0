"""Runs that agree all show, and divergence is said in words."""

from math import nan

import pytest
from report.sample import run, thermometer, training

from diffcheck.report.reading import read
from diffcheck.report.schema import Problem, Training
from diffcheck.report.trainings import training_runs


def runs(rows, problems=()):
    return training_runs(tuple(read(Training, row) for row in rows), tuple(read(Problem, row) for row in problems))


def test_runs_are_grouped_by_their_inputs():
    groups = runs(training())
    assert [group.title for group in groups] == ["thermometer, inputs scaled by 0.1", "thermometer, inputs raw"]
    assert [len(group.rows) for group in groups] == [3, 2]
    assert [len(group.charts) for group in groups] == [1, 1]


def test_equal_runs_are_nested_by_width():
    (chart,) = runs(training())[0].charts
    widths = [chart.index(f'stroke-width="{width}"') for width in ("7", "4.5", "2")]
    assert widths == sorted(widths)


def test_divergence_is_compared_with_the_largest_stable_step():
    statements = runs(training(), [thermometer()])[1].statements
    assert statements == (
        "manual with hand-written, lr 0.01: diverged at epoch 87; its step is 29.4 times the largest stable one, 3.4·10⁻⁴.",
    )


def test_a_loss_that_is_no_number_is_said_even_if_nobody_called_it_diverged():
    row = run("raw", "manual", "autograd", 1.0, 1e-4, 5) | {"loss": nan}
    assert runs([row])[0].statements == ("manual with autograd, lr 10⁻⁴: its loss is NaN.",)


def test_a_run_that_leaves_the_chart_is_marked():
    (chart,) = runs(training())[1].charts
    assert "manual, hand-written, lr 0.01 ↑" in chart
    assert "optimizer, autograd, lr 10⁻⁴ ↑" not in chart


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
    assert len(chart) < 12_000
