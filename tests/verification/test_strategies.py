"""The strategies draw what they promise, and the layouts are the ones that they are called."""

import pytest
import torch
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from diffcheck import problems, strategies
from diffcheck.oracle import FORMATS, prepare
from diffcheck.oracle.extents import extent_value
from diffcheck.problems import problem
from diffcheck.verification import LAYOUTS
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


@pytest.fixture(scope="module", params=FORMATS)
def drawn(request):
    """Return the dtype, and many points of the thermometer in it."""
    seen = []

    @settings(max_examples=150, database=None, derandomize=True)
    @given(point=strategies.points(problem("thermometer"), request.param, layouts=tuple(LAYOUTS)))
    def collect(point):
        seen.append(point)

    collect()
    return request.param, seen


def test_every_batch_size_occurs(drawn):
    assert {point["x"].shape[0] for point in drawn[1]} == set(strategies.BATCH_SIZES)


def test_every_layout_occurs(drawn):
    for layout in LAYOUTS.values():
        assert any(laid_out(point["x"]) == laid_out(layout(point["x"])) for point in drawn[1])
    assert any(laid_out(point["x"]) == (1, 0) for point in drawn[1])


def test_hostile_values_occur_among_ordinary_ones(drawn):
    dtype, points = drawn
    form = FORMATS[dtype]
    values = torch.cat([value.reshape(-1) for point in points for value in point.values()])
    large = 2.0 if dtype == "float16" else 30.0
    for value in (0.0, form.tiny, -form.tiny, 2.0**form.least, large, -large, 1.0 + 2.0 ** (1 - form.precision)):
        assert (values == value).any()
    assert ((values == 0) & values.signbit()).any()
    assert ((values.abs() > 0.01) & (values.abs() < 2)).float().mean() > 0.5
    assert len(values.unique()) > 50


@pytest.mark.parametrize("dtype", FORMATS)
@QUICK
@given(data=st.data())
def test_hostile_values_belong_to_the_format(dtype, data):
    value = data.draw(strategies.hostile_values(dtype))
    kept = torch.tensor(value, dtype=torch.float64).to(getattr(torch, dtype))
    assert torch.isfinite(kept)
    assert abs(float(kept)) <= 30


def test_problems_and_dtypes_are_those_of_the_catalogue():
    drawn = {find(strategies.problems(), lambda one, name=name: one.name == name).name for name in problems.names()}
    assert drawn == set(problems.names())
    assert {find(strategies.dtypes(), lambda one, name=name: str(one) == f"torch.{name}") for name in FORMATS} == {
        getattr(torch, name) for name in FORMATS
    }


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
