"""Hand-written backwards with the faults that people make, each found by `check`, beside one that is right."""

import pytest
import torch

import diffcheck as dc
from diffcheck.errors import UnknownName, WrongGradient

X = torch.tensor([[0.3, -1.1, 2.7], [1.4, 0.7, -0.9]], dtype=torch.float64, requires_grad=True)


class Cube(torch.autograd.Function):
    """x³, right."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x**2


class Total(Cube):
    """Σ x³, right."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x**3).sum()


class CotangentIgnored(Total):
    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return 3 * x**2


class StridesIgnored(Cube):
    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return torch.as_strided(slope, x.shape, (x.shape[1], 1)) * 3 * x**2


class ExpansionIgnored(Cube):
    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return (slope if slope.stride()[-1] else slope / x.numel()) * 3 * x**2


class SavedTensorMutated(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.kept = x.clone()
        value = ctx.kept**3
        ctx.kept.mul_(1.001)
        return value

    @staticmethod
    def backward(ctx, slope):
        return slope * 3 * ctx.kept**2


class SinglePrecision(Cube):
    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * (3 * x.float() ** 2).double()


class NoneForAll(Cube):
    @staticmethod
    def backward(ctx, slope):
        return None


class OneMissing(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(ctx, slope):
        x, y = ctx.saved_tensors
        return slope * y, slope * x if ctx.needs_input_grad[0] and not ctx.needs_input_grad[1] else None


FAULTS = [CotangentIgnored, StridesIgnored, ExpansionIgnored, SavedTensorMutated, SinglePrecision, NoneForAll]


@pytest.mark.parametrize("function", [Cube, Total])
def test_right_ones_pass(function):
    assert dc.check(function.apply, X).ok
    assert dc.gradcheck(function.apply, X)


@pytest.mark.parametrize("function", FAULTS, ids=lambda function: function.__name__)
def test_faults_are_found(function):
    assert not dc.check(function.apply, X).ok


@pytest.mark.parametrize("function", [CotangentIgnored, SavedTensorMutated, SinglePrecision, NoneForAll])
def test_gradcheck_finds_them_too(function):
    assert not dc.gradcheck(function.apply, X, raise_exception=False)


def test_torchs_own_gradcheck_passes_single_precision():
    assert torch.autograd.gradcheck(SinglePrecision.apply, (X,))


def test_a_missing_gradient_of_one_input():
    y = X.detach().cos().requires_grad_()
    findings = dc.check(OneMissing.apply, X, y)
    assert {item.place.name for item in findings if item.verdict.value == "wrong"} == {"y"}


def kernel(x):
    """A function that cannot be captured, as a kernel in another language cannot."""
    return Kernel.apply(x)


class Kernel(torch.autograd.Function):
    spoilt = 1.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.from_numpy(x.detach().numpy() ** 3)

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x**2 * Kernel.spoilt


REFERENCES = [
    lambda x: x**3,
    lambda other: other * other * other,
    "data x[2, 3]; y[i,j] = x[i,j]**3",
    dc.parse("data x[2, 3]; y[i,j] = x[i,j]**3"),
]


@pytest.mark.parametrize("reference", REFERENCES, ids=["function", "other names", "text", "program"])
def test_a_kernel_is_judged_by_its_reference(reference, monkeypatch):
    assert dc.check(kernel, X, wrt="x", reference=reference).ok
    monkeypatch.setattr(Kernel, "spoilt", 1 + 1e-9)
    assert not dc.check(kernel, X, wrt="x", reference=reference).ok


def test_a_forward_that_is_not_its_reference_is_wrong_too():
    findings = dc.check(kernel, X, wrt="x", reference=lambda x: x**3 * (1 + 1e-9))
    with pytest.raises(WrongGradient):
        findings.raise_if_wrong()


def test_a_reference_has_the_names_of_the_function():
    with pytest.raises(UnknownName, match="argument of the function"):
        dc.check(kernel, X, wrt="x", reference="data z[2, 3]; y[i,j] = z[i,j]**3")


class FailsByIndex(Cube):
    @staticmethod
    def backward(ctx, slope):
        return ctx.saved_tensors[1]


class FailsTheSecondTime(Cube):
    calls = 0

    @staticmethod
    def backward(ctx, slope):
        FailsTheSecondTime.calls += 1
        if FailsTheSecondTime.calls % 2 == 0:
            raise KeyError("gone")
        return slope * 3 * ctx.saved_tensors[0] ** 2


@pytest.mark.parametrize("function", [FailsByIndex, FailsTheSecondTime])
def test_a_backward_that_raises_anything_is_a_wrong_finding(function):
    findings = dc.check(function.apply, X)
    assert not findings.ok
    assert "Error" in str(findings.worst)
    assert not dc.gradcheck(function.apply, X, raise_exception=False)


def test_a_finding_keeps_what_it_says_beside_its_mode():
    findings = dc.check(lambda x: x**3, X, engine=lambda subject, cotangents: {"x": torch.zeros(2)})
    assert "got shape (2,)" in str(findings.worst)
    assert "for" in str(findings.worst)


class Product(torch.autograd.Function):
    @staticmethod
    def forward(left, right):
        return left * right

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, slope):
        left, right = ctx.saved_tensors
        return slope * right, slope * left


def test_a_function_s_apply_is_called_by_its_class_and_the_arguments_of_its_forward():
    x = torch.ones(2, requires_grad=True)
    assert dc.check(Cube.apply, x, wrt="x").subject == "gradient of Cube"
    findings = dc.check(Product.apply, x, 2 * torch.ones(2), wrt=("left", "right"))
    assert findings.ok
    assert findings.subject == "gradient of Product"
