"""The elementary functions, activations and jumps: a row each."""

from __future__ import annotations

import sympy
from sympy import Integer

from diffcheck.notation.scalar_functions import Kink, named, row_of

tanh, sech, sigmoid, softplus, logsigmoid, relu, step, absolute, sign, expm1, log1p, erf = map(
    named, ("tanh", "sech", "sigmoid", "softplus", "logsigmoid", "relu", "step", "absolute", "sign", "expm1", "log1p", "erf")
)

_ZERO, _ONE = Integer(0), Integer(1)

ELEMENTARY = (
    row_of(sympy.exp, r"\exp", sympy.exp),
    row_of(sympy.log, r"\log", lambda u: 1 / u, everywhere=False),
    row_of(sympy.sin, r"\sin", sympy.cos),
    row_of(sympy.cos, r"\cos", lambda u: -sympy.sin(u)),
    row_of(sympy.sinh, r"\sinh", sympy.cosh),
    row_of(sympy.cosh, r"\cosh", sympy.sinh),
    row_of(tanh, r"\tanh", lambda u: sech(u) ** 2, lambda u: 1 - tanh(u) ** 2),
    row_of(sech, r"\operatorname{sech}", lambda u: -tanh(u) * sech(u)),
    row_of(sigmoid, r"\sigma", lambda u: sigmoid(u) * sigmoid(-u), lambda u: sigmoid(u) * (1 - sigmoid(u))),
    row_of(softplus, r"\operatorname{softplus}", sigmoid),
    row_of(logsigmoid, r"\operatorname{logsigmoid}", lambda u: sigmoid(-u), lambda u: 1 - sigmoid(u)),
    row_of(expm1, r"\operatorname{expm1}", sympy.exp, lambda u: expm1(u) + 1),
    row_of(log1p, r"\operatorname{log1p}", lambda u: 1 / (1 + u), everywhere=False),
    row_of(erf, r"\operatorname{erf}", lambda u: 2 * sympy.exp(-(u**2)) / sympy.sqrt(sympy.pi)),
    row_of(relu, r"\operatorname{relu}", step, None, Kink(_ZERO, _ZERO, _ONE, _ZERO)),
    row_of(absolute, r"\operatorname{abs}", sign, None, Kink(_ZERO, -_ONE, _ONE, _ZERO)),
    # Piecewise constant: the derivative is zero on both sides, and PyTorch gives zero at the jump too.
    row_of(step, r"\operatorname{step}", lambda u: _ZERO),
    row_of(sign, r"\operatorname{sign}", lambda u: _ZERO),
)
