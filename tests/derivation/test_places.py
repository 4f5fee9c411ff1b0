"""Reads at computed places, branches, products and largest elements: PyTorch's operations written in index notation.

Each program is compared with the PyTorch function that it states, its gradient with autograd inside the bound and with central
differences to 100 digits; so is the gradient of the gradient.
"""

import numpy as np
import pytest
import torch
from derivation.witnesses import difference_gap
from torch.nn import functional as F  # noqa: N812  # as everyone calls it

from diffcheck.derivation import derive
from diffcheck.errors import DerivationError
from diffcheck.notation import Program, Role, Tensor, parse
from diffcheck.oracle import exact
from diffcheck.verification import compare, truth_of

OPERATIONS = {
    "pad": ("parameter x[7]; p[i:10] = x[i-1]", lambda x: F.pad(x, (1, 2))),
    "narrow": ("parameter x[7]; p[i:3] = x[i+2]", lambda x: x.narrow(0, 2, 3)),
    "flip": ("parameter x[7]; p[i:7] = x[6-i]", lambda x: x.flip(0)),
    "strided slice": ("parameter x[7]; p[i:3] = x[2*i+1]", lambda x: x[1::2]),
    "roll": ("parameter x[7]; p[i:7] = x[(i+5) % 7]", lambda x: x.roll(2, 0)),
    "repeat": ("parameter x[3]; p[i:9] = x[i % 3]", lambda x: x.repeat(3)),
    "repeat_interleave": ("parameter x[3]; p[i:9] = x[i // 3]", lambda x: x.repeat_interleave(3)),
    "split an axis": ("parameter x[12]; p[i:3,j:4] = x[4*i+j]", lambda x: x.view(3, 4)),
    "split an axis in three": ("parameter x[12]; p[i:3,j:2,k:2] = x[4*i+2*j+k]", lambda x: x.view(3, 2, 2)),
    "merge axes": ("parameter x[3,4]; p[i:12] = x[i//4,i%4]", lambda x: x.reshape(12)),
    "merge and split": ("parameter x[3,4]; p[i:2,j:6] = x[(6*i+j)//4,(6*i+j)%4]", lambda x: x.reshape(2, 6)),
    "transpose and merge": ("parameter x[3,4]; p[i:12] = x[i%3,i//3]", lambda x: x.T.reshape(12)),
    "cat": ("parameter x[3]; parameter z[2]; p[i:5] = x[i] + z[i-3]", lambda x, z: torch.cat([x, z])),
    "tril": ("parameter x[3,3]; p[i,j] = x[i,j]*step(i-j+1)", torch.tril),
    "diagonal": ("parameter x[3,3]; p[i] = x[i,i]", torch.diagonal),
    "diag": ("parameter x[3]; p[i,j:3] = delta(i,j)*x[i]", torch.diag),
    "select a row": ("parameter x[3,4]; p[j] = x[1,j]", lambda x: x[1]),
    "unfold": ("parameter x[7]; p[i:3,j:3] = x[2*i+j]", lambda x: x.unfold(0, 3, 2)),
    "embedding": ("parameter E[4,3]; integer t[5]; p[i,j] = E[t[i],j]", lambda E, t: F.embedding(t, E)),
    "gather": ("parameter x[4,3]; integer t[5,3]; p[i,j] = x[t[i,j] % 3,j]", lambda x, t: x.gather(0, t % 3)),
    "scatter_add": (
        "parameter x[5]; integer t[5]; p[j:4] = Σ_i delta(j,t[i])*x[i]",
        lambda x, t: torch.zeros(4, dtype=x.dtype).scatter_add(0, t, x),
    ),
    "conv1d": (
        "parameter x[2,7]; parameter w[3,2,3]; p[o,i:4] = Σ_{c,k} x[c,2*i+k-1]*w[o,c,k]",
        lambda x, w: F.conv1d(x[None], w, stride=2, padding=1)[0],
    ),
    "conv_transpose1d": (
        "parameter x[2,4]; parameter w[2,3,3]; p[o,i:9] = Σ_{c,j,k} delta(i,2*j+k)*x[c,j]*w[c,o,k]",
        lambda x, w: F.conv_transpose1d(x[None], w, stride=2)[0],
    ),
    "avg_pool1d": ("parameter x[7]; p[i:3] = Σ_{k:3} x[2*i+k]/3", lambda x: F.avg_pool1d(x[None], 3, 2)[0]),
    "max": ("parameter x[3,4]; a[i] = argmax_{j} x[i,j]; p[i] = x[i,a[i]]", lambda x: x.max(1).values),
    "amax": ("parameter x[3,4]; p[i] = max_{j} x[i,j]**2", lambda x: (x**2).amax(1)),
    "amax of two axes": ("parameter x[2,3,4]; p[j] = max_{i,k} x[i,j,k]", lambda x: x.amax((0, 2))),
    "softmax": (
        "parameter x[3,4]; m[i] = max_{j} x[i,j]; e[i,j] = exp(x[i,j] - detach(m[i])); s[i] = Σ_j e[i,j]; p[i,j] = e[i,j]/s[i]",
        lambda x: x.softmax(1),
    ),
    "detach": ("parameter x[3]; p[i] = x[i]*detach(x[i])", lambda x: x * x.detach()),
    "max of two axes": ("parameter x[3,4]; a = argmax_{i,j} x[i,j]; p = x[a//4,a%4]", torch.max),
    "max_pool1d": (
        "parameter x[7]; a[i:3] = argmax_{k:3} x[2*i+k]; p[i] = x[2*i+a[i]]",
        lambda x: F.max_pool1d(x[None], 3, 2)[0],
    ),
    "sort": (
        "parameter x[5]; r[i] = Σ_{k:5} step(x[i]-x[k]); p[j:5] = Σ_i delta(j,r[i])*x[i]",
        lambda x: x.sort().values,
    ),
    "cumsum": ("parameter x[5]; p[i:5] = Σ_k x[k]*step(i-k+1)", lambda x: x.cumsum(0)),
    "prod": ("parameter x[5]; p = Π_i x[i]", torch.prod),
    "prod of one axis": ("parameter x[3,4]; p[j] = Π_i x[i,j]", lambda x: x.prod(0)),
    "cumprod": ("parameter x[5]; p[i:5] = Π_k select(step(i-k+1), x[k], 1)", lambda x: x.cumprod(0)),
    "where": ("parameter x[5]; p[i] = select(x[i], sqrt(x[i]), 2*x[i])", lambda x: torch.where(x > 0, x.abs().sqrt(), 2 * x)),
    "clamp": ("parameter x[5]; p[i] = select(x[i]-1/2, 1/2, select(-1/2-x[i], -1/2, x[i]))", lambda x: x.clamp(-0.5, 0.5)),
    "positions as numbers": ("parameter x[5]; p[i] = i*x[i]", lambda x: torch.arange(5) * x),
}

