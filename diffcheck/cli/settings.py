"""Numbers and pairs from the command line, refused before anything is measured where they mean nothing."""

from __future__ import annotations

from diffcheck.errors import MeasurementError, TrainingError

MOST_THREADS = 1024
WEEK = 604_800  # seconds


def check_rounds(rounds: int, threads: int) -> None:
    """Refuse a number of rounds or of threads with which nothing can be timed."""
    if rounds < 1:
        raise MeasurementError(got=f"{rounds} rounds", wanted="1 or more", do="write as in --rounds 15")
    if not 1 <= threads <= MOST_THREADS:
        raise MeasurementError(got=f"{threads} threads", wanted=f"1 … {MOST_THREADS}", do="write as in --threads 1")


def check_seconds(option: str, seconds: float, *, example: int) -> None:
    """Refuse a number of *seconds*, given by *option*, after which nothing could be ended: no number, or more than a week."""
    if not 0 < seconds <= WEEK:
        told, do = f"{option} {seconds:g}", f"write as in {option} {example}"
        raise MeasurementError(got=told, wanted=f"more than 0 and at most {WEEK} seconds", do=do)


def factors_in(scale: list[str]) -> dict[str, float]:
    """Return the factors that --scale gives, by name, each once."""
    pairs = [_factor(text) for text in scale]
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TrainingError(got=f"--scale for {twice!r} twice", wanted="one factor for each input", do="multiply the factors")
    return dict(pairs)


def _factor(text: str) -> tuple[str, float]:
    name, _, factor = text.partition("=")
    try:
        return name.strip(), float(factor)
    except ValueError:
        raise TrainingError(got=f"--scale {text}", wanted="NAME=FACTOR", do="write it as in --scale x=0.1") from None
