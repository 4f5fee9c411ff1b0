"""Outside the domain of a function nothing is called wrong, and inside it nothing is passed over."""

import numpy as np
import pytest
import torch

from diffcheck.atlas import VARIANTS, Variant
from diffcheck.atlas.domains import constant, valueless
from diffcheck.atlas.measuring import Measurement, Task
from diffcheck.verification.judging_arrays import KINDS, VERDICTS
from diffcheck.verification.verdict import Kind, Verdict


def program_of(name):
    return Measurement(VARIANTS[name], Task(name, "float64", 1)).program


@pytest.mark.parametrize(
    ("name", "outside", "inside"),
    [
        ("log", (-5e-324, -1.0, -1e308), (0.0, -0.0, 5e-324, np.inf, -np.inf)),  # 0 ends the domain: one side is inside
        ("acosh", (-2.0, 0.0, np.nextafter(1.0, 0.0)), (1.0, 2.0)),
        ("sqrt", (-1e-300,), (0.0, 1.0)),
        ("gammaln", (), (0.0, -1.0, -1.5, 1e305)),
        ("reciprocal", (), (0.0, 1e308)),
    ],
)
def test_functions_of_one_number_have_no_value_outside_their_domain(name, outside, inside):
    points = np.array([*outside, *inside])
    found = valueless(program_of(name), {"input": points}, ("input",), 0)
    assert found.tolist() == [True] * len(outside) + [False] * len(inside)


def test_a_power_of_a_negative_number_has_values_as_the_base_alone_moves():
    point = {"input": np.array([-2.0, -2.0, 2.0]), "input_1": np.array([3.0, 3.5, 3.5])}
    by_base, by_exponent = (valueless(program_of("pow"), point, (name,), 0) for name in ("input", "input_1"))
    assert by_base.tolist() == [False, True, False]
    assert by_exponent.tolist() == [True, True, False]


def test_nothing_is_wrong_where_there_is_no_function_and_an_error_inside_its_domain_is():
    function = Variant("root of something else", lambda x: torch.sqrt(x - 1), "elementary", edges=(1.0,))
    measurement = Measurement(function, Task(function.name, "float64", 1))
    (derivative,) = measurement.derivatives
    points = np.array([-3.0, 0.5, 1.5, 5.0, 10.0])
    slopes = 0.5 / np.sqrt(np.maximum(points - 1, 0.5))  # real numbers below 1 too
    slopes[-1] = 0.0
    (batch,) = measurement.judged(derivative, {measurement.names[0]: points}, {"reverse": slopes})
    told = [(VERDICTS[verdict], KINDS[kind]) for verdict, kind in zip(batch.judged.verdicts, batch.judged.kinds, strict=True)]
    assert told[:2] == [(Verdict.UNDEFINED, Kind.MISSING_NAN)] * 2
    assert {verdict for verdict, _ in told[2:4]} <= {Verdict.EXACT, Verdict.ACCURATE}
    assert told[4] == (Verdict.WRONG, Kind.SPURIOUS_ZERO)


def test_a_mixed_second_derivative_beside_the_domain_is_not_wrong():
    task = Task("xlogy", "float64", 2)
    measurement = Measurement(VARIANTS["xlogy"], task)
    for batch in measurement.batches((np.array([0.0, 0.0, 3.0]), np.array([-0.5, -5e-324, 2.0]))):
        assert batch.judged.count(Verdict.WRONG) == batch.judged.count(Verdict.UNDECIDED) == 0, (batch.mode, batch.name)


def filled_or_not(function):
    """Return the verdicts on PyTorch's slope of *function* at 0 and at 0.5."""
    variant = Variant("own", function, "elementary", edges=(0.0,))
    (batch, *_) = Measurement(variant, Task("own", "float64", 1)).batches([np.array([0.0, 0.5])])
    return [VERDICTS[place] for place in batch.judged.verdicts]


def test_where_the_function_itself_has_no_value_nan_is_no_error_and_where_it_has_one_it_is():
    assert filled_or_not(lambda x: torch.expm1(x) / x)[0] is Verdict.UNDEFINED
    assert filled_or_not(lambda x: torch.where(x != 0, torch.expm1(x) / x, 1.0))[0] is Verdict.WRONG


def test_a_power_of_zero_is_constant_as_its_positive_exponent_moves():
    point = {"input": np.array([0.0, -0.0, 0.0, 0.0, 2.0]), "input_1": np.array([1e-30, 2.5, 0.0, -1.0, 1.0])}
    assert constant(program_of("pow"), point, ("input_1",)).tolist() == [True, True, False, False, False]
    measurement = Measurement(VARIANTS["pow"], Task("pow", "float64", 1))
    found = {batch.mode: batch for batch in measurement.batches(list(point.values())) if batch.name == "input_1"}
    verdicts = {mode: [VERDICTS[place] for place in batch.judged.verdicts[:2]] for mode, batch in found.items()}
    assert verdicts["reverse"] == verdicts["generated"] == [Verdict.EXACT] * 2
    assert all(float(batch.exact[place]) == 0 for batch in found.values() for place in (0, 1))
