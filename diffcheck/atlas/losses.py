"""Variants that are losses of one number at a given target, and functions of a few numbers of which one moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch.nn import functional

from diffcheck.atlas.variants import Variant

_AT_TARGETS: dict[str, tuple[Callable[..., Any], tuple[float, ...], tuple[float, ...]]] = {
    "binary_cross_entropy": (functional.binary_cross_entropy, (0.0, 0.3, 1.0), (0.0, 1.0)),
    "binary_cross_entropy_with_logits": (functional.binary_cross_entropy_with_logits, (0.0, 0.3, 1.0), (0.0,)),
    "hinge_embedding_loss": (functional.hinge_embedding_loss, (-1.0, 1.0), (0.0, 1.0)),
    "huber_loss": (functional.huber_loss, (0.3,), (-0.7, 0.3, 1.3)),
    "huber_loss(delta=0.5)": (partial(functional.huber_loss, delta=0.5), (0.3,), (-0.2, 0.3, 0.8)),
    "kl_div": (functional.kl_div, (0.0, 0.3), (0.0,)),
    "kl_div(log_target=True)": (partial(functional.kl_div, log_target=True), (-1.2,), (0.0,)),
    "l1_loss": (functional.l1_loss, (0.3,), (0.3,)),
    "mse_loss": (functional.mse_loss, (0.3,), (0.3,)),
    "poisson_nll_loss": (functional.poisson_nll_loss, (0.0, 3.0), (0.0,)),
    "poisson_nll_loss(log_input=False)": (partial(functional.poisson_nll_loss, log_input=False), (3.0,), (0.0, 3.0)),
    "smooth_l1_loss": (functional.smooth_l1_loss, (0.3,), (-0.7, 0.3, 1.3)),
    "smooth_l1_loss(beta=0.5)": (partial(functional.smooth_l1_loss, beta=0.5), (0.3,), (-0.2, 0.3, 0.8)),
    "soft_margin_loss": (functional.soft_margin_loss, (-1.0, 1.0), (0.0,)),
}


def losses() -> Iterator[Variant]:
    """Yield the losses, a variant for each target."""
    for name, (function, targets, edges) in _AT_TARGETS.items():
        for target in targets:
            told = f"{name}(target={target:g})" if "(" not in name else f"{name[:-1]}, target={target:g})"
            accepted = (0.0, 1.0) if name == "binary_cross_entropy" else (-math.inf, math.inf)
            yield Variant(told, partial(_at_target, function, target), "loss", edges=edges, accepted=accepted)


def composites() -> Iterator[Variant]:
    """Yield functions of the pair (x, 0), or of two pairs, which hardly are pointwise and lose digits as if they were."""
    pairs: dict[str, Callable[..., Any]] = {
        "softmax([x, 0])[0]": partial(_of_pair, _softmax_first),
        "log_softmax([x, 0])[0]": partial(_of_pair, _log_softmax_first),
        "cross_entropy([x, 0], 0)": partial(_of_pair, _cross_entropy_first),
        "logsumexp([x, 0])": partial(_of_pair, _logsumexp),
        "glu([1, x])": _glu,
    }
    for name, function in pairs.items():
        yield Variant(name, function, "composite")


def _at_target(function: Callable[..., Any], target: float, x: torch.Tensor) -> Any:
    return function(x, torch.full_like(x, target), reduction="none")


def _of_pair(function: Callable[..., Any], x: torch.Tensor) -> Any:
    return function(torch.stack((x, torch.zeros_like(x)), -1))


def _softmax_first(pair: torch.Tensor) -> torch.Tensor:
    return pair.softmax(-1)[..., 0]


def _log_softmax_first(pair: torch.Tensor) -> torch.Tensor:
    return pair.log_softmax(-1)[..., 0]


def _cross_entropy_first(pair: torch.Tensor) -> torch.Tensor:
    labels = torch.zeros(pair.shape[0], dtype=torch.int64, device=pair.device)
    return functional.cross_entropy(pair, labels, reduction="none")


def _logsumexp(pair: torch.Tensor) -> torch.Tensor:
    return pair.logsumexp(-1)


def _glu(x: torch.Tensor) -> torch.Tensor:
    return functional.glu(torch.stack((torch.ones_like(x), x), -1), -1)[..., 0]
