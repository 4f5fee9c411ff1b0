"""Two witnesses against a gradient program that know nothing of how it was derived.

1. `expansion_gap`: at tiny sizes every element of every input is a scalar symbol. The loss is written out in them as one
   formula, and SymPy differentiates that formula. Values are taken at 300 digits, so that cancellation leaves 50.
2. `difference_gap`: the primal program is evaluated in balls of 4000 bits on both sides of a point, a step of 2^-1200 along a
   direction; its central difference has a truncation error of some 2^-2400 times the third derivative.

Both return how far the gradient program is from the truth, relative to the sizes of the terms; both give infinity for NaN. The
first raises `OverflowError` for a loss that mpmath cannot reach.
"""

from __future__ import annotations

from itertools import product

import mpmath
import numpy as np
import sympy
from flint import arb, fmpq
from sympy import Integer, KroneckerDelta

from diffcheck.notation import indices_of, name_of
from diffcheck.oracle import working_precision
from diffcheck.oracle.balls import BallArithmetic
from diffcheck.oracle.evaluation import evaluate
from diffcheck.oracle.extents import extent_value

BITS, STEP = 4000, 1200


class _Sign(sympy.Function):
    """-1, 0 or 1, with derivative 0 as conventions have it; SymPy's own has a Dirac delta."""

    is_real = True

    def fdiff(self, argindex=1):
        return Integer(0)


def _within_reach(name):
    def calculate(u):
        if abs(u) > 10**4:  # exp(exp(exp(5))) would take mpmath as many bits as it has
            raise OverflowError(f"{name} of a number beyond 10**4")
        return getattr(mpmath, name)(u)

    return calculate


NUMBERS = [{"_Sign": mpmath.sign} | {name: _within_reach(name) for name in ("exp", "sinh", "cosh", "tanh")}, "mpmath"]


# The named functions in elementary ones, from their definitions.
ELEMENTARY = {
    "tanh": sympy.tanh,
    "sech": lambda u: 1 / sympy.cosh(u),
    "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)),
    "logsigmoid": lambda u: -sympy.log(1 + sympy.exp(-u)),
    "softplus": lambda u: sympy.log(1 + sympy.exp(u)),
    "expm1": lambda u: sympy.exp(u) - 1,
    "log1p": lambda u: sympy.log(1 + u),
    "erf": sympy.erf,
    "relu": lambda u: u * (_Sign(u) + _Sign(u) ** 2) / 2,
    "absolute": lambda u: u * _Sign(u),
    "step": lambda u: (_Sign(u) + _Sign(u) ** 2) / 2,
    "sign": _Sign,
}


def expansion_gap(primal, gradient, wrt, point, sizes):
    """Return the largest relative distance of *gradient*'s outputs from the derivative of the expanded primal."""
    elements = {tensor.name: _symbols(tensor.name, point[tensor.name].shape) for tensor in primal.inputs}
    loss = _written_out(primal, elements, sizes)[primal.outputs[0]][()]
    places = {elements[name][at]: point[name][at] for name in elements for at in np.ndindex(point[name].shape)}
    symbols = list(places)
    slopes = [loss.diff(symbol) for name in wrt for symbol in elements[name].ravel()]
    numbers = sympy.lambdify(symbols, slopes, modules=NUMBERS, cse=True)
    with mpmath.workdps(300), working_precision(BITS):
        wanted = [_ball(number) for number in numbers(*(mpmath.mpf(float(value)) for value in places.values()))]
        got = _values(gradient, {name: _exact(array) for name, array in point.items()}, sizes)
        flat = [ball for output in gradient.outputs for ball in got[output].ravel()]
        return max(_gap(ball, number) for ball, number in zip(flat, wanted, strict=True))


def difference_gap(primal, gradient, wrt, point, direction, sizes):
    """Return the relative distance of *gradient*·direction from the central difference of the primal, over *wrt*."""
    with working_precision(BITS):
        step = arb(1) / arb(2) ** STEP
        sides = []
        for side in (step, -step):
            moved = {name: _exact(array) for name, array in point.items()}
            moved |= {name: _array(moved[name] + _exact(direction[name]) * side) for name in wrt}
            sides.append(_values(primal, moved, sizes)[primal.outputs[0]][()])
        difference = (sides[0] - sides[1]) / (2 * step)
        slopes = _values(gradient, {name: _exact(array) for name, array in point.items()}, sizes)
        pairs = zip(wrt, gradient.outputs, strict=True)
        products = [_array(slopes[output] * _exact(direction[name])) for name, output in pairs]
        flat = [term for array in products for term in array.ravel()]
        return _gap(sum(flat, arb(0)), difference, sum(map(abs, flat), arb(0)))


