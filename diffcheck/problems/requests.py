"""Sizes, seeds and devices that a point can be drawn from, and the refusal of all others before anything is drawn."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from math import prod
from operator import index
from typing import Any

from diffcheck.errors import DeviceMismatch, PointError, UnknownName
from diffcheck.notation import Tensor
from diffcheck.oracle.extents import extent_value


def whole_number(value: Any, least: int) -> int | None:
    """Return *value* as an int where it is a whole number (no bool), *least* or more."""
    if isinstance(value, bool):
        return None
    try:
        number = index(value)
    except TypeError:
        return None
    return number if number >= least else None


def checked_seed(seed: Any) -> int:
    """Return *seed* as an int, or refuse what no random generator takes."""
    number = whole_number(seed, 0)
    if number is None:
        raise PointError(got=f"the seed {seed!r}", wanted="a whole number, 0 or more", do="pass seed=0, say")
    return number


def checked_sizes(inputs: Iterable[Tensor], sizes: Mapping[str, Any]) -> dict[str, int]:
    """Return *sizes* as ints; refuse what is no size, and sizes at which the *inputs* alone, in float64, fill the memory."""
    numbers = {name: _size(name, size) for name, size in sizes.items()}
    needed = 8 * sum(prod(extent_value(extent, numbers) for extent in tensor.extents) for tensor in inputs)
    if needed > memory_bytes():
        raise PointError(
            got=f"{', '.join(f'{name} = {size}' for name, size in numbers.items())}: inputs of {needed / 2**30:.4g} GiB",
            wanted=f"inputs that fit into the memory, of {memory_bytes() / 2**30:.4g} GiB",
            do="choose smaller sizes",
        )
    return numbers


def _size(name: str, size: Any) -> int:
    number = whole_number(size, 1)
    if number is None:
        raise PointError(got=f"{name} = {size!r}", wanted="a whole number, 1 or more", do=f"pass {name}=11, say")
    return number


def memory_bytes() -> float:
    """Return the memory of this machine, or infinity where it does not tell."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return float("inf")
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def checked_device(device: Any) -> str:
    """Return *device* as text; refuse what is neither the CPU nor a CUDA device, and a CUDA device that is not here."""
    import torch

    name, _, number = str(device).partition(":")
    if name not in ("cpu", "cuda") or (number and not number.isdecimal()):
        raise UnknownName.among("device", str(device), ("cpu", "cuda"))
    present = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "cuda" and int(number or 0) >= present:
        raise DeviceMismatch(
            got=f"the device {device}",
            wanted=f"one of the {present} CUDA devices of this machine"
            if present
            else "a device of this machine: no CUDA here",
            do="pass device='cpu'",
        )
    return str(device)
