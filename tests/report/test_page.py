"""The page says everything, and nothing that the results say can break out of it."""

import base64
import copy
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from report.sample import empty_results, planted, sample_results

from diffcheck.errors import ResultsUnreadable
from diffcheck.report import load_results, render, save_results, write_report
from diffcheck.report.encoding import decode
from diffcheck.report.page import MEASURED_BY

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;"
STORED = Path(__file__).resolve().parents[2] / "reports"
VOID = {"meta", "link", "input", "br", "img"}


class Reader(HTMLParser):
    """Gathers tags, ids, links and texts, and asserts that every element is closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.texts = [], [], [], {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        tag = self.open[-1] if self.open else ""
        self.texts[tag] = self.texts.get(tag, "") + data


def island(page):
    return json.loads(re.search(r'<script type="application/json" id="results">(.*?)</script>', page, re.DOTALL)[1])


def text_of(page):
    return " ".join(re.sub("<[^>]*>", " ", re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)).split())


def everywhere(value, evil):
    """Return *value* with every text in it, outside formulas and states, replaced by *evil*."""
    match value:
        case dict():
            kept = {"status", "mathml", "program_mathml"}
            return {name: item if name in kept else everywhere(item, evil) for name, item in value.items()}
        case list():
            return [everywhere(item, evil) for item in value]
        case str():
            return evil
    return value


@pytest.fixture(scope="module")
def page():
    return render(sample_results())


def test_the_same_results_give_the_same_bytes(page):
    assert render(copy.deepcopy(sample_results())) == page


def test_a_page_of_loaded_results_is_the_same(page, tmp_path):
    assert render(load_results(save_results(sample_results(), tmp_path / "r.json"))) == page


def test_the_page_is_written_where_asked(page, tmp_path):
    path = write_report(sample_results(), tmp_path / "site", "report.html")
    assert path == tmp_path / "site" / "report.html"
    assert path.read_text(encoding="utf-8") == page


def test_no_text_of_the_results_becomes_markup():
    harmless, evil = (render(everywhere(sample_results(), text)) for text in ("harmless", EVIL))
    assert Reader(evil).tags == Reader(harmless).tags
    assert "<script>alert" not in evil
    assert "<img" not in evil


def test_a_title_is_escaped():
    page = render(planted("problems", 0, title="<script>alert(1)</script>"))
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_raw_data_cannot_end_its_element():
    results = sample_results() | {"command": "</script><script>alert(1)</script><!--"}
    page = render(results)
    assert decode(island(page)) == results
    assert Reader(page).tags.count("script") == 2


def test_the_raw_data_are_json_for_every_reader():
    def refuse(name):
        raise AssertionError(name)

    page = render(planted("training", 0, loss=float("nan"), curve=[[1, float("inf")]]))
    text = re.search(r'<script type="application/json" id="results">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(text, parse_constant=refuse)["training"][0]["loss"] == "nan"


def test_the_raw_data_are_all_there(page):
    assert decode(island(page)) == sample_results()


@pytest.mark.parametrize(
    "formula", ["<math><mi onclick='x'>w</mi></math>", "<math><script/></math>", "w", "<math><mi>w</math>"]
)
def test_a_formula_that_is_none_is_refused_by_its_place(formula):
    with pytest.raises(ResultsUnreadable, match=r"problems\[0\] / program_mathml\[0\]"):
        render(planted("problems", 0, program_mathml=[formula]))
    row = {"parameter": "w", "mathml": formula, "latex": ""}
    with pytest.raises(ResultsUnreadable, match=r"problems\[0\] / gradient\[0\] / mathml"):
        render(planted("problems", 0, gradient=[row]))


@pytest.mark.parametrize("section", MEASURED_BY)
def test_an_empty_section_says_not_measured_and_how_to(section):
    page = render(sample_results() | {section: []})
    assert f"Not measured. {MEASURED_BY[section]} measures it." in text_of(page)


def test_a_page_without_any_results_still_has_every_section(page):
    empty = render(empty_results())
    sections = [value for tag, name, value in Reader(page).attributes if (tag, name) == ("section", "id")]
    assert [value for tag, name, value in Reader(empty).attributes if (tag, name) == ("section", "id")] == sections
    assert text_of(empty).count("Not measured.") == len(MEASURED_BY) == 6


def test_a_device_that_was_not_there_is_told_once_a_section(page):
    assert text_of(page).count("CUDA: not measured, no CUDA device here.") == 2
    assert text_of(page).count("no CUDA device here") == 2


def test_every_row_that_was_not_measured_says_why():
    page = render(planted("verdicts", 0, status="not measured", reason="a reason of its own"))
    assert text_of(page).count("a reason of its own") == 2
    timed = render(planted("timings", 0, status="not measured", reason="a reason of its own"))
    assert text_of(timed).count("not measured: a reason of its own") == 1


def test_results_of_absent_devices_alone_are_told_in_sentences():
    results = sample_results()
    for section in ("verdicts", "timings"):
        results[section] = [row | {"status": "not measured", "reason": "switched off"} for row in results[section]]
    said = text_of(render(results))
    assert said.count("CPU: not measured, switched off.") == said.count("CUDA: not measured, switched off.") == 2


def test_a_law_is_named_once_and_marked_at_each_fault_it_caught(page):
    section = re.search('<section id="faults".*?</section>', page, re.DOTALL)[0]
    assert re.findall("<li>(.*?)</li>", section) == ["euler", "linearity", "oracle", "batch split"]
    rows = re.findall('<tr><th scope="row.*?</tr>', section, re.DOTALL)
    marks = ["".join(re.findall('<td class="caught" data-sort="(.)">', row)) for row in rows]
    assert marks == ["0001", "1100", "1101"]


def test_nan_and_infinity_are_legible():
    page = render(planted("verdicts", 0, worst_ulp=float("nan"), worst_over_bound=float("inf")))
    assert "NaN ULP" in page
    assert 'data-sort="Infinity">∞' in page


def test_a_page_loads_nothing(page):
    for tag, name, value in Reader(page).attributes:
        if name in {"src", "srcset", "action", "background", "poster", "data"}:
            pytest.fail(f"{tag} {name}={value}")
        if name == "href":
            assert value.startswith("#") or value == "data:,"
    assert not re.search(r"url\(|@import|https?://", re.sub(r'<script type="application/json".*?</script>', "", page))


def test_the_policy_names_exactly_this_style_and_this_script(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_nothing_needs_an_exception_to_the_policy(page):
    assert not [name for _, name, _ in Reader(page).attributes if name == "style" or name.startswith("on")]


def test_every_link_leads_somewhere_and_no_id_twice(page):
    found = Reader(page).attributes
    ids = [value for _, name, value in found if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for _, name, value in found if name == "href" and value.startswith("#")} <= set(ids)
    assert {value for _, name, value in found if name == "aria-labelledby"} <= set(ids)


def test_tables_are_captioned_and_headings_are_in_order(page):
    reader = Reader(page)
    assert reader.tags.count("table") == reader.tags.count("caption") > 5
    levels = [int(tag[1]) for tag in reader.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert reader.tags.count("th") == sum((tag, name) == ("th", "scope") for tag, name, _ in reader.attributes)
    assert ("html", "lang", "en") in reader.attributes


def test_rows_are_as_wide_as_their_heading(page):
    for table in re.findall("<table.*?</table>", page, re.DOTALL):
        widths = {len(re.findall("<t[hd][ >]", row)) for row in re.findall("<tr>.*?</tr>", table, re.DOTALL)}
        assert len(widths) == 1


def test_every_picture_has_its_reading_beside_it(page):
    assert page.count('class="chart"') == page.count("<figcaption") == 5
    assert page.count("How to read this.") >= 4 + 5


def test_the_page_stays_small(page):
    without_data = re.sub(r'<script type="application/json".*?</script>', "", page)
    assert len(without_data.encode()) < 300_000


def test_the_page_in_this_repository_is_that_of_its_results():
    page = (STORED / "index.html").read_text(encoding="utf-8")
    assert page == render(load_results(STORED / "results.json")), "run `diffcheck report`"
