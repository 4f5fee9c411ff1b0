"""`capture`: the exported graph is walked, a row for each operator, and every input gets its role."""

from __future__ import annotations

import inspect
import operator as python
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy
import torch
from sympy import Expr
from torch.export.graph_signature import InputKind, InputSpec, OutputKind

from diffcheck.capturing import (  # noqa: F401  # they register their rows
    activations,
    complex_functions,
    conditions,
    contractions,
    creation,
    determinants,
    distances,
    factorizations,
    fourier,
    indexing,
    interpolation,
    inverses,
    losses,
    movement,
    normalizing,
    ordering,
    orthogonal,
    padding,
    pointwise,
    pooling,
    reductions,
    reflections,
    sampling,
    scattering,
    segments,
    shaping,
    special,
    strides,
    unpooling,
)
from diffcheck.capturing.arguments import argument_names, check_sizes
from diffcheck.capturing.arrays import Array, Builder, constant
from diffcheck.capturing.complex_numbers import as_pair, input_of, row_for, scalar, typed, without_parts
from diffcheck.capturing.emptiness import without_elements
from diffcheck.capturing.exporting import exported, overwriting
from diffcheck.capturing.locating import line_calling
from diffcheck.capturing.overwriting import overwritten_state
from diffcheck.capturing.rows import ROWS, Row
from diffcheck.capturing.storing import storing
from diffcheck.errors import CaptureError, DiffcheckError, ExtentMismatch, UnknownName, UnsupportedOperator
from diffcheck.notation import Program, Role, Tensor
from diffcheck.notation.symbols import check_name, extent

Sizes = Mapping[str, Sequence[str | None]]

_DERIVED = {python.add: sympy.Add, python.mul: sympy.Mul, python.sub: lambda a, b: a - b, python.neg: lambda a: -a}
_IGNORED = ("aten._assert_tensor_metadata.default", "aten._assert_scalar.default", "aten.sym_constrain_range_for_size.default")


@dataclass(frozen=True)
class Captured:
    """A program, and where the value of each of its inputs is found: an argument, a parameter or buffer, or a constant.

    *given* maps the inputs that are arguments to their numbers, *held* the others to their tensors, and *called* those that
    are parameters or buffers of a module to the names that they have there. *state* names the arguments that the function
    overwrites as its own state, running moments: it is to be given copies of them.
    """

    program: Program
    given: Mapping[str, int]
    held: Mapping[str, torch.Tensor] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    state: frozenset[str] = frozenset()

    def point(self, inputs: Sequence[Any]) -> dict[str, Any]:
        """Return the values of the program's inputs for the arguments *inputs*, complex ones as pairs of real numbers."""
        return {name: as_pair(inputs[place]) for name, place in self.given.items()} | dict(self.held)


def capture(fn: Callable[..., Any], *inputs: Any, sizes: Sizes | None = None) -> Program:
    """Return the program that *fn* computes for tensors of the shapes and dtypes of *inputs*.

    *fn* is a function of tensors or a module. *sizes* names symbolic extents, as in ``{"x": ("n", None)}`` for an ``x`` whose
    first axis may have any length; all other extents are the numbers that they are. Inputs are called as in the signature of
    *fn*, parameters of a module as in its state, with underscores for dots. A floating-point constant is the rational number
    that it is. Raises a `CaptureError` that names the user's own line.
    """
    return captured(fn, inputs, sizes).program


def captured(fn: Callable[..., Any], inputs: Sequence[Any], sizes: Sizes | None = None) -> Captured:
    """Return the program of *fn* with where the values of its inputs are found."""
    names = argument_names(fn, inputs)
    found = exported(fn, inputs, _dynamic(names, inputs, sizes or {}))
    state = overwritten_state(found, names, inputs)
    return replace(_Walk(fn, found, names, inputs, sizes or {}).captured(), state=state)


def _dynamic(names: Sequence[str], inputs: Sequence[Any], sizes: Sizes) -> dict[int, dict[int, Any]]:
    check_sizes(sizes)
    for name, given in sizes.items():
        if name not in names:
            raise UnknownName.among("argument", name, names)
        if len(given) != inputs[names.index(name)].dim():
            raise CaptureError(
                got=f"sizes of {name}: {tuple(given)}",
                wanted=f"a name or None for each of its {inputs[names.index(name)].dim()} axes",
                do="write None for an axis of fixed length",
            )
    known: dict[str, Any] = {}
    found: dict[int, dict[int, Any]] = {}
    for place, name in enumerate(names):
        for axis, size in enumerate(sizes.get(name, ())):
            if size is not None:
                dim = known.setdefault(check_name(size), torch.export.Dim(size))
                found.setdefault(place, {})[axis] = dim
    return found


