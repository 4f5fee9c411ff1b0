"""Programs and formulas in presentation MathML, for pages that load nothing.

Each method returns markup; `_group` makes one element of several. Only token elements hold text, and all of it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

from sympy import Expr, Integer, Pow, Sum, fraction
from sympy.printing.printer import Printer

from diffcheck.errors import UnsupportedExpression
from diffcheck.notation.functions import FUNCTIONS
from diffcheck.notation.names import Name, split_name
from diffcheck.notation.order import before_sums, negative, positive_first
from diffcheck.notation.program import Equation, Program
from diffcheck.notation.symbols import indices_of, name_of
from diffcheck.notation.tensor import Index

_TIMES = "<mo>\u2062</mo>"  # the invisible times
_APPLY = "<mo>\u2061</mo>"  # the invisible application of a function


def expression_mathml(body: Expr) -> str:
    """Return *body* as one MathML element."""
    return _group(_PRINTER.doprint(body))


def equation_mathml(equation: Equation) -> str:
    """Return T_I = Σ_K e as one MathML element."""
    target = _with_indices(split_name(equation.target), [_index(index) for index in equation.indices])
    body = _PRINTER.doprint(equation.body)
    if equation.bound:
        body = _sum(_list(map(_index, equation.bound))) + (_bracketed(body) if equation.body.is_Add else body)
    return _group(f"{target}<mo>=</mo>{body}")


def program_mathml(program: Program) -> list[str]:
    """Return the equations of *program*, a displayed formula each."""
    return [f'<math display="block">{equation_mathml(equation)}</math>' for equation in program.equations]


class _Printer(Printer):  # type: ignore[misc]  # SymPy carries no types
    printmethod = "_diffcheck_mathml"
    _default_settings: dict[str, Any] = {"order": None}

    def emptyPrinter(self, node: Any) -> str:
        raise UnsupportedExpression(got=f"{node}", wanted="a formula of a program", do="write it in the notation of programs")

    def _print_Symbol(self, node: Expr) -> str:
        return _with_indices(split_name(name_of(node)))

    def _print_Indexed(self, node: Expr) -> str:
        return _with_indices(split_name(name_of(node)), [self.doprint(place) for place in indices_of(node)])

    def _print_KroneckerDelta(self, node: Expr) -> str:
        return f"<msub><mi>δ</mi>{_group(_list(self.doprint(place) for place in node.args))}</msub>"

    def _print_Integer(self, node: Expr) -> str:
        return f"<mn>{node}</mn>" if node >= 0 else f"<mo>−</mo><mn>{-node}</mn>"

    def _print_Rational(self, node: Expr) -> str:
        sign = "<mo>−</mo>" if node < 0 else ""
        return f"{sign}<mfrac><mn>{abs(node.p)}</mn><mn>{node.q}</mn></mfrac>"

    def _print_Pi(self, node: Expr) -> str:
        return "<mi>π</mi>"

    def _print_Exp1(self, node: Expr) -> str:
        return "<mi>e</mi>"

    def _print_Add(self, node: Expr) -> str:
        first, *rest = positive_first(self._as_ordered_terms(node))
        return self.doprint(first) + "".join(map(self._next_term, rest))

    def _next_term(self, term: Expr) -> str:
        return f"<mo>−</mo>{self.doprint(-term)}" if negative(term) else f"<mo>+</mo>{self.doprint(term)}"

    def _print_Mul(self, node: Expr) -> str:
        if negative(node):
            return f"<mo>−</mo>{self._factor(-node)}"
        before, sums = before_sums(node)
        if sums:
            return _TIMES.join(([] if before == 1 else [self._factor(before)]) + self._factors(sums))
        above, below = fraction(node, exact=True)
        if below != 1:
            return f"<mfrac>{_group(self._product(above))}{_group(self._product(below))}</mfrac>"
        return self._product(node)

    def _product(self, node: Expr) -> str:
        factors = node.as_ordered_factors()
        return self.doprint(node) if len(factors) == 1 else _TIMES.join(self._factors(factors))

    def _factors(self, factors: list[Expr]) -> list[str]:
        # A sum reaches to the end of its product: only the last may stand without brackets.
        *others, last = factors
        shown = [_bracketed(self.doprint(node)) if isinstance(node, Sum) else self._factor(node) for node in others]
        return [*shown, self._factor(last)]

    def _factor(self, node: Expr) -> str:
        return _bracketed(self.doprint(node)) if node.is_Add or negative(node) else self.doprint(node)

    def _print_Pow(self, node: Expr) -> str:
        base, exponent = node.base, node.exp
        if exponent.is_Rational and exponent < 0:
            return f"<mfrac><mn>1</mn>{_group(self.doprint(Pow(base, -exponent)))}</mfrac>"
        if exponent.is_Rational and exponent.p == 1:
            degree = "" if exponent.q == 2 else self.doprint(Integer(exponent.q))
            kind = "mroot" if degree else "msqrt"
            return f"<{kind}>{_group(self.doprint(base))}{degree}</{kind}>"
        return self._raised(base, _group(self.doprint(exponent)))

    def _raised(self, base: Expr, power: str) -> str:
        if type(base).__name__ in FUNCTIONS and type(base).__name__ != "exp":
            return self._applied(base, power)
        plain = base.is_Symbol or base.is_Indexed or base.is_NumberSymbol or (base.is_Integer and base >= 0)
        inner = self.doprint(base)
        return f"<msup>{_group(inner if plain else _bracketed(inner))}{power}</msup>"

    def _print_exp(self, node: Expr) -> str:
        return f"<msup><mi>e</mi>{_group(self.doprint(node.args[0]))}</msup>"

    def _print_Function(self, node: Expr) -> str:
        if type(node).__name__ not in FUNCTIONS:
            return self.emptyPrinter(node)
        return self._applied(node)

    def _applied(self, node: Expr, power: str = "") -> str:
        name = f"<mi>{escape(_function_name(type(node).__name__))}</mi>"
        head = f"<msup>{name}{power}</msup>" if power else name
        return f"{head}{_APPLY}{_bracketed(self.doprint(node.args[0]))}"

    def _print_Sum(self, node: Expr) -> str:
        body = self.doprint(node.function)
        signs = (
            _sum(f"{self.doprint(index)}<mo>=</mo>{self.doprint(first)}", self.doprint(last))
            for index, first, last in node.limits
        )
        return "".join(signs) + (_bracketed(body) if node.function.is_Add else body)


_PRINTER = _Printer()


def _function_name(name: str) -> str:
    latex = FUNCTIONS[name].latex.removeprefix(r"\operatorname{").removesuffix("}").removeprefix("\\")
    return "σ" if latex == "sigma" else latex


def _with_indices(name: Name, indices: Iterable[str] = ()) -> str:
    words = [f"<mn>{word}</mn>" if word.isdecimal() else f"<mi>{escape(word)}</mi>" for word in name.subscripts]
    places = list(indices)
    below = _list([*words, *([_list(places, plain=True)] if places else [])])
    return f"<msub>{_stem(name)}{_group(below)}</msub>" if below else _stem(name)


def _stem(name: Name) -> str:
    if isinstance(name.stem, str):
        return f"<mi>{escape(name.stem)}</mi>"
    bar = f'<mo stretchy="{"false" if name.stem.short else "true"}">¯</mo>'
    return f'<mover accent="true">{_with_indices(name.stem)}{bar}</mover>'


def _index(index: Index) -> str:
    return _with_indices(split_name(index.name))


def _list(parts: Iterable[str], *, plain: bool = False) -> str:
    """Return *parts* with commas between; *plain* leaves them out between single letters and numbers."""
    shown = list(parts)
    letters = plain and not any("<msub>" in part for part in shown)
    return (_TIMES if letters else "<mo>,</mo>").join(shown)


def _sum(below: str, above: str = "") -> str:
    kind = "munderover" if above else "munder"
    return f"<{kind}><mo>∑</mo>{_group(below)}{_group(above) if above else ''}</{kind}>"


def _bracketed(inner: str) -> str:
    return _group(f"<mo>(</mo>{inner}<mo>)</mo>")


def _group(inner: str) -> str:
    return f"<mrow>{inner}</mrow>"
