"""Does this training loop take the steps of gradient descent? If not: at which epoch it goes wrong, and why.

The loop is called as ``loop(epochs, lr, params, x, y)`` with the parameters in one tensor, as in the article.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import torch

from diffcheck.exact import bounds
from diffcheck.problems import Problem, to_torch
from diffcheck.training.trajectory import train
from diffcheck.verification import as_floats
from diffcheck.verification.judging import Judged

_EPOCHS = 3


def judge_loop(loop: Callable[..., Any], problem: Problem, *, lr: float = 1e-2, scale: float = 0.1) -> Judged:
    """Return whether *loop* reaches, after 1, 2 and 3 epochs, the parameters that gradient descent reaches on *problem*."""
    subject = getattr(loop, "__name__", repr(loop))
    foreign = _globals_read(loop)
    reads = f"it reads the globals {', '.join(foreign)}, so its result depends on what they happen to hold" if foreign else ""
    for epochs in range(1, _EPOCHS + 1):
        failure = _failure_after(loop, problem, epochs, lr, scale)
        if failure:
            message = "; ".join(part for part in (failure, reads) if part)
            return Judged(subject, False, message, {"epochs": epochs, "lr": lr})
    return Judged(subject, not reads, reads)


def _failure_after(loop: Callable[..., Any], problem: Problem, epochs: int, lr: float, scale: float) -> str:
    point = to_torch({**problem.fixed, **problem.start})
    params = torch.stack([point[name] for name in problem.parameters]).requires_grad_()
    try:
        result = loop(epochs, lr, params, point["x"] * scale, point["y"])
    except (NameError, TypeError, AttributeError, RuntimeError) as error:
        return f"at epoch {epochs} it raised {type(error).__name__}: {str(error).splitlines()[0]}{_cause(loop)}"
    if result is None:
        return "it returns nothing, so the trained parameters are lost when it ends"
    reached = as_floats(result)
    for steps, meaning in ((epochs, ""), (epochs + 1, f"asked for {epochs} epochs, it takes {epochs + 1} steps")):
        if _reaches(reached, problem, steps, lr, scale):
            return meaning
    return f"after {epochs} epochs its parameters are not those of gradient descent"


def _reaches(reached: Any, problem: Problem, steps: int, lr: float, scale: float) -> bool:
    """Compare with our own loop, inside the rounding of the steps taken."""
    trajectory = train(problem, "autograd", epochs=steps, lr=lr, scale={"x": scale})
    final = [float(trajectory.final[name]) for name in problem.parameters]
    limits = bounds(problem.gradient, trajectory.point, dtype="float64").rounding
    slack = 4 * steps * (lr * max(float(limit.max()) for limit in limits.values()) + 2.0**-52 * max(map(abs, final)))
    return bool(len(reached) == len(final) and all(abs(a - b) <= slack for a, b in zip(reached, final, strict=True)))


def _globals_read(loop: Callable[..., Any]) -> list[str]:
    found = inspect.getclosurevars(loop)
    data = [name for name, value in found.globals.items() if not isinstance(value, (FunctionType, ModuleType, type))]
    return sorted({*data, *(name for name in found.unbound if not _is_attribute(loop, name))})


def _is_attribute(loop: Callable[..., Any], name: str) -> bool:
    # getclosurevars counts attribute names as unbound names too.
    tree = _tree(loop)
    return tree is None or not any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def _cause(loop: Callable[..., Any]) -> str:
    tree = _tree(loop)
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With)] if tree is not None else []
    for block in blocks:
        guarded = any("no_grad" in ast.unparse(item.context_expr) for item in block.items)
        rebound = [node for node in ast.walk(block) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]
        if guarded and rebound:
            name = ast.unparse(rebound[0].targets[0])
            return (
                f"; the cause: {ast.unparse(rebound[0])!r} inside no_grad makes {name} a new tensor that does not require grad, "
                f"so the next backward() has nothing to fill; change it in place ({name} -= …) or set requires_grad_() again"
            )
    return ""


def _tree(function: Callable[..., Any]) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None  # without its text the loop is still judged, only not explained
