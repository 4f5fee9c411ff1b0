"""What a results file holds: one frozen record for each kind of row, and no measurement of its own.

A field without a default must stand in the file. A field with one may be missing or null, which means the default, and
the defaults fail closed: a row that claims to be measured but names no verdict reads as one that is not ok.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import Literal

from diffcheck.errors import ResultsUnreadable

Status = Literal["measured", "not measured"]


@dataclass(frozen=True)
class Machine:
    """Where the results were measured."""

    cpu: str
    cores: int
    memory_gib: float
    os: str
    gpu: str | None = None


@dataclass(frozen=True)
class Gradient:
    """∂loss/∂parameter as a formula."""

    parameter: str
    mathml: str
    latex: str


@dataclass(frozen=True)
class StableRates:
    """2/λ, the largest step that gradient descent survives, λ being the largest curvature of the loss."""

    raw: float | None = None
    scaled: float | None = None


@dataclass(frozen=True)
class Problem:
    """A program, its exact gradient and the code generated for it."""

    name: str
    title: str
    program: str
    program_mathml: tuple[str, ...] = ()
    gradient: tuple[Gradient, ...] = ()
    code: Mapping[str, str] | None = None
    largest_stable_lr: StableRates | None = None


@dataclass(frozen=True)
class Verdict:
    """How many elements of one engine's gradient fell under each verdict."""

    problem: str
    engine: str
    device: str
    dtype: str
    status: Status
    n: int | None = None
    reason: str | None = None
    elements: int = 0
    exact: int = 0
    accurate: int = 0
    lossy: int = 0
    wrong: int = 0
    undefined: int = 0
    undecided: int = 0
    worst_ulp: float | None = None
    worst_over_bound: float | None = None
    worst_place: str | None = None
    ok: bool = False
    accurate_ok: bool = False
    witness: bool = False
    reproduce: str = ""

    def __post_init__(self) -> None:
        """Σ counts = elements, or the row is damaged."""
        total = self.exact + self.accurate + self.lossy + self.wrong + self.undefined + self.undecided
        if total != self.elements:
            raise ResultsUnreadable(
                got=f"{total} elements over all verdicts",
                wanted=f"the {self.elements} that the row names",
                do="measure again with `diffcheck run`",
            )


@dataclass(frozen=True)
class Training:
    """One training run: where it ended, and its loss on the way."""

    problem: str
    inputs: str
    loop: str
    engine: str
    epochs: int
    lr: float
    parameters: Mapping[str, float]
    loss: float
    diverged_at: int | None = None
    curve: tuple[tuple[float, float], ...] = ()
    worst_over_bound: float | None = None


@dataclass(frozen=True)
class Timing:
    """The samples of one thing timed, their median with its interval, and how many times faster than autograd it is, paired."""

    problem: str
    what: str
    engine: str
    device: str
    dtype: str
    status: Status
    n: int | None = None
    reason: str | None = None
    samples: tuple[float, ...] = ()
    median: float = nan
    low: float = nan
    high: float = nan
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    noise: float | None = None


@dataclass(frozen=True)
class Fault:
    """A wrong gradient planted on purpose, and the laws that noticed."""

    fault: str
    description: str
    caught_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A function with one of the article's defects, and what was found of it."""

    listing: str
    verdict: str
    message: str
    counterexample: str | None = None


@dataclass(frozen=True)
class Results:
    """One results file."""

    schema: int
    diffcheck: str
    created: str
    command: str
    seed: int
    machine: Machine
    versions: Mapping[str, str]
    problems: tuple[Problem, ...]
    verdicts: tuple[Verdict, ...]
    training: tuple[Training, ...]
    timings: tuple[Timing, ...]
    faults: tuple[Fault, ...]
    article: tuple[Listing, ...]
