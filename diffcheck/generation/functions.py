"""What every generated function has: a docstring that begins with the formula and gives shapes, and the sizes it needs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from textwrap import wrap

from sympy import Expr, Integer

from diffcheck.errors import GenerationError
from diffcheck.generation.breaking import WIDTH, at_operators, broken
from diffcheck.generation.scalars import number_text
from diffcheck.notation import Program, Tensor
from diffcheck.notation.text import equation_text

_FEW = 6


def docstring(formula: Sequence[str], inputs: Iterable[Tensor], *rest: str) -> list[str]:
    """Return the lines of a docstring: the formula, the shapes, and the *rest*."""
    shapes = ", ".join(f"{tensor.name} {_shape_text(tensor)}" for tensor in inputs)
    first, *others = (line for text in formula for line in (_wrapped(text) if text else [""]))
    after = [line for text in (f"Shapes: {shapes}.", *rest) for line in _wrapped(text)]
    return [f'    """{first}', *(f"    {line}".rstrip() for line in (*others, "", *after)), '    """']


def equations_text(program: Program) -> list[str]:
    """Return the equations of *program* as indented lines of a docstring."""
    return [f"    {equation_text(equation, program.tensors)}" for equation in program.equations]


def _wrapped(text: str) -> list[str]:
    lead = " " * (len(text) - len(text.lstrip()))
    return wrap(text, WIDTH - 8, subsequent_indent=lead + "    ", break_long_words=False, break_on_hyphens=False)


def _shape_text(tensor: Tensor) -> str:
    comma = "," if tensor.rank == 1 else ""
    return f"({', '.join(map(number_text, tensor.extents))}{comma})"


def sizes_lines(program: Program, lines: Iterable[str]) -> list[str]:
    """Return assignments of the sizes that *lines* use, from the shapes of the inputs."""
    tree = ast.parse("\n".join(["def function():", *lines, "    pass"]))
    wanted = {str(size) for size in program.sizes} & {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    told = [(size, f"{tensor.name}.shape[{axis}]") for tensor in program.inputs for axis, size in enumerate(tensor.extents)]
    told.sort(key=lambda pair: not pair[0].is_Symbol)
    found: dict[str, str] = {}
    for size, text in told:
        if size.is_Symbol:
            found.setdefault(str(size), text)
        elif len(names := {str(symbol) for symbol in size.free_symbols} - set(found)) == 1:
            found[names.pop()] = _solved(size, text)
    missing = sorted(wanted - set(found))
    if missing:
        raise GenerationError(
            got=f"the extent {missing[0]}, which no shape tells",
            wanted="an input with that extent",
            do=f"declare an input with the extent {missing[0]}",
        )
    return [f"    {name} = {found[name]}" for name in sorted(wanted)]


def _solved(size: Expr, text: str) -> str:
    """Return source for n where size = a·n + b is the extent that *text* tells."""
    (symbol,) = size.free_symbols
    offset = size.xreplace({symbol: Integer(0)})
    slope = size.diff(symbol)
    difference = text if offset == 0 else f"{text} - {offset}" if offset > 0 else f"{text} + {-offset}"
    return difference if slope == 1 else f"({difference}) // {slope}"


def signature(name: str, arguments: Sequence[str], result: str) -> list[str]:
    """Return the lines of ``def name(arguments) -> result:``, an argument a line where one line would be too long."""
    line = f"def {name}({', '.join(arguments)}) -> {result}:"
    if len(line) <= WIDTH:
        return [line]
    return [f"def {name}(", *(f"    {argument}," for argument in arguments), f") -> {result}:"]


def assigned(left: str, text: str) -> list[str]:
    """Return the lines of ``left text``, broken before the operators of *text* where one line would be too long."""
    line = f"    {left} {text}"
    parts = at_operators(text, (" + ", " - ")) or at_operators(text, (" * ", " / ", " @ "))
    if len(line) <= WIDTH or not parts:
        return [line]
    return [f"    {left} (", *(f"        {part}" for part in parts), "    )"]


def results_text(names: Sequence[str]) -> str:
    """Return source for the tuple of *names*."""
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


def returned(names: Sequence[str]) -> list[str]:
    """Return the lines that return the tuple of *names*."""
    line = f"    return {results_text(names)}"
    return [line] if len(line) <= WIDTH else ["    return (", *(f"        {name}," for name in names), "    )"]


def unpacking(names: Sequence[str], made: str) -> list[str]:
    """Return the lines that assign the elements of the tuple ``out``, or of *made* where there is none, to *names*."""
    line = f"    {results_text(names)} = {made} if out is None else out"
    if len(line) <= WIDTH:
        return [line]
    short = f"    {results_text(names)} = out"
    unpacked = [short] if len(short) <= WIDTH else ["    (", *(f"        {name}," for name in names), "    ) = out"]
    return ["    if out is None:", *broken("out = ", made, indent=8), *unpacked]


def tuple_text(kind: str, count: int) -> str:
    """Return the annotation of a tuple of *count* values of one *kind*."""
    return f"tuple[{kind}, ...]" if count > _FEW else f"tuple[{', '.join([kind] * count)}]"


def nones_text(count: int) -> str:
    """Return source for a tuple of *count* times None."""
    return f"(None,) * {count}" if count > _FEW else f"({', '.join(['None'] * count)}{',' * (count == 1)})"
