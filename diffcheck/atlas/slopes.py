"""Whether a derivative is what comes in from a loss times the slope: a backward may ignore it, clip it, or lose its sign.

What comes in is a power of 2 of either sign and of many sizes, which multiplies every result without a rounding, as long as
that stays within the range of normal numbers: the points are such as networks have. So the result is to be the derivative for
1, times that power.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from diffcheck.atlas.asking import Way
from diffcheck.oracle import FORMATS, Format, format_of, round_value

_POWERS = (2, -3, 0, -12, 5, -7, 9, -1)
_NARROW = 3  # in float16 a power beyond ±3 soon leads out of the range
_COUNT = 512
_FEW = 64.0  # ULP: some backwards take the logarithm of what comes in


@dataclass(frozen=True)
class Slopes:
    """At how many points other slopes than 1 came in, at how many the result is no multiple of them, and the first of these."""

    tried: int
    apart: int
    first: dict[str, str] | None = None


def slopes(way: Way, tensors: Mapping[str, torch.Tensor]) -> Slopes:
    """Return what becomes of *way* at *tensors*, the points, a power of 2 for each element."""
    like = next(iter(tensors.values()))
    form = format_of(like.dtype)
    least = 2.0 ** (form.least + form.precision)
    most = _NARROW if form.precision == FORMATS["float16"].precision else max(map(abs, _POWERS))
    scale = np.resize([sign * 2.0 ** max(-most, min(power, most)) for sign in (-1, 1) for power in _POWERS], len(like))
    coming = torch.from_numpy(scale).to(dtype=like.dtype, device=like.device)
    whole, scaled = way(tensors, None), way(tensors, coming)
    tried, apart, first = 0, 0, None
    for name, value in whole.items():
        one, other = (_numbers(found, like.dtype) for found in (value, scaled[name]))
        with np.errstate(all="ignore"):
            wanted = one * scale
            sizes = np.abs(wanted)
            kept = np.isfinite(one) & (sizes < form.largest / 4) & ((sizes > least) | (one == 0))
            allowed = np.where(one == 0, least, _FEW * 2 * form.unit * sizes)  # 0 may be a number that vanished
            wrong = kept & ~(np.abs(other - wanted) <= allowed)
        tried, apart = tried + int(kept.sum()), apart + int(wrong.sum())
        if first is None and wrong.any():
            place = int(np.argmax(wrong))
            point = ", ".join(repr(float(tensor[place])) for tensor in tensors.values())
            numbers = {"coming": scale[place], "got": other[place], "wanted": wanted[place]}
            first = {"name": name, "point": point} | {key: repr(float(number)) for key, number in numbers.items()}
    return Slopes(tried, apart, first)


def moderate(arguments: int, accepted: tuple[float, float], form: Format) -> list[np.ndarray]:
    """Return points of a size from 2⁻⁶ to 2⁴ and of either sign, an array for each of *arguments*, between *accepted* ends."""
    generator = np.random.default_rng(0)
    lines = np.exp2(generator.uniform(-6, 4, (arguments, _COUNT))) * generator.choice((-1.0, 1.0), (arguments, _COUNT))
    lines = lines[:, ((accepted[0] <= lines) & (lines <= accepted[1])).all(axis=0)]
    return [np.array([round_value(float(value), form) for value in line]) for line in lines]


def _numbers(found: torch.Tensor, dtype: torch.dtype) -> np.ndarray:
    numbers: np.ndarray = found.detach().cpu().to(dtype).double().numpy(force=True)
    return numbers
