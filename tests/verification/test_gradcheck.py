"""gradcheck and gradgradcheck: right functions pass in every mode, and a fault planted in each mode is found by that mode."""

import warnings

import pytest
import torch
from capturing.functions import ALL
from torch.autograd.function import once_differentiable

import diffcheck as dc
from diffcheck.errors import DerivationError, IgnoredToleranceWarning, TangentError, WrongGradient

EVERY_FIRST = {"check_forward_ad": True, "check_batched_grad": True, "check_batched_forward_grad": True}
EVERY_SECOND = {"check_fwd_over_rev": True, "check_rev_over_fwd": True, "check_fwd_over_fwd": True}
NAMES = [
    "views",
    "matmul",
    "elementary",
    "softmax",
    "moments",
    "products",
    "several outputs",
    "gelu",
    "mse",
    "sorting",
]


def given(name):
    function, *inputs = ALL[name]
    return function, [value.clone().requires_grad_() if value.is_floating_point() else value for value in inputs]


class Cube(torch.autograd.Function):
    """x³ with every rule right; the faults below spoil one rule each."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x**3

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x**2

    @staticmethod
    def jvp(ctx, tangent):
        (x,) = ctx.saved_tensors
        return tangent * 3 * x**2


class ForwardByTwo(Cube):
    @staticmethod
    def jvp(ctx, tangent):
        (x,) = ctx.saved_tensors
        return tangent * 2 * x**2


class BackwardIgnored(Cube):
    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return 3 * x**2


class Detached(Cube):
    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x.detach() ** 2


class OnceOnly(Cube):
    @staticmethod
    @once_differentiable
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x**2


class Unsteady(Cube):
    calls = 0

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        Unsteady.calls += 1
        return slope * 3 * x**2 * (1 + 2**-52 * (Unsteady.calls % 2))


class Pair(torch.autograd.Function):
    """(2x, x²), whose backward takes an undefined gradient for ones."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        return 2 * x, x**2

    @staticmethod
    def backward(ctx, first, second):
        (x,) = ctx.saved_tensors
        first = torch.ones_like(x) if first is None else first
        second = torch.zeros_like(x) if second is None else second
        return 2 * first + 2 * x * second


