"""Where each step writes: over an operand that is not needed again, into memory that is free, or into a new slot.

1. A variable lives from the step that makes it to the last step that reads it; an output lives on.
2. Inputs and outputs are never written to once they have their value, and an output has memory of its own: what lies in a slot
   of the workspace is lost at the next call.
3. The result of an elementwise step may take the memory of an operand that dies there, if it has the same axes and no other
   operand reads it in another order. Any other result takes a slot of its shape that no living variable has, or a new one.
4. What a view reads is needed as long as the view is.
5. A new slot needs no memory before it is first written to, unless the library would then choose another order of axes than the
   workspace has: sums over that memory would be rounded otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from diffcheck.generation.steps import Kind, Operand, Shape, Step


@dataclass(frozen=True)
class Placed:
    """A step and the variable that its result is written to, None for new memory."""

    step: Step
    out: str | None


@dataclass
class Memory:
    """The slots of the workspace, shapes by name, and the variables that have them; *names* gives new slots their names."""

    outputs: frozenset[str]
    names: Iterator[str]
    slots: dict[str, Shape] = field(default_factory=dict)
    owners: dict[str, str | None] = field(default_factory=dict)
    free: list[tuple[str, str]] = field(default_factory=list)
    permuted: set[str] = field(default_factory=set)
    allocated: bool = False
    """Whether all slots must have memory even without a workspace."""

    def placed(self, steps: Sequence[Step]) -> list[Placed]:
        """Return the *steps* with the memory of each."""
        steps = _with_bases(steps)
        last = {name: place for place, step in enumerate(steps) for name in (step.name, *step.reads)}
        result = []
        for place, step in enumerate(steps):
            dying = {name for name in step.reads if last[name] == place and name not in self.outputs}
            result.append(Placed(step, self._out(step, dying)))
            self._order(step, result[-1].out)
            self._release(sorted(dying))
        return result

    def _out(self, step: Step, dying: set[str]) -> str | None:
        if step.name in self.owners:
            return step.name if step.shape else None  # what has no axes may be a scalar rather than an array
        if step.kind is Kind.VIEW:
            return None  # nobody owns it, so that nothing is written to it
        self.owners[step.name] = None
        if step.kind is Kind.PLAIN or not step.shape or step.name in self.outputs:
            return None
        overwritten = self._overwritten(step, dying) if step.kind is Kind.ELEMENTWISE else None
        if overwritten is not None:
            self.owners[step.name] = self.owners.pop(overwritten)
            return overwritten
        slot, holder = self._slot(step.shape)
        self.owners[step.name] = slot
        return holder

    def _overwritten(self, step: Step, dying: set[str]) -> str | None:
        for operand in step.operands:
            name = operand.text
            others = (other for other in step.operands if other.text != name)
            plainly = name in dying and operand.axes == step.axes and not any(name in other.reads for other in others)
            if plainly and name in self.owners:
                return name
        return None

    def _slot(self, shape: Shape) -> tuple[str, str]:
        """Return a slot for *shape*, and the variable that its memory is known by."""
        for slot, holder in self.free:
            if self.slots[slot] == shape:
                self.free.remove((slot, holder))
                return slot, holder
        slot = next(self.names)
        self.slots[slot] = shape
        return slot, slot

    def _order(self, step: Step, out: str | None) -> None:
        """Note whether the memory of the result may have another order of axes than the result, and where that must not be."""
        mixed = any(operand.permuted or operand.reads & self.permuted for operand in step.operands)
        follows = mixed and step.kind is Kind.ELEMENTWISE
        if out in self.slots:
            self.allocated |= follows
        elif len(step.shape) > 1 and (
            step.kind in (Kind.PLAIN, Kind.VIEW) or (out is None and follows) or out in self.permuted
        ):
            self.permuted.add(step.name)

    def _release(self, names: Iterable[str]) -> None:
        for name in names:
            slot = self.owners.pop(name, None)
            if slot is not None:
                self.free.append((slot, name))


def _with_bases(steps: Sequence[Step]) -> list[Step]:
    """Return *steps* where whatever reads a view also reads what the view was made of."""
    bases: dict[str, frozenset[str]] = {}
    made = []
    for given in steps:
        step = given
        if given.reads & set(bases):
            step = replace(given, operands=tuple(_based(operand, bases) for operand in given.operands))
        if step.kind is Kind.VIEW:
            bases[step.name] = step.reads
        made.append(step)
    return made


def _based(operand: Operand, bases: dict[str, frozenset[str]]) -> Operand:
    return replace(operand, reads=operand.reads.union(*(bases.get(name, frozenset()) for name in operand.reads)))
