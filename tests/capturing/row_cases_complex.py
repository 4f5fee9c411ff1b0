"""Calls of operators with complex arguments; those that act on each part are the calls of the real rows, made complex."""

from dataclasses import replace

import torch
from capturing.row_cases import Call, call, x, z

C128 = torch.complex128


OWN = {
    f"{name}.default": [call(z(3))]
    for name in (
        "abs reciprocal sgn real _conj _conj_physical resolve_conj square exp sqrt rsqrt sin cos sinh "
        "cosh view_as_real ones_like zeros_like"
    ).split()
} | {
    "mul.Tensor": [call(z(2, 3), z(3)), call(x(3), z(3))],
    "mul.Scalar": [call(z(3), 2 - 1j), call(x(3), 1j)],
    "div.Tensor": [call(z(2, 3), z(3)), call(z(3), x(3)), call(x(3), z(3))],
    "div.Scalar": [call(z(3), 2 - 1j)],
    "complex.default": [call(x(3), x(1))],
    "view_as_complex.default": [call(x(3, 2))],
    "_to_copy.default": [call(x(3), dtype=C128), call(z(3), dtype=torch.float64)],
    "mm.default": [call(z(2, 3), z(3, 2))],
    "bmm.default": [call(z(2, 2, 3), z(2, 3, 1))],
    "dot.default": [call(z(3), z(3))],
    "mv.default": [call(z(2, 3), z(3))],
    "vdot.default": [call(z(3), z(3))],
    "linear.default": [call(z(2, 3), z(2, 3), z(2))],
    "addmm.default": [call(z(2), z(2, 3), z(3, 2), beta=2.5, alpha=0.5j)],
    "addmv.default": [call(z(2), z(2, 3), z(3))],
    "baddbmm.default": [call(z(2, 1, 2), z(2, 2, 3), z(2, 3, 2))],
    "full.default": [call([2, 3], 2 - 1j, dtype=C128)],
    "full_like.default": [call(z(3), 2 - 1j)],
    "fill.Scalar": [call(z(3), 2 - 1j)],
    "fill.Tensor": [call(z(3), z())],
    "eq.Tensor": [call(z(3), z(3))],
    "eq.Scalar": [call(z(3), 1j)],
    "ne.Tensor": [call(z(3), z(3))],
    "ne.Scalar": [call(z(3), 1j)],
    "pow.Tensor_Scalar": [call(z(3), each) for each in (0, 1, 2, 3, -1, 0.5)],
    "polar.default": [call(x(3), x(3))],
    "linalg_vector_norm.default": [call(z(2, 3), 3, [1])],
    "var.correction": [call(z(2, 3), [1], correction=0)],
    "std.correction": [call(z(2, 3), None, correction=1)],
    "_fft_c2c.default": [call(z(2, 3), [0, 1], 0, True), call(z(4), [0], 2, False)],
    "_fft_r2c.default": [call(x(2, 4), [0, 1], 1, True), call(x(3), [0], 0, False)],
    "_fft_c2r.default": [call(z(2, 3), [0, 1], 2, 4), call(z(2), [0], 0, 3)],
}


# No graph that torch.export records holds these: it writes them as others, which for a convolution are real ones.
UNSEEN = {
    "conj.default": call(z(3)),
    "conj_physical.default": call(z(3)),
    "imag.default": call(z(3)),
    "lift_fresh.default": call(z(3)),
    "to.dtype": call(x(3), C128),
    "convolution.default": call(z(1, 2, 4), z(2, 2, 2), through=lambda _, *args: torch.nn.functional.conv1d(*args)),
}


def parted(calls: list[Call], places: tuple[int, ...]) -> list[Call]:
    """Return *calls* with the tensors and floats at *places* made complex."""
    return [
        replace(each, args=tuple(_complex(value) if place in places else value for place, value in enumerate(each.args)))
        for each in calls
    ]


def _complex(value):
    if isinstance(value, list):
        return [_complex(part) for part in value]
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return torch.complex(value.detach(), x(*value.shape).detach()).requires_grad_()
    return value
