"""A share of a sum of exponentials, which may round to 1, is not subtracted from 1: the other terms are summed instead."""

import numpy as np
import pytest
import torch
from generated_code import as_arrays
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck import capture, derive, exact, generate
from diffcheck.generation.rewriting import rewritten
from diffcheck.verification.orders import second_gradient

LOGITS = st.lists(st.floats(-40, 40), min_size=3, max_size=3)
NAMES = ("x", "y", "z")
FUNCTIONS = {
    "softmax": lambda logits, place: logits.softmax(-1)[..., place],
    "log_softmax": lambda logits, place: logits.log_softmax(-1)[..., place],
    "cross_entropy": lambda logits, place: torch.nn.functional.cross_entropy(
        logits, torch.full(logits.shape[:1], place), reduction="none"
    ),
}
GRADIENTS = {}


def gradient_of(name, place, order):
    """Return the gradient of a function of three logits by the one at its *place*, or the gradient of that gradient."""
    if (name, place, order) not in GRADIENTS:
        ones = [torch.ones(1, dtype=torch.float64) for _ in NAMES]
        program = capture(lambda x, y, z: FUNCTIONS[name](torch.stack((x, y, z), -1), place), *ones)
        gradient = derive(program, NAMES[place])
        GRADIENTS[name, place, order] = gradient if order == 1 else second_gradient(gradient, (NAMES[place],))
    return GRADIENTS[name, place, order]


CASES = [(name, place, order) for name in FUNCTIONS for place, order in ((0, 1), (1, 1), (2, 2))]
ALL_SIGNS = [case for case in CASES if case[0] != "softmax" or case[2] == 1]  # softmax'' is 0 at a share of one half


@pytest.mark.parametrize(("name", "place", "order"), ALL_SIGNS)
@given(logits=LOGITS)
@settings(max_examples=25)
def test_no_digit_is_lost_wherever_the_share_is(name, place, order, logits):
    gradient = gradient_of(name, place, order)
    point = {tensor.name: np.ones(1) for tensor in gradient.program.inputs}
    point |= {one: np.array([logit]) for one, logit in zip(NAMES, logits, strict=True)}
    got = generate(gradient).compile()(**as_arrays({tensor.name: point[tensor.name] for tensor in gradient.program.inputs}))
    wanted = exact(gradient, point).rounded()
    # An exponent of up to 80 is rounded by 80 units: no digit that the arguments have is lost besides.
    np.testing.assert_allclose(got[0].numpy(), next(iter(wanted.values())), rtol=200 * 2.0**-53, atol=0)


@pytest.mark.parametrize(("name", "place", "order"), CASES)
def test_the_rewritten_program_is_equal(name, place, order):
    gradient = gradient_of(name, place, order)
    point = {
        tensor.name: np.array([value])
        for tensor, value in zip(gradient.program.inputs, (0.3, -1.25, 2.5, 0.7, 1.1), strict=False)
    }
    made = rewritten(gradient.program)
    (before,), (after,) = exact(gradient.program, point).values(), exact(made, point).values()
    assert before[0].overlaps(after[0])
    assert before[0].rel_accuracy_bits() > 50
