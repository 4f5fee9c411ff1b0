"""Derivatives of uᵛ as the text of a generated module.

A power is taken as the square of |u|^(v/2), which does not leave the range of numbers before the result does, with the sign
that it has. Near v = 0, and where v − 1 or v − 2 would be rounded to another number, uᵛ is divided by u instead.
"""

from __future__ import annotations

from diffcheck.generation.numpy_text import for_numpy

_TORCH = '''
def _half_power(u: torch.Tensor, v: torch.Tensor, less: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """h = |u|**(w/2), the sign of u**w, and whether w is v rather than v - less: there u is to be divided by."""
    divided = (((v >= -1) & (v < 0.5)) | (torch.abs(v) >= 1 / torch.finfo(v.dtype).eps)) & (u != 0)
    w = torch.where(divided, v, v - less)
    return torch.pow(torch.abs(u), w / 2), torch.pow(torch.sign(u), w), divided


def _slope_of_power(u: torch.Tensor, v: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """v·u**(v - 1)"""
    half, sign, divided = _half_power(u, v, 1)
    value = v * half * half * sign
    return torch.where(v == 0, v, torch.where(divided, value / u, value), out=out)


def _curvature_of_power(u: torch.Tensor, v: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """v·(v - 1)·u**(v - 2)"""
    half, sign, divided = _half_power(u, v, 2)
    value = v * half * ((v - 1) * half) * sign
    quotient = _quotient_by_square(v, u, half * (v - 1) * half * sign)
    return torch.where((v == 0) | (v == 1), 0 * v, torch.where(divided, quotient, value), out=out)


def _slope_by_exponent(u: torch.Tensor, v: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """u**v·log(u)"""
    half = torch.pow(u, v / 2)
    return torch.where((half == 0) | ((u == 0) & (v > 0)), 0 * v, half * torch.log(u) * half, out=out)


def _curvature_by_exponent(u: torch.Tensor, v: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """u**v·log(u)**2"""
    half = torch.pow(u, v / 2)
    return torch.where((half == 0) | ((u == 0) & (v > 0)), 0 * v, torch.square(half * torch.log(u)), out=out)


def _mixed_slope_of_power(u: torch.Tensor, v: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """u**(v - 1)·(1 + v·log(u))"""
    half, sign, divided = _half_power(u, v, 1)
    value = half * (1 + torch.where(v == 0, 0, v * torch.log(u))) * half * sign
    return torch.where(half == 0, half, torch.where(divided, value / u, value), out=out)
'''

POWERS_TORCH, POWERS_NUMPY = _TORCH, for_numpy(_TORCH)
