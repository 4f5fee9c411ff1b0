"""`audit`: is a handwritten gradient function the gradient of a loss, for all inputs? Proved, refuted, or undecided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from diffcheck.auditing.calling import Where, inputs_by_name
from diffcheck.auditing.matching import Matched, matched
from diffcheck.auditing.proof import Proof
from diffcheck.auditing.refuting import Search
from diffcheck.auditing.sides import Sides, Sizes, at_sizes, checked_wrt, lengths_in_words, resized, sides_of
from diffcheck.errors import DiffcheckError

_FEW = 2  # symbolic extents for each subset of which the length 1 is proved by itself


def audit(
    handwritten: Callable[..., Any],
    *,
    loss: Callable[..., Any],
    wrt: Sequence[str] | str,
    at: Sequence[Any] | Mapping[str, Any],
    sizes: Sizes | None = None,
    where: Where | None = None,
) -> Proof:
    """∂L/∂x = h(inputs) for all inputs? Return a `Proof`: proved by exact algebra, refuted by a counterexample, or undecided.

    *handwritten* is plain PyTorch or NumPy-style code that returns one array for each name in *wrt*: several, stacked in one,
    or a mapping. Its arguments are matched with those of *loss* by name, and it may take any of them; what else it takes,
    *where* defines, as in ``where={"t_p": model}``, by functions of the loss's arguments. *at* are inputs of the loss in its
    order, or by name, from which shapes and whole numbers are taken. *sizes* names symbolic extents as for `capture`; without
    it every extent of 2 or more is symbolic as far as both functions allow, those of one length under one name.

    A proof states what it rests on: that no number is at a kink, that 1.4142135623730951 stands for √2, that integers tell
    places, and that no input is where one of the functions has no value.

    Raises an `UnknownName`, `MissingInput`, `ShapeMismatch`, `UnsupportedDtype`, `DerivationError` or `CaptureError` for
    arguments that do not fit, results that are not of the shapes of *wrt*, and code that cannot be captured.

    >>> import torch
    >>> def loss(x, y, w):
    ...     return ((w * x - y) ** 2).mean()
    >>> def gradient(x, y, w):
    ...     return 2 * ((w * x - y) * x).sum() / x.shape[0]
    >>> print(audit(gradient, loss=loss, wrt="w", at=(torch.ones(3), torch.ones(3), 1.0)))
    gradient: proved, for all inputs and all n ≥ 1, x and y of the same length n
      ∂L/∂w = 2*Sum((w*x[i] - y[i])*x[i], (i, 0, n - 1))/n
    """
    inputs = inputs_by_name(at, loss)
    names = checked_wrt(wrt, inputs)
    sides = sides_of(handwritten, loss, names, inputs, sizes, dict(where or {}))
    return _judged(sides, str(getattr(handwritten, "__name__", type(handwritten).__name__)))


def _judged(sides: Sides, subject: str) -> Proof:
    wrt = sides.gradient.wrt
    proof = Proof(subject, "undecided", wrt, {})
    found = matched(sides.gradient, sides.program)
    if found.equal and not found.assumptions:
        return _proved(proof, sides, found)
    search = Search(sides)
    counterexample = search.counterexample()
    if counterexample is not None:
        return replace(proof, status="refuted", counterexample=counterexample)
    if found.equal:
        return _proved(proof, sides, found)
    agreement = search.agreement()
    if agreement.counterexample is not None:
        return replace(proof, status="refuted", counterexample=agreement.counterexample)
    reason = found.reason
    if search.rounded:
        reason = "they differ by less than 2⁻⁴⁸ of their size: by a constant that float64 cannot hold?"
    return replace(proof, reason=reason, points=agreement.agreed, agreement=str(agreement))


def _proved(proof: Proof, sides: Sides, found: Matched) -> Proof:
    general = {name: 2 for axes in sides.sizes.values() for name in axes if name is not None}
    if len(general) <= _FEW and all(_proved_at_one(sides, found, frozenset(some)) for some in _subsets(list(general))):
        general = dict.fromkeys(general, 1)
    return replace(
        proof,
        status="proved",
        general=general,
        lengths=lengths_in_words(sides),
        assumptions=(*found.assumptions, *found.given, *found.domain),
        formulas=_formulas(sides),
    )


def _subsets(names: list[str]) -> list[tuple[str, ...]]:
    return [some for size in range(1, len(names) + 1) for some in combinations(names, size)]


def _proved_at_one(sides: Sides, found: Matched, one: frozenset[str]) -> bool:
    """Say whether the gradient is right too where the extents in *one* are 1: torch.export sees other code there.

    It must rest on no other kind of assumption than *found*, what was found at larger extents.
    """
    lengths = {name: 1 if name in one else 4 for axes in sides.sizes.values() for name in axes if name is not None}
    generator = np.random.default_rng(1)

    def draw(name: str, shape: tuple[int, ...]) -> Any:
        given = sides.inputs[name]
        return (
            generator.integers(1, 9, shape) / 8
            if given.is_floating_point()
            else generator.choice(given.reshape(-1).numpy(), shape)
        )

    try:
        small = at_sizes(sides, one, resized(sides, lengths, draw))
        here = matched(small.gradient, small.program)
        kinds = {(bool(here.assumptions), bool(found.assumptions)), (bool(here.domain), bool(found.domain))}
        return here.equal and (True, False) not in kinds and _subjects(here) <= _subjects(found)
    except DiffcheckError:
        return False


def _subjects(found: Matched) -> set[str]:
    return {given.split(":")[0] for given in found.given}  # without the extents


def _formulas(sides: Sides) -> dict[str, Any]:
    found = {}
    for name in sides.gradient.wrt:
        try:
            found[name] = sides.gradient.closed_form(name)
        except DiffcheckError:
            continue  # it has none: reads at computed places, products, largest elements
    return found
