"""An atlas as one file of JSON, as `diffcheck atlas` measured it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffcheck.report.encoding import to_json
from diffcheck.report.store import write_text_atomically


def write_atlas(atlas: Mapping[str, Any], folder: Path) -> tuple[Path, ...]:
    """Write *atlas* into *folder* and return where it is."""
    return (write_text_atomically(to_json(atlas, indent=1) + "\n", folder / "atlas.json"),)
