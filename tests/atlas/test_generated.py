"""The code that is generated for pointwise operators, where a formula that is right on paper overflows, vanishes or cancels."""

import numpy as np
import pytest

from diffcheck.atlas import variant_of
from diffcheck.atlas.asking import GENERATED
from diffcheck.atlas.measuring import Measurement, Task
from diffcheck.oracle import FORMATS, round_value
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
    ("atan2", 1, [(1.1812736105236333e-10, 5e-324), (2.0**-1074, 2.0**-50), (0.3, -0.2)], FINE),
    ("div", 1, [(5e-324, 1.1812736105236333e-10), (1e-310, 3e-8), (1e-320, -0.3), (3.0, 7.0)], FINE),
    ("div", 2, [(5e-324, 2e-11), (1e-310, 3e-8), (3.0, 7.0)], FINE),
    ("xlogy", 2, [(5e-324, 1.1812736105236333e-10), (1e-310, 3e-8), (3.0, 7.0)], FINE),
    ("erfcx", 1, [(1.2499,), (1.2501,), (1.87,), (1e9,)], FINE),
    ("erfcx", 2, [(-3.0,), (1.2501,), (30.0,), (4.48e102,)], FINE),
    ("erfcx", 2, [(0.8,), (1.24,), (0.2501,), (1.17,)], FINE),
    ("hypot", 1, [(1e300, 1e300), (1e-170, 1e-170), (3.0, 4.0), (1e-310, 1e-310), (1e-310, 2e-320)], FINE),
    ("hypot", 2, [(1e150, 1e150), (1e-8, 1e-80), (3.0, 4.0), (-1e-150, 2e-150)], FINE),
    ("hypot", 2, [(-1.8e-78, -4.7e-216), (0.0, 1e-100), (5e-324, 1.18e-10), (1.18e-10, -1e-320)], FINE),
    ("huber_loss(target=0.3)", 2, [(-0.7,), (1.3,), (-0.6999,), (-0.7001,)], FINE),
    ("binary_cross_entropy_with_logits(target=0.3)", 1, [(-0.8472978603872037,), (-0.85,), (30.0,), (-745.0,)], FINE),
    ("erf", 2, [(27.177379369588678,), (-1e-300,), (0.7,)], FINE),
    ("gelu", 2, [(38.38247082754404,), (-38.6,), (0.1,)], FINE),
    ("mish", 1, [(-745.1872223854688,), (-744.1,), (0.3,), (40.0,)], FINE),
    ("mish", 2, [(-745.1872223854688,), (368.7254299997869,), (0.3,)], FINE),
    ("i0", 2, [(9.8e-4,), (1e-5,), (2e-3,)], FINE),
    ("i0e", 2, [(30.0,), (-3.3,), (1e-3,), (24.99,), (25.01,), (800.0,), (-905.0,), (1e100,)], FINE),
    ("i1", 1, [(9.8e-4,), (1e-5,), (2e-3,)], FINE),
    ("i1", 2, [(1e-300,), (-1e-3,), (2.0,), (24.99,), (25.01,), (-712.0,), (1e5,)], FINE),
    ("i1e", 1, [(1.5,), (2.0,), (-24.99,), (25.01,), (1e100,)], FINE),
    ("i1e", 2, [(1e-3,), (-2.0,), (24.99,), (25.01,), (1e100,)], FINE),
    ("log10", 2, [(5.2e-155,), (-7.3e-155,), (3.0,), (1e-150,)], (*FINE, Verdict.UNDEFINED)),
    ("logit", 2, [(1e-160,), (1e-3,), (0.5,), (0.4999,), (0.75,)], FINE),
    ("log_ndtr", 2, [(-1.2e288,), (-1.4e160,), (-2.8,), (0.5,), (3.0,), (-1.2e308,), (-1.0,)], FINE),
    ("log_ndtr", 1, [(-1.2e308,), (-1.6e307,), (-1.77,), (-0.5,), (2.0,), (40.0,)], FINE),
    ("ndtri", 1, [(2.7e-253,), (5e-324,), (0.3,), (0.5,), (0.999,)], FINE),
    ("ndtri", 2, [(2.7e-100,), (0.3,), (0.999,)], FINE),
    ("polygamma(n=1)", 1, [(1.34e154,), (1e20,), (0.5,), (-1.5,)], FINE),
    ("pow", 1, [(2e-322, 0.0), (1e-300, -0.0), (3.0, 2.0), (0.0, 1.0)], FINE),
    ("pow", 2, [(1.0000000000000002, 2.16e275), (1e-323, 0.0), (3.0, 2.0), (1.5, 1.0)], FINE),
    (
        "pow",
        1,
        [(1e-200, 1e-200), (-1.0, 2.0**54), (0.0, 5e-324), (1.0001, 7.09e6), (0.99987, 5.4e6), (5e-324, 5e-324)],
        (*FINE, Verdict.UNDEFINED),
    ),
    ("pow", 2, [(1.1812736105236333e-10, 5e-324), (1.1812736105236333e-10, -1.5e-323)], FINE),
    ("pow", 2, [(1e-150, 1e-300), (0.7, 2080.0), (1.5, 1e-17), (2.0, 0.0), (-3.0, 3.0)], (*FINE, Verdict.UNDEFINED)),
    ("pow(base=2)", 1, [(1024.3,), (-1074.0,), (1e-20,)], FINE),
    ("pow(base=0.5)", 2, [(-1024.9,), (3.0,)], FINE),
    ("remainder", 1, [(5e-324, -7.875), (-5e-324, 3.0), (7.0, 3.0)], FINE),
    ("sinc", 2, [(0.0,), (-5e-324,), (0.66,), (0.4499,), (0.4501,), (1e300,), (1000000.5,), (3.0,)], FINE),
    ("soft_margin_loss(target=-1)", 2, [(92.2,), (-700.0,), (0.3,), (37.0,)], FINE),
    ("sinc", 1, [(1e300,), (-3.885337784451458e84,), (1000000.5,), (0.3,), (5e-324,)], FINE),
    ("sigmoid", 1, [(-720.0,), (-745.0,), (-80.0,), (-79.9,), (36.0,)], FINE),
    ("silu", 1, [(-709.9,), (-708.0,), (-40.0,), (-745.1872223854688,)], FINE),
    ("silu", 2, [(729.5224473810106,), (-745.1872223854688,), (1.0,)], FINE),
    ("sqrt", 1, [(-0.0,), (0.0,), (5e-324,)], (*FINE, Verdict.UNDEFINED)),
    ("rsqrt", 1, [(-0.0,), (0.0,), (4.0,)], (*FINE, Verdict.UNDEFINED)),
    ("hypot", 2, [(2e-310, 2e-310), (3e-250, 2e-300), (0.0, 5e-324), (1e-308, 0.5e-308)], FINE),
    ("fmod", 1, [(26.96875, 0.9990234375), (1.0000000000000018, 1.1186365270104071e-13), (-7.0, 2.0)], FINE),
    ("fmod", 1, [(0.0, 0.0), (3.0, 0.0)], (*FINE, Verdict.UNDEFINED)),
    ("huber_loss(target=0.3)", 2, [(0.3,), (0.5,), (-2.0,)], FINE),
    ("smooth_l1_loss(beta=0.5, target=0.3)", 2, [(0.3,), (0.5,), (-2.0,)], FINE),
    ("hardshrink(lambd=0)", 1, [(0.0,), (-0.0,), (2.0,)], FINE),
    ("softmax([x, 0])[0]", 2, [(1e-9,), (-1e-300,), (0.7,), (-40.0,), (300.0,)], FINE),
]
# The same in formats whose range ends sooner.
NARROW = [
    ("cosh", 1, "float32", [88.95, -89.2, 80.0, 80.1], FINE),
    ("sinh", 1, "float32", [88.95, -89.2, 80.0, 80.1], FINE),
    ("cosh", 1, "bfloat16", [89.0], FINE),
    ("i0", 1, "float32", [89.5, -91.0, 25.0, 25.1, 1e-3], FINE),
    ("i0", 2, "float32", [89.5, -91.0, 25.0, 25.1, 1e-3], FINE),
    ("i1", 1, "float32", [0.05643418, 1.4379527, 89.5], FINE),
    ("sigmoid", 1, "float32", [-88.9, -95.0, -103.0, 88.9], FINE),
    ("logsigmoid", 1, "float32", [88.9, 95.0], FINE),
    ("mish", 1, "float32", [-90.08, -88.0], FINE),
    ("polygamma(n=3)", 2, "float32", [6.7551552e7, 1e4, 2e4, 3.0], FINE),
    ("softmax([x, 0])[0]", 2, "bfloat16", [1e-3, -1e-30, 0.01], FINE),
    ("exp2", 2, "float16", [17.0, 16.5], FINE),
    ("rsqrt", 1, "float16", [0.0003876686096191406], FINE),
]


