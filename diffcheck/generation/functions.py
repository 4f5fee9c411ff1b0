"""What every generated function has: a docstring that begins with the formula and gives shapes, and the sizes it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diffcheck.generation.scalars import number_text
from diffcheck.notation import Program, Tensor


def docstring(formula: Sequence[str], inputs: Iterable[Tensor], *, slots: bool = False) -> list[str]:
    """Return the lines of a docstring: the formula, then the shapes."""
    shapes = ", ".join(f"{tensor.name} {shape_text(tensor)}" for tensor in inputs)
    first, *rest = formula
    lines = [f'    """{first}', *(f"    {line}".rstrip() for line in rest), "", f"    Shapes: {shapes}."]
    if slots:
        lines.append("    With out=workspace(...) no memory is allocated for temporaries; inputs are never written to.")
    return [*lines, '    """']


def shape_text(tensor: Tensor) -> str:
    """Return the shape of *tensor* as a docstring gives it."""
    comma = "," if tensor.rank == 1 else ""
    return f"({', '.join(map(number_text, tensor.extents))}{comma})"


def sizes_lines(program: Program, wanted: set[str]) -> list[str]:
    """Return assignments of the sizes *wanted* from the shapes of the inputs."""
    found: dict[str, str] = {}
    for tensor in program.inputs:
        for axis, size in enumerate(tensor.extents):
            if size.is_Symbol and str(size) in wanted:
                found.setdefault(str(size), f"    {size} = {tensor.name}.shape[{axis}]")
    return [found[name] for name in sorted(found)]


def mentions(text: str, name: str) -> bool:
    """Say whether the identifier *name* occurs in *text*."""
    words = "".join(letter if (letter + "_").isidentifier() or letter.isdigit() else " " for letter in text).split()
    return name in words


def signature(name: str, arguments: Sequence[str], result: str, width: int = 100) -> list[str]:
    """Return the lines of ``def name(arguments) -> result:``, an argument a line where one line would be too long."""
    line = f"def {name}({', '.join(arguments)}) -> {result}:"
    if len(line) <= width:
        return [line]
    return [f"def {name}(", *(f"    {argument}," for argument in arguments), f") -> {result}:"]


def results_text(names: Sequence[str]) -> str:
    """Return source for the tuple of *names*."""
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)
