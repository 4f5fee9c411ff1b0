"""Text from anyone: it is read or refused, in little time and memory, and nothing in it is ever run."""

import sys
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.errors import DiffcheckError, InvalidName, ProgramSyntaxError, UndefinedOperand, UnsupportedExpression
from diffcheck.notation import Program, parse
from diffcheck.notation.latex import program_latex
from diffcheck.notation.mathml import program_mathml

D = "parameter x; data a[n]\n"

CODE = [
    "__import__('os').system('true')",
    "__import__",
    "x.__class__",
    "().__class__.__bases__[0]",
    "eval('1')",
    "exec(x)",
    "lambda: x",
    "[x for x in a]",
    "f'{x}'",
    "x if x else x",
    "open('/etc/passwd')",
    "sympify(x)",
    "Symbol(x)",
    "Slope(tanh, x)",
    "x; import os",
    "x\nimport os",
    "os.environ",
    "x := 1",
    "{1: 2}",
    "x or x",
    "x | x",
    "x % x",
    "x // x",
    "x ** None",
    "x, x",
    "True",
    "a[:]",
    "a[0:1]",
    "a[...]",
    "!x",
    "$x",
    "`x`",
    "x\\",
    '"x"',
    "<script>alert(1)</script>",
    "&lt;",
    "%s",
    "{x}",
    "\\input{x}",
]

TOO_DEEP = [
    "(" * 5000 + "x" + ")" * 5000,
    "tanh(" * 200 + "x" + ")" * 200,
    "-" * 20000 + "x",
    "x**" * 500 + "x",
    "x**-" * 500 + "x",
    "1/(" * 500 + "x" + ")" * 500,
    "Σ_i " * 500 + "a[i]",
    "a[" * 500 + "0" + "]" * 500,
    "(" * 20000,
]

TOO_LARGE = [
    "2**99999999*x",
    "x*2**-99999999",
    "((2**4000)**4000)**4000*x",
    "((2*x)**4000)**4000",
    "((x/3)**4000)**4000",
    "x**(1/3) + (2**4000)**(1/3)",
    "exp(1000000000*log(3))*x",
    "exp(1000000000*log(3*x))",
    "3**(x + 1000000000)*3**(-x)",
    "2**(2**(2**(2**(2**(2**2)))))*x",
    "exp(exp(exp(exp(100))))*x",
    "sqrt(exp(exp(exp(100))) - 1)*x",
    "(exp(1)**(exp(1)**(exp(1)**100)) - 1)**(1/2)*x",
    "sinh(cosh(1000000))*x",
    "sqrt(pi**(pi**(pi**(pi**pi))) - 3)*x",
    "sqrt(" + "7" * 900 + ")*x",
    "*".join(["1e999"] * 9000) + "*x",
    "+".join(f"1/{10**90 + place}" for place in range(900)),
]

FOREIGN = [
    "\x00",
    "x\x00",
    "x\x1b[31m",
    "x\x0bx",
    "x\u200b",
    "x\u202e",
    "x\u2028L = 1",
    "\ufeffx",
    "\ud800",
    "x\u0301\u0301",
    "x²",
    "x·x",
    "x×x",
    "x−x",
    "٣",
    "３",
    "𝐱",
    "ﬁ",
    "х",  # Cyrillic
    "ｘ",
    "∑_i a[i]",
    "∞",
    "½",
    "💥",
]


@pytest.mark.parametrize("text", CODE)
def test_code_is_refused(text):
    with nothing_run(), pytest.raises(DiffcheckError):
        parse(D + f"L = {text}")


@pytest.mark.parametrize("text", CODE)
def test_code_is_refused_in_every_other_place(text):
    for place in ("parameter {}\nL = 1", "data z[{}]\nL = 1", "{} = x", "L[{}] = x", "L = Σ_{} x", "L = x\noutput {}", "{}"):
        with nothing_run(), pytest.raises(DiffcheckError):
            parse(D + place.replace("{}", text))


@pytest.mark.parametrize("text", TOO_DEEP, ids=lambda text: text[:12])
def test_deep_nesting_is_refused(text):
    with pytest.raises(ProgramSyntaxError):
        parse(D + f"L = {text}")


