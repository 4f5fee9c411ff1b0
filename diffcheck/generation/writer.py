"""Placed steps -> statements: calls that write into a variable's memory, chained where they go on in the same one."""

from __future__ import annotations

from collections.abc import Iterable

from diffcheck.generation.breaking import WIDTH, broken, chain
from diffcheck.generation.memory import Placed
from diffcheck.generation.spelling import Target
from diffcheck.generation.steps import Kind

Statement = tuple[str, list[str]]
"""A variable, and the calls of the chain that it is assigned."""


def statements(placed: Iterable[Placed], target: Target) -> list[str]:
    """Return the lines of source that carry out the steps *placed*."""
    made: list[Statement] = []
    for entry in placed:
        if entry.step.kind in (Kind.PLAIN, Kind.VIEW):
            made.append((entry.step.name, chain(entry.step.operands[0].text)))
        elif _changes_in_place(entry, target):
            _link(made, entry, target)
        else:
            made.append((entry.step.name, [_call(entry, target)]))
    return [line for name, calls in made for line in _lines(name, calls)]


def _changes_in_place(entry: Placed, target: Target) -> bool:
    spelt_so = target.in_place and entry.step.operation not in target.helpers
    return spelt_so and entry.step.kind is Kind.ELEMENTWISE and entry.step.operands[0].text == entry.out


def _link(made: list[Statement], entry: Placed, target: Target) -> None:
    changed, *rest = (operand.text for operand in entry.step.operands)
    call = f"{target.operations[entry.step.operation]}_({', '.join(rest)})"
    if made and made[-1][0] == changed == entry.step.name:
        made[-1][1].append(call)
    else:
        made.append((entry.step.name, [changed, call]))


def _call(entry: Placed, target: Target) -> str:
    arguments = [operand.text for operand in entry.step.operands]
    where = [f"out={entry.out}"] if entry.out is not None else []
    return f"{target.operation(entry.step.operation)}({', '.join(arguments + where)})"


def _lines(name: str, calls: list[str]) -> list[str]:
    line = f"    {name} = {'.'.join(calls)}"
    return [line] if len(line) <= WIDTH else broken(f"{name} = ", ".".join(calls))
