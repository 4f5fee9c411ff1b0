"""train: the article's loops from the command line."""

from __future__ import annotations

import json as encoding
from typing import Any

from diffcheck.cli.progress import progress
from diffcheck.cli.settings import factors_in
from diffcheck.cli.verifying import check_device
from diffcheck.errors import PointError
from diffcheck.problems import largest_stable_lr
from diffcheck.problems import problem as problem_called
from diffcheck.training import LOOPS, Trajectory, train


def train_problem(
    name: str, engine: str, loop: str, epochs: int, lr: float, scale: list[str], dtype: str, device: str, seed: int, json: bool
) -> int:
    """Print where each loop ends; return 1 if one diverged, else 0."""
    problem = problem_called(name)
    check_device(device)
    factors = factors_in(scale)
    loops = tuple(LOOPS) if loop == "all" else (loop,)
    settings: dict[str, Any] = {"epochs": epochs, "lr": lr, "scale": factors, "dtype": dtype, "device": device, "seed": seed}
    runs = []
    with progress("training", epochs * len(loops)) as advance:
        for one in loops:
            runs.append(train(problem, engine, loop=one, progress=lambda _: advance(), **settings))
            if not json:
                print(runs[-1])  # at once: a later loop may be refused
    limit, told = _limit(runs[0])
    if json:
        print(encoding.dumps({"problem": name, "largest_stable_lr": limit, "runs": [_row(run) for run in runs]}, indent=2))
    else:
        print(f"the largest stable learning rate at the start, from the exact Hessian: {told}")
    return 1 if any(run.diverged is not None for run in runs) else 0


def _limit(run: Trajectory) -> tuple[float | None, str]:
    """Return the largest stable learning rate where *run* began, as a number and as text, or why there is none."""
    try:
        limit = largest_stable_lr(run.problem, run.point)
    except PointError as refusal:
        return None, f"none: {refusal}"
    return limit, f"{limit:.6g}"


def _row(run: Trajectory) -> dict[str, object]:
    return {
        "loop": run.loop,
        "engine": run.engine,
        "lr": run.lr,
        "epochs": run.epochs,
        "parameters": {name: value.tolist() for name, value in run.final.items()},
        "loss": run.loss if run.diverged is None else None,
        "diverged": str(run.diverged) if run.diverged is not None else None,
    }
