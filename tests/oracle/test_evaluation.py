"""Programs evaluated in balls and in floats with errors, against plain loops in mpmath that know nothing of arrays."""

from __future__ import annotations

from itertools import product

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies_programs import SIZES, losses, points
from sympy import Expr, Indexed, KroneckerDelta, Symbol

from diffcheck.notation import Equation, Index, Program, Tensor, extent, index_symbol, indices_of, name_of, parse, read
from diffcheck.oracle import FORMATS, exact, prepare, working_precision
from diffcheck.oracle.error_arithmetic import ErrorArithmetic
from diffcheck.oracle.evaluation import evaluate

DIGITS = 100
NAMED = {
    "sech": mpmath.sech,
    "sigmoid": lambda u: 1 / (1 + mpmath.exp(-u)),
    "softplus": lambda u: mpmath.log(1 + mpmath.exp(u)),
    "logsigmoid": lambda u: -mpmath.log(1 + mpmath.exp(-u)),
    "relu": lambda u: max(u, mpmath.mpf(0)),
    "absolute": abs,
    "step": lambda u: mpmath.mpf(u > 0),
    "sign": mpmath.sign,
}


def number(node: Expr, known: dict, where: dict[str, int]) -> mpmath.mpf:
    """Return the value of a body at one element, by recursion."""
    if isinstance(node, Indexed) or (isinstance(node, Symbol) and not node.is_integer):
        return known[name_of(node)][tuple(int(place.xreplace(symbols(where))) for place in indices_of(node))]
    if isinstance(node, KroneckerDelta):
        first, second = (place.xreplace(symbols(where)) for place in node.args)
        return mpmath.mpf(int(first == second))
    if node.is_Symbol:
        return mpmath.mpf(where[str(node)])
    if node.is_Rational:
        return mpmath.mpf(int(node.p)) / int(node.q)
    if node is sympy.pi:
        return +mpmath.pi
    if node is sympy.E:
        return +mpmath.e
    values = [number(part, known, where) for part in node.args]
    if node.is_Add:
        return mpmath.fsum(values)
    if node.is_Mul:
        return mpmath.fprod(values)
    if node.is_Pow:
        return values[0] ** values[1]
    name = type(node).__name__
    return NAMED[name](values[0]) if name in NAMED else getattr(mpmath, name)(values[0])


def symbols(where: dict[str, int]) -> dict[Symbol, sympy.Integer]:
    return {index_symbol(name): sympy.Integer(value) for name, value in where.items()}


def by_loops(
    program: Program, point: dict[str, np.ndarray], sizes: dict[str, int]
) -> dict[str, dict[tuple[int, ...], mpmath.mpf]]:
    """Return every tensor of *program*, an element at a time."""
    known = {
        name: {index: mpmath.mpf(float(value[index])) for index in np.ndindex(value.shape)} for name, value in point.items()
    }
    substitution = {extent(name): size for name, size in sizes.items()}
    for equation in program.equations:
        ranges = [range(int(index.extent.subs(substitution))) for index in equation.axes]
        kept = len(equation.indices)
        found: dict[tuple[int, ...], mpmath.mpf] = {}
        for places in product(*ranges):
            where = dict(zip((index.name for index in equation.axes), places, strict=True)) | sizes
            found[places[:kept]] = found.get(places[:kept], mpmath.mpf(0)) + number(equation.body, known, where)
        known[equation.target] = found
    return known


def agree(program: Program, point: dict[str, np.ndarray], sizes: dict[str, int]) -> None:
    """Assert that balls contain, and that float bounds cover, what the loops give, for every tensor of *program*."""
    with mpmath.workdps(DIGITS):
        wanted = by_loops(program, point, sizes)
    every = Program(program.inputs, program.equations, tuple(equation.target for equation in program.equations))
    prepared = prepare(every, point)
    assert prepared.sizes == {str(symbol): sizes[str(symbol)] for symbol in every.sizes}
    balls = exact(every, point)
    still = {name: (array, np.zeros_like(array)) for name, array in prepared.values.items()}
    with np.errstate(all="ignore"):
        floats = evaluate(every, still, prepared.sizes, ErrorArithmetic(FORMATS["float64"]))
    for name, array in balls.items():
        assert array.shape == floats[name][0].shape == floats[name][1].shape
        assert set(np.ndindex(array.shape)) == set(wanted[name])
        for index, ball in np.ndenumerate(array):
            value = as_ball(wanted[name][index])
            assert ball.overlaps(value), f"{name}{list(index)}: {ball} is not {value}"
            assert ball.rel_accuracy_bits() > 40 or abs(value) < 1e-30
            assert abs(arb(float(floats[name][0][index])) - value).lower() <= floats[name][1][index]


