"""A value that somebody else's code returned, taken over as plain numbers, or refused for what it is.

What a value claims of itself is not believed: a subclass of Tensor may say any shape, and what becomes an array only when it is
asked to may raise anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from diffcheck.errors import UnreadableValue

T = TypeVar("T")
_PLAIN = (torch.Tensor, torch.nn.Parameter)


@dataclass(frozen=True)
class Form:
    """The shape, dtype and device that a value really has; where it has no dtype, the name of its type."""

    shape: tuple[int, ...]
    dtype: str
    device: str


def form_of_value(value: Any) -> Form:
    """Return the form of *value*, or refuse what is no plain array."""
    return _guarded(_form, value)


def as_floats(value: Any) -> np.ndarray:
    """Return *value* as float64, NaN and infinities kept; every supported dtype fits exactly, and all else is refused."""
    return _guarded(_floats, value)


def as_mapping(value: Any) -> dict[Any, Any]:
    """Return *value* as a dict, or refuse what is no mapping."""
    return _guarded(_mapping, value)


def _mapping(value: Any) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise _refusal(type(value).__name__, "a mapping from names to arrays")
    return dict(value)


def _guarded(read: Callable[[Any], T], value: Any) -> T:
    try:
        return read(value)
    except (UnreadableValue, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001  # even SystemExit: what a foreign value does when it is read is no end of ours
        why = (str(error).splitlines() or [""])[0]
        raise _refusal(f"{type(value).__name__} that cannot be read ({type(error).__name__}: {why})") from None


def _form(value: Any) -> Form:
    if isinstance(value, torch.Tensor):
        tensor = _plain_tensor(value)
        return Form(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), str(tensor.device))
    array = _plain_array(value)
    return Form(array.shape, str(array.dtype) if hasattr(type(value), "dtype") else type(value).__name__, "cpu")


def _floats(value: Any) -> np.ndarray:
    if not isinstance(value, torch.Tensor):
        array = _plain_array(value)
        if array.dtype.kind not in "biuf":
            raise _refusal(type(value).__name__)
        return array.astype(np.float64, copy=False)
    tensor = _plain_tensor(value)
    if tensor.is_complex() or tensor.is_meta:
        raise _refusal(f"a tensor of {tensor.dtype} on {tensor.device}", "real numbers")
    if tensor._is_zerotensor():  # autograd's zeros have no memory, and torch 2.6 reads some all the same
        return np.zeros(tuple(tensor.shape))
    dense = tensor if tensor.layout is torch.strided else tensor.to_dense()
    found: np.ndarray = dense.cpu().double().resolve_neg().numpy()  # to the CPU first: some devices have no float64
    return found


def _plain_tensor(value: torch.Tensor) -> torch.Tensor:
    if type(value) not in _PLAIN:
        raise _refusal(f"{type(value).__name__}, a kind of its own of Tensor", "plain tensors")
    if value.is_quantized:
        raise _refusal("a quantised tensor", "plain tensors")
    return value.detach()


def _plain_array(value: Any) -> np.ndarray:
    if isinstance(value, np.ma.MaskedArray):
        raise _refusal("a masked array", "arrays whose elements all have a value")
    return np.asarray(value)


def _refusal(got: str, wanted: str = "numbers") -> UnreadableValue:
    return UnreadableValue(got=got, wanted=wanted, do="return a plain tensor or array")
