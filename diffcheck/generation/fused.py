"""The fused gradient: one function for all parameters, which reuses its own temporaries."""

from __future__ import annotations

from itertools import count, islice

from diffcheck.derivation import Gradient
from diffcheck.generation.equations import lowered
from diffcheck.generation.functions import (
    docstring,
    equations_text,
    results_text,
    signature,
    sizes_lines,
    tuple_text,
)
from diffcheck.generation.memory import Memory, Shape
from diffcheck.generation.names import names_of, numbered
from diffcheck.generation.rewriting import rewritten
from diffcheck.generation.scalars import number_text
from diffcheck.generation.spelling import Target
from diffcheck.generation.views import Axes
from diffcheck.generation.writer import statements
from diffcheck.notation import Program

_SLOTS_SENTENCE = "With out=workspace(...) no memory is allocated for temporaries; inputs are never written to."


def fused_functions(gradient: Gradient, target: Target, reserved: set[str]) -> list[tuple[str, str]]:
    """Return the functions ``grad`` and, where temporaries exist that a caller could provide, ``workspace``."""
    program = rewritten(gradient.program)
    taken = names_of(program) | reserved
    extents = {}
    steps = lowered(program, target, numbered("u", taken, start=1))
    memory = Memory(frozenset(program.outputs), shape, slots)
    lines = statements(memory.placed(steps), target)
    functions = [("grad", _grad(gradient, program, lowering, target))]
    if lowering.slots:
        functions.append(("workspace", _workspace(program, lowering.slots, target)))
    return functions