def as_ball(value: mpmath.mpf) -> arb:
    sign, mantissa, exponent, _ = value._mpf_
    with working_precision(600):
        middle = arb((-1) ** sign * int(mantissa)) * arb(2) ** int(exponent)
        return arb(middle, arb(10) ** (20 - DIGITS) * (1 + abs(middle)))


@given(st.data())
def test_drawn_programs_agree_with_plain_loops(data):
    program = data.draw(losses())
    point = data.draw(points(program))
    try:
        with mpmath.workdps(DIGITS):
            found = by_loops(program, point, SIZES)
    except (OverflowError, ZeroDivisionError):
        assume(False)
    assume(all(abs(value) < 1e200 for values in found.values() for value in values.values()))
    agree(program, point, SIZES)


HANDWRITTEN = {
    "matrix times matrix": "data A[n,m]; data B[m,n]\nT[i,j] = Σ_k A[i,k]*B[k,j]",
    "matrix times vector": "data A[n,m]; data u[m]\nT[i] = Σ_k A[i,k]*u[k]",
    "vector times matrix": "data A[n,m]; data u[n]\nT[k] = Σ_i A[i,k]*u[i]",
    "dot product": "data u[n]; data v[n]\nL = Σ_i u[i]*v[i]",
    "outer product": "data u[n]; data v[m]\nT[i,j] = u[i]*v[j]",
    "outer product, summed": "data u[n]; data v[m]\nL = Σ_{i,j} u[i]*v[j]",
    "batch of products": "data A[n,m,n]; data B[n,n,m]\nT[b,i,j] = Σ_k A[b,k,i]*B[b,j,k]",
    "batch last": "data A[n,m,n]; data B[n,n,m]\nT[i,j,b] = Σ_k A[i,k,b]*B[b,j,k]",
    "two inner axes": "data A[n,m,n]; data B[m,n,n]\nT[i,j] = Σ_{k,l} A[i,k,l]*B[k,l,j]",
    "an axis on one side alone": "data A[n,m]; data B[n,n,m]\nT[i] = Σ_{j,k,l} A[i,k]*B[i,j,l]",
    "an axis on no side": "data A[n,m]; data B[m,n]\nT[i,j] = Σ_{k,l:m} A[i,k]*B[k,j]",
    "an idle axis": "data A[n,m]\nT[i] = Σ_{k,l:n} A[i,k]",
    "a number summed": "data u[n]\nL = Σ_{i:n} 1/3",
    "three groups": "data A[n,m]; data B[m,n]; data C[n,n]\nT[i] = Σ_{j,k} A[i,k]*B[k,j]*C[j,i]",
    "factors gathered": "data A[n,m]; data u[n]; data v[m]; data c\nT[i] = Σ_k 2*c*A[i,k]*u[i]*v[k]*A[i,k]/n",
    "a sum of sums": "data A[n,m]; data u[n]\nT[k] = Σ_i (A[i,k] - u[i])*(u[i] + 1)*A[i,k]**2",
    "diagonal": "data A[n,n]\nT[i] = A[i,i]**2",
    "trace": "data A[n,n]\nL = Σ_i A[i,i]",
    "inner diagonal": "data A[n,m,n]; data u[m]\nT[i] = Σ_k A[i,k,i]*u[k]",
    "transpose": "data A[n,m]\nT[j,i] = A[i,j]",
    "constants": "data A[n,m]; data u[n]\nT[i] = A[0,1]*u[i] - A[i,0]*u[1]",
    "broadcasting": "data A[n,m]; data u[n]; data v[m]; data c\nT[i,j] = (A[i,j] + u[i])*(v[j] - c)",
    "a value over new axes": "data c\ndata u[n]\nT[i:n,j:n] = c",
    "delta": "data A[n,n]\nT[i,j] = A[i,j]*delta(i,j) + delta(i,0)",
    "one call over two extents": "data u[n]; data v[m]\nT[i:n] = exp(delta(i,0))\nU[i:m] = exp(delta(i,0))",
    "one call in two layouts": "data A[n,m]\nT[i,k] = exp(A[i,k])\nU[k,i] = exp(A[i,k])*A[i,k]\nV[k] = Σ_i exp(A[i,k])",
    "sum with delta": "data A[n,m]; data B[n,n]\nT[i] = Σ_{j,k} A[i,k]*B[i,j]*delta(i,j)",
    "extents as numbers": "data u[n]; data A[n,m]\nL = Σ_i u[i]**n/n + m",
    "powers": "data u[n]\nT[i] = u[i]**2 + u[i]**(-1) + (2 + u[i])**(1/2) + (2 + u[i])**(-3/2) + (3 + u[i])**(1/3)",
    "computed powers": "data u[n]; data v[n]\nT[i] = (2 + u[i])**v[i]",
    "quotients": "data u[n]; data v[n]\nT[i] = (u[i]/(3 + v[i]) + 1)/(2/7*u[i]**2 + 1)**2 - 2*exp(-u[i])/3",
    "all functions": "data u[n]\nT[i] = sin(u[i])*cos(u[i]) + sinh(u[i])*cosh(u[i]) + tanh(u[i])*sech(u[i])"
    " + sigmoid(u[i])*softplus(u[i])*logsigmoid(u[i]) + expm1(u[i])*log1p(u[i])"
    " + erf(u[i])*exp(u[i]) + relu(u[i])*absolute(u[i]) + step(u[i])*sign(u[i]) + log(2 + u[i])",
    "numbers under functions": "data u[n]\nT[i] = tanh(1)*u[i] + exp(1/3) + sqrt(2)*pi",
    "composed extents": "data u[n]; data v[n + 1]; data w[2*n*m]; data A[n,m]\nT[j] = Σ_i v[j]*w[i]*u[0]",
    "several equations": "data A[n,m]; data u[m]\nz[i] = Σ_k A[i,k]*u[k]\na[i] = tanh(z[i])\nL = Σ_i a[i]**2/n",
}
CASE_SIZES = {"n": 2, "m": 3}


