"""Programs drawn at random. A test draws the answer, a `Program`, and builds its question from it: a text, a point, a witness.

`programs` draws any valid program. `losses` draws one with a single scalar output whose bodies are defined and smooth
everywhere, so that any point will do. Names include those that a careless notation would take for something else.
"""

from __future__ import annotations

import numpy as np
import sympy
from hypothesis import reject
from hypothesis import strategies as st
from sympy import Add, E, Integer, KroneckerDelta, Mul, Pow, Rational, pi

from diffcheck.errors import UnsupportedExpression
from diffcheck.notation import FUNCTIONS, Equation, Index, Program, Role, Tensor, extent, read

SMOOTH = ("exp", "sin", "cos", "sinh", "cosh", "tanh", "sech", "sigmoid", "softplus", "expm1", "erf")
SIZES = {"n": 2, "m": 3}  # what the symbolic extents stand for at a drawn point

_EXTENTS = (extent("n"), extent("m"), Integer(2))
_INPUTS = ("A", "x", "w", "b", "ŷ", "W_1", "E", "i", "x_bar", "data_1", "sum", "σ", "delta", "_t")
_TARGETS = ("z", "L", "S", "j", "z_bar_2", "output", "output_2", "target", "N", "exp", "sqrt", "k_2", "loss_")
_INDICES = ("p", "q", "i_2", "k", "l", "I", "z_bar", "x_bar_2")

_extents = st.sampled_from(_EXTENTS)
_numbers = st.builds(Rational, st.integers(-6, 6), st.sampled_from((1, 2, 3, 10)))
_tensors = st.lists(
    st.builds(Tensor, st.sampled_from(_INPUTS), st.lists(_extents, max_size=3).map(tuple), st.sampled_from(list(Role)[:3])),
    min_size=1,
    max_size=4,
    unique_by=lambda tensor: tensor.name,
)


@st.composite
def programs(draw):
    """Any valid program: kinks, poles, unused inputs, several outputs, indices that no read tells the extent of."""
    inputs = tuple(draw(_tensors))
    known = {tensor.name: tensor.extents for tensor in inputs}
    equations = []
    for target in draw(st.lists(st.sampled_from(_TARGETS), min_size=1, max_size=3, unique=True)):
        equations.append(draw(_equations(target, known, _told(inputs), _any_body)))
        known[target] = equations[-1].extents
    outputs = tuple(draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=2, unique=True)))
    return _made(inputs, tuple(equations), outputs)


@st.composite
def losses(draw, functions=SMOOTH):
    """A program with one scalar output, smooth at every point where *functions* are."""
    inputs = tuple(draw(_tensors))
    known = {tensor.name: tensor.extents for tensor in inputs}
    equations = []
    *inner, last = draw(st.lists(st.sampled_from(_TARGETS), min_size=1, max_size=3, unique=True))
    for target in inner:
        equations.append(draw(_equations(target, known, _told(inputs), _smooth_body(functions))))
        known[target] = equations[-1].extents
    equations.append(draw(_equations(last, known, _told(inputs), _smooth_body(functions), rank=0)))
    return _made(inputs, tuple(equations), (last,))


@st.composite
def points(draw, program):
    """A float64 array of eighths for each input of *program*; the symbolic extents are `SIZES`."""
    return {tensor.name: draw(_eighths(tensor)) for tensor in program.inputs}


@st.composite
def directions(draw, program, names):
    """A direction of small integers for each of the inputs *names*, not zero everywhere."""
    del names
    return draw(points(program))


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


def _told(inputs):
    return sorted({size for tensor in inputs for size in tensor.extents if size.is_Symbol}, key=str)


@st.composite
def _equations(draw, target, known, sizes, body, rank=None):
    extents = st.sampled_from([*sizes, Integer(2)])
    names = st.lists(st.sampled_from(_INDICES), min_size=rank or 0, max_size=3, unique=True)
    axes = tuple(Index(name, draw(extents)) for name in draw(names))
    free = rank if rank is not None else draw(st.integers(0, min(2, len(axes))))
    return Equation(target, axes[:free], axes[free:], draw(body(_leaves(known, sizes, axes))))


def _leaves(known, sizes, axes):
    reads = [
        st.tuples(*(_places(size, axes) for size in extents)).map(lambda places, name=name: read(name, places))
        for name, extents in known.items()
    ]
    deltas = [
        st.builds(KroneckerDelta, st.just(axis.symbol), _places(axis.extent, [other for other in axes if other != axis]))
        for axis in axes
    ]
    rare = [_numbers, *([st.sampled_from(sizes)] if sizes else []), *deltas]
    return st.one_of(*reads, *reads, st.one_of(*rare))


def _places(size, axes):
    # An index over the very extent, or a constant: 0 is inside any axis, 1 inside one whose extent is known to be larger.
    constants = [Integer(0), Integer(1)] if size.is_Integer else [Integer(0)]
    indices = [axis.symbol for axis in axes if axis.extent == size]
    return st.sampled_from([*indices, *indices, *constants])


def _smooth_body(functions):
    def extend(inner):
        return st.one_of(
            st.builds(Add, inner, inner),
            st.builds(Mul, inner, inner),
            st.builds(lambda a, b: a / (1 + b**2), inner, inner),
            st.builds(Pow, inner, st.sampled_from((2, 3))),
            st.builds(
                lambda a, power: (1 + a**2) ** power, inner, st.sampled_from(list(map(Rational, ("1/2", "-1/2", "-4/3"))))
            ),
            st.builds(lambda a: sympy.log(2 + a**2), inner),
            st.builds(lambda name, a: FUNCTIONS[name].symbol(a), st.sampled_from(functions), inner),
        )

    return lambda leaves: st.recursive(leaves, extend, max_leaves=5)


def _any_body(leaves):
    smooth = _smooth_body(tuple(FUNCTIONS))
    constants = st.sampled_from((pi, E, sympy.sqrt(2), sympy.exp(Rational(1, 3))))

    def extend(inner):
        return st.one_of(smooth(inner), st.builds(Pow, inner, _numbers), st.builds(Pow, inner, inner))

    return st.recursive(st.one_of(leaves, leaves, constants), extend, max_leaves=4)
