"""Gradients that were made to slip through: each is refused, and what is right beside it passes."""

import pytest
import torch

import diffcheck as dc
from diffcheck.errors import CaptureError, DiffcheckError, WrongGradient
from diffcheck.verification import Kind

D = torch.float64
X = torch.tensor([0.5, -1.2, 2.0], dtype=D, requires_grad=True)


def made(forward, backward):
    def keeping(ctx, x):
        ctx.save_for_backward(x)
        return forward(x)

    def sloping(ctx, slope):
        return backward(ctx.saved_tensors[0], slope)

    return type("Made", (torch.autograd.Function,), {"forward": staticmethod(keeping), "backward": staticmethod(sloping)}).apply


def of_loss(change):
    return made(lambda x: (x**2).sum(), lambda x, slope: change(slope) * 2 * x)


@pytest.mark.parametrize(
    "change", [torch.trunc, lambda g: g.half().double(), lambda g: g.clamp(-2, 4), lambda g: g.abs(), lambda g: g.clamp(min=-1)]
)
def test_a_slope_of_a_loss_that_is_not_passed_on_as_it_is(change):
    assert not dc.check(of_loss(change), X).ok
    assert dc.check(of_loss(lambda g: g), X).ok


CHANGES = [
    lambda g: g.clamp(-5, 5),
    lambda g: torch.where(g.abs() < 1e-3, 0 * g, g),
    torch.round,
    lambda g: torch.where(g.abs() < 0.9, 0 * g, g),
]


@pytest.mark.parametrize("forward", [lambda x: (x**2).sum(), lambda x: x**2])
@pytest.mark.parametrize("change", CHANGES)
def test_a_cotangent_that_is_clipped_rounded_or_swallowed(forward, change):
    wrong = made(forward, lambda x, slope: change(slope) * 2 * x)
    assert not dc.check(wrong, X).ok
    assert not dc.gradcheck(wrong, (X,), raise_exception=False)


