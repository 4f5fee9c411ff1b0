"""Calls of linear algebra."""

from math import inf

import torch
from capturing.row_cases import F64, call, spd, x


def regular(*shape):
    """Return matrices far from singular, with pivots that move rows."""
    return (x(*shape).detach() + 2 * torch.eye(*shape[-2:], dtype=F64).flip(0)).requires_grad_()


def positive_determinant(size):
    """Return a matrix with a logarithm of its determinant."""
    drawn = regular(size, size).detach()
    return (drawn if torch.linalg.det(drawn) > 0 else drawn.flip(0)).requires_grad_()


def triangular(*shape, upper):
    """Return a triangle with a diagonal far from 0, the other elements of no account."""
    drawn = x(*shape).detach()
    drawn = drawn + 2 * torch.eye(shape[-1], dtype=F64) * drawn.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-1)
    return (drawn.triu() if upper else drawn.tril()).requires_grad_()


def factored(*shape):
    """Return an LU factorization with its pivots."""
    packed, pivots = torch.linalg.lu_factor(regular(*shape).detach())
    return packed.requires_grad_(), pivots


def reflected(*shape):
    """Return the reflections that a QR factorization stores."""
    packed, tau = torch.geqrf(x(*shape).detach())
    return packed.requires_grad_(), tau.requires_grad_()


def _inverse(operator, matrix):
    """Call the check of errors that comes with an inverse."""
    return torch.linalg.inv(matrix)


CASES = {
    "with_effects": [call(regular(2, 2), through=_inverse)],
    "linalg_cond.default": [call(regular(2, 2), each) for each in (1, -1, inf, -inf)],
    "linalg_cond.p_str": [call(regular(2, 2), "fro")],
    "_linalg_det.default": [call(regular(3, 3), take=[0]), call(regular(2, 2, 2), take=[0])],
    "_linalg_slogdet.default": [call(regular(3, 3), take=[0, 1])],
    "logdet.default": [call(positive_determinant(3))],
    "linalg_inv_ex.default": [call(regular(3, 3))],
    "_linalg_solve_ex.default": [
        call(regular(3, 3), x(3, 2), take=[0]),
        call(regular(2, 2), x(3, 2), left=False, take=[0]),
        call(regular(3, 3), x(3), take=[0]),
    ],
    "linalg_solve_triangular.default": [
        call(triangular(3, 3, upper=True), x(3, 2), upper=True),
        call(triangular(3, 3, upper=False), x(2, 3), upper=False, left=False),
        call(triangular(3, 3, upper=False), x(3, 1), upper=False, unitriangular=True),
    ],
    "triangular_solve.default": [
        call(x(3, 2), triangular(3, 3, upper=True), take=[0]),
        call(x(3, 2), triangular(3, 3, upper=False), False, True, take=[0]),
    ],
    "linalg_pinv.atol_rtol_tensor": [call(x(3, 2)), call(x(2, 3)), call(regular(2, 2))],
    "cholesky_inverse.default": [call(triangular(3, 3, upper=False)), call(triangular(2, 2, upper=True), True)],
    "cholesky_solve.default": [
        call(x(3, 2), triangular(3, 3, upper=False)),
        call(x(2, 1), triangular(2, 2, upper=True), True),
    ],
    "linalg_cholesky_ex.default": [call(spd(3, 3)), call(spd(2, 2, 2), upper=True)],
    "cholesky.default": [call(spd(3, 3)), call(spd(2, 2), True)],
    "linalg_lu_factor_ex.default": [call(regular(3, 3)), call(regular(3, 2))],
    "linalg_lu.default": [call(regular(3, 3)), call(regular(2, 3))],
    "lu_unpack.default": [call(*factored(3, 3)), call(*factored(2, 3))],
    "linalg_lu_solve.default": [
        call(*factored(3, 3), x(3, 2)),
        call(*factored(2, 2), x(3, 2), left=False),
        call(*factored(3, 3), x(3, 1), adjoint=True),
    ],
    "linalg_qr.default": [call(x(3, 2)), call(x(2, 3)), call(x(2, 2, 2))],
    "linalg_householder_product.default": [call(*reflected(3, 2))],
    "orgqr.default": [call(*reflected(3, 3))],
    "ormqr.default": [
        call(*reflected(3, 2), x(3, 2)),
        call(*reflected(3, 2), x(2, 3), False, True),
        call(*reflected(3, 3), x(3, 1), True, True),
    ],
}
