"""Networks: two layers with tanh between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffcheck.notation import parse
from diffcheck.problems.problem import Problem, Sizes

if TYPE_CHECKING:
    import torch


def two_layer_network() -> Problem:
    """P = v·tanh(W x + b) + c with d inputs and h hidden units."""
    program = parse(
        """
        parameter W[h, d]; parameter b[h]; parameter v[h]; parameter c; data x[n, d]; target y[n]
        z[i,j] = Σ_k W[j,k]*x[i,k]
        a[i,j] = tanh(z[i,j] + b[j])
        p[i] = Σ_j v[j]*a[i,j] + c
        L = Σ_i (p[i] - y[i])**2/n
        """
    )

    def loss(
        W: torch.Tensor, b: torch.Tensor, v: torch.Tensor, c: torch.Tensor, x: torch.Tensor, y: torch.Tensor
    ) -> torch.Tensor:
        return (((x @ W.T + b).tanh() @ v + c - y) ** 2).mean()

    def handwritten(
        W: torch.Tensor, b: torch.Tensor, v: torch.Tensor, c: torch.Tensor, x: torch.Tensor, y: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        a = (x @ W.T + b).tanh()
        d = 2 * (a @ v + c - y) / x.shape[0]
        inner = d[:, None] * v * (1 - a * a)  # the textbook form; 1/cosh² keeps more digits for saturated units
        return inner.T @ x, inner.sum(0), a.T @ d, d.sum()

    return Problem(
        name="two-layer-network",
        title="Two-layer tanh network",
        program=program,
        loss=loss,
        handwritten=handwritten,
        draw=_draw,
        sizes={"n": 64, "d": 8, "h": 16},
        start={},
    )


def _draw(rng: np.random.Generator, sizes: Sizes) -> dict[str, np.ndarray]:
    n, d, h = sizes["n"], sizes["d"], sizes["h"]
    return {
        "W": rng.normal(size=(h, d)) / np.sqrt(d),
        "b": rng.normal(size=h),
        "v": rng.normal(size=h) / np.sqrt(h),
        "c": rng.normal(size=()),
        "x": rng.normal(size=(n, d)),
        "y": rng.normal(size=n),
    }
