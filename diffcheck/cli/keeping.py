"""The atlas that a folder keeps: its database, and the numbers that were written from one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffcheck._version import __version__
from diffcheck.atlas.collecting import collected
from diffcheck.atlas.store import Store
from diffcheck.errors import ResultsUnreadable
from diffcheck.report.atlas import NUMBERS, read_numbers
from diffcheck.report.store import load_json

DATABASE = "atlas.sqlite"
_KEY = ("variant", "dtype", "mode", "device")


def opened(folder: Path, origin: Mapping[str, str]) -> Store:
    """Return the store in *folder*, made where there is none; raise `ResultsUnreadable` if pages of it would lose answers.

    Pages are written from the database alone: an atlas.json with other answers would be overwritten with fewer.
    """
    database, numbers = folder / DATABASE, folder / NUMBERS
    if not numbers.exists():
        return Store(database, origin)
    if not database.exists():
        raise _refusal(numbers, f"{_told(numbers)} without the database that it was made from")
    store = Store(database, origin)
    answered = {(one.question.variant, one.question.dtype, one.question.mode, one.question.device) for one in store.answers()}
    if lost := len(_answers(numbers) - answered):
        raise _refusal(numbers, f"an atlas with {lost:,} answer{'' if lost == 1 else 's'} that its database has not")
    return store


def kept(path: Path) -> Mapping[str, Any]:
    """Return the atlas in the folder, the database or the JSON at *path*."""
    if path.is_dir():
        path /= DATABASE if (path / DATABASE).exists() or not (path / NUMBERS).exists() else NUMBERS
    return read_numbers(path, __version__) if path.suffix == ".json" else collected(Store.existing(path, __version__))


def _refusal(path: Path, got: str) -> ResultsUnreadable:
    do = f"name another folder by --out, or delete {NUMBERS} if it is not needed"
    return ResultsUnreadable(got=got, wanted=f"a new folder, or the {DATABASE} of its answers", do=do, place=str(path))


def _told(numbers: Path) -> str:
    many = len(_answers(numbers))
    return f"an atlas of {many:,} answer{'' if many == 1 else 's'}" if many else "a file"


def _answers(numbers: Path) -> set[tuple[Any, ...]]:
    """Return the questions that *numbers* has answers to; none where it is no atlas."""
    try:
        found = load_json(numbers)
        return {tuple(str(row[name]) for name in _KEY) for row in found["rows"]}  # type: ignore[index]
    except (ResultsUnreadable, TypeError, KeyError):
        return set()
