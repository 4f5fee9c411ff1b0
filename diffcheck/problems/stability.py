"""The largest learning rate at which gradient descent on a quadratic loss converges: 2/λ, λ the largest eigenvalue of the Hessian."""

from __future__ import annotations

import numpy as np

from diffcheck.derivation import hessian
from diffcheck.exact import Point, exact
from diffcheck.problems.problem import Problem


def hessian_matrix(problem: Problem, point: Point) -> np.ndarray:
    """Return ∂²L/∂θ∂θ at *point* in float64, every element the exact one rounded; θ holds all parameters, flattened."""
    rows = []
    blocks = hessian(problem.program, problem.parameters)
    sizes = {name: int(np.prod(np.shape(point[name]))) for name in problem.parameters}
    for first in problem.parameters:
        row = []
        for second in problem.parameters:
            program = blocks[first, second]
            values = exact(program, point).rounded()[program.outputs[0]]
            row.append(values.reshape(sizes[first], sizes[second]))
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows, axis=0)


def largest_stable_lr(problem: Problem, point: Point) -> float:
    """Return 2/λmax(∂²L/∂θ²) at *point*; infinite where no direction curves upward.

    For a quadratic loss, gradient descent converges below it and diverges above it; for any other loss it holds near *point*.
    Source: Nesterov, Introductory Lectures on Convex Optimization, theorem 2.1.15.
    """
    largest = float(np.linalg.eigvalsh(hessian_matrix(problem, point))[-1])
    return 2 / largest if largest > 0 else np.inf
