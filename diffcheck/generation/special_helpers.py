"""Special functions that a target has no name for, or no accurate one, as the text of a generated module."""

from __future__ import annotations

import re
from math import factorial, pi

from diffcheck.generation.bessel_helpers import BESSEL_TORCH
from diffcheck.generation.erfc_helpers import ERFC_TORCH
from diffcheck.notation.special_functions import HIGHEST_ORDER, slope_of_cot

_TORCH = '''

def _bessel_i0e(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """exp(-|u|)·I₀(u), which I₀ itself would overflow."""
    return torch.special.i0e(u, out=out)


def _bessel_i1e(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """exp(-|u|)·I₁(u), which I₁ itself would overflow."""
    return torch.special.i1e(u, out=out)


def _ndtri(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """√2·erf⁻¹(2u - 1), whose difference would lose the digits of a small u."""
    return torch.special.ndtri(u, out=out)


def _slope_of_ndtri(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """√(2π)·exp(½·ndtri(u)²) as √(π/2)·erfcx(|ndtri(u)|/√2)/min(u, 1 - u), which an error of the quantile hardly changes."""
    share = torch.minimum(u, 1 - u)
    scaled = torch.special.erfcx(torch.special.ndtri(share) * -0.7071067811865476)
    return torch.div(scaled.mul_(1.2533141373155003), share, out=out)

'''

# The second derivative of sin(πu)/(πu) = Σ (-1)ᵐ·(πu)²ᵐ/(2m + 1)!, a series of (πu)².
_SECOND_OF_SINC = [(-1) ** m * 2 * m * (2 * m - 1) / factorial(2 * m + 1) * pi**2 for m in range(1, 13)]
# (sin u - u·cos u)/u³ = Σ (-1)ᵐ·2(m + 1)/(2m + 3)!·u²ᵐ
_SERIES = [(-1) ** m * 2 * (m + 1) / factorial(2 * m + 3) for m in range(11)]
_J1_BY_U = f'''
def _j1_by_u(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """(sin u - u·cos u)/u³, near 0 by its series."""
    square = torch.square(torch.clamp(u, -1.5, 1.5))
    near = torch.zeros_like(u)
    for number in ({", ".join(map(repr, reversed(_SERIES)))}):
        near = near * square + number
    far = (torch.sin(u) / u - torch.cos(u)) / u / u
    return torch.where(torch.abs(u) < 1.5, near, far, out=out)


def _slope_of_sinc(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """cos(πu)/u - sin(πu)/(πu²): near 0 by a series, else with u reduced to its distance from a whole number."""
    whole = torch.round(u)
    rest, turned = (u - whole).mul_({pi}), 1 - 2 * torch.remainder(whole, 2)
    far = (torch.cos(rest) - torch.sin(rest) / {pi} / u) / u * turned
    return torch.where(torch.abs(u) < 0.45, _j1_by_u(u * {pi}) * (u * {-pi * pi}), far, out=out)


def _second_derivative_of_sinc(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """(2·(sin(πu)/(πu) - cos(πu))/u - π·sin(πu))/u: near 0 by a series, else with u reduced as above."""
    square = torch.square(torch.clamp(u, -0.45, 0.45) * {pi})
    near = torch.zeros_like(u)
    for number in ({", ".join(map(repr, reversed(_SECOND_OF_SINC)))}):
        near = near * square + number
    whole = torch.round(u)
    rest, turned = (u - whole).mul_({pi}), 1 - 2 * torch.remainder(whole, 2)
    sine = torch.sin(rest)
    far = (2 * (sine / {pi} / u - torch.cos(rest)) / u - {pi} * sine) / u * turned
    return torch.where(torch.abs(u) < 0.45, near, far, out=out)
'''

# By ζ: torch.polygamma(1, u) has 9 digits in float64 (2.13, CPU). Below 0 by reflection: there torch.special.zeta takes a step
# for every whole number, without end where numbers are so large that a step changes nothing. Far out by the first terms of the
# asymptotic series, (n - 1)!/uⁿ·(1 + n/2u + …/u²): there zeta's own power of u vanishes before the quotient does.
_POLYGAMMA = '''
def _polygamma_{order}(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """{factor}·ζ({above}, u), the derivative of order {order} of digamma; below 0 by that of 1 - u and of π·cot(πu)."""
    below = u < 0
    size = torch.where(below, 1 - u, u)
    far = {first}*(1 + {half}/size)/size*(1/size)**{less}
    value = torch.where(size > 4 * torch.finfo(u.dtype).eps ** -0.5, far, torch.special.zeta({above}, size).mul_({factor}))
    cot = torch.frac(u).mul_({pi}).tan_().reciprocal_()
    return torch.where(below, {sign}value - {scale}*{slope}, value, out=out)
'''


