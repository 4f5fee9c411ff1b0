"""The scale of a gradient: x̄ = s·(exact x̄) with s ≠ 1, seen through rounding errors that would hide it in any one element.

In float32 and narrower formats a bound on every element must allow for the worst of all roundings, which in a network is many
times the error that occurs. Over a whole tensor and several points roundings cancel, and a factor does not. At each of m points
near the given one, with a cotangent drawn anew and the exact gradient computed in float64, let

    α = Σ_i (got_i − exact_i)·exact_i / Σ_i exact_i²,    β the same of the textbook formula carried out in the format.

β shows what the format does to this formula: underflow, branches and largest elements that rounding moves, constants that it
cannot hold. With ρ(β) = max(2·|β|, 2·u) + 64·v for roundings that are the same at all points and for approximations off in one
direction, u the unit roundoff of the format and v that of the format that sums and functions are carried out in, the factor is
wrong if

    |mean α| > t·s/√m + ρ(mean β)                        with m = 16, where that limit is small, or else
    min(|α₍₁₃₎|, |α₍₅₂₎|) > ρ(median β), of one sign      with m = 64, in rising order.

s is the standard deviation of the α, t the quantile of Student's distribution. Either refuses a right gradient with independent
errors once in a million times. The second, the sign test, assumes no normal distribution: where rounding moves a branch or a
largest element at a few points, their α are huge, which widens the mean's limit and leaves the median where it was.
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

_FEW, _STUDENT = 16, 7.904  # points, and the quantile of 15 degrees of freedom, two-sided at 1e-6
_MANY, _RANK = 64, 12  # points, and how many on either side may lie beyond their median, but once in a million times
_SHARP = 1.75
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
    for count, scale_of in ((_FEW, by_mean), (_MANY, by_median)):
        for near, cotangents in islice(points, count - max(map(len, shares.values()))):
            got = attempted("the backward at a point nearby", subject.wrt, lambda: way(near, cotangents))  # noqa: B023
            if isinstance(got, tuple):
                return got
            for name, share in _shares(subject, near, cotangents, got, form).items():
                shares[name].append(share)
        scales = {name: scale_of(found, form) for name, found in shares.items()}
        # Only the width of the limit counts, not where the mean is: a right gradient gets no second chance to be refused.
        if all(scale is None or scale.limit <= _SHARP * _allowed(0.0, form) for scale in scales.values()):
            break
    return tuple(
        _finding(name, scale, len(shares[name]), form) for name, scale in scales.items() if scale is not None and not scale.ok
    )


def by_mean(shares: Shares, form: Format) -> Scale | None:
    """Return what pairs of α and β say by their means; None for less than two, or where one is not finite.

    Elements that are not finite are judged by themselves.
    """
    alpha, beta = _columns(shares)
    if len(alpha) < 2:
        return None
    spread = float(np.std(alpha, ddof=1)) / len(alpha) ** 0.5
    return Scale(float(np.mean(alpha)), _STUDENT * spread + _allowed(float(np.mean(beta)), form))


def by_median(shares: Shares, form: Format) -> Scale | None:
    """Return what pairs of α and β say by their medians; None where there are too few, or one is not finite."""
    alpha, beta = _columns(shares)
    if len(alpha) < _MANY:  # the points nearby that a function refuses
        return by_mean(shares, form)
    median, ordered = float(np.median(alpha)), np.sort(alpha)
    spread = float(max(median - ordered[_RANK], 0) if median > 0 else max(ordered[-1 - _RANK] - median, 0))
    return Scale(median, spread + _allowed(float(np.median(beta)), form))


def _columns(shares: Shares) -> np.ndarray:
    columns = np.array(shares).reshape(-1, 2).T
    return columns if np.isfinite(columns).all() else columns[:, :0]


def _allowed(beta: float, form: Format) -> float:
    """Return how far from 0 a right gradient may be at all points alike."""
    return max(2 * abs(beta), _SAME_ROUNDINGS * form.unit) + _SAME_APPROXIMATIONS * FORMATS[form.sums_in].unit


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

    for _ in range(_MANY):
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
