"""The strategies draw what they promise, and the layouts are the ones that they are called."""

import pytest
import torch
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from diffcheck import problems
from diffcheck.exact import FORMATS, prepare
from diffcheck.exact.extents import extent_value
from diffcheck.problems import problem
from diffcheck.verification import LAYOUTS, strategies
from diffcheck.verification.layouts import expanded

QUICK = settings(max_examples=20, suppress_health_check=list(HealthCheck))
SHAPES = [(), (1,), (5,), (1, 1), (3, 2), (1, 4), (4, 1), (2, 3, 4)]


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", problems.names())
@QUICK
@given(data=st.data())
def test_points_are_valid_and_plain(name, dtype, data):
    chosen = problem(name)
    point = data.draw(strategies.points(chosen, dtype, layouts=tuple(LAYOUTS)))
    assert tuple(point) == tuple(chosen.point(0))
    prepared = prepare(chosen.program, point)  # complete, finite, and of sizes that agree
    for key, value in point.items():
        assert value.dtype == getattr(torch, dtype)
        assert not value.requires_grad
        assert value.is_leaf
        assert value.grad is None
        assert torch.isfinite(value).all()
        extents = chosen.program.input(key).extents
        assert tuple(value.shape) == tuple(extent_value(extent, prepared.sizes) for extent in extents)


@pytest.mark.parametrize("name", problems.names())
@QUICK
@given(data=st.data())
def test_sizes_are_drawn_for_every_extent_from_the_lists(name, data):
    chosen = problem(name)
    drawn = data.draw(strategies.sizes(chosen))
    assert set(drawn) == set(map(str, chosen.program.sizes))
    for size, value in drawn.items():
        assert value in (strategies.BATCH_SIZES if size == chosen.batch else strategies.WIDTHS)


@pytest.mark.parametrize("n", strategies.BATCH_SIZES)
def test_every_batch_size_occurs(n):
    assert found(lambda point: point["x"].shape[0] == n)


@pytest.mark.parametrize("dtype", FORMATS)
def test_hostile_values_occur(dtype):
    form = FORMATS[dtype]
    large = 2.0 if dtype == "float16" else 30.0
    for value in (0.0, form.tiny, -form.tiny, large, -large, 1.0 + 2.0 ** (1 - form.precision)):
        assert found(lambda point, value=value: bool((point["x"] == value).any()), dtype)
    negative_zero = found(lambda point: bool(((point["x"] == 0) & point["x"].signbit()).any()), dtype)
    assert negative_zero["x"].abs().min() == 0


@pytest.mark.parametrize("dtype", FORMATS)
@QUICK
@given(data=st.data())
def test_hostile_values_belong_to_the_format(dtype, data):
    value = data.draw(strategies.hostile_values(dtype))
    kept = torch.tensor(value, dtype=torch.float64).to(getattr(torch, dtype))
    assert torch.isfinite(kept)
    assert abs(float(kept)) <= 30


def test_ordinary_values_occur_beside_hostile_ones():
    point = found(lambda point: point["x"].shape[0] > 5 and len(set(point["x"].tolist())) > 5)
    assert point["x"].shape[0] > 5


def test_the_simplest_point_is_the_smallest():
    point = found(lambda point: True)
    assert point["x"].shape == (1,)


def found(condition, dtype="float64"):
    return find(
        strategies.points(problem("thermometer"), dtype),
        condition,
        settings=settings(max_examples=3000, database=None, derandomize=True, suppress_health_check=list(HealthCheck)),
    )


def test_problems_and_dtypes_are_those_of_the_catalogue():
    drawn = {find(strategies.problems(), lambda one, name=name: one.name == name).name for name in problems.names()}
    assert drawn == set(problems.names())
    assert {find(strategies.dtypes(), lambda one, name=name: one == name) for name in FORMATS} == set(FORMATS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_drawn_where_it_is_asked_for(layout):
    strategy = strategies.points(problem("linear-regression"), layouts=(layout,))
    wanted = LAYOUTS[layout]
    quick = settings(max_examples=500, database=None, derandomize=True)
    point = find(strategy, lambda point: laid_out(point["X"]) == laid_out(wanted(point["X"])) != (1, 0), settings=quick)
    assert all(laid_out(value) == laid_out(wanted(value)) for value in point.values())


def laid_out(value):
    """Return the stride of the last axis, and the offset of the first element."""
    return (value.stride(-1) if value.dim() else 1, value.storage_offset())


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_keeps_the_values(layout, shape, dtype):
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(getattr(torch, dtype))
    moved = LAYOUTS[layout](values)
    assert torch.equal(moved, values)
    assert (moved.dtype, moved.shape) == (values.dtype, values.shape)
    assert moved.untyped_storage().data_ptr() != values.untyped_storage().data_ptr()


@pytest.mark.parametrize("shape", SHAPES)
def test_strided_has_a_gap_of_nan_between_neighbours(shape):
    moved = LAYOUTS["strided"](torch.ones(shape))
    if moved.dim():
        assert moved.stride(-1) == 2
        assert torch.isnan(memory(moved)[1::2]).all()
    else:
        assert moved.storage_offset() == 1
    assert moved.numel() < 2 or not moved.is_contiguous()


@pytest.mark.parametrize("shape", SHAPES)
def test_offset_begins_after_a_nan(shape):
    moved = LAYOUTS["offset"](torch.ones(shape))
    assert moved.storage_offset() == 1
    assert moved.is_contiguous()
    assert torch.isnan(memory(moved)[0])


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if len(shape) > 1])
def test_column_major_has_the_first_axis_contiguous(shape):
    moved = LAYOUTS["column-major"](torch.randn(shape))
    assert moved.shape[0] == 1 or moved.stride(0) == 1
    assert moved.transpose(0, -1).is_contiguous()


@pytest.mark.parametrize(("shape", "axis"), [((5,), 0), ((3, 2), 0), ((3, 2), 1)])
def test_expanded_repeats_one_slice_without_memory(shape, axis):
    values = torch.arange(float(torch.Size(shape).numel())).reshape(shape)
    moved = expanded(values, axis)
    assert moved.shape == values.shape
    assert moved.stride(axis) == 0
    assert torch.equal(moved, values.narrow(axis, 0, 1).expand(shape))


def memory(values):
    return values.as_strided((values.untyped_storage().nbytes() // values.element_size(),), (1,), 0)