@pytest.mark.parametrize("dtype", [D, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("forward", [lambda x: (x**2).sum(), lambda x: x**2])
def test_a_cotangent_that_is_passed_on_as_it_is(forward, dtype):
    x, right = X.detach().to(dtype).requires_grad_(), made(forward, lambda x, slope: slope * (2 * x))
    assert dc.check(right, x).ok
    assert dc.gradcheck(right, (x,))


@pytest.mark.parametrize(("dtype", "power"), [(D, 1018), (torch.float32, 120), (torch.bfloat16, 120), (torch.float16, 12)])
def test_what_overflows_for_a_large_cotangent_alone_is_no_fault(dtype, power):
    """8·x, with a slope whose product on the way lies near the largest number of the format."""
    x = X.detach().to(dtype).requires_grad_()
    assert dc.check(made(lambda x: 8 * x, lambda x, slope: slope * 2.0**power / 2.0 ** (power - 3)), x).ok
    assert not dc.check(made(lambda x: 8 * x, lambda x, slope: slope * 2.0**power / 2.0 ** (power - 2)), x).ok


def test_detaching_inside_of_a_function_means_nothing():
    assert dc.check(made(lambda x: x.detach() ** 2, lambda x, slope: 2 * x * slope), X).ok
    assert not dc.check(made(lambda x: x.detach() ** 2, lambda x, slope: 0 * slope), X).ok
    assert not dc.check(made(lambda x: x / x.detach().norm(), lambda x, slope: slope / x.norm()), X).ok


def test_what_no_grad_made_is_constant():
    def scaled(x):
        with torch.no_grad():
            size = x.norm()
        return x / size

    assert dc.check(scaled, X).ok
    assert not dc.check(made(scaled, lambda x, slope: slope / x.norm()), X).ok


class Same(torch.autograd.Function):
    """The input itself, right."""

    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, slope):
        return slope


class Stopped(Same):
    """The input itself, with the slope of a constant."""

    @staticmethod
    def backward(ctx, slope):
        return 0 * slope


def test_a_function_that_returns_its_input_is_no_constant():
    assert dc.check(Same.apply, X).ok
    assert dc.check(lambda x: Same.apply(x).sin(), X).ok
    assert not dc.check(Stopped.apply, X).ok
    assert not dc.check(lambda x: Stopped.apply(x).sin(), X).ok

    def constant(x):
        with torch.no_grad():
            same = Same.apply(x)
        return x * same

    assert dc.check(constant, X).ok
    assert not dc.check(lambda x: x * Same.apply(x), X, reference=constant).ok


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")  # so it does where only parameters require a gradient
def test_hooks_of_a_module_are_part_of_its_backward():
    hooked, stopped = (torch.nn.Linear(X.shape[-1], 2, dtype=torch.float64) for _ in range(2))
    hooked.register_full_backward_hook(lambda *_: None)
    stopped.requires_grad_(False).register_full_backward_hook(lambda _, slopes, __: tuple(0 * slope for slope in slopes))
    assert dc.check(hooked, X).ok
    assert not dc.check(lambda x: stopped(x).tanh(), X).ok


class Halved(torch.autograd.Function):
    """2x, and |x| without a gradient."""

    @staticmethod
    def forward(ctx, x):
        size = x.abs()
        ctx.mark_non_differentiable(size)
        return 2 * x, size

    @staticmethod
    def backward(ctx, slope, _):
        return 2 * slope


def test_what_a_forward_marks_as_non_differentiable_is_constant():
    def normalized(x):
        twice, size = Halved.apply(x)
        return twice / size

    assert dc.check(Halved.apply, X).ok
    assert dc.gradcheck(Halved.apply, (X,))
    assert dc.check(normalized, X).ok
    assert not dc.check(normalized, X, reference=lambda x: 2 * x / x.abs()).ok


class Recomputed(torch.autograd.Function):
    """sin(x)·x with a graph of its own, as in checkpointing."""

    @staticmethod
    def forward(ctx, x):
        with torch.enable_grad():
            ctx.x = x.detach().requires_grad_()
            ctx.y = ctx.x.sin() * ctx.x
        return ctx.y.detach()

    @staticmethod
    def backward(ctx, slope):
        return torch.autograd.grad(ctx.y, ctx.x, slope, retain_graph=True)[0]


def test_a_graph_inside_of_a_function_is_followed():
    assert dc.check(Recomputed.apply, X).ok


class Deep(torch.nn.Module):
    """So many layers that the bound of the gradient is wider than the gradient."""

    def __init__(self, slope):
        super().__init__()
        torch.manual_seed(0)
        self.weight = torch.linalg.qr(torch.randn(4, 4, dtype=D))[0]
        self.slope = slope

    def forward(self, h):
        for _ in range(30):
            h = torch.tanh(h @ self.weight)
        return made(lambda x: x * 1, lambda x, slope: self.slope * slope)(h).sum()


@pytest.mark.parametrize("slope", [1.5, 1 + 1e-9])
def test_depth_hides_no_fault_in_float64(slope):
    h = torch.full((4,), 0.1, dtype=D, requires_grad=True)
    findings = dc.check(Deep(slope), h)
    assert not findings.ok
    assert findings.worst.kind is Kind.IMPROBABLE
    assert dc.check(Deep(1.0), h).ok


def third_power(factor):
    slope = type(
        "Slope",
        (torch.autograd.Function,),
        {
            "forward": staticmethod(lambda ctx, x, g: (ctx.save_for_backward(x, g), 3 * x * x * g)[1]),
            "backward": staticmethod(
                lambda ctx, h: (6 * ctx.saved_tensors[0] * ctx.saved_tensors[1] * h, factor * ctx.saved_tensors[0] ** 2 * h)
            ),
        },
    )
    return made(lambda x: x**3, slope.apply)


def test_a_backward_s_own_backward_has_a_gradient_by_the_cotangent():
    assert dc.gradgradcheck(third_power(3), (X,))
    assert not dc.gradgradcheck(third_power(7), (X,), raise_exception=False)


@pytest.mark.parametrize("forward", [lambda x: (x**3).sum(), lambda x: x**3])
def test_a_backward_that_is_wrong_where_it_is_recorded(forward):
    right = made(forward, lambda x, slope: slope * 3 * x**2)
    wrong = made(forward, lambda x, slope: slope * 3 * x**2 + (5 if torch.is_grad_enabled() else 0))
    assert dc.check(right, X).ok
    assert dc.gradcheck(right, (X,))
    assert dc.gradgradcheck(right, (X,))
    assert "create_graph" in dc.check(wrong, X).worst.note
    for ask in (dc.gradcheck, dc.gradgradcheck):
        with pytest.raises(WrongGradient, match="create_graph=True"):
            ask(wrong, (X,))


def test_a_backward_that_cannot_be_recorded_is_right_of_first_order():
    with_out = made(lambda x: x**2, lambda x, slope: torch.mul(2 * x, slope, out=torch.empty_like(x)))
    assert dc.check(with_out, X).ok
    assert dc.gradcheck(with_out, (X,))
    assert not dc.gradgradcheck(with_out, (X,), raise_exception=False)


class Slope(torch.autograd.Function):
    """3x²·g, whose backward is *factor* times right by x where it is asked for both."""

    @staticmethod
    def forward(ctx, x, g, factor):
        ctx.save_for_backward(x, g)
        ctx.factor = factor
        return 3 * x * x * g

    @staticmethod
    def backward(ctx, h):
        x, g = ctx.saved_tensors
        return (ctx.factor if all(ctx.needs_input_grad[:2]) else 1) * 6 * x * g * h, 3 * x**2 * h, None


@pytest.mark.parametrize("total", [lambda y: y, torch.sum])
def test_a_backward_s_own_backward_asked_for_both_has_a_gradient_by_the_input(total):
    def cube(factor):
        function = made(lambda x: x**3, lambda x, g: Slope.apply(x, g, factor))
        return lambda x: total(function(x))

    assert dc.gradgradcheck(cube(1), (X,))
    with pytest.raises(WrongGradient, match="by the cotangent too"):
        dc.gradgradcheck(cube(7), (X,))


class Spent(torch.autograd.Function):
    """sin(x), whose backward overwrites what it saved."""

    @staticmethod
    def forward(ctx, x):
        ctx.slope = x.cos()
        return x.sin()

    @staticmethod
    def backward(ctx, slope):
        return ctx.slope.mul_(slope)


def test_a_graph_can_be_gone_through_twice():
    findings = dc.check(Spent.apply, X)
    assert not findings.ok
    assert "second time" in findings.worst.note
    assert not dc.check(lambda x: Spent.apply(x).sum(), X).ok


def overwriting_where_it_requires_grad(x):
    if x.requires_grad:
        x.data.add_(1)
    return (x * x).sum()


def copying_where_it_requires_grad(x):
    if x.requires_grad:
        x = x.clone()
        x.data.mul_(1)
    return (x * x).sum()


@pytest.mark.parametrize("ask", [lambda function, x: dc.check(function, x).ok, dc.gradcheck])
def test_a_function_that_overwrites_its_input_where_that_requires_grad(ask):
    given = X.detach().clone().requires_grad_()
    with pytest.raises(CaptureError, match="overwrites x where gradients are asked for"):
        ask(overwriting_where_it_requires_grad, given)
    assert torch.equal(given, X)
    assert ask(copying_where_it_requires_grad, given)


def test_hooks_of_the_caller_s_own_tensors_are_refused():
    layer = torch.nn.Linear(3, 2, dtype=D)
    layer.weight.register_hook(lambda slope: 2 * slope)
    with pytest.raises(CaptureError, match="weight with a hook"):
        dc.check(layer, X)
    x = X.detach().clone().requires_grad_()
    x.register_post_accumulate_grad_hook(lambda leaf: None)
    with pytest.raises(CaptureError, match="input with a hook"):
        dc.check(torch.sin, x)


def test_nan_is_no_right_gradient():
    x = torch.tensor([4.0, -1.0], dtype=D, requires_grad=True)
    assert not dc.check(lambda x: torch.where(x > 0, x.sqrt(), 0 * x).sum(), x).ok


def test_a_module_in_training_keeps_its_statistics():
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).double()
    assert dc.check(net, torch.randn(4, 3, dtype=D)).ok
    assert int(net[1].num_batches_tracked) == 0
    assert not net[1].running_mean.any()


