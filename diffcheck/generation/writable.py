"""Which programs can be written as source text so far: sums over whole axes."""

from __future__ import annotations

from sympy import Expr

from diffcheck.errors import GenerationError
from diffcheck.notation import Equation, Program, Reduction, indices_of, name_of
from diffcheck.notation.places import is_whole, scatters
from diffcheck.notation.selection import select


def check_writable(program: Program) -> None:
    """Refuse a program that reads at computed places, branches, or reduces by anything but sums."""
    for equation in program.equations:
        reason = _reason(equation, program.tensors)
        if reason:
            raise GenerationError(
                got=reason,
                wanted="sums, and reads at the indices of whole axes",
                do="use dc.exact or dc.check, which evaluate every program",
                place=f"equation {equation.target}",
            )


def _reason(equation: Equation, tensors: dict[str, tuple[Expr, ...]]) -> str:
    if equation.reduction is not Reduction.SUM:
        return f"{equation.reduction.value} over {', '.join(index.name for index in equation.bound)}"
    own = {index.symbol: index.extent for index in equation.axes}
    for node in equation.reads:
        for place, size in zip(indices_of(node), tensors[name_of(node)], strict=True):
            if not place.is_Integer and own.get(place) != size:
                return f"a read at {node}"
    if scatters(equation.body):
        return "a sum that scatters"
    if equation.body.has(select):
        return "a branch"
    numbers = [node for node in _numbers(equation.body) if is_whole(node) and node.free_symbols & set(own)]
    return f"the position {numbers[0]} as a number" if numbers else ""


def _numbers(body: Expr) -> list[Expr]:
    """Return the nodes of *body* that stand for numbers: all but the places of reads and deltas."""
    found, pending = [], [body]
    while pending:
        node = pending.pop()
        found.append(node)
        if not node.is_Indexed and type(node).__name__ != "KroneckerDelta":
            pending.extend(node.args)
    return found
