"""Programs made to trip the reuse of memory, and faults planted in generated text that the checks must see."""

import numpy as np
import pytest
from generated_code import TARGETS, as_arrays, as_gradient, assert_right, assert_sound, derived

from diffcheck.generation import generate
from diffcheck.generation.source import Source
from diffcheck.notation import parse
from diffcheck.problems import problem

SIZES = {"n": 3, "m": 4, "k": 2}

PROGRAMS = {
    "read twice": "z[i] = exp(x[i]); L = Σ_i (z[i]*y[i] + z[i]**2)",
    "read twice in one product": "A[i,j] = sin(Q[i,j]); B[i,j] = A[i,j]*A[j,i]; L = Σ_{i,j} B[i,j]*Q[i,j]",
    "dies transposed": "A[i,j] = sin(Q[i,j]); B[i,j] = cos(Q[i,j]) + A[j,i]; L = Σ_{i,j} B[i,j]**3",
    "dies on its diagonal": "A[i,j] = sin(Q[i,j]); z[i] = A[i,i]*x[i]; L = Σ_i exp(z[i])",
    "dies at a constant": "A[i,j] = sin(Q[i,j]); B[i,j] = A[i,j]*A[0,1] + A[0,j]; L = Σ_{i,j} B[i,j]**2",
    "dies as a scalar": "z[i] = exp(x[i]); u[i] = z[i]*z[0]; L = Σ_i (u[i] - z[1])**2",
    "read after an output": "z[i] = tanh(x[i]); L = Σ_i z[i]*z[i]*y[i]; output z, L",
    "output that is read later": "z[i] = exp(x[i]); u[i] = z[i] + y[i]; e[i] = u[i]*z[i]; output z, u, e",
    "outputs that copy inputs": "z[i] = x[i]; u[i] = x[i]; B[i,j] = M[j,i]; c = w; output z, u, B, c",
    "outputs that copy each other": "z[i] = exp(x[i]); u[i] = z[i]; e[i] = z[i]; output u, e",
    "outputs that copy elements": "c = x[1]; d[j] = M[1,j]; e[i] = Q[i,i]; output c, d, e",
    "copies of one element": "a = x[0]; c = x[0]; L = a*w; output c, L",
    "one thing said twice": "z[i] = exp(x[i])*y[i]; u[k] = exp(x[k])*y[k]; L = Σ_i z[i]*u[i]",
    "sum of a constant": "L = Σ_{i:n} w*b; K = Σ_{i,j:m} x[i]; output L, K",
    "idle indices": "A[i,j:m] = exp(x[i]); L = Σ_{i,j} A[i,j]*N[i,j] + Σ_{i,j} A[i,j]",
    "idle indices twice": "A[i,j:m] = exp(x[i]); B[i,j:m] = exp(x[i]); L = Σ_{i,j} A[i,j]*B[i,j]*N[i,j]; output B, L",
    "output with idle indices": "A[i,j:m] = exp(x[i]); c[i:n] = w*b; d[i:n] = 2; e[i:n] = Σ_j v[j]; output A, c, d, e",
    "constants": "a[i:n] = 2; L = Σ_i a[i]*x[i]/n + n*w",
    "no axes at all": "a = w*b; c = exp(a) + a*w; d = c/a; output c, d, a",
    "deltas": "A[i,j] = delta(i, j)*x[i] + Q[i,j]*delta(i, 1) + delta(0, j); L = Σ_{i,j} A[i,j]**2*Q[i,j]",
    "only deltas": "A[i:n,j:m] = delta(i, j); c[i:n] = delta(i, 2); output A, c",
    "several indices summed": "z[j] = Σ_{i,l} T[i,j,l]*x[i]; L = Σ_{i,j,l} T[i,j,l]*x[i]*z[j]",
    "sums of sums": "z[i] = Σ_j M[i,j]*Σ_l N[l,j]*x[l]; L = Σ_i exp(z[i] - Σ_j M[i,j])",
    "einsum": "C[i,j] = Σ_{p,l} T[i,p,l]*T[j,p,l]*x[p]; L = Σ_{i,j} C[i,j]*Q[i,j]",
    "batch of matrix products": "C[i,j,l] = Σ_p T[i,j,p]*T[i,p,l]; L = Σ_{i,j,l} tanh(C[i,j,l])",
    "three matrices": "D[i,j] = Σ_{p,l} Q[i,p]*Q[p,l]*N[l,j]; L = Σ_{i,j} D[i,j]**2",
    "matrix product with scaled rows": "D[i,j] = Σ_p x[i]*Q[i,p]*y[p]*N[p,j]*w; L = Σ_{i,j} D[i,j]**2",
    "outer products": "D[i,j] = exp(x[i])*v[j]; L = Σ_{i,j} D[i,j]*N[i,j] + Σ_i x[i]*Σ_j v[j]",
    "wide sum": "D[i,j] = Σ_p (Q[i,p]*N[p,j] + Q[p,i]*N[p,j]); L = Σ_{i,j} D[i,j]**2",
    "exponents that are tensors": "z[i] = (1 + x[i]**2)**y[i] + 2**x[i]; A[i,j] = (2 + cos(v[j]))**z[i]; L = Σ_{i,j} A[i,j]",
    "broadcast in the middle": "A[i,j] = exp(x[i]) + cos(v[j])*w - x[i]*y[i]; L = Σ_{i,j} A[i,j]**2",
    "negative terms alone": "z[i] = -x[i] - y[i]; u[i] = -exp(x[i]) - w; L = Σ_i z[i]*u[i]",
    "scalar minus array": "z[i] = w - exp(x[i]); u[i] = w/(1 + y[i]**2); c[i] = 1 - y[i]; L = Σ_i z[i]*u[i]*c[i]",
    "quotients": "z[i] = 1/(x[i]**2 + 1); u[i] = w/(y[i]**2*z[i]); L = Σ_i u[i]/(b**2*(2 + cos(x[i]))**(1/2))",
    "powers": "z[i] = (1 + x[i]**2)**(3/2) + (1 + y[i]**2)**(-3); L = Σ_i z[i]**(-2) + Σ_i z[i]**(-1/2)*x[i]**5",
    "functions of extents": "L = Σ_i x[i]*log(n)/n**(1/2) + exp(1/n)*w + tanh(1/2)*b",
    "reads at constants": "L = (s[0] + s[1]*w + s[3]*b**2)**2; K[i] = s[1]*x[i] + s[0]; output L, K",
    "a long chain over few slots": "a[i] = exp(x[i]); c[i] = a[i]*y[i]; d[i] = sin(c[i]); L = Σ_i (d[i] + c[i])*a[i]*d[i]",
}

