"""Linear algebra written out: outputs and gradients are PyTorch's, and where there is none nothing is verified."""

import pytest
import torch
from torch import linalg
from torch.nn.functional import pdist

import diffcheck as dc
from diffcheck.errors import CaptureError, DiffcheckError, UnfaithfulCapture, UnsupportedOperator
from diffcheck.verification import Verdict
from diffcheck.verification.differentiating import autograd


def drawn(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def symmetric(*shape):
    matrix = drawn(*shape, shape[-1])
    return matrix @ matrix.mT + torch.eye(shape[-1], dtype=torch.float64)


A, STACK, TALL, WIDE, RIGHT = drawn(3, 3), drawn(2, 2, 2), drawn(4, 2), drawn(2, 3), drawn(3, 2, seed=2)
SYMMETRIC = symmetric(3)
LOWER = linalg.cholesky(SYMMETRIC)
PACKED, PIVOTS = linalg.lu_factor(A)
REFLECTED = torch.geqrf(TALL)

ROWS = {
    "inv": (linalg.inv, A),
    "tensorinv": (lambda a: linalg.tensorinv(a, ind=1), drawn(4, 2, 2)),
    "solve": (linalg.solve, A, RIGHT),
    "solve for a stack": (linalg.solve, STACK, drawn(2, 2)),
    "solve from the right": (lambda a, b: linalg.solve(a, b, left=False), A, RIGHT.mT),
    "solve for a vector": (linalg.solve, A, RIGHT[:, 0]),
    "solve_triangular": (lambda a, b: linalg.solve_triangular(a, b, upper=True), A, RIGHT),
    "solve_triangular, unit": (lambda a, b: linalg.solve_triangular(a, b, upper=False, unitriangular=True), A, RIGHT),
    "solve_triangular, right": (lambda a, b: linalg.solve_triangular(a, b, upper=False, left=False), A, RIGHT.mT),
    "det": (linalg.det, A),
    "det of a stack": (linalg.det, STACK),
    "slogdet": (linalg.slogdet, A),
    "logdet": (torch.logdet, SYMMETRIC),
    "pinv, tall": (linalg.pinv, TALL),
    "pinv, wide": (linalg.pinv, WIDE),
    "cholesky": (linalg.cholesky, SYMMETRIC),
    "cholesky of a stack": (lambda a: linalg.cholesky(a, upper=True), symmetric(2, 2)),
    "cholesky_inverse": (torch.cholesky_inverse, LOWER),
    "cholesky_solve": (lambda b, a: torch.cholesky_solve(b, a, upper=True), RIGHT, LOWER.mT),
    "lu": (linalg.lu, A),
    "lu, tall": (linalg.lu, TALL),
    "lu, wide": (linalg.lu, WIDE),
    "lu_factor of a stack": (lambda a: linalg.lu_factor(a)[0], STACK),
    "lu_unpack": (torch.lu_unpack, PACKED, PIVOTS),
    "lu_solve": (linalg.lu_solve, PACKED, PIVOTS, RIGHT),
    "lu_solve, transposed": (lambda a, p, b: linalg.lu_solve(a, p, b, adjoint=True), PACKED, PIVOTS, RIGHT),
    "qr": (linalg.qr, A),
    "qr, tall": (linalg.qr, TALL),
    "qr, wide": (lambda a: linalg.qr(a, mode="complete"), WIDE),
    "qr of a stack": (linalg.qr, STACK),
    "qr of what is triangular": (linalg.qr, A.triu()),
    "householder_product": (linalg.householder_product, *REFLECTED),
    "ormqr": (lambda a, t, b: torch.ormqr(a, t, b, transpose=True), *REFLECTED, drawn(4, 2)),
    "cross": (lambda a, b: linalg.cross(a, b, dim=0), A, RIGHT[:, :1]),
    "addbmm": (lambda a, b, c: torch.addbmm(a, b, c, beta=0.5, alpha=2.0), drawn(3, 3), drawn(2, 3, 4), drawn(2, 4, 3)),
    "dist": (lambda a, b: torch.dist(a, b, 3), A, SYMMETRIC),
}


def leaves(inputs):
    return [value.clone().requires_grad_(value.is_floating_point()) for value in inputs]


@pytest.mark.parametrize("name", sorted(ROWS))
def test_outputs_and_gradients_agree(name):
    function, *inputs = ROWS[name]
    findings = dc.check(function, *leaves(inputs), tangents=1)
    assert findings.ok, findings.table()


@pytest.mark.parametrize("p", [0, 0.5, 1, 2, 3, torch.inf])
def test_distances_agree_and_have_the_derivative_0_where_they_are_0(p):
    points = drawn(3, 2)
    assert dc.check(lambda a, b: torch.cdist(a, b, p), *leaves([points, points]), tangents=1).ok
    assert dc.check(lambda a: pdist(a, p), *leaves([points]), tangents=1).ok


@pytest.mark.parametrize("p", [-torch.inf, 0, 0.5, 2, 3])
def test_norms_agree_at_zero_too(p):
    assert dc.check(lambda a: linalg.vector_norm(a, p, dim=1), *leaves([A]), tangents=1).ok
    if p not in (torch.inf, -torch.inf):
        assert dc.check(lambda a: linalg.vector_norm(a, p), *leaves([torch.zeros(3, dtype=torch.float64)])).ok


@pytest.mark.parametrize("name", ["inv", "cholesky", "lu", "qr"])
def test_a_gradient_wrong_by_1e_minus_8_is_refused(name):
    function, *inputs = ROWS[name]

    def slightly_wrong(subject, cotangents):
        return {key: value * (1 + 1e-8) for key, value in autograd(subject, cotangents).items()}

    assert not dc.check(function, *leaves(inputs), tangents=1, engine=slightly_wrong).ok


@pytest.mark.parametrize("name", ["inv", "slogdet", "lu", "qr"])
def test_the_second_derivative_agrees(name):
    function, *inputs = ROWS[name]

    def slope(a):
        outputs = function(a)
        total = sum(part.sin().sum() for part in (outputs if isinstance(outputs, tuple) else (outputs,)))
        return torch.autograd.grad(total, a, create_graph=True)[0]

    gradient = dc.derive(dc.capture(lambda a: _sines(function(a)), *inputs), "a")
    twice = dc.derive(gradient.program, "a")
    point = leaves(inputs)[0]
    towards = drawn(*point.shape, seed=5)
    (expected,) = torch.autograd.grad(slope(point), point, towards)
    (seed,) = (tensor.name for tensor in twice.program.inputs if tensor.name != "a")
    exact = dc.exact(twice, {"a": point.detach(), seed: towards}).rounded()["a"]
    assert torch.allclose(torch.from_numpy(exact), expected, rtol=1e-8, atol=1e-10)


def _sines(outputs):
    return sum(part.sin().sum() for part in (outputs if isinstance(outputs, tuple) else (outputs,)))


SINGULAR = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=torch.float64)


