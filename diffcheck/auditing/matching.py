"""Are two programs equal, output by output? Their difference is brought to normal form, which is 0 if they are.

Where it is not, three more things are tried: sums over few numbered elements written out; fractions over one denominator; and,
away from the kinks of the loss, step(−u) as 1 − step(u).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from sympy import Add, Dummy, Expr, Mul, Pow, fraction, preorder_traversal, together

from diffcheck.auditing.atoms import Step
from diffcheck.auditing.monomials import bounded
from diffcheck.auditing.normal import Normal
from diffcheck.derivation import Gradient
from diffcheck.errors import DiffcheckError
from diffcheck.notation import Program, index_symbol
from diffcheck.notation.text import expression_text

_MOST_FRACTIONS = 12
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Matched:
    """Whether two programs are equal, on what assumptions, and if not known why."""

    equal: bool
    assumptions: tuple[str, ...] = ()
    reason: str = ""


def matched(gradient: Gradient, program: Program) -> Matched:
    """Return whether the outputs of *program* are the adjoints of *gradient*, in their order."""
    reason = ""
    for unrolled in (False, True):
        with bounded():
            found = _matched(gradient, program, unrolled)
        if found.equal:
            return found
        reason = reason or found.reason
    return Matched(False, (), reason)


def _matched(gradient: Gradient, program: Program, unrolled: bool) -> Matched:
    try:
        left = _difference(gradient, program, unrolled, False)
        if left is None:
            return Matched(True)
        conditions = _conditions(gradient, unrolled)
        if (
            conditions
            and _difference(gradient, program, unrolled, True) is None
            and _conditions_of(program, unrolled) <= conditions
        ):
            listed = " and ".join(sorted({_text(abs_of(condition)) for condition in conditions}))
            return Matched(True, (f"{listed} is nowhere 0: there the loss has a kink, and another convention is followed",))
        name, term = left
        return Matched(False, (), f"∂L/∂{name}: the difference keeps {_text(term)}")
    except DiffcheckError as refusal:
        return Matched(False, (), f"no normal form: {refusal}")
    except RecursionError:
        return Matched(False, (), "no normal form: the program is nested too deeply")


def _difference(gradient: Gradient, program: Program, unrolled: bool, loose: bool) -> tuple[str, Expr] | None:
    mine, theirs = (Normal(side, loose, unrolled) for side in (gradient.program, program))
    for (name, adjoint), output in zip(gradient.adjoints.items(), program.outputs, strict=True):
        places = tuple(index_symbol(f"at_{axis}") for axis in range(len(program.tensors[output])))
        if gradient.program.tensors[adjoint] != program.tensors[output]:
            return name, Dummy("shape")
        left = mine.of(adjoint, places) - theirs.of(output, places)
        if left != 0 and not vanishes(left):
            return name, Add.make_args(left)[0]
    return None


def vanishes(total: Expr) -> bool:
    """Say whether *total* is 0 once its fractions have one denominator, all other nodes taken for unknowns."""
    if len(Add.make_args(total)) > _MOST_FRACTIONS:
        return False
    names: dict[Expr, Expr] = {}
    return bool(fraction(together(_plain(total, names)))[0].expand() == 0)


def _plain(node: Expr, names: dict[Expr, Expr]) -> Expr:
    if node.is_Rational:
        return node
    if isinstance(node, Add | Mul):
        return node.func(*(_plain(part, names) for part in node.args))
    if isinstance(node, Pow) and node.exp.is_Integer:
        return _plain(node.base, names) ** node.exp
    return names.setdefault(node, Dummy())


def _conditions(gradient: Gradient, unrolled: bool) -> set[Expr]:
    return _conditions_of(gradient.program, unrolled)


def _conditions_of(program: Program, unrolled: bool) -> set[Expr]:
    """Return the arguments of all steps in the normal forms of the outputs, without their signs."""
    normal = Normal(program, False, unrolled)
    found = set()
    for output in program.outputs:
        places = tuple(index_symbol(f"at_{axis}") for axis in range(len(program.tensors[output])))
        for node in preorder_traversal(normal.of(output, places)):
            found |= {abs_of(node.args[0])} if isinstance(node, Step) else set()
    return found


def abs_of(argument: Expr) -> Expr:
    """Return *argument* or its opposite, whichever is written without a minus."""
    return -argument if argument.could_extract_minus_sign() else argument


def _text(term: Expr) -> str:
    names = sorted({symbol for symbol in term.free_symbols if str(symbol).startswith(("bound_", "at_"))}, key=str)
    letters = (f"{letter}_{turn}" if turn else letter for turn in count() for letter in "ijklpq")
    free = (letter for letter in letters if letter not in {str(symbol) for symbol in term.free_symbols})
    text = expression_text(term.xreplace({name: index_symbol(letter) for name, letter in zip(names, free, strict=False)}))
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"
