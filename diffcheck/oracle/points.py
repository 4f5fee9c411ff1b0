"""A point: input values by name, as the exact rationals that they are, with the extents that their shapes tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr

from diffcheck.errors import (
    DeviceMismatch,
    DtypeMismatch,
    EmptyBatch,
    MissingInput,
    NonFiniteInput,
    PointError,
    ShapeMismatch,
    UnknownName,
    UnsupportedDtype,
)
from diffcheck.notation import Equation, Program, Role, Tensor, indices_of, name_of
from diffcheck.oracle.extents import extent_value, sizes_of
from diffcheck.oracle.formats import FORMATS

Point = Mapping[str, Any]


@dataclass(frozen=True)
class Prepared:
    """The values of a point as float64 arrays, which hold every supported dtype exactly, and the extents by name."""

    values: dict[str, np.ndarray]
    sizes: dict[str, int]


def prepare(program: Program, point: Point) -> Prepared:
    """Return the values of *point* for the inputs of *program*, or refuse what is missing, misshapen, empty or not finite."""
    names = [tensor.name for tensor in program.inputs]
    if not isinstance(point, Mapping) or not all(isinstance(name, str) for name in point):
        raise PointError(
            got=f"a point of type {type(point).__name__}",
            wanted="a mapping from names to values",
            do="pass {'name': value, ...}",
        )
    for name in point:
        if name not in names:
            raise UnknownName.among("input of the program", name, names)
    for name in names:
        if name not in point:
            given = f"values for {', '.join(point)}" if point else "no values"
            raise MissingInput(got=given, wanted=f"a value for {name!r} too", do=f"pass {name!r}")
    _one_dtype({tensor.name: point[tensor.name] for tensor in program.inputs if tensor.role is not Role.INTEGER})
    _one_device(point)
    values = {tensor.name: _values(tensor, point[tensor.name]) for tensor in program.inputs}
    for tensor in program.inputs:
        _filled(tensor, values[tensor.name].shape)
    sizes = sizes_of((tensor, values[tensor.name].shape) for tensor in program.inputs)
    for tensor in program.inputs:
        _fit(tensor, values[tensor.name].shape, sizes)
    tensors = program.tensors
    for equation in program.equations:
        _within(equation, tensors, sizes)
    return Prepared(values, sizes)


def _values(tensor: Tensor, value: Any) -> np.ndarray:
    if tensor.role is not Role.INTEGER:
        return exact_array(value, tensor.name)
    kind = str(getattr(value, "dtype", np.asarray(value).dtype)).removeprefix("torch.")
    if not kind.startswith(("int", "uint", "bool")):
        raise UnsupportedDtype(
            got=f"{tensor.name} of dtype {kind}", wanted="whole numbers", do="convert it, or declare it as data"
        )
    array = np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
    if array.size and max(map(abs, array.ravel().tolist())) >= 2**53:
        raise UnsupportedDtype(got=f"{tensor.name} beyond 2**53", wanted="smaller whole numbers", do="count from 0")
    return array.astype(np.float64)


def exact_array(value: Any, name: str) -> np.ndarray:
    """Return *value* as a float64 array that holds it exactly; refuse other dtypes, NaN and infinities."""
    array = _of_tensor(value, name) if hasattr(value, "detach") else _of_array(value, name)
    if not np.isfinite(array).all():
        place = np.argwhere(~np.isfinite(array))[0]
        at = f"{name}{[int(i) for i in place]}" if array.ndim else name
        raise NonFiniteInput(got=f"{array[tuple(place)]} at {at}", wanted="finite values", do="mend the data")
    return array


def _of_tensor(value: Any, name: str) -> np.ndarray:
    if not value.dtype.is_floating_point or str(value.dtype).removeprefix("torch.") not in FORMATS:
        raise _unsupported(name, value.dtype)
    if value.is_meta:
        raise DeviceMismatch(got=f"{name} on device meta", wanted="values in memory", do="create it on a real device")
    if str(value.layout) != "torch.strided" or value.is_nested:
        raise PointError(got=f"{name} of layout {value.layout}", wanted="a dense tensor", do="pass its to_dense()")
    # To the CPU first: some devices have no float64.
    array: np.ndarray = value.detach().cpu().double().resolve_neg().numpy()
    return array


def _of_array(value: Any, name: str) -> np.ndarray:
    if isinstance(value, np.ma.MaskedArray):
        raise PointError(got=f"{name} with a mask", wanted="a value for every element", do="fill the masked elements")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ShapeMismatch(
            got=f"rows of several lengths for {name!r}", wanted="rows of one length", do="pass a rectangular array"
        ) from None
    if array.dtype.kind in "iu" and isinstance(value, (int, list, tuple)):
        whole = array.astype(np.float64)
        if [int(number) for number in whole.ravel()] != array.ravel().tolist():
            raise _unsupported(name, "int, too large for float64 to hold exactly")
        return whole
    if array.dtype.name not in FORMATS:
        raise _unsupported(name, array.dtype)
    return array.astype(np.float64)


def _unsupported(name: str, dtype: object) -> UnsupportedDtype:
    return UnsupportedDtype(
        got=f"{name} of dtype {dtype}",
        wanted="float64, float32, float16 or bfloat16",
        do="convert it: an integer or complex parameter has no real derivative",
    )


def _filled(tensor: Tensor, shape: tuple[int, ...]) -> None:
    if len(shape) != tensor.rank:
        raise ShapeMismatch(
            got=f"shape {shape} for {tensor.name!r}",
            wanted=f"{tensor.rank} axes",
            do=f"its extents are {list(map(str, tensor.extents))}",
        )
    for extent, size in zip(tensor.extents, shape, strict=True):
        if size == 0:
            raise EmptyBatch(
                got=f"extent {extent} = 0 of {tensor.name!r}", wanted="one element or more", do="skip empty batches"
            )


def _fit(tensor: Tensor, shape: tuple[int, ...], sizes: Mapping[str, int]) -> None:
    for extent, size in zip(tensor.extents, shape, strict=True):
        known = extent_value(extent, sizes)
        if known != size:
            raise ShapeMismatch(
                got=f"shape {shape} for {tensor.name!r}", wanted=f"{extent} = {known}", do="make the shapes agree"
            )


def _within(equation: Equation, tensors: Mapping[str, Sequence[Expr]], sizes: Mapping[str, int]) -> None:
    """Refuse an empty axis, and a read at a constant that lies outside its axis."""
    for index in equation.axes:
        if extent_value(index.extent, sizes) < 1:
            raise EmptyBatch(
                got=f"{index.extent} < 1 for index {index.name} of {equation.target!r}",
                wanted="one element or more",
                do="pass larger inputs",
            )
    for node in equation.reads:
        for place, extent in zip(indices_of(node), tensors[name_of(node)], strict=True):
            if place.is_Integer and place >= extent_value(extent, sizes):
                raise ShapeMismatch(
                    got=f"{extent} = {extent_value(extent, sizes)}",
                    wanted=f"{extent} > {place}, since {equation.target!r} reads {node}",
                    do="pass larger inputs",
                )


def _one_dtype(point: Point) -> None:
    dtypes = {name: str(value.dtype).removeprefix("torch.") for name, value in point.items() if hasattr(value, "dtype")}
    if len(set(dtypes.values())) > 1:
        listed = ", ".join(f"{name}: {dtype}" for name, dtype in dtypes.items())
        raise DtypeMismatch(got=listed, wanted="one dtype for all inputs", do="convert the inputs to one dtype")


def _one_device(point: Point) -> None:
    devices = {name: str(value.device) for name, value in point.items() if hasattr(value, "device")}
    if len(set(devices.values())) > 1:
        listed = ", ".join(f"{name}: {device}" for name, device in devices.items())
        raise DeviceMismatch(got=listed, wanted="one device for all inputs", do="move the inputs to one device")
