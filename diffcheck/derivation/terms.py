"""Terms Σ_K e over free indices J: renamed without capture, rid of Kronecker deltas and of idle sums, and added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from sympy import Expr, Integer, KroneckerDelta, Mul, Symbol, oo

from diffcheck.derivation.deltas import solved
from diffcheck.derivation.slopes import tidy
from diffcheck.notation import Index
from diffcheck.notation.places import scatters
from diffcheck.notation.symbols import substitute


@dataclass(frozen=True)
class Term:
    """Σ_K e over the free indices J: a contribution to an adjoint, not yet named."""

    indices: tuple[Index, ...]
    bound: tuple[Index, ...]
    body: Expr

    @property
    def names(self) -> set[str]:
        """The names of all its indices."""
        return {index.name for index in self.indices + self.bound}


def fresh_name(stem: str, taken: Iterable[str]) -> str:
    """Return *stem*, or *stem* with the first number that no name in *taken* has."""
    used = set(taken)
    if stem not in used:
        return stem
    return next(name for number in count(2) if (name := f"{stem}_{number}") not in used)


def renamed(term: Term, names: tuple[str, ...], avoid: Iterable[str] = ()) -> Term:
    """Return *term* with its free indices called *names*; bound indices that would be captured get fresh names."""
    taken = set(names) | set(avoid)
    bound: list[Index] = []
    for index in term.bound:
        bound.append(Index(fresh_name(index.name, taken | {other.name for other in bound}), index.extent))
    indices = tuple(Index(name, index.extent) for name, index in zip(names, term.indices, strict=True))
    pairs = zip(term.indices + term.bound, (*indices, *bound), strict=True)
    body = substitute(term.body, {old.symbol: new.symbol for old, new in pairs if old != new})
    return Term(indices, tuple(bound), body)


def reduced(term: Term, around: Iterable[Index] = (), tensors: Mapping[str, tuple[Expr, ...]] | None = None) -> Term:
    """Return *term* with Σ_i δ(i,p) f(i) = f(p) applied and Σ_i c = (extent of i)·c; deltas of free indices stay.

    So does a delta whose p may lie outside the extent of i, unless f is 0 there. *around* holds indices bound outside the term,
    and *tensors* the extents of what the term reads.
    """
    extents = {index.symbol: index.extent for index in (*around, *term.indices, *term.bound)}
    term = Term(term.indices, *solved(term.bound, term.body, extents, tensors or {}))
    idle = [index for index in term.bound if index.symbol not in _symbols(term.body)]
    bound = tuple(index for index in term.bound if index not in idle)
    return Term(term.indices, bound, tidy(Mul(term.body, *(index.extent for index in idle))))


def _symbols(body: Expr) -> set[Symbol]:
    return set(body.free_symbols)


def has_delta(term: Term) -> bool:
    """Say whether a Kronecker delta is left in *term*, between indices alone."""
    return bool(term.body.has(KroneckerDelta)) and not scatters(term.body)


def mergeable(first: Term, second: Term) -> bool:
    """Say whether the two terms run over the same axes once their free indices have the same names.

    A sum that scatters stays by itself: it is carried out element by element, and a sum of two such is not. So does one with ∞:
    SymPy's ∞ − ∞ is no number.
    """
    if any(scatters(term.body) or term.body.has(oo, -oo) for term in (first, second)):
        return False
    return [index.extent for index in first.bound] == [index.extent for index in second.bound]


def added(first: Term, second: Term) -> Term:
    """Return first + second as one term, where `mergeable`."""
    names = tuple(index.name for index in first.indices)
    other = renamed(second, names, avoid=first.names)
    same = {old.symbol: new.symbol for old, new in zip(other.bound, first.bound, strict=True)}
    return replace(first, body=first.body + substitute(other.body, same))


def zero(extents: tuple[Expr, ...], avoid: Iterable[str] = ()) -> Term:
    """Return 0 over fresh indices of *extents*."""
    taken = set(avoid)
    indices: list[Index] = []
    for size in extents:
        indices.append(Index(fresh_name("i", taken | {index.name for index in indices}), size))
    return Term(tuple(indices), (), Integer(0))