class _Walk:
    """One walk over an exported graph."""

    def __init__(
        self,
        fn: Callable[..., Any],
        found: torch.export.ExportedProgram,
        names: Sequence[str],
        inputs: Sequence[Any],
        sizes: Sizes,
    ) -> None:
        self.fn, self.found, self.names, self.inputs = fn, found, names, inputs
        self.symbols = self._symbols(sizes)
        self.values: dict[str, Any] = {}
        self.tensors: list[Tensor] = []
        self.given: dict[str, int] = {}
        self.held: dict[str, torch.Tensor] = {}
        self.called: dict[str, str] = {}
        self.build = Builder({str(symbol) for symbol in self.symbols.values()})

    def captured(self) -> Captured:
        """Return the program of the graph."""
        nodes = list(self.found.graph.nodes)
        specs = {spec.arg.name: spec for spec in self.found.graph_signature.input_specs}
        for node in nodes:
            if node.op == "placeholder":
                self._input(node, specs[node.name])
        for node in nodes:
            if node.op == "call_function":
                self.values[node.name] = self._called(node)
        outputs = self._outputs(next(node for node in nodes if node.op == "output"))
        try:
            program = Program(tuple(self.tensors), tuple(self.build.equations), outputs)
        except ExtentMismatch as error:
            raise without_elements(nodes, self._line) or error from None
        used = {name for equation in program.equations for name in equation.operands} | set(outputs)
        kept = tuple(tensor for tensor in program.inputs if tensor.name in used or tensor.name in self.given)
        held = {name: value for name, value in self.held.items() if name in used}
        return Captured(Program(kept, program.equations, outputs), self.given, held, self.called)

    def _symbols(self, sizes: Sizes) -> dict[Expr, Expr]:
        """Return the extents by the symbols that torch.export gave them."""
        symbols: dict[Expr, Expr] = {}
        placeholders = {node.name: node for node in self.found.graph.nodes if node.op == "placeholder"}
        users = [spec.arg.name for spec in self.found.graph_signature.input_specs if spec.kind is InputKind.USER_INPUT]
        for name, node in zip(self.names, users, strict=True):
            for axis, size in enumerate(sizes.get(name, ())):
                length = placeholders[node].meta["val"].shape[axis]
                if size is not None and isinstance(length, torch.SymInt):
                    symbols[length.node.expr] = extent(size)
        return symbols

    def _length(self, size: Any) -> Expr:
        return size.node.expr.xreplace(self.symbols) if isinstance(size, torch.SymInt) else sympy.Integer(size)

    def _input(self, node: Any, spec: InputSpec) -> None:
        value = node.meta["val"]
        if spec.kind is InputKind.TOKEN:  # it orders what only raises
            self.values[node.name] = None
            return
        if not isinstance(value, torch.Tensor):
            self.values[node.name] = constant(self._length(value))
            return
        whole = not (value.is_floating_point() or value.is_complex())
        if spec.kind is InputKind.CONSTANT_TENSOR and value.dim() == 0:
            self.values[node.name] = scalar(self.found.constants[str(spec.target)].item())
            return
        name, role = self._name_and_role(spec, len(self.given), whole)
        extents = tuple(map(self._length, value.shape))
        if any(size == 0 for size in extents):
            raise CaptureError(
                got=f"{name} of shape {tuple(value.shape)}", wanted="one element or more", do="skip empty inputs"
            )
        extents, self.values[node.name] = input_of(value, name, extents, whole=whole)
        self.tensors.append(Tensor(name, extents, role))
        self.build.taken.add(name)

    def _name_and_role(self, spec: InputSpec, place: int, whole: bool) -> tuple[str, Role]:
        if spec.kind is InputKind.USER_INPUT:
            name = self.names[place]
            self.given[check_name(name)] = place
            wanted = Role.PARAMETER if self.inputs[place].requires_grad else Role.DATA
            return name, Role.INTEGER if whole else wanted
        target = str(spec.target)
        name = self._free(target.removeprefix("function.").replace(".", "_"))
        if spec.kind in (InputKind.PARAMETER, InputKind.BUFFER):
            self.called[name] = target.removeprefix("function.")
        store = self.found.constants if spec.kind is InputKind.CONSTANT_TENSOR else self.found.state_dict
        self.held[name] = as_pair((store if target in store else self.found.constants)[target].detach())
        role = Role.PARAMETER if spec.kind is InputKind.PARAMETER else Role.DATA
        return name, Role.INTEGER if whole else role

    def _free(self, stem: str) -> str:
        stem = stem if stem.isidentifier() else f"p_{stem}"  # as the parameters of nn.Sequential, called 0.weight
        name = stem if stem not in self.names and stem not in self.build.taken else f"{stem}_held"
        return check_name(name)

    def _called(self, node: Any) -> Any:
        arguments = [self._argument(value) for value in node.args]
        named = {name: self._argument(value) for name, value in node.kwargs.items()}
        if node.target is python.getitem:
            return arguments[0][arguments[1]]
        if node.target in _DERIVED:
            return constant(
                _DERIVED[node.target](*(value.at(()) if isinstance(value, Array) else value for value in arguments))
            )
        name = str(node.target)
        if name in _IGNORED:
            return None
        if name.startswith("aten.sym_size"):
            return constant(arguments[0].extents[arguments[1]])
        row = row_for(name, arguments, named)
        if row is None:
            raise self._unsupported(name, node)
        self.build.stem = self._free(node.name)
        self.build.stored = storing(node.meta.get("val"))
        try:
            return typed(row(self.build, *arguments, **_plain(named, row)), node.meta.get("val"))
        except DiffcheckError as error:
            raise error.at(self._line(node) or name) from None
        except TypeError as error:
            raise CaptureError(
                got=f"{name}({', '.join(map(str, node.args))}): {error}",
                wanted="arguments that its row takes",
                do="report it, or add a row of your own with @operator",
                place=self._line(node),
            ) from error

    def _unsupported(self, name: str, node: Any) -> UnsupportedOperator:
        if name.startswith("auto_functionalized"):  # torch.export's wrapper for an operator that overwrites an argument
            raise overwriting(str(node.args[0]), self.fn, self.inputs)
        return UnsupportedOperator(
            got=f"the operator {name}{' of complex numbers' if name in ROWS else ''}",
            wanted=f"one of the {len(ROWS)} that have a row",
            do=f"add one: @diffcheck.capturing.operator({name!r}) above a function of (build, *arguments);"
            " or state to check with reference= what is computed",
            place=self._line(node),
        )

    def _line(self, node: Any) -> str:
        """Return the user's line that *node* comes from."""
        operators = {str(node.target), str(node.meta.get("original_aten", ""))}
        return line_calling(frozenset(operators), self.fn, self.inputs)

    def _argument(self, value: Any) -> Any:
        if isinstance(value, torch.fx.Node):
            found = self.values[value.name]
            return found.at(()) if isinstance(found, Array) and isinstance(value.meta.get("val"), torch.SymInt) else found
        if isinstance(value, (list, tuple)):
            return [self._argument(part) for part in value]
        return value

    def _outputs(self, node: Any) -> tuple[str, ...]:
        specs = self.found.graph_signature.output_specs
        made = [value for value, spec in zip(node.args[0], specs, strict=True) if spec.kind is OutputKind.USER_OUTPUT]
        names: list[str] = []
        for place, value in enumerate(made):
            array = without_parts(self.build, self._argument(value))
            if not isinstance(array, Array):
                raise CaptureError(got=f"an output {array!r}", wanted="tensors", do="return tensors alone")
            names.append(self._output(array, "output" if len(made) == 1 else f"output_{place}"))
        if not names:
            raise CaptureError(got="a function that returns nothing", wanted="a tensor", do="return what is to be checked")
        return tuple(names)

    def _output(self, array: Array, stem: str) -> str:
        """Give the output an equation of its own, so that no two outputs, and no input, are one tensor."""
        self.build.stem = self._free(stem)
        return self.build.define(array.extents, lambda places, _: array.at(places), whole=array.whole).name


def _plain(named: dict[str, Any], row: Row) -> dict[str, Any]:
    """Leave out what says where and in which dtype a tensor is made, unless the row asks for it."""
    where = {"dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "copy"}
    return {name: value for name, value in named.items() if name not in where or name in inspect.signature(row).parameters}