@pytest.mark.parametrize("text", TOO_LARGE, ids=lambda text: text[:40])
def test_numbers_that_would_fill_the_memory_are_refused(text):
    with pytest.raises(UnsupportedExpression) as caught:
        parse(D + f"L = {text}")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["data z[2**99999999]", "data z[n, ((n*2)**4000)**4000]", "L = Σ_{i:9**9**9} a[i]"])
def test_extents_that_would_fill_the_memory_are_refused(text):
    with pytest.raises(UnsupportedExpression):
        parse(D + text)


@pytest.mark.parametrize("text", FOREIGN, ids=ascii)
def test_characters_that_only_look_like_notation_are_refused(text):
    with pytest.raises((InvalidName, ProgramSyntaxError, UndefinedOperand)) as caught:
        parse(D + f"L = {text}")
    str(caught.value).encode("utf-8")  # a message can be printed, whatever the text held
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", [None, b"parameter x\nL = x", 3, ["L = 1"], "L = 1\n" * 50_000])
def test_only_texts_of_a_sane_length_are_read(text):
    with pytest.raises(ProgramSyntaxError, match="wanted text of at most 100000 characters"):
        parse(text)


def test_a_number_of_very_many_digits_is_refused():
    with pytest.raises(ProgramSyntaxError, match="a number of 5000 characters"):
        parse(D + "L = " + "7" * 5000)


def test_messages_show_only_what_is_near():
    with pytest.raises(ProgramSyntaxError) as caught:
        parse(D + "L = " + "x + " * 5000 + "+ " + "x + " * 5000)
    assert len(str(caught.value)) < 250


def test_what_is_just_not_too_deep_can_be_used():
    text = D + "L = Σ_i a[i]*" + "tanh(1 + x*" * 37 + "a[i]" + ")" * 37
    program = parse(text)
    assert parse(str(program)) == program
    assert program_latex(program)
    assert program_mathml(program)


def test_long_but_harmless_texts_are_read():
    names = [f"p{place}" for place in range(1500)]
    text = "".join(f"parameter {name}\n" for name in names) + "L = " + " + ".join(names)
    assert len(parse(text).equations[0].operands) == 1500
    assert len(parse("parameter x\n" + "".join(f"y{place} = x*{place + 1}\n" for place in range(1500))).equations) == 1500


TOKENS = [
    *"+-*/()[]{},:;=_Σijnwx0123456789.\n #",
    *("**", "Σ_", "Σ_i ", "Σ_{i,j}", "exp(", "log(", "sqrt(", "delta(", "relu(", "pi", "1e9", "x[i]", "A[i,j]"),
    *("parameter ", "data ", "target ", "output ", "L = ", "\nL = ", "x[n]", "ŷ", "λ", "__", "\t", "\r\n"),
]


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
def test_any_row_of_tokens_is_a_program_or_refused(text):
    read_or_refused("parameter w; data x[n]; data A[n,n]\nL = " + text)


@given(st.text(max_size=60))
def test_any_text_is_a_program_or_refused(text):
    read_or_refused(text)
    read_or_refused(D + "L = x + " + text)


def read_or_refused(text):
    with nothing_run():
        try:
            program = parse(text)
        except DiffcheckError as error:
            program = str(error).encode("utf-8", "backslashreplace")
        assert isinstance(program, Program) or program


_watched = []


def _watch(event, arguments):
    if _watched and event in ("compile", "exec", "open", "import", "os.system", "subprocess.Popen"):
        _watched.append((event, arguments))


@contextmanager
def nothing_run():
    """Fail if anything inside compiles, runs, opens or imports something; what is needed is loaded before."""
    if _watch not in _hooked:
        sys.addaudithook(_watch)
        _hooked.append(_watch)
    for text in ("parameter w\nL = exp(w)", "L = ", "L = foo(1)"):
        with suppress(DiffcheckError):
            parse(text)
    _watched[:] = ["on"]
    try:
        yield
        assert _watched == ["on"]
    finally:
        _watched.clear()


_hooked = []


def test_the_watch_sees_what_is_run():
    with pytest.raises(AssertionError), nothing_run():
        eval("1")