DIFFERENTIABLE = [name for name in OPERATIONS if name != "detach"]  # whose derivative is by definition another one


def drawn(program, seed):
    rng = np.random.default_rng(seed)
    shapes = {tensor.name: tuple(map(int, tensor.extents)) for tensor in program.inputs}
    whole = program.named(Role.INTEGER)
    return {
        name: torch.tensor(rng.integers(0, 4, shape) if name in whole else rng.normal(size=shape))
        for name, shape in shapes.items()
    }


def program_of(name):
    return parse(OPERATIONS[name][0] + "; output p")


def weighted(program):
    """Return L = Σ c·p² for weights c that are data, so that the second derivative is no constant."""
    extents = program.tensors["p"]
    axes = ",".join("uvw"[: len(extents)])
    at = f"[{axes}]" if axes else ""
    sizes = ",".join(map(str, extents))
    text = str(program).replace("output p\n", f"L = {'Σ_{' + axes + '}' if axes else ''} weight{at}*p{at}**2\noutput L\n")
    return parse(f"data weight{'[' + sizes + ']' if sizes else ''}\n{text}")


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_program_is_what_pytorch_computes(name):
    program, point = program_of(name), drawn(program_of(name), 1)
    assert compare({"p": OPERATIONS[name][1](**point)}, truth_of(program, point)).ok


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS)
def test_its_gradient_agrees_with_autograd(name, seed):
    program, function = program_of(name), OPERATIONS[name][1]
    point = drawn(program, seed)
    names = program.named(Role.PARAMETER)
    leaves = {name: value.requires_grad_(name in names) for name, value in point.items()}
    output = function(**leaves)
    cotangent = torch.tensor(np.random.default_rng(seed + 10).normal(size=tuple(output.shape)))
    found = torch.autograd.grad(output, [leaves[name] for name in names], cotangent)
    gradient = derive(program, names)
    extra = {"p_bar": cotangent} if output.dim() else {}
    scale = 1 if output.dim() else cotangent
    truth = truth_of(gradient, {name: value.detach() for name, value in point.items()} | extra)
    findings = compare(dict(zip(names, (slope / scale for slope in found), strict=True)), truth)
    assert findings.ok, findings.table()
    spoilt = {names[0]: found[0] / scale * (1 + 1e-9)}
    assert not compare(spoilt | dict(zip(names[1:], found[1:], strict=True)), truth).ok


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_central_differences_agree_to_100_digits(name):
    program = weighted(program_of(name))
    point = {name: value.numpy() for name, value in drawn(program, 3).items()}
    names = program.named(Role.PARAMETER)
    direction = {name: np.random.default_rng(4).normal(size=point[name].shape) for name in names}
    gradient = derive(program, names)
    assert difference_gap(program, gradient.program, names, point, direction, {}) < 1e-100
    assert difference_gap(program, gradient.textbook, names, point, direction, {}) < 1e-100


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_second_derivatives_agree_too(name):
    program = weighted(program_of(name))
    names = program.named(Role.PARAMETER)
    gradient = derive(program, names)
    second = derive(gradient.program, names)
    point = {name: value.numpy() for name, value in drawn(program, 5).items()}
    rng = np.random.default_rng(6)
    weights = {tensor.name: rng.normal(size=tuple(map(int, tensor.extents))) for tensor in second.program.inputs}
    direction = {name: rng.normal(size=point[name].shape) for name in names}
    # The gradient along the weights is a scalar program, and the second derivative is its gradient.
    terms = [f"Σ_{{{axes}}} {o}_bar[{axes}]*{o}[{axes}]" for o, axes in _axes(gradient.program)]
    rest = str(gradient.program).rsplit("output", 1)[0]
    inputs = "".join(
        f"data {t.name}[{','.join(map(str, t.extents))}]\n" for t in second.program.inputs if t.role is Role.COTANGENT
    )
    along = parse(inputs + rest + f"along = {' + '.join(terms)}\noutput along\n")
    values = {t.name: point.get(t.name, weights[t.name]) for t in second.program.inputs}
    assert difference_gap(along, second.program, names, values, direction, {}) < 1e-100


