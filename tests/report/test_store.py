"""A results file is written whole or not at all, and read back exactly or refused."""

import json
import os
import subprocess
import sys
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.sample import empty_results, planted, run, sample_results, verdicts

from diffcheck.errors import ResultsUnreadable
from diffcheck.report import load_results, save_results
from diffcheck.report.encoding import decode, encode, from_json, to_json
from diffcheck.report.store import read_results, write_text_atomically

words = st.text() | st.sampled_from(["nan", "inf", "-inf", "'nan", "''-inf", "NaN", "</script>", "\ud800"])
plain = st.none() | st.booleans() | st.integers() | st.floats() | words
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=20)


def same(a, b):
    """Return whether a and b agree in types, in the sign of zero, and NaN with NaN."""
    return type(a) is type(b) and repr(a) == repr(b)


@given(values)
def test_decoding_inverts_encoding(value):
    assert same(decode(encode(value)), value)


@given(st.dictionaries(words, values))
def test_json_keeps_every_value(value):
    assert same(from_json(to_json(value)), value)


@given(st.dictionaries(words, values))
def test_json_is_standard(value):
    def refuse(name):
        raise AssertionError(name)

    json.loads(to_json(value), parse_constant=refuse)


@given(note=values, ulp=st.floats(), loss=st.floats(), curve=st.lists(st.tuples(st.integers(0, 9), st.floats()).map(list)))
def test_saving_and_loading_keep_every_value(tmp_path_factory, note, ulp, loss, curve):
    results = empty_results() | {"note": note}
    results["verdicts"] = [verdicts()[0] | {"worst_ulp": ulp}]
    results["training"] = [run("raw", "manual", "autograd", 1.0, 1e-4, 1) | {"loss": loss, "curve": curve}]
    path = tmp_path_factory.getbasetemp() / "kept.json"
    assert save_results(results, path) == path
    assert same(load_results(path), results)


def test_non_finite_numbers_are_stored_as_words(tmp_path):
    path = save_results(planted("verdicts", 0, worst_ulp=nan, worst_over_bound=inf), tmp_path / "r.json")
    row = json.loads(path.read_text())["verdicts"][0]
    assert (row["worst_ulp"], row["worst_over_bound"]) == ("nan", "inf")
    assert isnan(load_results(path)["verdicts"][0]["worst_ulp"])


@pytest.mark.parametrize("written", ["NaN", "null", '"nan"'])
def test_a_number_that_is_none_is_read_however_it_was_written(tmp_path, written):
    path = tmp_path / "r.json"
    path.write_text(to_json(planted("training", 0, loss=123456.5)).replace("123456.5", written))
    assert isnan(read_results(load_results(path), "results").training[0].loss)


def test_a_bare_infinity_is_read_and_written_as_a_word():
    assert from_json("[Infinity, -Infinity]") == [inf, -inf]
    assert to_json({"loss": from_json("Infinity")}) == '{"loss": "inf"}'


def test_folders_are_made(tmp_path):
    assert save_results(empty_results(), tmp_path / "a" / "b" / "r.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="limits a process's file size, which needs POSIX")
def test_a_full_disk_leaves_the_previous_file_whole(tmp_path):
    path = write_text_atomically("the previous one", tmp_path / "r.json")
    code = (
        "import resource; from pathlib import Path; from diffcheck.report.store import write_text_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        f"write_text_atomically('x'*1000, Path({str(path)!r}))"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert path.read_text() == "the previous one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


def test_an_interrupt_leaves_the_previous_file_whole(tmp_path, monkeypatch):
    path = write_text_atomically("the previous one", tmp_path / "r.json")

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text_atomically("half of the next", path)
    assert path.read_text() == "the previous one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


def test_what_cannot_be_loaded_replaces_nothing(tmp_path):
    path = save_results(empty_results(), tmp_path / "r.json")
    for bad in (empty_results() | {"verdicts": None}, empty_results() | {"note": object()}, empty_results() | {"note": {1: 2}}):
        with pytest.raises(ResultsUnreadable):
            save_results(bad, path)
    assert load_results(path) == empty_results()


UNREADABLE = {
    "no text": (b"\xff\xfe\x00", "bytes that are no text"),
    "no JSON": (b"{'schema': 1}", "no JSON"),
    "cut off": (json.dumps(sample_results())[:-40].encode(), "no JSON"),
    "NaN": (b'{"schema": NaN}', "schema version nan"),
    "nested too deeply": (b"[" * 100_000, "no JSON"),
    "a list": (b"[]", "no schema version"),
    "no version": (b"{}", "no schema version"),
    "newer": (b'{"schema": 2}', "install a newer diffcheck"),
    "older": (b'{"schema": 0}', "measure again"),
    "true is no 1": (b'{"schema": true}', "schema version True"),
    "no section": (b'{"schema": 1}', "got nothing, wanted text"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_is_refused_by_its_name(tmp_path, name):
    content, words = UNREADABLE[name]
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(ResultsUnreadable) as caught:
        load_results(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "diffcheck" in caught.value.do


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ResultsUnreadable, match="diffcheck run"):
            load_results(path)


@pytest.mark.parametrize("section", ["machine", "versions", "problems", "verdicts", "training", "timings", "faults", "article"])
def test_every_section_is_required(tmp_path, section):
    results = sample_results()
    del results[section]
    path = tmp_path / "r.json"
    path.write_text(to_json(results))
    with pytest.raises(ResultsUnreadable, match=section):
        load_results(path)


WRONG_FIELDS = [
    ("verdicts", {"engine": 3}, "verdicts[0] / engine: got 3, wanted text"),
    ("verdicts", {"elements": 22.0}, "verdicts[0] / elements: got 22.0, wanted a whole number"),
    ("verdicts", {"elements": True}, "wanted a whole number"),
    ("verdicts", {"worst_ulp": "big"}, "wanted a number"),
    ("verdicts", {"worst_ulp": True}, "wanted a number"),
    ("verdicts", {"worst_ulp": 10**400}, "wanted a number"),
    ("verdicts", {"ok": 1}, "wanted true or false"),
    ("verdicts", {"status": "perhaps"}, "wanted one of"),
    ("verdicts", {"wrong": 1}, "verdicts[0]: got 23 elements over all verdicts, wanted the 22"),
    ("training", {"curve": [[1, 2.0, 3.0]]}, "training[0] / curve[0]"),
    ("training", {"parameters": {"w": "5"}}, "training[0] / parameters / w"),
    ("timings", {"samples": [1.0, "fast"]}, "timings[0] / samples[1]"),
    ("problems", {"gradient": [{"parameter": "w", "mathml": "<math/>"}]}, "problems[0] / gradient[0] / latex: got nothing"),
]


@pytest.mark.parametrize(("section", "changes", "words"), WRONG_FIELDS)
def test_a_field_of_the_wrong_kind_is_refused_by_its_place(tmp_path, section, changes, words):
    with pytest.raises(ResultsUnreadable) as caught:
        save_results(planted(section, 0, **changes), tmp_path / "r.json")
    assert words in str(caught.value)
