"""Results that no machine ever measured, shaped like real ones: every text says "sample" where a reader might be misled."""

from __future__ import annotations

from functools import cache
from math import inf, isfinite
from typing import Any

CELSIUS = (0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0)
UNKNOWN = (35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4)
ENGINES = ("autograd", "torch.func", "torch.compile", "generated", "hand-written", "differences")
TORCH = """\
def gradient(w, b, t_u, t_c):
    r = torch.add(b, t_u, alpha=w) - t_c
    return 2*torch.dot(r, t_u)/r.numel(), 2*r.sum()/r.numel()
"""
NUMPY = """\
def gradient(w, b, t_u, t_c):
    r = w*t_u + b - t_c
    return 2*np.dot(r, t_u)/r.size, 2*np.sum(r)/r.size
"""
SIZES = (10, 100, 1000, 10_000, 100_000, 1_000_000)


def sample_results() -> dict[str, Any]:
    """Return a full results record; every call returns a fresh one."""
    return {
        "schema": 1,
        "diffcheck": "0.1.0",
        "created": "2026-11-22T18:00:00+00:00",
        "command": "diffcheck run",
        "seed": 0,
        "machine": {"cpu": "Sample Processor 9000", "cores": 2, "memory_gib": 23.4, "os": "Sample OS 1", "gpu": None},
        "versions": {"python": "3.11.7", "torch": "2.13.0+cpu", "sympy": "1.14.0", "numpy": "2.4.6", "python-flint": "0.9.0"},
        "problems": [thermometer(), network()],
        "verdicts": verdicts(),
        "training": training(),
        "timings": timings(),
        "faults": faults(),
        "article": article(),
    }


def empty_results() -> dict[str, Any]:
    """Return a results record in which every section is empty."""
    sections = ("problems", "verdicts", "training", "timings", "faults", "article")
    return sample_results() | {section: [] for section in sections}


def thermometer() -> dict[str, Any]:
    """The book's line through eleven temperatures."""
    return {
        "name": "thermometer",
        "title": "A line through eleven temperatures",
        "program": "t_p[i] = w*t_u[i] + b\nL = Σ_i (t_p[i] - t_c[i])**2/n",
        "program_mathml": [
            "<math display='block'><msub><mi>p</mi><mi>i</mi></msub><mo>=</mo><mi>w</mi><mo>&InvisibleTimes;</mo>"
            "<msub><mi>u</mi><mi>i</mi></msub><mo>+</mo><mi>b</mi></math>",
            "<math display='block'><mi>L</mi><mo>=</mo>"
            + mean(
                "<msup><mrow><mo>(</mo><msub><mi>p</mi><mi>i</mi></msub><mo>−</mo>"
                "<msub><mi>c</mi><mi>i</mi></msub><mo>)</mo></mrow><mn>2</mn></msup>"
            )
            + "</math>",
        ],
        "gradient": [
            {
                "parameter": "w",
                "mathml": partial("w", "<msub><mi>u</mi><mi>i</mi></msub>"),
                "latex": r"\frac{\partial L}{\partial w} = \frac{2}{n}\sum_{i} (w u_i + b - c_i)\,u_i",
            },
            {
                "parameter": "b",
                "mathml": partial("b", ""),
                "latex": r"\frac{\partial L}{\partial b} = \frac{2}{n}\sum_{i} (w u_i + b - c_i)",
            },
        ],
        "code": {"torch": TORCH, "numpy": NUMPY},
        "largest_stable_lr": {"raw": 3.4e-4, "scaled": 0.0342},
    }


def network() -> dict[str, Any]:
    """A problem with no formulas yet."""
    return {
        "name": "network",
        "title": "A tanh network with squared error",
        "program": "z[i,j] = Σ_k W[j,k]*x[i,k]\na[i,j] = tanh(z[i,j] + b[j])\nL = Σ_i (Σ_j v[j]*a[i,j] + c - y[i])**2/n",
        "program_mathml": [],
        "gradient": [],
        "code": {"torch": "# sample\n"},
        "largest_stable_lr": None,
    }


def mean(term: str) -> str:
    """(1/n)·Σ_i term."""
    return f"<mfrac><mn>1</mn><mi>n</mi></mfrac><munder><mo>∑</mo><mi>i</mi></munder>{term}"


def partial(name: str, factor: str) -> str:
    """∂L/∂name = (2/n)·Σ_i residual·factor."""
    residual = (
        "<mo>(</mo><mi>w</mi><msub><mi>u</mi><mi>i</mi></msub><mo>+</mo><mi>b</mi><mo>−</mo>"
        "<msub><mi>c</mi><mi>i</mi></msub><mo>)</mo>"
    )
    return (
        f"<math xmlns='http://www.w3.org/1998/Math/MathML' display='block'><mfrac><mrow><mi>∂</mi><mi>L</mi></mrow>"
        f"<mrow><mi>∂</mi><mi>{name}</mi></mrow></mfrac><mo>=</mo><mfrac><mn>2</mn><mi>n</mi></mfrac>"
        f"<munder><mo>∑</mo><mi>i</mi></munder><mrow>{residual}</mrow>{factor}</math>"
    )


def verdicts() -> list[dict[str, Any]]:
    """Every engine on both dtypes and devices; a lossy one, and a GPU that is not there."""
    return [
        verdict(problem, engine, device, dtype, n, i)
        for problem, n in (("thermometer", 11), ("network", 64))
        for i, engine in enumerate(ENGINES)
        for dtype in ("float64", "float32")
        for device in ("cpu", "cuda")
    ]


