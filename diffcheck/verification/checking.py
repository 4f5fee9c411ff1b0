"""`check`: is the gradient that PyTorch computes of this function right, here and now?"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch

from diffcheck.capturing.arguments import function_class
from diffcheck.errors import CaptureError, DiffcheckError, TangentError, UnfaithfulCapture, UnknownName, UnusedParameterWarning
from diffcheck.notation.text import equation_text, expression_text
from diffcheck.oracle import format_of
from diffcheck.problems.requests import checked_seed
from diffcheck.verification.comparison import compare, truth_of
from diffcheck.verification.differentiating import WAYS, Way
from diffcheck.verification.findings import Finding, Findings
from diffcheck.verification.guarding import guarded, overwritten
from diffcheck.verification.layouts import drawn, real, strided
from diffcheck.verification.linearity import linearity_findings
from diffcheck.verification.repeats import Judge, outputs_without_graph
from diffcheck.verification.running import called_without_graph
from diffcheck.verification.scaling import scale_findings
from diffcheck.verification.subjects import Reference, Subject, Tensors, subject_of, with_parts
from diffcheck.verification.unchecked import unchecked
from diffcheck.verification.verdict import Kind

_FEW = 16  # elements of the outputs up to which every cotangent is tried
_DRAWN = 3
_CHEAP = ("autograd", "func")  # a way of the caller's own may know all names alone, and torch.compile starts anew for each
_LONGEST_FORMULA, _MOST_EQUATIONS = 300, 24


def check(
    fn: Callable[..., Any],
    *inputs: torch.Tensor,
    wrt: Sequence[str] | str | None = None,
    engine: str | Way = "autograd",
    tangents: str | int | Sequence[Any] = "all",
    reference: Reference | None = None,
    seed: int = 0,
) -> Findings:
    """Return what is right and wrong about x̄ = Σ_o ō·∂o/∂x as PyTorch computes it for *fn* at *inputs*, element by element.

    *fn* is a function of tensors, a module, or anything that calls a `torch.autograd.Function`. It is captured as a program,
    and the program is first compared with the outputs of *fn*. *wrt* names arguments, and parameters as the module names them;
    by default all that require grad. *engine* is "autograd", "func" or "compiled", or a function of (subject, cotangents).

    *tangents* are the cotangents ō of outputs that are no single scalar: "all" is every unit vector of small outputs and three
    drawn ones of large, then one in strided memory and one that is expanded; a number is so many drawn ones; else a sequence,
    each a tensor or one per output. A single scalar gets 1, −2, 0.3 and powers of 2; beside any others goes one drawn ō times
    2^±10, 2^±4 in float16, for which x̄ must be as many times as large. *reference* states what *fn* should
    compute where it cannot be captured, as a kernel: a function of plain PyTorch, a program, the text of one, or a SymPy
    expression in the names of the arguments, applied to each element. Each of several *wrt* is also tried as the only one that
    requires grad, and as the only one that does not, and each of several outputs as the only one with a gradient, or without.
    Raises an error that says so rather than check nothing, and warns of tensors that require grad and are no arguments.
    """
    seed = checked_seed(seed) % 2**62
    way, subject = _way(engine), derived_subject(fn, inputs, wrt, reference)
    forward = check_outputs(subject)
    contradicted = any(item.contradicts for item in forward)
    if contradicted and reference is None:
        raise unfaithful(subject, forward)
    found = list(forward.items if contradicted or forward.nothing_compared else ())
    # Else no cotangent would fit both, or the function has no value whose slope could be asked for.
    if all(item.exact is not None for item in found) and not forward.nothing_compared:
        cotangents = _cotangents(subject, tangents, seed)
        slopes, changes = guarded(subject.point(), lambda: _gradient_findings(subject, way, engine, cotangents, seed))
        found += [*slopes, *overwritten(changes)]
    items, left = with_parts(subject, found), unchecked(subject, warn=wrt is None)
    findings = Findings(items, f"gradient of {subject.name}", reproduce=_reproduce(subject, engine, seed), unchecked=left)
    return findings if findings.ok else replace(findings, formulas=_formulas(subject))


def _gradient_findings(
    subject: Subject, way: Way, engine: str | Way, cotangents: Iterator[tuple[str, Tensors]], seed: int
) -> list[Finding]:
    judge = Judge(subject, way)
    found = [item for label, given in cotangents for item in judge.findings(given, label)]
    found += linearity_findings(judge, seed)
    if Findings(tuple(found)).ok:
        found += scale_findings(subject, way, seed)
    if engine in _CHEAP:
        found += judge.alone(seed)
    if engine == "autograd":
        found += judge.again(seed)
        found += judge.recorded(seed)
        found += judge.undefined(seed)
    return found


def _way(engine: str | Way) -> Way:
    if (isinstance(engine, str) and engine not in WAYS) or not (isinstance(engine, str) or callable(engine)):
        raise UnknownName.among("engine", str(engine), WAYS)
    return WAYS[engine] if isinstance(engine, str) else engine


def derived_subject(
    fn: Callable[..., Any], inputs: Sequence[Any], wrt: Sequence[str] | str | None, reference: Reference | None
) -> Subject:
    """Return what a check of *fn* is about, its gradient derived already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedParameterWarning)  # a gradient of zero is judged like any other
        subject = subject_of(fn, inputs, wrt, reference)
        _ = subject.gradient
    return subject


