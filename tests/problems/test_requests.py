"""Sizes, seeds and devices of which no point can be made are refused before anything is drawn."""

import numpy as np
import pytest
import torch

from diffcheck.errors import DeviceMismatch, PointError, UnknownName
from diffcheck.problems import problem, resized, to_torch

LINE = problem("thermometer")


@pytest.mark.parametrize("size", [-1, 0, 1.5, 2.0, "a", True, None, 10**13, 10**30, np.nan])
def test_a_size_of_no_point_is_refused(size):
    for make in (lambda: LINE.point(0, n=size), lambda: resized(LINE, n=size)):
        with pytest.raises(PointError) as caught:
            make()
        assert "n = " in str(caught.value)


def test_whole_numbers_of_numpy_are_sizes():
    assert len(LINE.point(0, n=np.int64(3))["x"]) == 3


@pytest.mark.parametrize("seed", [-1, "a", 1.5, None, True])
def test_a_seed_of_no_generator_is_refused(seed):
    with pytest.raises(PointError, match="seed"):
        LINE.point(seed)


def test_a_size_that_is_too_large_together_with_another_is_refused():
    with pytest.raises(PointError, match="memory"):
        problem("two-layer-network").point(0, n=10**7, d=10**7)


@pytest.mark.parametrize("device", ["tpu", "", None, 3, "meta", "cuda:x"])
def test_an_unknown_device_is_refused(device):
    with pytest.raises(UnknownName, match=r"cpu|cuda"):
        to_torch(LINE.point(0), device=device)


def test_a_device_that_is_absent_is_refused():
    with pytest.raises(DeviceMismatch, match="CUDA"):
        to_torch(LINE.point(0), device="cuda:99")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceMismatch, match="CUDA"):
            to_torch(LINE.point(0), device="cuda")


def test_a_device_may_be_an_object():
    assert to_torch(LINE.point(0), device=torch.device("cpu"))["x"].device.type == "cpu"
