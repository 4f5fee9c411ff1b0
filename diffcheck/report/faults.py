"""Planted faults against the laws that caught them."""

from __future__ import annotations

from dataclasses import dataclass

from diffcheck.report.schema import Fault


@dataclass(frozen=True)
class FaultTable:
    """The laws that caught anything, and the faults; a law is called by its place, from 1 on."""

    laws: tuple[str, ...]
    faults: tuple[Fault, ...]


def fault_table(faults: tuple[Fault, ...]) -> FaultTable:
    """Return the laws in words, in the order in which the faults name them, and the faults."""
    return FaultTable(tuple(dict.fromkeys(law for fault in faults for law in fault.caught_by)), faults)
