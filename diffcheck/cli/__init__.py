"""The command line: `diffcheck`, also `python -m diffcheck`."""

from diffcheck.cli.app import main

__all__ = ["main"]