def check_outputs(subject: Subject) -> Findings:
    """Return the findings on the outputs of the function, against those of its program."""
    program = subject.captured.program
    outputs = _called_once(subject)
    if len(outputs) != len(program.outputs):
        raise TangentError(
            got=f"{len(outputs)} outputs", wanted=f"{len(program.outputs)}, as its program has", do="make the reference fit"
        )
    got = dict(zip(program.outputs, outputs, strict=True))
    return compare(got, truth_of(program, subject.point()), subject=f"outputs of {subject.name}")


def _called_once(subject: Subject) -> tuple[torch.Tensor, ...]:
    """Return the outputs, or refuse a function that overwrites its inputs."""
    given = {name: subject.inputs[place].detach() for name, place in subject.captured.given.items()}
    with torch.no_grad():
        outputs, changes = guarded(given, lambda: called_without_graph(lambda: subject.call({}), subject.name))
    _refuse_overwriting(subject, changes, "")
    _, changes = guarded(subject.point(), lambda: _called_recorded(subject))
    _refuse_overwriting(subject, changes, " where gradients are asked for")
    return outputs


def _called_recorded(subject: Subject) -> None:
    # What raises here is a finding on the gradient, and no error of the check.
    with torch.enable_grad(), suppress(Exception):
        subject.call(subject.leaves())


def _refuse_overwriting(subject: Subject, changes: Mapping[str, str], when: str) -> None:
    if changes:
        raise CaptureError(
            got=f"a function that overwrites {', '.join(sorted(changes))}{when}",
            wanted="one that leaves its inputs alone",
            do="work on a clone",
            place=subject.name,
        )


def unfaithful(subject: Subject, forward: Findings) -> UnfaithfulCapture:
    """Return the refusal to judge by a program that gives other outputs than the function."""
    cast = any(item.kind is Kind.WRONG_DTYPE for item in forward)  # torch.export records no autocast
    return UnfaithfulCapture(
        got=f"{forward.worst} where the captured program says otherwise",
        wanted="a program that computes what the function computes",
        do=f"{'cast by hand in the place of torch.autocast' if cast else 'report it'}, or state the function with reference=",
        place=subject.name,
    )


