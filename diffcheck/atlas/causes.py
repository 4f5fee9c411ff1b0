"""Why PyTorch's derivative loses digits, where that is known: the formula that its backward carries out, read in its source.

A row names operators, the order of the derivative from which on it holds, what goes wrong, and in which dtypes: all for none.
"""

from __future__ import annotations

_FROM_RESULT = "made from the rounded result"
_WIDE = ("float64",)
_CAUSES: tuple[tuple[tuple[str, ...], int, str, tuple[str, ...]], ...] = (
    (("tanh", "tanhshrink"), 1, f"1 - y² is {_FROM_RESULT}: it vanishes where y rounds to ±1.", ()),
    (("silu",), 2, f"the second derivative is {_FROM_RESULT} of a sigmoid, as y·(1 - y).", ()),
    (("silu",), 1, "torch.sigmoid vanishes where exp(-x) overflows, before its value does.", ()),
    (("sigmoid",), 1, f"y·(1 - y) is {_FROM_RESULT}: it vanishes where y rounds to 1.", ()),
    (("expm1",), 1, f"y + 1 is {_FROM_RESULT}: it vanishes where y rounds to -1.", ()),
    (("softmax", "log_softmax", "cross_entropy"), 1, "g - y·Σg subtracts numbers that round to the same.", ()),
    (("binary_cross_entropy",), 1, "the loss is clamped at -100, its backward by a denominator of at least 1e-12.", ()),
    (("glu",), 1, f"y·(1 - y) is {_FROM_RESULT} of the sigmoid: it vanishes where y rounds to 1.", ()),
    (("ndtri",), 1, "the square of a rounded quantile is the argument of an exponential.", ()),
    (("pow", "float_power"), 1, "x^(y - 1) overflows, or underflows, before it is multiplied by y.", ()),
    (("binary_cross_entropy_with_logits",), 1, "(sigmoid(x) - target) vanishes where the sigmoid rounds to the target.", ()),
    (("logsigmoid",), 2, f"the second derivative is {_FROM_RESULT} of a sigmoid, as y·(1 - y).", ()),
    (("hardsigmoid",), 1, "the constant 1/6 is one of float32 in float64 too.", _WIDE),
    (("celu",), 1, "alpha is rounded to float32 in float64 too.", _WIDE),
    (("softplus",), 1, "above the threshold the slope is taken to be 1, which it is not yet in float64.", _WIDE),
    (("digamma",), 2, "torch.special.zeta vanishes before the derivative, of which it is a factor.", ()),
    (("polygamma",), 1, "torch.special.zeta vanishes before the derivative, of which it is a factor.", ()),
    (("digamma", "gammaln", "mvlgamma"), 1, "the series of trigamma is too short for float64.", _WIDE),
    (("log_ndtr",), 1, "the argument of an exponential is the difference of two large terms.", ()),
    (("erfcx", "i0e", "i1e", "softsign"), 1, "two large terms that nearly cancel are subtracted.", ()),
    (("sinc",), 1, "x·cos(x) - sin(x) cancels near 0, and x² overflows early.", ()),
    (("atan", "asinh", "acosh", "atan2", "hypot"), 1, "a square overflows, or underflows, before the quotient.", ()),
    (("asin", "acos", "atanh"), 1, "1 - x² is rounded where (1 - x)·(1 + x) is not.", ()),
    (("gelu",), 1, "the sum of the cumulative and the density part cancels in the lower tail.", ()),
    (("soft_margin_loss", "mish"), 1, "z/(1 + z) of an exponential z that overflows.", ()),
    (("logaddexp", "logaddexp2", "logsumexp"), 2, "the exponential of a difference overflows.", ()),
)


def cause_of(variant: str, order: int, dtype: str) -> str:
    """Return why the derivative of *order* of *variant* loses digits in *dtype*, "" where that is not known."""
    operator = variant.partition("(")[0]
    fitting = (
        told for names, least, told, dtypes in _CAUSES if operator in names and order >= least and dtype in (dtypes or (dtype,))
    )
    return next(fitting, "")
