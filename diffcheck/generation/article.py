"""What the manual gradient functions of the article compute: model, loss_fn, dloss_fn and dmodel_d….

The chain rule through the prediction p of a model: ∂L/∂w = Σ_P ∂L/∂p[P]·∂p[P]/∂w. The prediction is the last tensor that every
path from a parameter to the loss passes through and that does not depend on a target.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from diffcheck.derivation import derive, jacobian, needed, reached
from diffcheck.notation import Equation, Index, Program, Role, Tensor


@dataclass(frozen=True)
class Part:
    """One function: its name, the program that it computes, and what its formula calls the output, if not by its name."""

    name: str
    program: Program
    shown: str = ""


@dataclass(frozen=True)
class Article:
    """A program that splits into a model and a loss, its *prediction*, and the functions to either side of it."""

    primal: Program
    wrt: tuple[str, ...]
    prediction: Equation
    parts: tuple[Part, ...]

    @property
    def data(self) -> tuple[Tensor, ...]:
        """The inputs of the model that are no parameters."""
        fitted = (Role.PARAMETER, Role.TARGET)
        return tuple(tensor for tensor in self.primal.inputs if tensor.role not in fitted)

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The inputs that are to be fitted."""
        return tuple(tensor for tensor in self.primal.inputs if tensor.role is Role.PARAMETER)

    @property
    def arguments(self) -> tuple[Tensor, ...]:
        """What the model takes, in the order of the article."""
        return self.data + self.parameters

    @property
    def loss_arguments(self) -> tuple[Tensor, ...]:
        """What the loss takes: the prediction, then the targets."""
        targets = (tensor for tensor in self.primal.inputs if tensor.role is Role.TARGET)
        return (Tensor(self.prediction.target, self.prediction.extents), *targets)


@lru_cache(maxsize=32)  # an article is written for each target
def article(primal: Program, wrt: tuple[str, ...]) -> Article | None:
    """Return what the article's functions compute, or None where *primal* does not split into a model and a loss."""
    name = prediction_of(primal, wrt) if set(wrt) <= {tensor.name for tensor in primal.inputs} else None
    if name is None:
        return None
    bare = Article(primal, wrt, primal.equation(name), ())
    model = Program(bare.arguments, needed(primal.equations, (name,)), (name,))
    kept = needed((equation for equation in primal.equations if equation.target != name), primal.outputs)
    loss = Program(bare.loss_arguments, kept, primal.outputs)
    parts = [Part("model", model), Part("loss_fn", loss), _dloss(loss, bare.prediction)]
    return Article(primal, wrt, bare.prediction, (*parts, *(_dmodel(model, bare.prediction, name) for name in wrt)))


def prediction_of(program: Program, wrt: tuple[str, ...]) -> str | None:
    """Return the tensor that splits *program* into a model and a loss, or None where there is none."""
    targets = program.named(Role.TARGET)
    aimed = reached(program, targets)
    influenced = reached(program, wrt)
    loss, *others = program.outputs
    if not targets or others or program.tensors[loss] or loss not in aimed & influenced:
        return None
    for equation in reversed(program.equations):
        name = equation.target
        if name in influenced and name not in aimed and not _bypassed(program, wrt, name):
            return name
    return None


def _bypassed(program: Program, wrt: tuple[str, ...], name: str) -> bool:
    """Say whether some parameter, or the data, reaches the loss without passing through *name*."""
    cut = tuple(equation for equation in program.equations if equation.target != name)
    sources = {tensor.name for tensor in program.inputs if tensor.role is not Role.TARGET}
    used = needed(cut, program.outputs)
    return any(equation.operands & ({*sources, *wrt}) for equation in used)


def _dloss(loss: Program, prediction: Equation) -> Part:
    shown = f"∂{loss.outputs[0]}/∂{element(prediction.target, prediction.indices)}"
    return Part("dloss_fn", derive(loss, (prediction.target,)).program, shown)


def _dmodel(model: Program, prediction: Equation, name: str) -> Part:
    derived = jacobian(model, prediction.target, name)
    indices = derived.equation(derived.outputs[0]).indices
    rank = len(prediction.indices)
    shown = f"∂{element(prediction.target, indices[:rank])}/∂{element(name, indices[rank:])}"
    return Part(f"dmodel_d{name}", derived, shown)


def element(name: str, indices: tuple[Index, ...]) -> str:
    """Return the element of *name* at *indices* as a formula shows it."""
    return f"{name}[{','.join(index.name for index in indices)}]" if indices else name
