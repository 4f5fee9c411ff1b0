"""What a check is about: a captured function, its gradient program, and PyTorch's ways to differentiate it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

import sympy
import torch
from torch.func import functional_call
from torch.utils._pytree import tree_leaves

from diffcheck.capturing import Captured, captured
from diffcheck.capturing.arguments import argument_names, function_class
from diffcheck.capturing.complex_numbers import as_pair
from diffcheck.derivation import Gradient, derive
from diffcheck.errors import CaptureError, DerivationError, UnknownName
from diffcheck.notation import Program, Role, parse
from diffcheck.notation.renaming import with_inputs_called
from diffcheck.verification.findings import Finding
from diffcheck.verification.formulas import Formula, program_of
from diffcheck.verification.guarding import guarded
from diffcheck.verification.running import called_without_graph

Tensors = tuple[torch.Tensor, ...]
Reference = Callable[..., Any] | Program | Formula | str


@dataclass(frozen=True)
class Subject:
    """A function or module with the inputs to check it at, its program, and the names of what it is differentiated by.

    Parameters of a module that are not among these require grad as the module says, or not at all where *frozen*. Of the
    outputs those in the places *kept* alone are looked at, all if there are none.
    """

    function: Callable[..., Any]
    inputs: Tensors
    captured: Captured
    wrt: tuple[str, ...]
    frozen: bool = False
    kept: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """What the function is called; ``X.apply`` is called X."""
        owner = function_class(self.function)
        return str(getattr(owner or self.function, "__name__", type(self.function).__name__))

    @cached_property
    def gradient(self) -> Gradient:
        """The exact gradient, with a cotangent for every output that is no single scalar."""
        return derive(self.captured.program, self.wrt)

    @property
    def cotangents(self) -> tuple[str, ...]:
        """The names of the cotangents, in the order of the outputs; none for a single scalar output."""
        return self.gradient.program.named(Role.COTANGENT)

    @cached_property
    def pairs(self) -> frozenset[str]:
        """The names of the complex inputs: here each is real, with its parts along one more axis."""
        own = self.function.state_dict(keep_vars=True) if isinstance(self.function, torch.nn.Module) else {}
        values = {name: self.inputs[place] for name, place in self.captured.given.items()}
        values |= {name: own[target] for name, target in self.captured.called.items() if target in own}
        return frozenset(name for name, value in values.items() if value.is_complex())

    def point(self) -> dict[str, torch.Tensor]:
        """Return the values of the program's inputs, without any graph, complex ones as pairs of real numbers."""
        return {name: value.detach() for name, value in self.captured.point(self.inputs).items()}

    def handed(self, cotangents: Tensors) -> dict[str, torch.Tensor]:
        """Return the `point` and the *cotangents*, if there are any, each as its output is called, with _bar behind."""
        names = self.cotangents or tuple(f"{name}_bar" for name in self.captured.program.outputs)
        return self.point() | (dict(zip(names, cotangents, strict=True)) if cotangents else {})

    def leaves(self) -> dict[str, torch.Tensor]:
        """Return a fresh leaf for each name in *wrt*, laid out in memory as the value that was given."""
        point = self.point()
        return {name: _leaf(point[name]) for name in self.wrt}

    def call(self, leaves: Mapping[str, torch.Tensor]) -> Tensors:
        """Return the outputs of the function with *leaves* in the place of what it is differentiated by."""
        outputs = self._outputs(leaves)
        return outputs if self.kept is None else tuple(outputs[place] for place in self.kept)

    def _outputs(self, leaves: Mapping[str, torch.Tensor]) -> Tensors:
        arguments = list(self.inputs)
        for name, place in self.captured.given.items():
            value = arguments[place].detach()
            kept = value.clone() if name in self.captured.state else value
            arguments[place] = self._given(name, leaves[name]) if name in leaves else kept
        fixed = self.captured.program.named(Role.PARAMETER) if self.frozen else ()
        known = {name: self.captured.held[name] for name in fixed if name in self.captured.called} | dict(leaves)
        called = self.captured.called
        held = {called[name]: self._given(name, leaf) for name, leaf in known.items() if name in called}
        if isinstance(self.function, torch.nn.Module):
            # A module in training moves its running statistics: those of the caller stay where they are.
            held |= {name: value.detach().clone() for name, value in self.function.named_buffers() if name not in held}
            return outputs_of(functional_call(self.function, held, tuple(arguments)))
        return outputs_of(self.function(*arguments))

    def _given(self, name: str, leaf: torch.Tensor) -> torch.Tensor:
        if name not in self.pairs:
            return leaf
        try:
            return torch.view_as_complex(leaf)  # in the memory of what was given, strides included
        except RuntimeError:  # a batch of torch.func.vmap may lie between the parts
            return torch.complex(*leaf.unbind(-1))


def _leaf(value: torch.Tensor) -> torch.Tensor:
    return value.detach().requires_grad_()


