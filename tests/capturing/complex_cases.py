"""Functions of complex tensors, each with what it is called with; between them they call every row of complex numbers."""

import torch
from torch import nn

GENERATOR = torch.Generator().manual_seed(11)


def z(*shape: int, dtype: torch.dtype = torch.complex128) -> torch.Tensor:
    """Return complex normal numbers."""
    return torch.randn(*shape, generator=GENERATOR, dtype=dtype).requires_grad_()


def x(*shape: int) -> torch.Tensor:
    """Return real normal numbers."""
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64).requires_grad_()


def at(*values: complex) -> torch.Tensor:
    """Return a complex vector of *values*."""
    return torch.tensor(values, dtype=torch.complex128).requires_grad_()


ROWS = torch.tensor([1, 0, 1])
MASK = torch.tensor([True, False, True])

ARITHMETIC = {
    "product": (lambda a, b: a * b, z(3), z(3)),
    "product with its conjugate": (lambda a: a * a.conj(), z(3)),
    "product with real numbers": (lambda a, b: a * b + b, z(2, 3), x(3)),
    "constants": (lambda a: (1j * a + (2 - 1j)) / 3 - 1 / (a * 2j) - a, z(3)),
    "quotient": (lambda a, b: a / b, z(3), z(3)),
    "quotient by real numbers": (lambda a, b: b / a, x(3), z(3)),
    "reciprocal": (lambda a: a.reciprocal() - a.conj(), z(3)),
    "modulus at 0": (torch.abs, at(0, 1, 1j)),
    "modulus of large numbers": (lambda a: (a * 1e200).abs() + (a * 1e-200).abs(), z(3)),
    "direction": (torch.sgn, at(0, 3 + 4j, -2j)),
    "norm": (lambda a: torch.linalg.vector_norm(a, 3, dim=1), z(2, 3)),
    "variance": (lambda a: a.var() + a.std(0).sum(), z(2, 3)),
    "sum and mean": (lambda a: a.sum(0) * a.mean() + a.cumsum(1), z(2, 2)),
    "equality": (lambda a: (a == a.conj()) * a + (a != a.conj()) * 2 * a + (a == 1) * (a != 2) * a, at(1, 2j, 3)),
    "parts": (lambda a: a.real * a.imag + a.conj().imag, z(3)),
    "parts of a product": (lambda a: torch.view_as_real(a * a).sum(0), z(3)),
    "pairs": (lambda a: torch.view_as_complex(a) ** 2, x(3, 2)),
    "complex": (torch.complex, x(3), x(1)),
    "polar": (lambda a, b: torch.polar(a.exp(), b), x(3), x(3)),
    "conversion": (lambda a: a.to(torch.complex128) * 1j, x(3)),
    "conversion to real": (lambda a: (a * a).to(torch.float64), z(2)),
    "filled": (lambda a: a * torch.full_like(a, 2j) + torch.ones_like(a) + torch.zeros_like(a) + torch.tensor(1j), z(3)),
    "conjugate transpose": (lambda a: a.mH @ a, z(3, 2)),
    "physical conjugate": (lambda a: torch.conj_physical(a) * a.resolve_conj(), z(2)),
}

FUNCTIONS = {
    "exponential": (lambda a: a.exp() * a.square(), z(3)),
    "roots": (lambda a: a.sqrt() + a.rsqrt(), z(3)),
    "waves": (lambda a: a.sin() * a.cos() + a.sinh() * a.cosh(), z(2)),
    "powers": (lambda a: a**0 + a**1 + a**2 * a**3 + a**-1 + a**0.5, z(2)),
    "roots on the axes": (torch.sqrt, at(4, 2j, -3j, -1)),
}

PRODUCTS = {
    "matrix product": (torch.mm, z(2, 3), z(3, 2)),
    "batched": (torch.bmm, z(2, 1, 3), z(2, 3, 2)),
    "vectors": (lambda a, b: torch.dot(a, b) + torch.vdot(a, b), z(3), z(3)),
    "matrix and vector": (torch.mv, z(2, 3), z(3)),
    "sum of products": (lambda a, b, c: torch.addmm(a, b, c, beta=2, alpha=3), z(2, 2), z(2, 3), z(3, 2)),
    "einsum": (lambda a, b: torch.einsum("ij,kj->ik", a, b.conj()), z(2, 3), z(2, 3)),
    "linear": (nn.functional.linear, z(2, 3), z(2, 3), z(2)),
    "convolution": (nn.functional.conv1d, z(1, 2, 4), z(2, 2, 2), z(2)),
}

MOVEMENT = {
    "shapes": (lambda a: a.reshape(3, 2).T.unsqueeze(0).expand(2, 2, 3).squeeze(0)[:, 1, ::2].flip(0), z(2, 3)),
    "joined": (lambda a, b: torch.stack([torch.cat([a, b.to(a.dtype)]), torch.cat([b + 0 * a, a])]), z(2), x(2)),
    "parted": (lambda a: a.unbind(0)[1] * a.split(1)[0], z(2, 2)),
    "chosen": (lambda a: torch.where(a.real > 0, a, 2j).masked_fill(MASK, 1 + 2j) + torch.where(MASK, a, 2.0), z(3)),
    "indexed": (lambda a: a[ROWS] * a.index_select(0, ROWS) + a.gather(0, ROWS), z(3)),
    "padded": (lambda a: nn.functional.pad(a, (1, 2), value=3.0) * torch.arange(6), z(3)),
    "rolled": (lambda a: a.roll(1, 0).tril() + a.triu() + a.diagonal(), z(2, 2)),
    "windows": (lambda a: a.unfold(0, 2, 1).repeat(1, 2), z(4)),
}

CASES = ARITHMETIC | FUNCTIONS | PRODUCTS | MOVEMENT
