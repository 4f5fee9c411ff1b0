"""Infinite masks as PyTorch code writes them: their gradients are right, spoilt ones wrong, what has no value is left open."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812  # as everyone calls it

import diffcheck as dc
from diffcheck.capturing.capture import capture
from diffcheck.oracle import bounds
from diffcheck.oracle.float_arithmetic import float_values
from diffcheck.oracle.formats import FORMATS
from diffcheck.verification.verdict import Verdict

INF = math.inf
SOME = torch.tensor([[False, True, False, True], [False, False, False, True], [True, True, False, False]])
WHOLE_ROW = torch.tensor([[False, True, False, True], [True, True, True, True], [True, True, False, False]])
SEEN = torch.tensor([[True, False, True], [True, True, True], [False, True, False]])
BLIND = torch.tensor([[True, False, True], [False, False, False], [False, True, False]])

BY_MASK = {
    "softmax": lambda x, mask: (x.masked_fill(mask, -INF).softmax(1) ** 2).sum(),
    "softmax by where": lambda x, mask: (torch.where(mask, -INF, x).softmax(1) ** 2).sum(),
    "log_softmax": lambda x, mask: x.masked_fill(mask, -INF).log_softmax(1)[:, 2].sum(),
    "cross entropy": lambda x, mask: F.cross_entropy(x.masked_fill(mask, -INF), torch.tensor([0, 1, 2])),
    "logsumexp": lambda x, mask: (x.masked_fill(mask, -INF).logsumexp(1) ** 2).sum(),
    "amax": lambda x, mask: (x.masked_fill(mask, -INF).amax(1) ** 2).sum(),
    "amin": lambda x, mask: (x.masked_fill(mask, INF).amin(1) ** 2).sum(),
    "max": lambda x, mask: x.masked_fill(mask, -INF).max(1).values.sum(),
    "exp": lambda x, mask: x.masked_fill(mask, -INF).exp().sum(),
    "sigmoid": lambda x, mask: x.masked_fill(mask, -INF).sigmoid().sum(),
    "tanh": lambda x, mask: x.masked_fill(mask, -INF).tanh().sum(),
    "relu": lambda x, mask: x.masked_fill(mask, -INF).relu().sum(),
    "clamp": lambda x, mask: x.masked_fill(mask, -INF).clamp(min=-1).sum(),
    "maximum": lambda x, mask: torch.maximum(x.masked_fill(mask, -INF), x - 1).sum(),
}

ATTENTION = {
    "causal": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    "causal by hand": lambda q, k, v: (q @ k.mT + torch.triu(torch.full((3, 3), -INF, dtype=q.dtype), 1)).softmax(-1) @ v,
    "causal by mask": lambda q, k, v: (q @ k.mT).masked_fill(torch.ones(3, 3).bool().triu(1), -INF).softmax(-1) @ v,
    "a mask": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=SEEN),
    "a mask that hides everything from one": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=BLIND),
}


def drawn(*shape, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("name", BY_MASK)
def test_a_masked_function_has_the_gradient_that_autograd_gives(name):
    dtype = torch.float32 if len(name) % 2 else torch.float64
    findings = dc.check(BY_MASK[name], drawn(3, 4, dtype=dtype).requires_grad_(), SOME)
    assert findings.ok, findings.table()


@pytest.mark.parametrize("name", ATTENTION)
def test_masked_attention_has_the_gradient_that_autograd_gives(name):
    q, k, v = (drawn(1, 3, 2).add(place).requires_grad_() for place in range(3))
    findings = dc.check(ATTENTION[name], q, k, v)
    assert findings.ok, findings.table()


class Spoilt(torch.autograd.Function):
    """The sum of squares of a softmax, with a gradient that is off by 1e-9 where nothing is masked."""

    @staticmethod
    def forward(ctx, x, mask):
        ctx.save_for_backward(x, mask)
        return BY_MASK["softmax"](x, mask)

    @staticmethod
    def backward(ctx, cotangent):
        x, mask = ctx.saved_tensors
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            (slope,) = torch.autograd.grad(BY_MASK["softmax"](leaf, mask), leaf)
        return cotangent * slope * (1 + 1e-9), None


def test_a_gradient_that_is_a_little_off_beside_a_mask_is_wrong():
    findings = dc.check(Spoilt.apply, drawn(3, 4).requires_grad_(), SOME, reference=BY_MASK["softmax"])
    assert {finding.verdict for finding in findings} >= {Verdict.WRONG}


@pytest.mark.parametrize("name", ["logsumexp", "amax", "max"])
def test_a_row_that_is_wholly_masked_is_minus_infinity_and_passes_nothing_on(name):
    of_row = {
        "logsumexp": lambda x, mask: x.masked_fill(mask, -INF).logsumexp(1),
        "amax": lambda x, mask: x.masked_fill(mask, -INF).amax(1),
        "max": lambda x, mask: x.masked_fill(mask, -INF).max(1).values,
    }[name]
    findings = dc.check(of_row, drawn(3, 4).requires_grad_(), WHOLE_ROW)
    assert findings.ok, findings.table()


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_a_row_that_is_wholly_masked_depends_on_nothing_that_is_masked(name):
    findings = dc.check(lambda x, mask: getattr(x.masked_fill(mask, -INF), name)(1), drawn(3, 4).requires_grad_(), WHOLE_ROW)
    assert findings.ok, findings.table()


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_what_has_no_value_in_a_row_that_is_minus_infinity_by_a_sum_is_neither_right_nor_wrong(name):
    def of_row(x, mask):
        return getattr(x + torch.where(mask, -INF, 0.0), name)(1)

    verdicts = {finding.verdict for finding in dc.check(of_row, drawn(3, 4).requires_grad_(), WHOLE_ROW)}
    assert Verdict.WRONG not in verdicts
    assert verdicts & {Verdict.UNDECIDED, Verdict.UNDEFINED}


def masked_program():
    captured = capture(BY_MASK["softmax"], drawn(3, 4).requires_grad_(), SOME)
    return dc.derive(captured), {"x": drawn(3, 4).numpy(), "mask": SOME.numpy()}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_a_mask_leaves_the_bounds_finite(dtype):
    gradient, point = masked_program()
    found = bounds(gradient, point | {"x": point["x"].astype("float32").astype("float16").astype("float64")}, dtype=dtype)
    assert np.isfinite(found.rounding["x"]).all()
    assert np.isfinite(found.conditioning["x"]).all()
    assert (found.rounding["x"] < 100 * FORMATS[dtype].unit).all()


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_mask_is_carried_out_in_floats_as_pytorch_does(dtype):
    gradient, point = masked_program()
    for generator in (None, np.random.default_rng(1)):
        values = float_values(gradient.program, point, FORMATS[dtype], generator)
        assert not any(np.isnan(array).any() for array in values.values())
        assert (values[gradient.adjoints["x"]][SOME.numpy()] == 0).all()


def test_the_derived_program_of_a_mask_is_written_and_read_back():
    gradient, _ = masked_program()
    assert dc.parse(str(gradient.program)) == gradient.program
    assert "nan" not in str(gradient.program)
