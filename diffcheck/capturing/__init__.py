"""PyTorch code -> a program in index notation, through torch.export: a row for each operator."""

from diffcheck.capturing.capture import Captured, capture, captured
from diffcheck.capturing.rows import operator

__all__ = ["Captured", "capture", "captured", "operator"]