def _cotangents(subject: Subject, tangents: Any, seed: int) -> Iterator[tuple[str, tuple[torch.Tensor, ...]]]:
    """Return the cotangents to try, each with what a finding calls it."""
    outputs = outputs_without_graph(subject)
    if not subject.cotangents:
        yield "", ()
        return
    size = sum(output.numel() for output in outputs)
    if isinstance(tangents, str) and tangents == "all" and size <= _FEW:
        yield from _units(outputs)
        yield from _in_other_memory(outputs, seed)
    elif isinstance(tangents, int) or (isinstance(tangents, str) and tangents == "all"):
        count = tangents if isinstance(tangents, int) else _DRAWN
        if count < 1:
            raise TangentError(got=f"tangents={tangents}", wanted="one or more", do="pass a positive number, or 'all'")
        yield from ((f"for the cotangent of seed {turn}", drawn(outputs, turn)) for turn in range(seed, seed + count))
        if isinstance(tangents, str):
            yield from _in_other_memory(outputs, seed)
    elif isinstance(tangents, str) or not isinstance(tangents, Sequence) or not len(tangents):
        raise TangentError(got=f"tangents={tangents!r}", wanted="'all', a number, or tensors", do="pass one of these")
    else:
        for turn, given in enumerate(tangents):
            yield f"for cotangent {turn}", _fitted(given, outputs)


def _units(outputs: Sequence[torch.Tensor]) -> Iterator[tuple[str, tuple[torch.Tensor, ...]]]:
    for place, output in enumerate(outputs):
        for element in range(output.numel()):
            made = [torch.zeros_like(other, memory_format=torch.contiguous_format) for other in outputs]
            made[place].view(-1)[element] = 1
            index = ", ".join(str(int(i)) for i in torch.unravel_index(torch.tensor(element), output.shape))
            yield f"for ∂output{place if len(outputs) > 1 else ''}[{index}]", tuple(made)


def _in_other_memory(outputs: Sequence[torch.Tensor], seed: int) -> Iterator[tuple[str, tuple[torch.Tensor, ...]]]:
    """Return cotangents that are not contiguous: a backward may not count on memory that it did not make."""
    # The axes are reversed beside: with gaps alone, view(-1) would still find one axis through all elements.
    made = drawn(outputs, seed)
    moved = (strided(value.movedim(0, -1)).movedim(-1, 0) if value.dim() > 1 else strided(value) for value in made)
    yield "for a strided cotangent", tuple(moved)
    yield (
        "for an expanded cotangent",
        tuple(torch.ones_like(output[(0,) * output.dim()]).expand(output.shape) for output in outputs),
    )


def _fitted(given: Any, outputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    made = tuple(map(real, given if isinstance(given, Sequence) else (given,)))
    fits = len(made) == len(outputs) and all(
        isinstance(value, torch.Tensor)
        and (value.shape, value.dtype, value.device) == (output.shape, output.dtype, output.device)
        for value, output in zip(made, outputs, strict=True)
    )
    if not fits:
        wanted = ", ".join(f"{tuple(output.shape)} of {output.dtype} on {output.device}" for output in outputs)
        raise TangentError(got="a cotangent that fits no output", wanted=wanted, do="give one tensor for each output")
    return made


def _formulas(subject: Subject) -> dict[str, str]:
    """Return a formula for each gradient: the closed form where it is short, else the last equation of its program."""
    return {name: _formula(subject, name) for name in subject.wrt}


def _formula(subject: Subject, name: str) -> str:
    gradient = subject.gradient
    # A closed form put together of many equations can grow without end, and nobody would read it.
    with suppress(DiffcheckError):  # there is none of reads at computed places, products, largest elements
        text = expression_text(gradient.closed_form(name)) if len(gradient.program.equations) <= _MOST_EQUATIONS else ""
        if 0 < len(text) <= _LONGEST_FORMULA:
            return text
    program = gradient.program
    return equation_text(program.equation(gradient.adjoints[name]), program.tensors)


def _reproduce(subject: Subject, engine: object, seed: int) -> str:
    form = format_of(next(iter(subject.leaves().values())).dtype).name
    given = {name: list(subject.inputs[place].shape) for name, place in subject.captured.given.items()}
    shapes = ", ".join(f"{name} of shape {shape}" for name, shape in given.items())
    function = f"{subject.name}.apply" if function_class(subject.function) else subject.name
    call = f"diffcheck.check({function}, {', '.join(given)}, wrt={subject.wrt}, engine={engine!r}, seed={seed})"
    return f"repeat it with {call}, {shapes} in {form}"
