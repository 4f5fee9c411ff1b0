"""What the divisions, roots, powers and logarithms of a program rest on: the conditions under which it has a value.

    1/u: u ≠ 0      u**(1/2): u ≥ 0      u**v: u > 0      log(u): u > 0      asin(u): 1 − u² ≥ 0      …

A condition of a branch has to hold only where the branch is taken: it is void if the masks of the branch, times the mask of
where it fails, are 0. What SymPy knows to hold everywhere is left out, and what it knows to fail leaves nothing to prove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sympy import Add, Dummy, Expr, Indexed, Mul, Symbol, fraction, log, together

from diffcheck.auditing.atoms import Logistic, Step
from diffcheck.auditing.functions import called, step
from diffcheck.auditing.monomials import lead_of, multiplied
from diffcheck.auditing.normal import Normal
from diffcheck.notation import FUNCTIONS, Program, index_symbol, indices_of, name_of
from diffcheck.notation.selection import select
from diffcheck.notation.symbols import is_scalar_read, substitute

_MOST_TERMS = 40
_WORDS = {"positive": "positive", "nonnegative": "not negative", "nonzero": "not 0"}
_STRONGER = {"nonzero": ("nonzero", "positive"), "nonnegative": ("nonnegative", "positive")}
_OPPOSITES = {"positive": "nonpositive", "nonnegative": "negative", "nonzero": "zero"}


@dataclass(frozen=True)
class Condition:
    """*argument* has the property *kind* wherever all *masks* are 1."""

    kind: str
    argument: Expr
    masks: frozenset[Expr] = frozenset()

    @property
    def words(self) -> str:
        """What is demanded of the argument."""
        return _WORDS.get(self.kind, self.kind)

    @property
    def fails(self) -> bool:
        """Whether it holds nowhere."""
        return not self.masks and _known(self.argument, _OPPOSITES.get(self.kind, ""))

    @property
    def void(self) -> bool:
        """Whether it certainly holds."""
        if _known(self.argument, self.kind) or any(self._follows_from(mask) for mask in self.masks):
            return True
        failing = _FAILING.get(self.kind)
        return bool(self.masks) and failing is not None and multiplied(*self.masks, *failing(self.argument)) == 0

    def _follows_from(self, mask: Expr) -> bool:
        return isinstance(mask, Step) and self.kind in _WORDS and _known(self.argument - mask.args[0], "nonnegative")

    def implies(self, other: Condition) -> bool:
        """Say whether *other* needs no word where this holds."""
        kinds = _STRONGER.get(other.kind, (other.kind,))
        return self.argument == other.argument and self.masks <= other.masks and self.kind in kinds


_FAILING: dict[str, Callable[[Expr], list[Expr]]] = {
    "positive": lambda u: [1 - step(u, False)],
    "nonnegative": lambda u: [step(-u, False)],
    "nonzero": lambda u: [1 - step(u, False), 1 - step(-u, False)],
}
_DEMANDS: dict[str, Callable[[Expr], tuple[str, Expr]]] = {
    "log": lambda u: ("positive", u),
    "log1p": lambda u: ("positive", 1 + u),
    "asin": lambda u: ("nonnegative", 1 - u**2),
    "acos": lambda u: ("nonnegative", 1 - u**2),
    "acosh": lambda u: ("nonnegative", u - 1),
    "atanh": lambda u: ("positive", 1 - u**2),
    "erfinv": lambda u: ("positive", 1 - u**2),
}


def conditions(program: Program, places: Mapping[str, Expr]) -> set[Condition]:
    """Return the conditions under which the outputs of *program* have values, those that certainly hold left out."""
    walk = _Walk(Normal(program, places=places))
    for output in program.outputs:
        walk.tensor(output, (), frozenset())
    return {condition for condition in walk.found if not condition.void}


class _Walk:
    def __init__(self, normal: Normal) -> None:
        self.normal = normal
        self.found: set[Condition] = set()
        self.seen: set[tuple[Expr, frozenset[Expr]] | str] = set()

    def tensor(self, name: str, places: tuple[Expr, ...], masks: frozenset[Expr]) -> None:
        """Walk through the equation of *name*: once at any of its places, or at *places* in a branch."""
        equation = self.normal.defined.get(name)
        if equation is None or name in self.seen:
            return
        if not masks:
            self.seen.add(name)
            places = tuple(self._free(f"{name}_{index.name}", index.extent) for index in equation.indices)
        own = {index.symbol: place for index, place in zip(equation.indices, places, strict=True)}
        bound = {index.symbol: self._free(f"{name}_{index.name}", index.extent) for index in equation.bound}
        self.visit(substitute(equation.body, own | bound), masks)

    def _free(self, name: str, size: Expr) -> Symbol:
        symbol = index_symbol(f"each_{name}")
        self.normal.extents[symbol] = size
        return symbol

    def visit(self, node: Expr, masks: frozenset[Expr]) -> None:
        if (node, masks) in self.seen:
            return
        self.seen.add((node, masks))
        if isinstance(node, Indexed) or is_scalar_read(node):
            self.tensor(name_of(node), indices_of(node), masks)
        elif isinstance(node, select):
            self._branches(node, masks)
        else:
            for kind, u in _demands(node):
                self.found |= {Condition(part, argument, masks) for part, argument in _parts(kind, self.normal.form(u))}
            for part in node.args:
                self.visit(part, masks)

    def _branches(self, node: Expr, masks: frozenset[Expr]) -> None:
        condition, then, other = node.args
        self.visit(condition, masks)
        taken = called("step", self.normal.form(condition))
        for branch, mask in ((then, taken), (other, 1 - taken)):
            if mask != 0:
                self.visit(branch, masks | {mask})


def _demands(node: Expr) -> Iterator[tuple[str, Expr]]:
    if node.is_Pow:
        if not node.exp.is_Rational:
            yield "positive", node.base
        elif not node.exp.is_Integer:
            yield ("positive" if node.exp < 0 else "nonnegative"), node.base
        elif node.exp < 0:
            yield "nonzero", node.base
    name = type(node).__name__
    if name in _DEMANDS:
        yield _DEMANDS[name](node.args[0])
    elif name in FUNCTIONS and not FUNCTIONS[name].everywhere:
        yield f"an argument at which {name} has a value", node.args[0]


def _parts(kind: str, u: Expr) -> Iterator[tuple[str, Expr]]:
    """Return what is demanded of *u* as demands of its factors, a number above 0 left out."""
    if kind == "nonzero" and not u.is_Add and u != 0:
        for factor in Mul.make_args(u.as_coeff_Mul()[1]):
            base = factor.base if factor.is_Pow and factor.exp.is_Rational else factor
            yield kind, -base if base.could_extract_minus_sign() else base
    elif kind in _WORDS and not u.is_number:
        yield kind, Add(*(term / abs(lead_of(u)[0]) for term in Add.make_args(u)))
    else:
        yield kind, u


def _known(argument: Expr, kind: str) -> bool:
    """Say whether SymPy knows that *argument* is of *kind* everywhere, all extents at 2 or more."""
    if len(Add.make_args(argument)) > _MOST_TERMS or not kind or " " in kind:
        return False
    plain = _in_exponentials(argument)
    if getattr(plain, f"is_{kind}"):
        return True
    above, below = fraction(together(plain))
    return bool(below.is_positive and getattr(above.expand(), f"is_{kind}"))


def _in_exponentials(argument: Expr) -> Expr:
    """Return *argument* with σ(u) as e/(1 + e), e positive, every extent as 2 and a whole number more, and real logarithms.

    That a logarithm has a value is a condition of its own.
    """
    names: dict[Expr, Expr] = {}
    logs: dict[Expr, Expr] = {}

    def grown(u: Expr) -> Expr:
        return names.setdefault(u, Dummy(positive=True))

    plain = argument.replace(Logistic, lambda u: grown(u) / (1 + grown(u)))
    plain = plain.replace(log, lambda u: log(u) if u.is_number else logs.setdefault(u, Dummy(real=True)))
    extents = {s: Dummy(integer=True, nonnegative=True) + 2 for s in plain.free_symbols if s.is_integer and s.is_positive}
    return plain.xreplace(extents)
