"""Terms: renaming captures nothing, deltas go only where that is right, idle sums count."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Integer, KroneckerDelta, Mul, Symbol, expand

from diffcheck.derivation.slopes import partial, tidy
from diffcheck.derivation.terms import Term, added, fresh_name, mergeable, reduced, renamed, zero
from diffcheck.notation import Index, extent, index_symbol, indices_of, name_of, read, reads_of

n, m = extent("n"), extent("m")
i, j, k, l = map(index_symbol, "ijkl")


def over(names, size=n):
    return tuple(Index(name, size) for name in names)


def delta(first, second):
    return KroneckerDelta(first, second)


def value(term, at):
    """Return the value of *term* where its free indices are *at*; a read of A at (p, q) counts as a number of its own."""
    lengths = {index.symbol: int(index.extent.subs({n: 2, m: 3})) for index in term.bound}
    total = 0
    for places in itertools.product(*map(range, lengths.values())):
        where = dict(zip(lengths, map(Integer, places), strict=True)) | {
            index.symbol: Integer(place) for index, place in zip(term.indices, at, strict=True)
        }
        body = term.body.xreplace(
            {node: read(name_of(node), [p.xreplace(where) for p in indices_of(node)]) for node in reads_of(term.body)}
        )
        total += body.xreplace(where).xreplace({n: Integer(2), m: Integer(3)})
    return total


def values(term):
    lengths = [int(index.extent.subs({n: 2, m: 3})) for index in term.indices]
    return {at: value(term, at) for at in itertools.product(*map(range, lengths))}


INDICES = st.sampled_from([i, j, k, l])
FACTORS = st.one_of(
    st.builds(lambda p, q: read("A", [p, q]), INDICES, INDICES),
    st.builds(lambda p: read("x", [p]), INDICES),
    st.builds(delta, INDICES, INDICES | st.sampled_from([Integer(0), Integer(1), Integer(2)])),
    st.sampled_from([Integer(2), n, read("w")]),
    st.builds(lambda p, q: read("x", [p]) + read("w") * delta(p, q), INDICES, INDICES),
)


@st.composite
def terms(draw):
    """Any term over i, j (free) and k, l (bound), whose extents may differ."""
    sizes = {name: draw(st.sampled_from([n, m, Integer(2)])) for name in "ijkl"}
    body = Mul(*draw(st.lists(FACTORS, min_size=1, max_size=4)))
    return Term(tuple(Index(name, sizes[name]) for name in "ij"), tuple(Index(name, sizes[name]) for name in "kl"), body)


@given(terms())
def test_reducing_keeps_every_value(term):
    assert {at: expand(number) for at, number in values(reduced(term)).items()} == {
        at: expand(number) for at, number in values(term).items()
    }


@given(terms(), st.permutations("ijklpq"))
def test_renaming_keeps_every_value(term, names):
    found = renamed(term, tuple(names[:2]), avoid=names[2:4])
    assert tuple(index.name for index in found.indices) == tuple(names[:2])
    assert not {index.name for index in found.bound} & set(names[:4])
    assert values(found) == values(term)


@given(terms(), terms())
def test_adding_adds_the_values(first, second):
    first, second = (Term(over("ij"), term.bound, term.body) for term in (first, second))
    swapped = renamed(second, ("j", "i"))
    assume(mergeable(first, swapped))
    one, other = values(first), values(swapped)
    assert {at: expand(number) for at, number in values(added(first, swapped)).items()} == {
        at: expand(one[at] + other[at]) for at in one
    }


def test_names_are_exchanged_at_once():
    term = Term(over("ij"), over("k"), read("A", [i, k]) * read("B", [k, j]))
    swapped = renamed(term, ("j", "i"))
    assert swapped.body == read("A", [j, k]) * read("B", [k, i])
    cyclic = renamed(term, ("k", "i"))
    assert cyclic.body == read("A", [k, index_symbol("k_2")]) * read("B", [index_symbol("k_2"), i])


@pytest.mark.parametrize(
    ("body", "bound", "wanted"),
    [
        (delta(i, j) * read("x", [j]), ["j"], read("x", [i])),
        (delta(0, j) * read("x", [j]), ["j"], read("x", [0])),
        (delta(j, k) * delta(k, i) * read("x", [j]), ["j", "k"], read("x", [i])),
        (delta(j, k) * read("A", [j, k]), ["j", "k"], read("A", [k, k])),
        (delta(j, i) ** 2 * read("x", [j]), ["j"], read("x", [i])),
        (delta(0, j) * delta(1, j), ["j"], Integer(0)),
    ],
)
def test_a_delta_with_a_bound_index_goes(body, bound, wanted):
    found = reduced(Term(over("i"), over(bound), body))
    assert found.body == wanted
    assert not found.body.has(KroneckerDelta)


@pytest.mark.parametrize(
    ("place", "size"), [(i, m), (i, Integer(2)), (Integer(1), n), (Integer(2), Integer(2)), (Integer(7), m)], ids=str
)
def test_a_delta_stays_where_its_place_may_lie_outside(place, size):
    term = Term(over("i"), over("j", size), delta(place, j) * read("w"))
    assert reduced(term) == term


@pytest.mark.parametrize(
    ("place", "size"), [(i, n), (i, n + 1), (Integer(0), n), (Integer(1), n + 1), (Integer(1), Integer(2))]
)
def test_a_delta_goes_where_its_place_lies_inside(place, size):
    assert reduced(Term(over("i"), over("j", size), delta(place, j) * read("w"))) == Term(over("i"), (), read("w"))


def test_an_idle_sum_counts():
    assert reduced(Term((), (Index("i", n), Index("j", m)), read("w"))).body == n * m * read("w")
    assert reduced(Term((), (Index("i", n),), read("w") / n)) == Term((), (), read("w"))
    assert reduced(Term((), (Index("i", n),), read("x", [i]))).bound == (Index("i", n),)


def test_zero_has_fresh_indices():
    assert zero((n, m, n), avoid=["i", "i_3"]) == Term((Index("i_2", n), Index("i_4", m), Index("i_5", n)), (), Integer(0))
    assert zero(()) == Term((), (), Integer(0))


def test_a_fresh_name_is_the_stem_or_the_first_that_is_free():
    assert fresh_name("i", []) == "i"
    assert fresh_name("i", ["i", "i_2", "i_4"]) == "i_3"


def test_common_numbers_stand_in_front():
    a, b = read("a"), read("b")
    assert tidy((2 * a - 2 * b) / n) == Mul(2, a - b, 1 / n)
    assert tidy((2 * a + 4) * (3 * b + 6)) == Mul(6, a + 2, b + 2)
    assert tidy(a**2 + 2) == a**2 + 2


def test_the_other_reads_are_held():
    body = read("A", [i, j]) * read("A", [j, i]) + read("A", [0, 0]) ** 2
    assert partial(body, read("A", [i, j])) == read("A", [j, i])
    assert partial(body, read("A", [0, 0])) == 2 * read("A", [0, 0])
    assert partial(body, read("A", [1, 1])) == 0
    assert partial(Symbol("n", integer=True, positive=True) * read("w"), read("w")) == n
