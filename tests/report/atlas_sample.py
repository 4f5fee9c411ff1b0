"""An atlas of three operators, made up, with everything in it that a page shows."""

EVIL = "f(a='<b>')</script><img src=x>"
MATHML = "<math display='block'><mi>y</mi><mo>=</mo><mi>x</mi></math>"


def worst(ulp, verdict, got="0.0 (0x0.0000p+0)"):
    point = {"x": "1.5 (0x1.8000000000000p+0)"}
    return {"slope": "x", "point": point, "got": got, "exact": "0.5000", "ulp": ulp, "relative": 1.0, "verdict": verdict}


def row(variant, dtype, mode, *, order=1, verdict="accurate", ulp=0.5, **changes):
    blamed = worst(ulp, verdict) if verdict in ("lossy", "wrong", "undecided") else None
    examples = {"spurious NaN": worst(None, verdict, "nan")} if verdict == "wrong" else {}
    told = {
        "variant": variant,
        "family": "elementary",
        "dtype": dtype,
        "mode": mode,
        "order": order,
        "generated": mode.startswith("generated"),
        "device": "cpu",
        "status": "done",
        "seconds": 1.0,
        "points": 100,
        "searched": 20,
        "exhaustive": dtype == "float16",
        "verdict": verdict,
        "mean_ulp": 0.25,
        "digits": 1.5 if blamed else 0.0,
        "cause": "1 - y² is rounded." if blamed else "",
        "verdicts": {"exact": 50, verdict: 50},
        "kinds": {"spurious NaN": 3} if examples else {},
        "worst": worst(ulp, verdict),
        "blamed": blamed,
        "examples": examples,
        "along": [[-71, 0.0], [-1, 0.3], [0, 0.4], [1, ulp], [50, None if examples else ulp], [71, 0.5]],
        "specials": [{"mode": mode, "at": "inf", "got": "nan", "expected": "0.0", "fault": "spurious NaN"}] if examples else [],
        "positions": {"tried": 9, "apart": 0, "gross": 0, "first": None},
    }
    if told["generated"]:
        told |= {"equations": ["x_bar[i] = y_bar[i]"], "mathml": [MATHML], "sources": ["def grad(x):\n    return (x,)\n"]}
    return told | changes


def refused(variant, dtype, mode, reason):
    kept = ("variant", "family", "dtype", "mode", "order", "generated", "device", "seconds")
    full = row(variant, dtype, mode)
    return {name: full[name] for name in kept} | {"status": "refused", "reason": reason}


def sample_atlas():
    apart = {"name": "x", "value": ["0.5"], "got": "1.0", "where": "first of 1", "other": "2.0", "elsewhere": "last of 9"}
    rows = [
        *(row("sin", dtype, mode) for dtype in ("float16", "float64") for mode in ("reverse", "forward", "generated")),
        row("tanh", "float64", "reverse", verdict="lossy", ulp=1e9),
        row("tanh", "float64", "generated", ulp=1.5),
        row("tanh", "float64", "reverse over reverse", order=2, verdict="wrong", ulp=40.0),
        row(
            "tanh",
            "float64",
            "generated twice",
            order=2,
            ulp=2.0,
            positions={"tried": 9, "apart": 1, "gross": 1, "first": apart},
        ),
        row(EVIL, "float16", "reverse", verdict="undecided", ulp=7.0, cause=EVIL),
        refused(EVIL, "float64", "forward", EVIL),
    ]
    return {
        "diffcheck": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "command": f"diffcheck atlas --op {EVIL!r}",
        "seconds": 2.0,
        "machine": {"cpu": "a processor", "cores": 2, "memory_gib": 4.0, "os": "Linux 6"},
        "versions": {"torch": "2.13.0"},
        "origin": {"seed": "0", "diffcheck": "0.1.0", "schema": "2"},
        "worst": [{"variant": "tanh", "dtype": "float64", "mode": "reverse", "device": "cpu"}],
        "rows": rows,
    }
