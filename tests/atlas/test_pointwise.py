"""A function of the user's own is measured only where each element of its output is made of one of the input's alone."""

import pytest
import torch

from diffcheck.atlas import VARIANTS
from diffcheck.atlas.answering import answers
from diffcheck.atlas.measuring import Task
from diffcheck.atlas.pointwise import check_pointwise
from diffcheck.atlas.store import REFUSED
from diffcheck.errors import NotPointwise
from diffcheck.oracle import FORMATS

OTHERS = {
    "scalar": (lambda x: x.sum(), r"shape \(\)"),
    "another shape": (lambda x: torch.stack([x, x]), r"shape \(2, 4\)"),
    "tuple": (lambda x: (x.sin(), x.cos()), "type tuple"),
    "nothing": (lambda _: None, "type NoneType"),
    "meta": (lambda x: x.to("meta"), "device meta"),
    "whole numbers": (lambda x: x.long(), "dtype torch.int64"),
    "complex": (lambda x: x + 1j, "dtype torch.complex64"),
    "cumsum": (lambda x: x.cumsum(0), "depends on the places"),
    "flip": (lambda x: x.flip(0), "depends on the places"),
    "sort": (lambda x: x.sort().values, "depends on the places"),
    "mean": (lambda x: x - x.mean(), "other elements than 0"),
    "places": (lambda x: x * torch.arange(len(x)).to(x), "depends on the places"),
    "one length": (lambda x: x + torch.zeros(4).to(x), "RuntimeError for 7 elements"),
    "chance": (lambda x: x * torch.rand_like(x), "another output for the same input"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_pointwise_is_refused(name):
    function, told = OTHERS[name]
    with pytest.raises(NotPointwise, match=told):
        check_pointwise(function, 1, Task("own:f", "float32"))


def test_the_second_argument_is_looked_at_too():
    with pytest.raises(NotPointwise, match="others than its own"):
        check_pointwise(lambda x, y: x * y.cumsum(0), 2, Task("own:f", "float64"))


@pytest.mark.parametrize("dtype", FORMATS)
def test_every_operator_of_the_atlas_is_pointwise(dtype):
    for variant in VARIANTS.values():
        if variant.name != "float_power" and not variant.name.startswith("float_power("):  # float64 whatever it gets
            check_pointwise(variant.function, variant.arity, Task(variant.name, dtype))


def test_a_refusal_is_the_answer():
    assert {
        (found.status, "shape ()" in found.body["reason"]) for found in answers(Task("own_operators:summed", "float16"))
    } == {(REFUSED, True)}
