"""All operators on one page: what the atlas counted, the worst of them, and a matrix of operators by dtype and order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from diffcheck.report.atlases.judging import Cell, cell
from diffcheck.report.atlases.schema import BLAMED, WORST_FIRST, Atlas, Row
from diffcheck.report.numerals import count


@dataclass(frozen=True)
class Line:
    """A row of the matrix: an operator, its family, and a cell for each column."""

    variant: str
    family: str
    page: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Bad:
    """One of the worst answers, and what the generated code has at its worst point, of the same derivatives."""

    row: Row
    page: str
    ours: Row | None


@dataclass(frozen=True)
class Overview:
    """What the first page shows: columns are (dtype, order, device)."""

    columns: tuple[tuple[str, int, str], ...]
    lines: tuple[Line, ...]
    worst: tuple[Bad, ...]
    account: tuple[tuple[str, Mapping[str, int]], ...]
    failed: tuple[Row, ...]
    points: int

    @property
    def measured(self) -> bool:
        """Return whether anything of PyTorch's was."""
        return any(cell.verdict for line in self.lines for cell in line.cells)

    @property
    def devices(self) -> tuple[str, ...]:
        """Return the devices that anything was measured on."""
        return tuple(dict.fromkeys(device for _, _, device in self.columns))

    @property
    def sentence(self) -> str:
        """Return the whole in one sentence."""
        shown = [cells for line in self.lines if (cells := [cell for cell in line.cells if cell.verdict])]
        firm = Counter(worst_of(cells) for cells in shown)
        told = [f"{firm[word]} {word} somewhere" for word in BLAMED if firm[word]]
        others = [cells for cells in shown if worst_of(cells) not in BLAMED]
        flawed = sum(any(cell.flawed for cell in cells) for cells in others)
        told += [f"{flawed} at fault at ±∞ or NaN, or by the place in a tensor, alone"] if flawed else []
        told += [f"{len(others) - flawed} without a fault"]
        operators = "1 operator" if len(shown) == 1 else f"{len(shown)} operators"
        missing = len(self.lines) - len(shown)
        counted = f"{operators} at {count(self.points)} points: {', '.join(told)}"
        return f"{counted}; {missing} not measured." if missing else f"{counted}."


def overview(atlas: Atlas, pages: Mapping[str, str]) -> Overview:
    """Return what is shown of *atlas*, with the page of each operator."""
    found: dict[tuple[str, tuple[str, int, str]], list[Row]] = defaultdict(list)
    for row in atlas.rows:
        found[row.variant, (row.dtype, row.order, row.device)].append(row)
    columns = tuple(dict.fromkeys((row.dtype, row.order, row.device) for row in sorted(atlas.rows, key=_column)))
    families = {row.variant: row.family for row in atlas.rows}
    lines = (
        Line(variant, family, pages[variant], tuple(cell(found.get((variant, column), ())) for column in columns))
        for variant, family in families.items()
    )
    return Overview(
        columns=columns,
        lines=tuple(sorted(lines, key=lambda line: (line.family, line.variant))),
        worst=tuple(_worst(atlas, pages)),
        account=tuple((whose, _counted(row for row in atlas.rows if row.generated == ours)) for whose, ours in _WHOSE),
        failed=tuple(row for row in atlas.rows if row.status not in ("done", "refused")),
        points=sum(_points(rows) for rows in found.values()),
    )


def _points(rows: Iterable[Row]) -> int:
    """Return at how many points some derivative was measured, in whatever mode."""
    return max((row.points + row.searched for row in rows if row.done and not row.generated), default=0)


def worst_of(cells: Iterable[Cell]) -> str:
    """Return the worst of the verdicts of *cells*."""
    return min((cell.verdict for cell in cells), key=WORST_FIRST.index)


_WHOSE = (("PyTorch", False), ("generated", True))
_DTYPES = ("float64", "float32", "float16", "bfloat16")


def _column(row: Row) -> tuple[str, int, int]:
    return row.device, row.order, _DTYPES.index(row.dtype) if row.dtype in _DTYPES else len(_DTYPES)


def _worst(atlas: Atlas, pages: Mapping[str, str]) -> Iterable[Bad]:
    rows = {row.key: row for row in atlas.rows}
    ours = {(row.variant, row.dtype, row.order, row.device): row for row in atlas.rows if row.generated and row.done}
    for place in atlas.worst:
        row = rows[place.variant, place.dtype, place.mode, place.device]
        yield Bad(row, pages[row.variant], ours.get((row.variant, row.dtype, row.order, row.device)))


def _counted(rows: Iterable[Row]) -> Mapping[str, int]:
    return dict(Counter(row.verdict if row.done else row.status for row in rows).most_common())
