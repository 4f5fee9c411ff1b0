"""Variants that are activations, with their default parameters and with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch.nn import functional

from diffcheck.atlas.variants import Variant

_PLAIN: dict[str, tuple[float, ...]] = {
    "elu": (0.0,),
    "celu": (0.0,),
    "gelu": (-0.7517915246935645, 0.0),
    "hardshrink": (-0.5, 0.5),
    "hardsigmoid": (-3.0, 3.0),
    "hardswish": (-3.0, -1.5, 3.0),
    "hardtanh": (-1.0, 1.0),
    "leaky_relu": (0.0,),
    "logsigmoid": (0.0,),
    "mish": (-1.1924312145154, 0.0),
    "relu": (0.0,),
    "relu6": (0.0, 6.0),
    "selu": (0.0,),
    "silu": (-1.2784645427610738, 0.0),
    "softplus": (0.0, 20.0),
    "softshrink": (-0.5, 0.5),
    "softsign": (0.0,),
    "tanhshrink": (0.0,),
}


def activations() -> Iterator[Variant]:
    """Yield the variants that are activations."""
    for name, edges in _PLAIN.items():
        yield Variant(name, getattr(functional, name), "activation", edges=edges)
    with_parameters: dict[str, tuple[Callable[..., Any], tuple[float, ...]]] = {
        "celu(alpha=0.7)": (partial(functional.celu, alpha=0.7), (0.0,)),
        "elu(alpha=0.5)": (partial(functional.elu, alpha=0.5), (0.0,)),
        "gelu(approximate='tanh')": (partial(functional.gelu, approximate="tanh"), (-0.75246142, 0.0)),
        "hardshrink(lambd=0)": (partial(functional.hardshrink, lambd=0.0), (0.0,)),
        "hardtanh(min_val=-2, max_val=3)": (partial(functional.hardtanh, min_val=-2.0, max_val=3.0), (-2.0, 3.0)),
        "leaky_relu(negative_slope=0.2)": (partial(functional.leaky_relu, negative_slope=0.2), (0.0,)),
        "prelu(weight=0.25)": (_prelu, (0.0,)),
        "rrelu(training=False)": (functional.rrelu, (0.0,)),
        "softplus(beta=5)": (partial(functional.softplus, beta=5.0), (0.0, 4.0)),
        "softplus(threshold=5)": (partial(functional.softplus, threshold=5.0), (0.0, 5.0)),
        "softshrink(lambd=1.5)": (partial(functional.softshrink, lambd=1.5), (-1.5, 1.5)),
        "threshold(threshold=0.5, value=-1)": (partial(functional.threshold, threshold=0.5, value=-1.0), (0.5,)),
    }
    for name, (function, edges) in with_parameters.items():
        yield Variant(name, function, "activation", edges=edges)


def _prelu(x: torch.Tensor) -> torch.Tensor:
    return functional.prelu(x, torch.full((1,), 0.25, dtype=x.dtype, device=x.device))
