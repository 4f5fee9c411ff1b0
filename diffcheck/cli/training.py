"""train: the article's loops from the command line."""

from __future__ import annotations

import json as encoding

from diffcheck.cli.progress import progress
from diffcheck.cli.verifying import check_device
from diffcheck.errors import TrainingError
from diffcheck.problems import largest_stable_lr
from diffcheck.problems import problem as problem_called
from diffcheck.training import LOOPS, Trajectory, train


def train_problem(
    name: str, engine: str, loop: str, epochs: int, lr: float, scale: list[str], dtype: str, device: str, seed: int, json: bool
) -> int:
    """Print where each loop ends; return 1 if one diverged, else 0."""
    problem = problem_called(name)
    check_device(device)
    factors = dict(map(_factor, scale))
    loops = tuple(LOOPS) if loop == "all" else (loop,)
    with progress("training", epochs * len(loops)) as advance:
        runs = [
            train(
                problem,
                engine,
                epochs=epochs,
                lr=lr,
                loop=one,
                scale=factors,
                dtype=dtype,
                device=device,
                seed=seed,
                progress=lambda _: advance(),
            )
            for one in loops
        ]
    limit = largest_stable_lr(problem, runs[0].point)
    if json:
        print(encoding.dumps({"problem": name, "largest_stable_lr": limit, "runs": [_row(run) for run in runs]}, indent=2))
    else:
        for run in runs:
            print(run)
        print(f"the largest stable learning rate at the start, from the exact Hessian: {limit:.6g}")
    return 1 if any(run.diverged is not None for run in runs) else 0


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


def _factor(text: str) -> tuple[str, float]:
    name, _, factor = text.partition("=")
    try:
        return name.strip(), float(factor)
    except ValueError:
        raise TrainingError(got=f"--scale {text}", wanted="NAME=FACTOR", do="write it as in --scale x=0.1") from None
