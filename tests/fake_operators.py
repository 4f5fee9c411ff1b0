"""A small database of operators, in the form of PyTorch's own, with every way in which a walk can go."""

import os
import time
from types import SimpleNamespace

import torch


class _Doubled(torch.autograd.Function):
    """x², with a backward that forgets the factor 2."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0]


def _raise(x):
    raise ValueError("this operator is out of order")


def _hang(x):
    time.sleep(600)


def _exit(x):
    os._exit(1)


def _no_samples(device, dtype, requires_grad):
    raise RuntimeError("no samples today")


def _samples(*shapes):
    def draw(device, dtype, requires_grad):
        return (
            SimpleNamespace(
                input=torch.randn(shape, device=device, dtype=dtype, requires_grad=requires_grad),
                args=(),
                kwargs={},
                output_process_fn_grad=lambda output: output,
            )
            for shape in shapes
        )

    return draw


def entry(name, op, samples=None, *, variant="", supports_autograd=True):
    return SimpleNamespace(
        name=name,
        variant_test_name=variant,
        op=op,
        supports_autograd=supports_autograd,
        sample_inputs=samples or _samples((3,), (0,), (2, 2)),
    )


op_db = [
    entry("wrong", _Doubled.apply),
    entry("dies", _exit),
    entry("right", lambda x: x * torch.sin(x)),
    entry("raises", _raise),
    entry("empty", torch.sin, _samples((0,), (2, 0))),
    entry("no_samples", torch.sin, _no_samples),
    entry("unsupported", lambda x: torch.dropout(x, 0.5, True)),
    entry("hangs", _hang),
    entry("whole", torch.argmax, supports_autograd=False),
]
