"""Functions that a target has no name for, as the text of a generated module, each stable by construction.

Like any elementwise operation, a helper may be given its own argument as ``out``: it writes there once it has read everything.
"""

from __future__ import annotations

from diffcheck.generation.power_helpers import POWERS_NUMPY, POWERS_TORCH
from diffcheck.generation.quotient_helpers import QUOTIENTS_NUMPY, QUOTIENTS_TORCH
from diffcheck.generation.special_helpers import SPECIAL_NUMPY, SPECIAL_TORCH

_TORCH = '''
def _softplus(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """log(1 + exp(u)), without overflow."""
    return torch.logaddexp(u, u.new_zeros(()), out=out)


def _logsigmoid(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """-log(1 + exp(-u)), without overflow."""
    return torch.neg(torch.logaddexp(-u, u.new_zeros(())), out=out)


def _sigmoid(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """exp(u)/(1 + exp(u)), which far below 0 is exp(u): there torch.sigmoid is 0, since exp(-u) overflows."""
    return torch.maximum(torch.sigmoid(u), torch.exp(torch.clamp_max(u, -80)), out=out)


def _root_of_sigmoid(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """exp(min(u, 0)/2)"""
    return torch.exp(torch.clamp_max(u, 0) / 2, out=out)


def _rest_of_sigmoid(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """σ(u)/exp(min(u, 0)/2), without overflow."""
    return torch.div(torch.exp(torch.clamp_max(u, 0) / 2), 1 + torch.exp(-torch.abs(u)), out=out)


def _sigmoid_less(u: torch.Tensor, c: float, z: float, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """σ(u) - c where c = σ(z): c·expm1(u - z)·σ(-u), or above z (c - 1)·expm1(z - u)·σ(u), which cancel nothing."""
    step = u - z
    below = torch.expm1(torch.clamp_max(step, 0)) * c * _sigmoid(-u)
    above = torch.expm1(torch.clamp_max(-step, 0)) * (c - 1) * _sigmoid(u)
    return torch.where(step < 0, below, above, out=out)


def _sech(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """2·exp(-|u|)/(1 + exp(-2|u|)), without overflow."""
    below = torch.exp(-torch.abs(u))
    return torch.div(2 * below, 1 + below * below, out=out)


def _step(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """1 where u > 0, else 0."""
    return torch.heaviside(u, u.new_zeros(()), out=out)


def _relu(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """max(u, 0)."""
    return torch.clamp_min(u, 0, out=out)


def _sinh(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """½(exp(u) - exp(-u)); torch.sinh overflows where exp(u) does, before this does."""
    half = torch.exp(torch.abs(u) / 2)
    return torch.where(torch.abs(u) > 80, torch.sign(u) * (half * 0.5 * half), torch.sinh(u), out=out)


def _cosh(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """½(exp(u) + exp(-u)); as above."""
    half = torch.exp(torch.abs(u) / 2)
    return torch.where(torch.abs(u) > 80, half * 0.5 * half, torch.cosh(u), out=out)


def _hypot1(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """√(1 + u²), without overflow."""
    return torch.hypot(u, u.new_ones(()), out=out)
'''

_NUMPY = '''
def _softplus(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """log(1 + exp(u)), without overflow."""
    result: np.ndarray = np.logaddexp(u, 0, out=out)
    return result


def _logsigmoid(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """-log(1 + exp(-u)), without overflow."""
    result: np.ndarray = np.negative(np.logaddexp(-u, 0), out=out)
    return result


def _sigmoid(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """exp(u)/(1 + exp(u)), without overflow: both exponentials are of numbers that are not positive."""
    below = np.exp(np.minimum(u, 0))
    result: np.ndarray = np.divide(below, 1 + np.exp(-np.abs(u)), out=out)
    return result


def _root_of_sigmoid(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """exp(min(u, 0)/2)"""
    result: np.ndarray = np.exp(np.minimum(u, 0) / 2, out=out)
    return result


def _rest_of_sigmoid(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """σ(u)/exp(min(u, 0)/2), without overflow."""
    result: np.ndarray = np.divide(np.exp(np.minimum(u, 0) / 2), 1 + np.exp(-np.abs(u)), out=out)
    return result


def _sigmoid_less(u: np.ndarray, c: float, z: float) -> np.ndarray:
    """σ(u) - c where c = σ(z): c·expm1(u - z)·σ(-u), or above z (c - 1)·expm1(z - u)·σ(u), which cancel nothing."""
    step = u - z
    below = np.expm1(np.minimum(step, 0)) * c * _sigmoid(-u)
    above = np.expm1(np.minimum(-step, 0)) * (c - 1) * _sigmoid(u)
    result: np.ndarray = np.where(step < 0, below, above)
    return result


def _sech(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """2·exp(-|u|)/(1 + exp(-2|u|)), without overflow."""
    below = np.exp(-np.abs(u))
    result: np.ndarray = np.divide(2 * below, 1 + below * below, out=out)
    return result


def _step(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """1 where u > 0, else 0."""
    result: np.ndarray = np.heaviside(u, 0, out=out)
    return result


def _relu(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """max(u, 0)."""
    result: np.ndarray = np.maximum(u, 0, out=out)
    return result


def _hypot1(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """√(1 + u²), without overflow."""
    result: np.ndarray = np.hypot(u, 1, out=out)
    return result
'''


def _by_name(text: str) -> dict[str, str]:
    functions = text.strip("\n").split("\n\n\n")
    return {function.split("def ", 1)[1].split("(", 1)[0]: function for function in functions}


TORCH_HELPERS = _by_name("\n".join((_TORCH, SPECIAL_TORCH, POWERS_TORCH, QUOTIENTS_TORCH)))
NUMPY_HELPERS = _by_name("\n".join((_NUMPY, SPECIAL_NUMPY, POWERS_NUMPY, QUOTIENTS_NUMPY)))
