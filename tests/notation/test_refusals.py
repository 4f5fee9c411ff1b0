"""Every program without a meaning is refused: by which error, what was got and wanted, what to do, and where."""

import re

import pytest
from sympy import Abs, Float, I, Integer, Rational, S, Symbol, catalan, exp

from diffcheck import errors
from diffcheck.errors import (
    DuplicateName,
    ExtentMismatch,
    InvalidName,
    NotationError,
    ProgramSyntaxError,
    RankMismatch,
    UnboundIndex,
    UndefinedOperand,
    UnknownName,
    UnsupportedExpression,
)
from diffcheck.notation import FUNCTIONS, Equation, Index, Program, Tensor, extent, function, index_symbol, parse, read

n = extent("n")
i = index_symbol("i")
D = "parameter w; data x[n]; data y[m]; data A[n, m]\n"

TEXTS = [
    # text, error, what its message holds, in order
    ("", NotationError, ["no output", "output NAME"]),
    ("parameter w", NotationError, ["no output"]),
    (D + "L = w +", ProgramSyntaxError, ["line 2, column 8", "wanted a declaration", "see the notation"]),
    (D + "L = w w", ProgramSyntaxError, ["line 2, column 7", "'L = w w'"]),
    (D + "L == w", ProgramSyntaxError, ["line 2, column 4"]),
    (D + "for i in x: w", ProgramSyntaxError, ["line 2, column 5"]),
    (D + "L = 2x", ProgramSyntaxError, ["line 2, column 6"]),
    (D + "L = w.real", ProgramSyntaxError, ["line 2, column 6"]),
    (D + "L = w @ w", ProgramSyntaxError, ["line 2, column 7"]),
    (D + "L = 'w'", ProgramSyntaxError, ["line 2, column 5"]),
    (D + "L = 1/0", ProgramSyntaxError, ["line 2: got a division by 0", "mend the divisor"]),
    (D + "L = w/(w - w)", ProgramSyntaxError, ["line 2: got a division by 0"]),
    (D + "L = 0**-1", ProgramSyntaxError, ["line 2: got a division by 0"]),
    (D + "L = 0**w", ProgramSyntaxError, ["line 2: got 0**(w)", "base that is not 0"]),
    (D + "L = exp(w, w)", ProgramSyntaxError, ["line 2: got exp of 2 arguments", "one argument"]),
    (D + "L = delta(w, 2)", UnsupportedExpression, ["a place that the parameter 'w' tells", "integer w"]),
    (D + "L = delta(1, 2, 3)", ProgramSyntaxError, ["got delta(1, 2, 3)", "delta(i, j)"]),
    (D + "L = Σ_i delta(i/2, 1)*x[i]", UnsupportedExpression, ["i/2 as a place"]),
    (D + "L = ex(w)", UnknownName, ["line 2: got 'ex'", "scalar function", "did you mean 'exp'"]),
    (D + "L = qux(w)", UnknownName, ["choose one of: absolute, acos"]),
    ("parameter lambda\nL = w", InvalidName, ["line 1: got 'lambda'", "no Python keyword"]),
    ("parameter __w\nL = w", InvalidName, ["line 1: got '__w'"]),
    ("parameter pi\nL = pi", InvalidName, ["line 1: got 'pi'", "no meaning yet"]),
    ("parameter Σ\nL = w", InvalidName, ["line 1: got 'Σ'"]),
    (D + "L = Σ_for x[for]", InvalidName, ["line 2: got 'for'"]),
    ("parameter w; parameter w\nL = w", DuplicateName, ["line 1: got 'w' a second time"]),
    (D + "w = x[0]", DuplicateName, ["line 2: got 'w' a second time"]),
    (D + "L = w\nL = w", DuplicateName, ["line 3: got 'L' a second time"]),
    (D + "n = w", DuplicateName, ["got 'n' a second time", "'n' is an extent"]),
    ("parameter n; data x[n]\nL = x[0]", DuplicateName, ["'n' is an extent"]),
    (D + "L = w\noutput L\noutput w", DuplicateName, ["line 4: got a second 'output' line", "on one line"]),
    (D + "L = w\noutput L, w, L", DuplicateName, ["outputs L, w, L", "each output once"]),
    (D + "p[i,i] = A[i,i]", DuplicateName, ["line 2: got index 'i' twice"]),
    (D + "p[i] = Σ_i x[i]", DuplicateName, ["equation p: got index 'i' twice"]),
    (D + "p[w] = x[w]", DuplicateName, ["equation p: got index 'w'", "'w' is a tensor"]),
    (D + "p[n] = x[n]", DuplicateName, ["'n' is an extent"]),
    (D + "p[q] = x[q]\nq = w", DuplicateName, ["equation p: got index 'q'", "'q' is a tensor"]),
    (D + "L = x[i]", UnboundIndex, ["line 2: got index i", "Σ_i"]),
    (D + "L = x[n]", ExtentMismatch, ["equation L: got x[n], which is never inside"]),
    (D + "L = Σ_i x[i]*delta(i, k)", UnboundIndex, ["line 2: got index k", "Σ_k"]),
    (D + "p[i] = w", UnboundIndex, ["line 2: got index 'i', which no read tells the extent of", "write i:n"]),
    (D + "L = Σ_i w", UnboundIndex, ["write i:n"]),
    (D + "L = Σ_i x[i]*y[i]", ExtentMismatch, ["line 2: got index i over n and over m", "runs over one extent"]),
    (D + "L = Σ_{i:n} x[i]*y[i]", ExtentMismatch, ["equation L: got y[i], where i runs over n", "runs over m"]),
    (D + "L = Σ_i A[i,i]", ExtentMismatch, ["line 2: got index i over n and over m"]),
    (D + "L = Σ_{i:m} x[i]", ExtentMismatch, ["i runs over m"]),
    (D + "L = Σ_{i:k} w", ExtentMismatch, ["equation L: got extent k", "declare an input with extent k"]),
    (D + "L = x[-1]", ExtentMismatch, ["x[-1]", "count from 0"]),
    ("data x[3]\nL = x[3]", ExtentMismatch, ["x[3]", "0 … 3 - 1"]),
    ("data x[0]\nL = 1", ExtentMismatch, ["input x: got extent 0", "positive integer"]),
    ("data x[-3]\nL = 1", ExtentMismatch, ["extent -3"]),
    ("data x[1/2]\nL = 1", ExtentMismatch, ["extent 1/2"]),
    ("data x[n]; data z[n - n]\nL = 1", ExtentMismatch, ["input z: got extent 0"]),
    ("data x[n, n/2]\nL = 1", ExtentMismatch, ["extent n/2"]),
    ("data x[n, exp(n)]\nL = 1", ExtentMismatch, ["extent exp(n)"]),
    (D + "L = q", UndefinedOperand, ["line 2: got a read of 'q'", "declare or define 'q' first"]),
    (D + "L = q[0]", UndefinedOperand, ["line 2: got a read of 'q'"]),
    (D + "L = p\np = w", UndefinedOperand, ["line 2: got a read of 'p'"]),
    (D + "L = L", UndefinedOperand, ["line 2: got a read of 'L'"]),
    (D + "L = w[0]", RankMismatch, ["equation L: got w[0]", "0 indices", "'w' has 0 axes"]),
    (D + "L = x", RankMismatch, ["got x", "1 indices"]),
    (D + "L = A[0]", RankMismatch, ["got A[0]", "2 indices"]),
    (D + "L = Σ_{i:n} x[i + n]", ExtentMismatch, ["x[i + n], which is never inside"]),
    (D + "L = Σ_{i:n} x[i - n]", ExtentMismatch, ["x[i - n], which is never inside"]),
    (D + "L = x[1/2]", UnsupportedExpression, ["1/2 as a place"]),
    (D + "L = x[y[0]]", UnsupportedExpression, ["a read at a place that the data 'y' tells", "integer y"]),
    (D + "L = Σ_i x[i]*(w % 2)", UnsupportedExpression, ["Remainder(w, 2)"]),
    (D + "L = Σ_i x[i // 0]", ProgramSyntaxError, ["// by 0"]),
    (D + "L = select(w, 1)", ProgramSyntaxError, ["select of 2 arguments"]),
    (D + "L = Σ_i k*x[i]", UndefinedOperand, ["a read of 'k'"]),
    (D + "L = sqrt(-1)", UnsupportedExpression, ["equation L: got I (ImaginaryUnit)", "absolute, acos"]),
    (D + "L = (-8)**(1/3)", UnsupportedExpression, ["(-1)**(1/3)", "exact real numbers"]),
    (D + "L = log(0)", UnsupportedExpression, ["zoo"]),
    (D + "L = w\noutput K", UnknownName, ["outputs: got 'K'", "choose one of: A, L, w, x, y"]),
    (D + "L = w\noutput L, xx", UnknownName, ["did you mean 'x'"]),
]


