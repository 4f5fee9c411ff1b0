"""What is known about findings: a row says which finding it explains, and how large an error it can explain.

A finding that is larger than its row allows, or in another dtype, is not explained by it: it may be another defect.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_EXPLAINED = "not explained yet"
FIRST_ORDER = "gradient"


@dataclass(frozen=True)
class Explanation:
    """Why PyTorch's derivative of *operator* is wrong in *dtypes*, by at most *largest* relative to the exact one.

    *question* is the derivative that is meant; a walk asks for the gradient. *issue* is the number of PyTorch's issue.
    """

    operator: str
    text: str
    dtypes: tuple[str, ...] = ("float64",)
    largest: float = float("inf")
    question: str = FIRST_ORDER
    issue: int | None = None

    @property
    def link(self) -> str:
        """Return the address of PyTorch's issue, or nothing where none is known."""
        return "" if self.issue is None else f"https://github.com/pytorch/pytorch/issues/{self.issue}"


EXPLANATIONS = (
    Explanation(
        "nn.functional.hardsigmoid",
        "Its backward multiplies by 1/6 rounded to float32, also in float64: every slope is 2.98e-8 too large.",
        largest=3e-8,
    ),
    Explanation(
        "nn.functional.celu",
        "Its backward rounds α to float32 before it divides by it: exp(x/α) is off by the relative rounding error of α"
        " times (1 + x/α), some 1e-8 for α = 0.7. Where float32 holds α, as it does 1 and 0.5, the slope is right.",
        largest=1e-6,
    ),
    Explanation(
        "digamma",
        "Its backward is trigamma, which PyTorch computes by a series cut off at 4e-10 (relative) in every dtype.",
        largest=1e-8,
    ),
    Explanation(
        "linalg.householder_product",
        "Its backward takes the factors off again by their inverses, I - σvvᵀ with σ = τ/(τ|v|² - 1): near τ|v|² = 1, which no"
        " reflection has and nothing forbids, digits are lost, and at it the gradient is not finite.",
    ),
    Explanation(
        "native_group_norm",
        "Its backward leaves out what comes in for the mean and the inverse deviation, its second and third output, unless"
        " something comes in for all three: the gradient of the mean alone is zero, or none at all.",
    ),
    Explanation(
        "logcumsumexp",
        "Its backward goes by logarithms, log|g| - y + x with y the result: for y of 10000 these are rounded by 1e-12, and the"
        " slope is off by as much, relatively, where x - y alone is exact.",
        largest=1e-9,
    ),
    Explanation(
        "polar",
        "Its backward divides by |abs| where the formula has abs: the sign is wrong for a negative first argument, which the"
        " documentation leaves open.",
        dtypes=("float64", "float32"),
    ),
    Explanation(
        "as_strided_scatter",
        "Its backward gives the first input the slope 1 where the second overwrote it and 0 where it stayed: the reverse of the"
        " right one. PyTorch's own test of this gradient is marked as expected to fail.",
        dtypes=("float64", "float32", "bfloat16", "float16"),
        issue=88105,
    ),
    Explanation(
        "nn.functional.layer_norm",
        "Forward mode over forward mode loses a term of its second derivative.",
        dtypes=("float64", "float32", "bfloat16", "float16"),
        question="second derivative, forward over forward",
        issue=196700,
    ),
    Explanation(
        "torch.autograd.Function",
        "Nested forward mode through a function with a `jvp` of its own is zero in the second derivative.",
        dtypes=("float64", "float32", "bfloat16", "float16"),
        question="second derivative, forward over forward",
        issue=197867,
    ),
)


def explanation_of(operator: str, dtype: str, relative: float, question: str = FIRST_ORDER) -> Explanation | None:
    """Return what explains a finding on *operator*, a name with or without its variant, of so large a relative error.

    >>> explanation_of("nn.functional.hardsigmoid", "float64", 2.98e-8).issue is None
    True
    >>> explanation_of("nn.functional.hardsigmoid", "float64", 0.5)
    """
    for row in EXPLANATIONS:
        named = operator == row.operator or operator.rpartition(".")[0] == row.operator
        if named and dtype in row.dtypes and question == row.question and relative <= row.largest:
            return row
    return None
