"""Settings with which nothing can be trained are refused, whatever their type."""

import numpy as np
import pytest
import torch

from diffcheck import train
from diffcheck.errors import DeviceMismatch, NonFiniteInput, PointError, TrainingError, UnknownName
from diffcheck.problems import problem

GOOD = {"problem": "thermometer", "engine": "generated", "epochs": 2, "lr": 1e-2, "scale": {"x": 0.1}}


@pytest.mark.parametrize(
    ("setting", "value", "refusal"),
    [
        ("lr", "x", TrainingError),
        ("lr", None, TrainingError),
        ("lr", np.array([1e-2, 1e-3]), TrainingError),
        ("lr", True, TrainingError),
        ("lr", 1j, TrainingError),
        ("lr", 10**400, TrainingError),
        ("epochs", True, TrainingError),
        ("epochs", "2", TrainingError),
        ("epochs", None, TrainingError),
        ("epochs", 2.0, TrainingError),
        ("epochs", np.int64(0), TrainingError),
        ("engine", None, UnknownName),
        ("engine", 3, UnknownName),
        ("loop", None, UnknownName),
        ("loop", [], UnknownName),
        ("problem", None, UnknownName),
        ("problem", problem("thermometer").program, UnknownName),
        ("scale", {"x": "a"}, TrainingError),
        ("scale", {"x": 1j}, TrainingError),
        ("scale", {"x": float("nan")}, NonFiniteInput),
        ("scale", {"x": None}, TrainingError),
        ("scale", {1: 2.0}, UnknownName),
        ("scale", [("x", 0.1)], TrainingError),
        ("scale", "x=0.1", TrainingError),
        ("device", "tpu", UnknownName),
        ("device", "cuda:99", DeviceMismatch),
        ("seed", -1, PointError),
        ("seed", "a", PointError),
    ],
)
def test_a_setting_of_no_training_is_refused(setting, value, refusal):
    with pytest.raises(refusal) as caught:
        train(**{**GOOD, setting: value})
    assert "got " in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_cuda_is_refused_where_there_is_none():
    with pytest.raises(DeviceMismatch, match="CUDA"):
        train(**GOOD, device="cuda")


@pytest.mark.parametrize("change", [{"epochs": np.int64(2)}, {"lr": np.float64(1e-2)}, {"scale": {"x": np.float32(0.5)}}])
def test_numbers_of_numpy_are_numbers(change):
    run = train(**{**GOOD, **change})
    assert (run.epochs, type(run.lr)) == (2, float)
