"""Parse tree -> equations: names are looked up, extents inferred, inner sums given equations of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Pow, Rational, Symbol, pi, sqrt

from diffcheck.errors import DuplicateName, ProgramSyntaxError, UnboundIndex, UndefinedOperand
from diffcheck.notation.functions import function
from diffcheck.notation.program import Equation
from diffcheck.notation.symbols import check_name, extent, index_symbol, indices_of, name_of, read, reads_of
from diffcheck.notation.tensor import Index

_LARGEST_EXPONENT = 4096


@dataclass
class Reader:
    """What is known while a text is read from top to bottom: tensors with their extents, and the extents' names."""

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
        declared = _declared(axes.children if axes is not None else (), self)
        hoisted: list[Equation] = []
        body = _Body(self, dict(declared), hoisted, target=check_name(str(target)))
        bound, expression = body.outermost(tree)
        made = self.close(str(target), declared, bound, expression)
        return [*hoisted, made]

    def close(self, target: str, indices: dict[str, Expr | None], bound: dict[str, Expr | None], body: Expr) -> Equation:
        """Return the equation, with the extents that its reads tell."""
        told: dict[str, Expr] = {}
        for node in reads_of(body):
            if name_of(node) not in self.tensors:
                raise UndefinedOperand(
                    got=f"a read of {name_of(node)!r}",
                    wanted="a tensor declared or defined above",
                    do=f"declare it first, as in 'data {name_of(node)}[n]'",
                )
            for place, size in zip(indices_of(node), self.tensors[name_of(node)], strict=False):
                told.setdefault(str(place), size)
        made = Equation(
            target,
            tuple(Index(name, _extent_of(name, size, told)) for name, size in indices.items()),
            tuple(Index(name, _extent_of(name, size, told)) for name, size in bound.items()),
            body,
        )
        self.know(target, made.extents)
        return made


def _extent_of(name: str, stated: Expr | None, told: dict[str, Expr]) -> Expr:
    size = stated if stated is not None else told.get(name)
    if size is None:
        raise UnboundIndex(got=f"index {name!r}, which no read tells the extent of", wanted="an extent", do=f"write {name}:n")
    return size


def _declared(axes: Any, reader: Reader) -> dict[str, Expr | None]:
    found: dict[str, Expr | None] = {}
    for axis in axes:
        name, size = axis.children
        if str(name) in found:
            raise DuplicateName(got=f"index {str(name)!r} twice", wanted="distinct indices", do="rename one of them")
        found[check_name(str(name))] = None if size is None else reader.extent(size)
    return found


