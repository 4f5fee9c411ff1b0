"""Rows that read at computed places or over runs of neighbours, and functions that keep running moments."""

import pytest
import torch
from capturing.functions import labels, normal
from torch.nn import functional as F  # noqa: N812  # as everyone calls it

import diffcheck as dc
from diffcheck.errors import CaptureError, DerivationError
from diffcheck.verification.differentiating import autograd

WORDS, OFFSETS = labels(6, classes=5), torch.tensor([0, 2, 2])
IMAGE, GRID = normal(1, 1, 3, 4), 1.7 * normal(1, 2, 2, 2)
VOLUME, PLACES = normal(1, 1, 2, 3, 2), 1.7 * normal(1, 1, 2, 1, 3)


def resized(u, **how):
    return lambda: (lambda x: F.interpolate(x, **how), u)


def sampled(u, grid, **how):
    return lambda: (lambda x, g: F.grid_sample(x, g, **how), u, grid)


def bags(**how):
    return lambda: (lambda w: F.embedding_bag(WORDS, w, OFFSETS, **how), normal(5, 2))


def segments(reduce, **how):
    return lambda: (lambda x: torch.segment_reduce(x, reduce, **how), normal(5, 2))


CASES = {
    "nearest by a factor": resized(normal(1, 1, 17), mode="nearest", scale_factor=1.3),
    "nearest exact": resized(normal(1, 1, 5), mode="nearest-exact", scale_factor=1.7),
    "bilinear by a factor": resized(normal(1, 1, 4, 5), mode="bilinear", scale_factor=(1.7, 0.6)),
    "bicubic": resized(normal(1, 1, 4, 5), mode="bicubic", size=(3, 7)),
    "bicubic by a factor": resized(normal(1, 1, 4, 3), mode="bicubic", scale_factor=(1.7, 0.6)),
    "antialiased": resized(normal(1, 1, 5, 4), mode="bilinear", size=(2, 5), antialias=True),
    "antialiased bicubic": resized(normal(1, 1, 5, 4), mode="bicubic", scale_factor=(0.41, 1.6), antialias=True),
    "grid": sampled(IMAGE, GRID, align_corners=False),
    "grid with border": sampled(IMAGE, GRID, align_corners=True, padding_mode="border"),
    "grid with reflection": sampled(IMAGE, GRID, align_corners=False, padding_mode="reflection"),
    "cubic grid": sampled(IMAGE, GRID, align_corners=False, mode="bicubic"),
    "cubic grid with border": sampled(IMAGE, 4 * GRID, align_corners=False, mode="bicubic", padding_mode="border"),
    "cubic grid with reflection": sampled(IMAGE, GRID, align_corners=True, mode="bicubic", padding_mode="reflection"),
    "grid in space": sampled(VOLUME, PLACES, align_corners=False),
    "bags": bags(mode="mean", padding_idx=2),
    "bags to the last": lambda: (
        lambda w: F.embedding_bag(WORDS, w, torch.tensor([0, 2, 6]), mode="sum", include_last_offset=True), normal(5, 2)
    ),
    "largest of bags": bags(mode="max"),
    "weighted bags": lambda: (
        lambda w, s: F.embedding_bag(WORDS, w, OFFSETS, mode="sum", per_sample_weights=s), normal(5, 2), normal(6)
    ),
    "segments": segments("mean", lengths=torch.tensor([2, 3])),
    "largest of segments": segments("max", offsets=torch.tensor([0, 2, 2, 5]), initial=0.1),
    "products of segments": segments("prod", offsets=torch.tensor([0, 2, 5])),
    "strided transposed convolution": lambda: (
        lambda x, w: F.conv_transpose1d(x, w, stride=3, dilation=2, padding=1), normal(1, 2, 3), normal(2, 1, 3)
    ),
    "moments of groups": lambda: (lambda x: torch.native_group_norm(x, None, None, 2, 4, 3, 2, 1e-5)[0], normal(2, 4, 3)),
    "leaky at random, eval": lambda: (lambda x: F.rrelu(x, 0.1, 0.5), normal(6)),
    "squeezed nowhere": lambda: (lambda x: x.squeeze(()).sin(), normal(1, 2, 1)),
}  # fmt: skip


def given(name):
    function, *inputs = CASES[name]()
    return function, [value.clone().requires_grad_() for value in inputs]


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_agree(name):
    function, inputs = given(name)
    findings = dc.check(function, *inputs, tangents=2)
    assert findings.ok, findings.table()


@pytest.mark.parametrize("name", ["bicubic", "antialiased", "cubic grid", "grid in space", "largest of bags", "segments"])
def test_a_gradient_wrong_by_1e_minus_9_is_refused(name):
    function, inputs = given(name)

    def slightly_wrong(subject, cotangents):
        return {key: value * (1 + 1e-9) for key, value in autograd(subject, cotangents).items()}

    assert not dc.check(function, *inputs, engine=slightly_wrong, tangents=2).ok


def test_gradients_of_pytorch_that_are_wrong_are_found():
    # The backward finds the nearest element in float32, the forward in float64: at this factor they differ.
    x = normal(1, 1, 17).requires_grad_()
    slopes = torch.autograd.functional.jacobian(lambda x: F.interpolate(x, mode="nearest-exact", scale_factor=2.3), x)
    moved = F.interpolate(torch.eye(17, dtype=x.dtype)[:, None], mode="nearest-exact", scale_factor=2.3)
    assert not torch.equal(slopes.reshape(-1, 17), moved[:, 0].T)
    assert not dc.check(lambda x: F.interpolate(x, mode="nearest-exact", scale_factor=2.3), x).ok


def normalised(x, mean, spread):
    return F.batch_norm(x, mean, spread, training=True)


def by_instance(x, mean, spread):
    return F.instance_norm(x, mean, spread)


@pytest.mark.parametrize("function", [normalised, by_instance])
def test_running_moments_are_state_and_stay_as_they_were(function):
    x, mean, spread = normal(3, 2, 4).requires_grad_(), normal(2), normal(2).exp()
    before = mean.clone(), spread.clone()
    assert dc.check(function, x, mean, spread, tangents=2).ok
    assert torch.equal(mean, before[0])
    assert torch.equal(spread, before[1])
    with pytest.raises(DerivationError, match="overwrites"):
        dc.check(function, x, mean, spread, wrt=("x", "mean"))


def changing(x, state):
    state.add_(1)
    return x * state


def test_any_other_input_that_is_overwritten_is_refused():
    with pytest.raises(CaptureError, match="overwrites"):
        dc.check(changing, normal(2).requires_grad_(), normal(2))


def test_running_moments_that_require_grad_are_refused():
    x, mean, spread = normal(3, 2, 4).requires_grad_(), normal(2).requires_grad_(), normal(2).exp()
    with pytest.raises(CaptureError):
        dc.check(normalised, x, mean, spread)


def test_a_number_read_from_a_tensor_is_refused():
    with pytest.raises(CaptureError):
        dc.check(lambda x, n: x.tensor_split(n)[0], normal(4).requires_grad_(), torch.tensor(2))
