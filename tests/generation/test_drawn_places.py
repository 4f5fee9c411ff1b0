"""Whatever places a program reads at: the code generated for it, and for its gradient, agrees with the oracle."""

import numpy as np
import pytest
import torch
from generated_code import as_arrays, as_gradient, assert_sound, derived
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_places import moving_points, moving_programs

from diffcheck.generation import generate
from diffcheck.notation import Role


def arrays_of(program, point, target, dtype):
    whole = program.named(Role.INTEGER)
    arrays = as_arrays({name: value for name, value in point.items() if name not in whole}, target, dtype)
    return arrays | {name: as_whole(point[name], target) for name in whole}


def as_whole(value, target):
    return torch.tensor(value) if target == "torch" else value


@pytest.mark.parametrize("target", ["torch", "numpy"])
@settings(max_examples=12)
@given(data=st.data())
def test_program_and_gradient(target, data):
    program = data.draw(moving_programs())
    gradient = derived(program)
    for wanted in (as_gradient(program), gradient):
        point = data.draw(moving_points(wanted.program))
        module = generate(wanted, target).module()
        for dtype in ("float64", "float32"):
            with np.errstate(all="ignore"):
                assert_sound(module, wanted.program, arrays_of(wanted.program, point, target, dtype), dtype)
