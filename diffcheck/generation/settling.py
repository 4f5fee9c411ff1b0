"""Program -> the same program with every read at computed places, and every scattering sum, as an equation of its own.

    T[I] = … A[p] …              becomes   A_at[J] = A[p],          T[I] = … A_at[J] …
    T[J] = Σ_K Π δ(j, p)·e       becomes   T_terms[K', J'] = Σ e,   T[J] = Σ_{K'} Π δ(j, p)·T_terms[K', J']

where K' are the indices that tell places. What remains reads whole axes, so that all else need not know of places.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sympy import Add, Expr, Indexed, KroneckerDelta, Mul, Symbol

from diffcheck.derivation.terms import fresh_name
from diffcheck.generation.names import names_of
from diffcheck.generation.whole import is_computed, scatter_parts, scattered, simplified
from diffcheck.notation import Equation, Index, Program, Reduction, indices_of, name_of, read
from diffcheck.notation.places import Quotient, Remainder, inside, is_whole, scatters
from diffcheck.notation.symbols import substitute

Shapes = dict[str, tuple[Expr, ...]]


def settled(program: Program) -> Program:
    """Return *program* with computed places in equations that do nothing else; a program without them as it is."""
    if all(_is_plain(equation, program.tensors) for equation in program.equations):
        return program
    settler = _Settler({tensor.name: tensor.extents for tensor in program.inputs}, names_of(program))
    for equation in program.equations:
        settler.add(equation)
    return replace(program, equations=tuple(settler.equations))


def _is_plain(equation: Equation, tensors: Shapes) -> bool:
    extents = {index.symbol: index.extent for index in equation.axes}
    computed = any(is_computed(node, tensors[name_of(node)], extents) for node in equation.reads)
    uneven = any(
        {extents.get(place, place) for place in delta.args if not place.is_Integer} != {extents.get(delta.args[1])}
        for delta in equation.body.atoms(KroneckerDelta)
        if not any(place.is_Integer for place in delta.args)
    )
    return not (computed or uneven or scatters(equation.body) or equation.body.has(Quotient, Remainder))


@dataclass
class _Settler:
    """The equations made so far, and the shapes that they have."""

    shapes: Shapes
    taken: set[str]
    equations: list[Equation] = field(default_factory=list)

    def add(self, given: Equation) -> None:
        """Add *given*, after what it reads at computed places."""
        equation = _forwards(given)
        extents = {index.symbol: index.extent for index in equation.axes}
        if isinstance(equation.body, Indexed) and not equation.bound:
            body = read(name_of(equation.body), self._places(equation.body, equation, extents))
        else:
            body = self._settled(equation.body, equation, extents)
        made = replace(equation, body=body)
        if made.bound and made.reduction is Reduction.SUM and made.body.has(KroneckerDelta):
            made = self._scattering(made, extents)
        self._keep(made)

    def _keep(self, equation: Equation) -> None:
        self.equations.append(equation)
        self.shapes[equation.target] = equation.extents

    def _new(self, stem: str, indices: Iterable[Index], bound: Iterable[Index], body: Expr) -> Expr:
        """Define a tensor called like *stem* as Σ_bound body, and return its read at *indices*."""
        equation = Equation(fresh_name(stem, self.taken), tuple(indices), tuple(bound), body)
        self.taken.add(equation.target)
        self._keep(equation)
        return read(equation.target, (index.symbol for index in equation.indices))

    def _settled(self, node: Expr, around: Equation, extents: dict[Symbol, Expr]) -> Expr:
        if isinstance(node, Indexed):
            made = read(name_of(node), self._places(node, around, extents))
            return self._apart(made, around) if is_computed(made, self.shapes[name_of(node)], extents) else made
        if isinstance(node, KroneckerDelta):
            first, second = (self._place(place, None, around, extents) for place in node.args)
            return KroneckerDelta(first, second)
        if not node.args:
            return node
        if is_whole(node) and not isinstance(node, Symbol):
            return simplified(node, extents)
        parts = [self._settled(part, around, extents) for part in node.args]
        return node if parts == list(node.args) else node.func(*parts)

    def _places(self, node: Expr, around: Equation, extents: dict[Symbol, Expr]) -> list[Expr]:
        sizes = self.shapes[name_of(node)]
        return [
            place if extents.get(place) == size else self._place(place, size, around, extents)
            for place, size in zip(indices_of(node), sizes, strict=True)
        ]

    def _place(self, given: Expr, size: Expr | None, around: Equation, extents: dict[Symbol, Expr]) -> Expr:
        place = self._read_apart(given, around, extents)
        made = simplified(place, extents)
        return made if _sayable(made, size, extents) else place

    def _read_apart(self, place: Expr, around: Equation, extents: dict[Symbol, Expr]) -> Expr:
        """Return *place* with the reads in it at whole axes."""
        if isinstance(place, Indexed):
            return self._settled(place, around, extents)
        parts = [self._read_apart(part, around, extents) for part in place.args]
        return place if parts == list(place.args) else place.func(*parts)

    def _apart(self, node: Expr, around: Equation) -> Expr:
        by_symbol = {index.symbol: index for index in around.axes}
        order = [
            symbol
            for place in indices_of(node)
            for symbol in sorted(place.free_symbols & set(by_symbol), key=list(by_symbol).index)
        ]
        return self._new(f"{name_of(node)}_at", [by_symbol[symbol] for symbol in dict.fromkeys(order)], (), node)

    def _scattering(self, equation: Equation, extents: dict[Symbol, Expr]) -> Equation:
        targets, rest = scatter_parts(equation)
        tellers = {symbol for place in targets.values() for symbol in place.free_symbols}
        kept = [index for index in equation.bound if index.symbol in tellers]
        if not kept:
            return equation
        if scattered(equation) is None:
            summed = tuple(index for index in equation.bound if index not in kept)
            own = [index for index in equation.indices if index.symbol not in targets and index.symbol in rest.free_symbols]
            inner = [index for index in kept if index.symbol in rest.free_symbols]
            if summed or not _is_whole_read(rest):
                rest = self._new(f"{equation.target}_terms", [*own, *inner], summed, rest)
        inverse = _inverse(targets, kept, extents)
        if inverse is not None and {index.symbol for index in kept} <= rest.free_symbols:
            return self._read_back(equation, rest, inverse, extents)
        factors = [KroneckerDelta(symbol, place) for symbol, place in targets.items()]
        return replace(equation, bound=tuple(kept), body=Mul(*factors, rest))

    def _read_back(self, equation: Equation, rest: Expr, inverse: dict[Symbol, Expr], extents: dict[Symbol, Expr]) -> Equation:
        """Return Σ_k δ(j, k + c)·e[k] as the read e[j − c], which is 0 outside."""
        node = substitute(rest, dict(inverse))
        targets = [index.symbol for index in equation.indices if index.symbol not in node.free_symbols]
        masks = [factor for factor in Mul.make_args(equation.body) if isinstance(factor, KroneckerDelta)]
        fixed = [mask for mask in masks if mask.free_symbols & set(targets)]
        made = replace(equation, bound=(), body=node)
        if fixed:
            whole = self._new(
                f"{name_of(rest)}_at", [index for index in equation.indices if index.symbol in node.free_symbols], (), node
            )
            made = replace(made, body=Mul(*fixed, whole))
        return made


def _sayable(place: Expr, size: Expr | None, extents: dict[Symbol, Expr]) -> bool:
    """Say whether *place* may stand for an axis of *size*: a number lies inside, and an index runs over a comparable extent."""
    if place.is_Integer:
        return bool(place >= 0) and (size is None or inside(place, size, extents))
    if size is None or place not in extents:
        return True
    difference = extents[place] - size
    return bool(difference.is_nonnegative or difference.is_nonpositive)


def _is_whole_read(node: Expr) -> bool:
    places = indices_of(node)
    return isinstance(node, Indexed) and all(isinstance(place, Symbol) for place in places) and len({*places}) == len(places)


def _inverse(targets: dict[Symbol, Expr], kept: list[Index], extents: dict[Symbol, Expr]) -> dict[Symbol, Expr] | None:
    """Return each bound index in terms of a target's, where every place is one such index, moved or turned; else None."""
    found: dict[Symbol, Expr] = {}
    bound = {index.symbol for index in kept}
    for symbol, place in targets.items():
        own = list(place.free_symbols & bound)
        if not own:
            if place.is_Integer:
                continue
            return None
        for sign in (1, -1):
            offset = place - sign * own[0]
            if len(own) == 1 and own[0] not in found and not offset.free_symbols & bound and offset.is_Integer:
                found[own[0]] = sign * (symbol - offset)
                break
        else:
            return None
    comparable = all((extents[index] - extents[next(iter(place.free_symbols))]).is_Integer for index, place in found.items())
    return found if comparable and bound <= set(found) else None


def _forwards(equation: Equation) -> Equation:
    """Return *equation* with a bound index turned round, k as (extent of k) − 1 − k, where places only ever subtract it."""
    if equation.reduction is not Reduction.SUM:
        return equation
    for index in equation.bound:
        places = [place for node in equation.reads for place in indices_of(node) if place != index.symbol]
        signs = {sign for place in places for sign in _signs(place, index.symbol, equation)}
        if signs == {-1}:
            turned = {index.symbol: index.extent - 1 - index.symbol}
            equation = replace(equation, body=substitute(equation.body, turned))
    return equation


def _signs(place: Expr, symbol: Symbol, equation: Equation) -> set[int]:
    if symbol not in place.free_symbols:
        return set()
    slope = place.coeff(symbol)
    others = place.free_symbols & {index.symbol for index in equation.axes} - {symbol}
    affine = slope.is_Integer and symbol not in Add(place, -slope * symbol).free_symbols
    return {-1 if slope < 0 else 1} if affine and others else {0}
