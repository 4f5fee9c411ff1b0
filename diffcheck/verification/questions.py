"""What is asked of a function's derivatives, mode by mode: drawn directions, the exact values, and what PyTorch gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import torch

from diffcheck.derivation import Gradient
from diffcheck.errors import TangentError
from diffcheck.verification import modes
from diffcheck.verification.alone import choices, holding, labelled, same, some_at_a_time, withholdings, zeroed
from diffcheck.verification.attempting import attempted
from diffcheck.verification.comparison import Truth, compare, refused, truth_of
from diffcheck.verification.findings import Finding
from diffcheck.verification.guarding import guarded, overwritten
from diffcheck.verification.layouts import drawn, real, strided
from diffcheck.verification.linearity import linearity_findings
from diffcheck.verification.modes import Slopes
from diffcheck.verification.orders import Derived, forward, reverse, second, second_forward
from diffcheck.verification.repeats import Judge, asked_per_unit, per_unit
from diffcheck.verification.running import calls_a_function
from diffcheck.verification.subjects import Subject, Tensors
from diffcheck.verification.truths import numbers_of
from diffcheck.verification.verdict import Kind

# What PyTorch says of a function that has no rule for torch.func.vmap, which nobody has to give: not of one that is wrong.
_WITHOUT_VMAP = ("setup_context", "not have vmap support", "vmap:", "numpy", "data pointer", "Batching rule not implemented")


@dataclass(frozen=True)
class Question:
    """A subject with the directions that it is differentiated along, all drawn from *seed*."""

    subject: Subject
    seed: int
    given: Tensors | None = None
    strided: bool = False

    @property
    def gradient(self) -> Gradient:
        return self.subject.gradient

    @cached_property
    def derived_reverse(self) -> Derived:
        return reverse(self.gradient)

    @cached_property
    def derived_forward(self) -> Derived:
        return forward(self.gradient)

    @cached_property
    def derived_second(self) -> Derived:
        return second(self.gradient)

    @cached_property
    def derived_second_forward(self) -> Derived:
        return second_forward(self.gradient)

    @cached_property
    def _values(self) -> Truth:
        return truth_of(self.subject.captured.program, self.subject.point())

    @cached_property
    def _truths(self) -> dict[tuple[object, ...], Truth]:
        return {}

    def cotangents(self, turn: int = 0) -> Tensors:
        """Return a cotangent for every output."""
        with torch.no_grad():
            outputs = self.subject.call({})
        made = self._fitting(outputs) if self.given is not None else drawn(outputs, self.seed + turn)
        if not self.subject.cotangents and self.given is None:
            made = tuple(torch.full_like(output, (1.0, -2.0, 4.0)[turn % 3]) for output in outputs)
        return tuple(strided(value) for value in made) if self.strided else made

    def _fitting(self, outputs: Tensors) -> Tensors:
        """Return the given cotangents, or refuse what fits no output."""
        made = tuple(map(real, self.given or ()))
        wanted = [(tuple(output.shape), output.dtype, output.device) for output in outputs]
        if [_form(value) for value in made] != wanted:
            told = ", ".join(f"{shape} of {dtype} on {device}" for shape, dtype, device in wanted)
            raise TangentError(got="grad_outputs that fit no output", wanted=told, do="give one tensor for each")
        if not self.subject.cotangents and float(made[0]) != 1:
            raise TangentError(
                got=f"the cotangent {float(made[0])} of a single number", wanted="1", do="leave it out: both are linear in it"
            )
        return made

    def directions(self, turn: int) -> dict[str, torch.Tensor]:
        """Return a direction for every name in *wrt*."""
        leaves = self.subject.leaves()
        return dict(zip(leaves, drawn(tuple(leaf.detach() for leaf in leaves.values()), self.seed + 100 + turn), strict=True))

    def reverse(self, nondet_tol: float) -> Iterator[Finding]:
        for turn in range(2):
            cotangents = self.cotangents(turn)
            compute = partial(self._reversed, cotangents)
            yield from self.compared("reverse", self.derived_reverse, compute, cotangents, (), nondet_tol)

    def _reversed(self, cotangents: Tensors) -> Slopes:
        return self._reversed_of(cotangents, self.subject)

    def _reversed_of(self, cotangents: Tensors, subject: Subject) -> Slopes:
        # It is *subject* whose slopes are asked for, and self.subject that knows already whether it has one scalar output.
        return asked_per_unit(self.subject, lambda _, given: modes.reverse(subject, given), cotangents)

    def linearity(self) -> Iterator[Finding]:
        found = linearity_findings(Judge(self.subject, modes.reverse), self.seed)
        yield from (replace(item, note=f"reverse {item.note}") for item in found)

    def recorded(self) -> Iterator[Finding]:
        yield from Judge(self.subject, modes.reverse).recorded(self.seed)

    def undefined(self) -> Iterator[Finding]:
        """Judge reverse mode where some outputs, or all, have no gradient: as if it were zero."""
        found = list(self._some_outputs())
        yield from found
        if not any(item.contradicts for item in found):
            yield from self._no_output()

    def _some_outputs(self) -> Iterator[Finding]:
        cotangents = self.cotangents()
        for undefined, label in withholdings(len(cotangents)):
            compute = partial(modes.reverse, self.subject, cotangents, undefined)
            yield from self.compared(f"reverse {label}", self.derived_reverse, compute, zeroed(cotangents, undefined))

    def _no_output(self) -> Iterator[Finding]:
        cotangents, label = self.cotangents(), "reverse without a gradient of any output"
        every = range(len(cotangents))
        got = attempted(label, self.subject.wrt, lambda: modes.reverse(self.subject, cotangents, every))
        zeros = attempted(label, self.subject.wrt, lambda: modes.reverse(self.subject, zeroed(cotangents, every)))
        if isinstance(got, tuple) or isinstance(zeros, tuple):
            yield from got if isinstance(got, tuple) else ()
            return
        for name, value in got.items():
            # At a pole 0·∞ has no value.
            if value is not None and not same(value, torch.zeros_like(value)) and not _of_nan(value, zeros[name]):
                yield refused(name, Kind.UNKNOWN, f"{label} is not zero")

    def some_inputs_at_a_time(self) -> Iterator[Finding]:
        if len(self.subject.wrt) < 2:
            return
        cotangents = self.cotangents()
        truth = self._truth(self.derived_reverse, self.subject.point() | self._held(cotangents))
        compute = partial(self._reversed_of, cotangents)
        known = attempted("reverse", self.subject.wrt, partial(compute, self.subject))
        yield from some_at_a_time(self.subject, compute, truth, None if isinstance(known, tuple) else known)

    def forward(self) -> Iterator[Finding]:
        found = list(self._along_all())
        yield from found
        if not any(item.contradicts for item in found):
            yield from self._along_some()

    def _along_all(self) -> Iterator[Finding]:
        tangents = self.directions(0)
        yield from self.compared(
            "forward", self.derived_forward, lambda: self.by_output(modes.forward(self.subject, tangents)), None, (tangents,)
        )

    def _along_some(self) -> Iterator[Finding]:
        """Judge forward mode with some inputs moving and the others constant: a jvp gets no tangents of these, or zeros."""
        tangents = self.directions(0)
        for names, _ in choices(self.subject):
            moving = {name: tangents[name] for name in names}
            still = {name: torch.zeros_like(tangent) for name, tangent in tangents.items() if name not in moving}
            compute = partial(modes.forward, holding(self.subject, names), moving)
            label = f"forward along {' and '.join(names)} alone"
            yield from self.compared(
                label,
                self.derived_forward,
                lambda compute=compute: self.by_output(compute()),  # type: ignore[misc]
                None,
                (still | moving,),
            )

    def batched(self) -> Iterator[Finding]:
        batch = [self.cotangents(turn) for turn in range(3)]
        found = attempted("vmap of reverse", self.subject.wrt, lambda: modes.batched(self.subject, batch))
        if isinstance(found, tuple):
            yield from found
            return
        for cotangents, slopes in zip(batch, found, strict=True):
            compute = partial(per_unit, self.subject, slopes, cotangents)
            yield from self.compared("vmap of reverse", self.derived_reverse, compute, cotangents)

    def batched_inputs(self) -> Iterator[Finding]:
        """Judge vmap over inputs, which rules of an autograd.Function's own are for, where there are such rules."""
        batch = [self.cotangents(turn) for turn in range(3)]
        for label, axes in self._axes():
            try:
                found = modes.batched_inputs(self.subject, batch, axes)
            except Exception as error:  # noqa: BLE001  # another's rule raises what it likes
                # An operator of PyTorch's own that works in place fails for some of these, and its gradient is none the worse.
                if self._calls_a_function and not any(sign in str(error) for sign in _WITHOUT_VMAP):
                    yield from attempted(label, self.subject.wrt, partial(_raise, error))
                continue
            for cotangents, (outputs, slopes) in zip(batch[1:], found, strict=True):
                compute = partial(per_unit, self.subject, slopes, cotangents)
                yield from self.compared(label, self.derived_reverse, compute, cotangents)
                yield from (labelled(item, label) for item in self._outputs_compared(outputs))

    @cached_property
    def _calls_a_function(self) -> bool:
        with torch.enable_grad():
            return calls_a_function(self.subject.call(self.subject.leaves()))

    def _outputs_compared(self, outputs: Tensors) -> Iterator[Finding]:
        got = dict(zip(self.subject.captured.program.outputs, outputs, strict=True))
        yield from (item for item in compare(got, self._values) if item.contradicts)

    def _axes(self) -> Iterator[tuple[str, dict[str, int | None]]]:
        """Return along which axis each input is batched: all along the last or the first, or one of several not at all."""
        names = self.subject.wrt
        yield "vmap over inputs along their last axes", dict.fromkeys(names, -1)
        yield "vmap over inputs along their first axes", dict.fromkeys(names, 0)
        for name in names if len(names) > 1 else ():
            yield f"vmap over inputs, {name} the same for all,", {**dict.fromkeys(names, 0), name: None}

    def batched_forward(self) -> Iterator[Finding]:
        batch = [self.directions(turn) for turn in range(3)]
        found = attempted("vmap of forward", self.subject.wrt, lambda: modes.batched_forward(self.subject, batch))
        if isinstance(found, tuple):
            yield from found
            return
        for tangents, values in zip(batch, found, strict=True):
            compute = partial(self.by_output, values)
            yield from self.compared("vmap of forward", self.derived_forward, compute, None, (tangents,))

    def by_output(self, values: Tensors) -> Slopes:
        return dict(zip(self.subject.cotangents or ("output",), values, strict=True))

    def compared(
        self,
        label: str,
        derived: Derived,
        compute: Callable[[], Slopes],
        cotangents: Tensors | None,
        directions: Sequence[Mapping[str, torch.Tensor]] = (),
        nondet_tol: float | None = None,
    ) -> Iterator[Finding]:
        point = self.subject.point() | self._held(cotangents)
        handed = self.subject.handed(cotangents or ())
        got, changes = guarded(handed, lambda: attempted(label, self.subject.wrt, compute))
        yield from overwritten(changes)
        if isinstance(got, tuple):
            yield from got
            return
        for names, values in zip(derived.directions, directions, strict=True):
            point |= {names[name]: value for name, value in values.items()}
        truth = self._truth(derived, point)
        yield from (replace(item, note=" ".join(filter(None, (item.note, label)))) for item in compare(got, truth))
        if nondet_tol is not None:
            again, _ = guarded(handed, lambda: attempted(f"{label}, computed again,", self.subject.wrt, compute))
            yield from again if isinstance(again, tuple) else _unsteady(label, got, again, nondet_tol)

    def _truth(self, derived: Derived, point: Mapping[str, torch.Tensor]) -> Truth:
        """Return the exact values of *derived* at *point*, from memory where they were asked for before."""
        given = {tensor.name: point[tensor.name] for tensor in derived.stable.inputs}
        # Each derivative is kept as long as the question is, so that no other gets its id.
        key = (id(derived), *(numbers_of(name, value) for name, value in given.items()))
        if key not in self._truths:
            self._truths[key] = derived.truth({name: value.detach().clone() for name, value in given.items()})
        return self._truths[key]

    def _held(self, cotangents: Tensors | None) -> dict[str, torch.Tensor]:
        names = self.subject.cotangents
        return dict(zip(names, cotangents or self.cotangents(), strict=True)) if names else {}


def _form(value: Any) -> tuple[Any, ...]:
    return (tuple(value.shape), value.dtype, value.device) if isinstance(value, torch.Tensor) else ()


def _raise(error: Exception) -> tuple[Finding, ...]:
    raise error


def _of_nan(value: torch.Tensor, other: torch.Tensor | None) -> bool:
    """Say whether *value* is zeros but for NaN where *other* has NaN too."""
    return other is not None and bool(((value == 0) | (value.isnan() & other.isnan())).all())


def _unsteady(label: str, first: Slopes, again: Slopes, nondet_tol: float) -> Iterator[Finding]:
    for name, value in first.items():
        other = again.get(name)
        if value is None or other is None or value.shape != other.shape:
            continue  # judged already
        same = (value == other) | (value.isnan() & other.isnan())  # infinities and NaN have no difference
        apart = torch.where(same, 0.0, (value.double() - other.double()).abs())
        if not bool((apart <= nondet_tol).all()):
            note = f"{label} gives another result when computed again, by {float(apart.max()):.3g}"
            yield refused(name, Kind.UNSTEADY, note)
