"""Program -> certified values in ball arithmetic, the number line in ULP, and error bounds that are derived, not chosen."""

from diffcheck.exact.bounds import Bounds, bounds
from diffcheck.exact.formats import FORMATS, Format, format_of
from diffcheck.exact.oracle import Values, exact
from diffcheck.exact.points import Point, exact_array, prepare
from diffcheck.exact.precision import working_precision
from diffcheck.exact.ulp import decided, enclosing, error_in_ulp, ordinal, round_dyadic, round_value, ulp

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
    "format_of",
    "ordinal",
    "prepare",
    "round_dyadic",
    "round_value",
    "ulp",
    "working_precision",
]
