"""The same program with its inputs called otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Expr

from diffcheck.notation.program import Equation, Program
from diffcheck.notation.symbols import indices_of, name_of, read, reads_of, substitute


def with_inputs_called(program: Program, names: Mapping[str, str]) -> Program:
    """Return *program* with each input in *names* called as that says, and whatever had such a name called otherwise."""
    if all(old == new for old, new in names.items()):
        return program
    taken = {*program.tensors, *names.values()}
    clashing = {equation.target for equation in program.equations} & set(names.values())
    moved = dict(names) | {name: _fresh(name, taken) for name in sorted(clashing)}
    inputs = tuple(replace(tensor, name=moved.get(tensor.name, tensor.name)) for tensor in program.inputs)
    equations = tuple(_renamed(equation, moved) for equation in program.equations)
    return Program(inputs, equations, tuple(moved.get(name, name) for name in program.outputs))


def _fresh(name: str, taken: set[str]) -> str:
    turn = 2
    while f"{name}_{turn}" in taken:
        turn += 1
    taken.add(f"{name}_{turn}")
    return f"{name}_{turn}"


def _renamed(equation: Equation, names: Mapping[str, str]) -> Equation:
    return replace(equation, target=names.get(equation.target, equation.target), body=_body(equation.body, names))


def _body(body: Expr, names: Mapping[str, str]) -> Expr:
    moved = {}
    for node in reads_of(body):
        places = tuple(_body(place, names) for place in indices_of(node))
        moved[node] = read(names.get(name_of(node), name_of(node)), places)
    return substitute(body, moved)
