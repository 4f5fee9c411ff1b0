"""The variants of the atlas: pointwise operators with their parameters bound, each a function of one or two tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from diffcheck.errors import DuplicateName, UnknownName

FAMILIES = ("elementary", "special", "rounding", "activation", "binary", "loss", "composite")


@dataclass(frozen=True)
class Variant:
    """A pointwise operator: *function* of *arity* tensors of one shape, and *edges*, numbers where something changes.

    The edges are kinks, ends of the domain and zeros of the derivative, for any of the arguments; points of the atlas lie at
    them and beside them. Outside of *accepted* PyTorch raises an error, or computes without end: in its second derivative,
    where these differ, outside of *accepted_twice*.
    """

    name: str
    function: Callable[..., Any]
    family: str
    arity: int = 1
    edges: tuple[float, ...] = (0.0,)
    accepted: tuple[float, float] = (-math.inf, math.inf)
    accepted_twice: tuple[float, float] | None = None

    def asked(self, order: int) -> Variant:
        """Return the variant as it may be asked for derivatives of *order*."""
        return replace(self, accepted=self.accepted_twice) if order == 2 and self.accepted_twice else self


def registry(tables: Iterable[Iterable[Variant]]) -> Mapping[str, Variant]:
    """Return the variants of *tables* by name; a name that comes twice is refused."""
    found: dict[str, Variant] = {}
    for table in tables:
        for variant in table:
            if variant.name in found:
                raise DuplicateName(got=f"two variants {variant.name}", wanted="one", do="give each a name of its own")
            found[variant.name] = variant
    return found


def chosen(names: Iterable[str], known: Mapping[str, Variant]) -> tuple[Variant, ...]:
    """Return the variants *names*, each a name or an operator with all of its parameters; all of *known* for none.

    Raises `UnknownName` with near matches.
    """
    found: dict[str, Variant] = {}
    for name in names:
        fitting = [variant for key, variant in known.items() if key == name or key.partition("(")[0] == name]
        if not fitting:
            raise UnknownName.among("pointwise operator", name, known)
        found |= {variant.name: variant for variant in fitting}
    return tuple((found or known).values())
