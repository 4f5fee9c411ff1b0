"""Run by test_triton.py in a process of its own: a fused softplus(x)·scale as Triton kernels, checked, one verdict a line."""

import sys

import pytest
import torch
from torch import library as torch_library

import diffcheck as dc

triton = pytest.importorskip("triton")  # pytest looks for examples here too
tl = triton.language

BLOCK = 8


@triton.jit
def log_of_one_plus(small):
    """Return log(1 + small) to full precision: the error that 1 + small makes is divided out again."""
    total = 1.0 + small
    exact = total == 1.0
    return tl.where(exact, small, tl.log(total) * (small / tl.where(exact, 1.0, total - 1.0)))


@triton.jit
def forward_kernel(x_ptr, scale_ptr, out_ptr, size, width, PLAIN: tl.constexpr, BLOCK: tl.constexpr):
    places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = places < size
    x = tl.load(x_ptr + places, mask=inside, other=0.0)
    scale = tl.load(scale_ptr + places % width, mask=inside, other=0.0)
    small = tl.exp(-tl.abs(x))
    value = tl.maximum(x, 0.0) + (tl.log(1.0 + small) if PLAIN else log_of_one_plus(small))
    tl.store(out_ptr + places, value * scale, mask=inside)


@triton.jit
def backward_kernel(  # noqa: PLR0917  # a kernel takes pointers, one each
    x_ptr, scale_ptr, slope_ptr, of_x_ptr, of_scale_ptr, size, width, SINGLE: tl.constexpr, BLOCK: tl.constexpr
):
    places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = places < size
    x = tl.load(x_ptr + places, mask=inside, other=0.0)
    scale = tl.load(scale_ptr + places % width, mask=inside, other=0.0)
    slope = tl.load(slope_ptr + places, mask=inside, other=0.0)
    if SINGLE:
        x = x.to(tl.float32)
    small = tl.exp(-tl.abs(x))
    sigmoid = tl.where(x >= 0, 1.0 / (1.0 + small), small / (1.0 + small))
    value = tl.maximum(x, 0.0) + log_of_one_plus(small)
    tl.store(of_x_ptr + places, slope * scale * sigmoid, mask=inside)
    tl.store(of_scale_ptr + places, slope * value, mask=inside)


def run_forward(x, scale, plain=False):
    x, scale = x.contiguous(), scale.contiguous()
    out = torch.empty_like(x)
    forward_kernel[(triton.cdiv(x.numel(), BLOCK),)](x, scale, out, x.numel(), scale.numel(), PLAIN=plain, BLOCK=BLOCK)
    return out


def run_backward(x, scale, slope, single=False, blocks=None):
    of_x, of_scale = torch.zeros_like(x), torch.zeros_like(x)
    grid = (triton.cdiv(x.numel(), BLOCK) if blocks is None else blocks,)
    backward_kernel[grid](x, scale, slope, of_x, of_scale, x.numel(), scale.numel(), SINGLE=single, BLOCK=BLOCK)
    return of_x, of_scale


class Right(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x, scale)
        return run_forward(x, scale)

    @staticmethod
    def backward(ctx, slope):
        x, scale = ctx.saved_tensors
        of_x, of_scale = run_backward(x.contiguous(), scale.contiguous(), slope.contiguous())
        return of_x, of_scale.sum(0)


class PlainLogarithm(Right):
    """log(1 + exp(x)) as it is written, which keeps few digits of the small values at x ≪ 0."""

    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x, scale)
        return run_forward(x, scale, plain=True)


class SinglePrecision(Right):
    @staticmethod
    def backward(ctx, slope):
        x, scale = ctx.saved_tensors
        of_x, of_scale = run_backward(x, scale, slope.contiguous(), single=True)
        return of_x, of_scale.sum(0)


