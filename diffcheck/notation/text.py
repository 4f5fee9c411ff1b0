"""Programs as text in index notation, in the form that `parse` reads back."""

from __future__ import annotations

from sympy import Expr
from sympy.printing.str import StrPrinter

from diffcheck.notation.order import positive_first
from diffcheck.notation.program import Equation, Program
from diffcheck.notation.symbols import indices_of
from diffcheck.notation.tensor import Index, Tensor


class _Printer(StrPrinter):  # type: ignore[misc]  # SymPy carries no types
    printmethod = "_diffcheck_text"  # else SymPy's Indexed prints itself

    def _print_Indexed(self, node: Expr) -> str:
        return f"{node.base.label.name}[{','.join(self.doprint(index) for index in node.indices)}]"

    def _print_KroneckerDelta(self, node: Expr) -> str:
        return f"delta({', '.join(self.doprint(index) for index in node.args)})"

    def _as_ordered_terms(self, node: Expr, order: str | None = None) -> list[Expr]:
        return positive_first(super()._as_ordered_terms(node, order))

    def _print_Exp1(self, node: Expr) -> str:
        return "exp(1)"


_PRINTER = _Printer()


def expression_text(body: Expr) -> str:
    """Return *body* in the text form."""
    return str(_PRINTER.doprint(body))


def _declaration(tensor: Tensor) -> str:
    axes = f"[{', '.join(map(expression_text, tensor.extents))}]" if tensor.extents else ""
    return f"{tensor.role.value} {tensor.name}{axes}"


def _inferred(equation: Equation) -> set[str]:
    return {str(place) for node in equation.reads for place in indices_of(node)}


def equation_text(equation: Equation) -> str:
    """Return T[I] = Σ_K e; an index whose extent no read tells is written ``index:extent``."""
    known = _inferred(equation)

    def show(index: Index) -> str:
        return index.name if index.name in known else f"{index.name}:{expression_text(index.extent)}"

    target = equation.target + (f"[{','.join(map(show, equation.indices))}]" if equation.indices else "")
    body = expression_text(equation.body)
    if not equation.bound:
        return f"{target} = {body}"
    summed = f"({body})" if equation.body.is_Add else body
    axes = ",".join(map(show, equation.bound))
    return f"{target} = Σ_{axes if axes.isidentifier() else '{' + axes + '}'} {summed}"


def program_text(program: Program) -> str:
    """Return the declarations, the equations and the outputs, a line each."""
    lines = [_declaration(tensor) for tensor in program.inputs]
    lines += [equation_text(equation) for equation in program.equations]
    lines += [f"output {', '.join(program.outputs)}"]
    return "\n".join(lines) + "\n"
