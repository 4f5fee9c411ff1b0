"""The two bounds that a verdict compares an error with, for every output element of a gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from diffcheck.derivation import Gradient
from diffcheck.notation import Program, Role
from diffcheck.oracle.arithmetic import Planes
from diffcheck.oracle.error_arithmetic import ErrorArithmetic
from diffcheck.oracle.evaluation import evaluate
from diffcheck.oracle.formats import FORMATS, Format, format_of
from diffcheck.oracle.points import Point, prepare


@dataclass(frozen=True)
class Bounds:
    """Error bounds by name: of the textbook formula in the format, and of the best that any algorithm could promise.

    A bound is infinite where nothing can be promised, as behind an overflow.
    """

    rounding: Mapping[str, np.ndarray]
    conditioning: Mapping[str, np.ndarray]


def bounds(gradient: Gradient | Program, point: Point, *, dtype: object = "float64") -> Bounds:
    """Return, for every output element, the rounding bound and the conditioning of *gradient* at *point* in *dtype*.

    The rounding bound is that of the textbook formulas, inputs taken as exact. The conditioning is what half an ULP in every
    input alone would do to the stable formulas, plus half an ULP of the result.
    """
    form = format_of(dtype)
    plain = gradient.program if isinstance(gradient, Gradient) else gradient
    textbook = gradient.textbook if isinstance(gradient, Gradient) else gradient
    names = gradient.wrt if isinstance(gradient, Gradient) else gradient.outputs
    rounding = rounding_bounds(textbook, point, dtype=form)
    prepared, whole = prepare(plain, point), plain.named(Role.INTEGER)
    moved = {name: (array, (name not in whole) * form.unit * np.abs(array)) for name, array in prepared.values.items()}
    with np.errstate(all="ignore"):
        passed = evaluate(plain, moved, prepared.sizes, ErrorArithmetic(form, rounding=False))
    return Bounds(
        {name: rounding[output] for name, output in zip(names, textbook.outputs, strict=True)},
        {name: _closed(_at_best(passed[output], form)) for name, output in zip(names, plain.outputs, strict=True)},
    )


def rounding_bounds(program: Program, point: Point, *, dtype: object = "float64") -> dict[str, np.ndarray]:
    """Return the rounding bound alone of every output of *program*, inputs taken as exact."""
    prepared = prepare(program, point)
    still = {name: (array, np.zeros_like(array)) for name, array in prepared.values.items()}
    with np.errstate(all="ignore"):
        found = evaluate(program, still, prepared.sizes, ErrorArithmetic(format_of(dtype)))
    return {name: _closed(found[name][1]) for name in program.outputs}


def _at_best(value: Planes, form: Format) -> np.ndarray:
    result: np.ndarray = value[1] + form.unit * np.abs(value[0]) + max(form.tiny / 2, FORMATS["float64"].tiny)
    return result


def _closed(bound: np.ndarray) -> np.ndarray:
    """Return *bound* with NaN (infinity times zero on the way) as infinity: nothing is promised there.

    The bound was itself computed in float64; 2^−32 of it covers that for chains of up to a million operations.
    """
    return np.where(np.isnan(bound), np.inf, bound * (1 + 2.0**-32))
