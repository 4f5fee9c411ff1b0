"""Who carries out the tasks: processes of this machine, a Dask cluster, or any `concurrent.futures.Executor`.

Processes of this machine are watched: one that hangs or dies is replaced, and its task has an answer that says so. What hangs
elsewhere cannot be ended from here: where tasks run and nothing comes back for as long as one may take, the rest is given up.
"""

from __future__ import annotations

import faulthandler
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffcheck.atlas.answering import answers
from diffcheck.atlas.choosing import imported
from diffcheck.atlas.measuring import Task
from diffcheck.atlas.store import CRASHED, TIMED_OUT, Answer
from diffcheck.errors import MeasurementError, UnknownName

if TYPE_CHECKING:
    from pebble import ProcessPool

_GRACE = 30.0  # seconds after which a process that was not ended ends itself
_AGAIN = 3  # pools that are made anew without an answer between
_LOOK = 1.0  # seconds after which it is looked again whether anything runs
_BROKE = CRASHED, "processes ended before they began a task"
Running = Iterable["Future[list[Answer]]"]


def _any_runs(futures: Running) -> bool:
    return any(future.running() for future in futures)


@dataclass(frozen=True)
class Crew:
    """Who measures: *submit* gives them a task, *busy* says whether any of these runs.

    They are given up when nothing is heard for *limit* seconds of which something ran in each. When they are *broken*, what
    was submitted may never be heard of, and may be submitted again.
    """

    submit: Callable[[Task], Future[list[Answer]]]
    busy: Callable[[Running], bool] = _any_runs
    limit: float = math.inf
    broken: Callable[[], bool] = lambda: False


@contextmanager
def local(jobs: int, limit: float, seed: int) -> Iterator[Crew]:
    """Yield a crew of *jobs* processes, each of which is ended after *limit* seconds of a task."""
    pools = _Pools(jobs)
    try:
        yield Crew(lambda task: pools.schedule(_watched, (task, seed, limit), limit), broken=lambda: not pools.pool.active)
    finally:
        pools.stop()  # what still runs was given up, or the user ended the walk


class _Pools:
    """A pool of *jobs* processes, and another one where it broke."""

    def __init__(self, jobs: int) -> None:
        self.jobs, self.pool = jobs, self._made(jobs)

    @staticmethod
    def _made(jobs: int) -> ProcessPool:
        from pebble import ProcessPool

        # Started afresh rather than forked: PyTorch's threads do not survive a fork.
        spawn = multiprocessing.get_context("spawn")
        # What an operator prints goes to standard error: standard output is the command's own, and may be JSON.
        return ProcessPool(max_workers=jobs, initializer=os.dup2, initargs=(2, 1), context=spawn)

    def schedule(self, function: Callable[..., list[Answer]], given: tuple[Any, ...], limit: float) -> Future[list[Answer]]:
        """Give *function* to a process; raise `BrokenExecutor` if the pool breaks meanwhile."""
        if not self.pool.active:
            self.stop()
            self.pool = self._made(self.jobs)
        try:
            return self.pool.schedule(function, args=given, timeout=limit)
        except RuntimeError as error:
            raise BrokenExecutor(str(error)) from None

    def stop(self) -> None:
        self.pool.stop()
        self.pool.join()


def _carried_out(task: Task, seed: int) -> list[Answer]:
    """Return the answers; whatever an operator raises is one, be it the end of its process."""
    try:
        with redirect_stdout(sys.stderr):
            return answers(task, seed)
    except BaseException as error:  # noqa: BLE001  # sys.exit in an operator is not the user's wish to end the walk
        return _crashed(task, error)


