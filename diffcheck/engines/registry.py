"""The engines by name, each behind the check of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from diffcheck.engines.compiling import never_eager
from diffcheck.engines.protocol import Engine, Gradients, Tensors
from diffcheck.errors import PointError, UnknownName, UnsupportedEngine
from diffcheck.oracle import prepare
from diffcheck.problems import Problem


@dataclass(frozen=True)
class Checked:
    """An engine that refuses bad input: empty batches, NaN, mixed dtypes or devices, wrong shapes, missing names.

    It computes outside of the caller's graph: inputs that require grad gather nothing, and a surrounding ``no_grad`` or
    ``inference_mode`` changes nothing.
    """

    inner: Engine

    @property
    def name(self) -> str:
        return self.inner.name

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return self.inner.supports(problem, dtype, device)

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        check_point(problem, point)
        first = next(iter(point.values()))
        dtype, device = str(first.dtype).removeprefix("torch."), first.device.type
        reason = self.supports(problem, dtype, device)
        if reason is not None:
            raise UnsupportedEngine(
                got=f"the engine {self.name!r} for {problem.name} in {dtype} on {device}",
                wanted="a case that it supports",
                do=f"choose another engine: {reason}",
            )
        compiled = never_eager() if getattr(self.inner, "compiles", False) else nullcontext()
        with compiled, torch.inference_mode(False), torch.enable_grad():
            return self.inner.gradient(problem, {name: _untracked(value) for name, value in point.items()})


def _untracked(value: torch.Tensor) -> torch.Tensor:
    """Return *value* in the same memory, outside of any graph; what autograd or NumPy cannot read is copied."""
    plain = value.detach().resolve_neg()
    return plain.clone() if plain.is_inference() else plain


def check_point(problem: Problem, point: Any) -> None:
    """Refuse what is no point of *problem*: other things than tensors by name, and whatever its program refuses."""
    if not isinstance(point, Mapping):
        raise PointError(got=f"a point of type {type(point).__name__}", wanted="tensors by name", do="pass a dict of tensors")
    for name, value in point.items():
        if not isinstance(name, str):
            raise UnknownName(got=repr(name), wanted="the name of an input", do=f"choose of: {', '.join(problem.inputs)}")
        if not isinstance(value, torch.Tensor):
            raise PointError(got=f"{name} of type {type(value).__name__}", wanted="torch tensors", do="convert it to one")
    prepare(problem.program, point)


_ENGINES: dict[str, Checked] = {}
_WITNESSES: dict[str, Checked] = {}


def register(engine: Engine, *, witness: bool = False) -> None:
    """Add *engine* to the registry; a *witness* does not claim to be right to rounding error."""
    (_WITNESSES if witness else _ENGINES)[engine.name] = Checked(engine)


def names(*, witnesses: bool = False) -> tuple[str, ...]:
    """Return the names of the engines that claim to be right to rounding error, and of the *witnesses* if asked."""
    return (*_ENGINES, *(_WITNESSES if witnesses else ()))


def engine(name: str) -> Checked:
    """Return the engine called *name*, or refuse it with near matches."""
    known = {**_ENGINES, **_WITNESSES}
    if name not in known:
        raise UnknownName.among("engine", name, known)
    return known[name]


def find_engine(chosen: Any) -> Engine:
    """Return *chosen* where it is an engine, or the engine that it names."""
    if isinstance(chosen, str):
        return engine(chosen)
    if isinstance(getattr(chosen, "name", None), str) and all(
        callable(getattr(chosen, it, None)) for it in ("supports", "gradient")
    ):
        made: Engine = chosen
        return made
    raise UnknownName(
        got=f"an engine of type {type(chosen).__name__}",
        wanted="an engine, or the name of one",
        do=f"choose one of: {', '.join(names(witnesses=True))}",
    )
