"""Programs and their parts are values: they cannot change, and equal ones are one to sets and dictionaries."""

from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from strategies_programs import programs

from diffcheck.notation import FUNCTIONS, Equation, Index, Role, Tensor, extent, index_symbol, parse, read
from diffcheck.notation.names import split_name

n = extent("n")
TEXT = "parameter w; data x[n]\np[i] = w*x[i]\nL = Σ_i p[i]"
PROGRAM = parse(TEXT)
RECORDS = [
    Index("i", n),
    Tensor("x", (n,), Role.DATA),
    PROGRAM.equations[0],
    PROGRAM,
    FUNCTIONS["relu"],
    FUNCTIONS["relu"].kinks[0],
    split_name("W_bar_2"),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_cannot_change(record):
    for field in fields(record):
        with pytest.raises(FrozenInstanceError):
            setattr(record, field.name, None)
        with pytest.raises(FrozenInstanceError):
            delattr(record, field.name)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_equal_records_have_equal_hashes(record):
    again = type(record)(**{field.name: getattr(record, field.name) for field in fields(record) if field.init})
    assert again == record
    assert hash(again) == hash(record)
    assert len({again, record}) == 1


@given(programs())
def test_a_program_read_again_is_the_same_key(program):
    assert {program: "found"}[parse(str(program))] == "found"


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("data x", "target x"),
        TEXT.replace("x[n]", "x[m]"),
        TEXT.replace("w*x", "2*w*x"),
        TEXT.replace("[i]", "[j]").replace("Σ_i", "Σ_j"),
        TEXT + "\noutput p",
        TEXT + "\noutput L, p",
        "data x[n]; parameter w" + TEXT.removeprefix("parameter w; data x[n]"),
    ],
)
def test_a_program_with_another_part_differs(other):
    assert parse(other) != PROGRAM


def test_symbols_of_one_kind_are_one_object_and_of_another_differ():
    assert index_symbol("n") is index_symbol("n")
    assert extent("n") is extent("n")
    assert len({index_symbol("n"), extent("n"), read("n")}) == 3
    assert read("x", [0]) == read("x", (0,))


def test_the_order_in_which_an_equation_was_built_does_not_show():
    a, b = read("a"), read("b")
    assert Equation("L", (), (), a + b) == Equation("L", (), (), b + a)
    assert Equation("L", (), (), a + b).reads == (a, b)
