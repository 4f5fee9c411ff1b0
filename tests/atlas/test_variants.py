"""The variants: many, each under one name, each a pointwise function of the arguments that it says."""

import sys

import pytest
import torch

from diffcheck.atlas import FAMILIES, VARIANTS, Variant, variant_of, variants_of
from diffcheck.atlas.answering import answers
from diffcheck.atlas.measuring import Task
from diffcheck.atlas.store import DONE
from diffcheck.atlas.variants import registry
from diffcheck.errors import DuplicateName, UnknownName


def test_there_are_so_many_as_promised_of_every_family():
    assert len(VARIANTS) >= 120
    assert {variant.family for variant in VARIANTS.values()} == set(FAMILIES)
    assert all(name == variant.name for name, variant in VARIANTS.items())


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda variant: variant.name)
def test_each_is_pointwise_in_all_of_its_arguments(variant):
    values = [torch.linspace(0.15, 0.85, 5, dtype=torch.float64) + 0.03 * place for place in range(variant.arity)]
    whole = variant.function(*values)
    assert whole.shape == values[0].shape
    for place in range(5):
        assert torch.allclose(variant.function(*(value[place : place + 1] for value in values)), whole[place], equal_nan=True)


def test_a_name_stands_for_all_parameters_of_its_operator():
    assert {variant.name for variant in variants_of(["softplus"])} == {
        "softplus", "softplus(beta=5)", "softplus(threshold=5)"
    }  # fmt: skip
    assert [variant.name for variant in variants_of(["softplus(beta=5)"])] == ["softplus(beta=5)"]
    assert len(variants_of([])) == len(VARIANTS)


def test_an_unknown_name_is_answered_with_near_ones():
    with pytest.raises(UnknownName, match=r"did you mean .*'tanh'"):
        variants_of(["tahn"])


def test_a_name_that_comes_twice_is_refused():
    with pytest.raises(DuplicateName, match="two variants abs"):
        registry([[Variant("abs", torch.abs, "elementary")], [Variant("abs", torch.abs, "elementary")]])


@pytest.mark.parametrize("name", ["applied", "module"])
def test_what_is_called_through_pytorch_is_a_variant_too(name):
    found = answers(Task(f"own_operators:{name}", "float16"))
    assert variant_of(f"own_operators:{name}").arity == 1
    assert [answer.status for answer in found if answer.question.mode in ("reverse", "generated")] == [DONE] * 2


def test_a_function_of_the_users_own_is_a_variant():
    (own,) = variants_of(["operator:neg"])
    assert (own.family, own.arity) == ("own", 1)
    assert variant_of("operator:mul").arity == 2
    nothing = ("operator:nothing", "no_such_module:f", "operator:index:", "math:pi", "operator:setitem")
    for name in (*nothing, "torch.nn.functional:gelu"):  # whose signature Python cannot tell
        with pytest.raises(UnknownName):
            variant_of(name)


def test_a_file_in_the_current_folder_is_found(tmp_path, monkeypatch):
    (tmp_path / "of_my_own.py").write_text("def f(x):\n    return x.exp()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [path for path in sys.path if path not in ("", str(tmp_path))])
    assert variant_of("of_my_own:f").arity == 1
