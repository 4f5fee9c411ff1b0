"""A computed gradient beside the exact one: shapes, dtypes and devices first, then a verdict for each element."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb

from diffcheck.derivation import Gradient
from diffcheck.errors import DtypeMismatch, UnreadableValue
from diffcheck.notation import Program, Reduction
from diffcheck.oracle import FORMATS, Bounds, Format, Point, Values, bounds, exact, format_of, working_precision
from diffcheck.oracle.limits import Limits
from diffcheck.oracle.limits import limits as limits_at
from diffcheck.verification.envelopes import envelopes
from diffcheck.verification.findings import Finding, Findings, Place
from diffcheck.verification.holes import Slopes, holes, jumps, uneven
from diffcheck.verification.judging_arrays import judged_arrays
from diffcheck.verification.kinks import filled, judged_at_pole, judged_by_sides
from diffcheck.verification.values import as_floats, as_mapping, form_of_value
from diffcheck.verification.verdict import Kind, Verdict, judged_by_chance, judged_by_envelope, judged_by_size

_DOUBTED = (Verdict.WRONG, Verdict.UNDECIDED)
_LARGEST = (Reduction.MAX, Reduction.ARGMAX)
_MOST_NUMBERS = 2000
_TRUSTED, _MANY_ULP = (Verdict.ACCURATE, Verdict.LOSSY), 1024.0


@dataclass(frozen=True)
class Truth:
    """The exact values at a point, their bounds in the point's format, and the dtype and device that results must have."""

    values: Values
    limits: Bounds
    form: Format
    device: str
    textbook: Program | None = None
    point: Point | None = None
    slopes: Slopes | None = None
    function: Program | None = None
    slope: float = 1.0
    unscaled: Truth | None = None

    @cached_property
    def envelopes(self) -> Mapping[str, np.ndarray]:
        """Return how far rounding at random moves each element."""
        if self.unscaled is not None:
            return {name: self._scaled(name, size) for name, size in self.unscaled.envelopes.items()}
        if self.textbook is None or self.point is None:
            return {}
        return envelopes(self.textbook, self.point, self.values, self.form)

    @cached_property
    def sides(self) -> Mapping[str, Limits]:
        """Return the limits from all sides of the gradients that differ there; nothing for points of many numbers.

        And nothing where largest elements are looked for: of several that tie each by itself may get nothing, and not all.
        Where the function jumps as all move together, a slope is what it is as its own argument moves alone.
        """
        if self.slopes is None or self.point is None or not self._may_have_sides:
            return {}
        names = uneven(self.slopes, self.point)
        apart = bool(names) and len(self.slopes.moving) > 1 and jumps(self.slopes, self.point)
        known: dict[tuple[str, ...], Mapping[str, Limits]] = {}
        found = {}
        for name in names:
            moving = (name,) if apart and name in self.slopes.moving else self.slopes.moving
            if moving not in known:
                known[moving] = limits_at(self.slopes.program, self.point, moving=moving)
            found[name] = known[moving][self.slopes.outputs[name]].scaled(self.slope)
        return found

    @cached_property
    def holes(self) -> Mapping[str, Limits]:
        """Return the limits of those gradients that a branch for this one point hides, where there are `sides`."""
        if self.unscaled is not None:
            return {name: found.scaled(self.slope) for name, found in self.unscaled.holes.items()}
        if self.slopes is None or self.point is None or not self._may_have_sides:
            return {}
        return holes(self.slopes, self.point)

    @cached_property
    def poles(self) -> Mapping[str, Limits]:
        """Return the limits of a function's own values, as at log 0: it has none there, and PyTorch's is infinite."""
        return {} if self.function is None or self.point is None else limits_at(self.function, self.point)

    @property
    def _may_have_sides(self) -> bool:
        assert self.slopes is not None
        assert self.point is not None
        if any(equation.reduction in _LARGEST for equation in self.slopes.program.equations):
            return False
        return sum(int(np.size(np.asarray(as_floats(value)))) for value in self.point.values()) <= _MOST_NUMBERS

    def scaled(self, slope: float) -> Truth:
        """Return the values times *slope*, whose multiplication a gradient may round twice, on its way in and out."""
        with working_precision(self.values.precision + 64):
            arrays = {name: np.asarray(array * arb(slope), dtype=object) for name, array in self.values.items()}
        values = Values(arrays, self.values.precision)
        scaled = replace(self, values=values, textbook=None, slope=slope, unscaled=self)
        limits = (self.limits.rounding, self.limits.conditioning)
        wider = ({name: scaled._scaled(name, size) for name, size in sizes.items() if name in arrays} for sizes in limits)
        return replace(scaled, limits=Bounds(*wider))

    def _scaled(self, name: str, size: np.ndarray) -> np.ndarray:
        """Return *size*, an error of the unscaled values, times the slope, with two roundings more."""
        exact = np.abs(self.values[name].astype(np.float64))
        return abs(self.slope) * size + 4 * exact * self.form.unit + self.form.tiny

    def widened(self, limits: Bounds) -> Truth:
        """Return the same values under other bounds."""
        return replace(self, limits=limits, textbook=None, slopes=None)


