"""A process that judges operators, as the walk sees it: it may hang or die, which is a verdict and no end of the walk."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import suppress

from diffcheck.conformance.outcomes import OperatorOutcome, SampleOutcome
from diffcheck.conformance.serving import serve
from diffcheck.conformance.settings import Settings
from diffcheck.errors import MeasurementError

STARTING = 300.0  # seconds in which a process must have imported the database


class Worker:
    """One process, the operator that it works on, and what it said of it so far.

    It is started afresh rather than forked, since PyTorch's threads do not survive a fork, and ended rather than interrupted:
    an error raised in the middle of PyTorch's tracing may leave what decides the next verdict half changed.
    """

    def __init__(self, settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")
        self.settings = settings
        self.connection, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, settings), daemon=True)
        self.process.start()
        other.close()  # so that the connection ends when the process does
        self.ready = False
        self.operator: str | None = None
        self.since = time.monotonic()
        self._clear()

    def _clear(self) -> None:
        self.drawn = 0
        self.begun: int | None = None
        self.samples: list[SampleOutcome] = []

    @property
    def idle(self) -> bool:
        """Ready for another operator."""
        return self.ready and self.operator is None

    @property
    def left(self) -> float:
        """Return the seconds after which what it does now takes too long."""
        limit = self.settings.per_operator if self.ready else STARTING
        return self.since + limit - time.monotonic()

    def give(self, operator: str) -> None:
        """Let it work on *operator*."""
        self._clear()
        self.operator, self.since = operator, time.monotonic()
        with suppress(BrokenPipeError, ConnectionResetError):  # it died while it was idle, which reading from it will show
            self.connection.send(operator)

    def outcomes(self) -> Iterator[OperatorOutcome]:
        """Yield the outcome of its operator if that is finished, died or took too long by now; what died is ended for good."""
        try:
            while self.connection.poll():
                if self._finishes(*self.connection.recv()):
                    yield self._outcome()
        except (EOFError, OSError):
            self.process.join(5)
            yield from self._ended("crash", f"the process died ({_exit(self.process.exitcode)})")
        else:
            if not self.idle and self.left <= 0:
                yield from self._ended("timeout", f"more than {self.settings.per_operator:g} s")

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.connection.close()

    @property
    def alive(self) -> bool:
        """Not ended."""
        return not self.connection.closed

    def _finishes(self, what: str, value: object) -> bool:
        match what, value:
            case "ready", _:
                self.ready = True
            case "drawn", int() as many:
                self.drawn = many
            case "begun", int() as place:
                self.begun = place
            case "judged", SampleOutcome() as outcome:
                self.samples.append(outcome)
                self.begun = None
        return what == "done"

    def _ended(self, verdict: str, reason: str) -> Iterator[OperatorOutcome]:
        self.end()
        if not self.ready:
            raise MeasurementError(
                got=f"a process that does not start: {reason}",
                wanted="one that imports PyTorch's operators",
                do="see its error",
            )
        if self.operator is not None:
            place = -1 if self.begun is None else self.begun
            told = reason if place >= 0 else f"{reason}, outside its samples"
            self.samples.append(SampleOutcome(place, verdict, told))
            yield self._outcome()

    def _outcome(self) -> OperatorOutcome:
        assert self.operator is not None
        seconds = round(time.monotonic() - self.since, 3)
        found = OperatorOutcome(self.operator, self.drawn, tuple(self.samples), seconds)
        self.operator = None
        return found


def _exit(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
