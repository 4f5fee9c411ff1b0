"""Two atlases side by side: of two versions of PyTorch, two devices or two machines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diffcheck.atlas.store import DONE

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A question that two atlases answer otherwise: the verdict, the largest error in ULP and the digits lost in each.

    What could not be measured has the status of its answer for a verdict, and None for the numbers.
    """

    variant: str
    dtype: str
    mode: str
    device: str
    verdicts: tuple[str, str]
    ulps: tuple[float | None, float | None]
    digits: tuple[float | None, float | None]

    @property
    def worse(self) -> float:
        """The digits that the second loses more than the first; all of them where only one could be measured."""
        first, second = self.digits
        if first is None or second is None:
            return 0.0 if first is second else math.inf if second is None else -math.inf
        return second - first


def differences(one: Mapping[str, Any], other: Mapping[str, Any], *, devices: bool = False) -> Iterator[Difference]:
    """Yield where two collected atlases differ in verdict or largest error, the largest differences first.

    Compared is what both have been asked. With *devices* it is, whatever device it was measured on.
    """
    first, second = (_by_key(atlas, devices) for atlas in (one, other))
    found = []
    for key in first.keys() & second.keys():
        pair = (first[key], second[key])
        verdicts, ulps, digits = (tuple(map(told, pair)) for told in (_verdict, _ulp, _digits))
        if verdicts[0] != verdicts[1] or ulps[0] != ulps[1]:
            device = "/".join(dict.fromkeys(row["device"] for row in pair))
            found.append(Difference(*key[:3], device, verdicts, ulps, digits))  # type: ignore[arg-type]
    yield from sorted(found, key=lambda one: (-abs(one.worse), one.variant, one.dtype, one.mode))


def only_in_one(one: Mapping[str, Any], other: Mapping[str, Any], *, devices: bool = False) -> tuple[int, int]:
    """Return how many questions the first alone has been asked, and how many the second."""
    first, second = (_by_key(atlas, devices).keys() for atlas in (one, other))
    return len(first - second), len(second - first)


def _by_key(atlas: Mapping[str, Any], devices: bool) -> dict[tuple[str, str, str, str], Row]:
    return {_key(row, devices): row for row in atlas["rows"]}


def _key(row: Row, devices: bool) -> tuple[str, str, str, str]:
    return row["variant"], row["dtype"], row["mode"], "" if devices else row["device"]


def _verdict(row: Row) -> str:
    return str(row["verdict"] if row["status"] == DONE else row["status"])


def _ulp(row: Row) -> float | None:
    if row["status"] != DONE:
        return None
    return float(row["worst"]["ulp"]) if row["worst"] else 0.0


def _digits(row: Row) -> float | None:
    return float(row["digits"]) if row["status"] == DONE else None
