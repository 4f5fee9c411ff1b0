"""How the named functions and operations are spelt in each target; a row each, and a test runs every row.

SymPy's own printers fail on many of these or print forms that overflow, so nothing here goes through them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spelling:
    """One function: the operations whose chain computes it, and a helper that the module must define for it."""

    steps: tuple[str, ...]
    helper: str = ""


@dataclass(frozen=True)
class Target:
    """A library that generated code calls: its name, its array type, and its spelling of functions and operations."""

    name: str
    module: str
    array: str
    axis: str
    operations: dict[str, str]
    functions: dict[str, Spelling]

    @property
    def import_line(self) -> str:
        """The one import of a generated module."""
        return f"import {self.module}" if self.module == self.name else f"import {self.module} as {self.name}"

    def operation(self, name: str) -> str:
        """Return the callable for the operation *name*."""
        spelt = self.operations[name]
        return spelt if spelt.startswith("_") else f"{self.name}.{spelt}"


_SAME = (
    "add",
    "square",
    "sqrt",
    "exp",
    "log",
    "sin",
    "cos",
    "sinh",
    "cosh",
    "tanh",
    "expm1",
    "log1p",
    "reciprocal",
    "sign",
)
_DIRECT = ("exp", "log", "sin", "cos", "sinh", "cosh", "tanh", "expm1", "log1p", "sign")

_TORCH_SOFTPLUS = '''
def _softplus(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """log(1 + exp(u)), without overflow."""
    return torch.logaddexp(u, u.new_zeros(()), out=out)
'''
_TORCH_LOGSIGMOID = '''
def _logsigmoid(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """-log(1 + exp(-u)), without overflow."""
    return torch.neg(torch.logaddexp(-u, u.new_zeros(())), out=out)
'''
_TORCH_STEP = '''
def _step(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """1 where u > 0, else 0."""
    return torch.heaviside(u, u.new_zeros(()), out=out)
'''
_NUMPY_SIGMOID = '''
def _sigmoid(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """exp(u)/(1 + exp(u)), without overflow: both exponentials are of numbers that are not positive."""
    below = np.exp(np.minimum(u, 0))
    return np.divide(below, 1 + np.exp(-np.abs(u)), out=out)
'''
_NUMPY_SECH = '''
def _sech(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """2·exp(-|u|)/(1 + exp(-2|u|)), without overflow."""
    below = np.exp(-np.abs(u))
    return np.divide(2 * below, 1 + below * below, out=out)
'''
_NUMPY_SOFTPLUS = '''
def _softplus(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """log(1 + exp(u)), without overflow."""
    return np.logaddexp(u, 0, out=out)
'''
_NUMPY_LOGSIGMOID = '''
def _logsigmoid(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """-log(1 + exp(-u)), without overflow."""
    return np.negative(np.logaddexp(-u, 0), out=out)
'''
_NUMPY_STEP = '''
def _step(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """1 where u > 0, else 0."""
    return np.heaviside(u, 0, out=out)
'''
_NUMPY_RELU = '''
def _relu(u: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """max(u, 0)."""
    return np.maximum(u, 0, out=out)
'''
_TORCH_RELU = '''
def _relu(u: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    """max(u, 0)."""
    return torch.clamp_min(u, 0, out=out)
'''

_COMMON = {name: name for name in _SAME} | {
    f"_{name}": f"_{name}" for name in ("softplus", "logsigmoid", "step", "sigmoid", "relu", "sech")
}

TORCH = Target(
    name="torch",
    module="torch",
    array="torch.Tensor",
    axis="dim",
    operations=_COMMON
    | {name: name for name in ("mul", "sub", "div", "neg", "pow", "abs", "sigmoid", "erf", "dot", "mv", "mm")},
    functions={name: Spelling((name,)) for name in (*_DIRECT, "sigmoid", "erf")}
    | {
        "absolute": Spelling(("abs",)),
        "sech": Spelling(("cosh", "reciprocal")),
        "softplus": Spelling(("_softplus",), _TORCH_SOFTPLUS),
        "logsigmoid": Spelling(("_logsigmoid",), _TORCH_LOGSIGMOID),
        "step": Spelling(("_step",), _TORCH_STEP),
        "relu": Spelling(("_relu",), _TORCH_RELU),
    },
)

# NumPy has no erf: a program that needs it is refused for this target.
NUMPY = Target(
    name="np",
    module="numpy",
    array="np.ndarray",
    axis="axis",
    operations=_COMMON
    | {"mul": "multiply", "sub": "subtract", "div": "divide", "neg": "negative", "pow": "power", "abs": "absolute"}
    | {"dot": "dot", "mv": "matmul", "mm": "matmul"},
    functions={name: Spelling((name,)) for name in _DIRECT}
    | {
        "absolute": Spelling(("abs",)),
        "sech": Spelling(("_sech",), _NUMPY_SECH),
        "sigmoid": Spelling(("_sigmoid",), _NUMPY_SIGMOID),
        "softplus": Spelling(("_softplus",), _NUMPY_SOFTPLUS),
        "logsigmoid": Spelling(("_logsigmoid",), _NUMPY_LOGSIGMOID),
        "step": Spelling(("_step",), _NUMPY_STEP),
        "relu": Spelling(("_relu",), _NUMPY_RELU),
    },
)

TARGETS = {"torch": TORCH, "numpy": NUMPY}
