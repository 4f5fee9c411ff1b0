"""Recording leaves PyTorch as it found it, and sees what was registered since it last looked."""

import pytest
import torch

import diffcheck as dc
from diffcheck.capturing.exporting import exported
from diffcheck.errors import CaptureError

X = torch.tensor([[0.5, -2.0, 0.25]], dtype=torch.float64, requires_grad=True)


def normalized(x):
    return torch.nn.functional.layer_norm(x, (3,))  # which has no row, and is taken apart


def test_pytorchs_look_up_of_operators_is_its_own_again():
    from torch._export import utils

    name = "_materialize_cpp_cia_ops"
    before = getattr(utils, name, None)
    exported(normalized, [X])
    with pytest.raises(CaptureError):
        exported(lambda x: x if x.sum() > 0 else -x, [X])
    assert getattr(utils, name, None) is before


def test_an_operator_registered_after_a_capture_is_taken_apart():
    assert dc.check(normalized, X).ok
    library = torch.library.Library("registered_late", "FRAGMENT")
    library.define("sine(Tensor x) -> Tensor")
    library.impl("sine", lambda x: torch.sin(x) * 2, "CompositeImplicitAutograd")
    assert dc.check(lambda x: torch.ops.registered_late.sine(normalized(x)), X).ok


@pytest.mark.parametrize("enabled", [True, False])
def test_no_mode_is_recorded_that_held_already(enabled):
    with torch.set_grad_enabled(enabled):
        recorded = [str(node.target) for node in exported(torch.tanh, [X]).graph.nodes if node.op == "call_function"]
        assert torch.is_grad_enabled() == enabled
    assert recorded == ["aten.tanh.default"]
