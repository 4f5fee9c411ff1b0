"""The manual gradient functions under the names of the article: model, loss_fn, dloss_fn, dmodel_d… and grad_fn.

The chain rule through the prediction p of a model: ∂L/∂w = Σ_P ∂L/∂p[P]·∂p[P]/∂w. The prediction is the last tensor that every
path from a parameter to the loss passes through and that does not depend on a target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diffcheck.derivation import derive, jacobian, needed, reached
from diffcheck.derivation.terms import fresh_name
from diffcheck.generation.functions import assigned, docstring, results_text, signature, sizes_lines, tuple_text
from diffcheck.generation.normalizing import counted
from diffcheck.generation.readable import Readable
from diffcheck.generation.spelling import Target
from diffcheck.notation import Equation, Index, Program, Role, Tensor, read
from diffcheck.notation.text import equation_text


def article_names(wrt: Iterable[str]) -> set[str]:
    """Return the names of the functions that others call."""
    return {"dloss_fn", *(f"dmodel_d{name}" for name in wrt)}


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


class Article:
    """The functions of one model and loss, for one target."""

    def __init__(self, primal: Program, wrt: tuple[str, ...], prediction: str, target: Target) -> None:
        self.primal, self.wrt, self.target = primal, wrt, target
        self.prediction = primal.equation(prediction)
        self.loss = primal.outputs[0]
        given = [tensor for tensor in primal.inputs if tensor.role is not Role.PARAMETER]
        self.data = [tensor for tensor in given if tensor.role is not Role.TARGET]
        self.targets = [tensor for tensor in given if tensor.role is Role.TARGET]
        self.parameters = [tensor for tensor in primal.inputs if tensor.role is Role.PARAMETER]
        self.predicted = Tensor(prediction, self.prediction.extents)

    def functions(self) -> list[tuple[str, str]]:
        """Return each function's name and text, in the order of the article."""
        made = [("model", self._function("model", self._model()))]
        made += [("loss_fn", self._function("loss_fn", self._loss()))]
        made += [("dloss_fn", self._dloss())]
        made += [(f"dmodel_d{name}", self._dmodel(name)) for name in self.wrt]
        return [*made, ("grad_fn", self._grad_fn())]

    def _model(self) -> Program:
        name = self.prediction.target
        return Program(tuple(self.data + self.parameters), needed(self.primal.equations, (name,)), (name,))

    def _loss(self) -> Program:
        kept = needed((e for e in self.primal.equations if e.target != self.prediction.target), (self.loss,))
        return Program((self.predicted, *self.targets), kept, (self.loss,))

    def _dloss(self) -> str:
        derived = derive(self._loss(), (self.predicted.name,)).program
        return self._function("dloss_fn", derived, f"∂{self.loss}/∂{_element(self.predicted.name, self.prediction.indices)}")

    def _dmodel(self, name: str) -> str:
        derived = jacobian(self._model(), self.prediction.target, name)
        indices = derived.equation(derived.outputs[0]).indices
        rank = len(self.prediction.indices)
        shown = f"∂{_element(self.prediction.target, indices[:rank])}/∂{_element(name, indices[rank:])}"
        return self._function(f"dmodel_d{name}", derived, shown)

    def _function(self, name: str, program: Program, shown: str = "") -> str:
        """Write the function *name*, which returns the output of *program*; *shown* is what its formula calls the output."""
        program = replace(program, equations=tuple(map(counted, program.equations)))
        texts = [(equation.target, self._right_side(equation, program)) for equation in program.equations]
        *steps, last = [equation_text(equation) for equation in program.equations]
        formula = f"{shown} = {last.split(' = ', 1)[1]}" if shown else last
        where = ["  where", *(f"    {step}" for step in steps)] if steps else []
        lines = [line for target, text in texts[:-1] for line in assigned(f"{target} =", text)]
        lines += self._returned(*texts[-1])
        return "\n".join(
            [
                *signature(name, self._arguments(program.inputs), self.target.array),
                *docstring([formula, *where], program.inputs),
                *sizes_lines(program, lines),
                *lines,
            ]
        )

    def _arguments(self, inputs: Iterable[Tensor]) -> list[str]:
        return [f"{tensor.name}: {self.target.array}" for tensor in inputs]

    def _right_side(self, equation: Equation, program: Program) -> str:
        return Readable(self.target, program.inputs[0].name, equation).right_side()

    def _returned(self, name: str, text: str) -> list[str]:
        if self.target.typed or text.isidentifier():
            return assigned("return", text)
        return [*assigned(f"{name}: {self.target.array} =", text), f"    return {name}"]

    # -- the chain rule ----------------------------------------------------------------------------------------------------

    def _grad_fn(self) -> str:
        """Write ∂L/∂w[J] = Σ_P ∂L/∂p[P]·∂p[P]/∂w[J], with the two derivatives given by the functions above."""
        inputs = [*self.data, *self.targets, self.predicted, *self.parameters]
        taken = {tensor.name for tensor in inputs} | article_names(self.wrt) | {self.target.name}
        chain = fresh_name(f"dloss_d{self.predicted.name}", taken)
        given = ", ".join(tensor.name for tensor in (self.predicted, *self.targets))
        results = [fresh_name(f"dloss_d{name}", {*taken, chain}) for name in self.wrt]
        lines = [f"    {chain} = dloss_fn({given})"]
        for name, result in zip(self.wrt, results, strict=True):
            lines += assigned(f"{result} =", self._contracted(name, chain))
        return "\n".join(
            [
                *signature("grad_fn", self._arguments(inputs), tuple_text(self.target.array, len(self.wrt))),
                *docstring([self._chain_formula(name) for name in self.wrt], inputs),
                *lines,
                f"    return {results_text(results)}",
            ]
        )

    def _chain_equation(self, name: str) -> Equation:
        lead = self.prediction.indices
        taken = {index.name for index in lead} | {*self.primal.tensors, *map(str, self.primal.sizes)}
        free: list[Index] = []
        for size in self.primal.tensors[name]:
            used = taken | {index.name for index in free}
            free.append(Index(next((letter for letter in "jklm" if letter not in used), fresh_name("j", used)), size))
        first = read("a", (index.symbol for index in lead))
        second = read("b", (index.symbol for index in (*lead, *free)))
        return Equation("dloss", tuple(free), lead, first * second)

    def _chain_formula(self, name: str) -> str:
        equation = self._chain_equation(name)
        predicted = _element(self.prediction.target, self.prediction.indices)
        total = f"Σ_{','.join(index.name for index in equation.bound)} " if equation.bound else ""
        factors = f"∂{self.loss}/∂{predicted} * ∂{predicted}/∂{_element(name, equation.indices)}"
        return f"∂{self.loss}/∂{_element(name, equation.indices)} = {total}{factors}"

    def _contracted(self, name: str, chain: str) -> str:
        passed = ", ".join(tensor.name for tensor in self.data + self.parameters)
        spelt = {"a": chain, "b": f"dmodel_d{name}({passed})"}
        return Readable(self.target, self.predicted.name, self._chain_equation(name), spelt).right_side()


def _element(name: str, indices: tuple[Index, ...]) -> str:
    return f"{name}[{','.join(index.name for index in indices)}]" if indices else name
