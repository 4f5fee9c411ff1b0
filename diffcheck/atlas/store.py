"""The atlas on disk: an SQLite database with a row for each question, written as it is answered.

The first table says which diffcheck wrote it and on what: a database of another one is refused, not mixed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from diffcheck.atlas.asking import MODES
from diffcheck.atlas.measuring import Question, Task
from diffcheck.errors import ResultsBusy, ResultsUnreadable
from diffcheck.oracle import FORMATS

_SCHEMA = 3
_PATIENCE = 60.0  # seconds that another program may keep the database locked
_TABLES = """
create table if not exists origin (name text primary key, value text not null);
create table if not exists answers (
    variant text, dtype text, mode text, device text, status text not null, seconds real not null, body text not null,
    primary key (variant, dtype, mode, device)
);
"""
_COLUMNS = "variant, dtype, mode, device, status, seconds, body"
DONE, REFUSED, CRASHED, TIMED_OUT = STATUSES = "done", "refused", "crashed", "timed out"
DIFFCHECK = "diffcheck"  # "refused_by" in the body of a refusal that tells nothing of PyTorch
# What a body is looked into for before the pages read it whole, by name.
_DONE_HAS = {"verdict": str, "kinds": dict, "examples": dict, "worst": dict | None, "blamed": dict | None}
_ELSE_HAS = {"reason": str}


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
        self.path, self.origin = path, {"schema": str(_SCHEMA), **origin}
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as connection, connection:
            if not connection.execute("select count(*) from sqlite_master").fetchone()[0]:  # else what is missing is damage
                connection.executescript(_TABLES)
            known = dict(connection.execute("select name, value from origin"))
            if not known:
                connection.executemany("insert into origin values (?, ?)", self.origin.items())
        if known:
            self._compare(known, self.origin)

    @classmethod
    def existing(cls, path: Path, diffcheck: str) -> Store:
        """Return the database at *path* as it is; raise `ResultsUnreadable` if there is none of the version *diffcheck*."""
        found = cls.__new__(cls)
        found.path, found.origin = path, {}
        if not path.is_file():
            raise found._refusal("no such file", "a database of an atlas")
        with found._opened("ro") as connection:
            found.origin = dict(connection.execute("select name, value from origin"))
        known = {name: found.origin.get(name, "unknown") for name in ("schema", "diffcheck")}
        found._compare(known, {"schema": str(_SCHEMA), "diffcheck": diffcheck})
        return found

    @contextmanager
    def _opened(self, mode: str = "rwc") -> Iterator[sqlite3.Connection]:
        """Open the database; raise `ResultsUnreadable` where it is none, or has not the tables that it should.

        And `ResultsBusy` where another program keeps it locked for a minute.
        """
        try:
            with closing(
                sqlite3.connect(f"{self.path.resolve().as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE)
            ) as connection:
                yield connection
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                told = "a database that another program keeps locked"
                raise ResultsBusy(got=told, wanted="one to write to", do="let that end first", place=str(self.path)) from None
            raise self._refusal(f"a file that SQLite cannot read ({error})", "a database of an atlas") from None

    def _compare(self, known: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        other = {name: value for name, value in known.items() if wanted.get(name) != value}
        if other or set(known) != set(wanted):
            told = ", ".join(f"{name} {value}" for name, value in other.items()) or "other settings"
            here = ", ".join(f"{name} {wanted[name]}" for name in other if name in wanted) or "those of this diffcheck"
            raise self._refusal(f"an atlas of {told}", here)

    def _refusal(self, got: str, wanted: str) -> ResultsUnreadable:
        return ResultsUnreadable(got=got, wanted=wanted, do="name another one, or measure anew", place=str(self.path))

    def add(self, answers: Iterable[Answer]) -> None:
        """Write *answers*, at once and whole, in the place of earlier ones to the same questions."""
        rows = [(*_key(answer.question), answer.status, answer.seconds, json.dumps(dict(answer.body))) for answer in answers]
        with self._opened() as connection, connection:
            connection.executemany("insert or replace into answers values (?, ?, ?, ?, ?, ?, ?)", rows)

    def answers(self) -> Iterator[Answer]:
        """Yield all answers, in the order of their questions; raise `ResultsUnreadable` for one that is damaged."""
        with self._opened("ro") as connection:
            rows = connection.execute(f"select {_COLUMNS} from answers order by variant, dtype, mode, device").fetchall()
        for variant, dtype, mode, device, status, seconds, text in rows:
            try:
                body = json.loads(text)
            except (TypeError, ValueError):
                body = None
            needed = _DONE_HAS if status == DONE else _ELSE_HAS
            fits = isinstance(body, dict) and all(isinstance(body.get(name), kind) for name, kind in needed.items())
            if mode not in MODES or dtype not in FORMATS or status not in STATUSES or not fits:
                told = f"a damaged answer, {status}, of {variant}, {dtype}, {mode}"
                raise self._refusal(told, "one as `diffcheck atlas` writes it")
            yield Answer(Question(variant, dtype, mode, device), status, seconds, body)

    def left(self, tasks: Iterable[Task], sources: Mapping[str, str] | None = None) -> list[Task]:
        """Return those of *tasks* with a question that has no answer yet; what crashed or took too long is asked again.

        And what was answered of another source than that in *sources*, digests by operator, where there is one.
        """
        known = sources or {}
        done = {
            answer.question
            for answer in self.answers()
            if answer.status in (DONE, REFUSED) and answer.body.get("source", "") == known.get(answer.question.variant, "")
        }
        return [task for task in tasks if not done.issuperset(task.questions)]


def _key(question: Question) -> tuple[str, str, str, str]:
    found = asdict(question)
    return found["variant"], found["dtype"], found["mode"], found["device"]
