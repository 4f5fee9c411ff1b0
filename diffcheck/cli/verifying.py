"""verify: engines against the exact gradient, with the exit code of a check."""

from __future__ import annotations

import json as encoding
from collections.abc import Iterator

from diffcheck.benchmarks import absent
from diffcheck.benchmarks.rows import findings_row
from diffcheck.cli.progress import progress
from diffcheck.engines import Engine, Tensors, names
from diffcheck.engines import engine as engine_called
from diffcheck.errors import UnknownName, UnsupportedEngine
from diffcheck.oracle import FORMATS, format_of
from diffcheck.problems import Problem, to_torch
from diffcheck.problems import problem as problem_called
from diffcheck.verification import LAWS, Findings, verify


def verify_problem(name: str, engine: str, dtype: str, device: str, seed: int, laws: bool, json: bool) -> int:
    """Print the findings on each engine in each dtype; return 1 if any is wrong, else 0."""
    problem = problem_called(name)
    chosen = names() if engine == "all" else (engine_called(engine).name,)
    dtypes = tuple(FORMATS) if dtype == "all" else (format_of(dtype).name,)
    check_device(device)
    rows, wrong, checked = [], 0, 0
    total = len(chosen) * len(dtypes)
    with progress("verifying", total) as advance:
        for kind in dtypes:
            point = to_torch({**problem.point(seed), **problem.fixed}, kind, device)
            for one in map(engine_called, chosen):
                reason = one.supports(problem, kind, device)
                for title, findings in [] if reason else _checks(problem, one, point, laws):
                    checked += 1
                    wrong += not findings.ok
                    rows.append({"engine": one.name, "dtype": kind, "check": title, **findings_row(findings)})
                    if not json:
                        print(_line(one.name, kind, title, findings))
                if reason and not json:
                    print(f"-  {one.name:<18} {kind:<9} not measured: {reason}")
                advance()
    if not checked:
        raise UnsupportedEngine(got=f"{engine} in {dtype} on {device}", wanted="something to check", do="choose another engine")
    if json:
        print(encoding.dumps({"problem": name, "device": device, "seed": seed, "ok": not wrong, "checks": rows}, indent=2))
    else:
        print(f"{checked} checks, {wrong} wrong")
    return 1 if wrong else 0


def _checks(problem: Problem, one: Engine, point: Tensors, laws: bool) -> Iterator[tuple[str, Findings]]:
    yield "exact gradient", verify(problem, one, point)
    if laws:
        for law, check in LAWS.items():
            yield law, check(problem, one, {name: value.clone() for name, value in point.items()})


def _line(engine: str, dtype: str, title: str, findings: Findings) -> str:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in findings.counts().items() if count)
    mark = "ok" if findings.ok else "WRONG"
    line = f"{mark:<5} {engine:<18} {dtype:<9} {title}: {counts}"
    return line if findings.ok else f"{line}\n      {findings.worst}"


def check_device(device: str) -> None:
    """Refuse a device that is unknown, or that this machine lacks."""
    if device not in ("cpu", "cuda"):
        raise UnknownName.among("device", device, ("cpu", "cuda"))
    reason = absent(device)
    if reason is not None:
        raise UnsupportedEngine(got=f"device {device}", wanted="a device of this machine", do=reason)
