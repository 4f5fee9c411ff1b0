"""Programs with computed places, branches, products and largest elements, drawn at random.

Bodies are polynomials of a few reads, so that any point will do; places are drawn from the forms that code makes of slices,
padding, windows, other shapes and tables, with offsets that may lead outside of an axis, and from such that are none of these.
"""

from __future__ import annotations

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from sympy import Integer, KroneckerDelta

from diffcheck.errors import NotationError
from diffcheck.notation import FUNCTIONS, Equation, Index, Program, Reduction, Role, Tensor, extent, indices_of, name_of, read
from diffcheck.notation.places import Quotient, Remainder
from diffcheck.notation.selection import detach, held, select

SIZES = {"n": 3, "m": 2}
_EXTENTS = (Integer(1), Integer(2), Integer(3), Integer(4), Integer(6), extent("n"), extent("m"), extent("m") * extent("n"))
_extents = st.sampled_from(_EXTENTS)
_small = st.integers(-2, 3).map(Integer)


@st.composite
def moving_programs(draw):
    """A program of one to three equations, the last of which is the output, that reads at computed places."""
    shapes = [tuple(draw(st.lists(_extents, min_size=1, max_size=3))) for _ in range(draw(st.integers(1, 2)))]
    inputs = [Tensor(name, shape, Role.PARAMETER) for name, shape in zip("xy", shapes, strict=False)]
    inputs += [Tensor("t", (draw(_extents),), Role.INTEGER), Tensor("z", (extent("n"), extent("m")), Role.DATA)]
    known = {tensor.name: tensor.extents for tensor in inputs}
    equations = []
    for target in ("a", "b", "c")[: draw(st.integers(1, 3))]:
        equation = draw(_equations(target, known))
        equations.append(equation)
        known[target] = equation.extents
    try:
        program = Program(tuple(inputs), tuple(equations), (equations[-1].target,))
    except NotationError:  # a place that is never inside
        program = None
    assume(program is not None and constants_lie_inside(program))
    return program


def constants_lie_inside(program):
    """Say whether the places that are numbers lie inside, which a point is refused for otherwise."""
    return all(
        place < _number(size)
        for equation in program.equations
        for node in equation.reads
        for place, size in zip(indices_of(node), program.tensors[name_of(node)], strict=True)
        if place.is_Integer
    )


def _number(size):
    return int(size.subs({extent(name): number for name, number in SIZES.items()}))


@st.composite
def moving_points(draw, program):
    """A float64 array of eighths for each input of *program*, and small whole numbers, some outside of every axis."""
    return {tensor.name: draw(_values(tensor)) for tensor in program.inputs}


def _values(tensor):
    shape = tuple(map(_number, tensor.extents))
    count = int(np.prod(shape, dtype=int))
    whole = tensor.role is Role.INTEGER
    if whole:
        drawn = st.lists(st.integers(-2, 5), min_size=count, max_size=count)
        return drawn.map(lambda found: np.array(found, dtype=np.int64).reshape(shape))
    drawn = st.lists(st.integers(-12, 12), min_size=count, max_size=count)
    return drawn.map(lambda found: np.array(found, dtype=np.float64).reshape(shape) / 8)


@st.composite
def _equations(draw, target, known):
    rank, bound = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    axes = tuple(Index(name, draw(_extents)) for name in "ijkl"[: rank + bound])
    reduction = draw(st.sampled_from([Reduction.SUM] * 4 + [Reduction.PRODUCT, Reduction.MAX])) if bound else Reduction.SUM
    body = draw(_bodies(known, axes))
    return Equation(target, axes[:rank], axes[rank:], body, reduction)


@st.composite
def _bodies(draw, known, axes):
    names = [name for name in known if name != "t"]
    latest = names[-1] if names[-1] in "abc" else names[0]
    leaf = st.sampled_from([latest, latest, *names]).flatmap(lambda name: _reads(name, known, axes))
    first, second = draw(leaf), draw(leaf)
    kind = draw(st.sampled_from(["read", "read", "read", "product", "sum", "branch", "delta", "position", "held"]))
    place = draw(_places(axes, known["t"]))
    return {
        "read": lambda: first,
        "product": lambda: first * second,
        "sum": lambda: first + 2 * second - 1,
        "branch": lambda: select(FUNCTIONS["step"].symbol(first - Integer(1) / 4), second, first**2),
        "delta": lambda: KroneckerDelta(place, draw(_places(axes, known["t"]))) * first if axes else first,
        "position": lambda: (1 + place if not place.has(read("t", (Integer(0),)).base) else 1) * first,
        "held": lambda: held(first + 1) - detach(second),
    }[kind]()


def _reads(name, known, axes):
    return st.tuples(*(_place_in(size, axes, known["t"]) for size in known[name])).map(lambda places: read(name, places))


def _place_in(size, axes, told):
    whole = [st.just(axis.symbol) for axis in axes if axis.extent == size]
    return st.one_of(*whole, *whole, _places(axes, told)) if axes else st.just(Integer(0))


@st.composite
def _places(draw, axes, told):
    if not axes:
        return Integer(0)
    one, other = draw(st.sampled_from(axes)), draw(st.sampled_from(axes))
    i, j, c = one.symbol, other.symbol, draw(_small)
    step, divisor = Integer(draw(st.integers(1, 3))), draw(st.sampled_from([Integer(2), Integer(3), other.extent]))
    forms = [
        i + c, c - i, step * i + c, one.extent - 1 - i, i + j + c, i - j + c, step * i + j + c, other.extent * i + j,
        Quotient(i, divisor), Remainder(i, divisor), Quotient(i + step, divisor), Remainder(Quotient(i, divisor), Integer(2)),
        other.extent * i + j + c, Remainder(step * i + j, divisor),
    ]  # fmt: skip
    if one.extent == told[0]:
        forms += [read("t", (i,)), read("t", (i,)) + 1, Remainder(read("t", (i,)), divisor)]
    return draw(st.sampled_from(forms))
