"""Statements of generated code: calls that write into a buffer, chained where they go on in the same one."""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Symbol

from diffcheck.generation.spelling import Target


@dataclass(frozen=True)
class Register:
    """A variable of the generated code that holds an array: its axes, and the workspace slot that its memory is, if any.

    Only an *owned* register, a temporary of the function itself, may be written to.
    """

    name: str
    axes: tuple[Symbol, ...]
    slot: int | None = None
    owned: bool = True


@dataclass
class Writer:
    """The lines written so far, each an assignment ``name = call``."""

    target: Target
    lines: list[tuple[str, str]] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)

    def assign(self, name: str, text: str) -> None:
        """Write ``name = text``."""
        self.lines.append((name, text))

    def call(self, name: str, operation: str, arguments: list[str], out: str | None) -> None:
        """Write ``name = operation(*arguments)`` into the buffer *out*, or into new memory."""
        if out is not None and out == arguments[0] and self.target.name == "torch" and not operation.startswith("_"):
            self._in_place(name, operation, arguments)
            return
        where = [f"out={out}"] if out is not None else []
        self.assign(name, f"{self.target.operation(operation)}({', '.join(arguments + where)})")

    def _in_place(self, name: str, operation: str, arguments: list[str]) -> None:
        changed, *rest = arguments
        link = f".{self.target.operations[operation]}_({', '.join(rest)})"
        if self.lines and self.lines[-1][0] == changed == name:
            self.lines[-1] = (name, self.lines[-1][1] + link)
        else:
            self.assign(name, changed + link)

    def text(self, indent: str = "    ", width: int = 112) -> str:
        """Return the lines as source."""
        return "\n".join(line for name, call in self.lines for line in _wrapped(f"{indent}{name} = {call}", width))


def _wrapped(line: str, width: int) -> list[str]:
    """Break a chain that is too long at its dots, in parentheses."""
    if len(line) <= width:
        return [line]
    left, right = line.split(" = ", 1)
    head, *links = right.split("_(")  # in-place methods end in an underscore
    if len(links) < 2:
        return [line]
    indent = " " * (len(left) - len(left.lstrip()) + 4)
    parts = right.replace(").", ")\n" + indent + ".").split("\n")
    return [f"{left} = (", indent + parts[0], *parts[1:], f"{indent[4:]})"]