def directional_gap(primal, jacobian, output, wrt, point, direction, sizes):
    """Return the largest relative distance of Σ_J ∂T[P]/∂x[J]·direction[J] from the central difference of T = *output*."""
    with working_precision(BITS):
        step = arb(1) / arb(2) ** STEP
        inputs = {name: _exact(array) for name, array in point.items()}
        moved = [inputs | {wrt: _array(inputs[wrt] + _exact(direction) * side)} for side in (step, -step)]
        above, below = (_values(primal, each, sizes)[output] for each in moved)
        terms = _array(_values(jacobian, inputs, sizes)[jacobian.outputs[0]] * _exact(direction))
        axes = tuple(range(np.ndim(above), terms.ndim))
        product, scale = _array(terms.sum(axis=axes)), _array(_array(abs(terms)).sum(axis=axes))
        difference = _array((above - below) / (2 * step))
        return max(_gap(product[at], difference[at], scale[at]) for at in np.ndindex(difference.shape))


def formula_gap(program, formula, indices, point, sizes):
    """Return the largest relative distance of *formula*, over *indices*, from the output of *program*."""
    elements = {tensor.name: _symbols(tensor.name, point[tensor.name].shape) for tensor in program.inputs}
    ranges = [range(extent_value(index.extent, sizes)) for index in indices]
    wheres = [dict(zip([index.symbol for index in indices], map(Integer, at), strict=True)) for at in product(*ranges)]
    written = [_element(formula, where, elements, sizes) for where in wheres]
    places = {elements[name][at]: point[name][at] for name in elements for at in np.ndindex(point[name].shape)}
    numbers = sympy.lambdify(list(places), written, modules=NUMBERS, cse=True)
    with mpmath.workdps(300), working_precision(BITS):
        found = [_ball(number) for number in numbers(*(mpmath.mpf(float(value)) for value in places.values()))]
        wanted = _values(program, {name: _exact(array) for name, array in point.items()}, sizes)[program.outputs[0]]
        return max(_gap(one, other) for one, other in zip(found, wanted.ravel(), strict=True))


def _gap(got, wanted, scale=None):
    """Return |got - wanted| over the larger of the two, or of *scale*; anything below 2^-450 counts as 2^-450."""
    size = abs(wanted).max(abs(got) if scale is None else scale).max(arb(2) ** -450)
    ratio = (abs(got - wanted) / size).upper()
    return float(ratio) if ratio.is_finite() else float("inf")


def _values(program, inputs, sizes):
    with working_precision(BITS):
        planes = evaluate(program, {name: (array,) for name, array in inputs.items()}, sizes, BallArithmetic())
    return {name: plane for name, (plane,) in planes.items()}


def _exact(array):
    found = np.empty(array.shape, dtype=object)
    for at in np.ndindex(array.shape):
        found[at] = arb(float(array[at]))
    return found


def _array(value):
    # NumPy hands back a bare ball where an array without axes went in.
    found = np.empty(np.shape(value), dtype=object)
    found[...] = value
    return found


def _ball(number):
    sign, mantissa, exponent, _ = mpmath.mpf(number)._mpf_
    return arb(fmpq((-1) ** sign * int(mantissa))) * arb(2) ** int(exponent)


def _symbols(name, shape):
    found = np.empty(shape, dtype=object)
    for at in np.ndindex(shape):
        found[at] = sympy.Symbol("_".join([name, "at", *map(str, at)]), real=True)
    return found


def _written_out(program, elements, sizes):
    """Return each tensor as an array of formulas in the elements of the inputs."""
    known = dict(elements)
    for equation in program.equations:
        ranges = [range(extent_value(index.extent, sizes)) for index in equation.axes]
        kept = len(equation.indices)
        array = np.full([len(each) for each in ranges[:kept]], Integer(0), dtype=object)
        for at in product(*ranges):
            where = {index.symbol: Integer(value) for index, value in zip(equation.axes, at, strict=True)}
            array[at[:kept]] = array[at[:kept]] + _element(equation.body, where, known, sizes)
        known[equation.target] = array
    return known


def _element(node, where, known, sizes):
    if node.is_Symbol and str(node) in sizes:
        return Integer(sizes[str(node)])
    if node.is_Indexed or (node.is_Symbol and node not in where):
        return known[name_of(node)][tuple(int(place.xreplace(where)) for place in indices_of(node))]
    if isinstance(node, KroneckerDelta):
        first, second = (int(place.xreplace(where)) for place in node.args)
        return Integer(first == second)
    if isinstance(node, sympy.Sum):
        (index, first, last), *others = node.limits
        inner = sympy.Sum(node.function, *others) if others else node.function
        places = range(int(_element(first, where, known, sizes)), int(_element(last, where, known, sizes)) + 1)
        return sympy.Add(*(_element(inner, where | {index: Integer(place)}, known, sizes) for place in places))
    if not node.args:
        return node
    parts = [_element(part, where, known, sizes) for part in node.args]
    return ELEMENTARY.get(type(node).__name__, node.func)(*parts)
