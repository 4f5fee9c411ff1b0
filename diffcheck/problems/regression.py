"""Linear models with mean squared error: the book's thermometer, several features, and powers of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffcheck.notation import parse
from diffcheck.problems.problem import Problem, Sizes

if TYPE_CHECKING:
    import torch

# Readings of an unlabelled thermometer beside degrees Celsius.
# Stevens, Antiga, Viehmann: Deep Learning with PyTorch, chapter 5.
CELSIUS = (0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0)
UNKNOWN = (35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4)


def thermometer() -> Problem:
    """P = w·x + b on eleven readings."""
    program = parse(
        """
        parameter w; parameter b; data x[n]; target y[n]
        p[i] = w*x[i] + b
        L = Σ_i (p[i] - y[i])**2/n
        """
    )

    def loss(w: torch.Tensor, b: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return ((w * x + b - y) ** 2).mean()

    def handwritten(w: torch.Tensor, b: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        d = 2 * (w * x + b - y) / x.shape[0]
        return (d * x).sum(), d.sum()

    def draw(rng: np.random.Generator, sizes: Sizes) -> dict[str, np.ndarray]:
        x = rng.normal(size=sizes["n"])
        return {"w": rng.normal(size=()), "b": rng.normal(size=()), "x": x, "y": rng.normal(size=sizes["n"])}

    return Problem(
        name="thermometer",
        title="Thermometer: a line through eleven readings",
        program=program,
        loss=loss,
        handwritten=handwritten,
        draw=draw,
        sizes={"n": len(UNKNOWN)},
        fixed={"x": np.array(UNKNOWN), "y": np.array(CELSIUS)},
        start={"w": np.array(1.0), "b": np.array(0.0)},
    )


def linear_regression() -> Problem:
    """P = X·w + b with d features."""
    program = parse(
        """
        parameter w[d]; parameter b; data X[n, d]; target y[n]
        p[i] = Σ_j X[i,j]*w[j] + b
        L = Σ_i (p[i] - y[i])**2/n
        """
    )

    def loss(w: torch.Tensor, b: torch.Tensor, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return ((X @ w + b - y) ** 2).mean()

    def handwritten(w: torch.Tensor, b: torch.Tensor, X: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        d = 2 * (X @ w + b - y) / X.shape[0]
        return X.T @ d, d.sum()

    def draw(rng: np.random.Generator, sizes: Sizes) -> dict[str, np.ndarray]:
        n, d = sizes["n"], sizes["d"]
        return {"w": rng.normal(size=d), "b": rng.normal(size=()), "X": rng.normal(size=(n, d)), "y": rng.normal(size=n)}

    return Problem(
        name="linear-regression",
        title="Linear regression with several features",
        program=program,
        loss=loss,
        handwritten=handwritten,
        draw=draw,
        sizes={"n": 37, "d": 5},
        start={"w": np.zeros(5), "b": np.array(0.0)},
    )


def polynomial_regression() -> Problem:
    """P = w₀ + w₁x + w₂x² + w₃x³."""
    program = parse(
        """
        parameter w[4]; data x[n]; target y[n]
        p[i] = w[0] + w[1]*x[i] + w[2]*x[i]**2 + w[3]*x[i]**3
        L = Σ_i (p[i] - y[i])**2/n
        """
    )

    def loss(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return ((w[0] + w[1] * x + w[2] * x**2 + w[3] * x**3 - y) ** 2).mean()

    def handwritten(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        d = 2 * (w[0] + w[1] * x + w[2] * x**2 + w[3] * x**3 - y) / x.shape[0]
        return (_stacked(d, x),)

    def draw(rng: np.random.Generator, sizes: Sizes) -> dict[str, np.ndarray]:
        n = sizes["n"]
        return {"w": rng.normal(size=4), "x": rng.uniform(-1, 1, size=n), "y": rng.normal(size=n)}

    return Problem(
        name="polynomial-regression",
        title="Polynomial regression of degree three",
        program=program,
        loss=loss,
        handwritten=handwritten,
        draw=draw,
        sizes={"n": 37},
        start={"w": np.zeros(4)},
    )


def _stacked(d: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.stack([d.sum(), (d * x).sum(), (d * x**2).sum(), (d * x**3).sum()])