INPUTS = "data x[n]; data y[n]; data v[m]; data w; data b; data s[4]; data M[n, m]; data N[n, m]; data Q[n, n]; data T[n, n, n]"


def program_of(text):
    return parse(f"{INPUTS}; {text}" + ("" if "output" in text else "; output L"))


def point_of(program, seed=0):
    draw = np.random.default_rng(seed)
    sizes = {"n": 3, "m": 5, "4": 4}
    return {tensor.name: draw.normal(size=[sizes[str(size)] for size in tensor.extents]) for tensor in program.inputs}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_and_its_gradient(name, target, dtype):
    program = program_of(PROGRAMS[name])
    read = {operand for equation in program.equations for operand in equation.operands}
    gradient = derived(program, [tensor.name for tensor in program.inputs if tensor.name in (read or {"x"})])
    for made, of in ((as_gradient(program), program), (gradient, gradient)):
        arrays = as_arrays(point_of(made.program), target, dtype)
        assert_sound(generate(made, target).module(), of, arrays, dtype)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["dies transposed", "einsum", "outer products", "deltas", "read after an output"])
def test_second_derivatives(name, target):
    first = derived(program_of(PROGRAMS[name]), ["x", "y", "Q"])
    second = derived(first, ["x", "Q"])
    assert_sound(generate(second, target).module(), second, as_arrays(point_of(second.program), target), "float64")


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_element_along_every_axis(name):
    program = program_of(PROGRAMS[name])
    if "1]" in PROGRAMS[name] or "M[1" in PROGRAMS[name]:
        pytest.skip("reads a second element")
    point = {tensor.name: np.full([4 if size == 4 else 1 for size in tensor.extents], 0.7) for tensor in program.inputs}
    for target in TARGETS:
        assert_sound(generate(as_gradient(program), target).module(), program, as_arrays(point, target), "float64")


