"""Calls of inverse and special functions, and of rounding."""

from capturing.row_cases import at, call, kink, positive, x

HALVES = at(-1.7, -0.4, 0.3, 2.6)

UNARY = {
    name: [call(HALVES)]
    for name in (
        "atan asinh erfc special_erfcx i0 special_i1 special_i0e special_i1e floor ceil trunc frac round angle"
    ).split()
} | {
    "asin": [call(at(-0.8, 0.3))],
    "acos": [call(at(-0.8, 0.3))],
    "atanh": [call(at(-0.8, 0.3))],
    "erfinv": [call(at(-0.8, 0.3))],
    "acosh": [call(at(1.2, 3.0))],
    "special_log_ndtr": [call(at(-1.5, 0.9, -30.0))],
    "special_ndtri": [call(at(0.2, 0.9))],
    "special_entr": [call(positive(3))],
    "sinc": [call(at(-0.4, 0.0, 1.3))],
    "logit": [call(at(0.2, 0.9)), call(at(-0.5, 0.4, 1.5), 0.125)],
    "lgamma": [call(at(0.3, 2.5, -0.4))],
    "digamma": [call(at(0.3, 2.5, -0.4))],
}

BINARY = {
    "atan2.default": [call(at(1.0, -1.0, 0.5, -0.5, 2.0), at(0.5, 0.7, -2.0, -0.3, 1.0))],
    "hypot.default": [call(x(3), x(3))],
    "logaddexp.default": [call(x(3), x(3))],
    "logaddexp2.default": [call(x(3), x(3))],
    "fmax.default": [call(x(4), x(4)), kink(at(1.0), at(1.0))],
    "fmin.default": [call(x(4), x(4)), kink(at(1.0), at(1.0))],
    "floor_divide.default": [call(at(5.3, -5.3), at(2.0, 1.6))],
    "fmod.Tensor": [call(at(5.3, -5.3), at(2.0, 1.6))],
    "fmod.Scalar": [call(at(5.3, -5.3), 1.6)],
    "remainder.Tensor": [call(at(5.3, -5.3), at(-2.0, 1.6))],
    "remainder.Scalar": [call(at(5.3, -5.3), 1.6)],
    "remainder.Scalar_Tensor": [call(5.3, at(2.0, -1.6))],
    "copysign.Tensor": [call(x(4), x(4))],
    "copysign.Scalar": [call(x(4), -2.0)],
    "special_xlog1py.default": [call(at(0.0, 0.5, 2.0), positive(3))],
    "special_xlog1py.other_scalar": [call(at(0.0, 0.5, 2.0), 1.5)],
    "special_xlog1py.self_scalar": [call(1.5, positive(3))],
    "ldexp.Tensor": [call(x(3), x(3))],
    "polygamma.default": [call(2, at(0.3, 2.5)), call(3, at(0.3, 2.5))],  # PyTorch's of order 1 has 10 right digits
    "round.decimals": [call(at(0.344, -1.257), decimals=2)],
    "div.Tensor_mode": [call(at(5.3, -5.3), at(2.0, 1.6), rounding_mode=each) for each in ("floor", "trunc", None)],
    "div.Scalar_mode": [call(at(5.3, -5.3), 1.6, rounding_mode=each) for each in ("floor", "trunc")],
}

TRUTHS = {
    "signbit.default": [kink(at(-1.0, 0.0, 2.0))],
    "isfinite.default": [kink(x(3))],
}

CASES = {f"{name}.default": calls for name, calls in UNARY.items()} | BINARY | TRUTHS
