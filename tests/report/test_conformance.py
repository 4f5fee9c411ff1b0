"""The table of operators as a page and as Markdown: nothing of it becomes markup, and everything stands in it."""

import re

import pytest

from diffcheck.conformance import SAMPLE_VERDICTS
from diffcheck.errors import ResultsUnreadable
from diffcheck.report.conformance import write_conformance
from diffcheck.report.encoding import from_json

EVIL = "a|b</script><img src=x>\n\n# & c"


def row(operator, verdict, **changes):
    samples = dict.fromkeys(SAMPLE_VERDICTS, 0) | {"verified": 1}
    told = {"reason": "", "others": [], "seconds": 1.0, "explanation": "", "issue": None, "finding": None, "worst_ulp": 0.5}
    return {"operator": operator, "verdict": verdict, "drawn": 3, "tried": 1, "samples": samples, **told, **changes}


@pytest.fixture
def results():
    worst = {"place": "x[0]", "exact": "1.5", "got": float("nan"), "ulp": float("inf"), "bound": 2.0, "verdict": "wrong"}
    finding = {"sample": 2, "relative": float("inf"), "kind": "spurious NaN", "text": EVIL, **worst}
    crash = {"verdict": "crash", "error": "KeyError", "reason": EVIL, "samples": 1}
    counts = dict.fromkeys(SAMPLE_VERDICTS, 1)
    rows = [
        row("sin", "verified"),
        row(EVIL, "finding", finding=finding, explanation=EVIL, issue=7, reason=EVIL, worst_ulp=float("inf")),
        row("cos", "crash", others=[crash], samples=counts, reason=EVIL),
        row("tan", "unsupported", reason="why not", worst_ulp=None),
    ]
    return {
        "diffcheck": "0",
        "created": "2026-01-01T00:00:00+00:00",
        "command": "diffcheck conformance",
        "seconds": 2.0,
        "settings": {"dtype": "float64", "seed": "0"},
        "machine": {"cpu": EVIL, "cores": 1, "memory_gib": 1.0, "os": "Linux 6"},
        "versions": {"torch": "2.13.0"},
        "entries": 4,
        "operators": {"verified": 1, "finding": 1, "unsupported": 1, "crash": 1, "not reached": 0},
        "samples": counts,
        "reasons": {"why not": 1},
        "rows": rows,
    }


@pytest.fixture
def written(results, tmp_path):
    return {path.name: path.read_text(encoding="utf-8") for path in write_conformance(results, tmp_path)}


def test_the_three_files_tell_the_same(written):
    assert set(written) == {"conformance.json", "conformance.md", "index.html"}
    sentence = "4 operators: 1 verified, 1 finding, 1 unsupported, 1 crash."
    for name in ("conformance.md", "index.html"):
        assert sentence in written[name]
        for text in ("spurious NaN", "KeyError", "why not", "2.13.0", "/issues/7", "seed 0"):
            assert text in written[name]


def test_no_text_of_the_results_becomes_markup(written):
    assert "<img" not in written["index.html"]
    assert written["index.html"].count("</script>") == 2
    tables = [line for line in written["conformance.md"].splitlines() if line.startswith("|")]
    assert all(line.count("|") in (3, 6, 10) for line in tables)
    assert "\n# & c" not in written["conformance.md"]


def test_the_numbers_that_json_lacks_are_read_back(written):
    (found,) = [one["finding"] for one in from_json(written["conformance.json"])["rows"] if one["finding"]]
    assert found["ulp"] == float("inf")
    assert found["got"] != found["got"]


def test_the_page_loads_nothing(written):
    page = re.sub(r'<script type="application/json".*?</script>', "", written["index.html"], flags=re.DOTALL)
    assert not re.search(r'(src|href)="(?!#|data:|https://github\.com/pytorch/pytorch/issues/7")', page)


def test_a_row_of_an_unknown_verdict_is_refused(results, tmp_path):
    results["rows"][0]["verdict"] = "perfect"
    with pytest.raises(ResultsUnreadable, match="verdict"):
        write_conformance(results, tmp_path)
    assert not list(tmp_path.iterdir())
