"""Is this Python function the one that a program states? If not: where, by how much, and what does it compute instead?

The function is called at small points first, so that the counterexample is one that a person can check by hand. What it
computes instead is looked for among the programs that differ by one slip (`mutants`), at random points.

Inputs are float64 tensors, or NumPy arrays for a function that raises at tensors. Results are judged by their values alone: a
number stands for an array of it, whole numbers for floats, and a function that returns or computes in a lower precision than
float64 is refused for what it loses. What it prints is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from diffcheck.derivation import Gradient
from diffcheck.errors import DiffcheckError, DuplicateName, ProgramSyntaxError, UnknownName
from diffcheck.notation import Program
from diffcheck.oracle import bounds
from diffcheck.problems import to_torch
from diffcheck.verification.calling import Give, Raised, Unusable, as_arrays, call, cannot_be_called
from diffcheck.verification.comparison import compare, truth_of
from diffcheck.verification.findings import Finding, shown
from diffcheck.verification.mutants import mutants
from diffcheck.verification.trials import ENOUGH, MOST, Trial, plain, random_trials, small_trials
from diffcheck.verification.values import as_floats

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Judged:
    """Whether a function is right; if not, what is wrong, and inputs that show it."""

    subject: str
    right: bool
    message: str = ""
    counterexample: Mapping[str, Any] = field(default_factory=dict)
    finding: Finding | None = None

    def __str__(self) -> str:
        if self.right:
            return f"{self.subject}: right"
        at = ", ".join(f"{name} = {as_floats(value).tolist()}" for name, value in self.counterexample.items())
        seen = ""
        if self.finding is not None and self.finding.exact is not None:
            seen = f" at {at}: got {self.finding.got!r}, exact {shown(self.finding.exact)} ({self.finding.place});"
        return f"{self.subject}: refused;{seen} {self.message}"


def judge_function(function: Callable[..., Any], program: Program | Gradient, arguments: Sequence[str]) -> Judged:
    """Return whether *function*, called with the inputs named in *arguments* in this order, returns the outputs of *program*.

    Where *program* is a `Gradient`, the textbook forms of its derivatives are right too. Several outputs may come as a tuple
    or stacked in one array. A function that is right at all points tried is right as far as these show; one that is not comes
    with the smallest counterexample found and, where one slip explains it, the slip.
    """
    _check_program(program)
    arguments = _names_in(arguments)
    subject = getattr(function, "__name__", repr(function))
    refusal = cannot_be_called(function, arguments) or _lacking(plain(program), arguments)
    if refusal:
        return Judged(subject, False, refusal)
    judged, raised = _judged(function, program, arguments, to_torch)
    if raised:  # at tensors, which a function for NumPy does
        of_arrays, _ = _judged(function, program, arguments, as_arrays)
        return of_arrays if of_arrays.right else judged
    return judged


def _check_program(program: Any) -> None:
    if not isinstance(program, Program | Gradient):
        raise ProgramSyntaxError(
            got=f"{type(program).__name__} {program!r}"[:80],
            wanted="a program, or the gradient of one",
            do="parse its text, or of a problem pass its program",
        )


def _names_in(arguments: Any) -> tuple[str, ...]:
    """Return *arguments*; refuse one string, which would be read letter by letter, and a name that stands there twice."""
    names = tuple(arguments) if isinstance(arguments, Iterable) and not isinstance(arguments, str) else (None,)
    if not all(isinstance(name, str) for name in names):
        raise UnknownName(
            got=repr(arguments), wanted="the names of the inputs, one string each", do="write them as in ('w', 'x')"
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DuplicateName(got=f"the argument {twice!r} twice", wanted="each once", do="name the arguments apart")
    return names


def _judged(
    function: Callable[..., Any], program: Program | Gradient, arguments: Sequence[str], give: Give
) -> tuple[Judged, bool]:
    """Return the verdict, and whether it is due to a call that raised."""
    subject = getattr(function, "__name__", repr(function))
    for point, truth in _trials(program):
        try:
            findings = compare(call(function, point, arguments, truth, give), truth)
        except Unusable as reason:
            return Judged(subject, False, str(reason), point), isinstance(reason, Raised)
        if not findings.ok:
            message = _explained(function, program, arguments, findings.worst, give)
            return Judged(subject, False, message, point, findings.worst), False
    found = len(random_trials(program))
    if not found >= ENOUGH:
        return Judged(subject, False, f"undecided: the program has a value at {found} of {MOST} random points only"), False
    return Judged(subject, True), False


def _trials(program: Program | Gradient) -> Iterator[Trial]:
    yield from small_trials(program)
    yield from random_trials(program)


def _lacking(program: Program, arguments: Sequence[str]) -> str:
    for name in arguments:
        program.input(name)
    read = {name for equation in program.equations for name in equation.operands}
    lacking = [tensor.name for tensor in program.inputs if tensor.name in read and tensor.name not in arguments]
    return f"it has no parameter for {', '.join(lacking)}, which the result depends on" if lacking else ""


def _explained(
    function: Callable[..., Any], program: Program | Gradient, arguments: Sequence[str], failed: Finding, give: Give
) -> str:
    if failed.exact is None:
        return f"{failed.place}: {failed.note}"
    try:
        seen = [(to_torch(p), call(function, p, arguments, truth, give)) for p, truth in random_trials(program)]
    except Unusable as reason:
        return str(reason)
    if not seen:
        return "the program has too few points with a value to tell more"
    for mutant in mutants(plain(program)):
        if all(_matches(mutant.program, point, got) for point, got in seen):
            return mutant.slip
    if all(_matches_in_float32(program, point, got) for point, got in seen):
        return "it is right to the precision of float32 only: does it compute in float32, or return it?"
    return "no single slip explains it"


def _matches(program: Program, point: Tensors, got: Mapping[str, Any]) -> bool:
    named = dict(zip(program.outputs, got.values(), strict=True))
    try:
        return compare(named, truth_of(program, point)).ok
    except DiffcheckError:
        return False  # the slip has no value at this point


def _matches_in_float32(program: Program | Gradient, point: Tensors, got: Mapping[str, Any]) -> bool:
    return compare(got, truth_of(program, point).widened(bounds(program, point, dtype="float32"))).ok
