"""The planted faults, and what catches them; the catalogue itself is part of the package, so that users can run it."""

from diffcheck.verification.faults import FAULTS, Faulty, caught_by, planted

__all__ = ["FAULTS", "Faulty", "caught_by", "planted"]
