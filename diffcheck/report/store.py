"""Results on disk: written whole or not at all, read back exactly or refused.

>>> load_results(Path("no-such-file.json"))
Traceback (most recent call last):
diffcheck.errors.ResultsUnreadable: no-such-file.json: got no file, wanted stored results; measure them with `diffcheck run`
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from diffcheck.errors import OutputUnwritable, ResultsUnreadable
from diffcheck.report.encoding import from_json, to_json
from diffcheck.report.reading import read
from diffcheck.report.schema import Results

SCHEMA = 1


def save_results(results: Mapping[str, object], path: Path) -> Path:
    """Store *results* at *path*, atomically; what could not be loaded again is refused and replaces nothing."""
    read_results(results, place="results")
    return write_text_atomically(to_json(results, indent=1) + "\n", path)


def load_results(path: Path) -> dict[str, object]:
    """Return the results stored at *path*."""
    value = load_json(path)
    read_results(value, place=str(path))
    assert isinstance(value, dict)
    return value


def load_json(path: Path, *, by: str = "diffcheck run") -> object:
    """Return what the JSON at *path* holds, which the command *by* wrote."""
    text = _text(path, by)
    try:
        return from_json(text)
    except (ValueError, RecursionError) as error:
        raise ResultsUnreadable(
            got=f"text that is no JSON ({error})", wanted="stored results", do=f"measure again with `{by}`", place=str(path)
        ) from None


def read_results(value: object, place: str) -> Results:
    """Return *value* as records, or refuse another schema, a missing section or a field of the wrong kind."""
    version = value.get("schema") if isinstance(value, Mapping) else None
    if version is True or version != SCHEMA:
        newer = isinstance(version, int) and version > SCHEMA
        raise ResultsUnreadable(
            got="no schema version" if version is None else f"schema version {version!r}",
            wanted=f"version {SCHEMA}",
            do="install a newer diffcheck" if newer else "measure again with `diffcheck run`",
            place=place,
        )
    try:
        return read(Results, value)
    except ResultsUnreadable as refusal:
        raise refusal.at(place) from None


def write_text_atomically(text: str, path: Path) -> Path:
    """Write *text* to *path* so that every reader sees the old file or the new one, whole."""
    try:
        return _written(text, path)
    except OSError as error:
        raise _unwritable(error, path) from None


def check_writable(folder: Path, *names: str) -> None:
    """Refuse a *folder* that cannot be made or written to, and one in which a folder has one of the *names*."""
    for name in names:
        if (folder / name).is_dir():
            raise _unwritable(IsADirectoryError(0, "a folder of this name"), folder / name)
    trial = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as error:
        raise _unwritable(error, folder) from None


def _unwritable(error: OSError, path: Path) -> OutputUnwritable:
    return OutputUnwritable(
        got=f"{error.strerror or error}", wanted="a place to write results to", do="choose another place", place=str(path)
    )


def _written(text: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f".{path.name}.{secrets.token_hex(8)}.tmp"
    try:
        with beside.open("xb") as file:
            file.write(text.encode("utf-8", errors="backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return path


def _text(path: Path, by: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        got = "no file"
    except UnicodeDecodeError:
        got = "bytes that are no text"
    except OSError as error:
        got = f"{error.strerror or error}"
    raise ResultsUnreadable(got=got, wanted="stored results", do=f"measure them with `{by}`", place=str(path))
