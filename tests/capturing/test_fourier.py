"""Discrete Fourier transforms: values, gradients and round trips, whichever way PyTorch computes them."""

import numpy as np
import pytest
import torch
from capturing.complex_cases import x, z
from torch import fft

import diffcheck as dc
from diffcheck.capturing.complex_numbers import COMPLEX_ROWS
from diffcheck.errors import CaptureError

WINDOW = torch.hann_window(4, dtype=torch.float64)
CASES = {
    "complex": (fft.fft, z(6)),
    "inverse, padded": (lambda a: fft.ifft(a, n=5), z(4)),
    "two axes, unitary": (lambda a: fft.fft2(a, norm="ortho"), z(2, 3)),
    "forward by n": (lambda a: fft.fftn(a, norm="forward"), z(2, 3)),
    "real": (fft.rfft, x(5)),
    "real, two axes": (lambda a: fft.rfft2(a, norm="ortho"), x(3, 4)),
    "real, all frequencies": (fft.fft, x(4)),
    "to real, even": (fft.irfft, z(4)),
    "to real, odd": (lambda a: fft.irfft(a, n=5), z(3)),
    "to real, one": (lambda a: fft.irfft(a, n=1), z(1)),
    "to real, two axes": (fft.irfft2, z(2, 3)),
    "hermitian": (fft.hfft, z(3)),
    "of hermitian": (fft.ihfft, x(4)),
    "shifted": (lambda a: fft.ifftshift(fft.fftshift(fft.fft(a, dim=0))), z(2, 2)),
    "of windows": (
        lambda a: torch.stft(a, 4, 2, window=WINDOW, center=False, return_complex=True).abs(),
        x(8),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_transform_has_pytorchs_value_and_gradient(name: str) -> None:
    """Both lie within the bounds, for a cotangent that has both parts."""
    function, *inputs = CASES[name]
    findings = dc.check(function, *inputs, tangents=1)
    assert findings.ok, findings.table(3)


@pytest.mark.parametrize(("size", "dtype"), [(61, torch.complex128), (127, torch.complex64), (64, torch.complex64)])
def test_fast_transforms_lie_within_the_bound_of_the_direct_sum(size: int, dtype: torch.dtype) -> None:
    """For prime n too, which is computed by a convolution that mixes all inputs; real inputs have sums that are exactly 0."""
    values = z(size).detach().real.to(dtype).requires_grad_()
    assert dc.check(fft.fft, values, tangents=1).ok


def test_a_wrong_frequency_is_seen() -> None:
    """The bound is far below the next value: one output shifted by 1e-11 of itself is refused."""
    program = dc.capture(fft.fft, z(8))
    given = z(8).detach()
    exact = dc.exact(program, {"input": torch.view_as_real(given)}).rounded()["output"]
    assert np.allclose(exact, torch.view_as_real(fft.fft(given)).numpy(), rtol=0, atol=1e-14)

    def bent(a: torch.Tensor) -> torch.Tensor:
        return fft.fft(a) * (1 + 1e-11)

    assert not dc.check(bent, z(8), reference=fft.fft, tangents=1).ok


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_a_round_trip_is_the_identity(size: int) -> None:
    """ifft(fft(z)) = z, exactly: the balls of the program hold z."""
    program = dc.capture(lambda a: fft.ifft(fft.fft(a)), z(size))
    given = torch.view_as_real(z(size).detach())
    assert dc.exact(program, {"a": given}).rounded()["output"].tolist() == given.tolist()


@pytest.mark.parametrize("size", [6, 7])
def test_c2r_ignores_the_imaginary_parts_that_cancel(size: int) -> None:
    """At k = 0, and at k = n/2 for even n, as PyTorch: value and gradient."""
    program = dc.capture(lambda a: fft.irfft(a, n=size), z(size // 2 + 1))
    given = torch.view_as_real(z(size // 2 + 1).detach())
    other = given.clone()
    other[0, 1] += 1
    other[-1, 1] += 1 - size % 2
    first, second = (dc.exact(program, {"a": value}).rounded()["output"] for value in (given, other))
    assert first.tolist() == second.tolist()
    assert dc.check(lambda a: fft.irfft(a, n=size).square().sum(), z(size // 2 + 1)).ok


def test_an_unknown_normalization_is_refused() -> None:
    """PyTorch knows three."""
    with pytest.raises(CaptureError, match="normalization 3"):
        dc.capture(lambda a: torch.ops.aten._fft_c2c(a, [0], 3, True), z(3))


def test_every_transform_has_a_row() -> None:
    """Three operators are all that PyTorch has."""
    assert {f"aten._fft_{kind}.default" for kind in ("c2c", "r2c", "c2r")} <= set(COMPLEX_ROWS)
