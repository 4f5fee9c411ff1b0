"""Program -> certified values in ball arithmetic, the number line in ULP, and error bounds that are derived, not chosen."""

from diffcheck.oracle.bounds import Bounds, bounds, rounding_bounds
from diffcheck.oracle.certified import Values, exact, exact_pointwise
from diffcheck.oracle.float_arithmetic import float_values
from diffcheck.oracle.formats import FORMATS, Format, format_of
from diffcheck.oracle.points import Point, exact_array, prepare
from diffcheck.oracle.precision import working_precision
from diffcheck.oracle.ulp import decided, enclosing, error_in_ulp, is_infinite, ordinal, round_dyadic, round_value, ulp

__all__ = [
    "FORMATS",
    "Bounds",
    "Format",
    "Point",
    "Values",
    "bounds",
    "decided",
    "enclosing",
    "error_in_ulp",
    "exact",
    "exact_array",
    "exact_pointwise",
    "float_values",
    "format_of",
    "is_infinite",
    "ordinal",
    "prepare",
    "round_dyadic",
    "round_value",
    "rounding_bounds",
    "ulp",
    "working_precision",
]
