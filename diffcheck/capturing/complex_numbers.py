"""z = a + b·i as two real arrays, and the operators that act on the parts one by one.

The notation stays real: a complex tensor is a pair of arrays, and one that goes in or out of a program is a real tensor with
one more axis of length 2 at the end, the real part at 0 and the imaginary part at 1, as torch.view_as_real lays it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest
from typing import Any, TypeVar

import torch
from sympy import Expr, Integer

from diffcheck.capturing.arrays import Array, Builder, Extents, Places, constant, tensor
from diffcheck.capturing.creation import filled
from diffcheck.capturing.rows import ROWS
from diffcheck.errors import CaptureError, DuplicateName

ComplexRow = Callable[..., Any]
Function = TypeVar("Function", bound=ComplexRow)


@dataclass(frozen=True)
class Complex:
    """real + imag·i, element by element, of one shape; *pair* is the array that holds both parts, where there is one."""

    real: Array
    imag: Array
    pair: Array | None = None

    @property
    def extents(self) -> Extents:
        """The shape, without an axis for the parts."""
        return self.real.extents

    @property
    def rank(self) -> int:
        """The number of axes."""
        return self.real.rank

    @property
    def whole(self) -> bool:
        """Complex numbers are not counted with."""
        return False


COMPLEX_ROWS: dict[str, ComplexRow] = {}
_CASTS = ("aten._to_copy.default", "aten.to.dtype")


def complex_operator(*names: str) -> Callable[[Function], Function]:
    """Register the row of *names* for complex numbers, called as other rows are, with a `Complex` for each complex tensor."""

    def register(row: Function) -> Function:
        for name in names:
            if name in COMPLEX_ROWS:
                raise DuplicateName(got=f"a second complex row for {name}", wanted="one", do="remove one of them")
            COMPLEX_ROWS[name] = row
        return row

    return register


def row_for(name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> ComplexRow | None:
    """Return the row of *name* for these arguments, or None: where one is complex, only a row that says what that means."""
    given = (*arguments, *named.values())
    met = any(map(_is_complex, given)) or (name in _CASTS and any(map(_is_complex_dtype, given)))
    if not met and name in ROWS:
        return ROWS[name]
    return None if name in PARTWISE and name not in ROWS else COMPLEX_ROWS.get(name)


def _is_complex(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_complex, value))
    return isinstance(value, (Complex, complex))


def _is_complex_dtype(value: Any) -> bool:
    return isinstance(value, torch.dtype) and value.is_complex


def joined(pair: Array) -> Complex:
    """Return the complex array whose parts lie along the last axis of *pair*."""

    def part(number: int) -> Array:
        return Array(pair.extents[:-1], lambda places: pair.at((*places, Integer(number))))

    return Complex(part(0), part(1), pair)


def paired(build: Builder, z: Complex) -> Array:
    """Return the parts of *z* along one more axis; they become a tensor only where that axis is read as a whole."""
    if z.pair is not None:
        return z.pair
    stem = build.stem

    @cache
    def stacked() -> Array:
        build.stem, before = f"{stem}_pair", build.stem
        made: Array = ROWS["aten.stack.default"](build, [z.real, z.imag], -1)  # type: ignore[assignment]  # of one array
        build.stem = before
        return made

    def element(places: Places) -> Expr:
        part = places[-1]
        return (z.imag if part == 1 else z.real).at(places[:-1]) if part.is_Integer else stacked().at(places)

    return Array((*z.extents, Integer(2)), element)


def scalar(value: Any) -> Array | Complex:
    """Return a number as an array without axes."""
    return Complex(constant(value.real), constant(value.imag)) if isinstance(value, complex) else constant(value)


def as_complex(value: Any) -> Complex:
    """Return an array or a number as a complex array."""
    if isinstance(value, Complex):
        return value
    if not isinstance(value, Array):
        return Complex(constant(value.real), constant(value.imag))
    return Complex(Array(value.extents, value.element, name=value.name), filled(value.extents, 0.0))


def is_zero(array: Array) -> bool:
    """Say whether *array* is the number 0 at every place."""
    return array.name == "" and array.at((Integer(0),) * array.rank) == 0 and array.at((Integer(1),) * array.rank) == 0


def made(build: Builder, real: Callable[[], Array], imag: Callable[[], Array]) -> Complex:
    """Return the complex array of both parts, made under names that say which is which."""
    stem = build.stem
    build.stem = f"{stem}_re"
    first = real()
    build.stem = f"{stem}_im"
    second = imag()
    build.stem = stem
    return Complex(first, second)


def typed(result: Any, value: Any) -> Any:
    """Return *result* as what PyTorch says it is: complex where its *value* is, or refuse it where they disagree."""
    if isinstance(result, tuple) and isinstance(value, (tuple, list)):
        return tuple(typed(part, of) for part, of in zip_longest(result, value[: len(result)]))
    if not isinstance(value, torch.Tensor):
        return result
    check_dtype(value.dtype, "a tensor")
    if value.is_complex():
        return as_complex(result) if isinstance(result, (Array, Complex)) else result
    if isinstance(result, Complex):
        raise CaptureError(got="complex numbers", wanted=f"{value.dtype}, as PyTorch has here", do="report it")
    return replace(result, truth=True) if value.dtype is torch.bool and isinstance(result, Array) else result


def check_dtype(dtype: torch.dtype, what: str) -> None:
    """Refuse complex32: PyTorch computes little in it, and no bound of ours holds there."""
    if dtype is torch.complex32:
        raise CaptureError(got=f"{what} of dtype {dtype}", wanted="complex64 or complex128", do="convert it to complex64")


def as_pair(value: torch.Tensor) -> torch.Tensor:
    """Return a complex tensor as real numbers, its parts along one more axis; a real one as it is."""
    return torch.view_as_real(value.resolve_conj()) if value.is_complex() else value


def input_of(value: torch.Tensor, name: str, extents: Extents, *, whole: bool) -> tuple[Extents, Array | Complex]:
    """Return the shape of the input *name* in the program, and what stands for *value*, of shape *extents*."""
    check_dtype(value.dtype, name)
    if not value.is_complex():
        return extents, replace(tensor(name, extents, whole=whole), truth=value.dtype is torch.bool)
    return (*extents, Integer(2)), joined(tensor(name, (*extents, Integer(2))))


def without_parts(build: Builder, value: Any) -> Any:
    """Return an output as it is, or where it is complex as the array of both parts."""
    build.stem = "output"
    return paired(build, value) if isinstance(value, Complex) else value


def _parts(value: Any) -> tuple[Any, Any]:
    """Return *value* twice: of what it holds, the real parts and the imaginary parts."""
    if isinstance(value, (list, tuple)):
        pairs = [_parts(part) for part in value]
        return [real for real, _ in pairs], [imag for _, imag in pairs]
    if value is None:
        return None, None
    if isinstance(value, (Array, Complex)):
        z = as_complex(value)
        return z.real, z.imag
    return value.real, value.imag


def _partwise(name: str, values: tuple[int, ...]) -> ComplexRow:
    """Return the row that applies the real one to both parts of the arguments at the places *values*."""

    def row(build: Builder, *arguments: Any, **named: Any) -> Any:
        others = [value for place, value in enumerate(arguments) if place not in values]
        if any(map(_is_complex, (*others, *named.values()))):
            raise CaptureError(
                got=f"{name} of complex numbers", wanted="real numbers there", do="multiply by complex numbers beforehand"
            )
        split = [_parts(value) if place in values else (value, value) for place, value in enumerate(arguments)]
        stem = build.stem
        found: list[Any] = []
        for number, suffix in enumerate(("re", "im")):
            build.stem = f"{stem}_{suffix}"
            found.append(ROWS[name](build, *(pair[number] for pair in split), **named))
        build.stem = stem
        if isinstance(found[0], tuple):
            return tuple(Complex(real, imag) for real, imag in zip(*found, strict=True))
        real, imag = found
        return Complex(real, imag)

    return row


# Linear with real coefficients, so that each part goes its own way; beside the names stand the arguments that have two parts.
_LINEAR: dict[tuple[int, ...], str] = {
    (0,): (
        "clone.default alias.default contiguous.default lift_fresh_copy.default lift_fresh.default positive.default "
        "neg.default _neg_view.default resolve_neg.default detach.default view.default _unsafe_view.default reshape.default "
        "permute.default transpose.int t.default numpy_T.default mT.default expand.default broadcast_to.default "
        "unsqueeze.default squeeze.dims squeeze.dim squeeze.default slice.Tensor select.int narrow.default "
        "split_with_sizes.default split.Tensor unbind.int cat.default concat.default stack.default flip.default roll.default "
        "repeat.default unfold.default tril.default triu.default diagonal.default "
        "sum.dim_IntList sum.default mean.dim mean.default cumsum.default index.Tensor gather.default index_select.default "
        "embedding.default take.default"
    ),
    (0, 1): (
        "add.Tensor add.Scalar sub.Tensor sub.Scalar rsub.Tensor rsub.Scalar copy.default "
        "slice_scatter.default select_scatter.default diagonal_scatter.default"
    ),
    (0, 2): "constant_pad_nd.default masked_fill.Scalar masked_fill.Tensor index_put.default masked_scatter.default",
    (0, 3): "pad.default scatter_add.default index_add.default scatter.src scatter.value",
    (1,): "full.default",
    (1, 2): "where.self where.ScalarOther where.ScalarSelf",
}
PARTWISE = {f"aten.{name}": values for values, names in _LINEAR.items() for name in names.split()}
"""The operators whose real row is applied to each part, with the places of the arguments that have parts."""

COMPLEX_ROWS.update({name: _partwise(name, values) for name, values in PARTWISE.items()})
