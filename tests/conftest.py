"""Fixed seeds, one thread, little garbage collection, and the devices that this machine has."""

from __future__ import annotations

import gc
import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# Seeds are fixed, so that a run can be repeated anywhere; a failure prints how to reproduce it.
_COMMON = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("ci", derandomize=True, database=None, max_examples=25, **_COMMON)
settings.register_profile("search", max_examples=500, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pytest_collection_finish():
    """Let the collector leave alone what stays to the end: walking torch, SymPy and all tests took an eighth of the time."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("cuda") and not _has_cuda():
            item.add_marker(pytest.mark.skip(reason="no CUDA device on this machine"))
        if item.get_closest_marker("browser") and not _has_browser() and not os.environ.get("DIFFCHECK_REQUIRE_BROWSER"):
            item.add_marker(pytest.mark.skip(reason="no chromium with its chromedriver on this machine"))


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def _has_browser() -> bool:
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))
