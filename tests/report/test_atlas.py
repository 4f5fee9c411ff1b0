"""The pages of an atlas: everything stands in them, nothing of it becomes markup, and what is gone is removed."""

import json
import re
from pathlib import Path

import pytest
from report.atlas_sample import EVIL, refused, row, sample_atlas

from diffcheck.errors import ResultsUnreadable
from diffcheck.report.atlas import NAMES, read_numbers, write_atlas
from diffcheck.report.atlases.curves import chart
from diffcheck.report.atlases.judging import cell, level
from diffcheck.report.atlases.operators import operator, pages_of
from diffcheck.report.atlases.schema import Row
from diffcheck.report.atlases.writing import brief
from diffcheck.report.reading import read


@pytest.fixture
def written(tmp_path):
    return {str(path.relative_to(tmp_path)): path.read_text() for path in write_atlas(sample_atlas(), tmp_path)}


def test_there_is_an_overview_a_page_for_each_operator_and_the_numbers(written):
    assert set(NAMES) < set(written)
    assert {name for name in written if "/" in name} == {
        "operators/sin.html",
        "operators/tanh.html",
        "operators/f-a-b-script-img-src-x.html",
    }
    overview = written["index.html"]
    assert "3 operators at 600 points: 1 wrong somewhere, 1 undecided somewhere, 1 without a fault." in overview
    for text in ("operators/tanh.html", "10⁹", "CUDA: not measured", "1 - y² is rounded.", "seed 0"):
        assert text in overview
    page = written["operators/tanh.html"]
    for text in ("def grad(x)", "x_bar[i] = y_bar[i]", "<math", "spurious NaN", "first of 1", "last of 9", "20 searched"):
        assert text in page
    assert "50 exact, 50 lossy" in page


def test_what_was_not_measured_is_called_neither_good_nor_bad(tmp_path):
    atlas = sample_atlas() | {"worst": [], "rows": [refused("sin", "float64", "reverse", "no such kernel")]}
    index, page = (path.read_text() for path in write_atlas(atlas, tmp_path)[:2])
    assert "0 operators at 0 points: 0 without a fault; 1 not measured." in index
    assert "No derivative of PyTorch’s was measured." in page
    for text in (index, page):
        assert 'class="summary none"' in text
        assert "accurate at every" not in text
        assert "Each value has the same derivative" not in text


def test_the_worst_point_of_what_only_gives_no_numbers_is_one_of_them(tmp_path):
    wrong = row("sin", "float64", "reverse", verdict="wrong", ulp=1.3, blamed=None, digits=15.95)
    place = {name: wrong[name] for name in ("variant", "dtype", "mode", "device")}
    index, page = (path.read_text() for path in write_atlas(sample_atlas() | {"worst": [place], "rows": [wrong]}, tmp_path)[:2])
    for text in (index, page):
        assert re.search(r'<td class="number"[^>]*>∞', text)
        assert "<span>got</span> <code>nan</code>" in text


def test_pages_lead_to_one_another_and_to_nothing_else(written):
    for name, text in written.items():
        links = re.findall(r'(?:href|src)="([^"#]*)', text) if name.endswith(".html") else []
        inside = [link for link in links if link and not link.startswith("data:")]
        assert name == "atlas.json" or inside
        for link in inside:
            assert str((Path("/") / name).parent.joinpath(link)).replace("/operators/..", "").removeprefix("/") in written


def test_no_text_of_an_atlas_becomes_markup(written):
    for name, text in written.items():
        if name.endswith(".html"):
            assert "<img" not in text
            assert text.count("</script>") == 1


def test_markup_among_the_formulas_is_refused_and_nothing_is_written(tmp_path):
    atlas = sample_atlas()
    atlas["rows"][5]["mathml"] = ["<math><mi onclick='f()'>x</mi></math>"]
    with pytest.raises(ResultsUnreadable, match="sin / mathml"):
        write_atlas(atlas, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("field", "value"), [("digits", "many"), ("verdicts", [1]), ("order", 1.5), ("worst", {"ulp": 1})])
def test_a_row_that_does_not_fit_is_refused_by_its_place(tmp_path, field, value):
    atlas = sample_atlas()
    atlas["rows"][1][field] = value
    with pytest.raises(ResultsUnreadable, match=rf"rows\[1\] / {field}"):
        write_atlas(atlas, tmp_path)