@pytest.mark.filterwarnings("ignore::diffcheck.errors.UnusedParameterWarning")  # a derivative of 0 is one too
@pytest.mark.parametrize(("name", "order", "points", "wanted"), CASES)
def test_the_generated_derivative_has_its_digits(name, order, points, wanted):
    measurement = Measurement(variant_of(name), Task(name, "float64", order))
    lines = [np.array(line) for line in zip(*points, strict=True)]
    found = [batch for batch in measurement.batches(lines) if batch.mode in GENERATED]
    assert found
    for batch in found:
        for point, got, exact, verdict in zip(points, batch.got, batch.exact, batch.judged.verdicts, strict=True):
            assert VERDICTS[verdict] in wanted, (batch.name, point, got, exact)


@pytest.mark.parametrize(("name", "order", "dtype", "points", "wanted"), NARROW)
def test_the_generated_derivative_has_its_digits_in_narrow_formats(name, order, dtype, points, wanted):
    measurement = Measurement(variant_of(name), Task(name, dtype, order))
    values = np.array([round_value(point, FORMATS[dtype]) for point in points])
    found = [batch for batch in measurement.batches([values]) if batch.mode in GENERATED]
    assert found
    for batch in found:
        for point, got, exact, verdict in zip(values, batch.got, batch.exact, batch.judged.verdicts, strict=True):
            assert VERDICTS[verdict] in wanted, (batch.name, point, got, exact)


def test_numbers_of_a_sum_do_not_overflow_in_narrow_formats():
    measurement = Measurement(variant_of("gelu(approximate='tanh')"), Task("gelu(approximate='tanh')", "float16", 2))
    for batch in measurement.batches((np.array([-0.0957, 1.2158203125, 5.96e-8, 30.0]).astype(np.float16).astype(np.float64),)):
        if batch.mode in GENERATED:
            assert [VERDICTS[verdict] in FINE for verdict in batch.judged.verdicts] == [True] * 4, batch.got
