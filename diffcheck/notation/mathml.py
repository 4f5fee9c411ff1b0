"""Programs and formulas in presentation MathML, for pages that load nothing.

Methods return markup, of one element or of several in a row; `_group` makes one element of them. Only token elements hold
text, and all of it is escaped.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from sympy import Expr, Pow, Rational, Sum, exp, fraction
from sympy.printing.printer import Printer

from diffcheck.errors import UnsupportedExpression
from diffcheck.notation.functions import FUNCTIONS
from diffcheck.notation.names import split_name
from diffcheck.notation.order import before_sums, negative, positive_first
from diffcheck.notation.program import Equation, Program, Reduction
from diffcheck.notation.symbols import indices_of, name_of
from diffcheck.notation.tensor import Index

_ACCENTS = {"\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0304": "¯", "\u0307": "˙", "\u0308": "¨"}
_SIGNS = {Reduction.SUM: "∑", Reduction.PRODUCT: "∏", Reduction.MAX: "max", Reduction.ARGMAX: "argmax"}
_TIMES = "<mo>\u2062</mo>"  # the invisible times
_APPLY = "<mo>\u2061</mo>"  # the invisible application of a function


def expression_mathml(body: Expr) -> str:
    """Return *body* as one MathML element."""
    return _group(_PRINTER.doprint(body))


def equation_mathml(equation: Equation) -> str:
    """Return T_I = Σ_K e as one MathML element."""
    target = _name(equation.target, list(map(_index, equation.indices)))
    if not equation.bound:
        return _group(f"{target}<mo>=</mo>{_PRINTER.doprint(equation.body)}")
    out = equation.reduction is Reduction.SUM and negative(equation.body)
    sign, body = ("<mo>−</mo>", -equation.body) if out else ("", equation.body)
    reduced = _sum(_list(map(_index, equation.bound)), sign=_SIGNS[equation.reduction])
    return _group(f"{target}<mo>=</mo>{sign}{reduced}{_PRINTER.term(body)}")


def program_mathml(program: Program) -> list[str]:
    """Return the equations of *program*, a displayed formula each."""
    return [f'<math display="block">{equation_mathml(equation)}</math>' for equation in program.equations]


class _Printer(Printer):  # type: ignore[misc]  # SymPy carries no types
    printmethod = "_diffcheck_mathml"
    _default_settings: ClassVar[dict[str, Any]] = {"order": None}

    def _print_Basic(self, node: Any) -> str:
        raise UnsupportedExpression(got=f"{node}", wanted="a formula of a program", do="write it in the notation of programs")

    def term(self, node: Expr) -> str:
        """Return what a sum runs over."""
        return _bracketed(self.doprint(node)) if node.is_Add or negative(node) else self.doprint(node)

    def _print_Symbol(self, node: Expr) -> str:
        return self._read(node)

    def _print_Indexed(self, node: Expr) -> str:
        return self._read(node)

    def _read(self, node: Expr, power: str = "") -> str:
        return _name(name_of(node), list(map(self.doprint, indices_of(node))), power)

    def _print_KroneckerDelta(self, node: Expr) -> str:
        return f"<msub><mi>δ</mi>{_group(_list(self.doprint(place) for place in node.args))}</msub>"

    def _print_Integer(self, node: Expr) -> str:
        return f"<mn>{node}</mn>" if node >= 0 else f"<mo>−</mo><mn>{-node}</mn>"

    def _print_Rational(self, node: Expr) -> str:
        sign = "<mo>−</mo>" if node < 0 else ""
        return f"{sign}<mfrac><mn>{abs(node.p)}</mn><mn>{node.q}</mn></mfrac>"

    def _print_Pi(self, node: Expr) -> str:
        return "<mi>π</mi>"

    def _print_Infinity(self, node: Expr) -> str:
        return "<mi>∞</mi>"

    def _print_NegativeInfinity(self, node: Expr) -> str:
        return "<mo>−</mo><mi>∞</mi>"

    def _print_Exp1(self, node: Expr) -> str:
        return "<mi>e</mi>"

    def _print_Add(self, node: Expr) -> str:
        first, *rest = positive_first(self._as_ordered_terms(node))
        return str(self.doprint(first)) + "".join(map(self._next_term, rest))

    def _next_term(self, term: Expr) -> str:
        return f"<mo>−</mo>{self.doprint(-term)}" if negative(term) else f"<mo>+</mo>{self.doprint(term)}"

    def _print_Mul(self, node: Expr) -> str:
        if negative(node):
            return f"<mo>−</mo>{self.term(-node)}"
        before, sums = before_sums(node)
        if sums:
            return self._factors([before, *sums] if before != 1 else sums)
        above, below = fraction(node, exact=True)
        if below != 1:
            return f"<mfrac>{_group(self._product(above))}{_group(self._product(below))}</mfrac>"
        return self._product(node)

    def _product(self, node: Expr) -> str:
        factors = node.as_ordered_factors()
        return self.doprint(node) if len(factors) == 1 else self._factors(factors)

    def _factors(self, factors: list[Expr]) -> str:
        # A sum reaches to the end of its product: only the last may stand without brackets.
        *others, last = factors
        shown = [_bracketed(self.doprint(node)) if isinstance(node, Sum) else self.term(node) for node in others]
        line = ""
        for part in [*shown, self.term(last)]:
            digits = line.endswith("</mn>") and part.removeprefix("<msup>").removeprefix("<mrow>").startswith("<mn>")
            line += (("<mo>⋅</mo>" if digits else _TIMES) if line else "") + part
        return line

    def _print_Pow(self, node: Expr) -> str:
        base, exponent = node.base, node.exp
        if exponent.is_Rational and exponent < 0:
            return f"<mfrac><mn>1</mn>{_group(self.doprint(Pow(base, -exponent)))}</mfrac>"
        if exponent == Rational(1, 2):
            return f"<msqrt>{self.doprint(base)}</msqrt>"
        if exponent.is_Rational and exponent.p == 1:
            return f"<mroot>{_group(self.doprint(base))}<mn>{exponent.q}</mn></mroot>"
        return self._raised(base, _group(self.doprint(exponent)))

    def _raised(self, base: Expr, power: str) -> str:
        if base.is_Indexed or base.is_Symbol:
            return self._read(base, power)
        if type(base).__name__ in FUNCTIONS and not isinstance(base, exp):
            return self._applied(base, power)
        plain = base.is_NumberSymbol or (base.is_Integer and base >= 0)
        return f"<msup>{self.doprint(base) if plain else _bracketed(self.doprint(base))}{power}</msup>"

    def _print_exp(self, node: Expr) -> str:
        return f"<msup><mi>e</mi>{_group(self.doprint(node.args[0]))}</msup>"

    def _print_Abs(self, node: Expr) -> str:
        # No program holds one, but sqrt(x**2) in a closed form becomes |x|.
        return _group(f"<mo>|</mo>{self.doprint(node.args[0])}<mo>|</mo>")

    def _print_select(self, node: Expr) -> str:
        condition, then, other = map(self.doprint, node.args)
        cases = ((then, f"{condition}<mo>&gt;</mo><mn>0</mn>"), (other, "<mtext>otherwise</mtext>"))
        rows = (f"<mtr><mtd>{_group(value)}</mtd><mtd>{_group(when)}</mtd></mtr>" for value, when in cases)
        return _group(f"<mo>{{</mo><mtable>{''.join(rows)}</mtable>")

    def _print_held(self, node: Expr) -> str:
        return _bracketed(self.doprint(node.args[0]))

    def _print_detach(self, node: Expr) -> str:
        return _group(f"<mi>detach</mi>{_APPLY}{_bracketed(self.doprint(node.args[0]))}")

    def _print_Quotient(self, node: Expr) -> str:
        return _group(f"<mo>⌊</mo>{'<mo>/</mo>'.join(map(self._place, node.args))}<mo>⌋</mo>")

    def _print_Remainder(self, node: Expr) -> str:
        return _group("<mo>mod</mo>".join(map(self._place, node.args)))

    def _place(self, node: Expr) -> str:
        return self.doprint(node) if node.is_Symbol or node.is_Integer else _bracketed(self.doprint(node))

    def _print_Function(self, node: Expr) -> str:
        if type(node).__name__ not in FUNCTIONS:
            return self._print_Basic(node)
        return self._applied(node)

    def _applied(self, node: Expr, power: str = "") -> str:
        name = f"<mi>{escape(_function_name(type(node).__name__))}</mi>"
        head = f"<msup>{name}{power}</msup>" if power else name
        return f"{head}{_APPLY}{_bracketed(self.doprint(node.args[0]))}"

    def _print_Sum(self, node: Expr) -> str:
        signs = (
            _sum(f"{self.doprint(index)}<mo>=</mo>{self.doprint(first)}", self.doprint(last))
            for index, first, last in node.limits
        )
        return "".join(signs) + self.term(node.function)


_PRINTER = _Printer()


def _function_name(name: str) -> str:
    latex = FUNCTIONS[name].latex.removeprefix(r"\operatorname{").removesuffix("}").removeprefix("\\")
    return "σ" if latex == "sigma" else latex


def _name(text: str, indices: list[str], power: str = "") -> str:
    """Return a name with its bars, read at *indices* and raised to *power*."""
    name = split_name(text)
    line = _letters(name.letters)
    for _ in range(name.bars):
        line = _accented(line, "¯")
    words = [f"<mn>{word}</mn>" if word.isdecimal() else f"<mi>{escape(word)}</mi>" for word in name.subscripts]
    places = (_list if any("<msub>" in place for place in indices) else "".join)(indices)
    below = _list([*words, places] if places else words)
    above = f"<mo>(</mo><mn>{name.part}</mn><mo>)</mo>" if name.part else ""
    if above and power:
        return f"<msup>{_bracketed(_scripts(line, below, _group(above)))}{power}</msup>"
    return _scripts(line, below, _group(above) if above else power)


def _letters(text: str) -> str:
    stem, *marks = tuple(unicodedata.normalize("NFD", text))
    if len(unicodedata.normalize("NFC", text)) > 1 or any(mark not in _ACCENTS for mark in marks):
        return f"<mi>{escape(text)}</mi>"
    line = f"<mi>{escape(stem)}</mi>"  # a bare letter is set in italics, one with an accent of its own is not
    for mark in marks:
        line = _accented(line, _ACCENTS[mark])
    return line


def _accented(line: str, accent: str) -> str:
    return f'<mover accent="true">{line}<mo stretchy="false">{accent}</mo></mover>'


def _scripts(line: str, below: str, above: str) -> str:
    if below and above:
        return f"<msubsup>{line}{_group(below)}{above}</msubsup>"
    if below:
        return f"<msub>{line}{_group(below)}</msub>"
    return f"<msup>{line}{above}</msup>" if above else line


def _index(index: Index) -> str:
    return _name(index.name, [])


def _list(parts: Iterable[str]) -> str:
    return "<mo>,</mo>".join(parts)


def _sum(below: str, above: str = "", sign: str = "∑") -> str:
    kind = "munderover" if above else "munder"
    return f"<{kind}><mo>{sign}</mo>{_group(below)}{_group(above) if above else ''}</{kind}>"


def _bracketed(inner: str) -> str:
    return _group(f"<mo>(</mo>{inner}<mo>)</mo>")


def _group(inner: str) -> str:
    return f"<mrow>{inner}</mrow>"
