"""The strategies draw what they promise: each kind of program turns up, and every one is as its strategy says."""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from strategies_programs import DRAWN, SIZES, SMOOTH, losses, points, programs
from sympy import Indexed, KroneckerDelta

from diffcheck.notation import FUNCTIONS, Program, indices_of
from diffcheck.oracle import exact


def reads(program):
    return [node for equation in program.equations for node in equation.reads]


def places(program):
    return [indices_of(node) for node in reads(program)]


def has(program, kind):
    return any(equation.body.has(kind) for equation in program.equations)


KINDS = {
    "a scalar input": lambda p: any(tensor.rank == 0 for tensor in p.inputs),
    "an input of three axes": lambda p: any(tensor.rank == 3 for tensor in p.inputs),
    "an extent that is a number": lambda p: any(size.is_Integer for tensor in p.inputs for size in tensor.extents),
    "one extent shared by two inputs": lambda p: (
        len(p.inputs) > 1 and bool(set(p.inputs[0].extents) & set(p.inputs[1].extents))
    ),
    "a repeated index": lambda p: any(len(set(found)) < len([q for q in found if q.is_Symbol]) for found in places(p)),
    "a constant place": lambda p: any(place.is_Integer for found in places(p) for place in found),
    "a transposed read": lambda p: any(
        list(map(str, found)) != sorted(map(str, found)) for found in places(p) if len(found) > 1
    ),
    "two reads of one tensor": lambda p: any(len(e.reads) > len(e.operands) for e in p.equations),
    "a sum over two indices": lambda p: any(len(e.bound) > 1 for e in p.equations),
    "a sum of what does not depend on it": lambda p: any(
        index.symbol not in e.body.free_symbols for e in p.equations for index in e.bound
    ),
    "a broadcast": lambda p: any(index.symbol not in e.body.free_symbols for e in p.equations for index in e.indices),
    "a Kronecker delta": lambda p: has(p, KroneckerDelta),
    "a quotient": lambda p: any(e.body.as_numer_denom()[1].has(Indexed) for e in p.equations),
    "a fraction": lambda p: any(number.is_Rational and number.q > 1 for e in p.equations for number in e.body.atoms()),
    "an extent as a number": lambda p: any(size in e.body.free_symbols for e in p.equations for size in p.sizes),
    "a chain": lambda p: any(e.operands & {other.target for other in p.equations} for e in p.equations),
    "an unused input": lambda p: any(tensor.name not in {n for e in p.equations for n in e.operands} for tensor in p.inputs),
}
LOOK = settings(
    max_examples=1000, derandomize=True, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_program_is_drawn(kind):
    assert isinstance(find(losses(), KINDS[kind], settings=LOOK), Program)


@pytest.mark.parametrize(
    "kind",
    [lambda p: len(p.outputs) > 1, lambda p: any(p.tensors[name] for name in p.outputs)],
    ids=["two outputs", "no scalar"],
)
def test_outputs_of_each_kind_are_drawn(kind):
    find(programs(), kind, settings=LOOK)


@pytest.mark.parametrize("name", DRAWN)
def test_every_function_is_drawn(name):
    find(programs(), lambda p: has(p, FUNCTIONS[name].symbol), settings=LOOK)


@given(losses(), st.data())
def test_a_loss_is_one_finite_number(program, data):
    (name,) = program.outputs
    assert program.tensors[name] == ()
    assert not any(has(program, FUNCTIONS[other].symbol) for other in set(FUNCTIONS) - set(SMOOTH) - {"log"})
    point = data.draw(points(program))
    assert all(
        array.shape == tuple(SIZES.get(str(size), size) for size in program.input(n).extents) for n, array in point.items()
    )
    assert exact(program, point, dtype="float16")[name].shape == ()
