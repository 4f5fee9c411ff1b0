"""A problem, an engine and a point -> findings: the forward value first, then the gradient."""

from __future__ import annotations

from diffcheck.engines import Engine, Tensors, check_point, find_engine
from diffcheck.errors import WrongGradient
from diffcheck.notation.text import expression_text
from diffcheck.oracle import Point
from diffcheck.problems import Problem, find_problem
from diffcheck.verification.asking import ask
from diffcheck.verification.belongings import harmed, states_of
from diffcheck.verification.comparison import Truth, compare, truth_of
from diffcheck.verification.findings import Findings


def verify(problem: Problem | str, engine: Engine | str, point: Tensors, truth: Truth | None = None) -> Findings:
    """Return the findings on *engine*'s gradient of *problem* at *point*.

    *problem* and *engine* are such objects, or their names. The problem's PyTorch loss is compared with its program first, so
    that a program that states another loss cannot pass. An engine that changes its inputs or torch's grad mode is wrong too.
    *truth* may be handed in where several engines are judged at one point.
    """
    problem, engine = find_problem(problem), find_engine(engine)
    check_point(problem, point)
    check_forward(problem, point)
    known = truth if truth is not None else truth_of(problem.gradient, point)
    gradients, harm = ask(problem, engine, point)
    findings = (*compare(gradients, known), *harm)
    found = Findings(findings, f"{engine.name} on {problem.name}")
    # The closed forms are only for the message of a failure.
    return found if found.ok else Findings(findings, found.subject, formulas(problem))


def formulas(problem: Problem) -> dict[str, str]:
    """Return the closed form of each parameter's gradient as text."""
    return {name: expression_text(problem.gradient.closed_form(name)) for name in problem.parameters}


def check_forward(problem: Problem, point: Point) -> Findings:
    """Return the findings on the forward value of the problem's PyTorch loss; raise `WrongGradient` where it is wrong."""
    name = problem.program.outputs[0]
    truth, before = truth_of(problem.program, point), states_of(point)
    findings = compare({name: problem.loss(**point)}, truth, subject=f"loss of {problem.name}")
    for changed in harmed(before, point).values():
        raise WrongGradient(
            got=f"a loss that changes {changed}",
            wanted="a loss that leaves its inputs alone",
            do="let it write to memory of its own",
            place=problem.name,
        )
    if not findings.ok:
        worst = findings.worst
        raise WrongGradient(
            got=f"a forward value that is not the program's: {worst}",
            wanted="a program and a PyTorch loss that state the same",
            do="mend one of the two before judging gradients",
            place=problem.name,
        )
    return findings