def test_pages_of_operators_that_are_gone_are_removed_and_no_other_files(tmp_path):
    write_atlas(sample_atlas(), tmp_path)
    mine = tmp_path / "operators" / "mine.html"
    mine.write_text("my own notes")
    less = sample_atlas()
    less["rows"] = [row for row in less["rows"] if row["variant"] == "tanh"]
    write_atlas(less, tmp_path)
    assert sorted(path.name for path in (tmp_path / "operators").iterdir()) == ["mine.html", "tanh.html"]


def test_the_numbers_are_read_back(tmp_path, written):
    found = read_numbers(tmp_path / "atlas.json", "0.1.0")
    wanted = sample_atlas()
    assert [{**row, "along": 0} for row in found["rows"]] == [{**row, "along": 0} for row in wanted["rows"]]
    assert found["rows"][6]["along"] == [[-71, 0.0], [1, 1e9], [50, 1e9], [71, 0.5]]
    assert len(written["atlas.json"].splitlines()) < 60
    assert json.loads(written["atlas.json"])


@pytest.mark.parametrize("change", [{"diffcheck": "9.9"}, {"rows": None}, {"machine": 3}])
def test_numbers_of_another_diffcheck_or_of_nothing_are_refused(tmp_path, change):
    path = tmp_path / "atlas.json"
    path.write_text(json.dumps(sample_atlas() | change))
    with pytest.raises(ResultsUnreadable):
        read_numbers(path, "0.1.0")
    path.write_text("{")
    with pytest.raises(ResultsUnreadable, match="diffcheck atlas"):
        read_numbers(path, "0.1.0")


def rows_of(*digits, dtype="float64", verdict="lossy"):
    modes = ("reverse", "forward", "generated")
    return [
        read(Row, row("tanh", dtype, mode, verdict=verdict, digits=lost)) for mode, lost in zip(modes, digits, strict=False)
    ]


def test_a_cell_shows_the_worst_mode_and_the_generated_code_beside_it():
    shown = cell(rows_of(2.0, 5.0, 0.25))
    assert (shown.digits, shown.ours, shown.note, shown.text) == (5.0, 0.25, "forward", "5")
    assert cell(rows_of(2.0, 5.0, 15.0, verdict="accurate")).ours == 0.0  # digits that the argument does not determine
    assert cell([]).note == "not asked"
    worse = [*rows_of(9.0, verdict="accurate"), *rows_of(1.0, verdict="wrong")]
    assert cell(worse).digits == 1.0
    assert cell(rows_of(9.0, verdict="accurate")).digits == 0.0  # as of the generated code


def test_the_answers_that_a_formula_is_to_blame_for_are_counted_each():
    verdicts = ("wrong", "lossy", "lossy", "exact", "undefined")
    rows = [row for verdict in verdicts for row in rows_of(1.0, verdict=verdict)]
    assert operator(rows).sentence == "Of 5 answers of PyTorch’s: 1 wrong, 2 lossy."


@pytest.mark.parametrize(
    ("dtype", "digits", "verdict", "expected"),
    [
        ("float64", 0.6, "lossy", "l0"),
        ("float64", 2.0, "lossy", "l1"),
        ("float64", 8.0, "wrong", "l2"),
        ("float64", 14.0, "undecided", "l3"),
        ("float64", 15.95, "lossy", "l4"),
        ("bfloat16", 2.41, "lossy", "l4"),
        ("float64", 8.0, "accurate", "l0"),
    ],
)
def test_the_more_digits_a_formula_loses_the_darker(dtype, digits, verdict, expected):
    assert level(*rows_of(digits, dtype=dtype, verdict=verdict)) == expected


def test_a_chart_has_one_line_for_modes_that_agree_and_one_above_all_for_what_is_no_number():
    made = [read(Row, row("tanh", "float64", mode, verdict="wrong", ulp=2.0)) for mode in ("reverse", "forward", "generated")]
    drawn = chart(made)
    assert drawn.count('class="key"') == 2
    assert ">PyTorch<" in drawn
    assert "no finite number near 1" in drawn
    assert chart([read(Row, row("hypot", "float64", "reverse", along=[]))]) is None


def test_no_two_operators_share_a_page():
    names = ["pow(exponent=2)", "pow(exponent=-2)", "POW(exponent=2)", "<>", "..", "/", EVIL]
    pages = list(pages_of(names).values())
    assert len({page.lower() for page in pages}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.html", page) for page in pages)


def test_numbers_are_shown_without_idle_digits():
    assert brief("1e-07 (0x1.ad7f29abcaf48p-24)") == "1e-07 (0x1.ad7f29abcaf48p-24)"
    assert brief("[0.5000000000000000000000 +/- 1e-30]") == "[0.50000000000000000 +/- 1e-30]"
