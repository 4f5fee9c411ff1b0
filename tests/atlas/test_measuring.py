"""Measured variants: what is known to be lost is found lost where it is, and what is right is called so."""

import math

import numpy as np
import pytest
import torch

from diffcheck.atlas import VARIANTS, Variant
from diffcheck.atlas.asking import GENERATED, MODES, derivatives, modes_of
from diffcheck.atlas.conditioning import conditioning
from diffcheck.atlas.measuring import Measurement, Task, is_exhaustive, measured, points_of
from diffcheck.atlas.searching import Search
from diffcheck.atlas.slopes import moderate, slopes
from diffcheck.atlas.summaries import Summary
from diffcheck.derivation import derive
from diffcheck.errors import UnknownName
from diffcheck.notation import parse
from diffcheck.oracle import FORMATS
from diffcheck.verification.verdict import Kind, Verdict


def counted(variant, dtype, mode="reverse"):
    measurement = Measurement(variant, Task(variant.name, dtype, MODES[mode].order))
    measurement.ways = {mode: measurement.ways[mode]}
    batches = list(measurement.batches(points_of(variant, measurement.form)))
    return {verdict: sum(batch.judged.count(verdict) for batch in batches) for verdict in Verdict}, batches


def test_every_value_of_bfloat16_is_judged_and_tanh_loses_its_tail():
    counts, batches = counted(VARIANTS["tanh"], "bfloat16")
    assert sum(counts.values()) == 65_280  # the finite ones of 65,536
    assert is_exhaustive(VARIANTS["tanh"], "bfloat16")
    assert counts[Verdict.WRONG] == counts[Verdict.UNDECIDED] == 0
    assert counts[Verdict.LOSSY] > 500
    spurious = sum(batch.judged.count_kind(Kind.SPURIOUS_ZERO) for batch in batches)
    assert spurious > 900


@pytest.mark.parametrize("mode", MODES)
def test_relu_is_exact_in_every_mode(mode):
    counts, _ = counted(VARIANTS["relu"], "float16", mode)
    assert counts[Verdict.EXACT] == sum(counts.values()) == 63_488


def test_the_constant_of_hardsigmoid_is_wrong_in_float64_alone():
    wrong, batches = counted(VARIANTS["hardsigmoid"], "float64")
    assert wrong[Verdict.WRONG] > 1000
    assert max(float(batch.judged.ulps[np.isfinite(batch.judged.ulps)].max()) for batch in batches) > 1e7
    assert counted(VARIANTS["hardsigmoid"], "float32")[0][Verdict.WRONG] == 0


class Skewed(torch.autograd.Function):
    """The relu with the slope 1/2 at 0, and with a slope that is outside of all that is possible there."""

    @staticmethod
    def forward(ctx, x, slope):
        ctx.save_for_backward(x)
        ctx.slope = slope
        return x.relu()

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * torch.where(x == 0, ctx.slope, (x > 0).to(x.dtype)), None


@pytest.mark.parametrize(("slope", "kind"), [(0.5, Kind.SUBGRADIENT), (1.5, Kind.NO_SUBGRADIENT)])
def test_a_subgradient_is_told_from_what_is_none(slope, kind):
    variant = Variant("skewed", lambda input: Skewed.apply(input, slope), "activation")
    counts, batches = counted(variant, "float16")
    assert sum(batch.judged.count_kind(kind) for batch in batches) == 2  # at 0 and at −0
    assert counts[Verdict.EXACT] == sum(counts.values()) - 2


def test_all_modes_agree_on_a_smooth_function_of_two_tensors():
    function = lambda x, y: x**2 * y.sin()  # noqa: E731  # as a variant has it
    points = {"x": torch.tensor([0.3, 2.0], dtype=torch.float64), "y": torch.tensor([1.5, -0.5], dtype=torch.float64)}
    x, y = points.values()
    slopes = {"x": 2 * x * y.sin(), "y": x**2 * y.cos()}
    second = {"x, x": 2 * y.sin(), "x, y": 2 * x * y.cos(), "y, x": 2 * x * y.cos(), "y, y": -(x**2) * y.sin()}
    for mode in MODES.keys() - GENERATED:
        found, wanted = derivatives(function, points, mode), slopes if MODES[mode].order == 1 else second
        assert found.keys() == wanted.keys()
        assert all(torch.allclose(found[label], wanted[label]) for label in wanted)
    values = {name: value.numpy() for name, value in points.items()}
    for order, wanted in ((1, slopes), (2, second)):
        variant = Variant("smooth", function, "binary", 2)
        for batch in Measurement(variant, Task("smooth", "float64", order)).batches(list(values.values())):
            assert batch.judged.count(Verdict.WRONG) == 0
            assert np.allclose(batch.got, wanted[batch.name].numpy())
            assert batch.mode in modes_of(order)