def verdict(problem: str, engine: str, device: str, dtype: str, n: int, i: int) -> dict[str, Any]:
    """One row, by hand."""
    row = {"problem": problem, "engine": engine, "device": device, "dtype": dtype, "n": n}
    if device == "cuda":
        return row | {"status": "not measured", "reason": "no CUDA device here"}
    lossy = 3 if engine == "differences" else 0
    return row | {
        "status": "measured",
        "reason": None,
        "elements": 22,
        "exact": 10 - i,
        "accurate": 12 + i - lossy,
        "lossy": lossy,
        "wrong": 0,
        "undefined": 0,
        "undecided": 0,
        "worst_ulp": 8.2e5 if lossy else 0.5 + 0.35 * i,
        "worst_over_bound": 0.97 if lossy else 0.01 + 0.006 * i,
        "worst_place": "w[0]",
        "ok": True,
        "accurate_ok": not lossy,
        "reproduce": f"diffcheck verify {problem} --engine {engine} --dtype {dtype} --device {device} --seed 0",
    }


def training() -> list[dict[str, Any]]:
    """Three loops that agree on scaled inputs, and two steps on raw ones, of which one is too long."""
    scaled = [run("scaled by 0.1", loop, engine, 0.1, 1e-2, 5000) for loop, engine in
              (("manual", "hand-written"), ("autograd", "autograd"), ("optimizer", "autograd"))]  # fmt: skip
    return [*scaled, run("raw", "manual", "hand-written", 1.0, 1e-2, 100), run("raw", "optimizer", "autograd", 1.0, 1e-4, 100)]


def run(inputs: str, loop: str, engine: str, factor: float, lr: float, epochs: int) -> dict[str, Any]:
    """One run of gradient descent."""
    w, b, curve = descent(factor, lr, epochs)
    diverged = None if isfinite(curve[-1][1]) else curve[-1][0]
    return {
        "problem": "thermometer",
        "inputs": inputs,
        "loop": loop,
        "engine": engine,
        "epochs": epochs,
        "lr": lr,
        "parameters": {"w": w, "b": b},
        "loss": curve[-1][1],
        "diverged_at": diverged,
        "curve": [list(point) for point in curve],
        "worst_over_bound": None if diverged else 0.013,
    }


@cache
def descent(factor: float, lr: float, epochs: int) -> tuple[float, float, tuple[tuple[int, float], ...]]:
    """Gradient descent in plain Python: sample values that look like the real ones."""
    w, b, curve = 1.0, 0.0, []
    for epoch in range(1, epochs + 1):
        residuals = [w * factor * u + b - c for u, c in zip(UNKNOWN, CELSIUS, strict=True)]
        loss = sum(r * r for r in residuals) / 11 if abs(w) < 1e150 else inf
        curve.append((epoch, loss))
        if not isfinite(loss):
            break
        w -= lr * 2 * sum(r * factor * u for r, u in zip(residuals, UNKNOWN, strict=True)) / 11
        b -= lr * 2 * sum(residuals) / 11
    return w, b, tuple(curve)


def timings() -> list[dict[str, Any]]:
    """Times that grow as a fixed overhead and a slope, with samples around them."""
    return [
        timing(what, engine, device, n, i)
        for what in ("gradient", "epoch")
        for i, engine in enumerate(ENGINES[:5])
        for device in ("cpu", "cuda")
        for n in (SIZES if device == "cpu" else SIZES[:1])
    ]


def timing(what: str, engine: str, device: str, n: int, i: int) -> dict[str, Any]:
    """One row; the first engine is the baseline."""
    row = {"problem": "thermometer", "what": what, "engine": engine, "device": device, "dtype": "float64", "n": n}
    if device == "cuda":
        return row | {"status": "not measured", "reason": "no CUDA device here", "samples": []}
    base = 6e-5 + 4e-9 * n
    median = (6e-5 * (1, 1.7, 0.55, 0.3, 0.28)[i] + 4e-9 * n * (1, 1.02, 0.6, 0.55, 0.8)[i]) * (1.2 if what == "epoch" else 1)
    samples = [median * (1 + 0.05 * ((k * 7919 % 23) / 23 - 0.4) + (0.5 if k == 13 else 0)) for k in range(25)]
    ratio = base * (1.2 if what == "epoch" else 1) / median
    return row | {
        "status": "measured", "reason": None, "samples": samples, "median": median, "low": median * 0.97, "high": median * 1.04,
        "ratio": ratio, "ratio_low": ratio * 0.985, "ratio_high": ratio * 1.02, "noise": 0.025,
    }  # fmt: skip


def faults() -> list[dict[str, Any]]:
    """Wrong gradients, all caught."""
    return [
        {
            "fault": "sign flipped",
            "description": "every element of one gradient has the other sign",
            "caught_by": ["euler", "linearity", "oracle"],
        },
        {"fault": "mean forgotten", "description": "the division by n is left out", "caught_by": ["oracle", "batch split"]},
        {
            "fault": "one ulp beyond the bound",
            "description": "one element is moved just outside its bound",
            "caught_by": ["oracle"],
        },
    ]


def article() -> list[dict[str, Any]]:
    """The listings of the article."""
    wrong = "x = [1.0], w = 2.0, b = 3.0: got 9.0, wanted 5.0"
    return [
        listing("model multiplies w by b", "refused", "b + w*b does not read x: its gradient in x is 0", wrong),
        listing("d_loss_fn defined, dloss_fn called", "refused", "the name dloss_fn is not defined", None),
        listing("training loop with autograd", "proved", "equals the exact gradient for all inputs", None),
    ]


def listing(name: str, verdict: str, message: str, counterexample: str | None) -> dict[str, Any]:
    """One listing."""
    return {"listing": name, "verdict": verdict, "message": message, "counterexample": counterexample}


def planted(section: str, row: int, **changes: object) -> dict[str, Any]:
    """Return the sample with one row of one section changed."""
    results = sample_results()
    results[section][row] |= changes
    return results
