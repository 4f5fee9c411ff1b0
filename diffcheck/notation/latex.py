"""Programs and formulas in LaTeX."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from sympy import Expr, Function, Mul
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE

from diffcheck.notation.functions import FUNCTIONS, NamedFunction
from diffcheck.notation.names import greek_name, split_name
from diffcheck.notation.order import before_sums, negative, positive_first
from diffcheck.notation.program import Equation, Program, Reduction
from diffcheck.notation.selection import detach, held, select
from diffcheck.notation.symbols import indices_of, name_of
from diffcheck.notation.tensor import Index

_ACCENTS = {
    "\u0300": "grave",
    "\u0301": "acute",
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0306": "breve",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u030c": "check",
}


def name_latex(text: str, indices: Iterable[str] = ()) -> str:
    r"""Return the LaTeX of a name, read at *indices*: adjoints barred, words, numbers and indices as one subscript.

    >>> print(name_latex("W_1_bar", ["j", "k"]))
    \bar{W}_{1,jk}
    """
    name, places = split_name(text), list(indices)
    single = len(name.letters) == 1
    line = _letters(name.letters) if single else rf"\mathit{{{_letters(name.letters)}}}"
    for bar in range(name.bars):
        line = rf"\{'bar' if single and not bar else 'overline'}{{{line}}}"
    words = [word if word.isdecimal() else rf"\mathrm{{{_letters(word)}}}" for word in name.subscripts]
    joined = ("" if all(len(place) == 1 for place in places) else ",").join(places)
    below = ",".join([*words, joined] if places else words)
    below = f"_{{{below}}}" if below else ""
    return f"{{{line}^{{({name.part})}}{below}}}" if name.part else f"{line}{below}"  # braced: it may be raised to a power


def _letters(text: str) -> str:
    return "".join(map(_letter, unicodedata.normalize("NFC", text)))


def _letter(character: str) -> str:
    stem, *marks = tuple(unicodedata.normalize("NFD", character))
    if any(mark not in _ACCENTS for mark in marks):
        return character
    greek = greek_name(stem)
    letter = rf"\{greek}" if greek and greek != "omicron" else stem.replace("_", r"\_")
    for mark in marks:
        letter = rf"\{_ACCENTS[mark]}{{{letter}}}"
    return letter


_SIGNS = {
    Reduction.SUM: r"\sum",
    Reduction.PRODUCT: r"\prod",
    Reduction.MAX: r"\max",
    Reduction.ARGMAX: r"\operatorname*{argmax}",
}


class _Printer(LatexPrinter):  # type: ignore[misc]  # SymPy carries no types
    printmethod = "_diffcheck_latex"

    def _print_Symbol(self, node: Expr, style: str = "plain") -> str:
        return name_latex(name_of(node))

    def _print_Indexed(self, node: Expr) -> str:
        return name_latex(name_of(node), map(self.doprint, indices_of(node)))

    def _print_Function(self, node: Expr, exp: str | None = None) -> str:
        if isinstance(node, select):
            condition, then, other = map(self.doprint, node.args)
            lines = rf"{then} & {condition} > 0 \\ {other} & \text{{otherwise}}"
            cases = rf"\begin{{cases}} {lines} \end{{cases}}"
            return rf"\left({cases}\right)^{{{exp}}}" if exp else cases
        if isinstance(node, held):
            return rf"\left({self.doprint(node.args[0])}\right)"
        if isinstance(node, detach):
            return rf"\operatorname{{detach}}\left({self.doprint(node.args[0])}\right)"
        if not isinstance(node, NamedFunction):
            return str(super()._print_Function(node, exp))
        power = f"^{{{exp}}}" if exp else ""
        return rf"{FUNCTIONS[type(node).__name__].latex}{power}\left({self.doprint(node.args[0])}\right)"

    def _print_Quotient(self, node: Expr, exp: str | None = None) -> str:
        return rf"\lfloor {' / '.join(map(self._place, node.args))} \rfloor"

    def _print_Remainder(self, node: Expr, exp: str | None = None) -> str:
        return r" \bmod ".join(map(self._place, node.args))

    def _place(self, node: Expr) -> str:
        return self.doprint(node) if node.is_Symbol or node.is_Integer else rf"\left({self.doprint(node)}\right)"

    def _as_ordered_terms(self, node: Expr, order: str | None = None) -> list[Expr]:
        return positive_first(super()._as_ordered_terms(node, order))

    def _print_Mul(self, node: Expr) -> str:
        before, sums = before_sums(node)
        if not sums or before == 1:
            return str(super()._print_Mul(node))
        return f"{self.parenthesize(before, PRECEDENCE['Add'], strict=True)} {self.doprint(Mul(*sums))}"

    def _print_Pi(self, node: Expr) -> str:
        return r"\pi"

    def _print_Infinity(self, node: Expr) -> str:
        return r"\infty"

    def _print_NegativeInfinity(self, node: Expr) -> str:
        return r"-\infty"

    def _needs_mul_brackets(self, node: Expr, **where: Any) -> bool:
        # A sum inside a function, or inside a power of one, is bracketed by the function.
        inner = node.base if node.is_Pow else node
        return not isinstance(inner, Function) and bool(super()._needs_mul_brackets(node, **where))


_PRINTER = _Printer()


def expression_latex(body: Expr) -> str:
    """Return *body* in LaTeX."""
    return str(_PRINTER.doprint(body))


def equation_latex(equation: Equation) -> str:
    """Return T_I = Σ_K e in LaTeX."""
    return " = ".join(_sides(equation))


def program_latex(program: Program) -> str:
    """Return the equations of *program*, aligned, a line each."""
    lines = (" &= ".join(_sides(equation)) for equation in program.equations)
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _sides(equation: Equation) -> tuple[str, str]:
    target = name_latex(equation.target, _names(equation.indices))
    if not equation.bound:
        return target, expression_latex(equation.body)
    out = equation.reduction is Reduction.SUM and negative(equation.body)
    sign, body = ("- ", -equation.body) if out else ("", equation.body)
    summed = rf"\left({expression_latex(body)}\right)" if body.is_Add else expression_latex(body)
    return target, rf"{sign}{_SIGNS[equation.reduction]}_{{{', '.join(_names(equation.bound))}}} {summed}"


def _names(indices: tuple[Index, ...]) -> list[str]:
    return [name_latex(index.name) for index in indices]
