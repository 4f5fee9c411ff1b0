"""Is this Python function the one that a program states? If not: where, by how much, and what does it compute instead?

The function is called at small points first, so that the counterexample is one that a person can check by hand. What it
computes instead is looked for among the programs that differ by one slip (`mutants`), at random points.

Inputs are float64 tensors, or NumPy arrays for a function that raises at tensors. Results are judged by their values alone: a
number stands for an array of it, whole numbers for floats, and a function that returns or computes in a lower precision than
float64 is refused for what it loses. What it prints is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import torch

from diffcheck.derivation import Gradient
from diffcheck.errors import DiffcheckError, PointError
from diffcheck.notation import Program
from diffcheck.oracle import bounds
from diffcheck.oracle.extents import extent_value
from diffcheck.problems import to_torch
from diffcheck.verification.calling import Arrays, Give, Raised, Unusable, as_arrays, call, cannot_be_called
from diffcheck.verification.comparison import Truth, as_floats, compare, truth_of
from diffcheck.verification.findings import Finding, shown
from diffcheck.verification.mutants import mutants

_SMALL = (1.0, 2.0, 0.0, 3.0, -1.0)
_POINTS = 4

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Judged:
    """Whether a function is right; if not, what is wrong, and inputs that show it."""

    subject: str
    right: bool
    message: str = ""
    counterexample: Mapping[str, Any] = field(default_factory=dict)
    finding: Finding | None = None

    def __str__(self) -> str:
        if self.right:
            return f"{self.subject}: right"
        at = ", ".join(f"{name} = {as_floats(value).tolist()}" for name, value in self.counterexample.items())
        seen = ""
        if self.finding is not None and self.finding.exact is not None:
            seen = f" at {at}: got {self.finding.got!r}, exact {shown(self.finding.exact)} ({self.finding.place});"
        return f"{self.subject}: refused;{seen} {self.message}"


def judge_function(function: Callable[..., Any], program: Program | Gradient, arguments: Sequence[str]) -> Judged:
    """Return whether *function*, called with the inputs named in *arguments* in this order, returns the outputs of *program*.

    Where *program* is a `Gradient`, the textbook forms of its derivatives are right too. Several outputs may come as a tuple
    or stacked in one array. A function that is right at all points tried is right as far as these show; one that is not comes
    with the smallest counterexample found and, where one slip explains it, the slip.
    """
    subject = getattr(function, "__name__", repr(function))
    refusal = cannot_be_called(function, arguments) or _lacking(_plain(program), arguments)
    if refusal:
        return Judged(subject, False, refusal)
    judged, raised = _judged(function, program, arguments, to_torch)
    if raised:  # at tensors, which a function for NumPy does
        of_arrays, _ = _judged(function, program, arguments, as_arrays)
        return of_arrays if of_arrays.right else judged
    return judged


def _plain(program: Program | Gradient) -> Program:
    return program.program if isinstance(program, Gradient) else program


def _judged(
    function: Callable[..., Any], program: Program | Gradient, arguments: Sequence[str], give: Give
) -> tuple[Judged, bool]:
    """Return the verdict, and whether it is due to a call that raised."""
    subject = getattr(function, "__name__", repr(function))
    tried = 0
    for point, truth in _points(program):
        tried += 1
        try:
            findings = compare(call(function, point, arguments, truth, give), truth)
        except Unusable as reason:
            return Judged(subject, False, str(reason), point), isinstance(reason, Raised)
        if not findings.ok:
            message = _explained(function, program, arguments, findings.worst, give)
            return Judged(subject, False, message, point, findings.worst), False
    return Judged(subject, tried > 0, "" if tried else "the program itself has no value at any of the points tried"), False


def _lacking(program: Program, arguments: Sequence[str]) -> str:
    for name in arguments:
        program.input(name)
    read = {name for equation in program.equations for name in equation.operands}
    lacking = [tensor.name for tensor in program.inputs if tensor.name in read and tensor.name not in arguments]
    return f"it has no parameter for {', '.join(lacking)}, which the result depends on" if lacking else ""


def _points(program: Program | Gradient) -> Iterator[tuple[Arrays, Truth]]:
    """Return small points, then random ones, with the exact values; those at which the program has no value are left out."""
    plain = _plain(program)
    for point in (*_small_points(plain), *_random_points(plain)):
        try:
            truth = truth_of(program, to_torch(point))
        except PointError:
            continue  # sizes too small for this program
        if all(ball.is_finite() for array in truth.values.values() for ball in array.flat):
            yield point, truth


def _small_points(program: Program) -> Iterator[Arrays]:
    """Return points with axes of one and of two elements, each tensor counting up from a small whole number."""
    count = len(program.inputs)
    starts = list(product(_SMALL[:3], repeat=count)) if count <= 3 else _drawn_starts(count)
    for size in (1, 2):
        shapes = _shapes(program, {str(symbol): size for symbol in program.sizes})
        for values in starts:
            yield {
                name: np.arange(np.prod(shape)).reshape(shape) + value
                for (name, shape), value in zip(shapes.items(), values, strict=True)
            }


def _drawn_starts(count: int) -> list[tuple[float, ...]]:
    rng = np.random.default_rng(0)
    drawn = [tuple(map(float, rng.choice(_SMALL, size=count))) for _ in range(12)]
    return sorted(drawn, key=lambda values: sum(map(abs, values)))


def _random_points(program: Program) -> Iterator[Arrays]:
    rng = np.random.default_rng(0)
    shapes = _shapes(program, {str(size): 3 + place for place, size in enumerate(program.sizes)})
    for _ in range(_POINTS):
        yield {name: rng.normal(size=shape) for name, shape in shapes.items()}


def _shapes(program: Program, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    return {tensor.name: tuple(extent_value(extent, sizes) for extent in tensor.extents) for tensor in program.inputs}


def _explained(
    function: Callable[..., Any], program: Program | Gradient, arguments: Sequence[str], failed: Finding, give: Give
) -> str:
    if failed.exact is None:
        return f"{failed.place}: {failed.note}"
    plain = _plain(program)
    points = list(_random_points(plain))
    try:
        seen = [(to_torch(p), call(function, p, arguments, truth_of(program, to_torch(p)), give)) for p in points]
    except Unusable as reason:
        return str(reason)
    for mutant in mutants(plain):
        if all(_matches(mutant.program, point, got) for point, got in seen):
            return mutant.slip
    if all(_matches_in_float32(program, point, got) for point, got in seen):
        return "it is right to the precision of float32 only: does it compute in float32, or return it?"
    return "no single slip explains it"


def _matches(program: Program, point: Tensors, got: Mapping[str, Any]) -> bool:
    named = dict(zip(program.outputs, got.values(), strict=True))
    try:
        return compare(named, truth_of(program, point)).ok
    except DiffcheckError:
        return False  # the slip has no value at this point


def _matches_in_float32(program: Program | Gradient, point: Tensors, got: Mapping[str, Any]) -> bool:
    return compare(got, truth_of(program, point).widened(bounds(program, point, dtype="float32"))).ok
