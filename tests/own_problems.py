"""Small problems that the catalogue has no reason to hold."""

import numpy as np
import torch

from diffcheck.notation import parse
from diffcheck.problems import Problem


def with_unused_parameter():
    """Return a line through the origin with a parameter u that nothing reads."""
    program = parse("parameter w; parameter u[3]; data x[n]; target y[n]; p[i] = w*x[i]; L = Σ_i (p[i] - y[i])**2/n")

    def loss(w, u, x, y):
        return ((w * x - y) ** 2).mean()

    def handwritten(w, u, x, y):
        return (2 * (w * x - y) / x.shape[0] * x).sum(), torch.zeros_like(u)

    def draw(rng, sizes):
        n = sizes["n"]
        return {"w": rng.normal(size=()), "u": rng.normal(size=3), "x": rng.normal(size=n), "y": rng.normal(size=n)}

    return Problem("unused", "", program, loss, handwritten, draw, {"n": 7})


def without_any_use():
    """Return a loss that depends on its data alone."""
    program = parse("parameter w; data x[n]; L = Σ_i x[i]**2/n")
    return Problem(
        "useless",
        "",
        program,
        lambda w, x: (x**2).mean(),
        lambda w, x: (torch.zeros_like(w),),
        lambda rng, sizes: {"w": rng.normal(size=()), "x": rng.normal(size=sizes["n"])},
        {"n": 7},
    )


def with_two_kinds_of_data(name="two kinds"):
    """Return (w·x + v·z²)-like terms, in which exchanged data would show."""
    program = parse(
        "parameter w[m]; parameter v; data x[n, m]; data z[n]; target y[n]\n"
        "p[i] = Σ_j x[i,j]*w[j] + v*z[i]**2\n"
        "L = Σ_i (p[i] - y[i])**2/n"
    )

    def loss(w, v, x, z, y):
        return ((x @ w + v * z**2 - y) ** 2).mean()

    def handwritten(w, v, x, z, y):
        d = 2 * (x @ w + v * z**2 - y) / x.shape[0]
        return x.T @ d, (d * z**2).sum()

    def draw(rng, sizes):
        n, m = sizes["n"], sizes["m"]
        shapes = {"w": m, "v": (), "x": (n, m), "z": n, "y": n}
        return {key: rng.normal(size=shape) for key, shape in shapes.items()}

    return Problem(name, "", program, loss, handwritten, draw, {"n": 5, "m": 5})


def shifted(name):
    """Return a problem whose inputs are called and shaped like the thermometer's, with another loss."""
    program = parse("parameter w; parameter b; data x[n]; target y[n]; p[i] = w*tanh(x[i]) + b; L = Σ_i (p[i] - y[i])**4/n")

    def loss(w, b, x, y):
        return ((w * x.tanh() + b - y) ** 4).mean()

    def handwritten(w, b, x, y):
        d = 4 * (w * x.tanh() + b - y) ** 3 / x.shape[0]
        return (d * x.tanh()).sum(), d.sum()

    def draw(rng, sizes):
        return {
            key: np.array(rng.normal(size=shape)) for key, shape in (("w", ()), ("b", ()), ("x", sizes["n"]), ("y", sizes["n"]))
        }

    return Problem(name, "", program, loss, handwritten, draw, {"n": 11})
