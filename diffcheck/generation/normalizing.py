"""Program -> the same program without what costs memory or time and says nothing: copies, idle indices, wide sums.

Each pass takes and returns a program in index notation; the oracle never sees its result, so that a wrong rewrite is caught.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Symbol

from diffcheck.derivation.terms import fresh_name
from diffcheck.generation.names import names_of, with_tensor
from diffcheck.generation.stacking import by_constant
from diffcheck.generation.views import own_axes
from diffcheck.generation.whole import is_computed, is_movement, scattered
from diffcheck.notation import Equation, Program, Reduction, index_symbol, indices_of, name_of, read, reads_of
from diffcheck.notation.symbols import substitute


def normalized(program: Program) -> Program:
    """Return *program* with all passes applied."""
    first = plain(program)
    made = parted(gathered(first))
    return first if made is first else plain(made)


def counted(equation: Equation) -> Equation:
    """Return *equation* with Σ_i c = (extent of i)·c for every bound index that the body does not mention."""
    idle = [index for index in equation.bound if index.symbol not in equation.body.free_symbols]
    if not idle or equation.reduction is not Reduction.SUM:
        return equation
    bound = tuple(index for index in equation.bound if index not in idle)
    body = Mul(*(index.extent for index in idle), *Mul.make_args(equation.body))
    return Equation(equation.target, equation.indices, bound, body)


def plain(program: Program) -> Program:
    """Return *program* without equations that copy, or that say the same as an earlier one, and without idle indices."""
    known = _Known({}, {}, program.tensors, {*program.outputs, *_read_beyond(program)})
    kept = []
    for equation in program.equations:
        made = counted(known.inlined(equation))
        if equation.target not in known.kept:
            made = known.narrowed(made)
        made = known.repeated(made)
        if equation.target not in known.kept and _copies(made, known.tensors):
            known.replace(equation, made.body)
        else:
            kept.append(made)
    return _outputs_renamed(replace(program, equations=tuple(kept)))


@dataclass
class _Known:
    """What the equations so far said: what to read instead of some of them, and which body each was the first to have."""

    instead: dict[str, Equation]
    bodies: dict[object, Equation]
    tensors: dict[str, tuple[Expr, ...]]
    kept: set[str]
    """The outputs, and the tensors that may be read outside of their axes, where they are 0: so they need all of these."""

    def inlined(self, equation: Equation) -> Equation:
        """Return *equation* with other tensors read instead where that says the same."""
        if not equation.operands & set(self.instead):
            return equation
        return replace(equation, body=self._inlined(equation.body))

    def _inlined(self, body: Expr) -> Expr:
        return substitute(body, {node: self._read(node) for node in reads_of(body) if name_of(node) in self.instead})

    def _read(self, node: Expr) -> Expr:
        other = self.instead[name_of(node)]
        places = zip((index.symbol for index in other.indices), map(self._inlined, indices_of(node)), strict=True)
        return substitute(other.body, dict(places))

    def repeated(self, equation: Equation) -> Equation:
        """Return *equation* as a copy of an earlier one if it says the same."""
        first = equation if _copies(equation, self.tensors) else self.bodies.setdefault(_form(equation), equation)
        if first is equation:
            return equation
        whole = read(first.target, (index.symbol for index in equation.indices))
        return Equation(equation.target, equation.indices, (), whole)

    def narrowed(self, equation: Equation) -> Equation:
        """Return *equation* without the indices that its body does not mention; later ones will read what is left."""
        used = tuple(index for index in equation.indices if index.symbol in equation.body.free_symbols)
        if used == equation.indices:
            return equation
        self.replace(equation, read(equation.target, (index.symbol for index in used)))
        self.tensors = self.tensors | {equation.target: tuple(index.extent for index in used)}
        return replace(equation, indices=used)

    def replace(self, equation: Equation, body: Expr) -> None:
        """Let later equations read *body* instead of the target of *equation*."""
        self.instead[equation.target] = Equation(equation.target, equation.indices, (), body)


def _copies(equation: Equation, tensors: dict[str, tuple[Expr, ...]]) -> bool:
    return not equation.bound and [equation.body] == list(equation.reads) and not is_movement(equation, tensors)


def _read_beyond(program: Program) -> set[str]:
    extents = {equation.target: {index.symbol: index.extent for index in equation.axes} for equation in program.equations}
    return {
        name_of(node)
        for equation in program.equations
        for node in equation.reads
        if is_computed(node, program.tensors[name_of(node)], extents[equation.target])
    }


def _form(equation: Equation) -> object:
    """Return what *equation* says, whatever its target and its indices are called."""
    names = {index.symbol: index_symbol(f"_{place}") for place, index in enumerate(equation.axes)}
    shape = tuple(index.extent for index in equation.indices), tuple(index.extent for index in equation.bound)
    return equation.reduction, shape, substitute(equation.body, names)


def _outputs_renamed(program: Program) -> Program:
    """Return *program* with an intermediate that an output merely copies called by the name of the output."""
    inputs = {tensor.name for tensor in program.inputs}
    for equation in program.equations:
        source = name_of(equation.body) if _copies(equation, program.tensors) else ""
        whole = tuple(index.symbol for index in equation.indices) == indices_of(equation.body)
        if source and whole and source not in inputs and source not in program.outputs:
            rest = (other for other in program.equations if other is not equation)
            return _outputs_renamed(replace(program, equations=with_tensor(rest, source, equation.target)))
    return program


def gathered(program: Program) -> Program:
    """Return *program* with Σ_K Σ_c δ(c,m)·e_c written as Σ_c δ(c,m)·(Σ_K e_c): one sum a slice instead of a mask."""
    return _split(program, _gathered)


def _split(program: Program, parts_of: Callable[[Equation, set[str]], list[Equation]]) -> Program:
    equations: list[Equation] = []
    taken = names_of(program)
    for equation in program.equations:
        sums = equation.bound and equation.reduction is Reduction.SUM and scattered(equation) is None
        parts = parts_of(equation, taken) if sums else [equation]
        taken |= {part.target for part in parts}
        equations += parts
    return program if len(equations) == len(program.equations) else replace(program, equations=tuple(equations))


def _gathered(equation: Equation, taken: set[str]) -> list[Equation]:
    for index in equation.indices if equation.body.has(KroneckerDelta) else ():
        found = by_constant(equation.body, index.symbol)
        if found:
            rest = tuple(other for other in equation.indices if other != index)
            parts = [
                Equation(fresh_name(f"{equation.target}_{number}", taken), rest, equation.bound, body)
                for number, body in sorted(found.items())
            ]
            return [*parts, _sum_of(equation, parts, [KroneckerDelta(index.symbol, number) for number in sorted(found)])]
    return [equation]


def _sum_of(equation: Equation, parts: list[Equation], factors: list[Expr]) -> Equation:
    reads = [read(part.target, (index.symbol for index in part.indices)) for part in parts]
    body = Add(*(Mul(factor, node) for factor, node in zip(factors, reads, strict=True)))
    return Equation(equation.target, equation.indices, (), body)


def parted(program: Program) -> Program:
    """Return *program* with Σ(a + b) written as Σa + Σb where a + b would be larger than everything it is made of."""
    return _split(program, _parted)


def _parted(equation: Equation, taken: set[str]) -> list[Equation]:
    symbols = [index.symbol for index in equation.axes]
    terms = Add.make_args(equation.body)
    if len(terms) < 2 or not any(_is_wide(term, symbols) for term in terms):
        return [equation]
    parts = [
        Equation(fresh_name(f"{equation.target}_{number}", taken), equation.indices, equation.bound, term)
        for number, term in enumerate(terms, start=1)
    ]
    return [*parts, _sum_of(equation, parts, [Integer(1)] * len(parts))]


def _is_wide(term: Expr, symbols: list[Symbol]) -> bool:
    held = own_axes(term, symbols)
    return all(own_axes(factor, symbols) != held for factor in Mul.make_args(term))
