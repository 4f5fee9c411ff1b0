"""Tensors as Hypothesis draws them: always leaves, of hostile values, in any memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from diffcheck.errors import StrategyError, UnknownName, UnsupportedDtype
from diffcheck.oracle import FORMATS
from diffcheck.problems.requests import checked_device
from diffcheck.strategies.shapes import checked_shape, shapes
from diffcheck.strategies.values import elements as elements_of
from diffcheck.strategies.values import hostile_values
from diffcheck.verification.layouts import LAYOUTS, expanded

Drawn = st.SearchStrategy[Any]

_REAL = {getattr(torch, name): name for name in FORMATS}
_COMPLEX = {torch.complex128: "float64", torch.complex64: "float32"}
_MEMORY = ("plain", *LAYOUTS, "expanded")


def dtypes(*, complex_too: bool = False) -> st.SearchStrategy[torch.dtype]:
    """Return a strategy for the supported dtypes: float64 first, then float32, float16 and bfloat16; complex where asked."""
    return st.sampled_from((*_REAL, *_COMPLEX) if complex_too else tuple(_REAL))


def devices() -> st.SearchStrategy[str]:
    """Return a strategy for the devices of this machine: the CPU first."""
    present = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return st.sampled_from(("cpu", *(f"cuda:{number}" for number in range(present))))


def tensors(  # one argument for each thing that a tensor has
    shape: Any = None,
    dtype: Any = "float64",
    *,
    elements: Drawn | None = None,
    requires_grad: bool | Drawn = True,
    layout: str | Sequence[str] | None = None,
    device: Any = "cpu",
) -> st.SearchStrategy[torch.Tensor]:
    """Return a strategy for leaves x[i₁, …, i_d], in a memory that may have gaps, an offset, other strides or none.

    *shape*, *dtype*, *requires_grad* and *device* are values or strategies for them; by default `shapes`, float64, True and the
    CPU. *elements* is a strategy for real numbers, which are rounded to *dtype*; by default those of `elements`, and among them
    equal, opposite and neighbouring ones, at which maxima tie and sums cancel. *layout* is one or several of "plain",
    "strided", "offset", "column-major" and "expanded", by default all; in expanded memory one slice, or one element, stands
    for many, so that it cannot be written to. A drawn tensor is a leaf in every one of them.

    Raises `StrategyError`, `UnknownName` or `UnsupportedDtype` at once for arguments by which no tensor could be drawn.

    >>> from hypothesis import find
    >>> find(tensors((2, 2), "float32"), lambda x: bool((x > 1).all())).tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    >>> x = find(tensors((2, 2), layout="strided"), lambda x: True)
    >>> x.is_leaf, x.requires_grad, x.stride()
    (True, True, (4, 2))
    """
    chosen = _layouts(layout)
    if elements is not None and not isinstance(elements, st.SearchStrategy):
        raise StrategyError(
            got=f"elements={elements!r}", wanted="a strategy for numbers", do="pass one, as strategies.elements('float32')"
        )
    return _tensors(
        _strategy(shapes() if shape is None else shape, checked_shape),
        _strategy(dtype, _checked_dtype),
        elements,
        _strategy(requires_grad, _checked_flag),
        chosen,
        _strategy(device, checked_device),
    )


def cotangents(
    output: torch.Tensor | Sequence[torch.Tensor], *, elements: Drawn | None = None, layout: str | Sequence[str] | None = None
) -> st.SearchStrategy[Any]:
    """Return a strategy for ō of the shape, dtype and device of *output*, in any memory; a tuple of them for several outputs.

    They require no grad, and are by default `hostile_values`, small enough for products. An expanded one of a single element
    is what the backward of a sum hands on.

    >>> from hypothesis import find
    >>> find(cotangents(torch.zeros(3)), lambda slope: bool(slope.any())).tolist()
    [0.0, 0.0, 1.0]
    """
    if isinstance(output, torch.Tensor):
        name = (_REAL | _COMPLEX)[_checked_dtype(output.dtype)]
        values = hostile_values(name) if elements is None else elements
        shape, device = tuple(output.shape), str(output.device)
        return tensors(shape, output.dtype, elements=values, requires_grad=False, layout=layout, device=device)
    if not isinstance(output, (tuple, list)) or not output:
        raise StrategyError(got=f"{type(output).__name__} as an output", wanted="tensors", do="pass what the function returns")
    return st.tuples(*(cotangents(part, elements=elements, layout=layout) for part in output))


@st.composite
def _tensors(
    draw: st.DrawFn, shape: Drawn, dtype: Drawn, elements: Drawn | None, tracked: Drawn, layouts: Sequence[str], device: Drawn
) -> torch.Tensor:
    kind, sides = draw(dtype), draw(shape)
    parts = (*sides, 2) if kind.is_complex else sides
    source = elements_of((_REAL | _COMPLEX)[kind]) if elements is None else elements.map(_number)
    values = np.array(draw(arrays.arrays(np.float64, parts, elements=source)))
    if elements is None and values.size > 1:
        _relate(draw, values.reshape(-1), FORMATS[(_REAL | _COMPLEX)[kind]].precision)
    whole = torch.from_numpy(values)
    made = (torch.complex(whole[..., 0], whole[..., 1]) if kind.is_complex else whole).to(kind).to(draw(device))
    return laid_out(draw, made, layouts).detach().requires_grad_(draw(tracked))


def laid_out(draw: st.DrawFn, values: torch.Tensor, layouts: Sequence[str]) -> torch.Tensor:
    """Return *values* in one of *layouts*, drawn; in expanded memory, a slice of them many times."""
    layout = draw(st.sampled_from(layouts), label="layout")
    if layout != "expanded":
        return LAYOUTS[layout](values) if layout in LAYOUTS else values
    axes = [axis for axis, size in enumerate(values.shape) if size]
    for axis in draw(st.sampled_from([axes, *([axis] for axis in axes)]), label="axes") if values.numel() else ():
        values = expanded(values, axis)
    return values


def _relate(draw: st.DrawFn, flat: np.ndarray, precision: int) -> None:
    """Make some elements equal to others, opposite, or one or two ULP nearer to zero."""
    beside = 1 - 2.0 ** (1 - precision)
    place = st.integers(0, flat.size - 1)
    for one, other, factor in draw(
        st.lists(st.tuples(place, place, st.sampled_from((1.0, -1.0, beside, -beside))), max_size=2), label="related"
    ):
        flat[one] = flat[other] * factor


def _strategy(given: Any, checked: Any) -> Drawn:
    return given.map(checked) if isinstance(given, st.SearchStrategy) else st.just(checked(given))


def _layouts(layout: Any) -> tuple[str, ...]:
    chosen = (layout,) if isinstance(layout, str) else _MEMORY if layout is None else tuple(layout)
    for name in chosen:
        if name not in _MEMORY:
            raise UnknownName.among("layout", name, _MEMORY)
    if not chosen:
        raise StrategyError(got="no layout", wanted="one or more", do="leave it out for all of them")
    return chosen


def _checked_dtype(dtype: Any) -> torch.dtype:
    found = getattr(torch, dtype, None) if isinstance(dtype, str) else dtype
    if not isinstance(found, torch.dtype):
        raise UnknownName.among("dtype", dtype, [str(kind).removeprefix("torch.") for kind in (*_REAL, *_COMPLEX)])
    if found not in _REAL and found not in _COMPLEX:
        raise UnsupportedDtype(got=str(found), wanted="a dtype with a derivative", do="choose one that dtypes() draws")
    return found


def _checked_flag(flag: Any) -> bool:
    if not isinstance(flag, bool):
        raise StrategyError(got=f"requires_grad={flag!r}", wanted="True or False", do="pass one, or st.booleans()")
    return flag


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise StrategyError(got=f"the element {value!r}", wanted="real numbers", do="let elements draw floats")
    return float(value)