@dataclass
class _Body:
    """One expression being read: the indices in scope, and the inner sums that were given equations."""

    reader: Reader
    scope: dict[str, Expr | None]
    hoisted: list[Equation]
    target: str = ""
    extents: bool = False

    def value(self, tree: Any) -> Expr:
        return getattr(self, f"_{tree.data}")(tree)

    def outermost(self, tree: Any) -> tuple[dict[str, Expr | None], Expr]:
        """Return (K, e) if *tree* is one product that ends in a sum over K, else ({}, e) with inner sums hoisted."""
        product, *rest = tree.children
        *factors, last = product.children
        sign = Integer(1)
        while last.data == "negative":
            sign, last = -sign, last.children[1]
        if rest or last.data != "reduction" or (factors and factors[-1] == "/"):
            return {}, self.value(tree)
        axes, inner = last.children
        bound = _declared([axes] if axes.data == "axis" else axes.children, self.reader)
        body = _Body(self.reader, self.scope | bound, self.hoisted, self.target)
        return bound, Mul(sign, *self._factors(factors), *body._factors(inner.children))

    def _sum(self, tree: Any) -> Expr:
        terms = [self.value(tree.children[0])]
        for sign, product in zip(tree.children[1::2], tree.children[2::2], strict=True):
            terms.append(Mul(*([Integer(-1)] if sign == "-" else []), *self._factors(product.children)))
        return Add(*terms)

    def _factors(self, children: list[Any]) -> list[Expr]:
        # One flat product: SymPy spreads 2*(a + b) over the sum but not 2*(a + b)/n, so the order of folding would show.
        found: list[Expr] = []
        inverse = False
        for child in children:
            if child in ("*", "/"):
                inverse = child == "/"
                continue
            while child.data == "negative":
                found.append(Integer(-1))
                child = child.children[1]
            found.append(self._inverse(child) if inverse else self.value(child))
            inverse = False
        return found

    def _inverse(self, tree: Any) -> Expr:
        value = self.value(tree)
        if value.is_zero:
            raise ProgramSyntaxError(got="a division by 0", wanted="a divisor that is not 0", do="mend the divisor")
        return Pow(value, -1)

    def _product(self, tree: Any) -> Expr:
        return Mul(*self._factors(tree.children))

    def _negative(self, tree: Any) -> Expr:
        return -self.value(tree.children[1])

    def _power(self, tree: Any) -> Expr:
        base, exponent = tree.children
        value = self.value(base)
        if exponent is None:
            return value
        power = self.value(exponent)
        if (value.is_number and (not power.is_Rational or abs(power) > _LARGEST_EXPONENT)) or value.is_zero:
            raise ProgramSyntaxError(
                got=f"{value}**{power}",
                wanted=f"a rational exponent of at most {_LARGEST_EXPONENT}",
                do="write the value",
            )
        return Pow(value, power)

    def _number(self, tree: Any) -> Expr:
        return Rational(str(tree.children[0]))

    def _name(self, tree: Any) -> Expr:
        name = check_name(str(tree.children[0]))
        if name in self.scope:
            return index_symbol(name)
        if self.extents or name in self.reader.sizes:
            return extent(name)
        if name == "pi" and name not in self.reader.tensors:
            return pi
        return self._known(name, ())

    def _known(self, name: str, indices: tuple[Expr, ...]) -> Expr:
        node = read(name, indices)
        if name not in self.reader.tensors:
            raise UndefinedOperand(
                got=f"a read of {name!r}",
                wanted="a tensor declared or defined above",
                do=f"declare or define {name!r} first",
            )
        return node

    def _element(self, tree: Any) -> Expr:
        name, *indices = tree.children
        return self._known(check_name(str(name)), tuple(self._place(index) for index in indices))

    def _place(self, tree: Any) -> Expr:
        place = self.value(tree)
        for symbol in place.free_symbols:
            if str(symbol) not in self.scope and str(symbol) not in self.reader.sizes:
                raise UnboundIndex(
                    got=f"index {symbol}",
                    wanted="an index of the target or of the sum",
                    do=f"write Σ_{symbol} before the body",
                )
        return place

    def _call(self, tree: Any) -> Expr:
        name, *arguments = tree.children
        values = [self.value(argument) for argument in arguments]
        if str(name) == "delta" and len(values) == 2 and all(isinstance(v, Symbol) or v.is_Integer for v in values):
            return KroneckerDelta(*values)
        if len(values) != 1:
            raise ProgramSyntaxError(got=f"{name} of {len(values)} arguments", wanted="one argument", do="split the call")
        return sqrt(values[0]) if str(name) == "sqrt" else function(str(name)).symbol(values[0])

    def _reduction(self, tree: Any) -> Expr:
        axes, product = tree.children
        bound = _declared([axes] if axes.data == "axis" else axes.children, self.reader)
        body = _Body(self.reader, self.scope | bound, self.hoisted, self.target)
        expression = Mul(*body._factors(product.children))
        used = expression.free_symbols - set(map(index_symbol, bound))
        free = {name: size for name, size in self.scope.items() if index_symbol(name) in used}
        count = len(self.hoisted) + 1
        name = f"{self.target}_sum" + (str(count) if count > 1 else "")
        self.hoisted.append(self.reader.close(name, free, bound, expression))
        return read(name, map(index_symbol, free))