@pytest.mark.parametrize(
    "call",
    [
        lambda: dc.check(3, X),
        lambda: dc.check(None, X),
        lambda: dc.check(torch.sin, X, wrt=0),
        lambda: dc.check(torch.sin, X, wrt=[0]),
        lambda: dc.check(torch.sin, X, tangents=None),
        lambda: dc.check(torch.sin, X, tangents=2.5),
        lambda: dc.check(torch.sin, X, tangents=[1.0]),
        lambda: dc.check(torch.sin, X, seed="a"),
        lambda: dc.check(torch.sin, X, engine=None),
        lambda: dc.check(torch.sin, X, reference=3),
        lambda: dc.check(torch.sin, X.detach().to("meta")),
        lambda: dc.check(torch.sin, X.detach().to_sparse()),
        lambda: dc.gradcheck(torch.sin, None),
        lambda: dc.gradcheck(torch.sin, 3.0),
        lambda: dc.gradgradcheck(torch.sin, X, 3),
        lambda: dc.gradgradcheck(lambda x: x.sum(), X, torch.tensor(0.3, dtype=D)),
    ],
)
def test_what_cannot_be_asked_is_refused(call):
    with pytest.raises(DiffcheckError):
        call()


def test_inference_mode_is_refused():
    with torch.inference_mode(), pytest.raises(CaptureError, match="inference mode"):
        dc.check(torch.sin, X)
    with torch.inference_mode():
        made_there = torch.ones(2)
    with pytest.raises(CaptureError, match="made in inference mode"):
        dc.check(torch.sin, made_there, wrt="input")


