"""The engines by name, each behind the check of its inputs."""

from __future__ import annotations

from dataclasses import dataclass

from diffcheck.engines.protocol import Engine, Gradients, Tensors
from diffcheck.errors import UnknownName, UnsupportedEngine
from diffcheck.exact import prepare
from diffcheck.problems import Problem


@dataclass(frozen=True)
class Checked:
    """An engine that refuses bad input: empty batches, NaN, mixed dtypes or devices, wrong shapes, missing names."""

    inner: Engine

    @property
    def name(self) -> str:
        return self.inner.name

    def supports(self, problem: Problem, dtype: str, device: str) -> str | None:
        return self.inner.supports(problem, dtype, device)

    def gradient(self, problem: Problem, point: Tensors) -> Gradients:
        prepare(problem.program, point)
        first = next(iter(point.values()))
        reason = self.supports(problem, str(first.dtype).removeprefix("torch."), first.device.type)
        if reason is not None:
            raise UnsupportedEngine(got=f"{self.name} for {problem.name}", wanted="what it supports", do=reason)
        return self.inner.gradient(problem, point)


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