def truth_of(gradient: Gradient | Program, point: Point) -> Truth:
    """Return the exact values of *gradient* at *point*, certified, with the bounds that its dtype gives them."""
    form = format_of(_one_dtype(point))
    device = next((str(value.device) for value in point.values() if hasattr(value, "device")), "cpu")
    values = exact(gradient, point, dtype=form.name)
    textbook = gradient.textbook if isinstance(gradient, Gradient) else gradient
    truth = Truth(values, bounds(gradient, point, dtype=form.name), form, device, textbook, point)
    # A function has one value where it jumps, and only its derivative several that will do.
    return replace(truth, slopes=Slopes.of(gradient)) if isinstance(gradient, Gradient) else replace(truth, function=gradient)


def _one_dtype(point: Point) -> str:
    dtypes = (str(value.dtype).removeprefix("torch.") for value in point.values() if hasattr(value, "dtype"))
    names = {dtype for dtype in dtypes if not dtype.startswith(("int", "uint", "bool"))}
    if len(names) != 1:
        raise DtypeMismatch(got=f"{sorted(names) or 'no dtype'}", wanted="one dtype for all inputs", do="convert them to one")
    return names.pop()


def compare(got: Mapping[str, Any], truth: Truth, *, subject: str = "gradient") -> Findings:
    """Return one finding for each element of every name in *truth*; a name that *got* lacks, or misshapes, is wrong."""
    found: list[Finding] = []
    try:
        given = as_mapping(got)  # engines are other people's code, and return anything
    except UnreadableValue as refusal:
        note = f"got {refusal.got}, wanted {refusal.wanted}"
        return Findings(tuple(refused(name, Kind.MISSING, note) for name in truth.values), subject)
    for name in truth.values:
        found.extend(_compared(name, given.get(name), truth))
    for name in sorted(str(name) for name in given if name not in truth.values):
        found.append(refused(name, Kind.UNKNOWN, "a gradient of something that was not asked for"))
    return Findings(tuple(found), subject)


def _compared(name: str, value: Any, truth: Truth) -> list[Finding]:
    if value is None:
        return [refused(name, Kind.MISSING, "no gradient came back")]
    try:
        kind, note = _misfit(value, truth.values[name].shape, truth)
        return [refused(name, kind, note)] if note else list(_elements(name, as_floats(value), truth))
    except UnreadableValue as refusal:
        return [refused(name, Kind.WRONG_DTYPE, f"got {refusal.got}, wanted {refusal.wanted}")]


def _misfit(value: Any, shape: tuple[int, ...], truth: Truth) -> tuple[Kind, str]:
    """Return what of shape, dtype and device is not as it must be, first of all the shape; no note where all fits."""
    form = form_of_value(value)
    if form.shape != shape:
        return Kind.WRONG_SHAPE, f"got shape {form.shape}, wanted {shape}"
    if form.dtype != truth.form.name:
        return Kind.WRONG_DTYPE, f"got {form.dtype}, wanted {truth.form.name}"
    if form.device != truth.device:
        return Kind.WRONG_DEVICE, f"got {form.device}, wanted {truth.device}"
    return Kind.NONE, ""


def _elements(name: str, values: np.ndarray, truth: Truth) -> Iterator[Finding]:
    balls, rounding = truth.values[name], truth.limits.rounding[name]
    conditioning, nothing = truth.limits.conditioning[name], np.full(balls.shape, np.inf)
    first = judged_arrays(values, balls, rounding, conditioning, truth.form)
    for index in np.ndindex(balls.shape):
        got, ball, judged = float(values[index]), balls[(*index, ...)].item(), first.one(index)
        place = Place(name, index)
        if judged.verdict is Verdict.UNDECIDED and judged.bound == math.inf and ball.is_finite() and truth.form.precision < 53:
            judged = judged_by_envelope(judged, got, ball, float(truth.envelopes.get(name, nothing)[index]), truth.form)
        if name in truth.holes:
            low, high = (side[(*index, ...)].item() for side in (truth.holes[name].low, truth.holes[name].high))
            judged, ball = judged_by_sides(judged, got, ball, low, high, truth.form), filled(ball, low, high)
        elif judged.verdict in _DOUBTED and name in truth.sides:
            low, high = (side[(*index, ...)].item() for side in (truth.sides[name].low, truth.sides[name].high))
            judged = judged_by_sides(judged, got, ball, low, high, truth.form)
        if judged.kind is Kind.MISSING_NAN and math.isinf(got) and name in truth.poles:
            judged = judged_at_pole(judged, got, *(side[(*index, ...)].item() for side in truth.poles[name].ends))
        if judged.verdict in _TRUSTED and judged.ulp > _MANY_ULP and truth.form.precision == FORMATS["float64"].precision:
            judged = judged_by_chance(judged, got, ball, float(truth.envelopes.get(name, nothing)[index]))
        if judged.verdict is Verdict.UNDECIDED and np.isfinite(conditioning[index]):
            sized = judged_by_size(judged, got, ball, truth.form)
            judged = sized if sized.verdict is Verdict.WRONG else judged  # what is propagated may be too wide for less
        yield Finding(place, ball, got, judged.ulp, judged.bound, judged.verdict, judged.kind)


def refused(name: str, kind: Kind, note: str) -> Finding:
    """Return the finding on something that no element can be compared in."""
    return Finding(Place(name), None, float("nan"), float("inf"), 0.0, Verdict.WRONG, kind, note)
