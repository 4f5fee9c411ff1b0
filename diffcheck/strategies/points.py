"""Points of problems and programs: of every size, dtype and layout, with hostile values among ordinary ones.

The point of a problem is drawn from a drawn seed, which costs the same at any size, and then some elements are replaced by
drawn values, which shrink. It holds plain leaves without gradient, as a user's data does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from hypothesis import assume
from hypothesis import strategies as st
from sympy import Indexed, KroneckerDelta

from diffcheck.derivation import Gradient
from diffcheck.errors import StrategyError
from diffcheck.notation import Program, Role, Tensor, indices_of, name_of, reads_of
from diffcheck.oracle.extents import extent_value
from diffcheck.problems import Problem, names, problem, to_torch
from diffcheck.strategies.tensors import laid_out, tensors
from diffcheck.strategies.values import hostile_values

BATCH_SIZES = (1, 2, 7, 8, 9, 37)
WIDTHS = (1, 2, 3, 5)


def problems() -> st.SearchStrategy[Problem]:
    """Return a strategy for the problems of the catalogue."""
    return st.sampled_from(names()).map(problem)


def sizes(of: Problem | Program | Gradient) -> st.SearchStrategy[dict[str, int]]:
    """Return a strategy for a size for every symbolic extent of *of*, by name; a problem's batch may be longer."""
    batch = of.batch if isinstance(of, Problem) else None
    symbols = map(str, _program(of).sizes)
    return st.fixed_dictionaries({name: st.sampled_from(BATCH_SIZES if name == batch else WIDTHS) for name in symbols})


def points(  # one argument for each thing that a point has
    of: Problem | Program | Gradient,
    dtype: str = "float64",
    device: str = "cpu",
    layouts: Sequence[str] = (),
    *,
    elements: st.SearchStrategy[float] | None = None,
) -> st.SearchStrategy[dict[str, torch.Tensor]]:
    """Return a strategy for the inputs of *of*: tensors by name, without grad, of shapes that agree, plain or in *layouts*.

    The data of a problem are its own, some replaced by `hostile_values`; those of a program are *elements*, by default
    `hostile_values` too. Whole numbers stay within the axes that they tell places of. A program need not have a value at every
    point: pass *elements* within its domain.

    >>> from hypothesis import find
    >>> from diffcheck import parse
    >>> program = parse("parameter E[k, 2]; integer t[n]; p[i,j] = E[t[i],j]")
    >>> point = find(points(program), lambda point: bool((point["t"] > 0).any()))
    >>> point["t"].tolist(), tuple(point["E"].shape)
    ([1], (2, 2))
    """
    if isinstance(of, Problem):
        return _of_problem(of, dtype, device, ("plain", *layouts))
    return _of_program(
        _program(of), dtype, device, ("plain", *layouts), hostile_values(dtype) if elements is None else elements
    )


def _program(of: Any) -> Program:
    found = of.program if isinstance(of, (Problem, Gradient)) else of
    if not isinstance(found, Program):
        raise StrategyError(got=f"{type(of).__name__} {of!r}"[:80], wanted="a problem or a program", do="parse its text")
    return found


@st.composite
def _of_problem(draw: st.DrawFn, of: Problem, dtype: str, device: str, layouts: Sequence[str]) -> dict[str, torch.Tensor]:
    drawn = of.point(draw(st.integers(0, 2**32 - 1), label="seed"), **draw(sizes(of), label="sizes"))
    point = to_torch({name: _with_hostile(draw, np.array(value), dtype) for name, value in drawn.items()}, dtype, device)
    layout = draw(st.sampled_from(layouts), label="layout")
    return {name: laid_out(draw, value, (layout,)) for name, value in point.items()}


def _with_hostile(draw: st.DrawFn, values: np.ndarray, dtype: str) -> np.ndarray:
    flat = values.reshape(-1)
    changes = st.lists(st.tuples(st.integers(0, flat.size - 1), hostile_values(dtype)), max_size=3)
    for place, value in draw(changes, label="hostile"):
        flat[place] = value
    return flat.reshape(values.shape)


@st.composite
def _of_program(
    draw: st.DrawFn, program: Program, dtype: str, device: str, layouts: Sequence[str], elements: st.SearchStrategy[float]
) -> dict[str, torch.Tensor]:
    chosen = draw(sizes(program), label="sizes")
    point = {}
    for tensor in program.inputs:
        shape = tuple(extent_value(extent, chosen) for extent in tensor.extents)
        assume(all(size > 0 for size in shape))
        if tensor.role is Role.INTEGER:
            point[tensor.name] = draw(_whole(program, tensor, shape, chosen)).to(device)
            continue
        real = partial(tensors, shape, dtype, elements=elements, requires_grad=False, device=device)
        point[tensor.name] = draw(real(layout=layouts), label=tensor.name)
    return point


def _whole(program: Program, tensor: Tensor, shape: tuple[int, ...], chosen: dict[str, int]) -> st.SearchStrategy[torch.Tensor]:
    told = [extent_value(extent, chosen) for extent in _told_by(program, tensor.name)]
    numbers = st.integers(0, min(told, default=2) - 1)
    count = int(np.prod(shape, dtype=int))
    return st.lists(numbers, min_size=count, max_size=count).map(lambda found: torch.tensor(found).reshape(shape))


def _told_by(program: Program, name: str) -> list[Any]:
    """Return the extents of the axes in which the elements of *name* tell places."""
    found: list[Any] = []
    for equation in program.equations:
        for node in equation.reads:
            extents = program.tensors[name_of(node)] if isinstance(node, Indexed) else ()
            found += [size for place, size in zip(indices_of(node), extents, strict=True) if _reads(place, name)]
        axes = {index.symbol: index.extent for index in equation.axes}
        for delta in equation.body.atoms(KroneckerDelta):
            if any(_reads(place, name) for place in delta.args):
                found += [axes[place] for place in delta.args if place in axes]
    return found


def _reads(place: Any, name: str) -> bool:
    return any(name_of(node) == name for node in reads_of(place))
