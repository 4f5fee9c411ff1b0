"""The outcomes of a walk on disk, a line of JSON each, written as each operator is finished: what a killed walk goes on from.

The first line holds what decides the verdicts, and the versions: a walk of others cannot go on from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from diffcheck.conformance.outcomes import OperatorOutcome, SampleOutcome, Worst
from diffcheck.conformance.settings import Settings
from diffcheck.errors import ResultsUnreadable


class Journal:
    """The file at *path* for a walk with *settings* and *versions*; its outcomes are kept with *resume*, else it begins anew.

    Raises `ResultsUnreadable` where it is to be resumed and is damaged, or of other settings or versions. A last line that
    was cut off, as by a kill, counts as not written.
    """

    def __init__(self, path: Path, settings: Settings, versions: Mapping[str, str], *, resume: bool) -> None:
        self.path = path
        self.head: dict[str, Any] = {"settings": asdict(settings), "versions": dict(versions)}
        self.finished: dict[str, OperatorOutcome] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if resume and path.exists():
            self._read()
        lines = [self.head, *(asdict(outcome) for outcome in self.finished.values())]
        beside = path.with_name(f"{path.name}.tmp")
        beside.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        beside.replace(path)

    def add(self, outcome: OperatorOutcome) -> None:
        """Write *outcome* behind the others, at once."""
        self.finished[outcome.operator] = outcome
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(outcome))}\n")

    def _read(self) -> None:
        text = self.path.read_text(encoding="utf-8", errors="replace")
        first, *others = text.splitlines()[: text.count("\n")] or [""]
        try:
            head = json.loads(first)
            found = [_outcome(json.loads(line)) for line in others]
        except (ValueError, TypeError, KeyError) as error:
            raise self._refusal(f"a damaged file ({error})", "the lines of a walk") from None
        if head != self.head:
            raise self._refusal(f"a walk with {_differing(head, self.head)}", f"one with {_differing(self.head, head)}")
        self.finished = {outcome.operator: outcome for outcome in found}

    def _refusal(self, got: str, wanted: str) -> ResultsUnreadable:
        return ResultsUnreadable(got=got, wanted=wanted, do="begin anew, without --resume", place=str(self.path))


def _outcome(row: dict[str, Any]) -> OperatorOutcome:
    samples = (
        SampleOutcome(**{**sample, "worst": None if sample["worst"] is None else Worst(**sample["worst"])})
        for sample in row["samples"]
    )
    return OperatorOutcome(**{**row, "samples": tuple(samples)})


def _differing(one: Any, other: Any) -> str:
    """Return what *one* has that *other* has not, in words."""
    flat, beside = _flat(one), _flat(other)
    told = [f"{name} {value}" for name, value in flat.items() if beside.get(name) != value]
    return ", ".join(told) or "nothing of its own"


def _flat(head: Any) -> dict[str, object]:
    parts = head.values() if isinstance(head, dict) else ()
    return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}
