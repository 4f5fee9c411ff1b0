"""Pointwise functions that an atlas may be asked for, found by name in the processes that measure: some of them end badly."""

import os
import sys
import time

import torch


def cubed(x):
    return x * x * x


def dies(x):
    os._exit(3)


def hangs(x):
    time.sleep(600)
    return x


def summed(x):
    return x.sum()


def prints(x):
    print("from Python")  # noqa: T201  # what is tested
    os.write(1, b"from below\n")
    return -x


def exits(x):
    sys.exit(3)


def interrupts(x):
    raise KeyboardInterrupt


def no_executor():
    return 3


def threads():
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1)


class Cubed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return 3 * x * x * slope


applied = Cubed.apply
module = torch.nn.Hardtanh()
