"""Inputs that a function overwrites: refused, but for the running moments of a normalisation, which are its own state."""

from __future__ import annotations

import operator as python
from collections.abc import Sequence
from typing import Any

import torch
from torch.export.graph_signature import OutputKind

from diffcheck.errors import CaptureError

_MOMENTS = ("aten._native_batch_norm_legit_functional.default", "aten._batch_norm_with_update_functional.default")
_PASSING = ("aten.view.default", "aten.mean.dim", "aten.alias.default")


def overwritten_state(found: torch.export.ExportedProgram, names: Sequence[str], inputs: Sequence[Any]) -> frozenset[str]:
    """Return which of the inputs called *names* the graph overwrites as state, or refuse what overwrites any other."""
    signature = found.graph_signature
    written = {
        spec.arg.name: str(spec.target) for spec in signature.output_specs if spec.kind is OutputKind.USER_INPUT_MUTATION
    }
    nodes = {node.name: node for node in found.graph.nodes}
    places = {name: place for place, name in enumerate(signature.user_inputs)}
    state = set()
    for node, target in written.items():
        place = places[target]
        if inputs[place].requires_grad or not _is_moment(nodes[node]):
            raise CaptureError(
                got=f"a function that overwrites {', '.join(sorted(set(written.values())))}",
                wanted="one that leaves its inputs alone",
                do="work on a clone",
            )
        state.add(names[place])
    return frozenset(state)


def _is_moment(node: Any) -> bool:
    """Say whether *node* is a running moment of a normalisation, or the mean of those of a batch."""
    while node.op == "call_function":
        name = str(node.target)
        if node.target is python.getitem:
            return str(node.args[0].target) in _MOMENTS
        if name == "aten.copy.default":
            node = node.args[1]
        elif name in _PASSING:
            node = node.args[0]
        else:
            return False
    return False
