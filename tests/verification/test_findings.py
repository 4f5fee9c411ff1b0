"""What a check found: its worst element, its counts, its table, and its failure."""

import math

import pytest
from flint import arb

from diffcheck.errors import WrongGradient
from diffcheck.verification import Finding, Findings, Kind, Place, Verdict

INF, NAN = math.inf, math.nan


def finding(verdict=Verdict.EXACT, *, name="w", index=(), ulp=0.0, bound=1.0, kind=Kind.NONE, exact=0.5, got=0.5, note=""):
    return Finding(Place(name, index), None if exact is None else arb(exact), got, ulp, bound, verdict, kind, note)


EXACT = finding()
ACCURATE = finding(Verdict.ACCURATE, index=(1,), ulp=1.5, bound=8.0)
LOSSY = finding(Verdict.LOSSY, index=(2,), ulp=6.0, bound=8.0)
UNDEFINED = finding(Verdict.UNDEFINED, index=(3,), ulp=NAN, bound=NAN, exact=NAN, got=NAN)
SUBGRADIENT = finding(Verdict.UNDEFINED, index=(3,), exact=0.0, got=1.0, kind=Kind.SUBGRADIENT)
UNDECIDED = finding(Verdict.UNDECIDED, index=(4,), ulp=INF, bound=1.0, exact=1.0, got=2.0)
WRONG = finding(Verdict.WRONG, name="W", index=(2, 0), ulp=9.0, bound=3.0, exact=-0.25, got=0.75, kind=Kind.WRONG_SIGN)
MISSING = finding(
    Verdict.WRONG, name="b", exact=None, got=NAN, ulp=INF, bound=0.0, kind=Kind.MISSING, note="no gradient came back"
)
ALL = (EXACT, ACCURATE, LOSSY, UNDEFINED, UNDECIDED, WRONG, MISSING)


@pytest.mark.parametrize(
    ("items", "ok", "accurate"),
    [
        ((), False, False),
        ((EXACT,), True, True),
        ((EXACT, ACCURATE), True, True),
        ((UNDEFINED,), False, False),
        ((UNDEFINED, EXACT), False, False),
        ((SUBGRADIENT, EXACT), True, True),
        ((EXACT, LOSSY), True, False),
        ((EXACT, UNDECIDED), False, False),
        ((EXACT, WRONG), False, False),
        ((EXACT, MISSING), False, False),
        (ALL, False, False),
    ],
)
def test_ok_and_accurate(items, ok, accurate):
    findings = Findings(items)
    assert (findings.ok, findings.accurate) == (ok, accurate)
    if ok:
        findings.raise_if_wrong()
    else:
        with pytest.raises(WrongGradient):
            findings.raise_if_wrong()


def test_findings_are_a_sequence_of_their_elements():
    assert list(Findings(ALL)) == list(ALL)
    assert len(Findings(ALL)) == 7


@pytest.mark.parametrize("count", range(1, 8))
def test_the_worst_is_of_the_worst_verdict_whatever_the_order(count):
    order = (EXACT, ACCURATE, LOSSY, UNDEFINED, UNDECIDED, WRONG, MISSING)
    assert Findings(order[:count]).worst is order[count - 1]
    assert Findings(order[:count][::-1]).worst is order[count - 1]


def test_the_worst_among_equals_is_the_one_furthest_beyond_its_bound():
    small = finding(Verdict.WRONG, ulp=1e6, bound=5e5)
    large = finding(Verdict.WRONG, ulp=30.0, bound=1.0)
    assert Findings((small, large)).worst is large
    without_bound = finding(Verdict.WRONG, ulp=1.0, bound=0.0)
    assert Findings((without_bound, large)).worst is without_bound


def test_nothing_has_no_worst_and_fails_as_a_gradient_does():
    for ask in (lambda: Findings(()).worst, Findings(()).raise_if_wrong):
        with pytest.raises(WrongGradient, match="got no element to check, wanted one or more"):
            ask()


def test_counts_name_every_verdict():
    assert Findings(ALL).counts() == {"exact": 1, "accurate": 1, "lossy": 1, "wrong": 2, "undefined": 1, "undecided": 1}
    assert set(Findings(()).counts().values()) == {0}


def test_the_table_has_the_counts_and_the_worst_elements_first():
    lines = Findings(ALL, "network").table(rows=3).splitlines()
    assert lines[0] == "network: 7 elements: 1 exact, 1 accurate, 1 lossy, 2 wrong, 1 undefined, 1 undecided"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["b", "W[2, 0]", "w[4]"]
    assert len(Findings(ALL).table(rows=100).splitlines()) == 8
    assert Findings(()).table() == "gradient: 0 elements: nothing was checked"


def test_a_finding_says_place_verdict_kind_values_and_error():
    assert str(WRONG) == "W[2, 0]: wrong (wrong sign): got 0.75, exact -0.25000000000000000000, 9 ULP, bound 3 ULP"
    assert str(ACCURATE) == "w[1]: accurate: got 0.5, exact 0.50000000000000000000, 1.5 ULP, bound 8 ULP"
    assert str(MISSING) == "b: wrong (missing gradient): no gradient came back"
    assert "exact undefined" in str(UNDEFINED)


def test_the_failure_says_all_that_is_needed():
    findings = Findings((EXACT, WRONG), "autograd on network", {"W": "2*x", "w": "3"}, "run it again with seed 7")
    with pytest.raises(WrongGradient) as caught:
        findings.raise_if_wrong()
    assert str(caught.value) == (
        "autograd on network: got W[2, 0] = 0.75, wrong (wrong sign) (9 ULP, bound 3 ULP), "
        "wanted -0.25000000000000000000 = 2*x, within the bound; run it again with seed 7"
    )
    assert isinstance(caught.value, AssertionError)


def test_the_failure_without_formula_and_command_points_to_the_table():
    with pytest.raises(WrongGradient, match=r"wanted a gradient, within the bound; see table\(\)"):
        Findings((MISSING,)).raise_if_wrong()


def test_a_notebook_shows_the_table_with_nothing_taken_for_markup():
    html = Findings((finding(name="a<b"), MISSING), "<script>")._repr_html_()
    assert html.startswith("<pre>&lt;script&gt;: 2 elements")
    assert "a&lt;b" in html
    assert html.count("<") == 2
