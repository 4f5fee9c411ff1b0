"""The code that is generated for pointwise operators, where a formula that is right on paper overflows, vanishes or cancels."""

import numpy as np
import pytest

from diffcheck.atlas import variant_of
from diffcheck.atlas.asking import GENERATED
from diffcheck.atlas.measuring import Measurement, Task
from diffcheck.verification.judging_arrays import VERDICTS
from diffcheck.verification.verdict import Verdict

FINE = (Verdict.EXACT, Verdict.ACCURATE)
NOT_WRONG = (*FINE, Verdict.LOSSY)
# The operator, the order of the derivative, points, and what is asked of it there.
CASES = [
    ("exp2", 1, [(1024.0,), (-1022.5,), (1e-20,), (0.0,)], FINE),
    ("exp2", 2, [(1024.5,), (1.0,)], FINE),
    ("gelu", 2, [(1e200,), (-1e154,), (30.0,), (1e-3,)], FINE),
    ("gelu(approximate='tanh')", 2, [(1e200,), (-1e62,), (2.0,), (-3.3,)], FINE),
    ("atan2", 2, [(-0.0, -4.75e-303), (-3.3e-246, -3.3e-246), (1.0, 1.000000001), (2.0, -3.0), (1e200, 1e190)], FINE),
    ("erfcx", 1, [(1.2499,), (1.2501,), (1.87,), (1e9,)], FINE),
    ("erfcx", 2, [(-3.0,), (1.2501,), (30.0,), (4.48e102,)], FINE),
    ("erfcx", 2, [(0.8,), (1.24,)], NOT_WRONG),
    ("hypot", 1, [(1e300, 1e300), (1e-170, 1e-170), (3.0, 4.0), (1e-310, 1e-310), (1e-310, 2e-320)], FINE),
    ("hypot", 2, [(1e150, 1e150), (1e-8, 1e-80), (3.0, 4.0), (-1e-150, 2e-150)], FINE),
    ("hypot", 2, [(-1.8e-78, -4.7e-216), (0.0, 1e-100)], NOT_WRONG),
    ("i0", 2, [(9.8e-4,), (1e-5,), (2e-3,)], FINE),
    ("i0e", 2, [(30.0,), (-3.3,), (1e-3,), (24.99,), (25.01,), (800.0,), (-905.0,), (1e100,)], FINE),
    ("i1", 1, [(9.8e-4,), (1e-5,), (2e-3,)], FINE),
    ("i1", 2, [(1e-300,), (-1e-3,), (2.0,), (24.99,), (25.01,), (-712.0,), (1e5,)], FINE),
    ("i1e", 1, [(1.5,), (2.0,), (-24.99,), (25.01,), (1e100,)], FINE),
    ("i1e", 2, [(1e-3,), (-2.0,), (24.99,), (25.01,), (1e100,)], FINE),
    ("logit", 2, [(1e-160,), (1e-3,), (0.5,), (0.4999,), (0.75,)], FINE),
    ("log_ndtr", 2, [(-1.2e288,), (-1.4e160,), (-2.8,), (0.5,), (3.0,)], NOT_WRONG),
    ("ndtri", 1, [(2.7e-253,), (5e-324,), (0.3,), (0.5,), (0.999,)], FINE),
    ("ndtri", 2, [(2.7e-100,), (0.3,), (0.999,)], FINE),
    ("polygamma(n=1)", 1, [(1.34e154,), (1e20,), (0.5,), (-1.5,)], FINE),
    ("pow", 1, [(2e-322, 0.0), (1e-300, -0.0), (3.0, 2.0), (0.0, 1.0)], FINE),
    ("pow", 2, [(1.0000000000000002, 2.16e275), (1e-323, 0.0), (3.0, 2.0), (1.5, 1.0)], FINE),
    ("remainder", 1, [(5e-324, -7.875), (-5e-324, 3.0), (7.0, 3.0)], FINE),
    ("sinc", 2, [(0.0,), (-5e-324,), (0.66,), (0.4499,), (0.4501,), (1e300,), (1000000.5,), (3.0,)], FINE),
    ("soft_margin_loss(target=-1)", 2, [(92.2,), (-700.0,), (0.3,), (37.0,)], FINE),
    ("sinc", 1, [(1e300,), (-3.885337784451458e84,), (1000000.5,), (0.3,), (5e-324,)], FINE),
]


@pytest.mark.parametrize(("name", "order", "points", "wanted"), CASES)
def test_the_generated_derivative_has_its_digits(name, order, points, wanted):
    measurement = Measurement(variant_of(name), Task(name, "float64", order))
    lines = [np.array(line) for line in zip(*points, strict=True)]
    found = [batch for batch in measurement.batches(lines) if batch.mode in GENERATED]
    assert found
    for batch in found:
        for point, got, exact, verdict in zip(points, batch.got, batch.exact, batch.judged.verdicts, strict=True):
            assert VERDICTS[verdict] in wanted, (batch.name, point, got, exact)


def test_numbers_of_a_sum_do_not_overflow_in_narrow_formats():
    measurement = Measurement(variant_of("gelu(approximate='tanh')"), Task("gelu(approximate='tanh')", "float16", 2))
    for batch in measurement.batches((np.array([-0.0957, 1.2158203125, 5.96e-8, 30.0]).astype(np.float16).astype(np.float64),)):
        if batch.mode in GENERATED:
            assert [VERDICTS[verdict] in FINE for verdict in batch.judged.verdicts] == [True] * 4, batch.got
