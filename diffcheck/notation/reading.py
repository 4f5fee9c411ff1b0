"""Parse tree -> equations: names are looked up, extents inferred, inner sums given equations of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from sympy import Expr, Integer, oo, pi

from diffcheck.errors import DuplicateName, ExtentMismatch, UnboundIndex, UndefinedOperand
from diffcheck.notation.arithmetic import call, number, power, product, total, whole
from diffcheck.notation.program import Equation, Reduction
from diffcheck.notation.symbols import check_name, extent, index_symbol, indices_of, name_of, read, reads_of
from diffcheck.notation.tensor import Index

Axes = dict[str, Expr | None]
"""The indices in scope, with the extents that the text states."""


_CONSTANTS: dict[str, Expr] = {"pi": pi, "inf": oo}


@dataclass
class Reader:
    """What is known while a text is read from top to bottom: tensors with their extents, and the extents' names.

    *stated* holds every name that the text itself gives to a tensor, so that an inner sum takes none of them.
    """

    stated: frozenset[str] = frozenset()
    tensors: dict[str, tuple[Expr, ...]] = field(default_factory=dict)
    sizes: set[str] = field(default_factory=set)

    def know(self, name: str, extents: tuple[Expr, ...]) -> None:
        """Remember the tensor *name*."""
        if name in self.tensors:
            raise DuplicateName(got=f"{name!r} a second time", wanted="each name once", do=f"rename one {name!r}")
        self.tensors[name] = extents
        self.sizes.update(str(symbol) for size in extents for symbol in size.free_symbols)

    def extent(self, tree: Any) -> Expr:
        """Return the extent that *tree* states: a name or a number, or a sum or product of these."""
        return _Body(self, {}, [], extents=True).value(tree)

    def equations(self, statement: Any) -> list[Equation]:
        """Return the equation that *statement* states, after those of its inner sums."""
        target, axes, tree = statement.children
        declared = self.declared(axes)
        hoisted: list[Equation] = []
        body = _Body(self, dict(declared), hoisted, target=check_name(str(target)))
        reduction, bound, expression = body.outermost(tree)
        made = self.close(str(target), declared, bound, expression, reduction)
        return [*hoisted, made]

    def declared(self, tree: Any) -> Axes:
        """Return the indices that *tree* lists: none, one axis or several."""
        found: Axes = {}
        for axis in [] if tree is None else [tree] if tree.data == "axis" else tree.children:
            name, size = axis.children
            if str(name) in found:
                raise DuplicateName(got=f"index {str(name)!r} twice", wanted="distinct indices", do="rename one of them")
            found[check_name(str(name))] = None if size is None else self.extent(size)
        return found

    def close(self, target: str, indices: Axes, bound: Axes, body: Expr, reduction: Reduction = Reduction.SUM) -> Equation:
        """Return the equation, with the extents that its reads tell."""
        told: dict[str, Expr] = {}
        axes = indices | bound
        for node in reads_of(body):
            for place, size in zip(indices_of(node), self.tensors[name_of(node)], strict=False):
                if told.setdefault(str(place), size) != size and axes.get(str(place), size) is None:
                    raise ExtentMismatch(
                        got=f"index {place} over {told[str(place)]} and over {size}",
                        wanted="an index that runs over one extent",
                        do=f"state it, as in {place}:{size}, if what lies beyond an axis shall be 0",
                    )
        made = Equation(
            target,
            tuple(Index(name, _extent_of(name, size, told)) for name, size in indices.items()),
            tuple(Index(name, _extent_of(name, size, told)) for name, size in bound.items()),
            body,
            reduction,
        )
        self.know(target, made.extents)
        return made

    def sum_name(self, target: str) -> str:
        """Return a name for an inner sum of the equation of *target*."""
        names = chain([f"{target}_sum"], (f"{target}_sum{place}" for place in count(2)))
        return next(name for name in names if name not in self.stated and name not in self.tensors)


def _extent_of(name: str, stated: Expr | None, told: dict[str, Expr]) -> Expr:
    size = stated if stated is not None else told.get(name)
    if size is None:
        raise UnboundIndex(got=f"index {name!r}, which no read tells the extent of", wanted="an extent", do=f"write {name}:n")
    return size


@dataclass
class _Body:
    """One expression being read: the indices in scope, and the inner sums that were given equations."""

    reader: Reader
    scope: Axes
    hoisted: list[Equation]
    target: str = ""
    extents: bool = False

    def value(self, tree: Any) -> Expr:
        return getattr(self, f"_{tree.data}")(tree)

    def outermost(self, tree: Any) -> tuple[Reduction, Axes, Expr]:
        """Return (Σ, K, e) if *tree* is one product that ends in a sum over K, else (Σ, {}, e) with inner sums hoisted.

        Π, max and argmax stand alone, without factors.
        """
        first, *rest = tree.children
        *factors, last = first.children
        sign, last = _signed(last)
        if rest or last.data != "reduction" or (factors and factors[-1] == "/"):
            return Reduction.SUM, {}, self.value(tree)
        kind, axes, inner = last.children
        reduction = _reduction(kind)
        if reduction is not Reduction.SUM and (factors or sign != 1):
            return Reduction.SUM, {}, self.value(tree)
        bound, body = self._inside(axes)
        return reduction, bound, product([sign, *self._factors(factors), *body._factors(inner.children)])

    def _inside(self, axes: Any) -> tuple[Axes, _Body]:
        bound = self.reader.declared(axes)
        return bound, _Body(self.reader, self.scope | bound, self.hoisted, self.target)

    def _sum(self, tree: Any) -> Expr:
        signs = ("+", *tree.children[1::2])
        terms = [[Integer(-1) if sign == "-" else Integer(1)] for sign in signs]
        return total([product([*sign, *self._factors(p.children)]) for sign, p in zip(terms, tree.children[::2], strict=True)])

    def _product(self, tree: Any) -> Expr:
        return product(self._factors(tree.children))

    def _factors(self, children: list[Any], *, below: bool = False) -> list[Expr]:
        found: list[Expr] = []
        inverse = below
        if any(child in ("//", "%") for child in children):
            return [self._whole(children)]
        for child in children:
            if child in ("*", "/"):
                inverse = below != (child == "/")
                continue
            sign, tree = _signed(child)
            found.append(sign)
            if inverse and (inner := _lone_product(tree)):
                found += self._factors(inner, below=True)  # a/(2*(b + c)) = a*(1/2)*(1/(b + c)), as SymPy has it
            else:
                found.append(power(self.value(tree), Integer(-1)) if inverse else self.value(tree))
        return found

    def _whole(self, children: list[Any]) -> Expr:
        """Return a product in which // and % occur, from left to right."""
        value = self.value(children[0])
        for sign, tree in zip(children[1::2], children[2::2], strict=True):
            other = self.value(tree)
            if sign in ("//", "%"):
                value = whole(str(sign), value, other)
            else:
                value = product([value, other if sign == "*" else power(other, Integer(-1))])
        return value

    def _negative(self, tree: Any) -> Expr:
        sign, inner = _signed(tree)
        return product([sign, self.value(inner)])

    def _power(self, tree: Any) -> Expr:
        base, exponent = tree.children
        return self.value(base) if exponent is None else power(self.value(base), self.value(exponent))

    def _number(self, tree: Any) -> Expr:
        return number(str(tree.children[0]))

    def _name(self, tree: Any) -> Expr:
        name = str(tree.children[0])
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in self.scope:
            return index_symbol(name)
        if self.extents or name in self.reader.sizes:
            return extent(name)
        return self._known(name, ())

    def _element(self, tree: Any) -> Expr:
        name, *indices = tree.children
        return self._known(str(name), tuple(self._place(index) for index in indices))

    def _known(self, name: str, indices: tuple[Expr, ...]) -> Expr:
        node = read(name, indices)
        if name not in self.reader.tensors:
            raise UndefinedOperand(
                got=f"a read of {name!r}",
                wanted="a tensor declared or defined above",
                do=f"declare or define {name!r} first",
            )
        return node

    def _place(self, tree: Any) -> Expr:
        name = _lone_name(tree)
        if name and name not in (*self.scope, *self.reader.sizes, *self.reader.tensors):
            raise UnboundIndex(
                got=f"index {name}",
                wanted="an index of the target or of the sum",
                do=f"write Σ_{name} before the body",
            )
        return self.value(tree)

    def _call(self, tree: Any) -> Expr:
        name, *arguments = tree.children
        read_as = self._place if str(name) == "delta" else self.value
        return call(str(name), [read_as(argument) for argument in arguments])

    def _reduction(self, tree: Any) -> Expr:
        kind, axes, inner = tree.children
        bound, body = self._inside(axes)
        expression = body._product(inner)
        used = expression.free_symbols - set(map(index_symbol, bound))
        free = {name: size for name, size in self.scope.items() if index_symbol(name) in used}
        name = self.reader.sum_name(self.target)
        self.hoisted.append(self.reader.close(name, free, bound, expression, _reduction(kind)))
        return read(name, map(index_symbol, free))


def _reduction(sign: Any) -> Reduction:
    return Reduction(str(sign).rstrip("_"))


def _signed(tree: Any) -> tuple[Expr, Any]:
    """Return the sign that the minuses before a factor make, and the factor."""
    sign = 1
    while tree.data == "negative":
        sign, tree = -sign, tree.children[1]
    return Integer(sign), tree


def _lone(tree: Any, kinds: tuple[str, ...]) -> Any:
    """Return what *tree* consists of, through brackets and levels of *kinds* that hold nothing else."""
    while tree.data in kinds and all(child is None for child in tree.children[1:]):
        tree = tree.children[0]
    return tree


def _lone_name(tree: Any) -> str | None:
    """Return the name that *tree* consists of, if it is nothing but a name."""
    tree = _lone(tree, ("sum", "product", "power"))
    return str(tree.children[0]) if tree.data == "name" else None


def _lone_product(tree: Any) -> list[Any] | None:
    """Return the factors of the product that *tree* consists of, if it is a bracketed product."""
    tree = _lone(tree, ("sum", "power"))
    return tree.children if tree.data == "product" else None
