"""The adjoint walk: from T[I] = Σ_K e follows Ā[σ] += Σ T̄[I]·∂e/∂A[σ], summed over the indices that σ does not mention.

1. Equations are visited backwards, so T̄ is complete when T is reached.
2. A read at plain, distinct indices σ gives the term over J = σ; an index that σ repeats, or a constant in it, becomes a new
   free index with a Kronecker delta.
3. A term with a delta between free indices (a row of a Jacobian) is handed on unnamed, so that a later sum eliminates it;
   so is one that only copies or only counts. Any other adjoint becomes an equation and is read by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr, Integer, KroneckerDelta, Mul, oo

from diffcheck.derivation.deltas import product
from diffcheck.derivation.slopes import Rules, partial
from diffcheck.derivation.terms import Term, added, fresh_name, has_delta, mergeable, reduced, renamed, zero
from diffcheck.notation import Equation, Index, Program, Reduction, indices_of, name_of, read, reads_of
from diffcheck.notation.functions import absolute, relu, sign
from diffcheck.notation.places import is_plain
from diffcheck.notation.selection import select
from diffcheck.notation.symbols import substitute


@dataclass
class AdjointWalk:
    """One backward walk: the adjoint terms collected so far and the equations they became.

    *prefix* holds free indices that every adjoint carries in front: those of the output whose Jacobian is wanted.
    """

    program: Program
    rules: Rules
    prefix: tuple[Index, ...] = ()
    collected: dict[str, list[Term]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)
    tensors: set[str] = field(default_factory=set)
    indices: set[str] = field(default_factory=set)
    cotangents: dict[str, tuple[Expr, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A new name must differ from every name of the other kind, wherever that stands: an index is never called as a tensor.
        self.tensors |= {*self.program.tensors, *map(str, self.program.sizes)}
        self.indices |= {index.name for equation in self.program.equations for index in equation.axes}
        self.indices |= {index.name for index in self.prefix}

    def fresh_tensor(self, stem: str) -> str:
        """Return *stem* or a name like it that nothing has yet, and keep it."""
        name = fresh_name(stem, self.tensors | self.indices)
        self.tensors.add(name)
        return name

    def collect(self, name: str, term: Term) -> None:
        """Add *term*, over prefix + J, to the adjoint of *name*."""
        self.indices |= term.names
        terms = self.collected.setdefault(name, [])
        for place, other in enumerate(terms):
            if mergeable(other, term):
                terms[place] = added(other, term)
                return
        terms.append(term)

    def walk(self, live: set[str]) -> None:
        """Visit the equations backwards, passing adjoints on to the operands in *live*."""
        for equation in reversed(self.program.equations):
            if equation.target in self.collected:
                self._pass_on(equation, self.adjoint(equation.target), live)

    def adjoint(self, name: str) -> Term:
        """Return T̄ as one term: a read of the equation it became, or the term itself where it must stay unnamed."""
        terms = self.collected[name]
        if len(terms) == 1 and _unnamed(terms[0]):
            return terms[0]
        if name not in self.names:
            self.define(name)
        indices = terms[0].indices
        return Term(indices, (), read(self.names[name], (index.symbol for index in indices)))

    def define(self, name: str) -> str:
        """Write the adjoint of *name* as equations, one for each sum and one that adds them; return its name."""
        nothing = zero(self.program.tensors[name], self.tensors.union(index.name for index in self.prefix))
        terms = self.collected.setdefault(name, [Term((*self.prefix, *nothing.indices), (), nothing.body)])
        if len(terms) == 1:
            self.names[name] = self._equation(f"{name}_bar", terms[0])
            return self.names[name]
        indices = terms[0].indices
        parts = [self._equation(f"{name}_bar_{number}", term) for number, term in enumerate(terms, start=1)]
        reads = [read(part, (index.symbol for index in indices)) for part in parts]
        self.names[name] = self._equation(f"{name}_bar", Term(indices, (), sum(reads[1:], reads[0])))
        return self.names[name]

    def _equation(self, stem: str, term: Term) -> str:
        self.indices |= term.names
        equation = Equation(self.fresh_tensor(stem), term.indices, term.bound, term.body)
        self.equations.append(equation)
        return equation.target

    def _shapes(self) -> dict[str, tuple[Expr, ...]]:
        """Return the extents of every tensor that an adjoint may read; a cotangent has those of its output."""
        return self.program.tensors | self.cotangents | {made.target: made.extents for made in self.equations}

    def _factor(self, equation: Equation) -> Expr:
        """Return what ∂e at I, K is multiplied by, beside T̄: what the reduction makes of a small change there."""
        if equation.reduction is Reduction.PRODUCT:
            return self._others(equation)
        return self._chosen(equation) if equation.reduction is Reduction.MAX else Integer(1)

    def _chosen(self, equation: Equation) -> Expr:
        """Return 1/m at each of the m places K where e(I, K) is largest, else 0: PyTorch's convention for amax.

        The first of them is known by its place, since a computed e is never seen to equal the largest, which it is.
        """
        own = [index.symbol for index in equation.indices]
        name = self.fresh_tensor(f"{equation.target}_place")
        self.equations.append(Equation(name, equation.indices, equation.bound, equation.body, Reduction.ARGMAX))
        place: Expr = Integer(0)
        for index in equation.bound:
            place = place * index.extent + index.symbol
        first = KroneckerDelta(place, read(name, own))
        tied = select(first, Integer(1), self._equal(equation.body, read(equation.target, own)))
        count = self.fresh_tensor(f"{equation.target}_count")
        self.equations.append(Equation(count, equation.indices, equation.bound, tied))
        return tied / read(count, own)

    def _equal(self, value: Expr, largest: Expr) -> Expr:
        """Return 1 where *value* is the *largest*, else 0; where that is −∞, as of a masked row, all are."""
        same = 1 - absolute(sign(value - largest))
        masks = any(equation.body.has(oo, -oo) for equation in self.program.equations)
        # Two infinities have no difference. 1/(1 + relu(−u)) is 0 at −∞ alone.
        return select(1 / (1 + relu(-largest)), same, Integer(1)) if masks else same

    def _others(self, equation: Equation) -> Expr:
        """Define the product over L ≠ K of e(I, L), which has no quotient by an e that may be 0; return its read at I, K."""
        copies = tuple(Index(self._fresh_index(index.name, equation), index.extent) for index in equation.bound)
        same = Mul(*(KroneckerDelta(old.symbol, new.symbol) for old, new in zip(equation.bound, copies, strict=True)))
        moved = {old.symbol: new.symbol for old, new in zip(equation.bound, copies, strict=True)}
        body = select(same, Integer(1), substitute(equation.body, moved))
        name = self.fresh_tensor(f"{equation.target}_others")
        self.equations.append(Equation(name, equation.axes, copies, body, Reduction.PRODUCT))
        return read(name, (index.symbol for index in equation.axes))

    def _fresh_index(self, stem: str, equation: Equation) -> str:
        name = fresh_name(stem, self.tensors | self.indices | {index.name for index in equation.axes})
        self.indices.add(name)
        return name

    def _pass_on(self, equation: Equation, adjoint: Term, live: set[str]) -> None:
        if equation.reduction is Reduction.ARGMAX or adjoint.body == 0:
            return  # piecewise constant, or of no effect: 0·∞ is no number
        lead = tuple(index.name for index in self.prefix)
        own = tuple(index.name for index in equation.indices)
        bound = tuple(index.name for index in equation.bound)
        seed = renamed(adjoint, lead + own, avoid=self.tensors.union(bound))
        rest = self._factor(equation)
        for node in equation.reads:
            if name_of(node) in live and (slope := partial(equation.body, node, self.rules)) != 0:
                axes = equation.axes + seed.bound
                self.collect(name_of(node), self._term(node, axes, Mul(seed.body, rest, slope)))

    def _term(self, node: Expr, axes: tuple[Index, ...], body: Expr) -> Term:
        by_symbol = {index.symbol: index for index in axes}
        extents = self.program.tensors[name_of(node)]
        free: list[Index] = []
        for place, size in zip(indices_of(node), extents, strict=True):
            if place in by_symbol and by_symbol[place] not in free and by_symbol[place].extent == size:
                free.append(by_symbol[place])
                continue
            taken = self.tensors.union(index.name for index in (*self.prefix, *axes, *free))
            index = Index(fresh_name(str(place) if place in by_symbol else "i", taken), size)
            free.append(index)
            body = product((body, KroneckerDelta(index.symbol, place)))
        rest = tuple(index for index in axes if index not in free)
        return reduced(Term((*self.prefix, *free), rest, body), tensors=self._shapes())


def _unnamed(term: Term) -> bool:
    reads = reads_of(term.body)
    copies = not term.bound and reads == [term.body] and all(map(is_plain, indices_of(term.body)))
    return copies or not reads or has_delta(term)
