"""One formula for one output: every equation substituted into the next, sums as SymPy sums."""

from __future__ import annotations

from sympy import Add, Expr, Mul, Sum

from diffcheck.derivation.terms import Term, reduced, renamed
from diffcheck.errors import DerivationError
from diffcheck.notation import Equation, Index, Program, Reduction, indices_of, name_of, reads_of
from diffcheck.notation.places import inside, is_plain
from diffcheck.notation.symbols import substitute


def closed_form(program: Program, name: str) -> Expr:
    """Return the tensor *name* as one SymPy expression in the inputs, over the indices of its equation."""
    defined = {equation.target: equation for equation in program.equations}
    equation = defined[name]
    tensors = {*program.tensors, *map(str, program.sizes)}
    return _expanded(Term(equation.indices, equation.bound, equation.body), defined, (), tensors)


def _expanded(term: Term, defined: dict[str, Equation], outer: tuple[Index, ...], tensors: set[str]) -> Expr:
    around = (*outer, *term.indices, *term.bound)
    taken = tensors.union(index.name for index in around)
    body = term.body
    for node in sorted(_reads(body, defined), key=str):
        inner = defined[name_of(node)]
        _check(inner, node, around)
        plain = renamed(Term(inner.indices, inner.bound, inner.body), _fresh(inner), avoid=taken)
        places = dict(zip((index.symbol for index in plain.indices), indices_of(node), strict=True))
        value = _expanded(Term((), plain.bound, substitute(plain.body, places)), defined, around, tensors)
        body = substitute(body, {node: value})
    return _summed(reduced(Term(term.indices, term.bound, body), outer))


def _check(inner: Equation, node: Expr, around: tuple[Index, ...]) -> None:
    extents = {index.symbol: index.extent for index in around}
    places = zip(indices_of(node), inner.extents, strict=True)
    if inner.reduction is Reduction.SUM and all(is_plain(place) or inside(place, size, extents) for place, size in places):
        return
    raise DerivationError(
        got=f"{node}" if inner.reduction is Reduction.SUM else f"{inner.target}, which is no sum",
        wanted="sums that are read within their axes",
        do="use the program: it has no closed form",
    )


def _reads(body: Expr, defined: dict[str, Equation]) -> list[Expr]:
    return [node for node in reads_of(body) if name_of(node) in defined]


def _fresh(equation: Equation) -> tuple[str, ...]:
    # Placeholders that no index can be called: each is replaced at once by the index it is read at.
    return tuple(f"_{place}" for place, _ in enumerate(equation.indices))


def _summed(term: Term) -> Expr:
    body = term.body
    if not term.bound:
        return body
    symbols = {index.symbol for index in term.bound}
    constant, inner = body.as_independent(*symbols, as_Add=False)
    return Mul(constant, Sum(Add(inner), *((index.symbol, 0, index.extent - 1) for index in term.bound)))
