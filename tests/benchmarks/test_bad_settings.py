"""What cannot be measured is refused by the library too, not by the command line alone."""

import pytest

from diffcheck.benchmarks import compare_times, gradient_cases
from diffcheck.errors import MeasurementError, PointError
from diffcheck.problems import problem


@pytest.mark.parametrize("rounds", [0, -1])
def test_no_rounds_are_no_measurement(rounds):
    with pytest.raises(MeasurementError, match=f"{rounds} rounds"):
        compare_times({"a": int}, "a", rounds=rounds)


def test_a_batch_beyond_the_memory_is_refused():
    with pytest.raises(PointError, match="memory"):
        list(gradient_cases(problem("thermometer"), 10**15, "float32", "cpu"))