def test_a_workspace_holds_every_temporary():
    source = generate(problem("two-layer-network").gradient)
    text = str(source)[str(source).index("def grad(") :]
    made = [line for line in text.splitlines() if " = torch." in line and "out=" not in line]
    assert [line.split(" = ")[0].strip() for line in made] == ["v_bar", "W_bar"]


def test_memory_of_a_temporary_is_used_again():
    # z, then s in its place, a, p_sum, p, p_bar, a_bar in the place of a, z_bar in that of s: three slots for eight arrays.
    assert len(generate(problem("two-layer-network").gradient).module().workspace(**network())) == 3


def network(dtype="float64"):
    return as_arrays(problem("two-layer-network").point(5, n=7), "torch", dtype)


# -- the checks see what they are there to see ---------------------------------------------------------------------------------

FAULTS = {
    "wrong operation": ("p = p_sum.add_(c)", "p = p_sum.sub_(c)"),
    "overwritten too early": ("a_bar = torch.mul(p_bar[:, None], v, out=a)", "a_bar = torch.mul(p_bar[:, None], v, out=s)"),
    "memory of a living array": ("a = torch.tanh(s, out=t1)", "a = s.tanh_()"),
    "two arrays in one slot": ("torch.tanh(s, out=t1)", "torch.tanh(s, out=t0)"),
    "input written to": ("b_bar = z_bar.sum(0)", "b_bar = z_bar.sum(0) + 0 * y.mul_(2).sum()"),
    "result in the workspace": (
        "W_bar = torch.mm(z_bar.T, x)",
        "W_bar = out[0].view(-1)[: W.numel()].view_as(W).copy_(z_bar.T @ x) if out is not None else z_bar.T @ x",
    ),
    "result that is a slot": ("c_bar = p_bar.sum()", "c_bar = torch.cumsum(p_bar, 0, out=p_bar)[-1]"),
    "results that share memory": ("b_bar = z_bar.sum(0)", "b_bar = z_bar.sum(0); c_bar = v_bar[0].copy_(c_bar)"),
    "one rounding too many": ("p_bar = p.sub_(y)", "p_bar = p.float().double().sub_(y)"),
    "another shape": ("b_bar = z_bar.sum(0)", "b_bar = z_bar.sum(0)[None]"),
    "another dtype": ("c_bar = p_bar.sum()", "c_bar = p_bar.sum().float()"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_seen(fault):
    chosen = problem("two-layer-network")
    right = generate(chosen.gradient)
    old, new = FAULTS[fault]
    assert right.text.count(old) == 1
    wrong = Source(right.text.replace(old, new), right.target, right.functions)
    assert_sound(right.module(), chosen.gradient, network(), "float64")
    with pytest.raises((AssertionError, RuntimeError)):
        assert_sound(wrong.module(), chosen.gradient, network(), "float64")


def test_fault_that_only_a_second_call_shows():
    program = parse("data x[n]; parameter w; z[i] = exp(x[i]) + w; u[i] = z[i]*z[i]; v[i] = u[i]*x[i]; output v")
    right = generate(as_gradient(program))
    arrays = as_arrays({"w": np.array(0.5), "x": np.array([0.1, 0.2])})
    arrays = {name: arrays[name] for name in ("x", "w")}
    assert_sound(right.module(), program, arrays, "float64")
    wrong = Source(right.text.replace("v = torch.mul(u, x)", "v = torch.mul(u, x, out=u)"), right.target, right.functions)
    assert wrong.text != right.text
    assert_right(wrong.module().grad(**arrays), program, arrays, "float64")
    with pytest.raises(AssertionError):
        assert_sound(wrong.module(), program, arrays, "float64")


def test_a_program_of_many_temporaries():
    terms = [f"a{k}[i] = exp(x[i]/{k})*y[i]" for k in range(2, 20)]
    total = " + ".join(f"a{k}[i]*a{k + 1}[i]" for k in range(2, 19))
    program = parse(f"data x[n]; data y[n]; {'; '.join(terms)}; L = Σ_i ({total}); output L")
    gradient = derived(program, ["x", "y"])
    text = str(generate(gradient))
    assert max(map(len, text.splitlines())) <= 128
    arrays = as_arrays({"x": np.arange(3.0), "y": np.array([0.5, -1.0, 2.0])})
    assert_sound(generate(gradient).module(), gradient, arrays, "float64")
