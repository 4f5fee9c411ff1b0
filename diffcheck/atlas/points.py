"""The points of the atlas: every value of a 16-bit format, and a stratified set over the number line of a wider one.

Values are float64 arrays that hold what the format holds. All are finite: what a derivative is at NaN and ±∞ is another matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from diffcheck.oracle import Format, round_value

_BESIDE = (1, 2, 3, 8, 1 << 10, 1 << 20)  # steps on the number line from an edge
_RANDOM = 4  # mantissas of a binade beside its ends, in float32; fewer in float64, which has eight times as many binades
_PAIRS = 1 << 14  # of exponents where not all are paired; edges and signs make some 25,000 points of them


def unary_points(form: Format, edges: Iterable[float] = (), seed: int = 0) -> np.ndarray:
    """Return every finite value of a 16-bit *form*; of a wider one some of each binade, and what lies at and beside *edges*."""
    if exhaustive(form):
        return all_values(form)
    found = {*_binades(form, np.random.default_rng(seed)), *_beside(form, edges)} - {0.0}  # −0 and 0 are one in a set
    return np.array(sorted([*found, -0.0, 0.0]), dtype=np.float64)


def exhaustive(form: Format) -> bool:
    """Say whether all values of *form* are tried."""
    return form.precision <= 11


def all_values(form: Format) -> np.ndarray:
    """Return every finite value of *form*, −0 too, in rising order."""
    fractions = np.arange(1 << (form.precision - 1), dtype=np.float64)
    quantum = np.exp2(float(form.least - form.precision + 1))
    subnormal = fractions * quantum
    leading = np.arange(form.least, form.greatest + 1, dtype=np.float64)
    normal = (1 + fractions / (1 << (form.precision - 1)))[None, :] * np.exp2(leading)[:, None]
    positive = np.concatenate([subnormal, normal.ravel()])
    return np.concatenate([-positive[::-1], positive])


def binary_points(
    form: Format, edges: Iterable[float] = (), seed: int = 0, *, whole: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs: exponents by exponents, all of them if they are few or the *whole* is asked for, with drawn mantissas.

    Both signs of each, and what lies at and beside *edges*.
    """
    generator = np.random.default_rng(seed)
    line = np.array([*_exponents(form, generator, whole), *_beside(form, edges)])
    first, second = (part.ravel() for part in np.meshgrid(line, line, indexing="ij"))
    # Nearly equal pairs, in which what depends on the difference is small.
    near = line * (1 + form.unit * 2 * generator.integers(-4, 5, line.size))
    rounded = np.array([round_value(float(value), form) for value in near])
    kept = np.isfinite(rounded)
    return np.concatenate([first, line[kept]]), np.concatenate([second, rounded[kept]])


def _binades(form: Format, generator: np.random.Generator) -> Iterator[float]:
    count = _RANDOM if form.precision <= 24 else 1
    for sign in (1.0, -1.0):
        for leading in range(form.least - form.precision + 1, form.least):
            yield sign * math.ldexp(1.0, leading)
        for leading in range(form.least, form.greatest + 1):
            yield sign * math.ldexp(1.0, leading)
            yield sign * math.ldexp(2 - 2 * form.unit * 2, leading)
            for share in generator.random(count):
                yield sign * round_value(math.ldexp(1 + float(share), leading), form)
    # Where most inputs of networks lie, more closely.
    yield from (round_value(float(value), form) for value in generator.normal(size=512) * 4)
    yield from (round_value(float(value), form) for value in generator.uniform(-100, 100, size=512))
    if form.precision > 24:  # and where exponentials are subnormal; in float32 that is above
        yield from generator.uniform(-750, 750, size=512).tolist()


def _beside(form: Format, edges: Iterable[float]) -> Iterator[float]:
    for edge in edges:
        here = round_value(edge, form)
        yield here
        spacing = math.ulp(here) * 2.0 ** (53 - form.precision) if here else form.tiny
        for steps in (0.5, *_BESIDE):  # below a power of 2 the spacing is half
            for sign in (1, -1):
                yield round_value(here + sign * steps * spacing, form)


def _exponents(form: Format, generator: np.random.Generator, whole: bool) -> list[float]:
    """Return values of both signs over all exponents, or some of them, so many that their pairs are some 16,384."""
    leading = range(form.least - form.precision + 1, form.greatest + 1)
    most = int(_PAIRS**0.5) // 2
    few = whole or len(leading) <= most
    picked = leading if few else sorted(generator.choice(leading, most, replace=False).tolist())
    each = max(1, most // len(picked))
    made = (math.ldexp(1 + float(share), int(power)) for power in picked for share in generator.random(each))
    positive = [value for value in (round_value(value, form) for value in made) if math.isfinite(value)]
    if whole:  # a mantissa may have been rounded to the next power of 2, or to infinity
        found = {math.frexp(value)[1] - 1 for value in positive}
        positive += [math.ldexp(1.0, power) for power in leading if power not in found]
    return [sign * value for value in (0.0, *positive) for sign in (1.0, -1.0)]
