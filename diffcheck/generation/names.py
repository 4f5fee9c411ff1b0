"""The names of generated code: which a program may not use, what clashes is called instead, and fresh names for temporaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from sympy import Expr

from diffcheck.derivation.terms import fresh_name
from diffcheck.errors import GenerationError
from diffcheck.generation.place_helpers import place_helpers
from diffcheck.generation.spelling import Target
from diffcheck.notation import Equation, Index, Program, Tensor, extent, indices_of, name_of, read
from diffcheck.notation.symbols import substitute


def reserved_names(target: Target) -> set[str]:
    """Return the names that a function's body uses, so that nothing of a program may be called so."""
    return {target.name, "out", "workspace", *target.helpers, *place_helpers(target)}


def names_of(program: Program) -> set[str]:
    """Return the names of all tensors, extents and indices."""
    indices = {index.name for equation in program.equations for index in equation.axes}
    return {*program.tensors, *map(str, program.sizes), *indices}


def numbered(stem: str, taken: Iterable[str], start: int) -> Iterator[str]:
    """Yield *stem* with the numbers from *start* on, without the names in *taken*."""
    used = set(taken)
    return (name for number in count(start) if (name := f"{stem}{number}") not in used)


def cleared(program: Program, reserved: set[str]) -> Program:
    """Return *program* with extents and equations whose names are *reserved* renamed; an input of such a name is refused."""
    for tensor in program.inputs:
        if tensor.name in reserved:
            raise GenerationError(
                got=f"an input called {tensor.name!r}",
                wanted="a name that the generated code does not use itself",
                do=f"rename {tensor.name!r}",
            )
    taken = names_of(program) | reserved
    for size in program.sizes:
        if str(size) in reserved:
            program = _with_extent(program, size, extent(fresh_name(str(size), taken)))
    for equation in program.equations:
        if equation.target in reserved:
            name = fresh_name(equation.target, taken)
            outputs = tuple(name if output == equation.target else output for output in program.outputs)
            program = Program(program.inputs, with_tensor(program.equations, equation.target, name), outputs)
    return program


def with_tensor(equations: Iterable[Equation], old: str, new: str) -> tuple[Equation, ...]:
    """Return *equations* with the tensor *old* called *new*."""

    def changed(equation: Equation) -> Equation:
        reads = {node: read(new, indices_of(node)) for node in equation.reads if name_of(node) == old}
        target = new if equation.target == old else equation.target
        return replace(equation, target=target, body=substitute(equation.body, reads))

    return tuple(map(changed, equations))


def _with_extent(program: Program, old: Expr, new: Expr) -> Program:
    def sized(index: Index) -> Index:
        return Index(index.name, substitute(index.extent, {old: new}))

    inputs = [
        Tensor(tensor.name, tuple(substitute(size, {old: new}) for size in tensor.extents), tensor.role)
        for tensor in program.inputs
    ]
    equations = [
        Equation(
            equation.target,
            tuple(map(sized, equation.indices)),
            tuple(map(sized, equation.bound)),
            substitute(equation.body, {old: new}),
            equation.reduction,
        )
        for equation in program.equations
    ]
    return Program(tuple(inputs), tuple(equations), program.outputs)