@pytest.mark.parametrize(
    "function", [lambda a: linalg.inv_ex(a)[0], linalg.det, lambda a: linalg.slogdet(a)[1], linalg.pinv, linalg.lu]
)
def test_at_a_singular_matrix_nothing_is_verified(function):
    try:
        findings = dc.check(function, *leaves([SINGULAR]), tangents=1)
    except DiffcheckError:
        return
    assert not findings.ok or all(finding.verdict is Verdict.UNDEFINED for finding in findings)


@pytest.mark.parametrize("tied", [torch.tensor([[1.0, 1, 1], [1, -1, 1], [1, 1, -1]]), torch.eye(3).flip(0)])
def test_pivots_of_one_size_are_no_tie(tied):
    for function in (linalg.inv, linalg.det):
        assert dc.check(function, *leaves([tied.double()]), tangents=1).ok


def test_matrices_of_which_one_triangle_is_read_must_be_symmetric():
    with pytest.raises(UnfaithfulCapture):
        dc.check(linalg.cholesky, *leaves([SYMMETRIC.tril() + 0.1 * torch.eye(3).flip(0)]))


def test_condition_numbers_are_captured():
    # In PyTorch 2.13 the backward of cond for p = 'fro', ±1, ±inf raises: its forward overwrites the inverse.
    program = dc.capture(lambda a: linalg.cond(a, "fro"), A)
    value = dc.exact(program, {"a": A}).rounded()["output"]
    assert float(value) == pytest.approx(float(linalg.cond(A, "fro")), rel=1e-13)


@pytest.mark.parametrize(
    ("function", "matrix", "kind", "said"),
    [
        (linalg.inv, drawn(17, 17), CaptureError, "at most 16 rows"),
        (linalg.cond, A, UnsupportedOperator, "singular values"),
        (linalg.svdvals, A, UnsupportedOperator, "_linalg_svd"),
        (lambda a: linalg.qr(a, mode="complete"), TALL, CaptureError, "mode='reduced'"),
    ],
)
def test_what_has_no_finite_program_is_refused(function, matrix, kind, said):
    with pytest.raises(kind, match=said):
        dc.check(function, *leaves([matrix]))
