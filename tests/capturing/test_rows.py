"""Every row of the registry, called as torch.export calls it: its value is PyTorch's, and its derivative that of differences.

The difference is of the primal program, in balls of 4000 bits, and never saw the derivation.
"""

import warnings
from contextlib import suppress
from functools import reduce, wraps

import numpy as np
import pytest
import torch
from capturing import (
    row_cases_complex,
    row_cases_matrices,
    row_cases_pointwise,
    row_cases_reading,
    row_cases_special,
    row_cases_sums,
)
from capturing.row_cases import at, call, whole, x
from derivation.witnesses import difference_gap
from sympy import Integer, Rational

import diffcheck as dc
import diffcheck.capturing.capture  # which registers the rows
from diffcheck.capturing.arrays import Builder
from diffcheck.capturing.complex_numbers import COMPLEX_ROWS, PARTWISE
from diffcheck.capturing.rows import REFUSED, ROWS
from diffcheck.derivation import derive
from diffcheck.errors import CaptureError, UnusedParameterWarning
from diffcheck.notation import Program, Role, Tensor, read
from diffcheck.notation.functions import tanh
from diffcheck.notation.selection import detach
from diffcheck.verification.checking import check_outputs
from diffcheck.verification.subjects import subject_of

SAME = 1e-100

CASES = {
    f"aten.{name}" if name.count(".") == 1 else name: calls
    for table in (row_cases_pointwise, row_cases_special, row_cases_reading, row_cases_sums, row_cases_matrices)
    for name, calls in table.CASES.items()
}
COMPLEX_CASES = {name: row_cases_complex.parted(CASES[name], places) for name, places in PARTWISE.items() if name in CASES}
COMPLEX_CASES |= {f"aten.{name}": calls for name, calls in row_cases_complex.OWN.items()}

# No graph that torch.export records holds these: it writes them as others, or PyTorch refuses them.
UNSEEN = {
    "aten._conj.default": call(x(3)),
    "aten.lift_fresh.default": call(x(3)),
    "aten.to.dtype": call(whole(1, 2), torch.float64),
}
COMPLEX_UNSEEN = {f"aten.{name}": case for name, case in row_cases_complex.UNSEEN.items()}
NEVER_ASKED = [
    pytest.param(name, rows, case, id=f"{kind} {name}")
    for kind, rows, table in (("real", ROWS, UNSEEN), ("complex", COMPLEX_ROWS, COMPLEX_UNSEEN))
    for name, case in table.items()
]
# What a release of PyTorch does otherwise, by the start of its version.
OTHERWISE = {
    "2.6.": {
        "aten.add.Scalar": "its add.Scalar cannot be called with what its signature says",
        "aten.sub.Scalar": "its sub.Scalar cannot be called with what its signature says",
        "aten.hardswish.default": "its slopes at -3 and 3 are those of the other branches",
        "aten.to.dtype": "it records casts as they are",
        "torch_nn._linear_cross_entropy_batch_chunked.default": "it has no such operator",
        "torch_nn._linear_cross_entropy_batch_chunked_no_reduction.default": "it has no such operator",
        "with_effects": "it records no effects",
    },
    "2.14.": {"aten.cholesky.default": "it has no such operator"},
}
OTHERS = {
    name: told for start, table in OTHERWISE.items() if torch.__version__.startswith(start) for name, told in table.items()
}
OWN_ROWS = {name for name, row in ROWS.items() if row.__module__.startswith("diffcheck.")}  # other tests register theirs


def operator_of(name):
    """Return the operator that a row's name stands for; those of no public namespace are called through others."""
    return reduce(getattr, name.split("."), torch.ops) if name.startswith("aten.") else None


def leaves(value):
    """Return the tensors in *value*, in order."""
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in leaves(part)]
    if isinstance(value, dict):
        return leaves(list(value.values()))
    return [value] if isinstance(value, torch.Tensor) else []


def filled(value, given):
    """Return *value* with its tensors taken from the iterator *given*."""
    if isinstance(value, (list, tuple)):
        return type(value)(filled(part, given) for part in value)
    if isinstance(value, dict):
        return {name: filled(part, given) for name, part in value.items()}
    return next(given) if isinstance(value, torch.Tensor) else value


def function_of(name, case):
    """Return the call as a function of its tensors, with real outputs in float64, and the tensors.

    Where none of them has a derivative, the outputs are multiplied by one more input.
    """
    operator, inputs = operator_of(name), leaves((case.args, case.named))
    real = any(value.is_floating_point() or value.is_complex() for value in inputs)

    def function(*values):
        given = iter(values)
        args, named = filled(case.args, given), filled(case.named, given)
        made = operator(*args, **named) if case.through is None else case.through(operator, *args, **named)
        outputs = list(made) if isinstance(made, (list, tuple)) else [made]
        chosen = outputs if case.take is None else [outputs[place] for place in case.take]
        chosen = [part if part.is_complex() or part.dtype is torch.float64 else part.to(torch.float64) for part in chosen]
        return tuple(chosen) if real else tuple(part * values[-1] for part in chosen)

    return function, inputs if real else [*inputs, x()]


def loss_of(program):
    """Return the program of Σ w·output over all outputs, where each w is an input."""
    build = Builder({tensor.name for tensor in program.inputs} | {equation.target for equation in program.equations})
    build.stem = "loss"
    shapes = {equation.target: tuple(i.extent for i in equation.indices) for equation in program.equations}
    weights = [Tensor(f"w_{place}", shapes[name], Role.DATA) for place, name in enumerate(program.outputs)]
    pairs = list(zip(weights, program.outputs, strict=True))
    parts = [
        build.define((), lambda _, bound, w=weight.name, of=output: read(w, bound) * read(of, bound), shapes[output])
        for weight, output in pairs
    ]
    loss = build.define((), lambda *_: sum(part.at(()) for part in parts))
    return Program((*program.inputs, *weights), (*program.equations, *build.equations), (loss.name,)), weights