def _axes(program):
    return [(output, ",".join("fgh"[: len(program.tensors[output])])) for output in program.outputs]


def test_outside_of_its_axis_a_tensor_is_zero():
    program = parse("parameter x[3]; p[i:5] = x[i-1]; output p")
    assert exact(program, {"x": np.array([1.0, 2.0, 3.0])}).rounded()["p"].tolist() == [0, 1, 2, 3, 0]


def test_the_branch_not_taken_may_have_no_value():
    program = parse("parameter x; p = select(x, log(x), x); output p")
    gradient = derive(program)
    assert exact(gradient, {"x": np.array(-1.0)}).rounded()["x"] == 1.0


def test_adjoints_of_slices_padding_and_reshapes_are_reads_again():
    for text, adjoint in (
        ("parameter x[n]; p[i:n+2] = x[i-1]; output p", "p_bar[i_2 + 1]"),
        ("parameter x[12]; p[i:3,j:4] = x[4*i+j]; output p", "p_bar[i_2//4,i_2%4]"),
        ("parameter x[3,4]; p[i:12] = x[i//4,i%4]; output p", "p_bar[4*i_2 + i_3]"),
    ):
        assert adjoint in str(derive(parse(text)).program)


def test_a_delta_is_kept_where_the_solution_may_lie_outside_and_a_factor_has_no_value_there():
    program = parse("parameter x[3]; data y[5]; p[i:5] = x[i-1]/y[i]; output p")
    gradient = derive(program)
    point = {"x": np.ones(3), "y": np.array([4.0, 2.0, 1.0, 0.5, 0.25]), "p_bar": np.ones(5)}
    assert exact(gradient, point).rounded()["x"].tolist() == [0.5, 1.0, 2.0]


def test_ties_go_to_the_first():
    program = parse("parameter x[4]; a = argmax_{i} x[i]; p = x[a]; output p")
    assert exact(derive(program), {"x": np.array([1.0, 3.0, 3.0, 2.0])}).rounded()["x"].tolist() == [0, 1, 0, 0]


def test_whole_numbers_have_no_derivative():
    program = Program((Tensor("t", (), Role.INTEGER),), parse("data t; p = 2*t; output p").equations, ("p",))
    with pytest.raises(DerivationError, match="whole numbers"):
        derive(program, "t")