class Squared(torch.autograd.Function):
    """The square, whose backward is off where a number is larger than 1."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * 2 * x * torch.where(x.abs() > 1, 1 + 2.0**-6, 1.0)


def test_a_planted_fault_is_found_where_it_is():
    variant = Variant("squared", Squared.apply, "own")
    (batch,) = [
        one
        for one in Measurement(variant, Task("squared", "float16")).batches([np.array([0.5, 1.0, 2.0, 3.0])])
        if one.mode == "reverse"
    ]
    assert [batch.judged.verdicts[place] for place in range(4)] == [0, 0, 3, 3]


def test_conditioning_is_the_derivative_of_the_derivative():
    gradient = derive(parse("data x[n]\ny[i] = x[i]**3"), ("x",))
    form = FORMATS["float64"]
    x = np.array([1.0, 3.0])
    found = conditioning(gradient.program, gradient.adjoints["x"], ("x",), {"x": x, "y_bar": np.ones(2)}, form)
    assert found == pytest.approx(form.unit * (6 * x**2 + 3 * x**2))


def test_what_is_not_known_is_refused():
    with pytest.raises(UnknownName, match="floating-point format"):
        next(measured(VARIANTS["tanh"], Task("tanh", "float8")))


def test_what_pytorch_has_no_kernel_for_is_told_and_the_rest_measured():
    measurement = Measurement(VARIANTS["erfcx"], Task("erfcx", "bfloat16"))
    assert "not implemented for 'BFloat16'" in measurement.refused["reverse"]
    assert "reverse" not in measurement.ways


def test_code_is_measured_beside_pytorch_and_keeps_the_tail():
    counts, batches = counted(VARIANTS["tanh"], "float32", "generated")
    assert counts[Verdict.LOSSY] == counts[Verdict.WRONG] == 0
    assert max(float(batch.judged.ulps.max()) for batch in batches) < 4


def test_the_second_derivative_of_digamma_is_not_asked_for_where_it_takes_a_step_for_every_whole_number():
    for order, least in ((1, -1e300), (2, -1e5)):
        measurement = Measurement(VARIANTS["digamma"], Task("digamma", "float64", order))
        (points,) = points_of(measurement.variant, measurement.form)
        assert points.min() <= least + 1e5
        assert (points >= least).all() or order == 1


def cotangents(backward):
    """Return sin with a *backward* of what comes in and the slope, and its measurement."""

    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, coming):
            return backward(coming, ctx.saved_tensors[0].cos())

    measurement = Measurement(Variant("own", Sine.apply, "elementary"), Task("own", "float32"))
    points = moderate(1, (-math.inf, math.inf), FORMATS["float32"])
    return slopes(measurement.ways["reverse"], measurement.tensors(dict(zip(measurement.names, points, strict=True))))


@pytest.mark.parametrize(
    "backward",
    [
        lambda coming, slope: slope,
        lambda coming, slope: coming.abs() * slope,
        lambda coming, slope: coming.clamp(-1, 1) * slope,
        lambda coming, slope: torch.where(coming.abs() < 1e-3, 0, coming) * slope,
        lambda coming, slope: (coming + coming**2) * slope / 2,
    ],
)
def test_a_derivative_that_is_right_for_1_alone_is_seen(backward):
    found = cotangents(backward)
    assert found.apart > 0
    assert found.first is not None
    assert {"point", "coming", "got", "wanted"} <= found.first.keys()


def test_a_derivative_in_proportion_to_what_comes_in_is_let_pass():
    found = cotangents(lambda coming, slope: coming * slope)
    assert (found.tried > 400, found.apart, found.first) == (True, 0, None)


def test_a_wrong_point_that_the_search_finds_is_the_verdict():
    def slope(x, coming):
        turned = torch.where((x > 2) & (x < 2 + 2.0**-17), -coming, coming)
        return torch.where(x == 2, coming * (1 + 3 * 2.0**-23), turned)

    class Slope(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 1

        @staticmethod
        def backward(ctx, coming):
            return slope(ctx.saved_tensors[0], coming)

    measurement = Measurement(Variant("own", Slope.apply, "elementary"), Task("own", "float32"))
    summary, search = Summary(), Search(measurement)
    for batch in measurement.batches([np.array([0.5, 2.0, 7.0])]):
        if batch.mode == "reverse":
            summary.count(search.see(batch))
    assert summary.verdict == "accurate"
    for batch in search.rounds():
        if batch.mode == "reverse":
            summary.search(batch)
    assert summary.verdict == "wrong"
    assert summary.blamed is not None
    assert (summary.blamed.verdict, summary.blamed.ulp > 1e6) == ("wrong", True)
    assert summary.verdicts["wrong"] == 0 < summary.found["wrong"]