def gap_of(subject):
    """Return how far the derivative along a drawn direction is from the central difference, in 4000 bits."""
    program, weights = loss_of(subject.captured.program)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedParameterWarning)
        gradient = derive(program, subject.wrt)
    drawn = np.random.default_rng(7).standard_normal
    point = {name: value.numpy() for name, value in subject.point().items()}
    point |= {weight.name: np.asarray(drawn(list(map(int, weight.extents)))) for weight in weights}
    direction = {name: np.asarray(drawn(point[name].shape)) for name in subject.wrt}
    return difference_gap(program, gradient.program, subject.wrt, point, direction, {})


def watched(rows, name, row, monkeypatch):
    """Put *row* in the place of that of *name*, and return the list of the times that it is called."""
    used = []

    @wraps(row)
    def spy(*args, **named):
        used.append(name)
        return row(*args, **named)

    monkeypatch.setitem(rows, name, spy)
    return used


def skip_others(name):
    """Skip the test of a row whose operator this release of PyTorch has not, or has otherwise."""
    if name in OTHERS:
        pytest.skip(f"torch {torch.__version__}: {OTHERS[name]}")


def check_row(name, case, rows, monkeypatch, row=None):
    """Check that the row is used, that its outputs are PyTorch's, and that its derivative is that of differences.

    At a kink the derivative is that of PyTorch, within the interval that the convention states.
    """
    used = watched(rows, name, row or rows[name], monkeypatch)
    function, inputs = function_of(name, case)
    subject = subject_of(function, inputs, None, None)
    assert used, f"{name} is taken apart before its row is asked"
    findings = check_outputs(subject)
    assert findings.ok, findings.table(5)
    if not case.kink:
        assert gap_of(subject) < SAME
    elif any(output.requires_grad for output in function(*inputs)):
        findings = dc.check(function, *inputs, tangents=1)
        assert findings.ok, findings.table(5)


@pytest.mark.parametrize("name", sorted(CASES))
def test_value_and_derivative(name, monkeypatch):
    assert CASES[name]
    skip_others(name)
    for case in CASES[name]:
        check_row(name, case, ROWS, monkeypatch)


@pytest.mark.parametrize("name", sorted(COMPLEX_CASES))
def test_complex_value_and_derivative(name, monkeypatch):
    assert COMPLEX_CASES[name]
    skip_others(name)
    for case in COMPLEX_CASES[name]:
        check_row(name, case, COMPLEX_ROWS, monkeypatch)


REFUSING = {name: "random" for name, row in ROWS.items() if row in REFUSED} | {"aten._local_scalar_dense.default": "number"}


@pytest.mark.parametrize("name", sorted(REFUSING))
def test_a_row_that_refuses_does_so_whatever_it_is_given(name):
    with pytest.raises(CaptureError, match=REFUSING[name]):
        ROWS[name](Builder(set()), None)


@pytest.mark.parametrize(("name", "rows", "case"), NEVER_ASKED)
def test_a_row_without_a_case_is_never_asked(name, rows, case, monkeypatch):
    skip_others(name)
    used = watched(rows, name, rows[name], monkeypatch)
    with suppress(CaptureError):  # PyTorch has no conjugate of real numbers as an operator
        subject_of(*function_of(name, case), None, None)
    assert not used


def test_every_row_is_of_an_operator_that_there_is():
    for name in sorted(name for name in OWN_ROWS if name.startswith("aten.") and name not in OTHERS):
        _, packet, overload = name.split(".")
        assert overload in getattr(torch.ops.aten, packet).overloads(), name


def test_every_row_has_a_case():
    """A new row fails here until it has one, or is named above with the reason why not."""
    assert sorted(OWN_ROWS - set(CASES) - set(REFUSING) - set(UNSEEN)) == []
    unknown = {name for name in PARTWISE if name not in ROWS}  # refused, as the real row would do the work
    assert sorted(set(COMPLEX_ROWS) - set(COMPLEX_CASES) - set(COMPLEX_UNSEEN) - unknown) == []


def test_every_case_has_a_row():
    assert sorted((set(CASES) | set(UNSEEN)) - set(ROWS)) == []
    assert sorted((set(COMPLEX_CASES) | set(COMPLEX_UNSEEN)) - set(COMPLEX_ROWS)) == []


TANH = call(at(-0.5, 0.3))
FAULTS = {
    "a value that is wrong by 1e-12": lambda build, u: build.pointwise(lambda a: tanh(a) * (1 + Rational(1, 10**12)), u),
    "a derivative that is wrong": lambda build, u: build.pointwise(lambda a: detach(tanh(a)), u),
    "a derivative that is wrong by 1e-12": lambda build, u: build.pointwise(lambda a: tanh(a) + (a - detach(a)) / 10**12, u),
    "the shape": lambda build, u: build.pointwise(
        tanh, build.define((*u.extents, Integer(2)), lambda places, _: u.at(places[:1]))
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_row_is_caught(fault, monkeypatch):
    with pytest.raises(AssertionError):
        check_row("aten.tanh.default", TANH, ROWS, monkeypatch, FAULTS[fault])


def test_a_row_that_is_not_asked_is_caught(monkeypatch):
    with pytest.raises(AssertionError, match="taken apart"):
        check_row("aten.to.dtype", call(x(3), torch.complex128), ROWS, monkeypatch)
