"""Devices on which nothing was measured: said in one sentence, and left out of the tables."""

from __future__ import annotations

from typing import TypeVar

from diffcheck.report.schema import Timing, Verdict

Row = TypeVar("Row", Verdict, Timing)


def present(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the rows of the devices on which anything was measured."""
    used = {row.device for row in rows if row.status == "measured"}
    return tuple(row for row in rows if row.device in used)


def absences(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Return a sentence for each device on which nothing was measured."""
    shown = present(rows)
    missing = [row for row in rows if row not in shown]
    return tuple(_sentence(device, missing) for device in dict.fromkeys(row.device for row in missing))


def _sentence(device: str, rows: list[Row]) -> str:
    reasons = dict.fromkeys(row.reason or "no reason stored" for row in rows if row.device == device)
    return f"{device.upper()}: not measured, {'; '.join(reasons)}."
