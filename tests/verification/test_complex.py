"""check and gradcheck of complex functions: a gradient is ∂L/∂Re z + i·∂L/∂Im z, and a forgotten conjugate is refused."""

from collections.abc import Callable

import pytest
import torch
from capturing.complex_cases import at, x, z
from torch.autograd import Function

import diffcheck as dc
from diffcheck.errors import UnfaithfulCapture, WrongGradient
from diffcheck.verification.subjects import subject_of

Tensor = torch.Tensor


def squaring(backward: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return z² with a backward that is *backward* of z and the cotangent."""

    class Square(Function):
        @staticmethod
        def forward(given: Tensor) -> Tensor:
            return given * given

        @staticmethod
        def setup_context(ctx: object, inputs: tuple[Tensor], output: Tensor) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: object, cotangent: Tensor) -> Tensor:
            return backward(ctx.saved_tensors[0], cotangent)

    return lambda a: Square.apply(a)  # noqa: PLW0108  # its signature names the argument


RIGHT = squaring(lambda given, cotangent: 2 * given.conj() * cotangent)
FAULTS = {
    "no conjugate": squaring(lambda given, cotangent: 2 * given * cotangent),
    "conjugate of the cotangent": squaring(lambda given, cotangent: 2 * given.conj() * cotangent.conj()),
    "conjugate of all": squaring(lambda given, cotangent: (2 * given.conj() * cotangent).conj()),
    "no imaginary part": squaring(lambda given, cotangent: (2 * given.conj() * cotangent).real + 0j),
    "half of it": squaring(lambda given, cotangent: given.conj() * cotangent),
    "off by 1e-12": squaring(lambda given, cotangent: 2 * given.conj() * cotangent * (1 + 1e-12)),
}


@pytest.mark.parametrize("engine", ["autograd", "func"])
def test_the_right_backward_passes(engine: str) -> None:
    """In either engine, all unit cotangents of both parts tried."""
    findings = dc.check(RIGHT, z(2), engine=engine)
    assert findings.ok, findings.table(3)
    assert len({item.place for item in findings}) == 4


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_backward_is_refused(name: str) -> None:
    """By check and by gradcheck."""
    assert not dc.check(FAULTS[name], z(2)).ok
    assert not dc.gradcheck(FAULTS[name], (z(2),), raise_exception=False)


def test_a_finding_says_which_part() -> None:
    """The last index is 0 or 1, and a note has the words."""
    findings = dc.check(FAULTS["no conjugate"], at(1 + 2j))
    assert {(item.place.index[-1], item.note.split(" part")[0]) for item in findings} == {(0, "real"), (1, "imaginary")}
    with pytest.raises(WrongGradient, match=r"given\[0, \d\] (real|imaginary) part|a\[0, \d\] (real|imaginary) part"):
        findings.raise_if_wrong()


def test_a_real_loss_has_pytorchs_gradient() -> None:
    """L = Σ|z|² has the gradient 2z."""
    given = z(3)
    doubled = 2 * torch.view_as_real(given.detach())
    findings = dc.check(lambda a: (a * a.conj()).real.sum(), given)
    assert findings.ok
    exact = {item.place.index: float(item.exact.mid()) for item in findings if "cotangent" not in item.note}
    assert exact == {(i, part): float(doubled[i, part]) for i in range(3) for part in range(2)}


@pytest.mark.parametrize(("size", "ok"), [(1.0, True), (-1.0, False)])
def test_polar_is_wrong_for_negative_sizes(size: float, ok: bool) -> None:
    """PyTorch's backward has the sign of the result in the place of e^(iθ): ∂/∂r of r·e^(iθ) has the wrong sign for r < 0."""
    r, angle = (torch.tensor([value], dtype=torch.float64).requires_grad_() for value in (size, 0.5))
    assert dc.check(torch.polar, r, angle).ok is ok


def test_gradcheck_answers_in_every_mode() -> None:
    """Reverse and forward mode and vmap of both, of complex and real inputs together."""

    def function(a: Tensor, b: Tensor) -> Tensor:
        return (a * b.conj()).exp() / b + a.real

    assert dc.gradcheck(
        function,
        (z(2), z(2)),
        check_forward_ad=True,
        check_batched_grad=True,
        check_batched_forward_grad=True,
    )
    assert dc.gradcheck(lambda a, b: a * b, (z(2), x(2)), check_forward_ad=True)
    assert dc.gradgradcheck(lambda a: a * a * a.conj(), (z(2),), check_fwd_over_rev=True, check_fwd_over_fwd=True)


def test_modules_may_have_complex_parameters() -> None:
    """They are judged as pairs too, beside real ones, and a fault in their gradient is seen."""

    class Layer(torch.nn.Module):
        def __init__(self, square: Callable[[Tensor], Tensor]) -> None:
            super().__init__()
            self.square = square
            self.weight = torch.nn.Parameter(z(2, 3).detach())
            self.shift = torch.nn.Parameter(x(2).detach())
            self.register_buffer("turn", z(2).detach())

        def forward(self, given: Tensor) -> Tensor:
            return (self.square(self.weight) @ given + self.shift) * self.turn

    right = dc.check(Layer(RIGHT), z(3), tangents=1)
    assert right.ok, right.table(3)
    assert {item.place.name for item in right} == {"given", "weight", "shift"}
    assert not dc.check(Layer(FAULTS["no conjugate"]), z(3), tangents=1).ok


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_both_precisions_are_judged(dtype: torch.dtype) -> None:
    """With inputs that are conjugate or strided views too."""
    given = z(4, dtype=dtype).detach()
    for value in (given.conj().requires_grad_(), given[::2].requires_grad_()):
        assert dc.check(lambda a: a * a / (a + 2), value, tangents=1).ok


def test_a_reference_takes_complex_arguments() -> None:
    """A function of PyTorch, or a program of pairs."""
    assert dc.check(RIGHT, z(2), reference=lambda a: a**2, tangents=1).ok
    assert not dc.check(RIGHT, z(2), reference=lambda a: a * a.conj(), tangents=1).ok
    program = dc.parse("parameter a[2,2]; p[i,k:2] = delta(k,0)*(a[i,0]**2 - a[i,1]**2) + delta(k,1)*2*a[i,0]*a[i,1]")
    assert dc.check(RIGHT, z(2), reference=program, tangents=1).ok


def test_the_subject_calls_the_function_with_complex_numbers() -> None:
    """What stands for z in the subject is a pair; the function gets z."""
    given = z(3)
    subject = subject_of(lambda a, b: a * b, (given, x(3)), None, None)
    assert subject.pairs == {"a"}
    leaves = subject.leaves()
    assert leaves["a"].shape == (3, 2)
    assert leaves["b"].shape == (3,)
    (output,) = subject.call(leaves)
    assert torch.equal(output, torch.view_as_real(given * subject.inputs[1]))


def test_the_branch_cut_is_pytorchs() -> None:
    """√(−1 + 0i) = i; a negative zero is no exact number, and is refused rather than judged by the other side."""
    assert dc.check(torch.sqrt, at(complex(-1.0, 0.0))).ok
    with pytest.raises(UnfaithfulCapture):
        dc.check(
            torch.sqrt, torch.view_as_complex(torch.tensor([-1.0, -0.0], dtype=torch.float64)).requires_grad_(), wrt="input"
        )
