"""The devices that tests run on: a CUDA case exists everywhere, and is skipped, with the reason, where there is no GPU."""

import pytest

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.cuda)]
