"""What is known of PyTorch's derivatives of pointwise functions: where they are wrong, where they lose digits, and where not.

A row holds in the versions of PyTorch that it names, all of which were measured; elsewhere nothing is claimed. Numbers of
threads are those of pytorch/pytorch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from packaging.specifiers import SpecifierSet

from diffcheck.atlas import VARIANTS, Variant
from diffcheck.oracle import FORMATS
from diffcheck.verification.verdict import Kind, Verdict

MEASURED = SpecifierSet(">=2.6,!=2.7.*,!=2.8.*,!=2.9.*,!=2.10.*,!=2.11.*,!=2.12.*,<2.15")
UNTIL_2_13, FROM_2_13, FROM_2_14 = (MEASURED & SpecifierSet(text) for text in ("<2.14", ">=2.13", ">=2.14"))
ONLY_2_6 = MEASURED & SpecifierSet("<2.13")
NAN, INF = math.nan, math.inf
TWO = (0, 0)  # the second derivative by the first argument
REVERSE, FORWARD = "reverse", "forward"
TWICE, MIXED = "reverse over reverse", "forward over reverse"


@dataclass(frozen=True)
class Fact:
    """At *at* the derivative of *variant* by its arguments *by* is *exact*, and PyTorch gives *got* in *modes*, "" for all.

    *exact* is None where there is none; with *limit* it is one, and the formula has no value. *verdict* is None where PyTorch
    is right, that is exact or accurate; *ulp* is the error. *generated* says why the code that diffcheck generates is not
    right there, *doubt* why diffcheck's verdict is not the one of the row, and *check* why that of `diffcheck.check` is another
    than the atlas's.
    """

    variant: str
    at: tuple[float, ...]
    exact: float | None
    got: float
    verdict: Verdict | None
    kind: Kind
    ulp: float
    modes: str = ""
    dtype: str = "float64"
    by: tuple[int, ...] = (0,)
    thread: int = 0
    limit: bool = False
    torch: SpecifierSet = MEASURED
    generated: str = ""
    doubt: str = ""
    check: str = ""

    def __str__(self) -> str:
        point, by = ", ".join(f"{x:g}" for x in self.at), ", ".join(map(str, self.by))
        versions = str(self.torch) if self.torch != MEASURED else ""
        return " ".join(filter(None, (f"{self.variant} at {point} by {by}", self.dtype, self.modes, versions)))

    @property
    def order(self) -> int:
        """The order of the derivative."""
        return len(self.by)

    def holds(self, version: str) -> bool:
        """Say whether the row is known to hold in *version* of PyTorch."""
        return self.torch.contains(version, prereleases=True)


OWN = {
    "where(x > 0, sqrt(x), x)": Variant(
        "where(x > 0, sqrt(x), x)", lambda x: torch.where(x > 0, torch.sqrt(x), x), "composite", edges=(0.0,)
    )
}
KNOWN = {**VARIANTS, **OWN}


def lost(variant: str, at: float | tuple[float, ...], exact: float, verdict: Verdict = Verdict.LOSSY, **more: Any) -> Fact:
    """Return a row on a derivative that comes out as 0: all of its digits are lost."""
    # Counted in ULP, the smallest and the largest number of a binade are a factor of 2 apart.
    digits = 1.5 * 2.0 ** (FORMATS[more.get("dtype", "float64")].precision - 1)
    point = at if isinstance(at, tuple) else (at,)
    return Fact(variant, point, exact, 0.0, verdict, Kind.SPURIOUS_ZERO, digits, **more)


def off(variant: str, at: float, exact: float, got: float, ulp: float, verdict: Verdict = Verdict.LOSSY, **more: Any) -> Fact:
    """Return a row on a derivative that is *ulp* off."""
    return Fact(variant, (at,), exact, got, verdict, Kind.NONE, ulp, **more)


def not_a_number(variant: str, at: tuple[float, ...], exact: float | None, **more: Any) -> Fact:
    """Return a row on NaN where there is a derivative."""
    return Fact(variant, at, exact, NAN, Verdict.WRONG, Kind.SPURIOUS_NAN, INF, **more)


def too_large(variant: str, at: tuple[float, ...], exact: float, **more: Any) -> Fact:
    """Return a row on a derivative that overflows on its way, and need not."""
    return Fact(variant, at, exact, INF, Verdict.WRONG, Kind.OVERFLOW, INF, **more)


def convention(variant: str, at: tuple[float, ...], exact: float | None, got: float, kind: Kind, **more: Any) -> Fact:
    """Return a row on a point without a derivative, or with several, where PyTorch has its convention."""
    return Fact(variant, at, exact, got, Verdict.UNDEFINED, kind, NAN, **more)


def right(variant: str, at: tuple[float, ...], exact: float, **more: Any) -> Fact:
    """Return a row on a derivative that is right, where another mode, another version or another library has it wrong."""
    return Fact(variant, at, exact, exact, None, Kind.NONE, 0.0, **more)


_BINARY = "binary_cross_entropy_with_logits(target={})"
_WIDE = "check takes the conditioning from an upper bound that is propagated term by term"

TAILS = (
    *(lost("tanh", at, exact, dtype=dtype, thread=195527) for dtype, at, exact in (
        ("float64", 20.0, 1.699e-17), ("float32", 9.1, 4.988e-8), ("float16", 4.6, 4.028e-4), ("bfloat16", 3.5, 3.641e-3),
    )),
    *(lost("sigmoid", at, exact, dtype=dtype, thread=195527) for dtype, at, exact in (
        ("float64", 40.0, 4.248e-18), ("float32", 16.75, 5.316e-8), ("float16", 8.4, 2.251e-4), ("bfloat16", 6.25, 1.923e-3),
    )),
    *(lost("expm1", at, exact, dtype=dtype, thread=192406) for dtype, at, exact in (
        ("float64", -40.0, 4.248e-18), ("float32", -16.75, 5.316e-8), ("float16", -8.5, 2.035e-4), ("bfloat16", -6.25, 1.93e-3),
    )),
    lost("tanhshrink", 1e-9, 1e-18, check=_WIDE),
    lost("glu([1, x])", 40.0, 4.248e-18),
    lost("cross_entropy([x, 0], 0)", 37.43, -5.551e-17, thread=195678, check=_WIDE),
    lost("log_softmax([x, 0])[0]", 37.43, 5.551e-17, thread=195680, check=_WIDE),
    lost("softmax([x, 0])[0]", 37.43, 5.551e-17, thread=195684, check=_WIDE),
    lost(_BINARY.format(1), 40.0, -4.248e-18, modes=REVERSE, thread=195677),
    lost(_BINARY.format(1), 40.0, 4.248e-18, by=TWO, modes=TWICE, thread=195677),
    lost("logsigmoid", 37.4, -5.720e-17, by=TWO, thread=195679),
    lost("silu", 40.4, -1.094e-16, by=TWO, thread=195682),
    lost("mish", 20.0, -6.457e-16, by=TWO),
    off("softplus", 19.0, 5.603e-9, 5.603e-9, 5.2e7, by=TWO),
)  # fmt: skip

NOT_NUMBERS = (
    not_a_number("sinc", (0.0,), -math.pi**2 / 3, by=TWO, modes=TWICE, thread=196703),
    not_a_number("logaddexp", (800.0, 0.0), 0.0, by=(1, 0), thread=196704),
    not_a_number("logaddexp", (800.0, 0.0), 0.0, by=(1, 1), thread=196704),
    not_a_number("logaddexp", (100.0, 0.0), 3.72e-44, by=(1, 1), dtype="float32", thread=196704),
    not_a_number("mish", (800.0,), 0.0, by=TWO),
    not_a_number(
        "soft_margin_loss(target=1)", (-800.0,), -1.0,
        check="check meets the loss first, which overflows, and takes the program for another function",
    ),
    not_a_number("pow", (0.0, 2.0), 0.0, by=(1, 0), modes=TWICE, thread=89757, limit=True),
    not_a_number("pow", (0.0, 2.0), 0.0, by=(1, 1), modes=TWICE, thread=95180, limit=True),
    not_a_number(
        "where(x > 0, sqrt(x), x)", (-1.0,), 1.0, modes=REVERSE, thread=68425
    ),
)  # fmt: skip

EARLY_OVERFLOW = (
    too_large("exp2", (1024.0,), 8.637e307, by=TWO, thread=192408),
    lost("asinh", 1e200, 1e-200, Verdict.WRONG, check="check has no bound on the conditioning either, and says undecided"),
    lost("asinh", 1e25, 1e-25, Verdict.WRONG, dtype="float32"),
    lost("acosh", 1e200, 1e-200, Verdict.WRONG),
    lost("atan2", (1e200, 1e200), 5e-201, Verdict.WRONG),
    lost("atan2", (1e-200, 1e-200), 5e199, Verdict.WRONG, modes=REVERSE, torch=FROM_2_13),
    too_large("atan2", (1e-200, 1e-200), 5e199, modes=REVERSE, torch=ONLY_2_6),
    too_large("atan2", (1e-200, 1e-200), 5e199, modes=FORWARD),
)  # fmt: skip

CANCELLING = (
    off("erfcx", 1e5, -5.642e-11, -5.642e-11, 1.4e10, check=_WIDE),
    lost("erfcx", 1e9, -5.642e-19, check=_WIDE),
    off("erfcx", 1e3, -5.642e-7, -5.960e-7, 5.6e5, dtype="float32"),
    off("i0e", 50.0, -5.685e-4, -5.685e-4, 36.0, check=_WIDE),
    off(
        "i0e", 1e5, -6.308e-9, -6.308e-9, 9.5e4,
        check="check cannot bound the value, which it writes as an infinite Bessel function times 0",
    ),
    off("i1e", 50.0, -5.514e-4, -5.514e-4, 75.0, check=_WIDE),
    off("log_ndtr", -20.0, 20.05, 20.05, 172.0, Verdict.WRONG),
    off("log_ndtr", -1e9, 1e9, 0.3989, 8.4e15, Verdict.WRONG),
    off("gelu", -10.0, -7.618e-22, -7.695e-22, 8.1e13),
    lost("gelu(approximate='tanh')", -10.0, -2.758e-36),
    lost("softsign", 1e100, 1e-200, check=_WIDE),
    off("sinc", 1e-5, -3.290e-5, -3.290e-5, 1.3e9, check=_WIDE),
)  # fmt: skip
OTHERS = (
    off("hardsigmoid", 0.5, 1 / 6, 0.16666667, 1.8e8, Verdict.WRONG),
    off("celu(alpha=0.7)", -1.0, 0.23965, 0.23965, 6.3e7, Verdict.WRONG),
    off("digamma", 2.0, 0.64493, 0.64493, 2.2e6, Verdict.WRONG),
    off("asin", -0.965, 3.8048, 3.7656, 2.5, Verdict.ACCURATE, dtype="bfloat16", thread=162907),
    off("asin", 1 - 1e-10, 70710.7, 70710.7, 1.2e5, Verdict.ACCURATE),
    lost("sinc", 0.0, -math.pi**2 / 3, Verdict.WRONG, by=TWO, modes=MIXED),
    lost("hardshrink(lambd=0)", 0.0, 1.0, Verdict.WRONG, thread=80803),
)  # fmt: skip

CONVENTIONS = (
    *(right("clamp(min=-0.5, max=1)", (at,), 1.0, thread=184572, torch=UNTIL_2_13) for at in (-0.5, 1.0)),
    *(
        convention("clamp(min=-0.5, max=1)", (at,), 1.0, 0.0, Kind.SUBGRADIENT, thread=184572, torch=FROM_2_14)
        for at in (-0.5, 1.0)
    ),
    *(right("relu6", (at,), 0.0, thread=184574) for at in (0.0, 6.0)),
    *(right("hardtanh", (at,), 0.0, thread=120258) for at in (-1.0, 1.0)),
    convention("atan2", (0.0, 0.0), None, NAN, Kind.NONE, modes=REVERSE, thread=165427, torch=ONLY_2_6),
    convention("atan2", (0.0, 0.0), None, 0.0, Kind.SUBGRADIENT, modes=REVERSE, thread=165427, torch=FROM_2_13),
    convention("atan2", (0.0, 0.0), None, NAN, Kind.NONE, modes=FORWARD),
    convention("xlogy", (0.0, 0.0), None, NAN, Kind.NONE, modes=FORWARD, thread=80770),
    Fact("xlogy", (0.0, 0.0), None, 0.0, Verdict.UNDEFINED, Kind.MISSING_NAN, NAN, modes=REVERSE, thread=80770),
)  # fmt: skip
RIGHT = (
    right(_BINARY.format(1), (40.0,), -4.248e-18, modes=FORWARD, thread=195677),
    right(_BINARY.format(0), (-40.0,), 4.248e-18, thread=195529),
    right(_BINARY.format(1), (40.0,), 4.248e-18, by=TWO, modes=MIXED, thread=79609),
    right("logsigmoid", (40.0,), 4.248e-18),
    right("elu", (-40.0,), 4.248e-18),
    right("sinc", (0.0,), 0.0, thread=53989),
    right("logaddexp", (800.0, 0.0), 0.0, by=TWO, thread=196704),
    right("pow", (0.0, 2.0), 2.0, by=TWO, thread=89757, limit=True),
    right("pow", (0.0, 2.0), 0.0, by=(1, 1), modes=MIXED, thread=95180, limit=True),
    right("pow", (0.0, 0.0), 0.0, thread=27134, limit=True),
    right("hypot", (3.0, -3.0), -0.70711, by=(1,)),
    right("polygamma(n=1)", (-0.5,), -0.82880),
    right("where(x > 0, sqrt(x), x)", (-1.0,), 1.0, modes=FORWARD, thread=68425),
    right("softplus", (20.0,), 1.0, thread=55587),
)
FACTS = (*TAILS, *NOT_NUMBERS, *EARLY_OVERFLOW, *CANCELLING, *OTHERS, *CONVENTIONS, *RIGHT)
