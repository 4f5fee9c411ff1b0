"""T[I] = A[p] as source: slices, padding, windows and other shapes of A where p allows it, else A at arrays of places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Expr, Integer, Symbol

from diffcheck.generation.counting import Counting
from diffcheck.generation.digits import Merged, merged
from diffcheck.generation.ranges import Range, Unknown, range_of
from diffcheck.generation.scalars import number_text
from diffcheck.generation.spelling import Target
from diffcheck.generation.views import Axes, view
from diffcheck.notation import indices_of, name_of, read
from diffcheck.notation.places import inside


@dataclass(frozen=True)
class Moved:
    """Source for an array, and whether its memory is its own, rather than that of what it was read from."""

    text: str
    owned: bool


def moved(node: Expr, sizes: Sequence[Expr], axes: Axes, counting: Counting, place_text: Callable[[Expr, Axes], str]) -> Moved:
    """Return source for *node*, a read of a tensor of these *sizes*, over *axes*, in their order."""
    try:
        return _Shaping(node, sizes, counting.extents, counting.target).moved(axes)
    except Unknown:
        places = indices_of(node)
        listed = ", ".join(place_text(place, axes) for place in places)
        if all(inside(place, size, counting.extents) for place, size in zip(places, sizes, strict=True)):
            return Moved(f"{name_of(node)}[{listed}]", bool(axes))
        return Moved(f"_at({name_of(node)}, {listed})", True)


@dataclass
class _Shaping:
    """Writes a read without arrays of places, one operation after another; refuses, as `Unknown`, what it does not know."""

    node: Expr
    sizes: Sequence[Expr]
    extents: Mapping[Symbol, Expr]
    target: Target
    text: str = ""
    owned: bool = False
    held: list[Range | Merged | Symbol] = field(default_factory=list)

    def moved(self, axes: Axes) -> Moved:
        self.text = name_of(self.node)
        places = list(indices_of(self.node))
        digits = merged(places, self.sizes, self.extents)
        parts = [
            digits[number] if number in digits else self._part(place, size)
            for number, (place, size) in enumerate(zip(places, self.sizes, strict=True))
        ]
        self._check_apart(parts)
        self._pad([part if isinstance(part, Range) else None for part in parts])
        self._slice(parts)
        self._split()
        self._merge()
        self._windows()
        shaped = read(name_of(self.node), [part for part in self.held if isinstance(part, Symbol)])
        return Moved(view(self.text, shaped, axes, self.target), self.owned)

    def _part(self, place: Expr, size: Expr) -> Range | Symbol | Expr:
        if place.is_Integer or self.extents.get(place) == size:
            return place
        if not place.free_symbols & set(self.extents):
            if not inside(place, size, self.extents):
                raise Unknown
            return place
        return range_of(place, size, self.extents)

    def _check_apart(self, parts: Sequence[Range | Merged | Expr]) -> None:
        """Refuse an index that two axes are read at, unless both are read as a whole."""
        ranged = [symbol for part in parts if isinstance(part, Range) for symbol in part.symbols]
        whole = [part for part in parts if isinstance(part, Symbol)]
        whole += list({part.symbol for part in parts if isinstance(part, Merged)})
        if len(set(ranged)) < len(ranged) or set(ranged) & set(whole):
            raise Unknown
        if any(whole.count(part.symbol) > 1 for part in parts if isinstance(part, Merged)):
            raise Unknown

    def _pad(self, parts: Sequence[Range | None]) -> None:
        pads = [(part.before, part.after) if part else (Integer(0), Integer(0)) for part in parts]
        if all(pad == (0, 0) for pad in pads):
            return
        spelt = [(number_text(before), number_text(after)) for before, after in pads]
        if self.target.on_devices:
            while spelt[0] == ("0", "0"):
                spelt = spelt[1:]
            listed = ", ".join(number for pair in reversed(spelt) for number in pair)
            self.text = f"torch.nn.functional.pad({self.text}, ({listed}))"
        else:
            listed = ", ".join(f"({before}, {after})" for before, after in spelt)
            self.text = f"{self.target.name}.pad({self.text}, ({listed}{',' if len(spelt) == 1 else ''}))"
        self.owned = True

    def _slice(self, parts: Sequence[Range | Merged | Expr]) -> None:
        marks = [part.mark if isinstance(part, Range) else self._mark(part) for part in parts]
        self.held = [part for part in parts if isinstance(part, (Range, Merged)) or part in self.extents]
        while marks and marks[-1] == ":":
            marks.pop()
        if marks:
            self.text = f"{self.text}[{', '.join(marks)}]"

    def _mark(self, part: Merged | Expr) -> str:
        return ":" if isinstance(part, Merged) or part in self.extents else number_text(part)

    def _split(self) -> None:
        """Give an axis that is read at m·i + j, with j < m, an axis for i and one for j."""
        if not any(isinstance(part, Range) and part.splits for part in self.held):
            return
        shape: list[Expr] = []
        found: list[Range | Merged | Symbol] = []
        for part in self.held:
            if isinstance(part, Range) and part.splits:
                shape += [self.extents[symbol] for symbol in part.symbols]
                found += part.symbols
            else:
                shape.append(self._length(part))
                found.append(part)
        self._reshape(shape)
        self.held = found

    def _length(self, part: Range | Merged | Symbol) -> Expr:
        if isinstance(part, Range):
            return part.length
        return part.size if isinstance(part, Merged) else self.extents[part]

    def _reshape(self, shape: Sequence[Expr]) -> None:
        self.text = f"{self.text}.reshape({', '.join(map(number_text, shape))})"

    def _merge(self) -> None:
        """Make one axis of those that are read at the digits of one index, the highest first."""
        for symbol in dict.fromkeys(part.symbol for part in self.held if isinstance(part, Merged)):
            own = sorted((part for part in self.held if _of(part, symbol)), key=lambda part: part.rank)  # type: ignore[union-attr]
            first = next(place for place, part in enumerate(self.held) if _of(part, symbol))
            rest = [part for part in self.held if not _of(part, symbol)]
            ordered = [*rest[:first], *own, *rest[first:]]
            if ordered != self.held:
                order = ", ".join(str(self.held.index(part)) for part in ordered)
                self.text = f"{self.text}.{self.target.permute}({order})"
            self.held = [*rest[:first], symbol, *rest[first:]]
            self._reshape([self._length(part) for part in self.held])

    def _windows(self) -> None:
        """Give an axis that is read at a·i + b·k + c an axis for i and one, at the end, for k; turn what is read backwards."""
        ranges = [(place, part) for place, part in enumerate(self.held) if isinstance(part, Range)]
        windows = [(place, part) for place, part in ranges if len(part.symbols) == 2]
        for place, part in ranges:
            self.held[place] = part.symbols[0]
        if windows:
            self._unfold(windows)
        back = [symbol for _, part in ranges for symbol in part.turned]
        if back:
            places = ", ".join(str(self.held.index(symbol)) for symbol in back)
            if self.target.on_devices:
                self.text, self.owned = f"{self.text}.flip({places})", True
            else:
                self.text = f"{self.target.name}.flip({self.text}, {places if len(back) == 1 else f'({places})'})"

    def _unfold(self, windows: Sequence[tuple[int, Range]]) -> None:
        self.owned = False  # windows overlap, so that nothing may write to them
        marks = [":"] * len(self.held)
        if self.target.on_devices:
            for place, part in windows:
                self.text = f"{self.text}.unfold({place}, {number_text(part.window)}, {part.steps[0]})"
        else:
            lengths = ", ".join(number_text(part.window) for _, part in windows)
            places = ", ".join(str(place) for place, _ in windows)
            pair = f"{lengths}, {places}" if len(windows) == 1 else f"({lengths}), ({places})"
            self.text = f"_windows({self.text}, {pair})"
            for place, part in windows:
                marks[place] = f"::{part.steps[0]}" if part.steps[0] != 1 else ":"
        marks += [f"::{part.steps[1]}" if part.steps[1] != 1 else ":" for _, part in windows]
        self.held += [part.symbols[1] for _, part in windows]
        while marks and marks[-1] == ":":
            marks.pop()
        if marks:
            self.text = f"{self.text}[{', '.join(marks)}]"


def _of(part: Range | Merged | Symbol, symbol: Symbol) -> bool:
    return isinstance(part, Merged) and part.symbol == symbol
