"""An atlas as files: its numbers as JSON, an overview that opens in any browser, and a page for each operator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diffcheck.errors import ResultsUnreadable
from diffcheck.report.atlases.schema import Atlas
from diffcheck.report.atlases.writing import OVERVIEW, write_numbers, write_pages
from diffcheck.report.reading import read
from diffcheck.report.store import load_json

NUMBERS = "atlas.json"
NAMES = (OVERVIEW, NUMBERS)


def write_atlas(atlas: Mapping[str, Any], folder: Path) -> tuple[Path, ...]:
    """Write *atlas* into *folder* and return where its overview is, then the pages of operators, then its numbers.

    Raises `ResultsUnreadable` where a row is not as pages need it; then nothing is written.
    """
    with _measured_by_atlas():
        return (*write_pages(atlas, folder), write_numbers(atlas, folder / NUMBERS))


def read_numbers(path: Path, version: str) -> Mapping[str, Any]:
    """Return the atlas that `write_atlas` wrote to *path*; raise `ResultsUnreadable` if none of this *version* is there."""
    found = load_json(path, by="diffcheck atlas")
    with _measured_by_atlas():
        whole = read(Atlas, found, str(path))
    if whole.diffcheck != version:
        got = f"an atlas of diffcheck {whole.diffcheck}"
        raise ResultsUnreadable(got=got, wanted=f"one of {version}", do="measure anew", place=str(path))
    assert isinstance(found, Mapping)
    return found


@contextmanager
def _measured_by_atlas() -> Iterator[None]:
    """Let what cannot be read be measured again by the command that measures it."""
    try:
        yield
    except ResultsUnreadable as refusal:
        do = "measure again with `diffcheck atlas`"
        raise ResultsUnreadable(got=refusal.got, wanted=refusal.wanted, do=do, place=refusal.place) from None
