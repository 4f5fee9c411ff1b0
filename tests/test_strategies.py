"""The public strategies draw leaves in any memory and hostile values, shrink to small ones, and refuse what draws nothing."""

import math

import pytest
import torch
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

import diffcheck as dc
from diffcheck import strategies
from diffcheck.errors import DiffcheckError, StrategyError, UnknownName, UnsupportedDtype
from diffcheck.oracle import FORMATS
from diffcheck.strategies.values import remarkable

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
LAYOUTS = ("plain", "strided", "offset", "column-major", "expanded")


@QUICK
@given(data=st.data(), layout=st.sampled_from(LAYOUTS))
def test_a_tensor_is_a_leaf_of_what_was_asked_for(data, layout):
    kind, shape = data.draw(strategies.dtypes(complex_too=True)), data.draw(strategies.shapes(min_side=0))
    tracked = data.draw(st.booleans())
    value = data.draw(strategies.tensors(shape, kind, requires_grad=tracked, layout=layout))
    assert value.is_leaf
    assert value.requires_grad is tracked
    assert (value.dtype, tuple(value.shape), value.grad) == (kind, shape, None)
    assert torch.isfinite(torch.view_as_real(value) if kind.is_complex else value).all()


@QUICK
@given(data=st.data(), layout=st.sampled_from(LAYOUTS))
def test_gradients_arrive_in_a_leaf_of_any_memory(data, layout):
    value = data.draw(strategies.tensors(strategies.shapes(), layout=layout))
    (2 * value).sum().backward()
    assert torch.equal(value.grad, torch.full_like(value, 2.0))


MEMORY = {
    "strided": lambda x: x.stride(-1) == 2,
    "offset": lambda x: x.storage_offset() == 1,
    "column-major": lambda x: x.stride(0) == 1 and not x.is_contiguous(),
    "expanded": lambda x: 0 in x.stride(),
}


@pytest.mark.parametrize("layout", MEMORY)
def test_a_layout_is_what_it_is_called(layout):
    value = find(strategies.tensors((2, 3), layout=layout), lambda x: True)
    assert MEMORY[layout](value)
    assert MEMORY[layout](find(strategies.tensors((2, 3)), MEMORY[layout]))  # each turns up where none is named


def test_an_expanded_tensor_may_be_one_element_throughout():
    assert find(strategies.tensors((2, 3)), lambda x: x.stride() == (0, 0)).untyped_storage().nbytes() >= 8


@pytest.mark.parametrize("dtype", FORMATS)
@QUICK
@given(data=st.data())
def test_elements_belong_to_the_format(dtype, data):
    most = data.draw(st.none() | st.sampled_from([0.25, 1.0, 5.0, 1e4]))
    value = data.draw(strategies.elements(dtype, most=most))
    kept = torch.tensor(value, dtype=torch.float64).to(getattr(torch, dtype))
    assert float(kept) == value
    assert abs(value) <= (FORMATS[dtype].largest if most is None else most)


@pytest.mark.parametrize("dtype", FORMATS)
def test_remarkable_numbers_turn_up_with_both_signs(dtype):
    form = FORMATS[dtype]
    ulp = 2.0 ** (1 - form.precision)
    for wanted in (form.tiny, -form.tiny, 2.0**form.least, form.largest, 6.0, 1 + ulp, 1 - ulp / 2, 17.0):
        assert wanted in (value * sign for value in remarkable(form, form.largest) for sign in (1, -1))
        assert find(strategies.elements(dtype), lambda value, wanted=wanted: value == wanted, settings=FINDING) == wanted
    zero = find(strategies.elements(dtype), lambda value: value == 0 and math.copysign(1, value) < 0, settings=FINDING)
    assert math.copysign(1, zero) == -1


FINDING = settings(max_examples=20_000, database=None, deadline=None)


def test_ties_and_cancelling_neighbours_turn_up_among_large_values():
    drawn = strategies.tensors((2,), "float32", layout="plain", requires_grad=False)
    tied = find(drawn, lambda x: bool(x[0] == x[1]) and abs(float(x[0])) > 10, settings=FINDING)
    assert tied[0] == tied[1]
    near = find(drawn, lambda x: bool(x[0] != -x[1]) and 0 < float((x[0] + x[1]).abs() / x[0].abs()) < 1e-6, settings=FINDING)
    assert near[0] != -near[1]


def test_failures_shrink_to_small_whole_numbers_in_plain_memory():
    value = find(strategies.tensors(strategies.shapes(max_dims=2)), lambda x: x.numel() > 1 and bool((x > 0).any()))
    assert sorted(value.flatten().tolist()) in ([0.0, 1.0], [1.0, 1.0])
    assert value.is_contiguous()


@QUICK
@given(st.data())
def test_shapes_that_are_drawn_together_broadcast(data):
    count = data.draw(st.integers(1, 4))
    together = data.draw(strategies.broadcastable_shapes(count, min_side=0))
    assert len(together) == count
    torch.broadcast_shapes(*together)


def test_empty_shapes_are_drawn_where_asked_for():
    assert 0 in find(strategies.shapes(min_side=0), lambda shape: 0 in shape)
    with pytest.raises(NoSuchExample):
        find(strategies.shapes(), lambda shape: 0 in shape, settings=settings(max_examples=50))


