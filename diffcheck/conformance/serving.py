"""What a process of the walk does: one operator after another, every verdict sent as soon as it is there.

The messages, each a pair: ("ready", None) once the database is imported; then for an operator ("drawn", how many samples),
and for each sample tried ("begun", its place) and ("judged", its `SampleOutcome`); at last ("done", None).
"""

from __future__ import annotations

import faulthandler
import logging
import os
import random
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from diffcheck.conformance.entries import entries
from diffcheck.conformance.judging import judged
from diffcheck.conformance.outcomes import SampleOutcome
from diffcheck.conformance.settings import Settings

SHARE = 0.5  # of an operator's time, after which no sample is begun: one that has begun has as long again to end


def serve(connection: Connection, settings: Settings) -> None:
    """Judge the operators that *connection* names until it names None or is closed."""
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)  # torch.export logs what it refuses, which is a verdict here
    torch.set_num_threads(1)  # the processes share the cores
    known = entries(settings.database)
    connection.send(("ready", None))
    try:
        while (name := connection.recv()) is not None:
            with _apart(2 * settings.per_operator + 60):
                for message in _messages(known[name], settings):
                    connection.send(message)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):  # the walk is over: nobody reads on
        return


@contextmanager
def _apart(seconds: float) -> Iterator[None]:
    """Print nothing, and let this process end by itself, however it hangs, where the walk that should end it is no more."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _messages(entry: Any, settings: Settings) -> Iterator[tuple[str, Any]]:
    started = time.monotonic()
    try:
        samples = _drawn(entry, settings)
    except Exception as error:  # noqa: BLE001  # PyTorch's own code, which may need a library or refuse the dtype
        reason = f"its samples cannot be drawn: {(str(error).splitlines() or [''])[0][:200]}"
        yield "judged", SampleOutcome(-1, "unsupported", reason, type(error).__name__)
        yield "done", None
        return
    yield "drawn", len(samples)
    tried = 0
    for place in spread(len(samples)):
        if tried >= settings.samples or (tried and time.monotonic() - started > SHARE * settings.per_operator):
            break
        yield "begun", place
        _seed(settings.seed)
        outcome = judged(entry, samples[place], place)
        yield "judged", outcome
        tried += outcome.verdict != "empty"
    yield "done", None


def _drawn(entry: Any, settings: Settings) -> list[Any]:
    """Return all samples of *entry*, the same ones whatever was drawn before."""
    _seed(settings.seed)
    return list(entry.sample_inputs(settings.device, getattr(torch, settings.dtype), requires_grad=True))


def _seed(seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # what PyTorch's samples draw from


def spread(count: int) -> list[int]:
    """Return 0 … count − 1 in an order of which every beginning is spread over the whole: neighbours are much alike.

    >>> spread(8)
    [0, 4, 2, 6, 1, 5, 3, 7]
    """
    width = max(count - 1, 1).bit_length()
    return sorted(range(count), key=lambda place: f"{place:0{width}b}"[::-1])
