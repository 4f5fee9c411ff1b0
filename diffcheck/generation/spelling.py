"""How the named functions and operations are spelt in each target; a row each, and a test runs every row.

SymPy's own printers fail on many of these or print forms that overflow, so nothing here goes through them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diffcheck.errors import GenerationError
from diffcheck.generation.helpers import NUMPY_HELPERS, TORCH_HELPERS
from diffcheck.generation.powers import POWERS
from diffcheck.generation.quotients import QUOTIENTS
from diffcheck.notation.special_functions import HIGHEST_ORDER


@dataclass(frozen=True)
class Target:
    """A library that generated code calls: its name, its array type, and its spelling of functions and operations.

    A function is the chain of operations that computes it. Operations that begin with an underscore are *helpers*, which a
    module defines when it needs them.
    """

    name: str
    module: str
    array: str
    permute: str
    copy: str
    cast: str
    on_devices: bool
    in_place: bool
    """Whether operations are methods too, whose name with an underscore changes the array itself."""
    typed: bool
    """Whether the library's operations are annotated with the array type."""
    operations: dict[str, str]
    functions: Mapping[str, tuple[str, ...]]
    helpers: dict[str, str]
    before_a_power: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """How a function is computed whose power is taken, where that is cheaper and right."""

    @property
    def import_line(self) -> str:
        """The one import of a generated module."""
        return f"import {self.module}" if self.module == self.name else f"import {self.module} as {self.name}"

    def operation(self, name: str) -> str:
        """Return the callable for the operation *name*."""
        return name if name in self.helpers else f"{self.name}.{self.operations[name]}"

    def function(self, name: str) -> tuple[str, ...]:
        """Return the operations that compute the function *name*, first to last."""
        if name in self.functions:
            return self.functions[name]
        raise GenerationError(
            got=f"{name} for the target {self.module}",
            wanted=f"one of: {', '.join(sorted(self.functions))}",
            do="generate for another target",
        )

    def kind(self, like: str) -> str:
        """Return the arguments that make a new array of the dtype, and on the device, of the array *like*."""
        return f"dtype={like}.dtype" + (f", device={like}.device" if self.on_devices else "")

    def arange(self, size: str, like: str) -> str:
        """Return source for the whole numbers below *size*, on the device of *like*."""
        return f"{self.name}.arange({size}, device={like}.device)" if self.on_devices else f"{self.name}.arange({size})"

    def full(self, shape: str, value: str, like: str) -> str:
        """Return source for a new array of *shape* that holds *value* everywhere."""
        if value in ("0", "1"):
            return f"{self.name}.{'ones' if value == '1' else 'zeros'}({shape}, {self.kind(like)})"
        return f"{self.name}.full({shape}, {value}, {self.kind(like)})"

    def spread(self, text: str, shape: str) -> str:
        """Return source for the array *text* as a new array of *shape*."""
        return f"{self.name}.broadcast_to({text}, {shape}).{self.copy}()"


_DIRECT = ("exp", "log", "sin", "cos", "tanh", "expm1", "log1p", "sign")
_HYPERBOLIC = ("sinh", "cosh")
_INVERSE = ("asin", "acos", "atan", "asinh", "acosh", "atanh")
_OWN = ("hypot1", "root_of_sigmoid", "rest_of_sigmoid", "sigmoid_less")
_SCALED = ("bessel_i0e", "bessel_i1e", "erfcx")
_SLOPES = tuple(f"slope_of_{name}" for name in (*_SCALED, "bessel_i1", "ndtri", "inverse_mills_ratio"))
_SECOND = tuple(f"second_derivative_of_{name}" for name in (*_SCALED, "bessel_i1"))
_J1 = ("j1_by_u", "slope_of_sinc", "second_derivative_of_sinc")
_POWERS = (*POWERS, *QUOTIENTS)
_SPECIAL = ("erf", "erfc", "erfinv", "lgamma", "digamma")
_ORDERS = tuple(f"polygamma_{order}" for order in range(1, HIGHEST_ORDER + 1))
_SAME = (*_DIRECT, *_HYPERBOLIC, "floor", "floor_divide", "add", "square", "sqrt", "reciprocal")

# Bessel functions of order 2 and up are refused: by recurrence from orders 0 and 1 they lose all digits at 0.
TORCH = Target(
    name="torch",
    module="torch",
    array="torch.Tensor",
    permute="permute",
    copy="clone",
    cast="to",
    on_devices=True,
    in_place=True,
    typed=True,
    operations={name: name for name in (*_SAME, "addcmul", "mul", "sub", "div", "neg", "pow", "abs")}
    | {name: name for name in (*_INVERSE, *_SPECIAL, "exp2", "dot", "mv", "mm")},
    functions={name: (name,) for name in (*_DIRECT, *_INVERSE, *_SPECIAL, "floor", "exp2")}
    | {"absolute": ("abs",), "reciprocal_cosh": ("cosh", "reciprocal")}
    | {name: (f"_{name}",) for name in ("sech", "sigmoid", "softplus", "logsigmoid", "step", "relu")}
    | {name: (f"_{name}",) for name in ("erfcx", "log_ndtr", "inverse_mills_ratio")}
    | {name: (f"_{name}",) for name in (*_HYPERBOLIC, "bessel_i0", "bessel_i1", *_ORDERS)}
    | {name: (f"_{name}",) for name in (*_OWN, "bessel_i0e", "bessel_i1e", "ndtri", *_SLOPES, *_SECOND, *_J1, *_POWERS)},
    helpers=TORCH_HELPERS,
    # cosh overflows only where sech² is 0 in the same format. NumPy would warn of that.
    before_a_power={"sech": ("cosh", "reciprocal")},
)

# NumPy has no erf, nor its relatives, gamma and Bessel functions: a program that needs one is refused for this target.
NUMPY = Target(
    name="np",
    module="numpy",
    array="np.ndarray",
    permute="transpose",
    copy="copy",
    cast="astype",
    on_devices=False,
    in_place=False,
    typed=False,
    operations={name: name for name in _SAME}
    | {"mul": "multiply", "sub": "subtract", "div": "divide", "neg": "negative", "pow": "power", "abs": "absolute"}
    | {name: name.replace("a", "arc", 1) for name in _INVERSE}
    | {"dot": "dot", "mv": "matmul", "mm": "matmul", "exp2": "exp2"},
    functions={name: (name,) for name in (*_DIRECT, *_HYPERBOLIC, *_INVERSE, "floor", "exp2")}
    | {"absolute": ("abs",), "reciprocal_cosh": ("_sech",)}
    | {name: (f"_{name}",) for name in ("sech", "sigmoid", "softplus", "logsigmoid", "step", "relu", *_OWN, *_J1, *_POWERS)},
    helpers=NUMPY_HELPERS,
)

TARGETS = {"torch": TORCH, "numpy": NUMPY}
