"""An explanation explains its own finding and no other."""

import math

import pytest
import torch
from fake_operators import entry
from torch.nn import functional

from diffcheck.conformance import EXPLANATIONS, OperatorOutcome, SampleOutcome, explanation_of, row_of
from diffcheck.conformance.explanations import FIRST_ORDER, NOT_EXPLAINED
from diffcheck.conformance.judging import judged
from diffcheck.conformance.outcomes import Worst

CALLS = {
    "nn.functional.hardsigmoid": functional.hardsigmoid,
    "nn.functional.celu": lambda x: functional.celu(x, alpha=0.7),
    "as_strided_scatter": lambda x: torch.as_strided_scatter(x, x.new_zeros(2), (2,), (1,), 1),
    "digamma": torch.digamma,
    "logcumsumexp": lambda x: torch.logcumsumexp(torch.cat([x[:1] + 1e4, x[1:]]), 0),
    "linalg.householder_product": lambda x: torch.linalg.householder_product(x.view(2, 2), x.new_tensor([1 / 1.09, 0.7])),
    "native_group_norm": lambda x: torch.native_group_norm(x.view(1, 2, 2), None, None, 1, 2, 2, 1, 0.1),
    "polar": lambda x: torch.view_as_real(torch.polar(x, x.detach())),
}


@pytest.mark.parametrize("row", EXPLANATIONS, ids=lambda row: row.operator)
def test_every_row_is_told_in_words_for_dtypes_and_a_size(row):
    assert row.text.endswith(".")
    assert row.dtypes
    assert row.largest > 0
    assert row.link == "" or row.link.endswith(f"/{row.issue}")


@pytest.mark.parametrize("row", [row for row in EXPLANATIONS if row.question == FIRST_ORDER], ids=lambda row: row.operator)
def test_a_row_about_gradients_explains_what_pytorch_does(row):
    one = entry("op", CALLS[row.operator])
    (sample, *_) = one.sample_inputs("cpu", torch.float64, requires_grad=True)
    sample.input = torch.tensor([-2.5, -1.3, -0.3, 0.4], dtype=torch.float64, requires_grad=True)
    found = judged(one, sample, 0)
    if found.verdict == "verified":
        pytest.skip("this PyTorch is right")
    assert found.verdict == "finding"
    assert 0 < found.relative <= row.largest
    assert explanation_of(row.operator, "float64", found.relative) is row


@pytest.mark.parametrize("row", EXPLANATIONS, ids=lambda row: row.operator)
def test_a_row_explains_no_larger_error_no_other_dtype_and_no_other_question(row):
    assert explanation_of(row.operator, "float64", math.nan) is None
    assert explanation_of(row.operator, "complex64", 1e-9) is None
    if row.question == FIRST_ORDER:
        assert math.isinf(row.largest) or explanation_of(row.operator, "float64", row.largest * 1.01) is None
    else:
        assert explanation_of(row.operator, "float64", 0.0) is None
        assert explanation_of(row.operator, "float64", 0.0, row.question) is row


def found_with(relative):
    worst = Worst("x[0]", "1.0", 1.0 + relative, 9.0, 1.0, "wrong", "", "x[0]: wrong")
    samples = (SampleOutcome(0, "finding", "x[0]: wrong", "", worst, relative), SampleOutcome(1, "verified"))
    return row_of("nn.functional.hardsigmoid", OperatorOutcome("nn.functional.hardsigmoid", 2, samples, 0.0), "float64")


def test_a_finding_that_nothing_explains_says_so():
    assert found_with(0.5)["explanation"] == NOT_EXPLAINED
    assert found_with(2.9e-8)["explanation"] == EXPLANATIONS[0].text
