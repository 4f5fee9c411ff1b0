"""The table of kinks: PyTorch's conventions are those of the installed release, and every kink that is found has its row.

``DIFFCHECK_REWRITE_GOLDEN=1 pytest tests/atlas/test_kink_table.py`` writes the table of docs/kinks.md anew.
"""

import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.atlas import Variant
from diffcheck.atlas.conventions import CONVENTIONS
from diffcheck.atlas.kinks import is_subgradient, kink_table, kinks_of, known_kinks
from diffcheck.oracle import FORMATS, ulp

PAGE = Path(__file__).resolve().parents[2] / "docs" / "kinks.md"
REWRITING = bool(os.environ.get("DIFFCHECK_REWRITE_GOLDEN"))
RELEASES = tuple(f"2.{minor}" for minor in range(6, 16))
NOW = tuple(row for row in CONVENTIONS if row.holds(torch.__version__))
INF, NAN = math.inf, math.nan


def faults(kinks, rows):
    """Return what is wrong with *rows*, those of one release, beside *kinks*."""
    told = {
        (row.function, row.point, place): slope for row in rows for place, slope in enumerate(row.slopes) if slope is not None
    }
    found = {(kink.variant, kink.point, kink.place): kink.got for kink in kinks}
    missing = [f"no row: {key}" for key in found.keys() - told.keys()]
    idle = [f"no kink: {key}" for key in told.keys() - found.keys()]
    return missing + idle + [f"{key}: {found[key]}" for key in found.keys() & told.keys() if not same(found[key], told[key])]


def same(got, told):
    """Say whether they are one number, up to the few roundings with which both are computed."""
    if math.isfinite(got) and math.isfinite(told):
        return abs(got - told) <= 4 * ulp(told, FORMATS["float64"])
    return got == told or (math.isnan(got) and math.isnan(told))


def kink_at(variant, *point, place=0):
    (found,) = (kink for kink in known_kinks() if (kink.variant, kink.point, kink.place) == (variant, point, place))
    return found


def test_every_kink_has_its_row_and_every_row_is_what_the_installed_release_gives():
    assert len(known_kinks()) > 130
    assert not faults(known_kinks(), NOW)


