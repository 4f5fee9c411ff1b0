"""How indices, extents and reads look inside a scalar SymPy body.

A read of the tensor A at indices σ is ``Indexed(A, *σ)``; a tensor without axes is a plain real ``Symbol``. Every symbol of
one kind carries the same assumptions, because SymPy holds symbols with other assumptions for other symbols.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable
from functools import cache

import sympy
from sympy import Expr, Indexed, IndexedBase, KroneckerDelta, Symbol

from diffcheck.errors import InvalidName


@cache
def index_symbol(name: str) -> Symbol:
    """Return the symbol of the index called *name*."""
    return Symbol(check_name(name), integer=True, nonnegative=True)


@cache
def extent(name: str) -> Symbol:
    """Return the symbol of the extent (number of elements along an axis) called *name*."""
    return Symbol(check_name(name), integer=True, positive=True)


@cache
def _base(name: str) -> IndexedBase:
    return IndexedBase(check_name(name), real=True)


@cache
def _scalar(name: str) -> Symbol:
    return Symbol(check_name(name), real=True)


def read(name: str, indices: Iterable[Expr | int] = ()) -> Expr:
    """Return A[σ]: the element of the tensor *name* at *indices*."""
    where = tuple(indices)
    return _base(name)[where] if where else _scalar(name)


def is_scalar_read(node: Expr) -> bool:
    """Say whether *node* reads a tensor without axes."""
    return isinstance(node, Symbol) and not node.is_integer


def reads_of(body: Expr) -> list[Expr]:
    """Return every distinct read in *body*, sorted by name and indices; those within the places of others are included."""
    found, pending = set(), [body]
    while pending:
        node = pending.pop()
        if isinstance(node, Indexed):
            found.add(node)
            pending.extend(node.indices)
        elif is_scalar_read(node):
            found.add(node)
        else:
            pending.extend(node.args)
    return sorted(found, key=str)


def values_read(body: Expr) -> list[Expr]:
    """Return every distinct read whose value *body* computes with, sorted: those that only tell places are left out."""
    found, pending = set(), [body]
    while pending:
        node = pending.pop()
        if isinstance(node, Indexed) or is_scalar_read(node):
            found.add(node)
        elif not isinstance(node, KroneckerDelta):
            pending.extend(node.args)
    return sorted(found, key=str)


def name_of(node: Expr) -> str:
    """Return the name of the tensor that *node* reads."""
    return str(node.base.label.name) if isinstance(node, Indexed) else str(node.name)


def indices_of(node: Expr) -> tuple[Expr, ...]:
    """Return the indices at which *node* reads its tensor."""
    return tuple(node.indices) if isinstance(node, Indexed) else ()


def check_name(name: str) -> str:
    """Return *name* if it can stand in a program, in generated code and on a page; refuse it otherwise."""
    plain = isinstance(name, str) and name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    if not plain or keyword.iskeyword(name) or name.startswith("__") or name == "_":
        raise InvalidName(
            got=repr(name),
            wanted="an identifier in NFKC form with a letter, no Python keyword, that does not begin with two underscores",
            do="choose a name of letters, digits and single underscores",
        )
    if name in ("pi", "inf", "Σ", "Π") or name.startswith(("Σ_", "Π_")):
        raise InvalidName(got=repr(name), wanted="a name other than pi, inf, Σ and Π", do="choose one that has no meaning yet")
    return name


def substitute(body: Expr, replacements: dict[Expr, Expr]) -> Expr:
    """Return *body* with all *replacements* made at once, so that no result is replaced again."""
    return body.xreplace({sympy.sympify(old): sympy.sympify(new) for old, new in replacements.items()})
