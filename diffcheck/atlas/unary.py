"""Variants of one tensor: elementary and special functions, rounding to whole numbers, and operators of a number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import torch
from torch import special

from diffcheck.atlas.variants import Variant

_ELEMENTARY: dict[str, tuple[float, ...]] = {
    "abs": (0.0,),
    "acos": (-1.0, 0.0, 1.0),
    "acosh": (1.0,),
    "asin": (-1.0, 0.0, 1.0),
    "asinh": (0.0,),
    "atan": (0.0,),
    "atanh": (-1.0, 0.0, 1.0),
    "cos": (0.0, 3.141592653589793),
    "cosh": (0.0,),
    "deg2rad": (0.0,),
    "exp": (0.0,),
    "exp2": (0.0,),
    "expm1": (0.0,),
    "log": (0.0, 1.0),
    "log10": (0.0, 1.0),
    "log1p": (-1.0, 0.0),
    "log2": (0.0, 1.0),
    "neg": (0.0,),
    "positive": (0.0,),
    "rad2deg": (0.0,),
    "reciprocal": (0.0,),
    "rsqrt": (0.0,),
    "sigmoid": (0.0,),
    "sin": (0.0, 1.5707963267948966),
    "sinh": (0.0,),
    "sqrt": (0.0,),
    "square": (0.0,),
    "tan": (0.0, 1.5707963267948966),
    "tanh": (0.0,),
}
_SPECIAL: dict[str, tuple[float, ...]] = {
    "digamma": (-2.0, -1.0, 0.0, 1.4616321449683622),
    "entr": (0.0, 0.36787944117144233),
    "erf": (0.0,),
    "erfc": (0.0,),
    "erfcx": (0.0,),
    "erfinv": (-1.0, 0.0, 1.0),
    "gammaln": (-2.0, -1.0, 0.0, 1.4616321449683622),
    "i0": (0.0,),
    "i0e": (0.0,),
    "i1": (0.0,),
    "i1e": (0.0,),
    "log_ndtr": (0.0,),
    "logit": (0.0, 0.5, 1.0),
    "ndtr": (0.0,),
    "ndtri": (0.0, 0.5, 1.0),
    "sinc": (0.0, 1.0, 4.493409457909064),
}
_ROUNDING = ("ceil", "floor", "frac", "round", "sgn", "sign", "trunc")
_NOT_FAR_BELOW = (-1e5, math.inf)  # there torch.special.zeta, by which polygamma goes, takes a step for every whole number
_POWERS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
_BASES = (0.5, 2.0, 10.0)


def unary() -> Iterator[Variant]:
    """Yield the variants of one tensor."""
    for name, edges in _ELEMENTARY.items():
        yield Variant(name, getattr(torch, name), "elementary", edges=edges)
    for name, edges in _SPECIAL.items():
        twice = _NOT_FAR_BELOW if name == "digamma" else None
        yield Variant(name, getattr(special, name), "special", edges=edges, accepted_twice=twice)
    for name in _ROUNDING:
        yield Variant(name, getattr(torch, name), "rounding", edges=(-1.0, -0.5, 0.0, 0.5, 1.0, 1.5))
    for order in (1, 2, 3):
        told, function = f"polygamma(n={order})", partial(special.polygamma, order)
        yield Variant(told, function, "special", edges=(-1.0, 0.0), accepted=_NOT_FAR_BELOW)
    for size in (2, 3):
        # PyTorch computes on below its domain, and promises nothing there.
        edge, function = (size - 1) / 2, partial(torch.mvlgamma, p=size)
        yield Variant(f"mvlgamma(p={size})", function, "special", edges=(edge,), accepted=(edge, math.inf))
    yield from _with_numbers()


def _with_numbers() -> Iterator[Variant]:
    for exponent in _POWERS:
        yield Variant(f"pow(exponent={exponent:g})", partial(_pow, exponent=exponent), "elementary")
    for base in _BASES:
        yield Variant(f"pow(base={base:g})", partial(torch.pow, base), "elementary")
    yield Variant("clamp(min=-0.5, max=1)", partial(torch.clamp, min=-0.5, max=1.0), "rounding", edges=(-0.5, 1.0))
    yield Variant("clamp(min=0)", partial(torch.clamp, min=0.0), "rounding")
    yield Variant("clamp(max=0.25)", partial(torch.clamp, max=0.25), "rounding", edges=(0.25,))
    yield Variant("logit(eps=0.125)", partial(special.logit, eps=0.125), "special", edges=(0.125, 0.5, 0.875))
    yield Variant("xlogy(x, 3)", partial(_second, special.xlogy, 3.0), "special")
    yield Variant("xlogy(3, x)", partial(special.xlogy, 3.0), "special")
    yield Variant("xlog1py(3, x)", partial(special.xlog1py, 3.0), "special", edges=(-1.0, 0.0))
    yield Variant("div(3, x)", partial(_divided, 3.0), "elementary")
    yield Variant("div(x, 3)", partial(_second, torch.div, 3.0), "elementary")
    yield Variant("mul(x, 0.1)", partial(_second, torch.mul, 0.1), "elementary")
    yield Variant("fmod(x, 1.5)", partial(_second, torch.fmod, 1.5), "rounding", edges=(-1.5, 0.0, 1.5))
    yield Variant("remainder(x, 1.5)", partial(_second, torch.remainder, 1.5), "rounding", edges=(-1.5, 0.0, 1.5))


def _pow(x: torch.Tensor, exponent: float) -> torch.Tensor:
    return torch.pow(x, exponent)


def _second(function: object, number: float, x: torch.Tensor) -> torch.Tensor:
    return function(x, number)  # type: ignore[operator, no-any-return]


def _divided(number: float, x: torch.Tensor) -> torch.Tensor:
    return number / x
