"""NumPy-style functions as functions of PyTorch tensors, so that torch.export can record them.

A function is copied with other globals: where it names NumPy it finds the functions of this file, which do the same to
tensors, and where it names ``len`` one that leaves a symbolic length symbolic. Functions that it calls are copied with it. No
global is changed.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
import torch

from diffcheck.errors import UnsupportedOperator


class TensorArray:
    """A tensor that is used as a NumPy array is."""

    __array_priority__ = 1000

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor

    @property
    def shape(self) -> Any:
        return self.tensor.shape

    @property
    def ndim(self) -> int:
        return self.tensor.dim()

    @property
    def size(self) -> Any:
        return math.prod(self.tensor.shape)

    @property
    def dtype(self) -> Any:
        return self.tensor.dtype

    @property
    def T(self) -> TensorArray:  # noqa: N802  # NumPy's name
        return TensorArray(self.tensor.permute(*range(self.ndim - 1, -1, -1)))

    def __getitem__(self, places: Any) -> TensorArray:
        return TensorArray(self.tensor[plain(places)])

    def __iter__(self) -> Any:
        return iter([TensorArray(row) for row in self.tensor])

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise UnsupportedOperator(
                got=f"the method or attribute {name} of an array",
                wanted=f"one of {', '.join(sorted(_METHODS))}",
                do="write the function with these, or in PyTorch",
            )
        return lambda *given, **named: _FUNCTIONS[name](self, *given, **named)


def _operator(name: str) -> Callable[..., Any]:
    return lambda *given: TensorArray(getattr(torch.Tensor, name)(*map(plain, given)))


def _reversed(name: str) -> Callable[..., Any]:
    def operate(own: TensorArray, other: Any) -> TensorArray:
        return TensorArray(getattr(torch.Tensor, name)(as_tensor(other), own.tensor))

    return operate


for _name in "add sub mul truediv pow matmul neg abs lt le gt ge eq ne and or invert".split():
    setattr(TensorArray, f"__{_name}__", _operator(f"__{_name}__"))
for _name in "add sub mul truediv pow matmul".split():
    setattr(TensorArray, f"__r{_name}__", _reversed(f"__{_name}__"))


def plain(value: Any) -> Any:
    """Return *value* with tensors for the arrays in it."""
    if isinstance(value, TensorArray):
        return value.tensor
    if isinstance(value, (tuple, list)):
        return type(value)(map(plain, value))
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def as_tensor(value: Any) -> torch.Tensor:
    """Return a number, an array or nested lists of these as a tensor."""
    value = plain(value)
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, (tuple, list)):
        return torch.stack([as_tensor(part) for part in value])
    made: torch.Tensor = torch.ones((), dtype=torch.float64) * value
    return made


def _lifted(function: Callable[..., Any], *, tensors: int = 1) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> TensorArray:
        words = {"axis": "dim", "keepdims": "keepdim"}
        moved = [as_tensor(value) if place < tensors else plain(value) for place, value in enumerate(given)]
        options = {words.get(name, name): plain(value) for name, value in named.items() if name != "dtype"}
        return TensorArray(function(*moved, **options))

    return call


def _largest(u: torch.Tensor, dim: Any = None, keepdim: bool = False) -> torch.Tensor:
    return u.amax() if dim is None else u.amax(dim, keepdim)


def _smallest(u: torch.Tensor, dim: Any = None, keepdim: bool = False) -> torch.Tensor:
    return -_largest(-u, dim, keepdim)


def _dot(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    product: torch.Tensor = u * v if 0 in (u.dim(), v.dim()) else u @ v
    return product


def _gathered(join: Callable[..., torch.Tensor]) -> Callable[..., TensorArray]:
    return lambda parts, axis=0: TensorArray(join([as_tensor(part) for part in parts], axis))


def _reshaped(u: torch.Tensor, *shape: Any) -> torch.Tensor:
    return u.reshape(*shape)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: _lifted(getattr(torch, name))
    for name in (
        "exp log sqrt tanh sin cos sinh cosh expm1 log1p square sign sum mean prod var std zeros_like ones_like abs negative "
        "cumsum"
    ).split()
}
_OF_TWO: dict[str, Callable[..., Any]] = {
    "dot": _dot,
    "matmul": torch.matmul,
    "outer": lambda u, v: torch.outer(u.reshape(-1), v.reshape(-1)),
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "power": torch.pow,
    "logaddexp": torch.logaddexp,
    "heaviside": torch.heaviside,
}
_FUNCTIONS |= {name: _lifted(function, tensors=2) for name, function in _OF_TWO.items()}


def _as_type(u: Any, kind: Any) -> Any:
    """Return *u*, of float64 as it is; another type would round it."""
    if kind not in (float, "float", "float64", np.float64, _FUNCTIONS["float64"]):
        raise UnsupportedOperator(got=f"astype({kind})", wanted="astype(float)", do="leave the numbers as they are")
    return u


_FUNCTIONS |= {
    "where": _lifted(torch.where, tensors=3),
    "max": _lifted(_largest),
    "amax": _lifted(_largest),
    "min": _lifted(_smallest),
    "amin": _lifted(_smallest),
    "clip": _lifted(torch.clamp),
    "reshape": _lifted(_reshaped),
    "ravel": _lifted(lambda u: u.reshape(-1)),
    "transpose": lambda u: TensorArray(as_tensor(u)).T,
    "copy": _lifted(lambda u: u),
    "astype": _as_type,
    "expand_dims": _lifted(torch.unsqueeze),
    "array": lambda u, **_: TensorArray(as_tensor(u)),
    "asarray": lambda u, **_: TensorArray(as_tensor(u)),
    "stack": _gathered(torch.stack),
    "concatenate": _gathered(torch.cat),
    "einsum": lambda rule, *parts: TensorArray(torch.einsum(rule, *map(as_tensor, parts))),
    "zeros": lambda shape, **_: TensorArray(torch.zeros(shape, dtype=torch.float64)),
    "ones": lambda shape, **_: TensorArray(torch.ones(shape, dtype=torch.float64)),
    "size": lambda u: TensorArray(as_tensor(u)).size,
    "shape": lambda u: TensorArray(as_tensor(u)).shape,
    "float64": lambda u: u,
}
_METHODS = set("sum mean prod var std max min dot reshape ravel transpose copy astype clip cumsum".split())
_CONSTANTS = {"pi": math.pi, "e": math.e, "newaxis": None}


class _Namespace:
    """What stands where a function names the module numpy."""

    def __getattr__(self, name: str) -> Any:
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name not in _FUNCTIONS:
            raise UnsupportedOperator(
                got=f"np.{name}",
                wanted=f"one of {', '.join(sorted(_FUNCTIONS))}",
                do="write the function with these, or in PyTorch",
            )
        return _FUNCTIONS[name]


def _length(value: Any) -> Any:
    return value.shape[0] if isinstance(value, (torch.Tensor, TensorArray)) else len(value)


def uses_numpy(function: Any, seen: frozenset[int] = frozenset()) -> bool:
    """Say whether *function*, or a function that it calls, names NumPy or something of it."""
    if not isinstance(function, FunctionType) or id(function) in seen:
        return False
    named = _named(function).values()
    return any(_of_numpy(value) or uses_numpy(value, seen | {id(function)}) for value in named if not _of_torch(value))


def translated(function: Any, done: dict[int, Any] | None = None) -> Any:
    """Return a copy of *function* that works on tensors, or on `TensorArray` where it names NumPy."""
    done = {} if done is None else done
    if not isinstance(function, FunctionType) or _of_torch(function):
        return function
    if id(function) in done:
        return done[id(function)]
    names = dict(function.__globals__)
    cells = tuple(CellType() for _ in function.__closure__ or ())
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, cells or None)
    copy.__kwdefaults__ = function.__kwdefaults__
    done[id(function)] = copy
    for name in _globals_of(function.__code__) & set(names):
        names[name] = _in_place_of(names[name], done)
    if "len" not in names:
        names["len"] = _length
    for mine, other in zip(cells, function.__closure__ or (), strict=True):
        mine.cell_contents = _in_place_of(other.cell_contents, done)
    return copy


def _in_place_of(value: Any, done: dict[int, Any]) -> Any:
    if value is np:
        return _Namespace()
    if _of_numpy(value) and getattr(value, "__name__", "") in _FUNCTIONS:
        return _FUNCTIONS[value.__name__]
    return _length if value is builtins.len else translated(value, done)


def _of_numpy(value: Any) -> bool:
    return value is np or isinstance(value, np.ufunc) or (callable(value) and str(_home(value)).split(".")[0] == "numpy")


def _of_torch(value: Any) -> bool:
    return (isinstance(value, ModuleType) and value is not np) or str(_home(value)).split(".")[0] in ("torch", "diffcheck")


def _home(value: Any) -> Any:
    return getattr(value, "__module__", "") or ""


def _globals_of(code: CodeType) -> set[str]:
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return set(code.co_names).union(*map(_globals_of, inner))


def _named(function: FunctionType) -> dict[str, Any]:
    found = {name: function.__globals__[name] for name in _globals_of(function.__code__) & set(function.__globals__)}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # a function that is defined later
            continue
    return found
