"""A Triton kernel with a backward written by hand, on the CPU in Triton's interpreter, against its formula in plain PyTorch."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="triton is not installed: pip install torch-diffcheck[triton]"
)


def told_by_kernels(part):
    """Return what triton_kernels.py prints for *part*: Triton reads TRITON_INTERPRET as it is imported, so in a new process."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", str(Path(__file__).with_name("triton_kernels.py")), part],
        env={**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return dict(line.split(": ", 1) for line in run.stdout.splitlines() if ": " in line)


@pytest.fixture(scope="module")
def verdicts():
    return told_by_kernels("functions")


def test_the_right_backward_passes(verdicts):
    assert verdicts["right"].startswith("ok")


FAULTS = ["plain logarithm", "single precision", "stale last block", "slope ignored", "strides ignored", "scale not summed"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_backward_is_refused(verdicts, fault):
    assert verdicts[fault].startswith("refused")


def test_torchs_own_gradcheck_passes_single_precision(verdicts):
    assert verdicts["gradcheck of single precision"] == "ok"


def test_a_stale_block_is_found_at_its_place(verdicts):
    assert "x[4, " in verdicts["stale last block"]


def test_operators_made_by_triton_op():
    told = told_by_kernels("operators")
    if "absent" in told:
        pytest.skip(told["absent"])
    assert told["right"].startswith("ok")
    assert told["wrong"].startswith("refused")
    assert "reference=" in told["without a reference"]
