"""Complex numbers as pairs of reals: every row against PyTorch's value and gradient, and what has no meaning is refused."""

import numpy as np
import pytest
import torch
from capturing.complex_cases import CASES, at, x, z
from hypothesis import given
from hypothesis import strategies as st

import diffcheck as dc
from diffcheck.capturing.complex_numbers import COMPLEX_ROWS, PARTWISE
from diffcheck.capturing.exporting import exported
from diffcheck.capturing.rows import ROWS
from diffcheck.errors import CaptureError, UnsupportedOperator

pytestmark = [
    pytest.mark.filterwarnings("ignore:ComplexHalf support"),
    pytest.mark.filterwarnings("ignore:Casting complex values"),
]
# No graph that torch.export records holds these: it writes them as others, or as nothing.
UNSEEN = {
    "conj",
    "resolve_conj",
    "real",
    "imag",
    "to",
    "addmv",
    "baddbmm",
    "fill",
    "_conj_physical",
    "conj_physical",
    "mul.Scalar",
    "div.Scalar",
}


@pytest.mark.parametrize("name", CASES)
def test_a_row_has_pytorchs_value_and_gradient(name: str) -> None:
    """Both parts lie within the bounds, for a cotangent that has both."""
    function, *inputs = CASES[name]
    findings = dc.check(function, *inputs, tangents=1)
    assert findings.ok, findings.table(3)


def test_the_cases_call_every_row() -> None:
    """No row of complex numbers goes without a case, but those that only stand for operators which are not recorded."""
    starts = [sum(len(case) - 1 for case in list(CASES.values())[:place]) for place in range(len(CASES))]

    def together(*given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        cases = zip(starts, CASES.values(), strict=True)
        return tuple(function(*given[start : start + len(own)]) for start, (function, *own) in cases)

    graph = exported(together, [value for _, *own in CASES.values() for value in own]).graph
    called = {str(node.target) for node in graph.nodes}
    missing = {name.removeprefix("aten.") for name in COMPLEX_ROWS if name not in called and name not in PARTWISE}
    missing = {name for name in missing if not name.startswith("_fft") and not UNSEEN & {name, name.split(".")[0]}}
    assert not missing


def test_every_operator_of_parts_has_a_real_row_or_is_unknown() -> None:
    """An operator that acts on each part has no meaning of its own here: without its real row it is refused."""
    assert len([name for name in PARTWISE if name in ROWS]) > 40
    assert all(isinstance(places, tuple) and places for places in PARTWISE.values())


PRODUCT = dc.capture(lambda a, b: a * b, at(1), at(1))


@given(st.complex_numbers(max_magnitude=1e3), st.complex_numbers(max_magnitude=1e3))
def test_a_product_is_that_of_complex_numbers(u: complex, v: complex) -> None:
    """The program of a·b evaluates to the exact product, rounded once."""
    values = dc.exact(PRODUCT, {"a": np.array([[u.real, u.imag]]), "b": np.array([[v.real, v.imag]])})
    expected = u * v
    (real, imag), scale = values.rounded()["output"][0], 4 * np.finfo(float).eps * abs(u) * abs(v)
    assert abs(real - expected.real) <= scale
    assert abs(imag - expected.imag) <= scale


def test_a_complex_input_is_a_real_one_with_one_more_axis() -> None:
    """The pair is laid out as torch.view_as_real does it, for inputs and outputs, extents by name included."""
    program = dc.capture(lambda a: a.conj(), z(3), sizes={"a": ("n",)})
    assert list(map(str, program.inputs[0].extents)) == ["n", "2"]
    given = z(3).detach()
    values = dc.exact(program, {"a": torch.view_as_real(given)}).rounded()
    assert values["output"].tolist() == torch.view_as_real(given.conj().resolve_conj()).tolist()


@pytest.mark.parametrize(
    "function", [torch.prod, lambda a: a**4, lambda a: torch.add(a, a, alpha=1j), torch.nn.functional.silu]
)
def test_what_has_no_complex_row_is_refused_at_the_users_line(function: object) -> None:
    """The refusal says that the operator met complex numbers."""
    with pytest.raises((UnsupportedOperator, CaptureError), match="complex"):
        dc.capture(function, z(3))


def test_the_refusal_names_the_line() -> None:
    """It is this file's."""
    with pytest.raises(UnsupportedOperator, match=r"test_complex\.py") as refusal:
        dc.capture(lambda a: a.prod(), z(3))
    assert "of complex numbers" in str(refusal.value)


def test_complex32_is_refused() -> None:
    """As an input, and on the way."""
    with pytest.raises(CaptureError, match="complex32"):
        dc.capture(lambda a: a * 2, z(3).detach().to(torch.complex32))
    with pytest.raises(CaptureError, match="complex32"):
        dc.capture(lambda a: a.to(torch.complex32).real, x(3))
