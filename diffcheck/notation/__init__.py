"""What a computation is: indices, tensors, equations and programs, with their text, LaTeX and MathML forms."""

from diffcheck.notation.functions import FUNCTIONS, ScalarFunction, function
from diffcheck.notation.grammar import parse
from diffcheck.notation.program import Equation, Program, Reduction
from diffcheck.notation.symbols import extent, index_symbol, indices_of, name_of, read, reads_of
from diffcheck.notation.tensor import Index, Role, Tensor

__all__ = [
    "FUNCTIONS",
    "Equation",
    "Index",
    "Program",
    "Reduction",
    "Role",
    "ScalarFunction",
    "Tensor",
    "extent",
    "function",
    "index_symbol",
    "indices_of",
    "name_of",
    "parse",
    "read",
    "reads_of",
]
