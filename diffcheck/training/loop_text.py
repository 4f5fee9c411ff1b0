"""What the text of a training loop tells about its failure; a loop without text is judged all the same."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any


def globals_read(loop: Callable[..., Any]) -> list[str]:
    """Return the names of data that *loop* reads from outside: globals that are no functions or modules, or undefined."""
    if not inspect.isfunction(loop):
        return []
    try:
        found = inspect.getclosurevars(loop)
    except ValueError:
        return []  # a cell of its closure is still empty
    data = [name for name, value in found.globals.items() if not callable(value) and not isinstance(value, ModuleType)]
    return sorted({*data, *(name for name in found.unbound if _is_variable(loop, name))})


def _is_variable(loop: Callable[..., Any], name: str) -> bool:
    # getclosurevars counts the names of attributes as unbound names too.
    tree = _tree(loop)
    return tree is not None and any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def cause_of(loop: Callable[..., Any], error: str) -> str:
    """Return why parameters lost their gradients, where *error* speaks of that and the text of *loop* shows it."""
    tree = _tree(loop)
    if tree is None or not ("grad" in error or "NoneType" in error):
        return ""
    for block in (node for node in ast.walk(tree) if isinstance(node, ast.With)):
        guarded = any("no_grad" in ast.unparse(item.context_expr) for item in block.items)
        rebound = [node for node in ast.walk(block) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]
        if guarded and rebound:
            name = ast.unparse(rebound[0].targets[0])
            return (
                f"; the cause: {ast.unparse(rebound[0])!r} inside no_grad makes {name} a new tensor without requires_grad, "
                f"so the next backward() has nothing to fill; change it in place ({name} -= …) or set requires_grad_() again"
            )
    return ""


def _tree(function: Callable[..., Any]) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