@QUICK
@given(st.data())
def test_cotangents_fit_the_outputs(data):
    outputs = (torch.zeros(2, 3, dtype=torch.bfloat16), torch.zeros((), dtype=torch.complex64), torch.zeros(0))
    for output, slope in zip(outputs, data.draw(strategies.cotangents(outputs)), strict=True):
        assert (slope.shape, slope.dtype, slope.requires_grad) == (output.shape, output.dtype, False)


def test_expanded_and_strided_cotangents_turn_up():
    drawn = strategies.cotangents(torch.zeros(2, 3))
    assert find(drawn, lambda slope: slope.stride() == (0, 0)).shape == (2, 3)
    assert find(drawn, lambda slope: slope.stride(-1) == 2).shape == (2, 3)


PROGRAMS = [
    "parameter w[n]; data x[m, n]; p[i] = Σ_j w[j]*x[i,j]",
    "parameter E[k, 2]; integer t[n]; p[i,j] = E[t[i],j]",
    "data x[n, c]; integer t[n]; L = Σ_{i,j} delta(j, t[i])*x[i,j]",
    "data z[2*k + 1]; p = Σ_i z[i]",
]


@pytest.mark.parametrize("text", PROGRAMS)
@QUICK
@given(data=st.data())
def test_a_point_of_a_program_has_a_value(text, data):
    program = dc.parse(text)
    point = data.draw(strategies.points(program, "float32", layouts=("strided", "expanded")))
    assert tuple(point) == tuple(tensor.name for tensor in program.inputs)
    (value,) = dc.exact(program, point).values()
    assert value.size


def test_elements_of_a_point_are_those_asked_for():
    program = dc.parse("data x[n]; p[i] = log(x[i])")
    drawn = strategies.points(program, elements=st.floats(0.5, 2.0))
    with pytest.raises(NoSuchExample):
        find(drawn, lambda point: bool((point["x"] < 0.5).any()), settings=settings(max_examples=50))


def test_users_elements_are_rounded_to_the_dtype():
    drawn = strategies.tensors((1,), "bfloat16", elements=st.just(1 / 3))
    assert find(drawn, lambda x: True).item() == float(torch.tensor(1 / 3, dtype=torch.bfloat16))


@settings(max_examples=5, deadline=None, phases=[Phase.generate])
@given(x=strategies.tensors((2, 2), "float32", elements=strategies.elements("float32", most=30.0)))
def test_the_gradient_of_tanh_is_right_at_whatever_is_drawn(x):
    dc.check(lambda x: x.tanh(), x).raise_if_wrong()


def test_a_wrong_gradient_at_a_kink_is_found():
    class Relu(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.relu()

        @staticmethod
        def backward(ctx, slope):
            return slope * (ctx.saved_tensors[0] > -1e-30)

    drawn = strategies.tensors((1,), layout="plain")
    few = settings(max_examples=300, database=None, deadline=None, phases=[Phase.generate])
    assert find(drawn, lambda x: bool(x.abs() < 1e-30) and not dc.check(Relu.apply, x).ok, settings=few).item() <= 0


BAD = [
    (lambda: strategies.tensors(shape=(2, -1)), StrategyError),
    (lambda: strategies.tensors(shape="2"), StrategyError),
    (lambda: strategies.tensors(shape=True), StrategyError),
    (lambda: strategies.tensors(dtype="float46"), UnknownName),
    (lambda: strategies.tensors(dtype=torch.int64), UnsupportedDtype),
    (lambda: strategies.tensors(elements=[1.0]), StrategyError),
    (lambda: strategies.tensors(requires_grad=None), StrategyError),
    (lambda: strategies.tensors(layout="stridden"), UnknownName),
    (lambda: strategies.tensors(layout=()), StrategyError),
    (lambda: strategies.tensors(device="tpu"), UnknownName),
    (lambda: strategies.shapes(min_dims=3, max_dims=2), StrategyError),
    (lambda: strategies.shapes(min_side=-1), StrategyError),
    (lambda: strategies.shapes(max_dims=1.5), StrategyError),
    (lambda: strategies.broadcastable_shapes(0), StrategyError),
    (lambda: strategies.elements("float8"), UnknownName),
    (lambda: strategies.elements(most=0), StrategyError),
    (lambda: strategies.elements(most=math.nan), StrategyError),
    (lambda: strategies.cotangents([1.0]), DiffcheckError),
    (lambda: strategies.cotangents(()), StrategyError),
    (lambda: strategies.points("data x"), StrategyError),
]


@pytest.mark.parametrize(("ask", "kind"), BAD)
def test_arguments_by_which_nothing_could_be_drawn_are_refused_at_once(ask, kind):
    with pytest.raises(kind):
        ask()


def test_elements_that_are_no_numbers_are_refused_as_they_are_drawn():
    with pytest.raises(StrategyError, match="real numbers"):
        find(strategies.tensors((1,), elements=st.just("one")), lambda x: True)


def test_devices_begin_with_the_cpu():
    assert find(strategies.devices(), lambda device: True) == "cpu"
