"""What is tried beside the points: special inputs, all places of tensors, and the neighbours of the worst input."""

import math

import numpy as np
import pytest
import torch

from diffcheck.atlas import VARIANTS, Variant
from diffcheck.atlas.answering import answers
from diffcheck.atlas.measuring import Measurement, Task
from diffcheck.atlas.ordinals import ordinals, values_at
from diffcheck.atlas.points import all_values
from diffcheck.atlas.positions import disagreements
from diffcheck.atlas.searching import Search, neighbours
from diffcheck.atlas.specials import specials, tends_to
from diffcheck.atlas.store import DONE, REFUSED
from diffcheck.oracle import FORMATS, ordinal

TENDING = [
    ("tanh", 0.0, 0.0),
    ("relu", 1.0, 0.0),
    ("square", math.inf, -math.inf),
    ("log", 0.0, 0.0),
    ("gelu", 1.0, 0.0),
    ("sin", None, None),
    ("exp", math.inf, 0.0),
    ("gammaln", math.inf, None),
    ("div(x, 3)", 1 / 3, 1 / 3),
    ("softsign", 0.0, 0.0),
]


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_places_on_the_number_line_and_values_are_each_others_inverse(form):
    places = np.unique(np.random.default_rng(0).integers(-(2**14), 2**14, 500))
    assert ordinals(values_at(places, form), form).tolist() == places.tolist()
    assert [ordinal(float(value), form) for value in values_at(places, form)] == places.tolist()
    assert values_at(np.array([(1 << 63) - 1]), form)[0] == form.largest


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_every_value_of_a_format_has_a_place_of_its_own(dtype):
    values = all_values(FORMATS[dtype])
    places = ordinals(values, FORMATS[dtype])
    assert (np.diff(places[values != 0]) > 0).sum() == np.count_nonzero(values) - 1
    assert (values_at(places, FORMATS[dtype]) == values).all()


@pytest.mark.parametrize(("name", "above", "below"), TENDING)
def test_what_a_derivative_tends_to(name, above, below):
    (derivative,) = Measurement(VARIANTS[name], Task(name, "float64")).derivatives
    for sign, wanted in ((1, above), (-1, below)):
        found = tends_to(derivative, sign)
        assert found == wanted if wanted is None else found == pytest.approx(wanted)


def test_a_nan_of_pytorchs_where_the_derivative_tends_to_a_number_is_a_fault():
    found = {(one.mode, one.at): one.fault for one in specials(Measurement(VARIANTS["gelu"], Task("gelu", "float64")))}
    assert found["reverse", math.inf] == "spurious NaN"
    tame = specials(Measurement(VARIANTS["tanh"], Task("tanh", "float64")))
    assert {one.fault for one in tame} == {""}
    assert len(tame) == 9


class Uneven(torch.autograd.Function):
    """x, with a slope of 1 that is 2 at the last place of a long tensor."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        slope = grad.clone()
        if len(slope) > 8:
            slope[-1] *= 2
        return slope


def test_a_slope_that_depends_on_its_place_is_found():
    measurement = Measurement(Variant("uneven", Uneven.apply, "own"), Task("uneven", "float32"))
    like = torch.zeros(1)
    (found,) = disagreements(measurement.ways["reverse"], [(3.0,)], measurement.names, like)
    assert (found.got, found.other, found.gross) == (1.0, 2.0, True)
    assert found.elsewhere == "place 8 of 9, contiguous"
    assert disagreements(measurement.ways["generated"], [(3.0,), (math.nan,)], measurement.names, like) == []


class Bump(torch.autograd.Function):
    """x, with a slope of 1 that is off at a few numbers in a row and worse the nearer to the one in their middle."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        near = (1 - (x - 1.625).abs() * 2.0**10).clamp(min=0)
        return grad * (1 + near)


def test_the_search_climbs_to_the_worst_input():
    measurement = Measurement(Variant("bump", Bump.apply, "own"), Task("bump", "float32"))
    search = Search(measurement)
    for batch in measurement.batches([np.array([0.5, 1.625 - 2.0**-11, 3.0])]):
        search.see(batch)
    start = max(search.worst["reverse"].values())
    for _ in search.rounds(40):
        pass
    assert max(search.worst["reverse"].values()) > 1.9 * start
    assert not search.worst["generated"]


def test_neighbours_are_values_of_the_format_on_both_sides():
    found = list(neighbours((1.0, -2.0), FORMATS["bfloat16"]))
    assert (math.nextafter(1.0, 2), -2.0) not in found
    assert {(1.0078125, -2.0), (0.99609375, -2.0), (1.0, -2.015625)} <= set(found)


def test_an_answer_has_all_that_the_pages_show():
    found = answers(Task("clamp(min=0)", "float16"))
    assert [answer.status for answer in found] == [DONE] * 3
    for answer in found:
        body = answer.body
        assert body["exhaustive"]
        assert body["points"] == sum(body["verdicts"].values()) == 63_488
        assert body["positions"]["tried"] > 20
        assert len(body["specials"]) == 3
    assert "torch" in found[-1].body["sources"][0]
    assert found[-1].body["equations"]


def test_what_is_refused_is_an_answer():
    found = answers(Task("operator:index", "float32"))
    assert {answer.status for answer in found} == {REFUSED}


def test_only_what_pytorch_accepts_is_tried():
    (answer, *_) = answers(Task("binary_cross_entropy(target=0.3)", "float16"))
    assert answer.status == DONE, answer.body
    assert answer.body["points"] == 15_362  # 0 and −0, and what lies up to 1
    assert not answer.body["specials"]


def test_code_is_not_measured_alone():
    assert {answer.status for answer in answers(Task("erfcx", "bfloat16"))} == {REFUSED}