@pytest.mark.parametrize("turn", [0, len(NOW) // 2, len(NOW) - 1])
def test_a_wrong_a_missing_and_an_idle_row_are_noticed(turn):
    row = NOW[turn]
    wrong = replace(row, slopes=tuple(None if slope is None else 0.75 for slope in row.slopes))
    others = (*NOW[:turn], *NOW[turn + 1 :])
    idle = replace(row, point=tuple(at + 0.1 for at in row.point))
    for rows, starting in (((*others, wrong), "("), (others, "no row"), ((*NOW, idle), "no kink")):
        found = faults(known_kinks(), rows)
        assert found
        assert all(fault.startswith(starting) and row.function in fault for fault in found)


@pytest.mark.parametrize("release", RELEASES)
def test_in_every_release_a_function_has_one_convention_at_a_point(release):
    places = [(row.function, row.point) for row in CONVENTIONS if row.holds(release)]
    assert len(places) == len(set(places))
    assert set(places) == {(row.function, row.point) for row in CONVENTIONS}


def test_a_build_between_releases_counts_to_the_coming_one():
    changed = {row.versions: row for row in CONVENTIONS if row.function == "clamp(min=0)"}
    for version in ("2.14.0a0+git1234", "2.14.1+cu130"):
        assert changed[">=2.14"].holds(version)
        assert not changed["<2.14"].holds(version)


@pytest.mark.parametrize(
    ("variant", "point", "place", "interval"),
    [
        ("relu", (0.0,), 0, [0.0, 1.0]),
        ("hardswish", (3.0,), 0, [1.0, 1.5]),
        ("selu", (0.0,), 0, [1.0507009873554805, 1.0507009873554805 * 1.6732632423543772]),
        ("log", (0.0,), 0, [INF, INF]),  # not from below, where log has no value
        ("atanh", (-1.0,), 0, [INF, INF]),
        ("digamma", (-2.0,), 0, [INF, INF]),
        ("gammaln", (-1.0,), 0, [-INF, INF]),
        ("hypot", (0.0, 0.0), 1, [-1.0, 1.0]),
        ("linalg.vector_norm([x, y], ord=3)", (0.0, 0.0), 0, [-1.0, 1.0]),
        ("std([x, y])", (0.0, 0.0), 0, [-(0.5**0.5), 0.5**0.5]),
        ("maximum", (1.0, 1.0), 0, [0.0, 1.0]),
        ("atan2", (0.0, 0.0), 0, [-INF, INF]),
        ("pow", (0.0, 0.0), 1, [-INF, 0.0]),  # 0 where x is exponentially closer to 0 than y
        ("fmod", (1.0, 1.0), 1, [-1.0, 0.0]),
        ("l1_loss(target=0.3)", (0.3,), 0, [-1.0, 1.0]),
    ],
)
def test_intervals_that_are_known(variant, point, place, interval):
    kink = kink_at(variant, *point, place=place)
    assert all(map(same, [kink.low, kink.high], interval))


def test_a_jump_is_one_of_the_function_not_of_its_slope():
    assert kink_at("hardshrink", 0.5).jumps
    assert kink_at("round", 1.5).jumps
    assert kink_at("copysign", 1.0, 0.0, place=1).jumps
    assert not kink_at("softshrink", 0.5).jumps
    assert not kink_at("copysign", 0.0, 1.0).jumps


@pytest.mark.parametrize("name", ["elu", "celu", "gelu", "huber_loss(target=0.3)", "smooth_l1_loss(target=0.3)", "sinc"])
def test_where_pieces_join_smoothly_there_is_no_kink(name):
    assert not [kink for kink in known_kinks() if kink.variant == name]


@pytest.mark.parametrize(
    ("slope", "low", "high", "passes"),
    [
        (0.0, 0.0, 1.0, True),
        (1.0 + 2.0**-52, 0.0, 1.0, True),
        (1.0 + 2.0**-40, 0.0, 1.0, False),
        (-0.1, 0.0, 1.0, False),
        (NAN, 0.0, 1.0, False),
        (INF, INF, INF, True),
        (-INF, INF, INF, False),
        (1e300, INF, INF, False),
        (NAN, INF, INF, False),
        (0.0, -INF, INF, True),
        (NAN, -INF, INF, False),
        (1.0, 1.0, 1.0, True),
        (0.0, 1.0, 1.0, False),
    ],
)
def test_what_is_a_subgradient(slope, low, high, passes):
    assert is_subgradient(slope, low, high) is passes


def test_a_kink_tells_its_convention():
    assert kink_at("relu", 0.0).convention == "0"
    assert kink_at("hypot", 0.0, 0.0).convention == "NaN: 0/0; vector_norm gives 0"
    assert kink_at("hardswish", -3.0).convention in ("0 in PyTorch >=2.8", "−0.5 in PyTorch <2.8")


def test_what_is_none_is_told_of_pytorch():
    unlike = {(kink.variant, kink.place) for kink in known_kinks() if not kink.is_subgradient}
    assert {("digamma", 0), ("hypot", 0), ("hypot", 1), ("xlogy", 0)} <= unlike
    assert {("relu", 0), ("maximum", 0), ("sqrt", 0), ("pow", 0)}.isdisjoint(unlike)


quarters = st.integers(-12, 12).map(lambda number: number / 4)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.tuples(quarters, quarters, quarters), min_size=4, max_size=8))
def test_two_lines_that_meet_have_their_slopes_as_ends(drawn):
    variants = [
        Variant(
            f"bent {turn}",
            lambda x, at=at, below=below, above=above: torch.where(x > at, above, below) * (x - at),
            "own",
            1,
            (at,),
        )
        for turn, (at, below, above) in enumerate(drawn)
    ]
    found = {kink.variant: kink for kink in kinks_of(*variants)}
    for variant, (_, below, above) in zip(variants, drawn, strict=True):
        assert (variant.name in found) == (below != above)
        if below != above:
            kink = found[variant.name]
            assert (kink.low, kink.high) == (min(below, above), max(below, above))
            assert (kink.got, kink.is_subgradient, kink.convention) == (below, True, "")


def test_the_page_holds_the_table():
    text, head, _ = PAGE.read_text(encoding="utf-8").partition("| function |")
    if REWRITING:
        PAGE.write_text(text + kink_table(), encoding="utf-8")
    assert head
    assert PAGE.read_text(encoding="utf-8") == text + kink_table()
