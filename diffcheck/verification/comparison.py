"""A computed gradient beside the exact one: shapes, dtypes and devices first, then a verdict for each element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from diffcheck.derivation import Gradient
from diffcheck.errors import DtypeMismatch
from diffcheck.notation import Program
from diffcheck.oracle import Bounds, Format, Point, Values, bounds, exact, format_of
from diffcheck.verification.findings import Finding, Findings, Place
from diffcheck.verification.verdict import Kind, Verdict, judge


@dataclass(frozen=True)
class Truth:
    """The exact values at a point, their bounds in the point's format, and the dtype and device that results must have."""

    values: Values
    limits: Bounds
    form: Format
    device: str

    def widened(self, limits: Bounds) -> Truth:
        """Return the same values under other bounds."""
        return replace(self, limits=limits)


def truth_of(gradient: Gradient | Program, point: Point) -> Truth:
    """Return the exact values of *gradient* at *point*, certified, with the bounds that its dtype gives them."""
    form = format_of(_one_dtype(point))
    device = next((str(value.device) for value in point.values() if hasattr(value, "device")), "cpu")
    values = exact(gradient, point, dtype=form.name)
    return Truth(values, bounds(gradient, point, dtype=form.name), form, device)


def _one_dtype(point: Point) -> str:
    dtypes = (str(value.dtype).removeprefix("torch.") for value in point.values() if hasattr(value, "dtype"))
    names = {dtype for dtype in dtypes if not dtype.startswith(("int", "uint", "bool"))}
    if len(names) != 1:
        raise DtypeMismatch(got=f"{sorted(names) or 'no dtype'}", wanted="one dtype for all inputs", do="convert them to one")
    return names.pop()


def compare(got: Mapping[str, Any], truth: Truth, *, subject: str = "gradient") -> Findings:
    """Return one finding for each element of every name in *truth*; a name that *got* lacks, or misshapes, is wrong."""
    found: list[Finding] = []
    for name in truth.values:
        found.extend(_compared(name, got.get(name), truth))
    for name in sorted(set(got) - set(truth.values)):
        found.append(_refused(name, Kind.WRONG_SHAPE, "a gradient of something that was not asked for"))
    return Findings(tuple(found), subject)


def _compared(name: str, value: Any, truth: Truth) -> Iterator[Finding]:
    exact_values = truth.values[name]
    if value is None:
        yield _refused(name, Kind.MISSING, "no gradient came back")
        return
    if tuple(np.shape(value)) != exact_values.shape:
        yield _refused(name, Kind.WRONG_SHAPE, f"got shape {tuple(np.shape(value))}, wanted {exact_values.shape}")
        return
    dtype = str(getattr(value, "dtype", type(value).__name__)).removeprefix("torch.")
    if dtype != truth.form.name:
        yield _refused(name, Kind.WRONG_DTYPE, f"got {dtype}, wanted {truth.form.name}")
        return
    if str(getattr(value, "device", truth.device)) != truth.device:
        yield _refused(name, Kind.WRONG_DEVICE, f"got {value.device}, wanted {truth.device}")
        return
    yield from _elements(name, as_floats(value), truth)


def _elements(name: str, values: np.ndarray, truth: Truth) -> Iterator[Finding]:
    balls, rounding = truth.values[name], truth.limits.rounding[name]
    conditioning = truth.limits.conditioning[name]
    for index in np.ndindex(balls.shape):
        got, ball = float(values[index]), balls[(*index, ...)].item()
        judged = judge(got, ball, float(rounding[index]), float(conditioning[index]), truth.form)
        place = Place(name, tuple(map(int, index)))
        yield Finding(place, ball, got, judged.ulp, judged.bound, judged.verdict, judged.kind)


def _refused(name: str, kind: Kind, note: str) -> Finding:
    return Finding(Place(name), None, float("nan"), float("inf"), 0.0, Verdict.WRONG, kind, note)


def as_floats(value: Any) -> np.ndarray:
    """Return *value* as float64, NaN and infinities kept; every supported dtype fits exactly."""
    if hasattr(value, "detach"):
        plain = value.detach() if str(value.layout) == "torch.strided" else value.detach().to_dense()
        value = plain.cpu().double().resolve_neg().numpy()  # to the CPU first: some devices have no float64
    return np.asarray(value, dtype=np.float64)
