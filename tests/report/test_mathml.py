"""A formula is written anew from a closed list of elements, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.errors import ResultsUnreadable
from diffcheck.notation.mathml import expression_mathml, program_mathml
from diffcheck.problems import names, problem
from diffcheck.report.mathml import ATTRIBUTES, ELEMENTS, checked_mathml, size

REFUSED = [
    "<mi>w</mi>",
    "<math><script>alert(1)</script></math>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<math><mtext><mi>w</mi></mtext></math>",
    "<math><mi onclick='alert(1)'>w</mi></math>",
    "<math href='https://example.org'><mi>w</mi></math>",
    "<math xmlns:x='http://www.w3.org/1999/xlink' x:href='https://example.org'/>",
    "<math><mi style='color: red'>w</mi></math>",
    "<math><mi class='good'>w</mi></math>",
    "<math><maction><mi>w</mi></maction></math>",
    "<math><semantics><mi>w</mi><annotation-xml encoding='text/html'><b/></annotation-xml></semantics></math>",
    "<math xmlns='http://www.w3.org/2000/svg'><mi>w</mi></math>",
    "<math><svg xmlns='http://www.w3.org/2000/svg'/></math>",
    "<!DOCTYPE math [<!ENTITY a 'aaaa'>]><math><mi>&a;</mi></math>",
    "<math><!-- a comment --></math>",
    "<math><?php ?></math>",
    "<math><![CDATA[<script>]]></math>",
    "<math><mi>w</math>",
    "<math><mi>&nosuchname;</mi></math>",
    "<math></math><script></script>",
    "<math>" + "<mrow>" * 200 + "</mrow>" * 200 + "</math>",
    "\ud800",
    "",
]


@pytest.mark.parametrize("text", REFUSED)
def test_anything_but_a_formula_is_refused(text):
    with pytest.raises(ResultsUnreadable, match="wanted presentation MathML"):
        checked_mathml(text)


def test_a_formula_is_kept():
    text = '<math display="block"><mfrac><mn>1</mn><mi>n</mi></mfrac><mo>&lt;</mo><mspace width="1em"></mspace></math>'
    assert checked_mathml(text) == text


def test_the_namespace_is_dropped():
    assert checked_mathml("<math xmlns='http://www.w3.org/1998/Math/MathML'><mi>w</mi></math>") == "<math><mi>w</mi></math>"


def test_named_characters_become_characters():
    assert checked_mathml("<math><mo>&InvisibleTimes;</mo><mo>&sum;</mo></math>") == "<math><mo>\u2062</mo><mo>∑</mo></math>"


def test_named_characters_cannot_smuggle_markup_in():
    assert checked_mathml("<math><mtext>&LT;script&GT; &AMP;lt; &nvlt;</mtext></math>").count("<") == 4


@given(st.text())
def test_text_stays_text(text):
    from html import escape

    try:
        written = checked_mathml(f"<math><mtext>{escape(text)}</mtext></math>")
    except ResultsUnreadable:
        return  # XML has no way to write some control characters
    inner = written.removeprefix("<math><mtext>").removesuffix("</mtext></math>")
    assert "<" not in inner


@pytest.mark.parametrize("name", names())
def test_the_formulas_of_the_catalogue_are_accepted(name):
    gradient = problem(name).gradient
    closed = [f"<math>{expression_mathml(gradient.closed_form(parameter))}</math>" for parameter in gradient.wrt]
    for markup in (*program_mathml(gradient.program), *program_mathml(gradient.primal), *closed):
        written = checked_mathml(markup)
        assert checked_mathml(written) == written


def test_the_lists_hold_nothing_that_loads_or_runs():
    assert not ELEMENTS & {"maction", "annotation-xml", "annotation", "semantics", "mglyph", "script", "style", "malignmark"}
    assert not ATTRIBUTES & {"href", "src", "style", "class", "id", "actiontype", "encoding", "altimg"}
    assert not [name for name in ATTRIBUTES if name.startswith("on")]


def test_only_a_formula_wider_than_a_screen_is_set_smaller():
    assert size("<math><mi>w</mi></math>") == "formula"
    assert size("<math>" + "<mi>w</mi><mo>+</mo><mn>1</mn>" * 60 + "</math>") == "formula long"
