"""The scaled complementary error function's derivatives, and the inverse Mills ratio, as the text of a generated module."""

from __future__ import annotations

from collections.abc import Sequence

# f⁽ᵏ⁾(c)/k! of erfcx and of the inverse Mills ratio λ; a test computes them anew from erfcx″ = 2u·erfcx′ + 2·erfcx and
# λ′ = −λ·(u + λ).
TAYLOR_OF_ERFCX = 0.75, (
    0.5069376502931449, -0.3679726916557954, 0.2309581315512983, -0.1298360619948811, 0.06679054252756873,
    -0.03189726203968182, 0.014289198665935787, -0.006051532297208567, 0.0024376373607573405, -0.0009385120614756802,
    0.0003467506629301161, -0.00012335437532328967, 4.237248023960813e-05, -1.4088463868243626e-05, 4.543733191203631e-06,
    -1.424088529978787e-06, 4.3445834921494253e-07, -1.2920526683148003e-07, 3.750604434348139e-08, -1.0639550902512525e-08,
    2.9526381166596997e-09, -8.023878395255e-10, 2.1371338518323406e-10, -5.5835026142441253e-11, 1.4319759631366927e-11,
    -3.607616513513285e-12, 8.93388249710151e-13, -2.175981723133831e-13, 5.215640146250812e-14, -1.2309025601138068e-14,
    2.8616421507769713e-15, -6.556641282616348e-16, 1.4811837841129658e-16, -3.3004566330494686e-17, 7.256761980201505e-18,
    -1.574971134019632e-18, 3.3752964609371e-19, -7.144994051077565e-20, 1.4944325826875172e-20, -3.0893177508009884e-21,
    6.313668756887216e-22, -1.2759963873338767e-22,
)  # fmt: skip
TAYLOR_OF_RATIO = -0.875, (
    1.425962280496496, -0.7856514299643335, 0.06360566388963013, 0.014219887132552228, 0.0020566133902291278,
    2.4824368476628614e-06, -0.00010648153362882556, -3.598650396692702e-05, -6.062001973934467e-06, 7.448073915216898e-08,
    3.9855090386969063e-07, 1.3520235376266604e-07, 2.2657075881616717e-08, -5.071925530047352e-10, -1.6090921698360814e-09,
    -5.374519261813706e-10, -8.844713109051821e-11, 2.7381812007369725e-12, 6.585757954866349e-12, 2.1623619736295605e-12,
    3.487942495042339e-13, -1.3658608782327315e-14, -2.7022351736947497e-14, -8.723599673355268e-15,
    -1.3784365823117204e-15, 6.542312192504366e-17, 1.1089323698372898e-16, 3.520940157116951e-17, 5.447491623645097e-18,
    -3.053772309628036e-19, -4.549097540502659e-19, -1.4209065878470367e-19,
)  # fmt: skip


def _slope(numbers: Sequence[float]) -> list[float]:
    return [place * number for place, number in enumerate(numbers)][1:]


def _from_last(numbers: Sequence[float]) -> str:
    return ", ".join(map(repr, reversed(numbers)))


ERFC_TORCH = f'''

def _erfcx(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """exp(u²)·erfc(u)."""
    return torch.special.erfcx(u, out=out)


def _log_ndtr(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """log Φ(u), of the normal distribution."""
    return torch.special.log_ndtr(u, out=out)


def _fraction(u: torch.Tensor, part: float, first: int) -> torch.Tensor:
    """p/(u + (p + s)/(u + (p + 2s)/(u + …))), s = part, p = first·s: for s = 1/2 from u = 1.25, for 1 from 1.77 on."""
    tail = torch.zeros_like(u)
    for place in range(160 if torch.finfo(u.dtype).eps < 1e-10 else 40, first - 1, -1):
        tail = (place * part) / (u + tail)
    return tail


def _slope_of_erfcx(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """2u·erfcx(u) - 2/√π; where that cancels by its series at {TAYLOR_OF_ERFCX[0]}, and by the continued fraction of erfcx."""
    large = torch.clamp_min(u, 1.25)
    tail = _fraction(large, 0.5, 1)
    far = -1.1283791670955126 * (tail / (large + tail))
    step, middle = torch.clamp(u, -0.25, 1.25) - {TAYLOR_OF_ERFCX[0]}, torch.zeros_like(u)
    for number in ({_from_last(_slope(TAYLOR_OF_ERFCX[1]))}):
        middle = middle * step + number
    near = 2 * (u * torch.special.erfcx(u)) - 1.1283791670955126
    return torch.where(u > 1.25, far, torch.where((u > -0.25) & (torch.abs(u) > 0.001), middle, near), out=out)


def _second_derivative_of_erfcx(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """(4u² + 2)·erfcx(u) - 4u/√π, as above."""
    large = torch.clamp_min(u, 1.25)
    tail = _fraction(large, 0.5, 2)
    far = 1.1283791670955126 * (tail / (large + tail)) / (large + 0.5 / (large + tail))
    step, middle = torch.clamp(u, -0.25, 1.25) - {TAYLOR_OF_ERFCX[0]}, torch.zeros_like(u)
    for number in ({_from_last(_slope(_slope(TAYLOR_OF_ERFCX[1])))}):
        middle = middle * step + number
    scaled = torch.special.erfcx(u)
    near = 2 * (u * (2 * (u * scaled) - 1.1283791670955126) + scaled)
    return torch.where(u > 1.25, far, torch.where((u > -0.25) & (torch.abs(u) > 0.001), middle, near), out=out)


def _inverse_mills_ratio(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """φ(u)/Φ(u), of the normal distribution; below 0 by its series at {TAYLOR_OF_RATIO[0]}, and by its continued fraction."""
    large = torch.clamp_min(-u, 1.77)
    far = large + _fraction(large, 1.0, 1)
    step, middle = torch.clamp(u, -1.77, 0) - {TAYLOR_OF_RATIO[0]}, torch.zeros_like(u)
    for number in ({_from_last(TAYLOR_OF_RATIO[1])}):
        middle = middle * step + number
    near = torch.exp(torch.square(u) * -0.5) * 0.3989422804014327 / torch.special.ndtr(u)
    return torch.where(u < -1.77, far, torch.where(u < 0, middle, near), out=out)


def _slope_of_inverse_mills_ratio(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """-λ·(u + λ) with λ = φ(u)/Φ(u), as above; √φ is multiplied by twice, as it vanishes later."""
    large = torch.clamp_min(-u, 1.77)
    tail = _fraction(large, 1.0, 2)
    far = -(large + 1 / (large + tail)) / (large + tail)
    step, middle = torch.clamp(u, -1.77, 0) - {TAYLOR_OF_RATIO[0]}, torch.zeros_like(u)
    for number in ({_from_last(_slope(TAYLOR_OF_RATIO[1]))}):
        middle = middle * step + number
    high = torch.clamp(u, 0, 1e3)
    root, share = torch.exp(torch.square(high) * -0.25), 0.3989422804014327 / torch.special.ndtr(high)
    near = root * (high + root * share * root) * -share * root
    return torch.where(u < -1.77, far, torch.where(u < 0, middle, near), out=out)
'''
