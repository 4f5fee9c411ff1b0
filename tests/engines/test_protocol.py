"""What holds of every registered engine: its words, its results, and that it minds its own business."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from own_problems import shifted, with_two_kinds_of_data, with_unused_parameter, without_any_use

from diffcheck import engines, problems
from diffcheck.engines import registry
from diffcheck.errors import UnusedParameterWarning
from diffcheck.oracle import FORMATS
from diffcheck.problems import problem, to_torch
from diffcheck.verification import as_floats, compare, truth_of

ALL = engines.names(witnesses=True)
CLAIMING = engines.names()
COMPILED = tuple(name for name in ALL if name.startswith("compiled"))
EAGER = tuple(name for name in ALL if name not in COMPILED)
LINE = problem("thermometer")


@pytest.fixture(params=ALL)
def each(request):
    """Return every engine that this machine can run."""
    chosen = engines.engine(request.param)
    reason = chosen.supports(LINE, "float64", "cpu")
    return chosen if reason is None else pytest.skip(reason)


def test_names_are_unique_and_found():
    assert len(set(ALL)) == len(ALL)
    assert set(ALL) - set(CLAIMING) == {"differences"}
    assert all(engines.engine(name).name == name for name in ALL)


@pytest.mark.parametrize("name", ALL)
def test_supports_returns_nothing_or_a_reason(name):
    for chosen in map(problem, problems.names()):
        for dtype in FORMATS:
            for device in ("cpu", "cuda"):
                reason = engines.engine(name).supports(chosen, dtype, device)
                assert reason is None or (isinstance(reason, str) and len(reason) > 10)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("of", problems.names())
@pytest.mark.parametrize("name", EAGER)
def test_the_gradient_has_the_names_shapes_dtypes_and_devices_of_the_parameters(name, of, dtype):
    chosen, known = problem(of), engines.engine(name)
    point = to_torch(chosen.point(1, n=4), dtype)
    if known.supports(chosen, dtype, "cpu") is not None:
        return  # refused: see test_refusals.py
    found = known.gradient(chosen, point)
    assert tuple(found) == chosen.parameters
    for key, value in found.items():
        assert tuple(value.shape) == tuple(point[key].shape)
        assert str(value.dtype).removeprefix("torch.") == dtype
        assert str(getattr(value, "device", "cpu")) == "cpu"
        assert not getattr(value, "requires_grad", False)


def test_a_gradient_has_the_kind_of_the_parameters_in_every_engine(each):
    point = to_torch(LINE.point(1))
    found = each.gradient(LINE, point)
    assert tuple(found) == LINE.parameters
    assert {tuple(value.shape) for value in found.values()} == {()}
    assert {str(value.dtype).removeprefix("torch.") for value in found.values()} == {"float64"}


def test_inputs_that_require_grad_gather_nothing(each):
    point = {name: value.requires_grad_() for name, value in to_torch(LINE.point(2)).items()}
    point["w"].grad = torch.tensor(7.0, dtype=torch.float64)
    plain = {name: value.detach().clone() for name, value in point.items()}
    found = each.gradient(LINE, point)
    assert all(np.array_equal(as_floats(found[name]), as_floats(value)) for name, value in each.gradient(LINE, plain).items())
    assert not any(getattr(value, "requires_grad", False) for value in found.values())
    assert point["w"].grad.item() == 7.0
    assert all(value.grad is None for name, value in point.items() if name != "w")
    assert all(value.requires_grad for value in point.values())


def test_inputs_inside_a_graph_leave_it_usable(each):
    source = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64, requires_grad=True)
    point = {**to_torch(LINE.point(2, n=3)), "x": source**3}
    each.gradient(LINE, point)
    assert source.grad is None
    point["x"].sum().backward()
    assert source.grad.tolist() == [3.0, 12.0, 48.0]


@pytest.mark.parametrize("guard", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_a_surrounding_grad_mode_changes_nothing_and_is_left_as_found(each, guard):
    wanted = each.gradient(LINE, to_torch(LINE.point(3)))
    with guard():
        before = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        found = each.gradient(LINE, to_torch(LINE.point(3)))  # tensors made here are themselves inference tensors
        assert before == (torch.is_grad_enabled(), torch.is_inference_mode_enabled())
    assert all(np.array_equal(as_floats(found[name]), as_floats(wanted[name])) for name in wanted)


@pytest.mark.parametrize("other", [torch.float64, torch.float16])
def test_the_default_dtype_changes_nothing_and_is_left_as_found(each, other):
    if each.name == "differences":
        return  # it refuses float32
    point = to_torch(LINE.point(3), "float32")
    wanted = each.gradient(LINE, point)
    before = torch.get_default_dtype()
    torch.set_default_dtype(other)
    try:
        found = each.gradient(LINE, point)
        assert torch.get_default_dtype() is other
    finally:
        torch.set_default_dtype(before)
    for name, value in wanted.items():
        assert str(found[name].dtype).removeprefix("torch.") == "float32"
        assert np.array_equal(as_floats(found[name]), as_floats(value))


def test_a_view_that_negates_is_read_as_what_it_shows(each):
    point = to_torch(LINE.point(3))
    negated = {**point, "x": torch._neg_view(-point["x"])}
    found, wanted = each.gradient(LINE, negated), each.gradient(LINE, point)
    assert all(np.array_equal(as_floats(found[name]), as_floats(wanted[name])) for name in wanted)


def test_a_parameter_that_the_loss_does_not_read_has_gradient_zero_in_every_engine():
    chosen = with_unused_parameter()
    with pytest.warns(UnusedParameterWarning, match="'u' does not occur in L: its gradient is zero"):
        assert chosen.gradient.wrt == ("w", "u")
    point = to_torch(chosen.point(0))
    truth = truth_of(chosen.gradient, point)
    for name in ALL:
        known = engines.engine(name)
        if known.supports(chosen, "float64", "cpu") is None:
            found = known.gradient(chosen, point)
            assert as_floats(found["u"]).tolist() == [0.0, 0.0, 0.0]
            if name in CLAIMING:
                compare(found, truth).raise_if_wrong()


def test_a_loss_that_reads_no_parameter_at_all_has_gradient_zero():
    chosen = without_any_use()
    with pytest.warns(UnusedParameterWarning):
        assert chosen.gradient.wrt == ("w",)
    point = to_torch(chosen.point(0))
    for name in EAGER:
        if engines.engine(name).supports(chosen, "float64", "cpu") is None:
            assert as_floats(engines.engine(name).gradient(chosen, point)["w"]).tolist() == 0.0


def test_a_loss_may_be_any_callable(each):
    chosen = replace(LINE, loss=partial(LINE.loss), handwritten=partial(LINE.handwritten))
    point = to_torch(LINE.point(1))
    found, wanted = each.gradient(chosen, point), each.gradient(LINE, point)
    assert all(np.array_equal(as_floats(found[name]), as_floats(wanted[name])) for name in wanted)


@pytest.mark.parametrize("name", EAGER)
def test_the_order_in_which_inputs_are_given_does_not_matter(name):
    chosen, known = with_two_kinds_of_data(), engines.engine(name)
    point = to_torch(chosen.point(0))
    wanted = known.gradient(chosen, point)
    turned = known.gradient(chosen, dict(reversed(point.items())))
    assert all(np.array_equal(as_floats(turned[key]), as_floats(wanted[key])) for key in wanted)
    if name in CLAIMING:
        compare(wanted, truth_of(chosen.gradient, point)).raise_if_wrong()


def test_a_workspace_is_not_shared_by_problems_of_one_name_or_by_shapes_in_another_order():
    known = engines.engine("generated-out")
    for chosen in (problem("thermometer"), shifted("thermometer"), problem("thermometer"), with_two_kinds_of_data()):
        for sizes in ({"n": 4}, {"n": 3}, {"n": 4}):
            point = to_torch(chosen.point(0, **sizes))
            compare(known.gradient(chosen, point), truth_of(chosen.gradient, point)).raise_if_wrong()


@pytest.mark.parametrize("name", ["generated", "generated-out", "autograd"])
def test_threads_do_not_write_to_one_another_s_memory(name):
    chosen, known = problem("two-layer-network"), engines.engine(name)
    many = [to_torch(chosen.point(seed, n=256)) for seed in range(8)]
    wanted = [known.gradient(chosen, point) for point in many]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda point: [known.gradient(chosen, point) for _ in range(10)], many))
    for gradients, right in zip(found, wanted, strict=True):
        assert all(torch.equal(gradient[key], right[key]) for gradient in gradients for key in right)


def test_an_engine_can_be_registered(monkeypatch):
    class Mine:
        name = "mine"

        def supports(self, problem, dtype, device):
            return None

        def gradient(self, problem, point):
            return engines.engine("autograd").gradient(problem, point)

    monkeypatch.setattr(registry, "_ENGINES", dict(registry._ENGINES))
    engines.register(Mine())
    assert engines.names()[-1] == "mine"
    assert engines.engine("mine").gradient(LINE, to_torch(LINE.point(0)))
