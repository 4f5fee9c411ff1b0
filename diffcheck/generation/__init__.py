"""Program -> readable source text for torch or NumPy, and functions compiled from it."""

from diffcheck.generation.module import generate
from diffcheck.generation.source import Source

__all__ = ["Source", "generate"]
