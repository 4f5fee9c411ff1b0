"""The atlas on disk: an SQLite database with a row for each question, written as it is answered.

The first table says which diffcheck wrote it and on what: a database of another one is refused, not mixed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from diffcheck.atlas.measuring import Question
from diffcheck.errors import ResultsUnreadable

_SCHEMA = 1
_TABLES = """
create table if not exists origin (name text primary key, value text not null);
create table if not exists answers (
    variant text, dtype text, mode text, device text, status text not null, seconds real not null, body text not null,
    primary key (variant, dtype, mode, device)
);
"""
DONE, CRASHED, TIMED_OUT = "done", "crashed", "timed out"


@dataclass(frozen=True)
class Answer:
    """What became of a question: *body* is its summary as plain values, or why there is none."""

    question: Question
    status: str
    seconds: float
    body: Mapping[str, Any]


class Store:
    """The database at *path*, made where there is none, of what *origin* says: versions, seed and machine.

    Raises `ResultsUnreadable` for a file that is no such database, or one of another origin.
    """

    def __init__(self, path: Path, origin: Mapping[str, str]) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        wanted = {"schema": str(_SCHEMA), **origin}
        try:
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.executescript(_TABLES)
                known = dict(connection.execute("select name, value from origin"))
                if not known:
                    connection.executemany("insert into origin values (?, ?)", wanted.items())
        except sqlite3.DatabaseError as error:
            raise self._refusal(f"a file that SQLite cannot read ({error})", "a database of an atlas") from None
        other = {name: value for name, value in known.items() if wanted.get(name) != value}
        if known and (other or set(known) != set(wanted)):
            told = ", ".join(f"{name} {value}" for name, value in other.items()) or "other settings"
            here = ", ".join(f"{name} {wanted[name]}" for name in other if name in wanted) or "those of this diffcheck"
            raise self._refusal(f"an atlas of {told}", here)

    def _refusal(self, got: str, wanted: str) -> ResultsUnreadable:
        return ResultsUnreadable(got=got, wanted=wanted, do="name another file, or move this one away", place=str(self.path))

    def add(self, answer: Answer) -> None:
        """Write *answer*, at once and whole, in the place of an earlier one to the same question."""
        row = (*_key(answer.question), answer.status, answer.seconds, json.dumps(dict(answer.body)))
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("insert or replace into answers values (?, ?, ?, ?, ?, ?, ?)", row)

    def answers(self) -> Iterator[Answer]:
        """Yield all answers, in the order of their questions."""
        with closing(sqlite3.connect(self.path)) as connection:
            rows = connection.execute("select * from answers order by variant, dtype, mode, device").fetchall()
        for variant, dtype, mode, device, status, seconds, body in rows:
            yield Answer(Question(variant, dtype, mode, device), status, seconds, json.loads(body))

    def left(self, questions: list[Question]) -> list[Question]:
        """Return those of *questions* that have no answer yet; what crashed or took too long is asked again."""
        done = {answer.question for answer in self.answers() if answer.status == DONE}
        return [question for question in questions if question not in done]


def _key(question: Question) -> tuple[str, str, str, str]:
    found = asdict(question)
    return found["variant"], found["dtype"], found["mode"], found["device"]
