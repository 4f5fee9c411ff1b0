"""One question of the atlas answered: how accurate is this derivative of this operator in this dtype, at all of its points?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from diffcheck.atlas.asking import GENERATED, MODES, Way, modes_of
from diffcheck.atlas.deriving import Derivative, derivatives_of
from diffcheck.atlas.judging import Judging
from diffcheck.atlas.points import binary_points, exhaustive, unary_points
from diffcheck.atlas.variants import Variant
from diffcheck.capturing import capture
from diffcheck.derivation import derive
from diffcheck.errors import DiffcheckError
from diffcheck.notation import Program, Role
from diffcheck.oracle import FORMATS, Format, format_of
from diffcheck.verification.judging_arrays import Judged

_BATCH = 8192


@dataclass(frozen=True)
class Question:
    """The derivative of a variant in *mode*, one of `MODES`, in *dtype* on *device*."""

    variant: str
    dtype: str
    mode: str = "reverse"
    device: str = "cpu"


@dataclass(frozen=True)
class Task:
    """What is answered at one go: the derivative of *order* 1 or 2 in all of its modes, which share the exact values."""

    variant: str
    dtype: str
    order: int = 1
    device: str = "cpu"

    @property
    def questions(self) -> tuple[Question, ...]:
        """Return a question for each mode."""
        return tuple(Question(self.variant, self.dtype, mode, self.device) for mode in modes_of(self.order))


@dataclass(frozen=True)
class Batch:
    """Judged points: the values of each argument, what was got of the derivative by *name*, the exact values, the verdicts."""

    mode: str
    name: str
    points: Mapping[str, np.ndarray]
    got: np.ndarray
    exact: np.ndarray
    judged: Judged


class Measurement:
    """The exact derivative of a variant, its points, and PyTorch's ways to it, as *task* names them.

    Raises `UnknownName` for a dtype that is not known, and what `capture` raises for an operator without a row.
    """

    def __init__(self, variant: Variant, task: Task) -> None:
        self.variant, self.task, self.form = variant.asked(task.order), task, format_of(task.dtype)
        self.program, self.names = _captured(variant, self.form)
        self.gradient = derive(self.program, self.names)
        self.derivatives = derivatives_of(self.gradient, task.order)
        self.refused: dict[str, str] = {}
        self.ways = {mode: way for mode in modes_of(task.order) if (way := self._way(mode)) is not None}
        if self.ways.keys() <= GENERATED:  # nothing to measure beside
            self.refused |= dict.fromkeys(self.ways, "PyTorch has no derivative here")
            self.ways = {}

    def _way(self, mode: str) -> Way | None:
        """Return the way to the derivative, none where PyTorch has no kernel or no formula for it, or no code is generated."""
        try:
            way = MODES[mode].of(self.variant.function, self.gradient)
            way(self.tensors(dict.fromkeys(self.names, np.array([0.5]))), None)
        except (DiffcheckError, RuntimeError) as refusal:  # NotImplementedError is a RuntimeError
            self.refused[mode] = (str(refusal).splitlines() or [type(refusal).__name__])[0]
            return None
        return way

    def batches(self, lines: Sequence[np.ndarray]) -> Iterator[Batch]:
        """Yield the judged points of *lines*, an array for each argument: a batch for each mode and argument in turn."""
        for start in range(0, len(lines[0]), _BATCH):
            yield from self._batches([line[start : start + _BATCH] for line in lines])

    def got(self, mode: str, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return what *mode* gives at *values* by the labels of the derivatives: numbers of the task's dtype, as float64."""
        found, dtype = self.ways[mode](self.tensors(values), None), getattr(torch, self.task.dtype)
        # A tangent may be wider: float_power gives float64.
        return {name: value.detach().cpu().to(dtype).double().numpy(force=True) for name, value in found.items()}

    def tensors(self, values: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
        """Return *values* in the dtype and on the device of the task."""
        dtype = getattr(torch, self.task.dtype)
        return {name: torch.from_numpy(value.copy()).to(device=self.task.device, dtype=dtype) for name, value in values.items()}

    def _batches(self, lines: Sequence[np.ndarray]) -> Iterator[Batch]:
        values = dict(zip(self.names, lines, strict=True))
        got = {mode: self.got(mode, values) for mode in self.ways}
        for derivative in self.derivatives:
            yield from self.judged(derivative, values, {mode: found[derivative.label] for mode, found in got.items()})

    def judged(self, derivative: Derivative, values: dict[str, np.ndarray], computed: dict[str, np.ndarray]) -> Iterator[Batch]:
        """Yield a batch for each of the arrays *computed* of *derivative* at *values*, whatever computed them."""
        point = derivative.point(values)
        exact = derivative.exact(point, self.form)
        judging = Judging(self.program, derivative, self.variant.edges, self.form, point, computed, exact)
        judged = judging.verdicts()
        for mode, array in computed.items():
            yield Batch(mode, derivative.label, values, array, exact, judged[mode])


def measured(variant: Variant, task: Task, seed: int = 0) -> Iterator[Batch]:
    """Yield the judged points of *task*, a batch for each mode and each argument of the variant in turn.

    Raises what `Measurement` raises.
    """
    measurement = Measurement(variant, task)
    yield from measurement.batches(points_of(measurement.variant, measurement.form, seed, task.order))


def points_of(variant: Variant, form: Format, seed: int = 0, order: int = 2) -> tuple[np.ndarray, ...]:
    """Return the points of *variant* for derivatives of *order*, an array for each argument.

    For first derivatives in a 16-bit format all exponents of two arguments are paired; for second ones, which are four, some.
    """
    if variant.arity == 1:
        lines: tuple[np.ndarray, ...] = (unary_points(form, variant.edges, seed),)
    else:
        lines = binary_points(form, variant.edges, seed, whole=order == 1 and exhaustive(form))
    low, high = variant.accepted
    kept = np.all([(low <= line) & (line <= high) for line in lines], axis=0)
    return tuple(line[kept] for line in lines)


def is_exhaustive(variant: Variant, dtype: str) -> bool:
    """Say whether all inputs that there are in *dtype* are tried."""
    return variant.arity == 1 and exhaustive(FORMATS[dtype])


def _captured(variant: Variant, form: Format) -> tuple[Program, tuple[str, ...]]:
    like = [torch.full((4,), 0.4 + 0.1 * place, dtype=getattr(torch, form.name)) for place in range(variant.arity)]
    fixed = capture(variant.function, *like)
    names = tuple(tensor.name for tensor in fixed.inputs if tensor.role in (Role.PARAMETER, Role.DATA))
    return capture(variant.function, *like, sizes=dict.fromkeys(names, ("n",))), names
