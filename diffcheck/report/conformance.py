"""The table of operators: read from what a walk over them stored, and written as a page and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from diffcheck.report.encoding import to_json
from diffcheck.report.reading import read
from diffcheck.report.schema import Machine
from diffcheck.report.store import write_text_atomically
from diffcheck.report.templates import dressing, environment, island
from diffcheck.report.verdicts import State

NAMES = ("conformance.json", "conformance.md", "index.html")
ISSUES = "https://github.com/pytorch/pytorch/issues/"

STATES = {
    "verified": State.GOOD,
    "finding": State.BAD,
    "crash": State.BAD,
    "unsupported": State.NONE,
    "not reached": State.NONE,
}


@dataclass(frozen=True)
class Found:
    """The finding of the largest relative error of an operator."""

    sample: int
    relative: float
    place: str
    exact: str
    got: float
    ulp: float
    bound: float
    verdict: str
    kind: str
    text: str


@dataclass(frozen=True)
class Group:
    """Samples that are not verified for one reason."""

    verdict: str
    error: str
    reason: str
    samples: int


@dataclass(frozen=True)
class Operator:
    """A row of the table."""

    operator: str
    verdict: Literal["verified", "finding", "unsupported", "crash", "not reached"]
    drawn: int
    tried: int
    samples: Mapping[str, int]
    reason: str
    others: tuple[Group, ...]
    seconds: float
    explanation: str
    worst_ulp: float | None = None
    finding: Found | None = None
    issue: int | None = None

    @property
    def state(self) -> State:
        """Return what colour the verdict has."""
        return STATES[self.verdict]


@dataclass(frozen=True)
class Conformance:
    """What a walk stored: how it was made, its rows, and what they add up to."""

    diffcheck: str
    created: str
    command: str
    seconds: float
    settings: Mapping[str, str]
    machine: Machine
    versions: Mapping[str, str]
    entries: int
    operators: Mapping[str, int]
    samples: Mapping[str, int]
    reasons: Mapping[str, int]
    rows: tuple[Operator, ...]

    @property
    def state(self) -> State:
        """Return what colour the whole has: a crash is ours and bad, a finding is what was looked for."""
        if self.operators.get("crash") or not self.operators.get("verified"):
            return State.BAD
        return State.GOOD if self.operators.get("verified") == self.entries else State.CAUTION

    @property
    def sentence(self) -> str:
        """Return the whole in one sentence."""
        told = ", ".join(f"{many} {verdict}" for verdict, many in self.operators.items() if many) or "none"
        return f"{self.entries} operators: {told}."

    @property
    def findings(self) -> tuple[Operator, ...]:
        """Return the rows that are findings."""
        return tuple(row for row in self.rows if row.finding is not None)

    @property
    def crashes(self) -> tuple[Operator, ...]:
        """Return the rows with a sample on which diffcheck crashed, whatever else they are."""
        return tuple(row for row in self.rows if row.samples.get("crash"))


def write_conformance(results: Mapping[str, object], folder: Path) -> tuple[Path, ...]:
    """Write *results* into *folder* as JSON, as Markdown and as a page, and return where they are."""
    table = read(Conformance, results, "results")
    page = environment().get_template("conformance.html.jinja")
    text = environment(cell, escaped=False).get_template("conformance.md.jinja")
    texts = (
        to_json(results, indent=1) + "\n",
        text.render(table=table, issues=ISSUES),
        page.render(table=table, issues=ISSUES, data=island(results), **dressing()),
    )
    return tuple(write_text_atomically(made, folder / name) for name, made in zip(NAMES, texts, strict=True))


def cell(text: object) -> str:
    r"""Return *text* as the cell of a table in Markdown, in which neither a bar nor a new line ends it.

    >>> cell("|x|\n<b>")
    '&#124;x&#124; &lt;b&gt;'
    """
    plain = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(plain.replace("|", "&#124;").split())
