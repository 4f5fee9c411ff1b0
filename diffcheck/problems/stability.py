"""2/λ, λ the largest eigenvalue of the Hessian: where gradient descent on a quadratic loss ceases to converge."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from diffcheck.derivation import hessian
from diffcheck.errors import PointError
from diffcheck.notation import Program
from diffcheck.oracle import Point, exact
from diffcheck.problems.problem import Problem


@lru_cache(maxsize=16)
def _blocks(problem: Problem) -> dict[tuple[str, str], Program]:
    return hessian(problem.program, problem.parameters)


def is_quadratic(problem: Problem) -> bool:
    """Say whether ∂²L/∂θ∂θ is free of θ, so that the loss is quadratic in its parameters."""
    read = {name for program in _blocks(problem).values() for equation in program.equations for name in equation.operands}
    return read.isdisjoint(problem.parameters)


def hessian_matrix(problem: Problem, point: Point) -> np.ndarray:
    """Return ∂²L/∂θ∂θ at *point* in float64, every element the exact one rounded; θ holds all parameters, flattened."""
    rows = []
    blocks = _blocks(problem)
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
    matrix = hessian_matrix(problem, point)
    if np.isinf(matrix).any():
        raise PointError(
            got=f"a Hessian of {problem.name} with elements larger than float64 can hold",
            wanted="second derivatives that are floats at this point",
            do="scale the inputs down",
        )
    if np.isnan(matrix).any():
        raise PointError(
            got=f"a Hessian of {problem.name} with elements that have no value",
            wanted="second derivatives at this point",
            do="choose a point away from kinks",
        )
    largest = float(np.linalg.eigvalsh(matrix)[-1])
    return 2 / largest if largest > 0 else np.inf
