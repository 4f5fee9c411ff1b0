"""Which equations matter: those that an output needs, and those that a parameter reaches."""

from __future__ import annotations

from collections.abc import Iterable

from diffcheck.notation import Equation, Program


def needed(equations: Iterable[Equation], outputs: Iterable[str]) -> tuple[Equation, ...]:
    """Return the equations that *outputs* depend on, in their order."""
    wanted, kept = set(outputs), []
    for equation in reversed(tuple(equations)):
        if equation.target in wanted:
            kept.append(equation)
            wanted |= equation.operands
    return tuple(reversed(kept))


def reached(program: Program, sources: Iterable[str]) -> set[str]:
    """Return *sources* and everything computed from them."""
    found = set(sources)
    for equation in program.equations:
        if equation.operands & found:
            found.add(equation.target)
    return found
