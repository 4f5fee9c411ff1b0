"""Calls of pointwise operators, of activations, and of those that make arrays."""

import torch
from capturing.row_cases import F64, Call, at, call, kink, positive, whole, x

TRUE = whole(True, False, True, False)
OTHER = whole(True, True, False, False)
COUNTS = whole(3, 0, -2, 1)

UNARY = {
    name: [call(at(-1.7, -0.4, 0.3, 2.1))]
    for name in (
        "neg abs sign sgn exp exp2 expm1 square sin cos tan sinh cosh tanh erf erfc sigmoid relu silu mish log_sigmoid "
        "reciprocal hardsigmoid hardswish relu6"
    ).split()
} | {name: [call(positive(4))] for name in "log log2 log10 log1p sqrt rsqrt".split()}
# On the flat ends, and at the kinks.
ENDS = {
    "abs": [kink(at(0.0))],
    "sign": [kink(at(0.0))],
    "relu": [kink(at(0.0))],
    "hardsigmoid": [call(at(-4.0, 1.0, 4.0)), kink(at(-3.0, 3.0))],
    "hardswish": [call(at(-4.0, 1.0, 4.0)), kink(at(-3.0, 3.0))],
    "relu6": [call(at(-1.0, 5.5, 6.5)), kink(at(0.0, 6.0))],
    "tanh": [call(at(-20.0, 20.0))],
    "sigmoid": [call(at(-40.0, 40.0))],
    "log_sigmoid": [call(at(-800.0, 40.0))],
    "erf": [call(at(-5.5, 5.5))],
    "expm1": [call(at(-1e-12, 1e-12, -40.0))],
}

BINARY = {
    "mul.Tensor": [call(x(2, 3), x(3)), call(x(3), 2.5)],
    "div.Tensor": [call(x(2, 3), x(3))],
    "mul.Scalar": [call(x(3), 2.5)],
    "div.Scalar": [call(x(3), 2.5)],
    "maximum.default": [call(x(4), x(4)), kink(at(1.0, 2.0), at(1.0, 3.0))],
    "minimum.default": [call(x(4), x(4)), kink(at(1.0, 2.0), at(1.0, 3.0))],
    "add.Tensor": [call(x(2, 3), x(3)), call(x(3), x(3), alpha=2.5)],
    "add.Scalar": [call(x(3), 2.5, 3)],
    "sub.Tensor": [call(x(2, 3), x(3), alpha=0.5)],
    "sub.Scalar": [call(x(3), 2.5, 3)],
    "rsub.Scalar": [call(x(3), 2.5, 3)],
    "rsub.Tensor": [call(x(2, 3), x(3), alpha=0.5)],
    "pow.Tensor_Scalar": [call(x(3), 3), call(positive(3), 2.5), call(positive(3), -0.5), call(x(3), 0)],
    "pow.Tensor_Tensor": [call(positive(3), x(3))],
    "pow.Scalar": [call(2.5, x(3))],
    "addcmul.default": [call(x(3), x(3), x(3), value=0.5)],
    "addcdiv.default": [call(x(3), x(3), x(3), value=0.5)],
    "lerp.Scalar": [call(x(3), x(3), 0.3)],
    "lerp.Tensor": [call(x(3), x(3), x(3))],
}

# Each with a tie, which comparisons of Scalar meet at 0.5.
COMPARISONS = {
    f"{name}.{kind}": [kink(at(-1.0, 0.5, 2.0), at(0.0, 0.5, 1.0) if kind == "Tensor" else 0.5)]
    for name in ("lt", "gt", "le", "ge", "eq", "ne")
    for kind in ("Tensor", "Scalar")
}