def drawn(program: Program, seed: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    substitution = {extent(name): size for name, size in CASE_SIZES.items()}
    return {
        tensor.name: np.asarray(draw.normal(size=[int(size.subs(substitution)) for size in tensor.extents]).clip(-0.95, 1.9))
        for tensor in program.inputs
    }


@pytest.mark.parametrize("case", HANDWRITTEN)
def test_handwritten_programs_agree_with_plain_loops(case):
    program = parse(HANDWRITTEN[case])
    agree(
        program,
        drawn(program, seed=len(case)),
        {name: size for name, size in CASE_SIZES.items() if extent(name) in program.sizes},
    )


def test_the_loops_see_a_wrong_program():
    right = parse("data A[n,m]; data u[m]\nT[i] = Σ_k A[i,k]*u[k]")
    wrong = parse("data A[n,m]; data u[m]\nT[i] = Σ_k A[i,k]*u[k]**2")
    point = drawn(right, seed=1)
    with mpmath.workdps(DIGITS):
        wanted = by_loops(wrong, point, CASE_SIZES)["T"]
    got = exact(right, point)["T"]
    assert not any(got[index].overlaps(as_ball(wanted[index])) for index in np.ndindex(got.shape))


def test_a_contraction_is_not_spread_out():
    # 200 × 200 × 200 products: far too many for element by element, quick as one matrix product.
    program = parse("data A[n,m]; data B[m,k]; data u[n]\nT[i,j] = Σ_l 3*A[i,l]*u[i]*B[l,j]/n")
    size = 200
    point = {"A": np.ones((size, size)), "B": np.full((size, size), 0.5), "u": np.ones(size)}
    assert (exact(program, point).rounded()["T"] == np.full((size, size), 1.5)).all()


def test_an_equation_without_axes_reads_scalars():
    c, d = Tensor("c"), Tensor("d")
    program = Program((c, d), (Equation("L", (), (), read("c") * read("d") - 1),), ("L",))
    assert exact(program, {"c": 3, "d": 0.5})["L"][()] == 0.5


def test_the_same_index_name_may_run_over_different_extents():
    i, j = Index("i", extent("n")), Index("i", extent("m"))
    equations = (
        Equation("s", (), (i,), read("u", (i.symbol,))),
        Equation("T", (j,), (), read("s") * read("v", (j.symbol,))),
    )
    program = Program((Tensor("u", (extent("n"),)), Tensor("v", (extent("m"),))), equations, ("T",))
    assert [float(ball) for ball in exact(program, {"u": [1.0, 2.0], "v": [1.0, 2.0, 3.0]})["T"]] == [3.0, 6.0, 9.0]
