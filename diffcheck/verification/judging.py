"""Is this Python function the one that a program states? If not: where, by how much, and what does it compute instead?

The function is called at small points first, so that the counterexample is one that a person can check by hand. What it
computes instead is looked for among the programs that differ by one slip (`mutants`), at random points.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import torch

from diffcheck.errors import DiffcheckError
from diffcheck.notation import Program
from diffcheck.problems import to_torch
from diffcheck.verification.comparison import as_floats, compare, truth_of
from diffcheck.verification.findings import Finding, shown
from diffcheck.verification.mutants import mutants

_SMALL = (1.0, 2.0, 0.0, 3.0, -1.0)
_POINTS = 4


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
        at = ", ".join(f"{name} = {_plain(value)}" for name, value in self.counterexample.items())
        seen = ""
        if self.finding is not None and self.finding.exact is not None:
            seen = f" at {at}: got {self.finding.got!r}, exact {shown(self.finding.exact)} ({self.finding.place});"
        return f"{self.subject}: refused;{seen} {self.message}"


def judge_function(function: Callable[..., Any], program: Program, arguments: Sequence[str]) -> Judged:
    """Return whether *function*, called with the inputs named in *arguments* in this order, returns the outputs of *program*.

    Several outputs may come as a tuple or stacked in one tensor. A function that is right at all points tried is right as far
    as these show; one that is not comes with the smallest counterexample found and, where one slip explains it, the slip.
    """
    subject = getattr(function, "__name__", repr(function))
    missing = _missing_parameters(function, program, arguments)
    if missing:
        return Judged(subject, False, missing)
    for point in _points(program):
        try:
            failed = _failure(function, program, arguments, point)
        except (NameError, TypeError, AttributeError, RuntimeError, ValueError) as error:
            return Judged(subject, False, f"it raised {type(error).__name__}: {error}", point)
        if failed is not None:
            return Judged(subject, False, _explained(function, program, arguments), point, failed)
    return Judged(subject, True)


def _missing_parameters(function: Callable[..., Any], program: Program, arguments: Sequence[str]) -> str:
    taken = len(inspect.signature(function).parameters)
    needed = {name for equation in program.equations for name in equation.operands}
    lacking = [tensor.name for tensor in program.inputs if tensor.name in needed and tensor.name not in arguments]
    if taken != len(arguments):
        return f"it takes {taken} arguments where {', '.join(arguments)} are {len(arguments)}"
    return f"it has no parameter for {', '.join(lacking)}, which the result depends on" if lacking else ""


def _points(program: Program) -> Iterator[dict[str, np.ndarray]]:
    """Return points of one and of two elements with small integers, then random ones."""
    names = [tensor.name for tensor in program.inputs]
    for size in (1, 2):
        for values in product(_SMALL[:3], repeat=len(names)):
            yield {
                tensor.name: np.arange(size**tensor.rank).reshape((size,) * tensor.rank) + value
                for tensor, value in zip(program.inputs, values, strict=True)
            }
    yield from _random_points(program)


def _random_points(program: Program) -> Iterator[dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    for _ in range(_POINTS):
        sizes = {str(size): 3 + place for place, size in enumerate(program.sizes)}
        yield {
            tensor.name: rng.normal(size=tuple(sizes[str(extent)] for extent in tensor.extents)) for tensor in program.inputs
        }


def _failure(
    function: Callable[..., Any], program: Program, arguments: Sequence[str], point: Mapping[str, np.ndarray]
) -> Finding | None:
    findings = compare(_outputs(function, program, arguments, to_torch(point)), truth_of(program, to_torch(point)))
    return None if findings.ok else findings.worst


def _outputs(
    function: Callable[..., Any], program: Program, arguments: Sequence[str], point: Mapping[str, torch.Tensor]
) -> dict[str, Any]:
    result = function(*(point[name].clone() for name in arguments))
    several = len(program.outputs) > 1
    parts = list(result) if several else [result]
    shapes = [truth.shape for truth in truth_of(program, point).values.values()]
    # A plain number stands for the array that broadcasting makes of it, as the article's dmodel_db returns 1.0.
    made = [torch.as_tensor(part, dtype=torch.float64) for part in parts]
    made = [part.expand(shape) if part.dim() == 0 else part for part, shape in zip(made, shapes, strict=False)]
    return dict(zip(program.outputs, made, strict=False))


def _explained(function: Callable[..., Any], program: Program, arguments: Sequence[str]) -> str:
    points = [to_torch(point) for point in _random_points(program)]
    try:
        got = [_outputs(function, program, arguments, point) for point in points]
    except (NameError, TypeError, RuntimeError, ValueError) as error:
        return f"it raised {type(error).__name__}: {error}"
    for mutant in mutants(program):
        if all(_matches(mutant.program, point, values) for point, values in zip(points, got, strict=True)):
            return mutant.slip
    return "no single slip explains it"


def _matches(program: Program, point: Mapping[str, torch.Tensor], got: Mapping[str, Any]) -> bool:
    try:
        return compare(got, truth_of(program, point)).ok
    except DiffcheckError:
        return False  # the slip has no value at this point


def _plain(value: Any) -> str:
    array = as_floats(value)
    return str(array.tolist())
