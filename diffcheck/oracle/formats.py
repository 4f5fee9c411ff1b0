"""The floating-point formats, and which one some values are in."""

from __future__ import annotations

from dataclasses import dataclass

from diffcheck.errors import UnknownName


@dataclass(frozen=True)
class Format:
    """±m·2^(e−p+1) with an integer m < 2^p and least ≤ e ≤ greatest; below 2^least the spacing stays the same."""

    name: str
    precision: int
    least: int
    greatest: int
    sums_in: str
    """The format that sums of such values are accumulated in by PyTorch and NumPy."""

    @property
    def unit(self) -> float:
        """The unit roundoff u = 2^−p: half the spacing at 1."""
        return 2.0**-self.precision

    @property
    def tiny(self) -> float:
        """The smallest positive value."""
        return 2.0 ** (self.least - self.precision + 1)

    @property
    def largest(self) -> float:
        """The largest finite value."""
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.greatest


FORMATS = {
    row.name: row
    for row in (
        Format("float64", 53, -1022, 1023, "float64"),
        Format("float32", 24, -126, 127, "float32"),
        Format("float16", 11, -14, 15, "float32"),
        Format("bfloat16", 8, -126, 127, "float32"),
    )
}


def format_of(dtype: object) -> Format:
    """Return the format that *dtype* names: a name, or a dtype of torch or NumPy.

    >>> format_of("bfloat16").unit
    0.00390625
    """
    name = str(getattr(dtype, "name", dtype)).removeprefix("torch.")
    if name not in FORMATS:
        raise UnknownName.among("floating-point format", name, FORMATS)
    return FORMATS[name]