@pytest.mark.parametrize(("text", "kind", "parts"), TEXTS)
def test_a_text_without_meaning_is_refused(text, kind, parts):
    with pytest.raises(kind) as caught:
        parse(text)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert re.search(".*".join(map(re.escape, parts)), message, re.DOTALL), message
    assert caught.value.got
    assert caught.value.wanted
    assert caught.value.do


W_AND_X = (Tensor("w"), Tensor("x", (n,)))


def made(body, *, indices=(), bound=(), inputs=W_AND_X, outputs=("L",)):
    return lambda: Program(inputs, (Equation("L", indices, bound, body),), outputs)


x_i = read("x", [i])
over_n = Index("i", n)
OBJECTS = [
    (made(x_i), UnboundIndex, "equation L: got index i"),
    (made(Float(0.5) * read("w")), UnsupportedExpression, "Float"),
    (made(Abs(read("w"))), UnsupportedExpression, r"Abs\(w\)"),
    (made(I * read("w")), UnsupportedExpression, "ImaginaryUnit"),
    (made(S.NaN), UnsupportedExpression, "nan"),
    (made(S.ComplexInfinity), UnsupportedExpression, "zoo"),
    (made(catalan(3) * 0 + S.Catalan), UnsupportedExpression, "Catalan"),
    (made(Symbol("k", integer=True)), UnboundIndex, "got index k"),
    (made(read("q")), UndefinedOperand, "equation L: got a read of 'q'"),
    (made(read("w", [0])), RankMismatch, r"w\[0\]"),
    (made(x_i, bound=(Index("i", extent("m")),)), ExtentMismatch, "extent m"),
    (made(read("w"), bound=(Index("i", Symbol("n")),)), ExtentMismatch, "extent n"),
    (made(read("w"), bound=(Index("i", Integer(0)),)), ExtentMismatch, "extent 0"),
    (made(x_i, indices=(over_n,), bound=(over_n,)), DuplicateName, "index 'i' twice"),
    (made(read("w"), inputs=(Tensor("w"), Tensor("w"))), DuplicateName, "'w' is a tensor"),
    (made(read("w"), outputs=()), NotationError, "no output"),
    (made(read("w"), outputs=("z",)), UnknownName, "outputs: got 'z'"),
    (made(1 / FUNCTIONS["expm1"].symbol(0)), UnsupportedExpression, r"1/expm1\(0\)"),
    (made(exp(exp(Integer(100)))), UnsupportedExpression, "exponent"),
    (made(Integer(3) ** 9999 * read("w")), UnsupportedExpression, "bits"),
    (made(Rational(1, 3**9999) * read("w")), UnsupportedExpression, "bits"),
    (lambda: Index("1i", n), InvalidName, "'1i'"),
    (lambda: Tensor("a b"), InvalidName, "'a b'"),
    (lambda: Equation("", (), (), read("w")), InvalidName, "''"),
    (lambda: read("a.b"), InvalidName, "'a.b'"),
    (lambda: extent("class"), InvalidName, "'class'"),
    (lambda: function("tan"), UnknownName, "did you mean 'tanh'"),
]


@pytest.mark.parametrize(("make", "kind", "message"), OBJECTS)
def test_a_program_without_meaning_cannot_be_made(make, kind, message):
    with pytest.raises(kind, match=message) as caught:
        make()
    assert type(caught.value) is kind


def test_look_ups_offer_near_matches():
    program = parse(D + "loss = w")
    with pytest.raises(UnknownName, match="did you mean 'loss'"):
        program.equation("los")
    with pytest.raises(UnknownName, match="did you mean 'w'"):
        program.input("ww")


def test_every_error_of_the_notation_is_provoked():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, NotationError)}
    assert kinds | {UnknownName} == {kind for _, kind, _ in TEXTS}


def test_a_place_is_put_before_the_place_within():
    inner = UnboundIndex(got="i", wanted="j", do="bind it", place="x")
    assert str(inner.at("line 3")) == "line 3 / x: got i, wanted j; bind it"
    assert type(inner.at("line 3")) is UnboundIndex
