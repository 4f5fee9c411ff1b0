"""A tensor of a program in normal form: a sum of products of atoms, in the inputs alone.

1. Every equation is substituted into the next; a read that may lie outside its axis carries a mask.
2. Sums are distributed over terms. What does not mention the index stands outside, sums of sums are one sum, and a sum whose
   factors no index connects is a product of sums: Σ_ij a_i·b_j = (Σ a)(Σ b). Idle indices count: Σ_i 1 = n.
3. Bound indices have canonical names, named functions are written in few atoms, and products obey their identities.

Two tensors whose normal forms are the same are equal wherever both are defined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from sympy import Abs, Add, Expr, Indexed, Integer, KroneckerDelta, Mul, Symbol, exp, nan, zoo

from diffcheck.auditing.atoms import Logistic, Opaque, Softplus, Step, Within
from diffcheck.auditing.binders import BINDERS, Binder, Total, bound_by
from diffcheck.auditing.functions import called, inverse, root
from diffcheck.auditing.monomials import multiplied, simplified
from diffcheck.derivation.deltas import solved
from diffcheck.errors import UnsupportedExpression
from diffcheck.notation import FUNCTIONS, Equation, Index, Program, Reduction, Role, index_symbol, indices_of, name_of, read
from diffcheck.notation.places import Quotient, Remainder, inside
from diffcheck.notation.selection import detach, held, select
from diffcheck.notation.symbols import is_scalar_read, substitute

_UNROLLED = 8
_COUNT = count(1)
_ATOMS = {Abs: "absolute", Logistic: "sigmoid", Softplus: "softplus", Step: "step"}


@dataclass
class Normal:
    """The normal forms of the tensors of one program.

    *loose* takes step(−u) for 1 − step(u); *unrolled* writes sums over few numbered elements out; *places* holds the integer
    inputs whose elements are taken to lie in an axis, with its extent.
    """

    program: Program
    loose: bool = False
    unrolled: bool = False
    places: Mapping[str, Expr] = field(default_factory=dict)
    extents: dict[Symbol, Expr] = field(default_factory=dict)
    known: dict[Expr, Expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.defined = {equation.target: equation for equation in self.program.equations}
        self.given = {tensor.name: tensor.extents for tensor in self.program.inputs}

    def of(self, name: str, places: tuple[Expr, ...]) -> Expr:
        """Return the tensor *name* at *places*, numbers or free indices that are read within its axes."""
        pairs = zip(places, self.program.tensors[name], strict=True)
        extents = {place: size for place, size in pairs if place.is_Symbol}
        if any(self.extents.get(place, size) != size for place, size in extents.items()):
            self.known.clear()  # what lay within every axis for the places before need not for these
        self.extents |= extents
        return self.form(read(name, places))

    def form(self, node: Expr) -> Expr:
        """Return the normal form of *node*."""
        if node not in self.known:
            self.known[node] = self._form(node)
            if self.known[node] in (nan, zoo):  # which equal themselves, whatever they were made of
                raise UnsupportedExpression(got=str(node), wanted="an expression that has a value", do="leave inf out")
        return self.known[node]

    def _form(self, node: Expr) -> Expr:
        if isinstance(node, Indexed) or is_scalar_read(node):
            return self._read(node)
        if node.is_Atom:
            return node
        if node.is_Add:
            return Add(*map(self.form, node.args))
        if node.is_Mul:
            return multiplied(*map(self.form, node.args))
        if node.is_Pow:
            return self._power(node)
        if isinstance(node, KroneckerDelta | Within | Quotient | Remainder):
            return self._whole(node.func, *map(self.form, node.args))
        if isinstance(node, select):
            return self._select(*map(self.form, node.args))
        return self.form(node.args[0]) if isinstance(node, held | detach) else self._function(node)

    def _whole(self, kind: type[Expr], first: Expr, second: Expr) -> Expr:
        if kind in (Quotient, Remainder) and inside(first, second, self.extents):
            return first if kind is Remainder else Integer(0)
        return kind(first, second)

    def _function(self, node: Expr) -> Expr:
        if isinstance(node, Total):
            names = {symbol: self._fresh(size) for symbol, size in node.bound}
            return self.total(self.form(substitute(node.args[0], names)), {name: self.extents[name] for name in names.values()})
        if isinstance(node, Binder):
            return node
        if isinstance(node, Opaque):
            return Opaque(node.args[0], self.form(node.args[1]))
        name = _ATOMS.get(type(node), type(node).__name__)
        if name not in FUNCTIONS or len(node.args) != 1:
            raise UnsupportedExpression(got=str(node), wanted="a named function", do="write it in named functions")
        argument = self.form(node.args[0])
        if name in ("sign", "step", "absolute") and self._is_whole(argument):
            return _of_whole(name, argument)
        return called(name, argument, self.loose)

    def _is_whole(self, node: Expr) -> bool:
        whole = self.program.named(Role.INTEGER)
        return all(
            atom.is_integer or (isinstance(atom, Indexed) and name_of(atom) in whole) or atom.is_Integer
            for term in Add.make_args(node)
            for atom in term.as_coeff_Mul()[1:]
        ) and all(term.as_coeff_Mul()[0].is_Integer for term in Add.make_args(node))

    def _power(self, node: Expr) -> Expr:
        base, power = self.form(node.base), self.form(node.exp)
        if power.is_Integer:
            part = base if power > 0 else inverse(base)
            return multiplied(*[part] * abs(int(power)))
        return root(base, power) if power.is_Rational else exp(multiplied(power, called("log", base)))

    def _select(self, condition: Expr, then: Expr, other: Expr) -> Expr:
        # The two branches as a case each: in the one, step is 1, in the other 0, and the branch not taken falls out.
        taken = called("step", condition, self.loose)
        return Add(multiplied(taken, then), multiplied(1 - taken, other))

    def _read(self, node: Expr) -> Expr:
        name, places = name_of(node), tuple(map(self.form, indices_of(node)))
        if name in self.given:
            outside = any(Within(place, size) == 0 for place, size in zip(places, self.given[name], strict=True))
            element = Integer(0) if outside else read(name, places)
            # A place that lies in an axis is its own remainder, which says so wherever it is asked.
            return Remainder(element, self.places[name]) if name in self.places else element
        equation = self.defined[name]
        pairs = zip(places, equation.extents, strict=True)
        masks = [Within(place, size) for place, size in pairs if not inside(place, size, self.extents)]
        if Integer(0) in masks:
            return Integer(0)
        return multiplied(self._value(equation, places), *masks)

    def _value(self, equation: Equation, places: tuple[Expr, ...]) -> Expr:
        fresh = {index.symbol: self._fresh(index.extent) for index in equation.bound}
        values = dict(zip((index.symbol for index in equation.indices), places, strict=True))
        body = self.form(substitute(equation.body, values | fresh))
        bound = {symbol: self.extents[symbol] for symbol in fresh.values()}
        if not bound:
            return body
        return self.total(body, bound) if equation.reduction is Reduction.SUM else self._bound(equation, body, bound)

    def _bound(self, equation: Equation, body: Expr, bound: dict[Symbol, Expr]) -> Expr:
        return bound_by(BINDERS[equation.reduction], body, bound)

    def _fresh(self, size: Expr) -> Symbol:
        symbol = index_symbol(f"any_{next(_COUNT)}")
        self.extents[symbol] = size
        return symbol

    def total(self, body: Expr, bound: dict[Symbol, Expr]) -> Expr:
        """Return Σ over *bound* of the normal form *body*."""
        return Add(*(self._summed(term, bound) for term in Add.make_args(body)))

    def _summed(self, term: Expr, bound: dict[Symbol, Expr]) -> Expr:
        short = next((symbol for symbol, size in bound.items() if size.is_Integer and size <= _UNROLLED), None)
        if self.unrolled and short is not None:
            rest = {symbol: size for symbol, size in bound.items() if symbol != short}
            turns = (self.form(term.xreplace({short: Integer(turn)})) for turn in range(int(bound[short])))
            return self.total(Add(*turns), rest) if rest else Add(*turns)
        opened, wider = self._opened(term, bound)
        indices = tuple(Index(str(symbol), size) for symbol, size in wider.items())
        left, plain = solved(indices, opened, self.extents, self.given)
        if len(left) < len(indices):
            rest = {index.symbol: index.extent for index in left}
            return self.total(self.form(plain), rest) if rest else self.form(plain)
        return self._parted(opened, wider) if not opened.is_Add else self.total(opened, wider)

    def _opened(self, term: Expr, bound: dict[Symbol, Expr]) -> tuple[Expr, dict[Symbol, Expr]]:
        """Return *term* with the sums in it that depend on *bound* opened: their indices are summed over with the others."""
        made, wider = [], dict(bound)
        for factor in Mul.make_args(term):
            base, power = (factor.base, factor.exp) if factor.is_Pow else (factor, Integer(1))
            if not (isinstance(base, Total) and power.is_Integer and power > 0 and base.free_symbols & set(bound)):
                made.append(factor)
                continue
            for _ in range(int(power)):
                names = {symbol: self._fresh(size) for symbol, size in base.bound}
                wider |= {name: self.extents[name] for name in names.values()}
                made.append(substitute(base.args[0], names))
        product = simplified(Mul(*made)) if len(wider) > len(bound) else term
        return product, wider

    def _parted(self, term: Expr, bound: dict[Symbol, Expr]) -> Expr:
        """Return Σ over *bound* of one product, as a product of sums of connected factors."""
        outer: list[Expr] = []
        groups: list[tuple[set[Symbol], list[Expr]]] = []
        for factor in _separate(term):
            used = factor.free_symbols & set(bound)
            if not used:
                outer.append(factor)
                continue
            joined = [group for group in groups if group[0] & used]
            groups = [group for group in groups if not group[0] & used]
            groups.append((used.union(*(g[0] for g in joined)), [factor, *(f for g in joined for f in g[1])]))
        idle = set(bound).difference(*(group[0] for group in groups))
        outer += [bound[symbol] for symbol in idle]
        sums = [bound_by(Total, Mul(*inner), {s: bound[s] for s in sorted(used, key=str)}) for used, inner in groups]
        return multiplied(*map(self.form, outer), *sums) if idle else simplified(Mul(*outer, *sums))


def _of_whole(name: str, u: Expr) -> Expr:
    """Return a function with a kink of a whole number u: of step(u) and step(−u) = 1 − step(u) − δ(u, 0)."""
    turned = u.could_extract_minus_sign()
    above = called("step", -u if turned else u)
    below = 1 - above - _is_zero(u)
    positive, negative = (below, above) if turned else (above, below)
    found = {"step": positive, "sign": positive - negative}
    return found[name] if name in found else multiplied(u, positive - negative)


def _is_zero(u: Expr) -> Expr:
    parts = Add.make_args(u)
    left = Add(*(part for part in parts if not part.as_coeff_Mul()[0].is_negative))
    return KroneckerDelta(left, left - u)


def _separate(term: Expr) -> list[Expr]:
    """Return the factors of *term*, with exp(u + v) as exp(u)·exp(v)."""
    found: list[Expr] = []
    for factor in Mul.make_args(term):
        found += [exp(part) for part in Add.make_args(factor.args[0])] if isinstance(factor, exp) else [factor]
    return found
