"""How far a verdict can be trusted: false alarms on right gradients, and planted faults that pass, counted.

A case is a network of drawn sizes, weights and data, in one dtype. It is checked as it stands, where any refusal is a false
alarm, and with a fault behind one of its layers: a backward that is (1 + ε) times the right one, where a pass is a miss.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Any

import torch

from diffcheck.verification.checking import check
from diffcheck.verification.findings import Findings
from diffcheck.verification.networks import NETWORKS, Drawn, drawn_network

# The smallest relative fault that is promised to be seen, by dtype. None is promised for float16, whose gradients underflow.
FAULTS = {"float64": 1e-12, "float32": 1e-5, "bfloat16": 0.02}


@dataclass(frozen=True)
class Case:
    """One drawn network in one dtype: whether it was refused as it stands, and with a fault behind *layer*."""

    network: str
    dtype: str
    seed: int
    layer: str
    alarm: str
    caught: bool


class _Scaled(torch.autograd.Function):
    """The identity, with (1 + ε) times the right backward."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, excess: float) -> torch.Tensor:
        ctx.excess = excess
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        return grad[0] + grad[0] * ctx.excess, None


def with_fault(drawn: Drawn, layer: str, excess: float) -> Findings:
    """Return the findings on *drawn* with a backward that is 1 + *excess* times the right one behind *layer*."""
    handle = drawn.network.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: _Scaled.apply(output, excess)  # type: ignore[no-untyped-call]
    )
    try:
        return check(drawn.network, *drawn.inputs)
    finally:
        handle.remove()


def case(network: str, dtype: str, seed: int) -> Case:
    """Return what `check` says of the right network of *seed* and of the wrong one."""
    drawn = drawn_network(network, seed).to(getattr(torch, dtype))
    layer = Random(seed).choice(drawn.layers)
    right = check(drawn.network, *drawn.inputs, seed=seed)
    caught = not with_fault(drawn, layer, FAULTS[dtype]).ok
    return Case(network, dtype, seed, layer, "" if right.ok else str(right.worst), caught)


def cases(count: int, seed: int = 0, *, jobs: int = 1) -> Iterator[Case]:
    """Yield *count* cases, the networks and dtypes in turn, drawn from *seed*, *seed* + 1, …, shared among *jobs* processes."""
    turns = cycle([(network, dtype) for dtype in FAULTS for network in NETWORKS])
    networks, dtypes = zip(*islice(turns, count), strict=True)
    seeds = range(seed, seed + count)
    if jobs == 1:
        yield from map(case, networks, dtypes, seeds)
        return
    # Started afresh rather than forked: PyTorch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield from pool.map(case, networks, dtypes, seeds)
