"""The scale of a gradient: x̄ = s·(exact x̄) with s ≠ 1, seen through rounding errors that would hide it in any one element.

In float32 and narrower formats a bound on every element must allow for the worst of all roundings, which in a network is many
times the error that occurs. Over a whole tensor and several points roundings cancel, and a factor does not. At each of m points
near the given one, with a cotangent drawn anew and the exact gradient computed in float64, let

    α = Σ_i (got_i − exact_i)·exact_i / Σ_i exact_i²,    β the same of the textbook formula carried out in the format.

β shows what the format does to this formula: underflow, branches and largest elements that rounding moves, constants that it
cannot hold. The factor is wrong if the mean of α lies further from 0 than

    t·s/√m + max(2·|mean β|, 2·u) + 64·v,

s the standard deviation of α, t the quantile of Student's distribution at which a right gradient with independent errors is
refused once in a million times, u the unit roundoff of the format and v that of the format that functions and sums are carried
out in. The last two terms allow for roundings that are the same at all points, and for approximations off in one direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import torch
from flint import arb

from diffcheck.oracle import FORMATS, Format, float_values, format_of
from diffcheck.verification.attempting import attempted
from diffcheck.verification.differentiating import Way
from diffcheck.verification.findings import Finding, Place
from diffcheck.verification.subjects import Subject, Tensors
from diffcheck.verification.verdict import Kind, Verdict

# Numbers of points, each with the quantile of Student's t of one degree of freedom less, two-sided at 1e-6. The second is for
# gradients whose scale the first does not tell sharply.
STAGES = ((16, 7.904), (64, 5.421))
_SHARP = 1.75
_HOPELESS = 6.0
_SAME_ROUNDINGS = 2.0
_SAME_APPROXIMATIONS = 64.0
_NEARBY = 1 / 16

Shares = list[tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """By what factor less 1 a gradient seems to be off, and how far from 0 that may be."""

    excess: float
    limit: float

    @property
    def ok(self) -> bool:
        """Whether a right gradient may seem to be off by so much."""
        return abs(self.excess) <= self.limit


def scale_findings(subject: Subject, way: Way, seed: int) -> tuple[Finding, ...]:
    """Return a wrong finding for every input whose gradient is off by a factor; none in float64, whose bounds see it."""
    form = format_of(next(iter(subject.leaves().values())).dtype)
    if form.precision == FORMATS["float64"].precision:
        return ()
    shares: dict[str, Shares] = {name: [] for name in subject.wrt}
    scales: dict[str, Scale | None] = {}
    points = _nearby(subject, seed)
    for count, quantile in STAGES:
        for near, cotangents in islice(points, count - max(map(len, shares.values()))):
            got = attempted("the backward at a point nearby", subject.wrt, lambda: way(near, cotangents))  # noqa: B023
            if isinstance(got, tuple):
                return got
            for name, share in _shares(subject, near, cotangents, got, form).items():
                shares[name].append(share)
        scales = {name: scale_of(found, quantile, form) for name, found in shares.items()}
        if not any(_worth_more(scale, form) for scale in scales.values()):
            break
    return tuple(
        _finding(name, scale, len(shares[name]), form) for name, scale in scales.items() if scale is not None and not scale.ok
    )


def _worth_more(scale: Scale | None, form: Format) -> bool:
    """Say whether more points would tell the scale sharply, which of a gradient that is 0 but for rounding none would.

    Only the width of the limit counts, not where the mean is: a right gradient gets no second chance to be refused.
    """
    return scale is not None and _SHARP < scale.limit / _least(form) < _HOPELESS


def scale_of(shares: Shares, quantile: float, form: Format) -> Scale | None:
    """Return what pairs of α and β say, or None for less than two, or where one is not finite: elements are judged then."""
    alpha, beta = np.array(shares).reshape(-1, 2).T
    if len(alpha) < 2 or not np.isfinite(shares).all():
        return None
    spread = float(np.std(alpha, ddof=1)) / len(shares) ** 0.5
    more = max(2 * abs(float(np.mean(beta))) - _SAME_ROUNDINGS * form.unit, 0)
    return Scale(float(np.mean(alpha)), quantile * spread + more + _least(form))


def _least(form: Format) -> float:
    """Return what a right gradient may be off by at all points alike, which no number of points makes less."""
    return _SAME_ROUNDINGS * form.unit + _SAME_APPROXIMATIONS * FORMATS[form.sums_in].unit


def _shares(
    subject: Subject, near: Subject, cotangents: Tensors, got: Mapping[str, torch.Tensor | None], form: Format
) -> dict[str, tuple[float, float]]:
    """Return α and β of every input."""
    point = near.point() | dict(zip(subject.cotangents, cotangents, strict=bool(subject.cotangents)))
    factor = 1.0 if subject.cotangents else float(cotangents[0])
    true = float_values(subject.gradient.program, point, FORMATS["float64"])
    plain = float_values(subject.gradient.textbook, point, form)
    outputs = zip(subject.wrt, subject.gradient.program.outputs, subject.gradient.textbook.outputs, strict=True)
    found = {}
    for name, exact, carried_out in outputs:
        value = got[name]
        if value is not None:
            computed = value.detach().cpu().double().resolve_neg().numpy() / factor
            found[name] = _share(computed, true[exact]), _share(plain[carried_out], true[exact])
    return found


def _share(got: np.ndarray, exact: np.ndarray) -> float:
    with np.errstate(all="ignore"):  # what is not finite is seen by who asks
        size = float(np.sum(exact**2))
        return float(np.sum((got - exact) * exact)) / size if size else 0.0


def _nearby(subject: Subject, seed: int) -> Iterator[tuple[Subject, Tensors]]:
    """Return points near that of *subject*, nearer to 0 by a random factor, so that signs stay and probabilities do."""
    generator = torch.Generator().manual_seed(seed)

    def moved(value: torch.Tensor) -> torch.Tensor:
        factors = 1 - _NEARBY * torch.rand(value.shape, generator=generator, dtype=torch.float64)
        return value.detach() * factors.to(dtype=value.dtype, device=value.device)

    for _ in range(STAGES[-1][0]):
        inputs = tuple(
            moved(value).requires_grad_(value.requires_grad) if value.is_floating_point() else value for value in subject.inputs
        )
        held = {name: moved(value) if name in subject.wrt else value for name, value in subject.captured.held.items()}
        near = replace(subject, inputs=inputs, captured=replace(subject.captured, held=held))
        try:
            with torch.no_grad():
                outputs = near.call({name: leaf for name, leaf in near.leaves().items() if name in held})
        except Exception:  # noqa: BLE001  # data that the function refuses, as probabilities whose sum is not 1
            continue
        yield near, tuple(moved(value) for value in _cotangents(subject, outputs, generator))


def _cotangents(subject: Subject, outputs: Tensors, generator: torch.Generator) -> Tensors:
    if not subject.cotangents:
        return tuple(torch.ones_like(output) for output in outputs)
    drawn = (torch.randn(output.shape, generator=generator, dtype=torch.float64) for output in outputs)
    return tuple(number.to(dtype=output.dtype, device=output.device) for number, output in zip(drawn, outputs, strict=True))


def _finding(name: str, scale: Scale, points: int, form: Format) -> Finding:
    note = f"as a factor of the whole gradient, over {points} points nearby, in units of rounding of {form.name}"
    units = abs(scale.excess) / form.unit, scale.limit / form.unit
    return Finding(Place(name), arb(1), 1 + scale.excess, *units, Verdict.WRONG, Kind.WRONG_SCALE, note)