def with_parts(subject: Subject, items: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return *items*, those on an element of a complex input with a note that says which part of it they are about."""

    def noted(item: Finding) -> Finding:
        if item.place.name not in subject.pairs or not item.place.index:
            return item
        part = "imaginary part" if item.place.index[-1] else "real part"
        return replace(item, note=" ".join(filter(None, (part, item.note))))

    return tuple(map(noted, items))


def outputs_of(value: Any) -> Tensors:
    """Return the outputs as a tuple of real tensors, complex ones as pairs, or refuse them."""
    outputs = tuple(tree_leaves(value))
    for output in outputs:
        if not isinstance(output, torch.Tensor):
            raise CaptureError(got=f"an output of type {type(output).__name__}", wanted="tensors", do="return tensors alone")
        if output.numel() == 0:
            raise CaptureError(got=f"an output of shape {tuple(output.shape)}", wanted="elements", do="check what has elements")
    return tuple(map(as_pair, outputs))


def subject_of(
    fn: Callable[..., Any], inputs: Sequence[Any], wrt: Sequence[str] | str | None, reference: Reference | None
) -> Subject:
    """Return what a check of *fn* at *inputs* is about; where *reference* is given, that is captured in its place."""
    names = argument_names(fn, inputs)
    _refuse_hooks(names, inputs, fn)
    found = captured(fn, inputs) if reference is None else _stated(reference, names, inputs)
    chosen = _chosen(found, inputs, (wrt,) if isinstance(wrt, str) else wrt)
    subject = Subject(fn, tuple(inputs), found, chosen)
    # One output alone that is no real number is refused with its dtype, where it is compared.
    return subject if reference is None and len(found.program.outputs) == 1 else _of_reals(subject)


def _of_reals(subject: Subject) -> Subject:
    """Return *subject* without outputs that have no derivative: whole numbers and truth values, as sort's places."""
    names = subject.captured.program.outputs
    with torch.no_grad():
        outputs, _ = guarded(subject.point(), lambda: called_without_graph(lambda: subject.call({}), subject.name))
    kept = tuple(place for place, output in enumerate(outputs) if output.is_floating_point())
    if len(kept) in (0, len(outputs)) or len(names) not in (len(kept), len(outputs)):
        return subject
    real = names if len(names) == len(kept) else tuple(names[place] for place in kept)
    return replace(
        subject, kept=kept, captured=replace(subject.captured, program=replace(subject.captured.program, outputs=real))
    )


def _refuse_hooks(names: Sequence[str], inputs: Sequence[torch.Tensor], fn: Callable[..., Any]) -> None:
    """Refuse tensors with hooks: they change the gradient that the caller gets, and not that of the leaves of a check."""
    own = dict(fn.named_parameters()) if isinstance(fn, torch.nn.Module) else {}
    for name, value in chain(zip(names, inputs, strict=True), own.items()):
        if value._backward_hooks or getattr(value, "_post_accumulate_grad_hooks", None):
            raise CaptureError(
                got=f"{name} with a hook of its own, as register_hook makes",
                wanted="tensors without",
                do="check what the hook does inside of the function, by x.register_hook or a Function there",
            )


def _stated(reference: Reference, names: Sequence[str], inputs: Sequence[torch.Tensor]) -> Captured:
    if isinstance(reference, (sympy.Basic, sympy.MatrixBase)):
        return program_of(reference, names, inputs)
    if isinstance(reference, (str, Program)):
        program = parse(reference) if isinstance(reference, str) else reference
        given = {}
        for tensor in program.inputs:
            if tensor.name not in names:
                raise UnknownName.among("argument of the function", tensor.name, names)
            given[tensor.name] = names.index(tensor.name)
        return Captured(program, given)
    found = captured(reference, inputs)
    if len(found.given) != len(names):
        raise CaptureError(
            got=f"a reference of {len(found.given)} arguments", wanted=f"{len(names)}", do="give it those of the function"
        )
    return _renamed(found, names)


def _renamed(found: Captured, names: Sequence[str]) -> Captured:
    """Return *found* with its arguments called as those of the function that it stands for."""
    new = {name: names[place] for name, place in found.given.items()}
    return replace(found, program=with_inputs_called(found.program, new), given={new[n]: p for n, p in found.given.items()})


def _chosen(found: Captured, inputs: Sequence[torch.Tensor], wrt: Sequence[str] | None) -> tuple[str, ...]:
    program = found.program
    if wrt is None:
        asked = [name for name, place in found.given.items() if inputs[place].requires_grad]
        asked += [name for name in program.named(Role.PARAMETER) if name in found.called]
        if not asked:
            raise DerivationError(
                got="no input that requires grad", wanted="one or more", do="call requires_grad_() on it, or name it in wrt"
            )
        return tuple(asked)
    if not isinstance(wrt, Sequence) or not all(isinstance(name, str) for name in wrt):
        raise UnknownName(got=f"wrt={wrt!r}", wanted="names", do="write them as in wrt=('x', 'weight')")
    known = {tensor.name: tensor.role for tensor in program.inputs}
    own = {spelt: name for name, target in found.called.items() for spelt in (target, target.replace(".", "_"))}
    wrt = tuple(own.get(name, name) for name in wrt)  # a module's parameter may be called as the module calls it
    for name in wrt:
        if name not in known:
            raise UnknownName.among("input of the function", name, [found.called.get(name, name) for name in known])
        if name in found.state:
            raise DerivationError(got=f"{name!r}, which the function overwrites", wanted="another", do="leave it out of wrt")
        if known[name] is Role.INTEGER:
            raise DerivationError(got=f"{name!r}, whole numbers", wanted="real numbers", do="leave it out of wrt")
    if not wrt:
        raise DerivationError(got="wrt=()", wanted="one name or more", do="name what to differentiate by")
    return tuple(wrt)
