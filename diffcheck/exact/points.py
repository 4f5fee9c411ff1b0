"""A point: input values by name, as the exact rationals that they are, with the extents that their shapes tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr, Integer

from diffcheck.errors import (
    DeviceMismatch,
    DtypeMismatch,
    EmptyBatch,
    MissingInput,
    NonFiniteInput,
    ShapeMismatch,
    UnknownName,
    UnsupportedDtype,
)
from diffcheck.notation import Program, Tensor

Point = Mapping[str, Any]


@dataclass(frozen=True)
class Prepared:
    """The values of a point as float64 arrays, which hold every supported dtype exactly, and the extents by name."""

    values: dict[str, np.ndarray]
    sizes: dict[str, int]


def prepare(program: Program, point: Point) -> Prepared:
    """Return the values of *point* for the inputs of *program*, or refuse what is missing, misshapen, empty or not finite."""
    names = [tensor.name for tensor in program.inputs]
    for name in point:
        if name not in names:
            raise UnknownName.among("input of the program", name, names)
    _one_device(point)
    values: dict[str, np.ndarray] = {}
    sizes: dict[str, int] = {}
    for tensor in program.inputs:
        if tensor.name not in point:
            raise MissingInput(
                got=f"values for {', '.join(point) or 'nothing'}",
                wanted=f"a value for {tensor.name!r} too",
                do="pass it",
            )
        values[tensor.name] = exact_array(point[tensor.name], tensor.name)
        _fit(tensor, values[tensor.name].shape, sizes)
    return Prepared(values, sizes)


def exact_array(value: Any, name: str) -> np.ndarray:
    """Return *value* as a float64 array that holds it exactly; refuse other dtypes, NaN and infinities."""
    if hasattr(value, "detach"):
        if not value.dtype.is_floating_point or "float8" in str(value.dtype):
            raise _unsupported(name, value.dtype)
        array = value.detach().double().cpu().numpy()
    else:
        array = np.asarray(value)
        if array.dtype.kind in "iu" and isinstance(value, (int, list, tuple)):
            array = array.astype(np.float64)
        if array.dtype.name not in ("float64", "float32", "float16"):
            raise _unsupported(name, array.dtype)
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        place = np.argwhere(~np.isfinite(array))[0]
        bad = array[tuple(place)]
        raise NonFiniteInput(
            got=f"{bad} at {name}{[int(i) for i in place]}", wanted="finite values", do="mend the data"
        )
    return np.asarray(array, dtype=np.float64)


def _unsupported(name: str, dtype: object) -> UnsupportedDtype:
    return UnsupportedDtype(
        got=f"{name} of dtype {dtype}",
        wanted="float64, float32, float16 or bfloat16",
        do="convert it: an integer or complex parameter has no real derivative",
    )


def _fit(tensor: Tensor, shape: tuple[int, ...], sizes: dict[str, int]) -> None:
    if len(shape) != tensor.rank:
        raise ShapeMismatch(
            got=f"shape {shape} for {tensor.name!r}",
            wanted=f"{tensor.rank} axes",
            do=f"its extents are {tensor.extents}",
        )
    for extent, size in zip(tensor.extents, shape, strict=True):
        known = sizes.setdefault(str(extent), size) if extent.is_Symbol else extent_value(extent, sizes)
        if known != size:
            raise ShapeMismatch(
                got=f"shape {shape} for {tensor.name!r}", wanted=f"{extent} = {known}", do="make the shapes agree"
            )
        if size == 0:
            raise EmptyBatch(
                got=f"extent {extent} = 0 of {tensor.name!r}", wanted="one element or more", do="skip empty batches"
            )


def extent_value(extent: Expr, sizes: Mapping[str, int]) -> int:
    """Return the number that *extent* stands for under *sizes*."""
    value = extent.subs({symbol: Integer(sizes[str(symbol)]) for symbol in extent.free_symbols})
    return int(value)


def _one_device(point: Point) -> None:
    dtypes = {name: str(value.dtype).removeprefix("torch.") for name, value in point.items() if hasattr(value, "dtype")}
    if len(set(dtypes.values())) > 1:
        listed = ", ".join(f"{name}: {dtype}" for name, dtype in dtypes.items())
        raise DtypeMismatch(got=listed, wanted="one dtype for all inputs", do="convert the inputs to one dtype")
    devices = {name: str(value.device) for name, value in point.items() if hasattr(value, "device")}
    if len(set(devices.values())) > 1:
        listed = ", ".join(f"{name}: {device}" for name, device in devices.items())
        raise DeviceMismatch(got=listed, wanted="one device for all inputs", do="move the inputs to one device")
