"""What comes back in a form that is no plain array is wrong, and said so, whatever it claims to be."""

import numpy as np
import pytest
import torch

from diffcheck import engines
from diffcheck.errors import UnreadableValue
from diffcheck.notation import parse
from diffcheck.problems import problem, to_torch
from diffcheck.verification import LAWS, Kind, Verdict, as_floats, compare, judge_function, truth_of

LINE = problem("thermometer")
POINT = to_torch(LINE.point(0, n=3))
TRUTH = truth_of(LINE.gradient, POINT)
RIGHT = engines.engine("autograd").gradient(LINE, POINT)
SAME = parse("data x[n]; s[i] = x[i]")


class Lying(torch.Tensor):
    """A tensor of one element that says it has none of the axes."""

    @property
    def shape(self):
        return torch.Size(())


class Raising:
    """Something that becomes no array."""

    dtype = np.dtype("float64")

    def __array__(self, *_, **__):
        raise RuntimeError("no array here")


class Leaving:
    """Something that ends the program when it is read."""

    def __array__(self, *_, **__):
        raise SystemExit(0)


class Closed(dict):
    """A mapping that cannot be asked."""

    def get(self, *_):
        raise RuntimeError("closed")


def self_containing():
    made = [1.0]
    made.append(made)
    return made


def nested(layout=torch.strided):
    rows = [torch.ones(1, dtype=torch.float64), torch.ones(2, dtype=torch.float64)]
    return torch.nested.nested_tensor(rows, layout=layout)


def quantized():
    return torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.quint8)


MAKERS = {
    "masked": lambda: np.ma.masked_array(2.0, mask=True),
    "unmasked": lambda: np.ma.masked_array([1.0, 2.0, 3.0]),
    "masked constant": lambda: np.ma.masked,
    "lying": lambda: torch.ones(1, dtype=torch.float64).as_subclass(Lying),
    "raising": Raising,
    "leaving": Leaving,
    "self-containing": self_containing,
    "nested": nested,
    "jagged": lambda: nested(torch.jagged),
    "quantized": quantized,
    "ragged": lambda: [[1.0], [1.0, 2.0]],
    "objects": lambda: np.array([object()]),
    "text": lambda: "text",
    "complex": lambda: torch.tensor(1j),
}
pytestmark = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors", "ignore:torch.quantize_per_tensor")


def test_zeros_of_autograd_without_memory_are_zeros():
    zeros = torch._efficientzerotensor((2, 3), dtype=torch.float64)
    assert as_floats(zeros).tolist() == [[0.0] * 3] * 2
    assert compare({**RIGHT, "w": torch._efficientzerotensor((), dtype=torch.float64)}, TRUTH).worst.got == 0


@pytest.fixture(params=MAKERS)
def foreign(request):
    return MAKERS[request.param]()


def test_it_is_a_wrong_finding_of_its_name(foreign):
    findings = compare({**RIGHT, "w": foreign}, TRUTH)
    wrong = [item for item in findings if item.verdict is Verdict.WRONG]
    assert [item.place.name for item in wrong] == ["w"]
    assert wrong[0].note


def test_it_is_refused_as_numbers(foreign):
    with pytest.raises(UnreadableValue):
        as_floats(foreign)


@pytest.mark.parametrize("packed", [lambda value: value, lambda value: [value, value, value], lambda value: (value,)])
def test_a_function_that_returns_it_is_refused(foreign, packed):
    judged = judge_function(lambda x: packed(foreign), SAME, ["x"])
    assert not judged.right
    assert judged.message


def test_data_under_a_mask_are_not_what_came_back():
    hidden = {name: np.ma.masked_array(value.numpy(), mask=True) for name, value in RIGHT.items()}
    findings = compare(hidden, TRUTH)
    assert not findings.ok
    assert "masked array" in findings.worst.note


@pytest.mark.parametrize("got", [None, tuple(RIGHT.values()), list(RIGHT), 3.0, "wb"])
def test_no_mapping_is_wrong_in_every_name(got):
    findings = compare(got, TRUTH)
    assert [(item.place.name, item.verdict) for item in findings] == [("w", Verdict.WRONG), ("b", Verdict.WRONG)]
    assert f"got {type(got).__name__}" in findings.worst.note


def test_names_of_any_type_that_were_not_asked_for_are_told():
    findings = compare({**RIGHT, 1: 3, None: 2, "a": 1}, TRUTH)
    extra = {item.place.name for item in findings if item.kind is Kind.UNKNOWN}
    assert extra == {"1", "None", "a"}
    assert Kind.UNKNOWN.value == "not asked for"


class Returning:
    """An engine that returns what it was made with."""

    name = "returning"

    def __init__(self, result):
        self.result = result

    def supports(self, problem, dtype, device):
        return None

    def gradient(self, problem, point):
        return self.result


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    "result", [None, {}, Closed(w=1.0), (1.0, 2.0), {"w": None, "b": None}, {"w": "text", "b": [1.0, [2.0]]}]
)
def test_every_law_refuses_an_engine_that_returns_no_gradient(law, result):
    if law == "refuses_an_empty_batch":
        result = {}
    assert not LAWS[law](LINE, Returning(result), POINT).ok
