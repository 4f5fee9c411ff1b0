"""The page of one operator: its derivative as a formula and as code, its errors along the number line, and all its answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from diffcheck.errors import ResultsUnreadable
from diffcheck.report.atlases.curves import chart
from diffcheck.report.atlases.schema import BLAMED, Row
from diffcheck.report.mathml import checked_mathml
from diffcheck.report.svg import Drawing


@dataclass(frozen=True)
class Formula:
    """The derivatives of one order: as MathML, as equations in index notation, and the code, for each dtype if it differs."""

    order: int
    mathml: tuple[Markup, ...]
    equations: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Operator:
    """What the page of an operator shows."""

    variant: str
    family: str
    rows: tuple[Row, ...]
    formulas: tuple[Formula, ...]
    charts: tuple[tuple[str, int, Drawing], ...]
    causes: tuple[str, ...]

    @property
    def bad(self) -> tuple[Row, ...]:
        """Return PyTorch's answers that a formula is to blame for."""
        return tuple(row for row in self.rows if row.verdict in BLAMED and not row.generated)

    @property
    def measured(self) -> tuple[Row, ...]:
        """Return PyTorch's answers."""
        return tuple(row for row in self.rows if row.done and not row.generated)

    @property
    def sentence(self) -> str:
        """Return in one sentence how accurate PyTorch's derivative is."""
        if not self.measured:
            return "No derivative of PyTorch’s was measured."
        if self.bad:
            each = Counter(row.verdict for row in self.bad)
            counted = ", ".join(f"{each[verdict]} {verdict}" for verdict in BLAMED if each[verdict])
            return f"Of {len(self.measured)} answers of PyTorch’s: {counted}."
        told = "PyTorch’s derivative is accurate at every finite number that was tried, where there is one"
        return f"{told}, but not at ±∞ and NaN or not at every place of a tensor." if self.flawed else f"{told}."

    @property
    def flawed(self) -> bool:
        """Say whether there are faults beside those at finite numbers."""
        return any(row.flawed for row in self.measured)

    @property
    def numbers(self) -> int:
        """Return of how many numbers it is a function."""
        points = (row.top.point for row in self.rows if row.top)
        return len(next(points, ("x",)))


def operator(rows: Iterable[Row]) -> Operator:
    """Return what is shown of *rows*, all of one operator."""
    own = tuple(sorted(rows, key=lambda row: (row.device, row.order, _dtype(row), row.generated, row.mode)))
    first = own[0]
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in own:
        groups.setdefault((row.dtype, row.order), []).append(row)
    drawn = ((dtype, order, chart(group)) for (dtype, order), group in groups.items())
    return Operator(
        first.variant,
        first.family,
        own,
        tuple(_formula(order, own) for order in dict.fromkeys(row.order for row in own if row.generated and row.done)),
        tuple((dtype, order, picture) for dtype, order, picture in drawn if picture is not None),
        tuple(dict.fromkeys(row.cause for row in own if row.cause and row.verdict in BLAMED and not row.generated)),
    )


def pages_of(variants: Iterable[str]) -> Mapping[str, str]:
    """Return the name of the page of each of *variants*, no two alike where capital letters are not told apart.

    >>> pages_of(["pow(n=2)", "pow(n=-2)", "Pow n=2 "])
    {'pow(n=2)': 'pow-n-2.html', 'pow(n=-2)': 'pow-n-m2.html', 'Pow n=2 ': 'Pow-n-2-1.html'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for variant in variants:
        plain = re.sub(r"[^A-Za-z0-9._]+", "-", variant.replace("=-", "=m")).strip("-.") or "operator"
        name, number = plain, 0
        while name.lower() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.lower())
        found[variant] = f"{name}.html"
    return found


def _dtype(row: Row) -> int:
    names = ("float64", "float32", "float16", "bfloat16")
    return names.index(row.dtype) if row.dtype in names else len(names)


def _formula(order: int, rows: Iterable[Row]) -> Formula:
    made = [row for row in rows if row.generated and row.done and row.order == order]
    sources: dict[str, list[str]] = {}
    for row in made:
        for source in row.sources:
            sources.setdefault(source, []).append(row.dtype)
    every = {row.dtype for row in made}
    told = tuple(("" if set(dtypes) == every else ", ".join(dtypes), source) for source, dtypes in sources.items())
    return Formula(order, tuple(_safe(text, made[0]) for text in made[0].mathml), made[0].equations, told)


def _safe(text: str, row: Row) -> Markup:
    try:
        return Markup(checked_mathml(text))
    except ResultsUnreadable as refusal:
        raise refusal.at(f"{row.variant} / mathml") from None
