"""Every law × engine × dtype × device, over drawn problems and points."""

import pytest
from devices import DEVICES
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck import engines, problems
from diffcheck.oracle import FORMATS
from diffcheck.strategies import points
from diffcheck.strategies import problems as drawn_problems
from diffcheck.verification import LAWS

COMPILED = ("compiled-autograd", "compiled-func")
EAGER = [name for name in engines.names() if name not in COMPILED]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("engine", EAGER)
@pytest.mark.parametrize("law", LAWS)
@settings(max_examples=8)
@given(data=st.data())
def test_law(law, engine, dtype, device, data):
    problem = data.draw(drawn_problems())
    chosen = engines.engine(engine)
    reason = chosen.supports(problem, dtype, device)
    if reason is not None:
        pytest.skip(reason)
    point = data.draw(points(problem, dtype, device, layouts=("strided", "offset", "column-major")))
    LAWS[law](problem, chosen, point).raise_if_wrong()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["thermometer", "two-layer-network"])
@pytest.mark.parametrize("engine", COMPILED)
def test_compiled_engine_agrees_with_the_exact_gradient(engine, name, dtype, device):
    problem, chosen = problems.problem(name), engines.engine(engine)
    reason = chosen.supports(problem, dtype, device)
    if reason is not None:
        pytest.skip(reason)
    for n in (7, 37):
        point = problems.to_torch(problem.point(n, n=n), dtype, device)
        LAWS["agrees_with_the_exact_gradient"](problem, chosen, point).raise_if_wrong()


def test_finite_differences_are_refused_at_rounding_accuracy_and_right_to_some_digits():
    problem = problems.problem("two-layer-network")
    point = problems.to_torch(problem.point(0))
    witness, exact = engines.engine("differences"), engines.engine("autograd")
    assert not LAWS["agrees_with_the_exact_gradient"](problem, witness, point).ok
    right = exact.gradient(problem, point)
    for name, got in witness.gradient(problem, point).items():
        assert (got - right[name]).abs().max() <= 1e-8 * (1 + right[name].abs().max())
