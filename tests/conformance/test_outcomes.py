"""The verdicts on samples and operators, which fail closed."""

import math
from dataclasses import replace

import pytest
import torch
from fake_operators import entry, op_db
from hypothesis import given
from hypothesis import strategies as st

import diffcheck as dc
from diffcheck.conformance import OPERATOR_VERDICTS, SAMPLE_VERDICTS, OperatorOutcome, SampleOutcome, counted, reasons, row_of
from diffcheck.conformance.entries import chosen, entries, entry_name
from diffcheck.conformance.judging import judged, outcome_of
from diffcheck.conformance.serving import spread
from diffcheck.errors import MissingLibrary, UnknownName
from diffcheck.verification import Findings

SAMPLES = st.lists(st.sampled_from(SAMPLE_VERDICTS))


def outcome(verdicts):
    samples = tuple(SampleOutcome(place, verdict, f"why {verdict}") for place, verdict in enumerate(verdicts))
    return OperatorOutcome("op", len(samples), samples, 0.0)


@given(SAMPLES)
def test_an_operator_is_verified_if_a_sample_is_and_no_other_is_anything_but_empty(verdicts):
    assert (outcome(verdicts).verdict == "verified") == ("verified" in verdicts and set(verdicts) <= {"verified", "empty"})


@given(SAMPLES)
def test_a_finding_and_a_crash_are_never_hidden(verdicts):
    found = outcome(verdicts)
    assert (found.verdict == "finding") == ("finding" in verdicts)
    assert found.counts["crash"] == verdicts.count("crash")
    if "crash" in verdicts:
        assert any(other["verdict"] == "crash" for other in row_of("op", found, "float64")["others"])


@given(SAMPLES)
def test_what_is_not_verified_says_why(verdicts):
    found = outcome(verdicts)
    assert found.verdict in OPERATOR_VERDICTS
    assert bool(found.reason) == (found.verdict != "verified")


@given(st.lists(SAMPLES))
def test_the_counts_of_a_table_add_up(table):
    outcomes = [outcome(verdicts) for verdicts in table]
    rows = [row_of("op", found, "float64") for found in outcomes] + [row_of("op", None, "float64")]
    counts = counted(rows)
    assert sum(counts.values()) == len(rows)
    assert counts["not reached"] == 1
    assert sum(reasons(outcomes).values()) == counts["unsupported"]


@given(st.integers(0, 300))
def test_samples_are_tried_in_an_order_that_is_spread_from_the_start(count):
    order = spread(count)
    assert sorted(order) == list(range(count))
    half = (count + 1) // 2
    gaps = [b - a for a, b in zip(sorted(order[:half]), sorted(order[:half])[1:], strict=False)]
    assert all(gap <= 4 for gap in gaps)


def sample_of(one):
    return next(iter(one.sample_inputs("cpu", torch.float64, requires_grad=True)))


def test_an_error_out_of_the_check_is_a_crash_that_names_our_line():
    def checked(*_, **__):
        return spread("four")

    right = entry("right", torch.sin)
    found = judged(right, sample_of(right), 4, checked=checked)
    assert (found.place, found.verdict) == (4, "crash")
    assert "diffcheck/conformance/serving.py" in found.reason


def test_findings_of_nothing_verify_nothing():
    assert outcome_of(Findings(()), 0).verdict == "undecided"


def test_an_element_without_a_derivative_is_not_verified():
    findings = dc.check(lambda x: x * x, torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True))
    assert outcome_of(findings, 0).verdict == "verified"
    for verdict in ("UNDEFINED", "UNDECIDED"):
        doubted = replace(findings.items[0], verdict=type(findings.items[0].verdict)[verdict])
        assert outcome_of(Findings((doubted, *findings.items[1:])), 0).verdict == "undecided"


def test_tensors_in_lists_and_keywords_are_arguments_and_whole_numbers_are_no_outputs():
    def op(tensors, power, *, weight):
        return torch.stack(tensors).pow(power) * weight, torch.stack(tensors).argmax()

    one = sample_of(entry("op", op))
    x, y, w = (torch.randn(3, dtype=torch.float64, requires_grad=True) for _ in range(3))
    one.input, one.args, one.kwargs = [x, y], (2,), {"weight": w}
    seen = []

    def checked(call, *tensors, **options):
        seen.extend((tensors, call(*tensors), options))
        return dc.check(call, *tensors, **options)

    assert judged(entry("op", op), one, 0, checked=checked).verdict == "verified"
    assert len(seen[0]) == 3
    assert len(seen[1]) == 1
    assert seen[2] == {"tangents": 1}


def test_an_output_that_pytorch_does_not_differentiate_is_no_output():
    one = entry("normed", lambda x: torch.native_layer_norm(x, x.shape, None, None, 1e-5))
    assert judged(one, sample_of(one), 0).verdict == "verified"
    constant = entry("constant", torch.Tensor.detach)
    found = judged(constant, sample_of(constant), 0)
    assert (found.verdict, found.reason) == ("unsupported", "PyTorch differentiates none of its outputs")


def test_a_missing_gradient_is_infinitely_wrong():
    class Unwilling(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            raise RuntimeError("no")

    one = entry("unwilling", Unwilling.apply)
    found = judged(one, sample_of(one), 0)
    assert (found.verdict, found.relative) == ("finding", math.inf)


def test_entries_are_chosen_by_name_with_all_their_variants():
    known = ["div.floor", "div.trunc", "mul", "nn.functional.elu"]
    assert chosen(known, []) == known
    assert chosen(known, ["mul", "div"]) == ["div.floor", "div.trunc", "mul"]
    assert chosen(known, ["div.floor"]) == ["div.floor"]
    with pytest.raises(UnknownName, match=r"did you mean 'nn\.functional\.elu'"):
        chosen(known, ["nn.functional.elo"])


def test_entry_names_tell_variants_apart():
    assert entry_name(entry("div", torch.div, variant="floor")) == "div.floor"
    assert len({entry_name(one) for one in op_db}) == len(op_db)


def test_a_library_that_is_missing_is_named_with_what_to_install():
    with pytest.raises(MissingLibrary, match=r"no_such_library.*torch-diffcheck\[conformance\]"):
        entries("no_such_library:op_db")
