"""Two atlases side by side: of two versions of PyTorch, two devices or two machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diffcheck.atlas.store import DONE

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A question that two atlases answer otherwise: the verdict, the largest error in ULP and the digits lost in each.

    What an atlas has no answer to has the verdict "", what could not be measured the status of its answer.
    """

    variant: str
    dtype: str
    mode: str
    device: str
    verdicts: tuple[str, str]
    ulps: tuple[float, float]
    digits: tuple[float, float]

    @property
    def worse(self) -> float:
        """The digits that the second loses more than the first; none where only one of them has an answer."""
        return self.digits[1] - self.digits[0] if all(self.verdicts) else 0.0


def differences(one: Mapping[str, Any], other: Mapping[str, Any], *, devices: bool = False) -> Iterator[Difference]:
    """Yield where two collected atlases differ in verdict or largest error, the largest differences first.

    With *devices* the answers are compared whatever device they were measured on.
    """
    first, second = ({_key(row, devices): row for row in atlas["rows"]} for atlas in (one, other))
    found = []
    for key in first.keys() | second.keys():
        pair = (first.get(key), second.get(key))
        verdicts, ulps, digits = (tuple(map(told, pair)) for told in (_verdict, _ulp, _digits))
        if verdicts[0] != verdicts[1] or ulps[0] != ulps[1]:
            device = "/".join(dict.fromkeys(row["device"] for row in pair if row))
            found.append(Difference(*key[:3], device, verdicts, ulps, digits))  # type: ignore[arg-type]
    yield from sorted(found, key=lambda one: (-abs(one.worse), one.variant, one.dtype, one.mode))


def _key(row: Row, devices: bool) -> tuple[str, str, str, str]:
    return row["variant"], row["dtype"], row["mode"], "" if devices else row["device"]


def _verdict(row: Row | None) -> str:
    if row is None:
        return ""
    return str(row["verdict"] if row["status"] == DONE else row["status"])


def _ulp(row: Row | None) -> float:
    return float(row["worst"]["ulp"]) if row is not None and row["status"] == DONE and row["worst"] else 0.0


def _digits(row: Row | None) -> float:
    return float(row["digits"]) if row is not None and row["status"] == DONE else 0.0