PYTORCH_213 = pytest.mark.skipif("2.13." not in torch.__version__, reason="known of PyTorch 2.13")
X = torch.tensor([0.5, -1.25, 2.0], dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", [*NAMES, "classifier"])
def test_right_functions_pass_in_every_mode(name):
    function, inputs = given(name)
    assert dc.gradcheck(function, inputs, **EVERY_FIRST)


@pytest.mark.parametrize("name", NAMES)
def test_right_functions_pass_in_every_mode_of_second_order(name):
    function, inputs = given(name)
    assert dc.gradgradcheck(function, inputs, **EVERY_SECOND)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_a_custom_function_passes_in_every_dtype(dtype):
    x = X.detach().to(dtype).requires_grad_()
    assert dc.gradcheck(Cube.apply, x, **EVERY_FIRST)
    assert dc.gradgradcheck(Cube.apply, x, check_fwd_over_rev=True, check_rev_over_fwd=True)


FAULTS = {
    "forward": (ForwardByTwo, dc.gradcheck, {"check_forward_ad": True, "check_backward_ad": False}),
    "vmap of forward": (
        ForwardByTwo, dc.gradcheck, {"check_batched_forward_grad": True, "check_backward_ad": False}
    ),
    "reverse": (BackwardIgnored, dc.gradcheck, {}),
    "vmap of reverse": (BackwardIgnored, dc.gradcheck, {"check_batched_grad": True, "check_backward_ad": False}),
    "reverse over reverse": (Detached, dc.gradgradcheck, {}),
    "forward over reverse": (Detached, dc.gradgradcheck, {"check_rev_over_rev": False, "check_fwd_over_rev": True}),
    "reverse over forward": (ForwardByTwo, dc.gradgradcheck, {"check_rev_over_rev": False, "check_rev_over_fwd": True}),
}  # fmt: skip


@pytest.mark.parametrize("mode", FAULTS)
def test_each_mode_finds_the_fault_in_its_rule(mode):
    function, ask, asked = FAULTS[mode]
    assert ask(Cube.apply, X, **asked)
    assert not ask(function.apply, X, raise_exception=False, **asked)
    with pytest.raises(WrongGradient, match=mode):
        ask(function.apply, X, **asked)


def test_a_backward_that_cannot_be_differentiated_is_named():
    assert dc.gradcheck(OnceOnly.apply, X)
    with pytest.raises(WrongGradient, match="reverse over reverse"):
        dc.gradgradcheck(OnceOnly.apply, X)


@PYTORCH_213
def test_forward_over_forward_through_a_custom_function_is_found_wrong():
    # pytorch/pytorch#197867: the inner tangent is lost, and the second derivative is zero.
    with pytest.raises(WrongGradient, match=r"forward over forward = 0.0, wrong \(spurious zero\)"):
        dc.gradgradcheck(Cube.apply, X, check_rev_over_rev=False, check_fwd_over_fwd=True)


@PYTORCH_213
@pytest.mark.parametrize("mode", ["check_rev_over_fwd", "check_fwd_over_fwd"])
def test_second_derivatives_of_layer_norm_through_forward_mode_are_found_wrong(mode):
    # pytorch/pytorch#196700; reverse over reverse and forward over reverse are right.
    function, inputs = given("classifier")
    assert dc.gradgradcheck(function, inputs, check_fwd_over_rev=True)
    with pytest.raises(WrongGradient, match=", wrong"):
        dc.gradgradcheck(function, inputs, check_rev_over_rev=False, **{mode: True})


def test_a_result_that_changes_from_run_to_run_is_found_beyond_the_tolerance():
    with pytest.raises(WrongGradient, match="another result when computed again"):
        dc.gradcheck(Unsteady.apply, X)
    assert dc.gradcheck(Unsteady.apply, X, nondet_tol=1e-12)


def test_undefined_gradients_of_one_output_are_zeros():
    assert dc.gradcheck(Pair.apply, X, check_undefined_grad=False)
    with pytest.raises(WrongGradient, match="reverse from output 1 alone"):
        dc.gradcheck(Pair.apply, X)


class Unmaterialized(torch.autograd.Function):
    """(x³, x², x⁴), whose backward is 7 where it has no gradient of the outputs in the places *seven*."""

    outputs, seven = 3, None

    @classmethod
    def forward(cls, ctx, x):
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        made = (x**3, x**2, x**4)[: Unmaterialized.outputs]
        return made if len(made) > 1 else made[0]

    @staticmethod
    def backward(ctx, *slopes):
        (x,) = ctx.saved_tensors
        if tuple(place for place, slope in enumerate(slopes) if slope is None) == Unmaterialized.seven:
            return torch.full_like(x, 7)
        parts = zip(slopes, (3 * x**2, 2 * x, 4 * x**3), strict=False)
        return sum((slope * factor for slope, factor in parts if slope is not None), torch.zeros_like(x))


@pytest.mark.parametrize(
    ("outputs", "seven"), [(1, (0,)), (2, (0,)), (2, (1,)), (2, (0, 1)), (3, (0, 1)), (3, (1,)), (3, (2,)), (3, (0, 1, 2))]
)
def test_gradients_of_any_outputs_may_be_undefined(outputs, seven, monkeypatch):
    monkeypatch.setattr(Unmaterialized, "outputs", outputs)
    assert dc.gradcheck(Unmaterialized.apply, X)
    assert dc.gradgradcheck(Unmaterialized.apply, X)
    assert dc.check(Unmaterialized.apply, X).ok
    monkeypatch.setattr(Unmaterialized, "seven", seven)
    assert not dc.gradcheck(Unmaterialized.apply, X, raise_exception=False)
    assert dc.gradcheck(Unmaterialized.apply, X, check_undefined_grad=False)
    if len(seven) < outputs:
        assert not dc.check(Unmaterialized.apply, X).ok
        assert not dc.gradgradcheck(Unmaterialized.apply, X, raise_exception=False)


class Sorted(torch.autograd.Function):
    """The values in order times *factor*, 1 as a user wrote it, and their places."""

    factor = 1

    @staticmethod
    def forward(ctx, x):
        values, places = x.sort()
        ctx.save_for_backward(places)
        ctx.mark_non_differentiable(places)
        return values, places

    @staticmethod
    def backward(ctx, slope, _):
        (places,) = ctx.saved_tensors
        return Sorted.factor * torch.zeros_like(slope).scatter(0, places, slope)


@pytest.mark.parametrize("function", [torch.sort, lambda x: torch.max(x, 0), lambda x: x.topk(2), lambda x: (x > 0, x.sin())])
def test_outputs_that_are_no_real_numbers_are_left_out(function):
    assert dc.check(function, X).ok
    assert dc.gradcheck(function, X, check_forward_ad=True, check_batched_grad=True)
    assert dc.gradgradcheck(function, X)


def test_what_gives_places_beside_values_is_judged_by_its_values(monkeypatch):
    def check():
        return dc.check(Sorted.apply, X), dc.check(Sorted.apply, X, reference=lambda x: x.sort()[0])

    assert all(found.ok for found in check())
    assert dc.gradcheck(Sorted.apply, X)
    monkeypatch.setattr(Sorted, "factor", 2)
    assert not any(found.ok for found in check())
    assert not dc.gradcheck(Sorted.apply, X, raise_exception=False)


def test_an_output_that_does_not_move_is_no_part_of_a_batch():
    def with_ones(x):
        return x.sin(), torch.ones(3, dtype=torch.float64)

    assert dc.gradcheck(with_ones, X, check_batched_grad=True)
    wrong = type("Wrong", (Cube,), {"backward": staticmethod(lambda ctx, slope: slope)}).apply
    asked = {"check_batched_grad": True, "check_backward_ad": False, "raise_exception": False}
    assert not dc.gradcheck(lambda x: (wrong(x), torch.ones(3, dtype=torch.float64)), X, **asked)


def test_cotangents_of_complex_outputs_may_be_complex():
    z = torch.tensor([1 + 2j, 0.5j], dtype=torch.complex128, requires_grad=True)
    cotangent = torch.tensor([1j, 2 - 1j], dtype=torch.complex128, requires_grad=True)
    assert dc.gradgradcheck(lambda z: z * z * z, z, cotangent)
    assert dc.check(lambda z: z * z, z, tangents=[cotangent]).ok
    with pytest.raises(TangentError):
        dc.gradgradcheck(lambda z: z * z * z, z, cotangent[:1])
    with pytest.raises(TangentError):
        dc.check(lambda x: x**2, X, tangents=[torch.ones(3, dtype=torch.complex128)])


def test_tolerances_are_ignored_with_one_warning():
    with pytest.warns(IgnoredToleranceWarning) as caught:
        assert dc.gradcheck(torch.sin, X, eps=1e-6, atol=1e-5, rtol=1e-3)
    assert len([warning for warning in caught if warning.category is IgnoredToleranceWarning]) == 1
    assert all(name in str(caught[0].message) for name in ("eps", "atol", "rtol"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dc.gradcheck(torch.sin, (X,))


def test_given_cotangents_are_used_also_in_memory_that_is_not_contiguous():
    cotangent = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    assert dc.gradgradcheck(Cube.apply, X, cotangent, gen_non_contig_grad_outputs=True)


def test_a_check_of_nothing_is_refused():
    with pytest.raises(TangentError, match="one mode"):
        dc.gradcheck(torch.sin, X, check_backward_ad=False)
    with pytest.raises(TangentError, match="one mode"):
        dc.gradgradcheck(torch.sin, X, check_rev_over_rev=False)
    with pytest.raises(DerivationError, match="requires grad"):
        dc.gradcheck(torch.sin, X.detach())
    with pytest.raises(TangentError, match="dense"):
        dc.gradcheck(torch.sin, X, masked=True)


def test_saturated_second_derivatives_are_lossy_not_wrong():
    x = torch.tensor([6.0, -9.0, 12.0], dtype=torch.float64, requires_grad=True)
    assert dc.gradgradcheck(torch.tanh, x, **EVERY_SECOND)


@pytest.mark.parametrize("cell", [torch.nn.LSTMCell, torch.nn.GRUCell, torch.nn.RNNCell])
def test_what_pytorch_cannot_batch_over_one_input_alone_is_no_fault_of_a_gradient(cell):
    torch.manual_seed(0)
    x = torch.randn(1, 2, dtype=torch.float64, requires_grad=True)
    assert dc.gradcheck(cell(2, 2).double(), (x,), check_batched_grad=True)


def test_a_constant_has_a_batch_of_zeros():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    assert dc.gradcheck(lambda x: torch.zeros_like(x) + x.detach(), (x,), check_batched_grad=True)
