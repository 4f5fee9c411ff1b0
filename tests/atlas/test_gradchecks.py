"""Right and wrong derivatives counted: gradcheck is emulated as it is, and neither judge is told what was planted."""

import functools
import math

import numpy as np
import pytest
import torch

from diffcheck.atlas import variant_of
from diffcheck.atlas.gradchecks import FAILED, PASSED, Tally, all_counted, counted, differences, passes
from diffcheck.atlas.measuring import Measurement, Task
from diffcheck.atlas.planting import MOST_ULP, PLANTS, truth
from diffcheck.verification import judging_arrays

POINTS = np.array([-3.0, -0.7, -1e-3, 1e-6, 0.2, 0.4999, 0.7, 1.5, 30.0])


@functools.cache
def measurement_of(name):
    return Measurement(variant_of(name), Task(name, "float64"))


@pytest.mark.parametrize("name", ["tanh", "exp", "sqrt", "erf", "log", "binary_cross_entropy(target=0.3)"])
@pytest.mark.parametrize("plant", [plant for plant in PLANTS if not plant.name.endswith("4 ULP")], ids=lambda plant: plant.name)
def test_it_passes_what_gradcheck_passes(name, plant):
    variant, measurement = variant_of(name), measurement_of(name)
    low, high = variant.accepted
    points = POINTS[(low + 1e-5 < POINTS) & (POINTS < high - 1e-5)]
    known = truth(measurement.derivatives[0], {measurement.names[0]: points}, measurement.form)
    got = plant.made(known.nearest)

    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, slope):
            ctx.save_for_backward(slope)
            return variant.function(x)

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent * ctx.saved_tensors[0], None

    said = []
    for point, slope in zip(points, got, strict=True):
        x = torch.tensor([point], dtype=torch.float64, requires_grad=True)
        function = lambda x, slope=slope: Planted.apply(x, torch.tensor([slope], dtype=torch.float64))  # noqa: E731
        said.append(torch.autograd.gradcheck(function, (x,), raise_exception=False))
    assert passes(got, differences(variant, [points], 0)).tolist() == said


def test_where_pytorch_refuses_an_argument_gradcheck_passes_nothing():
    found = differences(variant_of("binary_cross_entropy(target=0)"), [np.array([0.0, 0.5, 1.0])], 0)
    assert np.isnan(found).tolist() == [True, False, True]
    assert not passes(np.zeros(3), found)[[0, 2]].any()


def test_what_is_planted_is_what_its_name_says():
    measurement = measurement_of("exp")
    known = truth(measurement.derivatives[0], {measurement.names[0]: POINTS}, measurement.form)
    assert known.nearest.tolist() == pytest.approx([math.exp(point) for point in POINTS], rel=1e-15)
    for plant in PLANTS:
        made = plant.made(known.nearest)
        off = np.abs(made - known.nearest)
        assert plant.right == bool((off <= MOST_ULP * np.spacing(known.nearest)).all())
        assert plant.right or not (off <= 1e-3 * np.abs(known.nearest)).any()


@pytest.mark.parametrize(
    ("name", "point", "reason"),
    [
        ("exp", -720.0, "nearly subnormal"),
        ("sin", 1e300, "the argument does not determine it"),
        ("relu", 0.0, "the argument does not determine it"),
        ("log", 0.0, "no finite value"),
        ("exp", 709.7, "near the largest number"),
        ("exp", 1.0, ""),
    ],
)
def test_points_without_a_clear_truth_are_left_out(name, point, reason):
    measurement = measurement_of(name)
    known = truth(measurement.derivatives[0], {measurement.names[0]: np.array([point])}, measurement.form)
    assert known.exempt.tolist() == [reason]
    assert not reason or not any(known.planted(plant, plant.made(known.nearest))[0] for plant in PLANTS)


@pytest.mark.parametrize("name", ["tanh", "gelu", "hypot", "hardshrink"])
def test_no_right_derivative_is_refused_and_no_wrong_one_passes(name):
    found = counted(name, 60, 0)
    assert set(found.tallies) == {plant.name for plant in PLANTS}
    for tally in found.tallies.values():
        assert tally.points > 5
        assert tally.points == sum(tally.verdicts.values()) == sum(tally.gradcheck.values())
        assert (tally.mistakes, tally.misnamed) == (0, 0), tally.first


@pytest.mark.parametrize(("named", "right"), [("wrong", True), ("accurate", False)])
def test_a_judge_that_says_one_thing_of_everything_is_found_out(named, right, monkeypatch):
    def blind(got, exact, bound, conditioning, form):
        verdict = [each.value for each in judging_arrays.VERDICTS].index(named)
        zeros = np.zeros(got.shape)
        return judging_arrays.Judged(np.full(got.shape, verdict, np.uint8), zeros.astype(np.uint8), zeros, zeros)

    monkeypatch.setattr("diffcheck.atlas.judging.judged_arrays", blind)
    for tally in counted("exp", 20, 0).tallies.values():
        assert (tally.mistakes == tally.points > 0) == (tally.right == right)
        assert tally.first or tally.right != right


def test_gradcheck_passes_a_gradient_of_0_where_it_is_small():
    found = counted("sigmoid", 200, 0)
    assert found.tallies["0"].gradcheck[PASSED] > 0
    assert found.tallies["nearest"].gradcheck[FAILED] + found.tallies["nearest"].gradcheck[PASSED] > 0


@pytest.mark.parametrize("point", [2.2535123719604923e105, -5.323237206090184e100])
def test_what_oscillates_far_out_has_one_limit_from_both_sides(point):
    measurement = measurement_of("sinc")
    values = {measurement.names[0]: np.array([point])}
    known = truth(measurement.derivatives[0], values, measurement.form)
    batches = measurement.judged(measurement.derivatives[0], values, {"right": known.nearest, "wrong": 0 * known.nearest})
    assert [judging_arrays.VERDICTS[batch.judged.verdicts[0]].value for batch in batches] == ["exact", "lossy"]


def test_tallies_add_up_over_processes():
    one, two = (list(all_counted(["relu", "neg"], 10, 0, jobs=jobs)) for jobs in (1, 2))
    assert [each.tallies for each in one] == [each.tallies for each in two]
    total = Tally(right=True)
    for each in one:
        total.add(each.tallies["nearest"])
    assert total.points == sum(each.tallies["nearest"].points for each in one)
    assert total.as_dict()["verdicts"] == {"exact": total.points}
