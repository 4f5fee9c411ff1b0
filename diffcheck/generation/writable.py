"""Which programs can be written as source text, and which as the functions of the article too."""

from __future__ import annotations

from sympy import Expr

from diffcheck.errors import GenerationError
from diffcheck.generation.whole import is_computed
from diffcheck.notation import Equation, Program, Reduction, Role, name_of
from diffcheck.notation.places import Quotient, Remainder, is_whole, scatters
from diffcheck.notation.selection import detach, held, select


def check_writable(program: Program) -> None:
    """Refuse a program whose inputs do not tell the dtype."""
    if all(tensor.role is Role.INTEGER for tensor in program.inputs):
        raise GenerationError(
            got="whole numbers alone" if program.inputs else "a program without inputs",
            wanted="an input that tells the dtype",
            do="declare a constant as an input",
        )


def reads_whole_axes(program: Program) -> bool:
    """Say whether *program* has only sums, without branches, of reads at constants and at the indices of whole axes."""
    whole = any(tensor.role is Role.INTEGER for tensor in program.inputs)
    return not whole and all(_is_plain(equation, program.tensors) for equation in program.equations)


def _is_plain(equation: Equation, tensors: dict[str, tuple[Expr, ...]]) -> bool:
    own = {index.symbol: index.extent for index in equation.axes}
    if equation.reduction is not Reduction.SUM or scatters(equation.body):
        return False
    if equation.body.has(select, detach, held, Quotient, Remainder):
        return False
    computed = any(is_computed(node, tensors[name_of(node)], own) for node in equation.reads)
    return not computed and not any(is_whole(node) and node.free_symbols & set(own) for node in _numbers(equation.body))


def _numbers(body: Expr) -> list[Expr]:
    """Return the nodes of *body* that stand for numbers: all but the places of reads and deltas."""
    found, pending = [], [body]
    while pending:
        node = pending.pop()
        found.append(node)
        if not node.is_Indexed and type(node).__name__ != "KroneckerDelta":
            pending.extend(node.args)
    return found
