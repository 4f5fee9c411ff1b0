"""Programs as text in index notation, in the form that `parse` reads back."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Mul
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from diffcheck.notation.order import positive_first
from diffcheck.notation.places import Quotient, Remainder
from diffcheck.notation.program import Equation, Program
from diffcheck.notation.symbols import indices_of, name_of
from diffcheck.notation.tensor import Index, Tensor


class _Printer(StrPrinter):  # type: ignore[misc]  # SymPy carries no types
    printmethod = "_diffcheck_text"  # else SymPy's Indexed prints itself

    def _print_Indexed(self, node: Expr) -> str:
        return f"{node.base.label.name}[{','.join(self.doprint(index) for index in node.indices)}]"

    def _print_KroneckerDelta(self, node: Expr) -> str:
        return f"delta({', '.join(self.doprint(index) for index in node.args)})"

    def _as_ordered_terms(self, node: Expr, order: str | None = None) -> list[Expr]:
        return positive_first(super()._as_ordered_terms(node, order))

    def _print_Quotient(self, node: Expr) -> str:
        return "//".join(self._factor(place) for place in node.args)

    def _print_Remainder(self, node: Expr) -> str:
        return "%".join(self._factor(place) for place in node.args)

    def _factor(self, place: Expr) -> str:
        return self.doprint(place) if place.is_Symbol or place.is_Integer else f"({self.doprint(place)})"

    def _print_Mul(self, node: Expr) -> str:
        # 4*(i//3) is not 4*i//3.
        whole = [factor for factor in node.args if isinstance(factor, Quotient | Remainder)]
        if not whole:
            return str(super()._print_Mul(node))
        rest = Mul(*(factor for factor in node.args if factor not in whole))
        inner = "*".join(f"({self.doprint(factor)})" for factor in whole)
        return inner if rest == 1 else f"-{inner}" if rest == -1 else f"{self.parenthesize(rest, PRECEDENCE['Mul'])}*{inner}"

    def _print_Exp1(self, node: Expr) -> str:
        return "exp(1)"

    def _print_Infinity(self, node: Expr) -> str:
        return "inf"

    def _print_NegativeInfinity(self, node: Expr) -> str:
        return "-inf"


_PRINTER = _Printer()


def expression_text(body: Expr) -> str:
    """Return *body* in the text form."""
    return str(_PRINTER.doprint(body))


def _declaration(tensor: Tensor) -> str:
    axes = f"[{', '.join(map(expression_text, tensor.extents))}]" if tensor.extents else ""
    return f"{tensor.role.value} {tensor.name}{axes}"


def _inferred(equation: Equation, tensors: Mapping[str, tuple[Expr, ...]]) -> set[str]:
    """Return the indices whose extent the reads tell."""
    told: dict[str, set[Expr]] = {}
    for node in equation.reads:
        for place, size in zip(indices_of(node), tensors[name_of(node)], strict=True):
            told.setdefault(str(place), set()).add(size)
    return {index.name for index in equation.axes if told.get(index.name) == {index.extent}}


def equation_text(equation: Equation, tensors: Mapping[str, tuple[Expr, ...]]) -> str:
    """Return T[I] = Σ_K e, or Π, max or argmax, given the extents of what it reads.

    An index whose extent no read tells is written ``index:extent``.
    """
    known = _inferred(equation, tensors)
    sign = equation.reduction.value

    def show(index: Index) -> str:
        return index.name if index.name in known else f"{index.name}:{expression_text(index.extent)}"

    target = equation.target + (f"[{','.join(map(show, equation.indices))}]" if equation.indices else "")
    body = expression_text(equation.body)
    if not equation.bound:
        return f"{target} = {body}"
    summed = f"({body})" if equation.body.is_Add else body
    axes = ",".join(map(show, equation.bound))
    bare = axes.isidentifier() and sign in ("Σ", "Π")
    return f"{target} = {sign}_{axes if bare else '{' + axes + '}'} {summed}"


def program_text(program: Program) -> str:
    """Return the declarations, the equations and the outputs, a line each."""
    lines = [_declaration(tensor) for tensor in program.inputs]
    lines += [equation_text(equation, program.tensors) for equation in program.equations]
    lines += [f"output {', '.join(program.outputs)}"]
    return "\n".join(lines) + "\n"
