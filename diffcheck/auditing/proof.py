"""What an audit found: a `Proof`, with a counterexample or a reason where it is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from flint import arb
from sympy import Expr

from diffcheck.errors import WrongGradient
from diffcheck.notation.text import expression_text

_LONGEST_FORMULA = 200
_DIGITS = 17


@dataclass(frozen=True)
class Counterexample:
    """Inputs at which a handwritten gradient is wrong: ∂L/∂name at *index* is *exact*, and the function gives *got*."""

    inputs: Mapping[str, torch.Tensor]
    name: str
    index: tuple[int, ...]
    exact: arb
    got: arb

    @property
    def code(self) -> str:
        """The inputs as Python code."""
        lines = [f"{name} = {_literal(value)}" for name, value in self.inputs.items()]
        return "\n".join(["import torch", *lines])

    @property
    def place(self) -> str:
        """The element of the gradient that is wrong, as it is written."""
        return f"{self.name}{list(self.index)}" if self.index else self.name

    def __str__(self) -> str:
        results = f"# ∂L/∂{self.place}: exact {_shown(self.exact)}, handwritten {_shown(self.got)}"
        return f"{self.code}\n{results}"


def _literal(value: torch.Tensor) -> str:
    kind = "" if value.dtype is torch.int64 else f", dtype={value.dtype}"
    return f"torch.tensor({value.tolist()}{kind})"


def _shown(ball: arb) -> str:
    whole = ball.unique_fmpz()
    return str(whole) if whole is not None and ball.is_exact() else ball.str(_DIGITS, radius=False)


@dataclass(frozen=True)
class Proof:
    """Whether a handwritten gradient is right: "proved", "refuted" or "undecided", by *status*.

    *general* names the extents that a proof holds for, each with the least that it may be, and *lengths* says which axes have
    them in common, and what the lengths of the others are: those of the inputs.
    *assumptions* are what a proof rests on, *formulas* the closed forms that are short, and *points* the number of random
    points at which the two agreed where nothing is decided; *agreement* says so, and what happened at other points.
    """

    subject: str
    status: str
    wrt: tuple[str, ...]
    general: Mapping[str, int]
    assumptions: Sequence[str] = ()
    formulas: Mapping[str, Expr] | None = None
    counterexample: Counterexample | None = None
    reason: str = ""
    points: int = 0
    agreement: str = ""
    lengths: Sequence[str] = ()

    @property
    def proved(self) -> bool:
        """Whether the function is right for all inputs."""
        return self.status == "proved"

    def raise_if_wrong(self) -> None:
        """Raise a `WrongGradient` unless the function is proved right."""
        if not self.proved:
            raise WrongGradient(
                got=str(self), wanted="a gradient that is proved right", do="mend the function", place=self.subject
            )

    def __str__(self) -> str:
        if self.status == "refuted":
            return f"{self.subject}: refuted\n{self.counterexample}"
        if self.status == "undecided":
            seen = f"; {self.agreement}" if self.agreement else ""
            return f"{self.subject}: undecided: {self.reason}{seen}"
        lines = [f"{self.subject}: proved, for all inputs {self._extents()}"]
        lines += [f"  provided that {assumption}" for assumption in self.assumptions]
        for name, formula in (self.formulas or {}).items():
            text = expression_text(formula)
            lines += [f"  ∂L/∂{name} = {text}"] if len(text) <= _LONGEST_FORMULA else []
        return "\n".join(lines)

    def _extents(self) -> str:
        if not self.general:
            return "of these shapes"
        return ", ".join(["and all " + ", ".join(f"{name} ≥ {least}" for name, least in self.general.items()), *self.lengths])