CHOICES = {
    "where.self": [call(TRUE, x(4), x(4))],
    "where.ScalarOther": [call(TRUE, x(4), 2.5)],
    "where.ScalarSelf": [call(TRUE, 2.5, x(4))],
    "masked_fill.Scalar": [call(x(2, 4), TRUE, 2.5)],
    "masked_fill.Tensor": [call(x(2, 4), TRUE, x())],
    "clamp.default": [call(x(6), -0.5, 0.7), call(x(6), None, 0.2), call(x(6), -0.2), kink(at(-0.5, 0.5), -0.5, 0.5)],
    "clamp.Tensor": [
        call(x(6), at(-1.0, -0.5, -0.3, -0.1, 0.2, 0.4), at(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
        call(x(6), None, x(6)),
        kink(at(1.0, 2.0), at(1.0, 0.0), at(3.0, 2.0)),
    ],
    "hardtanh.default": [call(x(6)), call(x(6), -0.5, 0.7), kink(at(-1.0, 1.0))],
    "clamp_min.default": [call(x(6), 0.2), kink(at(0.5), 0.5)],
    "clamp_min.Tensor": [call(x(6), x(6)), kink(at(0.5), at(0.5))],
    "clamp_max.default": [call(x(6), 0.2), kink(at(0.5), 0.5)],
    "clamp_max.Tensor": [call(x(6), x(6)), kink(at(0.5), at(0.5))],
    "isnan.default": [call(x(3))],
    "isinf.default": [call(x(3))],
    "_to_copy.default": [call(x(3), dtype=F64), call(COUNTS, dtype=F64), call(TRUE, dtype=torch.int64)],
    "detach.default": [kink(x(3))],
    "logical_not.default": [call(TRUE)],
    "bitwise_not.default": [call(TRUE)],
    "logical_and.default": [call(TRUE, OTHER)],
    "bitwise_and.Tensor": [call(TRUE, OTHER)],
    "logical_or.default": [call(TRUE, OTHER)],
    "bitwise_or.Tensor": [call(TRUE, OTHER)],
    "xlogy.Tensor": [call(at(0.0, 0.5, 2.0), positive(3)), kink(at(0.0, 0.0), at(0.5, -1.0))],
    "xlogy.Scalar_Other": [call(at(0.0, 0.5, 2.0), 1.5)],
    "xlogy.Scalar_Self": [call(1.5, positive(3)), call(0.0, positive(3))],
}

ACTIVATIONS = {
    "gelu.default": [call(x(4)), call(x(4), approximate="tanh")],
    "elu.default": [call(x(4)), call(x(4), 1.5, 2.0, 0.5), kink(at(0.0))],
    "leaky_relu.default": [call(x(4)), call(x(4), 0.25), kink(at(0.0))],
    "prelu.default": [call(x(2, 3), x(3)), call(x(2, 3, 3), x(3)), call(x(2, 3), x(1)), kink(at(0.0), at(0.25))],
    "_prelu_kernel.default": [call(x(2, 3), x(1, 3))],
    "softplus.default": [call(x(4)), call(x(6), 2.0, 1.0)],
    "threshold.default": [call(x(6), 0.1, 2.0), kink(at(0.5), 0.5, 2.0)],
    "hardshrink.default": [call(x(6)), call(x(6), 0.75), kink(at(-0.5, 0.5))],
    "softshrink.default": [call(x(6)), call(x(6), 0.75), kink(at(-0.5, 0.5))],
    "log_sigmoid_forward.default": [call(x(4), take=[0])],
    "rrelu_with_noise_functional.default": [call(x(4), x(4), 0.125, 0.5)],
}


def _written(operator, *args, **named):
    """Return an array whose memory was written: before, it holds anything."""
    return torch.fill(operator(*args, **named), 2.5)


CREATION = {
    "full.default": [call([2, 3], 2.5, dtype=F64), call([2], 3)],
    "full_like.default": [call(x(3), 2.5)],
    "zeros.default": [call([2, 3], dtype=F64)],
    "ones.default": [call([2, 3], dtype=F64)],
    "zeros_like.default": [call(x(3))],
    "ones_like.default": [call(x(3))],
    "empty_permuted.default": [call([2, 3], [1, 0], dtype=F64, through=_written)],
    "empty.memory_format": [call([2, 3], dtype=F64, through=_written)],
    "fill.Scalar": [call(x(3), 2.5)],
    "fill.Tensor": [call(x(3), x())],
    "copy.default": [call(x(2, 3), x(3))],
    "scalar_tensor.default": [call(2.5, dtype=F64)],
    "arange.default": [call(5), call(2.5, dtype=F64)],
    "arange.start": [call(2, 6)],
    "arange.start_step": [call(1, 8, 3), call(5, -1, -2), call(0.5, 2.0, 0.25, dtype=F64)],
}

CASES: dict[str, list[Call]] = {f"{name}.default": calls + ENDS.get(name, []) for name, calls in UNARY.items()}
CASES |= BINARY | COMPARISONS | CHOICES | ACTIVATIONS | CREATION
