"""An axis that is read at a·i + c, at m·i + j + c with j < m, or at a·i + b·k + c: a slice, a split axis, or windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Symbol, expand

from diffcheck.generation.scalars import number_text


class Unknown(Exception):
    """The place has none of these forms: another way of writing is taken."""


@dataclass(frozen=True)
class Range:
    """The elements from *start* on, *length* of them, of an axis with *before* and *after* zeros at its ends.

    *symbols* are the indices it is read at, *steps* what each moves by, and *turned* those that move backwards.
    """

    symbols: tuple[Symbol, ...]
    steps: tuple[Expr, ...]
    turned: tuple[Symbol, ...]
    splits: bool
    before: Expr
    after: Expr
    start: Expr
    length: Expr
    size: Expr
    window: Expr

    @property
    def mark(self) -> str:
        """Source for the slice."""
        stop = self.start + self.length
        whole = self.start == 0 and stop == self.size + self.before + self.after
        step = self.steps[0] if len(self.symbols) == 1 else Integer(1)
        if whole and step == 1:
            return ":"
        first = "" if self.start == 0 else number_text(self.start)
        last = "" if stop == self.size + self.before + self.after else number_text(stop)
        return f"{first}:{last}" + (f":{step}" if step != 1 else "")


def range_of(place: Expr, size: Expr, extents: Mapping[Symbol, Expr]) -> Range:
    """Return how an axis of *size* elements is read at *place*, or raise `Unknown`."""
    plain = expand(place)
    symbols = [symbol for symbol in extents if symbol in plain.free_symbols]
    steps = {symbol: plain.coeff(symbol) for symbol in symbols}
    offset = Add(plain, *(-steps[symbol] * symbol for symbol in symbols)).expand()
    others = {symbol for expr in (offset, *steps.values()) for symbol in expr.free_symbols}
    if others & set(extents) or not all(map(_sized, (offset, *steps.values()))):
        raise Unknown
    split = _split(steps, extents)
    if split is None and not (len(symbols) <= 2 and all(step.is_Integer for step in steps.values())):
        raise Unknown
    turned = tuple(symbol for symbol in symbols if split is None and steps[symbol] < 0)
    low = Add(offset, *(steps[symbol] * (extents[symbol] - 1) for symbol in turned))
    steps = {symbol: -step if symbol in turned else step for symbol, step in steps.items()}
    high = Add(low, *(steps[symbol] * (extents[symbol] - 1) for symbol in symbols)).expand()
    before, after = _beyond(-low), _beyond(high - size + 1)
    order = split or _outer_first(symbols, steps, extents)
    last = order[-1]
    return Range(
        symbols=tuple(order),
        steps=tuple(steps[symbol] for symbol in order),
        turned=turned,
        splits=split is not None and len(order) > 1,
        before=before,
        after=after,
        start=low + before,
        length=high - low + 1,
        size=size,
        window=steps[last] * (extents[last] - 1) + 1,
    )


def _sized(number: Expr) -> bool:
    return bool(number.is_integer) and all(symbol.is_positive for symbol in number.free_symbols)


def _beyond(excess: Expr) -> Expr:
    """Return max(0, *excess*) where it is known which."""
    found = excess.expand()
    if found.is_nonpositive:
        return Integer(0)
    if found.is_positive:
        return found
    raise Unknown


def _outer_first(symbols: list[Symbol], steps: Mapping[Symbol, Expr], extents: Mapping[Symbol, Expr]) -> list[Symbol]:
    """Return the index that moves the window, then that which moves within it."""
    return sorted(symbols, key=lambda symbol: (-steps[symbol], str(extents[symbol])))


def _split(steps: Mapping[Symbol, Expr], extents: Mapping[Symbol, Expr]) -> list[Symbol] | None:
    """Return the indices, the slowest first, where each moves by all the elements that the faster ones count."""
    weight: Expr = Integer(1)
    order: list[Symbol] = []
    while len(order) < len(steps):
        matching = [symbol for symbol, step in steps.items() if step == weight and symbol not in order]
        if len(matching) != 1:
            return None
        order.append(matching[0])
        weight = weight * extents[matching[0]]
    return order[::-1]
