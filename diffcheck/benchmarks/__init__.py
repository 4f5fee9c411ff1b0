"""What is timed and how: interleaved, with the noise floor beside it, and only after the value passed the check."""

from diffcheck.benchmarks.cases import SIZES, epoch_cases, gradient_cases
from diffcheck.benchmarks.checks import check_cases
from diffcheck.benchmarks.machine import absent, devices, machine, versions
from diffcheck.benchmarks.timing import Comparison, Timing, compare_times, cuda_clock, wall_clock

__all__ = [
    "SIZES",
    "Comparison",
    "Timing",
    "absent",
    "check_cases",
    "compare_times",
    "cuda_clock",
    "devices",
    "epoch_cases",
    "gradient_cases",
    "machine",
    "versions",
    "wall_clock",
]
