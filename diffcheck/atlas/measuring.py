"""One question of the atlas answered: how accurate is this derivative of this operator in this dtype, at all of its points?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from diffcheck.atlas.asking import MODES, derivatives
from diffcheck.atlas.conditioning import conditioning
from diffcheck.atlas.points import binary_points, exhaustive, unary_points
from diffcheck.atlas.variants import Variant
from diffcheck.capturing import capture
from diffcheck.derivation import Gradient, derive
from diffcheck.errors import UnknownName
from diffcheck.notation import Program, Role
from diffcheck.oracle import FORMATS, Format, format_of
from diffcheck.oracle.limits import limits
from diffcheck.verification import orders
from diffcheck.verification.comparison import Truth
from diffcheck.verification.judging_arrays import KINDS, VERDICTS, Judged, judged_arrays
from diffcheck.verification.kinks import judged_by_sides
from diffcheck.verification.verdict import Judgement, Verdict

_BATCH = 8192
_DOUBTED = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNDEFINED)
_MOST_SIDES = 512  # elements of a batch whose limits are looked for; where more are wrong, most are so for another reason


@dataclass(frozen=True)
class Question:
    """The derivative of *order* 1 or 2 of a variant in *mode*, one of `MODES`, in *dtype* on *device*."""

    variant: str
    dtype: str
    mode: str = "reverse"
    device: str = "cpu"

    @property
    def order(self) -> int:
        """1 for a first derivative, 2 for a second."""
        return MODES[self.mode].order


@dataclass(frozen=True)
class Batch:
    """Judged points: the values of each argument, what was got of the derivative by *name*, the exact values, the verdicts."""

    name: str
    points: Mapping[str, np.ndarray]
    got: np.ndarray
    exact: np.ndarray
    judged: Judged


def measured(variant: Variant, question: Question, seed: int = 0) -> Iterator[Batch]:
    """Yield the judged points of *question*, a batch for each argument of the variant in turn.

    Raises `UnknownName` for a mode or dtype that is not known, and what `capture` raises for an operator without a row.
    """
    if question.mode not in MODES:
        raise UnknownName.among("mode", question.mode, MODES)
    form = format_of(question.dtype)
    lines = points_of(variant, form, seed)
    program, names = _captured(variant, form)
    gradient = derive(program, names)
    derived = orders.reverse(gradient) if question.order == 1 else orders.second(gradient)
    for start in range(0, len(lines[0]), _BATCH):
        values = dict(zip(names, (line[start : start + _BATCH] for line in lines), strict=True))
        yield from _batches(variant, question, gradient, derived, values, form)


def points_of(variant: Variant, form: Format, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Return the points of *variant*, an array for each argument."""
    if variant.arity == 1:
        return (unary_points(form, variant.edges, seed),)
    return binary_points(form, variant.edges, seed)


def is_exhaustive(variant: Variant, dtype: str) -> bool:
    """Say whether all inputs that there are in *dtype* are tried."""
    return variant.arity == 1 and exhaustive(FORMATS[dtype])


def _captured(variant: Variant, form: Format) -> tuple[Program, tuple[str, ...]]:
    like = [torch.full((4,), 0.4 + 0.1 * place, dtype=getattr(torch, form.name)) for place in range(variant.arity)]
    fixed = capture(variant.function, *like)
    names = tuple(tensor.name for tensor in fixed.inputs if tensor.role in (Role.PARAMETER, Role.DATA))
    return capture(variant.function, *like, sizes=dict.fromkeys(names, ("n",))), names


def _batches(
    variant: Variant,
    question: Question,
    gradient: Gradient,
    derived: orders.Derived,
    values: dict[str, np.ndarray],
    form: Format,
) -> Iterator[Batch]:
    tensors = {name: _tensor(value, question) for name, value in values.items()}
    got = derivatives(variant.function, tensors, question.mode)
    point: dict[str, Any] = {name: tensor.cpu() for name, tensor in tensors.items()}
    ones = torch.ones_like(next(iter(point.values())))
    point |= dict.fromkeys((tensor.name for tensor in derived.stable.inputs if tensor.name not in point), ones)
    truth = derived.truth(point)
    for name, value in got.items():
        computed = value.detach().cpu().double().numpy()
        exact = truth.values[name]
        judged = _judged(computed, name, derived, point, truth)
        _mend(judged, computed, name, derived, point, truth)
        yield Batch(name, values, computed, exact, judged)


def _judged(got: np.ndarray, name: str, derived: orders.Derived, point: dict[str, Any], truth: Truth) -> Judged:
    """Return the verdicts, under a conditioning that is computed for those alone that are not exact."""
    exact, rounding, form = truth.values[name], truth.limits.rounding[name], truth.form
    judged = judged_arrays(got, exact, rounding, np.full(got.shape, np.inf), form)
    places = np.flatnonzero(judged.verdicts != VERDICTS.index(Verdict.EXACT))
    if len(places):
        here = {key: value[torch.from_numpy(places)].double().numpy() for key, value in point.items()}
        output = derived.stable.outputs[derived.names.index(name)]
        condition = conditioning(derived.stable, output, derived.names, here, form)
        again = judged_arrays(got[places], exact[places], rounding[places], condition, form)
        judged.verdicts[places], judged.kinds[places] = again.verdicts, again.kinds
    return judged


def _tensor(values: np.ndarray, question: Question) -> torch.Tensor:
    return torch.from_numpy(values.copy()).to(device=question.device, dtype=getattr(torch, question.dtype))


def _mend(judged: Judged, got: np.ndarray, name: str, derived: orders.Derived, point: dict[str, Any], truth: Truth) -> None:
    """Judge anew, by the limits from all sides, what may lie on a kink, in a hole, or at the edge of the domain."""
    doubted = np.isin(judged.verdicts, [VERDICTS.index(verdict) for verdict in _DOUBTED])
    places = np.flatnonzero(doubted)[:_MOST_SIDES]
    if not len(places):
        return
    output = derived.stable.outputs[derived.names.index(name)]
    sides = limits(derived.stable, {key: value[torch.from_numpy(places)] for key, value in point.items()})[output]
    for turn, place in enumerate(places.tolist()):
        before = Judgement(
            VERDICTS[judged.verdicts[place]], KINDS[judged.kinds[place]], float(judged.ulps[place]), float(judged.limits[place])
        )
        exact = truth.values[name][place]
        found = judged_by_sides(before, float(got[place]), exact, sides.low[turn], sides.high[turn], truth.form)
        judged.verdicts[place], judged.kinds[place] = VERDICTS.index(found.verdict), KINDS.index(found.kind)
        judged.ulps[place], judged.limits[place] = found.ulp, found.bound
