"""Measured variants: what is known to be lost is found lost where it is, and what is right is called so."""

import math

import numpy as np
import pytest
import torch

from diffcheck.atlas import VARIANTS, Variant
from diffcheck.atlas.asking import MODES, derivatives
from diffcheck.atlas.conditioning import conditioning
from diffcheck.atlas.measuring import Question, is_exhaustive, measured
from diffcheck.derivation import derive
from diffcheck.errors import UnknownName
from diffcheck.notation import parse
from diffcheck.oracle import FORMATS
from diffcheck.verification.verdict import Kind, Verdict


def counted(variant, dtype, mode="reverse"):
    batches = list(measured(variant, Question(variant.name, dtype, mode)))
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
    variant = Variant("skewed", lambda input: Skewed.apply(input, slope), "activation")  # as PyTorch calls it
    counts, batches = counted(variant, "float16")
    assert sum(batch.judged.count_kind(kind) for batch in batches) == 2  # at 0 and at −0
    assert counts[Verdict.EXACT] == sum(counts.values()) - 2


def test_all_modes_agree_on_a_smooth_function_of_two_tensors():
    points = {"x": torch.tensor([0.3, 2.0], dtype=torch.float64), "y": torch.tensor([1.5, -0.5], dtype=torch.float64)}
    found = {mode: derivatives(lambda x, y: x**2 * y.sin(), points, mode) for mode in MODES}
    for first, second in (("reverse", "forward"), ("reverse over reverse", "forward over reverse")):
        for name in points:
            assert torch.allclose(found[first][name], found[second][name])
    x, y = points.values()
    assert torch.allclose(found["reverse over reverse"]["x"], 2 * y.sin() + 2 * x * y.cos())


def test_conditioning_is_the_derivative_of_the_derivative():
    gradient = derive(parse("data x[n]\ny[i] = x[i]**3"), ("x",))
    form = FORMATS["float64"]
    x = np.array([1.0, 3.0])
    found = conditioning(gradient.program, gradient.adjoints["x"], ("x",), {"x": x, "y_bar": np.ones(2)}, form)
    assert found == pytest.approx(form.unit * (6 * x**2 + 3 * x**2))


def test_what_is_not_known_is_refused():
    with pytest.raises(UnknownName, match="mode"):
        next(measured(VARIANTS["tanh"], Question("tanh", "float64", "revers")))
    with pytest.raises(UnknownName, match="floating-point format"):
        next(measured(VARIANTS["tanh"], Question("tanh", "float8")))
    assert math.isfinite(Question("tanh", "float64").order)
