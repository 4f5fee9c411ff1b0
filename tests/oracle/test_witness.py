"""The oracle's witness: central differences of the primal program in ball arithmetic, which never saw the derivation.

    (L(θ + h·r) − L(θ − h·r))/2h = Σ ∂L/∂θ·r + O(h²)

At 2,000 bits and h = 2^−600 the difference is right to 350 digits or so; the adjoint program has to agree to 100.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from exact_models import PROGRAMS, drawn_point
from flint import arb

from diffcheck.derivation import derive
from diffcheck.notation import parse
from diffcheck.oracle import prepare, working_precision
from diffcheck.oracle.balls import BallArithmetic, balls
from diffcheck.oracle.evaluation import evaluate

BITS, STEP = 2000, 600
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CASES = [(model, dtype) for model in ("network", "logistic", "thermometer") for dtype in DTYPES]


def evaluated(program, inputs, sizes, name):
    return evaluate(program, inputs, sizes, BallArithmetic())[name][0]


class Witnessed:
    """A program at a point, with one random direction in its parameters."""

    def __init__(self, text: str, point, seed: int) -> None:
        self.gradient = derive(parse(text))
        self.prepared = prepare(self.gradient.program, point)
        draw = np.random.default_rng(seed)
        self.direction = {name: draw.integers(-9, 10, size=self.prepared.values[name].shape) for name in self.gradient.wrt}

    def difference(self) -> arb:
        """Return the central difference of the loss along the direction."""
        ends = []
        for sign in (1, -1):
            inputs = {name: balls(array) for name, array in self.prepared.values.items()}
            for name, direction in self.direction.items():
                shift = np.vectorize(lambda r, sign=sign: arb(sign * int(r)) * arb(2) ** -STEP, otypes=[object])(direction)
                inputs[name] = (np.asarray(inputs[name][0] + shift, dtype=object),)
            ends.append(evaluated(self.gradient.primal, inputs, self.prepared.sizes, self.gradient.primal.outputs[0])[()])
        return (ends[0] - ends[1]) * arb(2) ** (STEP - 1)

    def adjoints(self) -> dict[str, np.ndarray]:
        """Return the gradient by the adjoint program."""
        inputs = {name: balls(array) for name, array in self.prepared.values.items()}
        found = evaluate(self.gradient.program, inputs, self.prepared.sizes, BallArithmetic())
        return {name: found[adjoint][0] for name, adjoint in self.gradient.adjoints.items()}

    def agrees(self, adjoints: dict[str, np.ndarray]) -> bool:
        """Say whether the slope along the direction is the difference to 100 digits."""
        slope = sum(
            (np.sum(adjoints[name] * np.vectorize(int, otypes=[object])(r)) for name, r in self.direction.items()), arb(0)
        )
        difference = self.difference()
        return bool(abs(slope - difference) < arb(10) ** -100 * abs(difference))


def witnessed(model: str, dtype: str, seed: int) -> Witnessed:
    return Witnessed(PROGRAMS[model], drawn_point(model, 5, DTYPES[dtype], 1.0, seed), seed)


@pytest.mark.parametrize(("model", "dtype"), CASES)
@pytest.mark.parametrize("seed", range(3))
def test_differences_agree_with_the_adjoint_program_to_a_hundred_digits(model, dtype, seed):
    with working_precision(BITS):
        witness = witnessed(model, dtype, seed)
        assert witness.agrees(witness.adjoints())


FAULTS = {
    "twice as large": lambda array: array * 2,
    "off by 1e-40": lambda array: array * (1 + arb(10) ** -40),
    "off by 1e-90": lambda array: array * (1 + arb(10) ** -90),
    "negated": lambda array: -array,
    "zero": lambda array: array * 0,
    "one element": lambda array: array + _first(array.shape) * arb(10) ** -60,
}


def _first(shape):
    unit = np.zeros(shape, dtype=object)
    unit.flat[0] = 1
    return unit


@pytest.mark.parametrize(("model", "dtype"), CASES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_gradient_is_refused(model, dtype, fault):
    with working_precision(BITS):
        witness = witnessed(model, dtype, seed=3)
        adjoints = witness.adjoints()
        for name in adjoints:
            if np.any(witness.direction[name].flat[0]):
                assert not witness.agrees(adjoints | {name: FAULTS[fault](adjoints[name])}), name


def test_a_transposed_gradient_is_refused():
    square = "parameter W[n,n]; data x[n]; target y[n]\np[i] = Σ_k W[i,k]*x[k]\nL = Σ_i (tanh(p[i]) - y[i])**2"
    draw = np.random.default_rng(0)
    point = {"W": draw.normal(size=(3, 3)), "x": draw.normal(size=3), "y": draw.normal(size=3)}
    with working_precision(BITS):
        witness = Witnessed(square, point, seed=0)
        adjoints = witness.adjoints()
        assert witness.agrees(adjoints)
        assert not witness.agrees({"W": adjoints["W"].T})


def test_an_error_of_the_loss_is_not_hidden_by_the_same_error_of_its_gradient():
    # The witness differentiates the primal it is given: another loss has another slope.
    with working_precision(BITS):
        witness = witnessed("network", "float32", seed=1)
        other = derive(parse(PROGRAMS["network"].replace("tanh", "sin")))
        inputs = {name: balls(array) for name, array in witness.prepared.values.items()}
        found = evaluate(other.program, inputs, witness.prepared.sizes, BallArithmetic())
        assert not witness.agrees({name: found[adjoint][0] for name, adjoint in other.adjoints.items()})
