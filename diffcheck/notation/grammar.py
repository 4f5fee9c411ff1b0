"""Text in index notation -> Program, through a grammar; nothing in the text is ever evaluated as Python."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from diffcheck.errors import DiffcheckError, DuplicateName, ProgramSyntaxError
from diffcheck.notation.program import Equation, Program
from diffcheck.notation.reading import Reader
from diffcheck.notation.tensor import Role, Tensor

_LONGEST = 100_000  # characters
_DEEPEST = 40  # brackets, calls, powers and minuses within one another


def parse(text: str) -> Program:
    """Return the program that *text* states; ``parse(str(program)) == program``.

    >>> program = parse('''
    ... parameter w; parameter b; data x[n]; target y[n]
    ... p[i] = w*x[i] + b
    ... L = Σ_i (p[i] - y[i])**2/n
    ... ''')
    >>> program.outputs
    ('L',)

    A line declares an input (``parameter``, ``data``, ``target`` or ``cotangent``, a name, its extents), states an equation, or
    names the outputs; without an ``output`` line the last equation is the output. Sums are written ``Σ_k`` or ``Σ_{i,k}`` and
    reach as far as the product that follows. Raises a `NotationError` that names the line, or the equation, at fault.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        size = f"{len(text)} characters" if isinstance(text, str) else type(text).__name__
        raise ProgramSyntaxError(got=size, wanted=f"text of at most {_LONGEST} characters", do="pass a smaller program")
    return _program(_tree(text))


@lru_cache(maxsize=1)
def _parser() -> Any:
    from lark import Lark

    grammar = files("diffcheck.notation").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=True, propagate_positions=True)


def _tree(text: str) -> Any:
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(text + "\n")
    except UnexpectedInput as error:
        line, column = text.split("\n")[error.line - 1 :][:1], max(error.column, 1)
        near = line[0][max(column - 31, 0) : column + 30].strip() if line else ""
        raise ProgramSyntaxError(
            got=repr(near) if near else "the end of the text",
            wanted="a declaration, an equation 'T[i,j] = Σ_k e', or 'output NAME'",
            do="see the notation in docs/notation.md",
            place=f"line {error.line}, column {error.column}",
        ) from None


def _program(tree: Any) -> Program:
    inputs: list[Tensor] = []
    equations: list[Equation] = []
    outputs: tuple[str, ...] | None = None
    reader = Reader(frozenset(str(statement.children[0]) for statement in tree.find_data("equation")))
    for statement in tree.children:
        try:
            _check_depth(statement)
            if statement.data == "declaration":
                inputs.append(_declare(statement, reader))
            elif statement.data == "output":
                if outputs is not None:
                    raise DuplicateName(got="a second 'output' line", wanted="one", do="name all outputs on one line")
                outputs = tuple(map(str, statement.children))
            else:
                equations.extend(reader.equations(statement))
        except DiffcheckError as error:
            raise error.at(f"line {statement.meta.line}") from None
    if outputs is None:
        outputs = (equations[-1].target,) if equations else ()
    return Program(tuple(inputs), tuple(equations), outputs)


def _check_depth(statement: Any) -> None:
    pending = [(statement, 0)]
    while pending:
        tree, depth = pending.pop()
        if depth > _DEEPEST:
            raise ProgramSyntaxError(
                got="an expression nested too deeply",
                wanted=f"at most {_DEEPEST} levels",
                do="split it into several equations",
            )
        depth += tree.data in ("power", "negative", "reduction")
        pending += [(child, depth) for child in tree.children if hasattr(child, "data")]


def _declare(statement: Any, reader: Reader) -> Tensor:
    role, name, extents = statement.children
    sizes = tuple(reader.extent(size) for size in extents.children) if extents is not None else ()
    tensor = Tensor(str(name), sizes, Role(str(role)))
    reader.know(tensor.name, sizes)
    return tensor
