"""A problem, an engine and a point -> findings: the forward value first, then the gradient."""

from __future__ import annotations

from diffcheck.engines import Engine, Tensors
from diffcheck.errors import WrongGradient
from diffcheck.notation.text import expression_text
from diffcheck.oracle import Point
from diffcheck.problems import Problem
from diffcheck.verification.comparison import Truth, compare, truth_of
from diffcheck.verification.findings import Findings


def verify(problem: Problem, engine: Engine, point: Tensors, truth: Truth | None = None) -> Findings:
    """Return the findings on *engine*'s gradient of *problem* at *point*.

    The problem's PyTorch loss is compared with its program first, so that a program that states another loss cannot pass.
    *truth* may be handed in where several engines are judged at one point.
    """
    check_forward(problem, point)
    known = truth if truth is not None else truth_of(problem.gradient, point)
    findings = compare(engine.gradient(problem, point), known, subject=f"{engine.name} on {problem.name}")
    # The closed forms are only for the message of a failure.
    return findings if findings.ok else Findings(findings.items, findings.subject, formulas(problem))


def formulas(problem: Problem) -> dict[str, str]:
    """Return the closed form of each parameter's gradient as text."""
    return {name: expression_text(problem.gradient.closed_form(name)) for name in problem.parameters}


def check_forward(problem: Problem, point: Point) -> Findings:
    """Return the findings on the forward value of the problem's PyTorch loss; raise `WrongGradient` where it is wrong."""
    name = problem.program.outputs[0]
    findings = compare({name: problem.loss(**point)}, truth_of(problem.program, point), subject=f"loss of {problem.name}")
    if not findings.ok:
        worst = findings.worst
        raise WrongGradient(
            got=f"a forward value that is not the program's: {worst}",
            wanted="a program and a PyTorch loss that state the same",
            do="mend one of the two before judging gradients",
            place=problem.name,
        )
    return findings
