"""The text of the manual gradient functions, and of grad_fn, which multiplies them by the chain rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diffcheck.derivation.terms import fresh_name
from diffcheck.generation.article import Article, Part, element
from diffcheck.generation.functions import assigned, docstring, results_text, signature, sizes_lines, tuple_text
from diffcheck.generation.normalizing import counted
from diffcheck.generation.readable import Readable
from diffcheck.generation.spelling import Target
from diffcheck.notation import Equation, Index, Tensor, read
from diffcheck.notation.text import equation_text


def called_names(wrt: Iterable[str]) -> set[str]:
    """Return the names of the functions that grad_fn calls."""
    return {"dloss_fn", *(f"dmodel_d{name}" for name in wrt)}


def manual_functions(article: Article, target: Target) -> list[tuple[str, str]]:
    """Return each function's name and text, in the order of the article."""
    made = [(part.name, _function(part, target)) for part in article.parts]
    return [*made, ("grad_fn", _grad_fn(article, target))]


def _function(part: Part, target: Target) -> str:
    program = replace(part.program, equations=tuple(map(counted, part.program.equations)))
    like = program.inputs[0].name
    texts = [(equation.target, Readable(target, like, equation).right_side()) for equation in program.equations]
    *steps, last = [equation_text(equation, program.tensors) for equation in program.equations]
    formula = f"{part.shown} = {last.split(' = ', 1)[1]}" if part.shown else last
    where = ["", "where", *(f"    {step}" for step in steps)] if steps else []
    lines = [line for name, text in texts[:-1] for line in assigned(f"{name} =", text)]
    lines += _returned(*texts[-1], {tensor.name for tensor in program.inputs}, target)
    return "\n".join(
        [
            *signature(part.name, _annotated(program.inputs, target), target.array),
            *docstring([formula, *where], program.inputs),
            *sizes_lines(program, lines),
            *lines,
        ]
    )


def _annotated(inputs: Iterable[Tensor], target: Target) -> list[str]:
    return [f"{tensor.name}: {target.array}" for tensor in inputs]


def _returned(name: str, text: str, inputs: set[str], target: Target) -> list[str]:
    if target.typed or text in inputs:
        return assigned("return", text)
    return [*assigned(f"{name}: {target.array} =", text), f"    return {name}"]


def _grad_fn(article: Article, target: Target) -> str:
    """Write ∂L/∂w[J] = Σ_P ∂L/∂p[P]·∂p[P]/∂w[J], with the two derivatives given by the functions above."""
    prediction, *targets = article.loss_arguments
    inputs = [*article.data, *targets, prediction, *article.parameters]
    taken = {tensor.name for tensor in inputs} | called_names(article.wrt) | {target.name}
    chain = fresh_name(f"dloss_d{prediction.name}", taken)
    results = [fresh_name(f"dloss_d{name}", {*taken, chain}) for name in article.wrt]
    lines = [f"    {chain} = dloss_fn({_passed(article.loss_arguments)})"]
    for name, result in zip(article.wrt, results, strict=True):
        lines += assigned(f"{result} =", _contracted(article, name, chain, target))
    first, *others = (_chain_formula(article, name) for name in article.wrt)
    return "\n".join(
        [
            *signature("grad_fn", _annotated(inputs, target), tuple_text(target.array, len(results))),
            *docstring([first, *(["", *others] if others else [])], inputs),
            *lines,
            f"    return {results_text(results)}",
        ]
    )


def _passed(inputs: Iterable[Tensor]) -> str:
    return ", ".join(tensor.name for tensor in inputs)


def _chain_equation(article: Article, name: str) -> Equation:
    """Return dloss[J] = Σ_P a[P]·b[P,J], where a stands for ∂L/∂p and b for ∂p/∂w."""
    lead = article.prediction.indices
    used = {*(index.name for index in lead), *article.primal.tensors, *map(str, article.primal.sizes)}
    free: list[Index] = []
    for size in article.primal.tensors[name]:
        free.append(Index(next((letter for letter in "jklm" if letter not in used), fresh_name("j", used)), size))
        used.add(free[-1].name)
    first = read("a", (index.symbol for index in lead))
    second = read("b", (index.symbol for index in (*lead, *free)))
    return Equation("dloss", tuple(free), lead, first * second)


def _chain_formula(article: Article, name: str) -> str:
    equation, loss = _chain_equation(article, name), article.primal.outputs[0]
    predicted = element(article.prediction.target, article.prediction.indices)
    parameter = element(name, equation.indices)
    names = ",".join(index.name for index in equation.bound)
    total = f"Σ_{names if len(equation.bound) == 1 else f'{{{names}}}'} " if names else ""
    return f"∂{loss}/∂{parameter} = {total}∂{loss}/∂{predicted} * ∂{predicted}/∂{parameter}"


def _contracted(article: Article, name: str, chain: str, target: Target) -> str:
    spelt = {"a": chain, "b": f"dmodel_d{name}({_passed(article.arguments)})"}
    return Readable(target, article.prediction.target, _chain_equation(article, name), spelt).right_side()
