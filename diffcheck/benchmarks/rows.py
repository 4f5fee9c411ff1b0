"""The rows of the stored results: each function measures one section of the report and returns plain records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from diffcheck.benchmarks.cases import Case, epoch_cases, gradient_cases
from diffcheck.benchmarks.checks import check_cases
from diffcheck.benchmarks.machine import absent
from diffcheck.benchmarks.timing import Comparison, compare_times, cuda_clock, wall_clock
from diffcheck.derivation import Gradient
from diffcheck.engines import Engine, engine, names
from diffcheck.generation import generate
from diffcheck.notation import read
from diffcheck.notation.mathml import expression_mathml, program_mathml
from diffcheck.problems import Problem, largest_stable_lr, problem, to_torch
from diffcheck.training import Trajectory, disagreement, train
from diffcheck.training.listings import listings
from diffcheck.verification import Findings, Truth, truth_of, verify
from diffcheck.verification.faults import FAULTS, caught_by

Row = dict[str, Any]

CASES: Mapping[str, Callable[[Problem, int, str, str], Iterator[Case]]] = {
    "gradient": gradient_cases,
    "epoch": epoch_cases,
    "check": check_cases,
}


def problem_row(chosen: Problem) -> Row:
    """Return the program, the gradient as formulas, and the generated code of one problem."""
    gradient = chosen.gradient
    return {
        "name": chosen.name,
        "title": chosen.title,
        "program": str(chosen.program),
        "program_mathml": program_mathml(chosen.program),
        "gradient": [
            {
                "parameter": name,
                "mathml": _gradient_mathml(gradient, name),
                "latex": gradient.latex(name),
            }
            for name in chosen.parameters
        ],
        "code": {target: generate(gradient, target).text for target in ("torch", "numpy")},
        "largest_stable_lr": _stable_lr(chosen),
    }


def _gradient_mathml(gradient: Gradient, name: str) -> str:
    """Return ∂L/∂name = its closed form as a displayed formula."""
    indices = gradient.program.equation(gradient.adjoints[name]).indices
    element = expression_mathml(read(name, (index.symbol for index in indices)))
    loss = expression_mathml(read(gradient.primal.outputs[0]))
    slope = f"<mfrac><mrow><mo>∂</mo>{loss}</mrow><mrow><mo>∂</mo>{element}</mrow></mfrac>"
    return f'<math display="block">{slope}<mo>=</mo>{expression_mathml(gradient.closed_form(name))}</math>'


def _stable_lr(chosen: Problem) -> Row | None:
    if not chosen.fixed:
        return None
    raw = {**chosen.fixed, **chosen.start}
    scaled = {**raw, "x": 0.1 * np.asarray(raw["x"])}
    return {"raw": largest_stable_lr(chosen, raw), "scaled": largest_stable_lr(chosen, scaled)}


def verdict_rows(chosen: Problem, dtypes: Sequence[str], devices: Sequence[str], seed: int) -> Iterator[Row]:
    """Return the verdict on every engine, finite differences included, for one problem in every dtype on every device."""
    for device in devices:
        for dtype in dtypes:
            reason = absent(device)
            if reason is not None:
                for name in names(witnesses=True):
                    yield _verdict_head(chosen, name, dtype, device, seed) | {"status": "not measured", "reason": reason}
                continue
            point = to_torch({**chosen.point(seed), **chosen.fixed}, dtype, device)
            truth = truth_of(chosen.gradient, point)
            for name in names(witnesses=True):
                yield _verdict_head(chosen, name, dtype, device, seed) | _judged(chosen, engine(name), point, truth)


def _verdict_head(chosen: Problem, name: str, dtype: str, device: str, seed: int) -> Row:
    command = f"diffcheck verify {chosen.name} --engine {name} --dtype {dtype} --device {device} --seed {seed}"
    sizes = {str(extent): size for extent, size in chosen.sizes.items()}
    return {
        "problem": chosen.name,
        "engine": name,
        "device": device,
        "dtype": dtype,
        "n": sizes[chosen.batch],
        "status": "measured",
        "reason": None,
        "witness": name not in names(),
        "reproduce": command,
    }


def _judged(chosen: Problem, by: Engine, point: Mapping[str, torch.Tensor], truth: Truth) -> Row:
    reason = by.supports(chosen, truth.form.name, next(iter(point.values())).device.type)
    if reason is not None:
        return {"status": "not measured", "reason": reason}
    return findings_row(verify(chosen, by, point, truth))


def findings_row(findings: Findings) -> Row:
    """Return the counts of the verdicts, and the worst element."""
    worst = findings.worst
    return {
        "elements": len(findings),
        **findings.counts(),
        "worst_ulp": max(item.ulp for item in findings),
        "worst_over_bound": max(_excess(item.ulp, item.bound) for item in findings),
        "worst_place": str(worst.place),
        "ok": findings.ok,
        "accurate_ok": findings.accurate,
    }


def _excess(ulp: float, bound: float) -> float:
    return 0.0 if ulp == 0 else ulp / bound if bound else float("inf")


def training_rows(epochs: int, progress: Callable[[], None]) -> Iterator[Row]:
    """Return the article's three loops on the thermometer, with inputs scaled by 0.1 and raw, at learning rate 1e-2."""
    chosen = problem("thermometer")
    for inputs, scale in (("scaled by 0.1", {"x": 0.1}), ("raw", {})):
        runs = []
        for loop in ("manual", "autograd", "optimizer"):
            runs.append(train(chosen, "generated", epochs=epochs, lr=1e-2, loop=loop, scale=scale))
            progress()
        for run in runs:
            # At the raw inputs this learning rate is beyond the largest stable one, so no bound holds between the loops.
            comparable = scale and run is not runs[1]
            agreement = disagreement(run, runs[1], every=max(1, epochs // 50)) if comparable else None
            yield _training_row(run, inputs, agreement)


def _training_row(run: Trajectory, inputs: str, agreement: float | None) -> Row:
    kept = np.unique(np.geomspace(1, run.epochs, 400).astype(int)) if run.epochs > 1 else np.array([run.epochs])
    curve = [[int(epoch), float(run.losses[epoch])] for epoch in (0, *kept) if np.isfinite(run.losses[epoch])]
    return {
        "problem": run.problem.name,
        "inputs": inputs,
        "loop": run.loop,
        "engine": run.engine,
        "epochs": run.epochs,
        "lr": run.lr,
        "parameters": {name: float(value) for name, value in run.final.items()},
        "loss": run.loss,
        "diverged_at": run.diverged.epoch if run.diverged is not None else None,
        "curve": curve,
        "worst_over_bound": agreement,
    }


def timing_rows(chosen: Problem, what: str, n: int, dtype: str, device: str, rounds: int) -> Iterator[Row]:
    """Return the times of one gradient, epoch or check of a problem at *n* examples, every way beside the usual one."""
    others = ", ".join(f"{name} = {size}" for name, size in chosen.sizes.items() if name != chosen.batch)
    title = f"{chosen.name}, {others}" if others else chosen.name
    head = {"problem": title, "what": what, "device": device, "dtype": dtype, "n": n}
    reason = absent(device)
    if reason is not None:
        yield head | {"engine": "every engine", "status": "not measured", "reason": reason}
        return
    cases = list(CASES[what](chosen, n, dtype, device))
    usual = cases[0]
    if usual.call is None:
        cases = [replace(case, call=None, reason=case.reason or f"nothing to compare with: {usual.reason}") for case in cases]
        yield from (head | _untimed(case) for case in cases)
        return
    calls = {case.engine: case.call for case in cases if case.call is not None}
    clock = cuda_clock if device == "cuda" and what != "check" else wall_clock
    found = compare_times(calls, usual.engine, rounds=rounds, clock=clock)
    yield from (head | _timing(case, found) for case in cases)


def _untimed(case: Case) -> Row:
    return {"engine": case.engine, "status": "not measured", "reason": case.reason}


def _timing(case: Case, found: Comparison) -> Row:
    if case.call is None:
        return _untimed(case)
    timing = found.timings[case.engine]
    return {
        "engine": case.engine,
        "status": "measured",
        "reason": None,
        "samples": list(timing.samples),
        "median": timing.median,
        "low": timing.low,
        "high": timing.high,
        "ratio": timing.ratio,
        "ratio_low": timing.ratio_low,
        "ratio_high": timing.ratio_high,
        "noise": found.noise,
    }


def fault_rows(progress: Callable[[], None]) -> Iterator[Row]:
    """Return every planted fault with the laws that caught it on the two-layer network."""
    chosen = problem("two-layer-network")
    point = to_torch(chosen.point(3, n=9))
    for name, spoil in FAULTS.items():
        description = (spoil.__doc__ or "").strip()
        yield {"fault": name, "description": description, "caught_by": list(caught_by(name, chosen, engine("autograd"), point))}
        progress()


def article_rows() -> Iterator[Row]:
    """Return the verdict on every defective function of the article."""
    for listing in listings():
        judged = listing.judge(listing.function)
        example = ", ".join(f"{name} = {value}" for name, value in judged.counterexample.items())
        yield {
            "listing": listing.defect,
            "verdict": "right" if judged.right else "refused",
            "message": str(judged),
            "counterexample": example,
        }