def _polygamma(order: int) -> str:
    sign = "-" if order % 2 else ""
    slope, *others = map(str, reversed(slope_of_cot(order)))
    for number in others:
        slope = f"({slope})*cot" if " + " in slope else f"{slope}*cot"
        slope += f" + {number}" if number != "0" else ""
    return _POLYGAMMA.format(
        order=order,
        less=order - 1,
        above=order + 1,
        factor=(-1) ** (order + 1) * factorial(order),
        first=(-1) ** (order + 1) * factorial(order - 1),
        half=repr(order / 2),
        pi=repr(pi),
        sign=sign,
        scale=repr(pi ** (order + 1)),
        slope=f"({slope})",
    )


SPECIAL_NUMPY = f'''

def _j1_by_u(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """(sin u - u·cos u)/u³, near 0 by its series."""
    square, far = np.square(np.clip(u, -1.5, 1.5)), np.where(np.abs(u) < 1.5, 1.5, u)
    near = np.zeros_like(u)
    for number in ({", ".join(map(repr, reversed(_SERIES)))}):
        near = near * square + number
    result: np.ndarray = np.where(np.abs(u) < 1.5, near, (np.sin(far) / far - np.cos(far)) / far / far)
    return result


def _slope_of_sinc(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """cos(πu)/u - sin(πu)/(πu²): near 0 by a series, else with u reduced to its distance from a whole number."""
    far = np.where(np.isfinite(u) & (np.abs(u) >= 0.45), u, 1.0)
    whole = np.round(far)
    rest, turned = (far - whole) * {pi}, 1 - 2 * np.remainder(whole, 2)
    value = np.where(np.isfinite(u), (np.cos(rest) - np.sin(rest) / {pi} / far) / far * turned, np.nan)
    near = np.clip(u, -0.45, 0.45)
    result: np.ndarray = np.where(np.abs(u) < 0.45, _j1_by_u(near * {pi}) * (near * {-pi * pi}), value)
    return result


def _second_derivative_of_sinc(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """(2·(sin(πu)/(πu) - cos(πu))/u - π·sin(πu))/u: near 0 by a series, else with u reduced as above."""
    square, near = np.square(np.clip(u, -0.45, 0.45) * {pi}), np.zeros_like(u)
    for number in ({", ".join(map(repr, reversed(_SECOND_OF_SINC)))}):
        near = near * square + number
    far = np.where(np.isfinite(u) & (np.abs(u) >= 0.45), u, 1.0)
    whole = np.round(far)
    rest, turned = (far - whole) * {pi}, 1 - 2 * np.remainder(whole, 2)
    value = (2 * (np.sin(rest) / {pi} / far - np.cos(rest)) / far - {pi} * np.sin(rest)) / far * turned
    result: np.ndarray = np.where(np.abs(u) < 0.45, near, np.where(np.isfinite(u), value, np.nan))
    return result
'''

_FUNCTION = re.compile(r'^def (\w+)\(u: [^()]*\) -> torch\.Tensor:\n    """.*"""\n', re.MULTILINE)  # with one argument, and out
_NARROW = """    if u.element_size() == 2:
        wide = {name}(u.float()).to(u.dtype)
        return wide if out is None else out.copy_(wide)
"""


def _widened(text: str) -> str:
    """Return the functions of *text*, in float32 for 16 bits: there PyTorch has no kernels of most special functions."""
    return _FUNCTION.sub(lambda found: found[0] + _NARROW.format(name=found[1]), text)


_SPECIAL = (_TORCH, _J1_BY_U, BESSEL_TORCH, ERFC_TORCH, *map(_polygamma, range(1, HIGHEST_ORDER + 1)))
SPECIAL_TORCH = "\n".join(map(_widened, _SPECIAL))
