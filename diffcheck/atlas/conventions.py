"""PyTorch's conventions: the slope that it gives where a function has no derivative, one row a function and point.

Every row was run: on PyTorch 2.6, 2.13, 2.14 and 2.15, and where these differ, on the releases on both sides of the change. The
rule in PyTorch's notes on autograd is the subgradient of least norm where a function is convex near the point, or concave, and
else the limit, ±∞ included. A remark tells what that does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, inf, nan, pi, sin

from packaging.specifiers import SpecifierSet
from packaging.version import Version

_SCALE, _ALPHA = 1.0507009873554805, 1.6732632423543772  # of selu


@dataclass(frozen=True)
class Convention:
    """The *slopes* of *function* by its arguments at *point*, in those *versions* of PyTorch that a specifier tells.

    A slope is None where the derivative by that argument exists.
    """

    function: str
    point: tuple[float, ...]
    slopes: tuple[float | None, ...]
    versions: str = ""
    remark: str = ""

    def holds(self, version: str) -> bool:
        """Say whether this is the convention of *version*; what comes before a release counts to it."""
        return SpecifierSet(self.versions).contains(Version(version).base_version)


def convention_of(function: str, point: tuple[float, ...], version: str) -> Convention | None:
    """Return the convention of *function* at *point* in *version* of PyTorch, None where no row tells."""
    fitting = (row for row in CONVENTIONS if (row.function, row.point) == (function, point) and row.holds(version))
    return next(fitting, None)


_BY_POINT: dict[str, dict[float, float]] = {
    "abs": {0.0: 0.0},
    "acos": {-1.0: -inf, 1.0: -inf},
    "acosh": {1.0: inf},
    "asin": {-1.0: inf, 1.0: inf},
    "atanh": {-1.0: inf, 1.0: inf},
    "log": {0.0: inf},
    "log10": {0.0: inf},
    "log1p": {-1.0: inf},
    "log2": {0.0: inf},
    "reciprocal": {0.0: -inf},
    "rsqrt": {0.0: -inf},
    "sqrt": {0.0: inf},
    "pow(exponent=-2)": {0.0: -inf},
    "pow(exponent=-1)": {0.0: -inf},
    "pow(exponent=-0.5)": {0.0: -inf},
    "pow(exponent=0.5)": {0.0: inf},
    "div(3, x)": {0.0: -inf},
    "entr": {0.0: inf},
    "erfinv": {-1.0: inf, 1.0: inf},
    "i0e": {0.0: 0.0},
    "logit": {0.0: inf, 1.0: inf},
    "ndtri": {0.0: inf, 1.0: inf},
    "digamma": {0.0: inf},
    "gammaln": {0.0: -inf},
    "polygamma(n=1)": {-1.0: -inf, 0.0: -inf},
    "polygamma(n=2)": {-1.0: inf, 0.0: inf},
    "polygamma(n=3)": {-1.0: -inf, 0.0: -inf},
    "mvlgamma(p=2)": {0.5: -inf},
    "mvlgamma(p=3)": {1.0: -inf},
    "xlogy(3, x)": {0.0: inf},
    "xlog1py(3, x)": {-1.0: inf},
    "ceil": {-1.0: 0.0, 0.0: 0.0, 1.0: 0.0},
    "floor": {-1.0: 0.0, 0.0: 0.0, 1.0: 0.0},
    "frac": {-1.0: 1.0, 1.0: 1.0},
    "round": {-0.5: 0.0, 0.5: 0.0, 1.5: 0.0},
    "sgn": {0.0: 0.0},
    "sign": {0.0: 0.0},
    "trunc": {-1.0: 0.0, 1.0: 0.0},
    "angle": {0.0: 0.0},
    "div(x, 2, rounding_mode='floor')": {-2.0: 0.0, 0.0: 0.0, 2.0: 0.0},
    "div(x, 2, rounding_mode='trunc')": {-2.0: 0.0, 2.0: 0.0},
    "fmod(x, 1.5)": {-1.5: 1.0, 1.5: 1.0},
    "remainder(x, 1.5)": {-1.5: 1.0, 0.0: 1.0, 1.5: 1.0},
    "elu(alpha=0.5)": {0.0: 0.5},
    "hardshrink": {-0.5: 0.0, 0.5: 0.0},
    "hardsigmoid": {-3.0: 0.0, 3.0: 0.0},
    "hardtanh": {-1.0: 0.0, 1.0: 0.0},
    "hardtanh(min_val=-2, max_val=3)": {-2.0: 0.0, 3.0: 0.0},
    "leaky_relu": {0.0: 0.01},
    "leaky_relu(negative_slope=0.2)": {0.0: 0.2},
    "prelu(weight=0.25)": {0.0: 0.25},
    "relu": {0.0: 0.0},
    "relu6": {0.0: 0.0, 6.0: 0.0},
    "rrelu(training=False)": {0.0: (1 / 8 + 1 / 3) / 2},
    "softplus": {20.0: 1 / (1 + exp(-20))},
    "softplus(beta=5)": {4.0: 1 / (1 + exp(-20))},
    "softplus(threshold=5)": {5.0: 1 / (1 + exp(-5))},
    "softshrink": {-0.5: 0.0, 0.5: 0.0},
    "softshrink(lambd=1.5)": {-1.5: 0.0, 1.5: 0.0},
    "threshold(threshold=0.5, value=-1)": {0.5: 0.0},
    "l1_loss(target=0.3)": {0.3: 0.0},
}
_WITH_REMARKS: dict[str, tuple[dict[float, float], str]] = {
    # ψ′(−x) by π²/sin(πx)², in which π is rounded, so that there is no division by 0.
    "digamma": ({-1.0: (pi / sin(pi)) ** 2, -2.0: (pi / sin(2 * pi)) ** 2}, "a large number for a pole"),
    "gammaln": ({-1.0: nan, -2.0: nan}, "digamma is NaN there"),
    "logit(eps=0.125)": ({0.125: 64 / 7, 0.875: 64 / 7}, "0 would be of least norm"),
    "selu": ({0.0: _SCALE * _ALPHA}, "the slope from below, the larger of the two"),
}
# The slopes before a release, and since.
_CHANGED: dict[str, tuple[str, dict[float, tuple[float, float]]]] = {
    "clamp(min=-0.5, max=1)": ("2.14", {-0.5: (1.0, 0.0), 1.0: (1.0, 0.0)}),
    "clamp(min=0)": ("2.14", {0.0: (1.0, 0.0)}),
    "clamp(max=0.25)": ("2.14", {0.25: (1.0, 0.0)}),
    "hardswish": ("2.8", {-3.0: (-0.5, 0.0), 3.0: (1.5, 1.0)}),
    "hinge_embedding_loss(target=-1)": ("2.14", {1.0: (-1.0, 0.0)}),
}

_ORIGIN, _ONES = (0.0, 0.0), (1.0, 1.0)
_HALVES, _FIRST, _NONE = (0.5, 0.5), (1.0, 0.0), (0.0, 0.0)
_OF_PAIRS = (
    Convention("atan2", _ORIGIN, (nan, nan), "<2.10"),
    Convention("atan2", _ORIGIN, _NONE, ">=2.10"),
    *(Convention("copysign", (0.0, sign), (0.0, None)) for sign in (0.0, 1.0)),
    Convention("copysign", (1.0, 0.0), (1.0, 0.0)),
    Convention("div", _ORIGIN, (inf, nan)),
    Convention("div", (1.0, 0.0), (inf, -inf)),
    *(Convention(name, _ORIGIN, _NONE) for name in ("float_power", "pow")),
    *(
        Convention(name, (0.0, 1.0), (1.0, None), remark="x**1 has it; near y = 1 it is 0 or ∞")
        for name in ("float_power", "pow")
    ),
    *(Convention(name, at, _FIRST, "<2.14") for name in ("fmax", "fmin") for at in (_ORIGIN, _ONES)),
    *(Convention(name, at, _HALVES, ">=2.14") for name in ("fmax", "fmin") for at in (_ORIGIN, _ONES)),
    *(Convention(name, at, _HALVES) for name in ("maximum", "minimum") for at in (_ORIGIN, _ONES)),
    *(Convention(name, _ORIGIN, (None, nan), remark="y = 0 has no remainder") for name in ("fmod", "remainder")),
    *(Convention(name, (1.0, 0.0), (None, -inf), remark="y = 0 has no remainder") for name in ("fmod", "remainder")),
    *(Convention(name, _ONES, (1.0, -1.0)) for name in ("fmod", "remainder")),
    Convention("remainder", (0.0, 1.0), (1.0, 0.0)),
    Convention("hypot", _ORIGIN, (nan, nan), remark="0/0; vector_norm gives 0"),
    Convention("xlogy", _ORIGIN, (0.0, nan), remark="0·log 0 is taken for 0, x/y is not"),
    Convention("xlogy", (1.0, 0.0), (-inf, inf)),
    Convention("xlog1py", (-1.0, -1.0), (-inf, -inf)),
    Convention("xlog1py", (0.0, -1.0), (0.0, nan), remark="0·log1p(−1) is taken for 0, x/(y + 1) is not"),
    *(Convention(f"linalg.vector_norm([x, y], ord={order})", _ORIGIN, _NONE) for order in ("1", "2", "3", "inf")),
    Convention("std([x, y])", _ORIGIN, _NONE),
    *(Convention(f"{name}([x, y])", _ORIGIN, _HALVES) for name in ("amax", "amin")),
    *(Convention(f"{name}([x, y], dim)", _ORIGIN, _FIRST, remark="the place of the first") for name in ("max", "min")),
    *(Convention(f"clamp(x, {side}=y)", _ORIGIN, _FIRST, "<2.14") for side in ("min", "max")),
    *(Convention(f"clamp(x, {side}=y)", _ORIGIN, _HALVES, ">=2.14") for side in ("min", "max")),
    Convention("margin_ranking_loss(x, y, target=1)", _ORIGIN, (-1.0, 1.0), "<2.14"),
    Convention("margin_ranking_loss(x, y, target=1)", _ORIGIN, _NONE, ">=2.14"),
)


def _of_one() -> Iterator[Convention]:
    for name, slopes in _BY_POINT.items():
        yield from (Convention(name, (at,), (slope,)) for at, slope in slopes.items())
    for name, (slopes, remark) in _WITH_REMARKS.items():
        yield from (Convention(name, (at,), (slope,), remark=remark) for at, slope in slopes.items())
    for name, (release, pairs) in _CHANGED.items():
        for at, (before, since) in pairs.items():
            yield Convention(name, (at,), (before,), f"<{release}")
            yield Convention(name, (at,), (since,), f">={release}")


CONVENTIONS = (*_of_one(), *_OF_PAIRS)
