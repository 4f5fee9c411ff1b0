"""Every problem of the catalogue states one loss twice, with data of the sizes asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from devices import DEVICES
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck import engines, problems
from diffcheck.errors import UnknownName, WrongGradient
from diffcheck.oracle import FORMATS, exact, working_precision
from diffcheck.oracle.extents import extent_value
from diffcheck.problems import problem, register, registry, scaled, to_torch
from diffcheck.strategies import points
from diffcheck.verification import check_forward, compare, truth_of

NAMES = problems.names()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10)
@given(data=st.data())
def test_the_program_and_the_loss_in_pytorch_state_the_same(name, dtype, device, data):
    point = data.draw(points(problem(name), dtype, device))
    assert check_forward(problem(name), point).ok


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10)
@given(data=st.data())
def test_the_handwritten_gradient_is_right(name, dtype, device, data):
    chosen = problem(name)
    point = data.draw(points(chosen, dtype, device))
    got = dict(zip(chosen.parameters, chosen.handwritten(**point), strict=True))
    compare(got, truth_of(chosen.gradient, point)).raise_if_wrong()


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_that_states_something_else_is_refused(name):
    chosen = problem(name)
    point = to_torch(chosen.point(0))
    other = replace(chosen, loss=lambda **inputs: chosen.loss(**inputs) * (1 + 1e-9))
    with pytest.raises(WrongGradient, match=f"{name}: got a forward value that is not the program's"):
        check_forward(other, point)


@pytest.mark.parametrize("name", NAMES)
def test_a_point_is_the_same_for_the_same_seed_alone(name):
    first, again, other = (problem(name).point(seed) for seed in (5, 5, 6))
    assert list(first) == list(again) == list(other)
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert not any(np.array_equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", NAMES)
def test_a_point_has_the_sizes_asked_for_and_the_problem_s_own_for_the_rest(name):
    chosen = problem(name)
    wanted = {size: 2 + place for place, size in enumerate(chosen.sizes)}
    for sizes in ({}, wanted, {chosen.batch: 1}):
        drawn = chosen.point(0, **sizes)
        assert set(drawn) == set(chosen.inputs)
        known = {**chosen.sizes, **sizes}
        for tensor in chosen.program.inputs:
            assert drawn[tensor.name].shape == tuple(extent_value(extent, known) for extent in tensor.extents)
            assert drawn[tensor.name].dtype == np.float64
            assert np.isfinite(drawn[tensor.name]).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_size_that_the_problem_does_not_have_is_refused(name):
    with pytest.raises(UnknownName, match=f"extent of {name}"):
        problem(name).point(0, rows=3)


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_of_a_problem_agree_with_one_another(name):
    chosen = problem(name)
    assert chosen.name == name
    assert chosen.title
    assert set(map(str, chosen.program.sizes)) == set(chosen.sizes)
    assert chosen.batch in chosen.sizes
    assert chosen.gradient.wrt == chosen.parameters
    assert set(chosen.start) <= set(chosen.parameters)
    assert set(chosen.fixed).isdisjoint(chosen.parameters)
    shapes = {key: value.shape for key, value in chosen.point(0).items()}
    for values in (chosen.fixed, chosen.start):
        assert all(value.shape == shapes[key] for key, value in values.items())
    assert all(shapes[key][axis] == chosen.sizes[chosen.batch] for key, axis in chosen.batched().items())


def test_the_thermometer_has_the_book_s_readings():
    line = problem("thermometer")
    assert line.fixed["y"].tolist() == [0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0]
    assert line.fixed["x"].tolist() == [35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4]
    assert (line.start["w"].item(), line.start["b"].item()) == (1.0, 0.0)
    assert line.parameters == ("w", "b")


@pytest.mark.parametrize("factor", [-3.0, 0.25, 0.1])
@pytest.mark.parametrize("name", NAMES)
def test_a_scaled_problem_scales_the_loss_and_the_gradient(name, factor):
    chosen = problem(name)
    other = scaled(chosen, factor)
    assert other.base is chosen
    point = to_torch(chosen.point(0, n=5))
    loss, scaled_loss = (exact(one.program, point)[one.program.outputs[0]].item() for one in (chosen, other))
    with working_precision(256):
        assert abs(scaled_loss - factor * loss) < 1e-30
    check_forward(other, point)
    for engine in ("autograd", "generated", "handwritten"):
        compare(engines.engine(engine).gradient(other, point), truth_of(other.gradient, point)).raise_if_wrong()


def test_tensors_have_memory_of_their_own():
    line = problem("thermometer")
    before = line.fixed["x"].copy()
    to_torch(line.fixed)["x"].zero_()
    assert np.array_equal(line.fixed["x"], before)


@pytest.mark.parametrize("dtype", FORMATS)
def test_tensors_have_the_dtype_asked_for(dtype):
    made = to_torch(problem("two-layer-network").point(0), dtype)
    assert {value.dtype for value in made.values()} == {getattr(torch, dtype)}
    assert not any(value.requires_grad for value in made.values())


def test_a_dtype_that_is_none_is_refused():
    with pytest.raises(UnknownName, match="'float64'"):
        to_torch(problem("thermometer").point(0), "float46")


def test_the_registry_makes_a_problem_once_and_offers_near_matches():
    assert problem("thermometer") is problem("thermometer")
    with pytest.raises(UnknownName, match="did you mean 'two-layer-network'"):
        problem("two_layer_network")
    with pytest.raises(UnknownName, match="choose one of: linear-regression, logistic-regression"):
        problem("zebra")


def test_a_problem_can_be_registered(monkeypatch):
    monkeypatch.setattr(registry, "_MAKERS", dict(registry._MAKERS))

    @register
    def cold_thermometer():
        return problem("thermometer")

    assert problems.names()[-1] == "cold-thermometer"
    assert problem("cold-thermometer") is cold_thermometer() is problem("thermometer")
