"""The fused gradient: one function for all parameters, which reuses its own temporaries."""

from __future__ import annotations

from collections.abc import Mapping

from diffcheck.derivation import Gradient
from diffcheck.generation.equations import lowered
from diffcheck.generation.functions import (
    docstring,
    equations_text,
    nones_text,
    returned,
    signature,
    sizes_lines,
    tuple_text,
    unpacking,
)
from diffcheck.generation.memory import Memory
from diffcheck.generation.names import names_of, numbered
from diffcheck.generation.rewriting import rewritten
from diffcheck.generation.scalars import number_text
from diffcheck.generation.spelling import Target
from diffcheck.generation.steps import Shape
from diffcheck.generation.writer import statements
from diffcheck.notation import Program, Role

_ABOUT_OUT = "With out=workspace(...) no memory is allocated for temporaries; inputs are never written to."


def fused_functions(gradient: Gradient, target: Target, reserved: set[str]) -> list[tuple[str, str]]:
    """Return the functions ``grad`` and, where temporaries exist that a caller could provide, ``workspace``."""
    program = rewritten(gradient.program)
    taken = names_of(program) | reserved
    steps = lowered(program, target, numbered("u", taken, start=1))
    memory = Memory(frozenset(program.outputs), numbered("t", taken, start=0))
    lines = statements(memory.placed(steps), target)
    functions = [("grad", _grad(gradient, program, lines, memory, target))]
    if memory.slots:
        functions.append(("workspace", _workspace(program, memory.slots, target)))
    return functions


def _grad(gradient: Gradient, program: Program, lines: list[str], memory: Memory, target: Target) -> str:
    slots = list(memory.slots)
    arguments = [f"{tensor.name}: {target.array}" for tensor in program.inputs]
    keyword = ["*", f"out: {tuple_text(target.array, len(slots))} | None = None"] if slots else []
    formula = [", ".join(_meanings(gradient)), "", *equations_text(program)]
    unpacked = []
    if slots:
        passed = ", ".join(tensor.name for tensor in program.inputs)
        made = f"workspace({passed})" if memory.allocated else nones_text(len(slots))
        unpacked = unpacking(slots, made)
    return "\n".join(
        [
            *signature("grad", [*arguments, *keyword], tuple_text(target.array, len(program.outputs))),
            *docstring(formula, program.inputs, *([_ABOUT_OUT] if slots else [])),
            *sizes_lines(program, lines),
            *unpacked,
            *lines,
            *returned(program.outputs),
        ]
    )


def _meanings(gradient: Gradient) -> list[str]:
    """Return what each output is: ∂L/∂w, or Σ ō·∂o/∂w where the outputs o have cotangents ō."""
    cotangents = gradient.program.inputs[len(gradient.primal.inputs) :]
    if not cotangents:
        return [f"{adjoint} = ∂{gradient.primal.outputs[0]}/∂{name}" for name, adjoint in gradient.adjoints.items()]
    pairs = list(zip(cotangents, gradient.primal.outputs, strict=True))
    return [
        f"{adjoint} = " + " + ".join(f"{tensor.name}·∂{output}/∂{name}" for tensor, output in pairs)
        for name, adjoint in gradient.adjoints.items()
    ]


def _workspace(program: Program, slots: Mapping[str, Shape], target: Target) -> str:
    kind = target.kind(next(tensor.name for tensor in program.inputs if tensor.role is not Role.INTEGER))
    shapes = ["(" + ", ".join(map(number_text, shape)) + ("," if len(shape) == 1 else "") + ")" for shape in slots.values()]
    made = [f"{target.name}.empty({shape}, {kind})" for shape in shapes]
    lines = [f"    return ({made[0]},)"]
    if len(made) > 1:
        lines = ["    return (", *(f"        {memory}," for memory in made), "    )"]
    return "\n".join(
        [
            *signature(
                "workspace",
                [f"{tensor.name}: {target.array}" for tensor in program.inputs],
                tuple_text(target.array, len(slots)),
            ),
            '    """Memory for the temporaries of `grad`, to be passed as its ``out`` again and again."""',
            *sizes_lines(program, lines),
            *lines,
        ]
    )