class StaleLastBlock(Right):
    """The grid is rounded down: the elements beyond the last whole block keep what the memory held."""

    @staticmethod
    def backward(ctx, slope):
        x, scale = ctx.saved_tensors
        of_x, of_scale = run_backward(x, scale, slope.contiguous(), blocks=x.numel() // BLOCK)
        return of_x, of_scale.sum(0)


class SlopeIgnored(Right):
    @staticmethod
    def backward(ctx, slope):
        x, scale = ctx.saved_tensors
        of_x, of_scale = run_backward(x, scale, torch.ones_like(x))
        return of_x, of_scale.sum(0)


class StridesIgnored(Right):
    """Pointers without strides: right for a contiguous slope alone."""

    @staticmethod
    def backward(ctx, slope):
        x, scale = ctx.saved_tensors
        of_x, of_scale = run_backward(x, scale, slope)
        return of_x, of_scale.sum(0)


class ScaleNotSummed(Right):
    @staticmethod
    def backward(ctx, slope):
        x, scale = ctx.saved_tensors
        of_x, of_scale = run_backward(x, scale, slope.contiguous())
        return of_x, of_scale[-1]


FUNCTIONS = {
    "right": Right,
    "plain logarithm": PlainLogarithm,
    "single precision": SinglePrecision,
    "stale last block": StaleLastBlock,
    "slope ignored": SlopeIgnored,
    "strides ignored": StridesIgnored,
    "scale not summed": ScaleNotSummed,
}


def reference(x, scale):
    """Return softplus(x)·scale in plain PyTorch."""
    return torch.nn.functional.softplus(x, threshold=700.0) * scale


def inputs():
    """Return 5×4 elements, which fill two blocks of eight and half of a third."""
    generator = torch.Generator().manual_seed(0)
    x = 3 * torch.randn(5, 4, dtype=torch.float64, generator=generator)
    return x.requires_grad_(), torch.randn(4, dtype=torch.float64, generator=generator).requires_grad_()


def verdict(function, *given, **asked):
    findings = dc.check(function, *given, **asked)
    return f"{'ok' if findings.ok else 'refused'}, {len(findings)} elements, worst {findings.worst}"


def say(what, told):
    sys.stdout.write(f"{what}: {told}\n")


def check_functions():
    for name, kind in FUNCTIONS.items():
        # By the names of its own signature, which are those of the reference.
        say(name, verdict(lambda x, scale, kind=kind: kind.apply(x, scale), *inputs(), wrt=("x", "scale"), reference=reference))
    passed = torch.autograd.gradcheck(SinglePrecision.apply, inputs(), raise_exception=False)
    say("gradcheck of single precision", "ok" if passed else "refused")


def check_operators():
    try:
        triton_op, wrap_triton = torch_library.triton_op, torch_library.wrap_triton
    except AttributeError as error:
        say("absent", str(error))
        return

    def made(name, single):
        @triton_op(f"diffcheck_triton::{name}", mutates_args=())
        def operator(x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
            out = torch.empty_like(x)
            kernel = wrap_triton(forward_kernel)
            kernel[(triton.cdiv(x.numel(), BLOCK),)](x, scale, out, x.numel(), scale.numel(), PLAIN=False, BLOCK=BLOCK)
            return out

        def backward(ctx, slope):
            of_x, of_scale = run_backward(*ctx.saved_tensors, slope.contiguous(), single=single)
            return of_x, of_scale.sum(0)

        operator.register_autograd(backward, setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs))

        def called(x, scale):
            return operator(x, scale)

        return called

    try:
        right, wrong = made("right", False), made("wrong", True)
        right(*inputs())
    except Exception as error:  # noqa: BLE001  # PyTorch may not wrap an interpreted kernel; which error it raises varies
        say("absent", f"triton_op does not run here: {type(error).__name__}: {str(error).splitlines()[0]}")
        return
    say("right", verdict(right, *inputs(), reference=reference))
    say("wrong", verdict(wrong, *inputs(), reference=reference))
    try:
        dc.check(right, *inputs())
    except dc.errors.CaptureError as refusal:
        say("without a reference", str(refusal).replace("\n", " "))


if __name__ == "__main__":
    {"functions": check_functions, "operators": check_operators}[sys.argv[1]]()
