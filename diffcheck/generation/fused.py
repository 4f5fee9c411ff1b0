"""The fused gradient: one function for all parameters, which reuses its own temporaries."""

from __future__ import annotations

from sympy import Expr

from diffcheck.derivation import Gradient
from diffcheck.generation.functions import docstring, mentions, results_text, signature, sizes_lines
from diffcheck.generation.lowering import Lowering
from diffcheck.generation.rewriting import rewritten
from diffcheck.generation.scalars import number_text
from diffcheck.generation.spelling import Target
from diffcheck.generation.writer import Writer
from diffcheck.notation import Program
from diffcheck.notation.text import equation_text


def fused_functions(gradient: Gradient, target: Target, helpers: dict[str, str]) -> list[tuple[str, str]]:
    """Return the functions ``grad`` and, where temporaries exist that a caller could provide, ``workspace``."""
    program = rewritten(gradient.program)
    writer = Writer(target, helpers=helpers)
    lowering = Lowering(program, target, writer)
    lowering.run()
    functions = [("grad", _grad(gradient, program, lowering, target))]
    if lowering.slots:
        functions.append(("workspace", _workspace(program, lowering.slots, target)))
    return functions


def _grad(gradient: Gradient, program: Program, lowering: Lowering, target: Target) -> str:
    arguments = [f"{tensor.name}: {target.array}" for tensor in program.inputs]
    slots = [f"t{number}" for number in range(len(lowering.slots))]
    kind = f"tuple[{', '.join([target.array] * len(program.outputs))}]"
    workspace = ", ".join([target.array] * len(slots))
    keyword = ["*", f"out: tuple[{workspace}] | None = None"] if slots else []
    lines = signature("grad", [*arguments, *keyword], kind)
    meanings = [f"{gradient.adjoints[name]} = ∂{gradient.primal.outputs[0]}/∂{name}" for name in gradient.wrt]
    equations = [f"    {equation_text(equation)}" for equation in program.equations]
    lines += docstring([", ".join(meanings), "", *equations], program.inputs, slots=bool(slots))
    lines += sizes_lines(program, _used_sizes(program, lowering))
    if slots:
        nothing = ", ".join(["None"] * len(slots)) + ("," if len(slots) == 1 else "")
        names = f"({slots[0]},)" if len(slots) == 1 else ", ".join(slots)
        lines.append(f"    {names} = ({nothing}) if out is None else out")
    lines.append(lowering.writer.text())
    lines.append(f"    return {results_text(program.outputs)}")
    return "\n".join(lines)


def _used_sizes(program: Program, lowering: Lowering) -> set[str]:
    text = " ".join(call for _, call in lowering.writer.lines)
    return {str(size) for size in program.sizes if mentions(text, str(size))}


def _workspace(program: Program, slots: list[tuple[Expr, ...]], target: Target) -> str:
    arguments = [f"{tensor.name}: {target.array}" for tensor in program.inputs]
    kind = f"tuple[{', '.join([target.array] * len(slots))}]"
    like = next(tensor.name for tensor in program.inputs if tensor.extents)
    device = f", device={like}.device" if target.name == "torch" else ""
    shapes = ["(" + ", ".join(map(number_text, shape)) + ("," if len(shape) == 1 else "") + ")" for shape in slots]
    used = {str(size) for shape in slots for extent in shape for size in extent.free_symbols}
    lines = signature("workspace", arguments, kind)
    lines += ['    """Memory for the temporaries of `grad`, to be passed as its ``out`` again and again."""']
    lines += sizes_lines(program, used)
    made = [f"{target.name}.empty({shape}, dtype={like}.dtype{device})" for shape in shapes]
    if len(made) == 1:
        return "\n".join([*lines, f"    return ({made[0]},)"])
    return "\n".join([*lines, "    return (", *(f"        {memory}," for memory in made), "    )"])
