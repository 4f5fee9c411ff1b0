"""A task carried out: its points judged in every mode, the worst input searched for, special inputs and positions tried."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from diffcheck.atlas.asking import GENERATED, generated_from
from diffcheck.atlas.choosing import OWN, variant_of
from diffcheck.atlas.measuring import Measurement, Question, Task, is_exhaustive, points_of
from diffcheck.atlas.pointwise import check_pointwise
from diffcheck.atlas.positions import disagreements, picked
from diffcheck.atlas.searching import Search
from diffcheck.atlas.slopes import moderate, slopes
from diffcheck.atlas.specials import specials
from diffcheck.atlas.store import DIFFCHECK, DONE, REFUSED, Answer
from diffcheck.atlas.summaries import Summary
from diffcheck.errors import DiffcheckError, UnusedParameterWarning
from diffcheck.generation import generate
from diffcheck.notation.mathml import program_mathml
from diffcheck.verification.verdict import Verdict

_POSITIONS = 24  # values of which the derivative is compared at all places of tensors


def answers(task: Task, seed: int = 0) -> list[Answer]:
    """Return the answers to the questions of *task*; what PyTorch or diffcheck refuses is an answer too.

    The body of an answer is a `Summary` as plain values, with "exhaustive", "specials", "positions", and what was generated.
    """
    torch.set_num_threads(1)  # tasks share the cores
    with warnings.catch_warnings(action="ignore", category=UnusedParameterWarning):  # a derivative of 0 is one too
        return _answers(task, seed)


def _answers(task: Task, seed: int) -> list[Answer]:
    started = time.perf_counter()
    variant = variant_of(task.variant)
    try:
        if variant.family == OWN:
            check_pointwise(variant.function, variant.arity, task)
        measurement = Measurement(variant, task)
    except DiffcheckError as refusal:
        body = {"reason": str(refusal), "refused_by": DIFFCHECK}
        return [Answer(question, REFUSED, 0.0, body) for question in task.questions]
    bodies = _bodies(measurement, is_exhaustive(variant, task.dtype), seed) if measurement.ways else {}
    seconds = round(time.perf_counter() - started, 3)
    return [_answer(question, bodies, measurement.refused, seconds) for question in task.questions]


def _answer(question: Question, bodies: Mapping[str, dict[str, Any]], refused: Mapping[str, str], seconds: float) -> Answer:
    if question.mode in refused:
        return Answer(question, REFUSED, seconds, {"reason": refused[question.mode]})
    return Answer(question, DONE, seconds, bodies[question.mode])


def _bodies(measurement: Measurement, exhaustive: bool, seed: int) -> dict[str, dict[str, Any]]:
    lines = points_of(measurement.variant, measurement.form, seed, measurement.task.order)
    summaries = {mode: Summary() for mode in measurement.ways}
    search = Search(measurement)
    for batch in measurement.batches(lines):
        summaries[batch.mode].count(search.see(batch))
    if not exhaustive:
        for batch in search.rounds():
            summaries[batch.mode].search(batch)
    bodies = {mode: summary.as_dict() | {"exhaustive": exhaustive} for mode, summary in summaries.items()}
    special = specials(measurement)
    like = next(iter(measurement.tensors({"like": lines[0][:1]}).values()))
    usual = moderate(len(lines), measurement.variant.accepted, measurement.form)
    spread = measurement.tensors(dict(zip(measurement.names, usual, strict=True)))
    for mode, body in bodies.items():
        body["specials"] = [_plain(asdict(one)) for one in special if one.mode == mode]
        low, high = measurement.variant.accepted
        points = picked(lines, search.worst[mode], _POSITIONS)
        points = [point for point in points if low == -high == -math.inf or all(low <= value <= high for value in point)]
        apart = disagreements(measurement.ways[mode], points, measurement.names, like)
        gross = sum(one.gross for one in apart)
        first = _plain(asdict(apart[0])) if apart else None
        body["slopes"] = asdict(slopes(measurement.ways[mode], spread))
        if body["slopes"]["apart"]:  # right for 1 alone
            body["verdict"] = Verdict.WRONG.value
        body["positions"] = {"tried": len(points), "apart": len(apart), "gross": gross, "first": first}
    for mode in GENERATED & bodies.keys():
        bodies[mode] |= _formula(measurement)
    return bodies


def _formula(measurement: Measurement) -> dict[str, Any]:
    """Return the derivatives as equations and as MathML, and the code that was measured."""
    made = generated_from(measurement.gradient, measurement.task.order).values()
    programs = [derivative.stable for derivative in measurement.derivatives]
    equations = [line for program in programs for line in str(program).splitlines() if "=" in line]
    mathml = [line for program in programs for line in program_mathml(program)]
    sources = [str(generate(gradient)) for gradient in made]
    return {"equations": list(dict.fromkeys(equations)), "mathml": list(dict.fromkeys(mathml)), "sources": sources}


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return *fields* as JSON holds them: numbers as text, which has NaN, infinities and −0."""
    return {name: _text(value) for name, value in fields.items()}


def _text(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_text(item) for item in value]
    return repr(value) if isinstance(value, float) else value