def test_what_the_rounding_of_the_inputs_does_is_no_fault():
    """At 10⁴ the sum of exponentials is known to 10⁻¹² of itself, and so is its slope: PyTorch goes by its logarithm."""
    x = torch.full((5,), 1e4, dtype=D, requires_grad=True)
    assert dc.check(lambda x: torch.logcumsumexp(x, 0), x).ok


def cotangent_doubled(x, slope):
    slope.mul_(2)
    return slope * 2 * x


@pytest.mark.parametrize("forward", [lambda x: (x**2).sum(), lambda x: x**2])
def test_a_backward_that_doubles_its_cotangent_in_place(forward):
    wrong = made(forward, cotangent_doubled)
    assert not dc.check(wrong, X).ok
    with pytest.raises(WrongGradient, match="changes output_bar"):
        dc.gradcheck(wrong, (X,))
    assert dc.gradcheck(made(forward, lambda x, slope: slope.mul(2) * x), (X,))


@pytest.mark.parametrize("ignored", [False, True])
def test_the_padding_of_an_embedding_has_no_gradient(ignored):
    weight = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float64, requires_grad=True)
    places = torch.tensor([0, 1, 0])

    def padded(weight):
        return torch.nn.functional.embedding(places, weight, padding_idx=0)

    def whole(weight):
        return torch.nn.functional.embedding(places, weight)

    assert dc.check(whole if ignored else padded, weight, reference=padded).ok != ignored
    with pytest.raises(CaptureError, match="scale_grad_by_freq"):
        dc.check(lambda weight: torch.nn.functional.embedding(places, weight, scale_grad_by_freq=True), weight)
