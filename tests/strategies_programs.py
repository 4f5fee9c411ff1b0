"""Programs drawn at random. A test draws the answer, a `Program`, and builds its question from it: a text, a point, a witness.

`programs` draws any valid program. `losses` draws one with a single scalar output whose bodies are defined and smooth
everywhere, so that any point will do. Names include those that a careless notation would take for something else.
"""

from __future__ import annotations

import numpy as np
import sympy
from hypothesis import reject
from hypothesis import strategies as st
from sympy import Add, E, Integer, KroneckerDelta, Mul, Rational, pi

from diffcheck.errors import UnsupportedExpression
from diffcheck.notation import FUNCTIONS, Equation, Index, Program, Role, Tensor, extent, read, reads_of
from diffcheck.notation.elementary import ELEMENTARY

SMOOTH = ("exp", "sin", "cos", "sinh", "cosh", "tanh", "sech", "sigmoid", "logsigmoid", "softplus", "expm1", "erf")
DRAWN = [row.name for row in ELEMENTARY]  # special functions have tests of their own, a row each
SIZES = {"n": 2, "m": 3}  # what the symbolic extents stand for at a drawn point

_EXTENTS = (extent("n"), extent("m"), Integer(2))
_INPUTS = ("A", "x", "w", "b", "ŷ", "W_1", "E", "i", "x_bar", "data_1", "sum", "σ", "delta", "_t")
_TARGETS = ("z", "L", "S", "j", "z_bar_2", "output", "output_2", "target", "N", "exp", "sqrt", "k_2", "loss_")
_INDICES = ("p", "q", "i_2", "k", "l", "I", "z_bar", "x_bar_2")

_GROWING = {name: FUNCTIONS[name].symbol for name in ("exp", "sinh", "cosh", "expm1")}  # towers of these overflow
_CONSTANTS = st.sampled_from((pi, E, sympy.sqrt(2), sympy.exp(Rational(1, 3)), Integer(2) ** pi))
_extents = st.sampled_from(_EXTENTS)
_numbers = st.builds(Rational, st.integers(-6, 6), st.sampled_from((1, 2, 3, 10)))
_tensors = st.lists(
    st.builds(Tensor, st.sampled_from(_INPUTS), st.lists(_extents, max_size=3).map(tuple), st.sampled_from(list(Role)[:3])),
    min_size=1,
    max_size=4,
    unique_by=lambda tensor: tensor.name,
)


_ONE_PLACE = {
    "square": lambda a: a**2,
    "cube": lambda a: a**3,
    "root": lambda a: sympy.sqrt(1 + a**2),
    "inverse": lambda a: 1 / (2 + a**2),
    "logarithm": lambda a: sympy.log(2 + a**2),
    "power": lambda a: (1 + a**2) ** Rational(-4, 3),
}
_TWO_PLACES = {
    "sum": Add,
    "product": Mul,
    "quotient": lambda a, b: a / (1 + b**2),
    "power of": lambda a, b: (1 + a**2) ** b,
}
_WITH_POLES = {"reciprocal": lambda a: 1 / a, "square root": sympy.sqrt, "other power": lambda a: a ** Rational(-3, 2)}


@st.composite
def programs(draw):
    """Any valid program: kinks, poles, unused inputs, several outputs, indices that no read tells the extent of."""
    inputs, equations = draw(_chains(DRAWN, poles=True))
    names = [tensor.name for tensor in inputs] + [equation.target for equation in equations]
    outputs = draw(st.lists(st.sampled_from(names[::-1]), min_size=1, max_size=2, unique=True))
    return _made(inputs, equations, tuple(outputs))


@st.composite
def losses(draw, functions=SMOOTH):
    """A program with one scalar output, smooth at every point where *functions* are."""
    inputs, equations = draw(_chains(list(functions), last_rank=0))
    return _made(inputs, equations, (equations[-1].target,))


@st.composite
def points(draw, program):
    """A float64 array of eighths for each input of *program*; the symbolic extents are `SIZES`."""
    return {tensor.name: draw(_eighths(tensor)) for tensor in program.inputs}


