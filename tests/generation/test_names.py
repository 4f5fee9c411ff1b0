"""Whatever the tensors and extents of a program are called: the code is right, or the name is refused."""

import ast
import builtins

import numpy as np
import pytest
from generated_code import TARGETS, as_arrays, as_gradient, assert_right, assert_sound, derived
from hypothesis import given
from hypothesis import strategies as st

from diffcheck.errors import DuplicateName, GenerationError
from diffcheck.generation import generate
from diffcheck.generation.names import cleared
from diffcheck.notation import parse

OWN = tuple("torch np out workspace _softplus _sech dloss_fn dmodel_dw".split())
HARMLESS = tuple("grad model loss_fn grad_fn dmodel_dy t0 t1 u1 u2 s s_2 n i p_bar p_bar_unscaled".split())
OTHERS = tuple("w_bar dloss_dw dloss_dp tuple None_ ŷ x̄ Ж_1 W sum".split())
NAMES = (*OWN, *HARMLESS, *OTHERS)
CASES = [(name, target) for name in NAMES for target in (TARGETS if name in OWN else ("torch",))]


def network(x="x", y="y", w="w", z="z", p="p", n="n"):
    """A network with the names given: data, target, parameter, an activation, the prediction, an extent."""
    return parse(
        f"""
        parameter {w}[d]; data {x}[{n}, d]; target {y}[{n}]
        {z}[j] = Σ_k {x}[j,k]*{w}[k]
        {p}[j] = softplus({z}[j])*{z}[j]
        loss = Σ_j tanh({p}[j] - {y}[j])**2/{n}
        """
    )


def judge(program, target):
    gradient = derived(program)
    module = generate(gradient, target).module()
    draw = np.random.default_rng(0)
    fitted, data, aims = (tensor.name for tensor in program.inputs)
    arrays = as_arrays({fitted: draw.normal(size=2), data: draw.normal(size=(3, 2)), aims: draw.normal(size=3)}, target)
    assert_sound(module, gradient, arrays, "float64")
    prediction = module.model(arrays[data], arrays[fitted])
    assert_right(module.grad_fn(arrays[data], arrays[aims], prediction, arrays[fitted]), gradient, arrays, "float64")


def test_names_of_no_interest():
    for target in TARGETS:
        judge(network(), target)


@pytest.mark.parametrize("part", ["z", "p", "n"])
@pytest.mark.parametrize(("name", "target"), CASES)
def test_what_is_not_an_input_may_have_any_name(name, target, part):
    try:
        program = network(**{part: name})
    except DuplicateName:
        pytest.skip("the program itself has it twice")
    judge(program, target)


@pytest.mark.parametrize("part", ["x", "y", "w"])
@pytest.mark.parametrize(("name", "target"), CASES)
def test_an_input_may_have_any_name_that_the_code_does_not_use(name, target, part):
    try:
        program = network(**{part: name})
    except DuplicateName:
        pytest.skip("the program itself has it twice")
    used = {"out", "workspace", "_softplus", "_sech", "dloss_fn", "torch" if target == "torch" else "np"}
    if name in used or (name == "dmodel_dw" and part != "w"):
        with pytest.raises(GenerationError, match=f"got an input called {name!r}.*rename"):
            generate(derived(program), target)
    else:
        judge(program, target)


@given(st.lists(st.sampled_from([name for name in NAMES if name not in OWN]), min_size=6, max_size=6, unique=True))
def test_hostile_names_together(names):
    try:
        program = network(*names)
    except DuplicateName:
        return
    for target in TARGETS:
        judge(program, target)


def test_renaming_is_seen_in_formulas_and_code():
    text = str(generate(derived(network(z="torch"))))
    assert "torch_2[j] = Σ_k w[k]*x[j,k]" in text
    assert "torch_2 = x @ w" in text
    assert "torch_2 = torch.mv(x, w, out=t0)" in text


def test_a_program_without_clashes_is_not_touched():
    program = network()
    assert cleared(program, {"torch", "out"}) is program


def test_several_clashes_at_once():
    program = network(z="torch", p="out", n="workspace")
    made = cleared(program, {"torch", "out", "workspace"})
    assert set(made.tensors) == {"w", "x", "y", "torch_2", "out_2", "loss"}
    assert set(map(str, made.sizes)) == {"workspace_2", "d"}


def test_builtins_are_not_relied_upon():
    # A parameter may be called like a builtin, so that no generated body may use one.
    for target in TARGETS:
        for node in ast.walk(ast.parse(str(generate(derived(network()), target)))):
            if isinstance(node, ast.FunctionDef):
                names = {entry.id for part in node.body for entry in ast.walk(part) if isinstance(entry, ast.Name)}
                assert not names & set(dir(builtins))


def test_extents_are_told_by_any_shape_that_tells_them():
    program = parse("parameter x[2*n + 1]; data c[3*m]; data y[n + m]; z = Σ_i x[i]*n/m + Σ_j c[j]*y[0]; output z")
    gradient = derived(program)
    arrays = as_arrays({"x": np.arange(7.0), "c": np.arange(6.0), "y": np.arange(5.0)})
    assert_right(generate(gradient).compile()(**arrays), gradient, arrays, "float64")


def test_an_extent_that_no_shape_tells_is_refused():
    program = parse("parameter x[n*m]; z = Σ_i x[i]/m; output z")
    with pytest.raises(GenerationError, match="got the extent m, which no shape tells"):
        generate(derived(program))


def test_a_program_without_inputs_is_refused():
    with pytest.raises(GenerationError, match="without inputs"):
        generate(as_gradient(parse("z = 1/3; output z")))
