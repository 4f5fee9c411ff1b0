"""Programs and formulas in presentation MathML."""

from __future__ import annotations

from sympy import Expr, mathml

from diffcheck.notation.program import Equation, Program


def expression_mathml(body: Expr) -> str:
    """Return *body* in MathML, without the enclosing element."""
    return str(mathml(body, printer="presentation"))


def equation_mathml(equation: Equation) -> str:
    """Return T_I = Σ_K e in MathML."""
    return f'<math display="block"><mi>{equation.target}</mi><mo>=</mo>{expression_mathml(equation.body)}</math>'


def program_mathml(program: Program) -> list[str]:
    """Return the equations of *program*, an element each."""
    return [equation_mathml(equation) for equation in program.equations]
