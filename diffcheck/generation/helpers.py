"""Functions that a target has no name for, as the text of a generated module, each stable by construction.

Like any elementwise operation, a helper may be given its own argument as ``out``: it writes there once it has read everything.
"""

from __future__ import annotations

from diffcheck.generation.special_helpers import SPECIAL_NUMPY, SPECIAL_TORCH

_TORCH = '''
def _softplus(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """log(1 + exp(u)), without overflow."""
    return torch.logaddexp(u, u.new_zeros(()), out=out)


def _logsigmoid(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """-log(1 + exp(-u)), without overflow."""
    return torch.neg(torch.logaddexp(-u, u.new_zeros(())), out=out)


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


def _erfcx(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """exp(u²)·erfc(u)."""
    return torch.special.erfcx(u, out=out)


def _bessel_i1(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """I₁(u), a modified Bessel function of the first kind."""
    return torch.special.i1(u, out=out)


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
    return {function.removeprefix("def ").split("(", 1)[0]: function for function in functions}


TORCH_HELPERS = _by_name(_TORCH + SPECIAL_TORCH)
NUMPY_HELPERS = _by_name(_NUMPY + SPECIAL_NUMPY)
