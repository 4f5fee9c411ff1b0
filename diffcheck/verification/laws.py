"""What must hold of every gradient of a mean loss, whichever engine computes it: one function a law, named for what it says.

A law takes a problem, an engine and a point, and returns findings; it is broken where these are not `ok`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from diffcheck.engines import Engine, Gradients, Tensors
from diffcheck.errors import EmptyBatch, UnreadableValue
from diffcheck.oracle import Bounds
from diffcheck.problems import Problem, scaled
from diffcheck.verification.asking import ask
from diffcheck.verification.batches import changed, doubled, reversed_order, rows, size_of
from diffcheck.verification.comparison import Truth, compare, refused
from diffcheck.verification.findings import Finding, Findings, Place
from diffcheck.verification.layouts import LAYOUTS, expanded
from diffcheck.verification.truths import known_truth
from diffcheck.verification.values import as_floats, as_mapping
from diffcheck.verification.verdict import Kind, Verdict

Law = Callable[[Problem, Engine, Tensors], Findings]
LAWS: dict[str, Law] = {}

_scaled = lru_cache(maxsize=256)(scaled)


def law(function: Law) -> Law:
    """Add *function* to the laws, under its name."""
    LAWS[function.__name__] = function
    return function


@law
def agrees_with_the_exact_gradient(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """|g − ∂L/∂θ| ≤ the rounding bound, element by element; shapes, dtypes and devices are those of the parameters."""
    truth = known_truth(problem.gradient, point)  # before the engine could change an input
    return compare(engine.gradient(problem, point), truth)


@law
def is_linear_in_the_cotangent(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """∂(c·L)/∂θ = c·∂L/∂θ, for c = −3 and c = 1/4."""
    found: list[Finding] = []
    for factor in (-3.0, 0.25):
        other = _scaled(problem, factor)
        truth = known_truth(other.gradient, point)
        found += compare(engine.gradient(other, point), truth)
    return Findings(tuple(found))


@law
def of_a_batch_is_the_mean_over_its_parts(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """n·g(batch) = n₁·g(first part) + n₂·g(second part): a mean's gradient adds up, weighted by size."""
    n = size_of(problem, point)
    cuts = [(0, n)] if n == 1 else [(0, n // 3 or 1), (n // 3 or 1, n)]
    whole = known_truth(problem.gradient, point)
    parts = [rows(problem, point, *cut) for cut in cuts]
    weights = [(stop - start) / n for start, stop in cuts]
    gradients = [engine.gradient(problem, part) for part in parts]
    truths = [known_truth(problem.gradient, part) for part in parts]
    for gradient, truth in zip(gradients, truths, strict=True):
        misshapen = tuple(item for item in compare(gradient, truth) if item.exact is None)
        if misshapen:
            return Findings(misshapen)
    return compare(_weighted(gradients, weights, whole), _widened(whole, truths, weights))


def _weighted(gradients: list[Gradients], weights: list[float], whole: Truth) -> Gradients:
    kind = getattr(torch, whole.form.name)
    summed: Gradients = {}
    for name in whole.values:
        terms = [weight * as_floats(gradient[name]) for weight, gradient in zip(weights, gradients, strict=True)]
        summed[name] = torch.as_tensor(sum(terms)).to(dtype=kind, device=whole.device)
    return summed


def _widened(whole: Truth, truths: list[Truth], weights: list[float]) -> Truth:
    """Return *whole* under the bounds of the weighted parts, which are then rounded once more."""

    def total(kind: str, name: str) -> np.ndarray:
        parts = [weight * getattr(truth.limits, kind)[name] for weight, truth in zip(weights, truths, strict=True)]
        size = np.abs(whole.values.rounded()[name])
        result: np.ndarray = sum(parts) + whole.form.unit * size + whole.form.tiny
        return result

    names = list(whole.values)
    limits = {kind: {name: total(kind, name) for name in names} for kind in ("rounding", "conditioning")}
    return whole.widened(Bounds(**limits))


@law
def ignores_duplication_of_the_data(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """g(batch twice over) = g(batch), inside the bound of the longer sum."""
    twice = doubled(problem, point)
    truth = known_truth(problem.gradient, point).widened(known_truth(problem.gradient, twice).limits)
    return compare(engine.gradient(problem, twice), truth)


@law
def ignores_the_order_of_the_batch(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """g(permuted batch) = g(batch), inside the bound."""
    truth = known_truth(problem.gradient, point)
    return compare(engine.gradient(problem, reversed_order(problem, point)), truth)


@law
def ignores_the_layout_of_memory(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """G at strided, offset and column-major inputs is g; at expanded inputs it is the gradient of the values they show."""
    truth = known_truth(problem.gradient, point)
    found: list[Finding] = []
    for layout in LAYOUTS.values():
        moved = {name: layout(value) for name, value in point.items()}
        found += compare(engine.gradient(problem, moved), truth)
    repeated = changed(problem, point, expanded)
    shown = known_truth(problem.gradient, repeated)
    found += compare(engine.gradient(problem, repeated), shown)
    return Findings(tuple(found))


@law
def leaves_its_inputs_alone(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """Inputs are bit for bit what they were, and carry no gradient, after the gradient was computed; torch's grad mode too."""
    given = {name: value.detach().clone() for name, value in point.items()}
    gradients, harm = ask(problem, engine, given)
    whole = tuple(_claim(name, True, "") for name in point)
    return Findings(harm or _lacking(problem, gradients) or whole)


def _lacking(problem: Problem, gradients: Any) -> tuple[Finding, ...]:
    """Return a finding for each parameter without a gradient that can be read: of nothing, no law holds."""
    lacking = (name for name in problem.parameters if not _comes_back(gradients, name))
    return tuple(refused(name, Kind.MISSING, "no gradient came back") for name in lacking)


def _comes_back(gradients: Any, name: str) -> bool:
    try:
        as_floats(as_mapping(gradients).get(name))
    except UnreadableValue:
        return False
    return True


@law
def returns_results_of_its_own(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """A second call, at other inputs, changes nothing in what the first returned."""
    first = engine.gradient(problem, point)
    if lacking := _lacking(problem, first):
        return Findings(lacking)
    kept = {name: as_floats(first[name]).copy() for name in problem.parameters}
    engine.gradient(problem, {name: value * 0.5 for name, value in point.items()})
    found = [
        _claim(name, np.array_equal(as_floats(first[name]), kept[name], equal_nan=True), "a later call overwrote it")
        for name in problem.parameters
    ]
    return Findings(tuple(found))


@law
def is_the_same_when_computed_again(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """Two calls with the same inputs return the same bits."""
    first, second = engine.gradient(problem, point), engine.gradient(problem, point)
    if lacking := _lacking(problem, first) or _lacking(problem, second):
        return Findings(lacking)
    found = [
        _claim(name, np.array_equal(as_floats(first[name]), as_floats(second[name]), equal_nan=True), "two calls differ")
        for name in problem.parameters
    ]
    return Findings(tuple(found))


@law
def refuses_an_empty_batch(problem: Problem, engine: Engine, point: Tensors) -> Findings:
    """A mean over nothing has no gradient: `EmptyBatch` is raised, and no number returned."""
    nothing = rows(problem, point, 0, 0)
    try:
        engine.gradient(problem, nothing)
    except EmptyBatch:
        return Findings((_claim(problem.batch, True, ""),))
    return Findings((_claim(problem.batch, False, "a gradient of an empty batch was returned"),))


def _claim(name: str, holds: bool, note: str) -> Finding:
    if holds:
        return Finding(Place(name), None, 0.0, 0.0, 0.0, Verdict.EXACT, Kind.NONE)
    return Finding(Place(name), None, float("nan"), float("inf"), 0.0, Verdict.WRONG, Kind.NONE, note)
