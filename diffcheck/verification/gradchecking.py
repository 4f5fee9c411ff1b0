"""`gradcheck` and `gradgradcheck`: the calls of torch.autograd, answered with exact values instead of finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from numbers import Real
from typing import Any

import torch

from diffcheck.errors import IgnoredToleranceWarning, TangentError
from diffcheck.problems.requests import checked_seed
from diffcheck.verification import modes, second_order
from diffcheck.verification.checking import check_outputs, derived_subject, unfaithful
from diffcheck.verification.findings import Finding, Findings
from diffcheck.verification.guarding import guarded, overwritten
from diffcheck.verification.questions import Question
from diffcheck.verification.subjects import Reference, Tensors, with_parts

Function = Callable[..., Any]


def gradcheck(  # noqa: PLR0913  # the arguments of torch.autograd.gradcheck
    fn: Function,
    inputs: torch.Tensor | Sequence[torch.Tensor],
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
    reference: Reference | None = None,
    seed: int = 0,
) -> bool:
    """Say whether the gradients of *fn* at *inputs* are right, as torch.autograd.gradcheck is asked; in every dtype.

    Reverse mode x̄ = Σ_o ō·∂o/∂x is compared with the exact values for drawn ō, twice, so that a result that differs from run
    to run by more than *nondet_tol* is found, for ō far larger and smaller, once with create_graph=True, then with one of
    several inputs requiring grad, or all but one; forward mode ȯ = Σ_x ∂o/∂x·ẋ, along one of several inputs too, and vmap of
    either where asked for; and with *check_undefined_grad* also where the gradients of some of several outputs, or of all, are
    undefined. *eps*, *atol* and *rtol* have no meaning here and are ignored with one warning. Dtypes and shapes are always
    compared, and so is every element: *check_grad_dtypes* and *fast_mode* change nothing. Raises `WrongGradient` that names the
    worst element, or returns False with ``raise_exception=False``.
    """
    question = _question(fn, inputs, reference, seed, masked, nondet_tol, eps=eps, atol=atol, rtol=rtol)
    wanted: list[tuple[bool, Callable[[], Iterator[Finding]]]] = [
        (check_backward_ad, lambda: chain(question.reverse(nondet_tol), question.linearity(), question.recorded())),
        (check_backward_ad, question.some_inputs_at_a_time),
        (check_backward_ad and check_undefined_grad, question.undefined),
        (check_forward_ad, question.forward),
        (check_batched_grad, lambda: chain(question.batched(), question.batched_inputs())),
        (check_batched_forward_grad, question.batched_forward),
    ]
    return _answered(question, [find for asked, find in wanted if asked], raise_exception)


def gradgradcheck(  # noqa: PLR0913  # the arguments of torch.autograd.gradgradcheck
    fn: Function,
    inputs: torch.Tensor | Sequence[torch.Tensor],
    grad_outputs: torch.Tensor | Sequence[torch.Tensor] | None = None,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    check_rev_over_fwd: bool = False,
    check_fwd_over_fwd: bool = False,
    fast_mode: bool = False,
    masked: bool | None = None,
    reference: Reference | None = None,
    seed: int = 0,
) -> bool:
    """Say whether the second derivatives of *fn* at *inputs* are right, as torch.autograd.gradgradcheck is asked.

    Σ_x' ∂x̄/∂x'·u is compared with the exact values for reverse over reverse, forward over reverse and reverse over forward,
    and the second derivative of the outputs along u and ẋ for forward over forward, a mode that torch's own has not. In
    reverse over reverse x̄ is compared too, and *check_undefined_grad* leaves out the gradients of some outputs, and some x̄.
    *check_batched_grad* is of first order and changes nothing here; all else is as in `gradcheck`.
    """
    question = _question(fn, inputs, reference, seed, masked, nondet_tol, eps=eps, atol=atol, rtol=rtol)
    given = None if grad_outputs is None else _tuple_of(grad_outputs)
    question = replace(question, given=given, strided=gen_non_contig_grad_outputs)
    asked = {
        "reverse over reverse": check_rev_over_rev,
        "forward over reverse": check_fwd_over_rev,
        "reverse over forward": check_rev_over_fwd,
        "forward over forward": check_fwd_over_fwd,
    }
    return _answered(question, _of_second_order(question, asked, nondet_tol, undefined=check_undefined_grad), raise_exception)


def _of_second_order(
    question: Question, asked: Mapping[str, bool], nondet_tol: float, *, undefined: bool
) -> list[Callable[[], Iterator[Finding]]]:
    by_inputs = {
        "reverse over reverse": modes.reverse_over_reverse,
        "forward over reverse": modes.forward_over_reverse,
        "reverse over forward": modes.reverse_over_forward,
    }
    finders = [
        partial(second_order.by_inputs, question, label, mode, nondet_tol) for label, mode in by_inputs.items() if asked[label]
    ]
    if asked["forward over forward"]:
        finders.append(partial(second_order.forward_over_forward, question))
    if asked["reverse over reverse"]:
        finders = [partial(second_order.first, question), *finders, partial(second_order.by_both, question)]
        finders += [partial(second_order.of_some, question)] if undefined else []
    return list(finders)


def _warn_of_tolerances(**given: float | None) -> None:
    named = [name for name, value in given.items() if value is not None]
    if named:
        message = f"{', '.join(named)} ignored: the bound is derived, and there is no step"
        warnings.warn(message, IgnoredToleranceWarning, stacklevel=4)


def _refuse(masked: bool | None, nondet_tol: Any) -> None:
    if masked:
        raise TangentError(got="masked=True", wanted="dense tensors", do="check the function of the values alone")
    if not isinstance(nondet_tol, Real) or not float(nondet_tol) >= 0:  # NaN is neither
        got, wanted = f"nondet_tol={nondet_tol!r}", "a number, 0 or more"
        raise TangentError(got=got, wanted=wanted, do="pass by how much two runs may differ")


def _tuple_of(value: Any) -> Tensors:
    return tuple(value) if isinstance(value, Sequence) else (value,)


def _question(  # what both are given alike
    fn: Function,
    inputs: Any,
    reference: Reference | None,
    seed: int,
    masked: bool | None,
    nondet_tol: Any,
    **tolerances: float | None,
) -> Question:
    """Return what is asked, warn of what is ignored, and refuse what has no meaning."""
    _warn_of_tolerances(**tolerances)
    _refuse(masked, nondet_tol)
    seed = checked_seed(seed) % 2**62
    return Question(derived_subject(fn, _tuple_of(inputs), None, reference), seed)


def _answered(question: Question, finders: Sequence[Callable[[], Iterator[Finding]]], raise_exception: bool) -> bool:
    if not finders:
        raise TangentError(got="every mode turned off", wanted="one mode or more", do="turn one on: a check of nothing is none")
    outputs = check_outputs(question.subject)
    if outputs.nothing_compared:
        return _settled(Findings(outputs.items, f"gradient of {question.subject.name}"), raise_exception)
    if any(item.contradicts for item in outputs):
        raise unfaithful(question.subject, outputs)
    found, changes = guarded(question.subject.point(), lambda: [item for find in finders for item in find()])
    items = with_parts(question.subject, found)
    name = question.subject.name
    reproduce = f"dc.check({name}, *inputs) has the other elements of the gradient"
    return _settled(Findings((*items, *overwritten(changes)), f"gradient of {name}", reproduce=reproduce), raise_exception)


def _settled(findings: Findings, raise_exception: bool) -> bool:
    if raise_exception:
        findings.raise_if_wrong()
    return findings.ok