def _watched(task: Task, seed: int, limit: float) -> list[Answer]:
    """Return the answers, or end this process by itself where it hangs and the walk that should end it is no more."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(limit + _GRACE, exit=True, file=nowhere)
        try:
            return _carried_out(task, seed)
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def elsewhere(name: str, limit: float, seed: int) -> Iterator[Crew]:
    """Yield the crew of the executor *name*, of which something must be heard in every *limit* seconds while it works.

    That is the address of a Dask scheduler, as in tcp://host:8786, or a function that returns an executor as module:name.
    Raises `UnknownName` for what is neither, and `MeasurementError` for a scheduler that does not answer.
    """
    if "://" in name:
        with _cluster(name) as client, _given(client.get_executor(), seed) as submit:
            # Its futures never say that they run.
            yield Crew(submit, lambda _: any(client.processing().values()), limit)
        return
    with _given(_executor(name), seed) as submit:
        yield Crew(submit, limit=limit)


def _executor(name: str) -> Executor:
    made_by = imported(name, "the address of a Dask scheduler, or module:function that returns an Executor")
    try:
        made = made_by()
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a user's function may raise anything
        told = f"{name!r}, which raises {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        raise UnknownName(got=told, wanted="a function that returns an Executor", do="mend it, or name another") from None
    if not isinstance(made, Executor):
        told = f"{name!r}, which returns a {type(made).__name__}"
        raise UnknownName(got=told, wanted="a concurrent.futures.Executor", do="name a function that returns one")
    return made


@contextmanager
def _given(executor: Executor, seed: int) -> Iterator[Callable[[Task], Future[list[Answer]]]]:
    try:
        yield lambda task: executor.submit(_carried_out, task, seed)
    finally:
        executor.shutdown(wait=False)


def _cluster(address: str) -> Any:
    """Return a client of the Dask scheduler at *address*, which closes behind a ``with``."""
    try:
        from distributed import Client
    except ImportError:
        raise UnknownName(
            got=f"{address!r} without Dask", wanted="the package distributed", do="pip install 'torch-diffcheck[dask]'"
        ) from None
    try:
        return Client(address, timeout=5)
    except (OSError, ValueError) as error:
        told = f"no scheduler at {address!r} ({error})"
        raise MeasurementError(got=told, wanted="the address of a running one", do="start `dask scheduler`") from None


def walk(tasks: Sequence[Task], crew: Crew) -> Iterator[tuple[Task, list[Answer]]]:
    """Yield the answers to each of *tasks* as they come; what is left is given up where nothing is heard of a busy *crew*.

    And where it broke, which is when processes ended that had no task, again and again without an answer between.
    """
    pending, again = _begun(tasks, crew), _AGAIN
    heard = time.monotonic()
    try:
        while pending:
            done, _ = wait(pending, timeout=_LOOK, return_when=FIRST_COMPLETED)
            lost = {future for future in done if _is_lost(future)}
            for future in done - lost:
                task, again = pending.pop(future), _AGAIN
                yield task, _answers(task, future)
            if done or not crew.busy(pending):
                heard = time.monotonic()  # what has not begun takes no time
            broken = bool(lost) or crew.broken()
            if broken and again:
                pending, again = _begun(pending.values(), crew), again - 1
            elif broken or time.monotonic() - heard > crew.limit:
                silent = (TIMED_OUT, f"nothing was heard for {crew.limit:g} s")
                yield from ((task, _failed(task, *(_BROKE if broken else silent))) for task in pending.values())
                return
    finally:
        for future in pending:
            future.cancel()  # else threads would go on with what was given up, or the user ended


def _begun(tasks: Iterable[Task], crew: Crew) -> dict[Future[list[Answer]], Task]:
    found: dict[Future[list[Answer]], Task] = {}
    for task in tasks:
        try:
            future = crew.submit(task)
        except BrokenExecutor as error:
            future = Future()
            future.set_exception(error)
        found[future] = task
    return found


def _is_lost(future: Future[list[Answer]]) -> bool:
    return not future.cancelled() and isinstance(future.exception(), BrokenExecutor)


def _answers(task: Task, future: Future[list[Answer]]) -> list[Answer]:
    try:
        return future.result()
    except (FutureTimeoutError, TimeoutError) as error:
        limit = next((f"{told:g} s" for told in error.args if isinstance(told, float)), "it may")
        return _failed(task, TIMED_OUT, f"took longer than {limit}")
    except Exception as error:  # noqa: BLE001  # whatever a process died of is the answer
        return _crashed(task, error)


def _crashed(task: Task, error: BaseException) -> list[Answer]:
    code = f", exit code {error.exitcode}" if hasattr(error, "exitcode") else ""
    return _failed(task, CRASHED, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}{code}")


def _failed(task: Task, status: str, reason: str) -> list[Answer]:
    return [Answer(question, status, 0.0, {"reason": reason}) for question in task.questions]
