"""Logistic regression with a loss that no logit overflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffcheck.notation import parse
from diffcheck.problems.problem import Problem, Sizes

if TYPE_CHECKING:
    import torch


def logistic_regression() -> Problem:
    """L = −(1/n) Σ y·log σ(z) + (1 − y)·log σ(−z), the cross-entropy of labels y in [0, 1]; neither tail loses digits.

    PyTorch's binary_cross_entropy_with_logits computes (1 − y)·z − log σ(z) instead, a difference of nearly equal numbers
    where y is 0 and z is well below 0: at z = −8 four of float32's seven digits are gone.
    """
    program = parse(
        """
        parameter w[d]; parameter b; data X[n, d]; target y[n]
        z[i] = Σ_j X[i,j]*w[j] + b
        L = Σ_i (-y[i]*logsigmoid(z[i]) - (1 - y[i])*logsigmoid(-z[i]))/n
        """
    )

    def loss(w: torch.Tensor, b: torch.Tensor, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import logsigmoid

        z = X @ w + b
        return (-y * logsigmoid(z) - (1 - y) * logsigmoid(-z)).mean()

    def handwritten(w: torch.Tensor, b: torch.Tensor, X: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        d = ((X @ w + b).sigmoid() - y) / X.shape[0]
        return X.T @ d, d.sum()

    def draw(rng: np.random.Generator, sizes: Sizes) -> dict[str, np.ndarray]:
        n, d = sizes["n"], sizes["d"]
        X = rng.normal(size=(n, d))
        y = (rng.uniform(size=n) < 0.5).astype(np.float64)
        return {"w": rng.normal(size=d), "b": rng.normal(size=()), "X": X, "y": y}

    return Problem(
        name="logistic-regression",
        title="Logistic regression with a stable loss",
        program=program,
        loss=loss,
        handwritten=handwritten,
        draw=draw,
        sizes={"n": 37, "d": 5},
        start={"w": np.zeros(5), "b": np.array(0.0)},
    )