def _eighths(tensor):
    shape = tuple(int(size.subs({extent(name): number for name, number in SIZES.items()})) for size in tensor.extents)
    count = int(np.prod(shape, dtype=int))
    numbers = st.lists(st.integers(-12, 12), min_size=count, max_size=count)
    return numbers.map(lambda found: np.array(found, dtype=np.float64).reshape(shape) / 8)


def _made(inputs, equations, outputs):
    try:
        return Program(inputs, equations, outputs)
    except UnsupportedExpression:  # SymPy found a pole or a complex constant
        reject()


@st.composite
def _chains(draw, functions, poles=False, last_rank=None):
    inputs = tuple(draw(_tensors))
    sizes = sorted({size for tensor in inputs for size in tensor.extents if size.is_Symbol}, key=str)
    known = {tensor.name: tensor.extents for tensor in inputs}
    targets = draw(st.lists(st.sampled_from(_TARGETS), min_size=1, max_size=3, unique=True))
    equations = []
    for place, target in enumerate(targets):
        rank = last_rank if last_rank is not None and target == targets[-1] else draw(st.integers(0, 2))
        axes = draw(_axes([*sizes, Integer(2)], rank))
        body = _body(draw, _leaves(known, sizes, axes, poles), functions, poles)
        if place and draw(st.integers(0, 4)):  # a chain, not only equations side by side
            before = equations[-1]
            body = draw(st.sampled_from((Mul, Add)))(body, read(before.target, draw(_all_places(before.extents, axes))))
        if not reads_of(body):
            body = Mul(body, draw(_reads(known, axes)))
        equations.append(Equation(target, axes[:rank], axes[rank:], body))
        known[target] = equations[-1].extents
    return inputs, tuple(equations)


@st.composite
def _axes(draw, extents, rank):
    names = draw(st.lists(st.sampled_from(_INDICES), min_size=rank, max_size=3, unique=True))
    return tuple(Index(name, draw(st.sampled_from(extents))) for name in names)


def _body(draw, leaves, functions, poles, size=5):
    kinds = [""]
    if size > 1:
        kinds += [*_TWO_PLACES, *_TWO_PLACES, *_ONE_PLACE, *(_WITH_POLES if poles else ()), *functions]
    kind = draw(st.sampled_from(kinds))
    if kind in _TWO_PLACES:
        return _TWO_PLACES[kind](*(_body(draw, leaves, functions, poles, size // 2) for _ in range(2)))
    if not kind:
        return draw(leaves)
    inner = _body(draw, leaves, functions, poles, size - 1)
    if kind in FUNCTIONS:
        towering = kind in _GROWING and sum(node.func in _GROWING.values() for node in sympy.preorder_traversal(inner)) > 1
        return inner if towering else FUNCTIONS[kind].symbol(inner)
    return (_ONE_PLACE | _WITH_POLES)[kind](inner)


def _leaves(known, sizes, axes, poles):
    constants = [Integer(0), Integer(1), Integer(2)]  # in a delta, also outside the axis: it is 0 there
    deltas = [
        st.builds(KroneckerDelta, st.just(axis.symbol), st.sampled_from([*(other.symbol for other in axes), *constants]))
        for axis in axes
    ]
    rare = [_numbers, *([st.sampled_from(sizes)] if sizes else []), *deltas, *([_CONSTANTS] if poles else [])]
    return st.integers(0, 4).flatmap(lambda kind: _reads(known, axes) if kind else st.one_of(*rare))


def _reads(known, axes):
    pairs = st.sampled_from(sorted(known.items(), key=lambda pair: -len(pair[1])))
    return pairs.flatmap(lambda pair: _all_places(pair[1], axes).map(lambda places: read(pair[0], places)))


def _all_places(extents, axes):
    return st.tuples(*(_places(size, axes) for size in extents))


def _places(size, axes):
    # An index over the very extent, or a constant: 0 is inside any axis, 1 inside one whose extent is known to be larger.
    constants = [Integer(0), Integer(1)] if size.is_Integer else [Integer(0)]
    indices = [axis.symbol for axis in axes if axis.extent == size]
    return st.sampled_from([*constants, *indices, *indices, *indices])
