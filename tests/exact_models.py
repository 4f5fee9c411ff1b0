"""Models as programs in index notation, as PyTorch losses and as NumPy gradients by hand, with points drawn for them."""

from __future__ import annotations

import numpy as np
import torch

SIZES = (1, 2, 7, 8, 9, 37, 1000)
MAGNITUDES = (1e-3, 1.0, 30.0)

THERMOMETER = """
parameter w; parameter b; data x[n]; target y[n]
p[i] = w*x[i] + b
L = Σ_i (p[i] - y[i])**2/n
"""
REGRESSION = """
parameter w[d]; parameter b; data x[n,d]; target y[n]
p[i] = Σ_k w[k]*x[i,k]
L = Σ_i (p[i] + b - y[i])**2/n
"""
LOGISTIC = """
parameter w[d]; parameter b; data x[n,d]; target y[n]
z[i] = Σ_k w[k]*x[i,k]
L = Σ_i (softplus(z[i] + b) - y[i]*(z[i] + b))/n
"""
NETWORK = """
parameter W[h,d]; parameter b[h]; parameter v[h]; parameter c; data x[n,d]; target y[n]
z[i,j] = Σ_k W[j,k]*x[i,k]
a[i,j] = tanh(z[i,j] + b[j])
p[i] = Σ_j v[j]*a[i,j] + c
L = Σ_i (p[i] - y[i])**2/n
"""
RECTIFIER = NETWORK.replace("tanh", "relu")
PROGRAMS = {
    "thermometer": THERMOMETER,
    "regression": REGRESSION,
    "logistic": LOGISTIC,
    "network": NETWORK,
    "rectifier": RECTIFIER,
}


def drawn_point(model: str, n: int, dtype: torch.dtype, magnitude: float, seed: int) -> dict[str, torch.Tensor]:
    """Return normal inputs times *magnitude*, rounded to *dtype*; targets of the logistic model are 0 or 1."""
    draw = np.random.default_rng(seed)
    d, h = 3, 5
    layers = {"W": (h, d), "b": (h,), "v": (h,), "c": (), "x": (n, d), "y": (n,)}
    shapes = {
        "thermometer": {"w": (), "b": (), "x": (n,), "y": (n,)},
        "regression": {"w": (d,), "b": (), "x": (n, d), "y": (n,)},
        "logistic": {"w": (d,), "b": (), "x": (n, d), "y": (n,)},
        "network": layers,
        "rectifier": layers,
    }[model]
    values = {name: draw.normal(size=shape) * (magnitude if name in "xy" else 1.0) for name, shape in shapes.items()}
    if model == "logistic":
        values["y"] = (values["y"] > 0).astype(float)
    return {name: torch.tensor(value, dtype=torch.float64).to(dtype) for name, value in values.items()}


def loss(model: str, point: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return the loss as a PyTorch user writes it."""
    x, y = point["x"], point["y"]
    if model == "thermometer":
        return ((point["w"] * x + point["b"] - y) ** 2).mean()
    if model == "regression":
        return torch.nn.functional.mse_loss(x @ point["w"] + point["b"], y)
    if model == "logistic":
        return torch.nn.functional.binary_cross_entropy_with_logits(x @ point["w"] + point["b"], y)
    activation = torch.tanh if model == "network" else torch.relu
    hidden = activation(torch.nn.functional.linear(x, point["W"], point["b"]))
    return ((hidden @ point["v"] + point["c"] - y) ** 2).mean()


def autograd(model: str, point: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Return PyTorch's gradient by every parameter, as float64 arrays."""
    leaves = {name: value.clone().requires_grad_(name not in "xy") for name, value in point.items()}
    loss(model, leaves).backward()
    return {name: leaf.grad.double().numpy() for name, leaf in leaves.items() if leaf.requires_grad}


def by_hand(model: str, point: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Return the textbook gradient in NumPy, in the dtype of *point*; float16 is summed in float32."""
    with np.errstate(over="ignore"):  # exp(−z) of a far logit
        return _by_hand(model, {name: value.numpy() for name, value in point.items()})


def _by_hand(model: str, p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    x, y, n = p["x"], p["y"], len(p["y"])
    sums_in = np.promote_types(x.dtype, np.float32)
    if model == "thermometer":
        error = 2 * (p["w"] * x + p["b"] - y) / n
        return {"w": np.sum(error * x, dtype=sums_in), "b": np.sum(error, dtype=sums_in)}
    if model == "regression":
        error = 2 * (x @ p["w"] + p["b"] - y) / n
        return {"w": x.T @ error, "b": np.sum(error, dtype=sums_in)}
    if model == "logistic":
        error = (1 / (1 + np.exp(-(x @ p["w"] + p["b"]))) - y) / n
        return {"w": x.T @ error, "b": np.sum(error, dtype=sums_in)}
    hidden = x @ p["W"].T + p["b"]
    hidden = np.tanh(hidden) if model == "network" else np.maximum(hidden, 0)
    slope = 1 - hidden**2 if model == "network" else (hidden > 0).astype(x.dtype)
    error = 2 * (hidden @ p["v"] + p["c"] - y) / n
    back = np.outer(error, p["v"]) * slope
    return {"W": back.T @ x, "b": back.sum(0, dtype=sums_in), "v": error @ hidden, "c": error.sum(dtype=sums_in)}
