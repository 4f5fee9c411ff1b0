"""The walk over operators by several processes, each of which may hang or die."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait

from diffcheck.conformance.outcomes import OperatorOutcome
from diffcheck.conformance.settings import Settings
from diffcheck.conformance.workers import Worker


def walk(operators: Sequence[str], settings: Settings, *, jobs: int, budget: float) -> Iterator[OperatorOutcome]:
    """Yield the outcome of each of *operators* as it is finished; after *budget* seconds none is begun any more.

    *jobs* processes share the work. One that takes longer than ``settings.per_operator`` over an operator, or dies over it, is
    replaced, and what it said before that counts. Raises `MeasurementError` where a process does not even start.
    """
    end = time.monotonic() + budget
    waiting = deque(operators)
    crew: list[Worker] = []
    try:
        while True:
            if time.monotonic() >= end:
                waiting.clear()
            crew = [worker for worker in crew if worker.alive]
            free = sum(worker.operator is None for worker in crew)
            crew += [Worker(settings) for _ in range(min(jobs - len(crew), len(waiting) - free))]
            for worker in crew:
                if worker.idle and waiting:
                    worker.give(waiting.popleft())
            if not waiting and all(worker.operator is None for worker in crew):
                return
            pending = [worker for worker in crew if not worker.idle]
            wait([worker.connection for worker in pending], timeout=max(0.0, min(worker.left for worker in pending)))
            for worker in crew:
                yield from worker.outcomes()
    finally:
        for worker in crew:
            if worker.alive:
                worker.end()
