"""Stored results as one HTML file that needs nothing else: no network, no fonts, no library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

from diffcheck.errors import ResultsUnreadable
from diffcheck.report.absences import absences, present
from diffcheck.report.faults import fault_table
from diffcheck.report.mathml import checked_mathml, size
from diffcheck.report.matrices import matrices
from diffcheck.report.schema import Gradient, Problem
from diffcheck.report.store import read_results, write_text_atomically
from diffcheck.report.templates import dressing, environment, island
from diffcheck.report.timings import timing_groups
from diffcheck.report.trainings import training_runs
from diffcheck.report.verdicts import judge, summarise, tally

# What measures a section that the results leave empty.
MEASURED_BY = {
    "verdicts": "diffcheck run",
    "problems": "diffcheck run",
    "training": "diffcheck run",
    "timings": "diffcheck run",
    "faults": "diffcheck run",
    "article": "diffcheck run",
}


def render(results: Mapping[str, object]) -> str:
    """Return the page that shows *results*; nothing is measured or derived here.

    >>> render({"schema": 2})
    Traceback (most recent call last):
    diffcheck.errors.ResultsUnreadable: results: got schema version 2, wanted version 1; install a newer diffcheck
    """
    read = read_results(results, place="results")
    return (
        environment(judge, tally, size)
        .get_template("page.html.jinja")
        .render(
            results=read,
            summary=summarise(read),
            matrices=matrices(present(read.verdicts)),
            verdicts=present(read.verdicts),
            absences={"verdicts": absences(read.verdicts), "timings": absences(read.timings)},
            problems=tuple(_checked(i, problem) for i, problem in enumerate(read.problems)),
            runs=training_runs(read.training, read.problems),
            timings=timing_groups(present(read.timings)),
            faults=fault_table(read.faults),
            measured_by=MEASURED_BY,
            data=island(results),
            **dressing(),
        )
    )


def write_report(results: Mapping[str, object], folder: Path, name: str = "index.html") -> Path:
    """Write the page of *results* into *folder* and return where it is."""
    return write_text_atomically(render(results), folder / name)


def _checked(i: int, problem: Problem) -> Problem:
    """Return *problem* with its formulas written anew, marked as safe to insert."""
    place = f"problems[{i}]"
    program = tuple(_formula(text, f"{place} / program_mathml[{k}]") for k, text in enumerate(problem.program_mathml))
    gradient = tuple(_gradient(row, f"{place} / gradient[{k}]") for k, row in enumerate(problem.gradient))
    return replace(problem, program_mathml=program, gradient=gradient)


def _gradient(row: Gradient, place: str) -> Gradient:
    return replace(row, mathml=_formula(row.mathml, f"{place} / mathml"))


def _formula(text: str, place: str) -> Markup:
    try:
        return Markup(checked_mathml(text))
    except ResultsUnreadable as refusal:
        raise refusal.at(place) from None
