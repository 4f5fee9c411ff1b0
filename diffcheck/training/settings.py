"""The settings of a training run as plain numbers, or the refusal of those with which nothing can be trained."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from numbers import Real
from typing import Any

from diffcheck.errors import TrainingError
from diffcheck.problems.requests import whole_number


def checked_epochs(epochs: Any) -> int:
    """Return *epochs* as an int."""
    number = whole_number(epochs, 1)
    if number is None:
        raise TrainingError(
            got=f"epochs={epochs!r}", wanted="a whole number of epochs, one or more", do="pass epochs=1000, lr=1e-2, say"
        )
    return number


def checked_lr(lr: Any) -> float:
    """Return *lr* as a float."""
    number = _number(lr)
    if number is None or not 0 < number < inf:
        raise TrainingError(got=f"lr={lr!r}", wanted="a finite learning rate above 0", do="pass epochs=1000, lr=1e-2, say")
    return number


def checked_scale(scale: Any) -> dict[str, float]:
    """Return the factors of inputs, by name, as floats; None stands for no factor at all."""
    given = {} if scale is None else scale
    factors = {name: _number(value) for name, value in given.items()} if isinstance(given, Mapping) else {"": None}
    if None in factors.values():
        raise TrainingError(
            got=f"scale={scale!r}", wanted="one real number for each input that is named", do="pass scale={'x': 0.1}, say"
        )
    return {name: factor for name, factor in factors.items() if factor is not None}


def _number(value: Any) -> float | None:
    """Return *value* as a float where it is a real number, and no bool."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
