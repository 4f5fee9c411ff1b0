"""The manual gradient functions under the names of the article: model, loss_fn, dloss_fn, dmodel_d… and grad_fn.

The chain rule through the prediction p of a model: ∂L/∂w = Σ_P ∂L/∂p[P]·∂p[P]/∂w. The prediction is the last tensor that every
path from a parameter to the loss passes through and that does not depend on a target.
"""

from __future__ import annotations

from diffcheck.derivation import Gradient, derive, jacobian, needed, reached
from diffcheck.derivation.terms import fresh_name
from diffcheck.generation.functions import docstring, mentions, results_text, signature, sizes_lines
from diffcheck.generation.readable import Readable
from diffcheck.generation.spelling import Target
from diffcheck.notation import Equation, Index, Program, Role, Tensor, read
from diffcheck.notation.text import equation_text


def prediction_of(program: Program, wrt: tuple[str, ...]) -> str | None:
    """Return the tensor that splits *program* into a model and a loss, or None where there is none."""
    targets = program.named(Role.TARGET)
    aimed = reached(program, targets)
    influenced = reached(program, wrt)
    if not targets or len(program.outputs) != 1 or program.outputs[0] not in aimed & influenced:
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

    def __init__(self, gradient: Gradient, prediction: str, target: Target, helpers: dict[str, str]) -> None:
        self.primal, self.wrt, self.target, self.helpers = gradient.primal, gradient.wrt, target, helpers
        self.prediction = self.primal.equation(prediction)
        self.loss = self.primal.outputs[0]
        given = [tensor for tensor in self.primal.inputs if tensor.role is not Role.PARAMETER]
        self.data = [tensor for tensor in given if tensor.role is not Role.TARGET]
        self.targets = [tensor for tensor in given if tensor.role is Role.TARGET]
        self.parameters = [tensor for tensor in self.primal.inputs if tensor.role is Role.PARAMETER]
        self.predicted = Tensor(prediction, self.prediction.extents)

    def functions(self) -> list[tuple[str, str]]:
        """Return each function's name and text, in the order of the article."""
        made = [("model", self._model()), ("loss_fn", self._loss()), ("dloss_fn", self._dloss())]
        made += [(f"dmodel_d{name}", self._dmodel(name)) for name in self.wrt]
        return [*made, ("grad_fn", self._grad_fn())]

    def _model_program(self) -> Program:
        name = self.prediction.target
        return Program(tuple(self.data + self.parameters), needed(self.primal.equations, (name,)), (name,))

    def _model(self) -> str:
        return self._function("model", self._model_program())

    def _loss_program(self) -> Program:
        kept = needed((e for e in self.primal.equations if e.target != self.prediction.target), (self.loss,))
        return Program((self.predicted, *self.targets), kept, (self.loss,))

    def _loss(self) -> str:
        return self._function("loss_fn", self._loss_program())

    def _dloss(self) -> str:
        derived = derive(self._loss_program(), (self.predicted.name,)).program
        return self._function("dloss_fn", derived, f"∂{self.loss}/∂{_element(self.predicted.name, self.prediction.indices)}")

    def _dmodel(self, name: str) -> str:
        derived = jacobian(self._model_program(), self.prediction.target, name)
        lead, rest = self._split(derived.equation(derived.outputs[0]))
        shown = f"∂{_element(self.prediction.target, lead)}/∂{_element(name, rest)}"
        return self._function(f"dmodel_d{name}", derived, shown)

    def _split(self, equation: Equation) -> tuple[tuple[Index, ...], tuple[Index, ...]]:
        rank = len(self.prediction.indices)
        return equation.indices[:rank], equation.indices[rank:]

    def _grad_fn(self) -> str:
        """Write ∂L/∂w[J] = Σ_P ∂L/∂p[P]·∂p[P]/∂w[J], with the two derivatives given by the functions above."""
        inputs = [*self.data, *self.targets, self.predicted, *self.parameters]
        taken = {tensor.name for tensor in inputs}
        chain = fresh_name(f"dloss_d{self.predicted.name}", taken)
        passed = ", ".join(tensor.name for tensor in self.data + self.parameters)
        given = ", ".join(tensor.name for tensor in (self.predicted, *self.targets))
        results = [fresh_name(f"dloss_d{name}", {*taken, chain}) for name in self.wrt]
        arguments = [f"{tensor.name}: {self.target.array}" for tensor in inputs]
        lines = signature("grad_fn", arguments, f"tuple[{', '.join([self.target.array] * len(self.wrt))}]")
        lines += docstring([self._chain_formula(name) for name in self.wrt], inputs)
        lines.append(f"    {chain} = dloss_fn({given})")
        for name, result in zip(self.wrt, results, strict=True):
            lines.append(f"    {result} = {self._contracted(name, chain, f'dmodel_d{name}({passed})')}")
        return "\n".join([*lines, f"    return {results_text(results)}"])

    def _chain_equation(self, name: str, chain: str, factor: str) -> Equation:
        parameter = self.primal.tensors[name]
        lead = self.prediction.indices
        taken = {index.name for index in lead} | set(self.primal.tensors) | set(map(str, self.primal.sizes))
        free: list[Index] = []
        for size in parameter:
            letter = next(x for x in "jklmabcdefgh" if x not in taken | {i.name for i in free})
            free.append(Index(letter, size))
        first = read(chain, (index.symbol for index in lead))
        second = read(factor, (index.symbol for index in (*lead, *free)))
        return Equation(f"d{self.loss}_d{name}", tuple(free), lead, first * second)

    def _chain_formula(self, name: str) -> str:
        equation = self._chain_equation(name, "p", "d")
        predicted = _element(self.prediction.target, self.prediction.indices)
        total = f"Σ_{','.join(index.name for index in equation.bound)} " if equation.bound else ""
        factors = f"∂{self.loss}/∂{predicted} * ∂{predicted}/∂{_element(name, equation.indices)}"
        return f"∂{self.loss}/∂{_element(name, equation.indices)} = {total}{factors}"

    def _contracted(self, name: str, chain: str, call: str) -> str:
        equation = self._chain_equation(name, chain, f"dmodel_d{name}")
        text = Readable(self.target, self.helpers).equation_text(equation)
        return text.replace(f"dmodel_d{name}", call, 1)

    def _function(self, name: str, program: Program, shown: str = "") -> str:
        inputs = program.inputs
        printer = Readable(self.target, self.helpers, like=inputs[0].name)
        texts = [(equation.target, printer.equation_text(equation)) for equation in program.equations]
        *steps, last = [equation_text(equation) for equation in program.equations]
        formula = f"{shown} = {last.split(' = ', 1)[1]}" if shown else last
        where = [f"    {step}" for step in steps]
        sizes = {str(size) for size in program.sizes if any(mentions(text, str(size)) for _, text in texts)}
        lines = signature(name, [f"{tensor.name}: {self.target.array}" for tensor in inputs], self.target.array)
        lines += docstring([formula, *(["  where", *where] if where else [])], inputs)
        lines += sizes_lines(program, sizes)
        lines += [f"    {target} = {text}" for target, text in texts[:-1]]
        return "\n".join([*lines, f"    return {texts[-1][1]}"])


def _element(name: str, indices: tuple[Index, ...]) -> str:
    return f"{name}[{','.join(index.name for index in indices)}]" if indices else name
