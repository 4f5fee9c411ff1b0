"""Programs and formulas in LaTeX."""

from __future__ import annotations

import re

from sympy import Expr
from sympy.printing.latex import LatexPrinter

from diffcheck.notation.functions import FUNCTIONS, NamedFunction
from diffcheck.notation.program import Equation, Program

_ADJOINT = re.compile(r"^(?P<stem>.+?)_bar(?P<rest>(_\d+)?)$")


def name_latex(name: str) -> str:
    """Return the LaTeX of a name: adjoints barred, a trailing number or word as a subscript."""
    if barred := _ADJOINT.match(name):
        number = barred["rest"].replace("_", "")
        return rf"\bar{{{name_latex(barred['stem'])}}}" + (f"_{{{number}}}" if number else "")
    stem, _, rest = name.partition("_")
    letters = stem if len(stem) == 1 else rf"\mathit{{{stem}}}"
    return letters + (rf"_{{\mathrm{{{rest.replace('_', ' ')}}}}}" if rest else "")


class _Printer(LatexPrinter):  # type: ignore[misc]  # SymPy carries no types
    printmethod = "_diffcheck_latex"

    def _print_Symbol(self, node: Expr, style: str = "plain") -> str:
        return name_latex(str(node.name))

    def _print_Indexed(self, node: Expr) -> str:
        indices = "".join(self.doprint(index) for index in node.indices)
        name = name_latex(str(node.base.label.name))
        return f"{{{name}}}_{{{indices}}}" if "_" in name else f"{name}_{{{indices}}}"

    def _print_Function(self, node: Expr, exp: str | None = None) -> str:
        if not isinstance(node, NamedFunction):
            return str(super()._print_Function(node, exp))
        power = f"^{{{exp}}}" if exp else ""
        return rf"{FUNCTIONS[type(node).__name__].latex}{power}\left({self.doprint(node.args[0])}\right)"


_PRINTER = _Printer()


def expression_latex(body: Expr) -> str:
    """Return *body* in LaTeX."""
    return str(_PRINTER.doprint(body))


def equation_latex(equation: Equation) -> str:
    """Return T_I = Σ_K e in LaTeX."""
    indices = "".join(index.name for index in equation.indices)
    target = name_latex(equation.target)
    left = (f"{{{target}}}_{{{indices}}}" if "_" in target else f"{target}_{{{indices}}}") if indices else target
    sums = "".join(rf"\sum_{{{index.name}}} " for index in equation.bound)
    body = expression_latex(equation.body)
    right = rf"\left({body}\right)" if equation.bound and equation.body.is_Add else body
    return f"{left} = {sums}{right}"


def program_latex(program: Program) -> str:
    """Return the equations of *program*, aligned, a line each."""
    lines = (equation_latex(equation).replace(" = ", " &= ", 1) for equation in program.equations)
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"
