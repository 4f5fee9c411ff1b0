"""An atlas written into a folder: its numbers, the overview, and a page for each operator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

from diffcheck.report.atlases.judging import STATES
from diffcheck.report.atlases.operators import Operator, operator, pages_of
from diffcheck.report.atlases.overview import Overview, overview
from diffcheck.report.atlases.schema import Atlas, Row, Special, Worst
from diffcheck.report.encoding import to_json
from diffcheck.report.mathml import size
from diffcheck.report.reading import read
from diffcheck.report.store import write_text_atomically
from diffcheck.report.templates import dressing, environment
from diffcheck.report.verdicts import State

OVERVIEW, FOLDER, GENERATOR = "index.html", "operators", "diffcheck atlas"
_LEVELS = (
    ("l0", "within 4 ULP"),
    ("l1", "up to a third"),
    ("l2", "two thirds"),
    ("l3", "more"),
    ("l4", "all"),
)
_OPEN = ("lossy", "wrong", "undecided")


@dataclass(frozen=True)
class Link:
    """The page of another operator."""

    variant: str
    page: str


def write_pages(atlas: Mapping[str, Any], folder: Path) -> tuple[Path, ...]:
    """Write the pages of *atlas* into *folder* and return where they are, the overview first; remove what is left of others."""
    found = read(Atlas, atlas, "atlas")
    pages = pages_of(sorted({row.variant for row in found.rows}))
    made, common = _templates(), {"atlas": found, "generator": GENERATOR, **dressing()}
    view = overview(found, pages)
    texts = {folder / OVERVIEW: made.get_template("atlases/overview.html.jinja").render(view=view, levels=_LEVELS, **common)}
    template = made.get_template("atlases/operator.html.jinja")
    links = [Link(line.variant, line.page) for line in view.lines]
    for before, link, after in zip([None, *links], links, [*links[1:], None], strict=False):
        shown = operator(row for row in found.rows if row.variant == link.variant)
        text = template.render(view=shown, before=before, after=after, shown=_opened(shown), **common)
        texts[folder / FOLDER / link.page] = text
    written = [write_text_atomically(text, path) for path, text in texts.items()]
    _remove_others(folder / FOLDER, set(written))
    return tuple(written)


def write_numbers(atlas: Mapping[str, Any], path: Path) -> Path:
    """Write *atlas* as JSON, a line for each row, without the bins along the line in which no error is above 1 ULP."""
    rows = [dict(row) | ({"along": _large(row["along"])} if "along" in row else {}) for row in atlas["rows"]]
    head = to_json({name: value for name, value in atlas.items() if name != "rows"}, indent=1).removesuffix("\n}")
    lines = ",\n".join(f"  {to_json(row)}" for row in rows)
    return write_text_atomically(f'{head},\n "rows": [\n{lines}\n ]\n}}\n', path)


def _large(along: list[list[Any]]) -> list[list[Any]]:
    ends = {along[0][0], along[-1][0]} if along else set()  # tell from where to where it was measured
    return [[at, ulp] for at, ulp in along if ulp is None or ulp > 1 or at in ends]


def _templates() -> Environment:
    made = environment(size)
    made.filters |= {
        "state": _state,
        "shade": _shade,
        "examples": _examples,
        "faults": _faults,
        "apart": _apart,
        "brief": brief,
    }
    return made


def brief(text: str) -> str:
    """Return the number *text* with a hexadecimal form without idle zeros, and with no more digits than a double needs.

    >>> brief("-1.5 (-0x1.8000000000000p+0)"), brief("0.97038220232000000000001")
    ('-1.5 (-0x1.8p+0)', '0.97038220232000000')
    """
    shorter = re.sub(r"\.?0+(?=p[+-])", "", text)
    return re.sub(r"(\d\.\d{17})\d+", r"\1", shorter)


def _state(row: Row, verdict: str = "") -> State:
    return STATES.get(verdict or row.verdict, State.NONE)


def _shade(view: Overview | Operator) -> str:
    """Return the colour of the sentence that a page opens with: what is lossy is what an atlas is for, and no alarm."""
    if not view.measured:
        return State.NONE.value
    rows = view.bad if isinstance(view, Operator) else [cell for line in view.lines for cell in line.cells]
    states = [STATES.get(row.verdict, State.NONE) for row in rows]
    return next((state.value for state in (State.BAD, State.CAUTION) if state in states), State.GOOD.value)


def _opened(view: Operator) -> Mapping[int, tuple[str, ...]]:
    """Return the dtypes whose charts are open, by order: those with something to see, or else the first."""
    orders = dict.fromkeys(order for _, order, _ in view.charts)
    told = {order: tuple(row.dtype for row in view.bad if row.order == order) for order in orders}
    first = next(((dtype, order) for dtype, order, _ in view.charts), ("", 0))
    return told if any(told.values()) else told | {first[1]: (first[0],)}


def _examples(view: Operator) -> list[tuple[Row, str, Worst]]:
    return [(row, kind, one) for row in view.rows for kind, one in (row.examples or {}).items()]


def _faults(view: Operator) -> list[tuple[Row, Special]]:
    return [(row, special) for row in view.rows for special in row.specials if special.fault]


def _apart(view: Operator) -> list[Row]:
    return [row for row in view.rows if row.positions is not None and row.positions.first is not None]


def _remove_others(folder: Path, written: set[Path]) -> None:
    """Remove pages of operators that the atlas does not have any more, and no file that this did not write."""
    for path in _pages(folder):
        if path not in written and f'<meta name="generator" content="{GENERATOR}">' in path.read_text("utf-8", "replace"):
            path.unlink()


def _pages(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*.html")) if path.is_file() and not path.is_symlink())
