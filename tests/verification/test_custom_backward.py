"""Each way to write a derivative by hand, right and with its own fault: the right one passes, the wrong one is refused."""

import pytest
import torch
from torch import library as torch_library
from torch.autograd import Function
from torch.autograd.function import once_differentiable

import diffcheck as dc
from diffcheck.errors import CaptureError, UnsupportedOperator, WrongGradient


def numbers(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).requires_grad_()


X, Y, BIAS = numbers(2, 3), numbers(2, 3, seed=1), numbers(3, seed=2)


def sound(function, *inputs, **asked):
    return dc.check(function.apply, *inputs).ok and dc.gradcheck(function.apply, inputs, raise_exception=False, **asked)


class Product(Function):
    """x·y in the newer style, with a rule for each mode."""

    generate_vmap_rule = False

    @staticmethod
    def forward(x, y):
        return x * y

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, slope):
        x, y = ctx.saved_tensors
        return slope * y, slope * x

    @staticmethod
    def jvp(ctx, x_dot, y_dot):
        x, y = ctx.saved_tensors
        return x_dot * y + x * y_dot

    @staticmethod
    def vmap(info, in_dims, x, y):
        moved = [v if d is None else v.movedim(d, 0) for v, d in zip((x, y), in_dims, strict=True)]
        return Product.apply(*moved), 0


class WrongContext(Product):
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0], output)
        ctx.save_for_forward(*inputs)


class WrongTangent(Product):
    @staticmethod
    def jvp(ctx, x_dot, y_dot):
        x, y = ctx.saved_tensors
        return x_dot * y - x * y_dot


class TangentLeftOut(Product):
    @staticmethod
    def jvp(ctx, x_dot, y_dot):
        return x_dot * ctx.saved_tensors[1]


def test_every_mode_of_the_right_one_passes():
    assert sound(Product, X, Y, check_forward_ad=True, check_batched_grad=True, check_batched_forward_grad=True)
    assert dc.gradgradcheck(Product.apply, (X, Y))


def test_what_setup_context_saves_is_what_the_backward_reads():
    assert not sound(WrongContext, X, Y)


@pytest.mark.parametrize("function", [WrongTangent, TangentLeftOut])
def test_a_wrong_jvp_is_found_in_forward_mode(function):
    assert sound(function, X, Y)
    assert not sound(function, X, Y, check_forward_ad=True)


class Twice(Function):
    """x³ in the older style."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x**2


class Smooth(Function):
    """tanh, with a rule for vmap that PyTorch makes of the others."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return torch.tanh(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, slope):
        return slope / torch.cosh(ctx.saved_tensors[0]) ** 2


class FirstAxisAssumed(Product):
    @staticmethod
    def vmap(info, in_dims, x, y):
        return Product.apply(x, y), 0


class Exponential(Smooth):
    """exp(x), whose backward reads its output."""

    generate_vmap_rule = False

    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, slope):
        return slope * ctx.saved_tensors[0]

    @staticmethod
    def vmap(info, in_dims, x):
        return Exponential.apply(x), in_dims[0]


class FirstOfTheBatch(Exponential):
    @staticmethod
    def vmap(info, in_dims, x):
        one = Exponential.apply(x.select(in_dims[0], 0))
        return one.expand(info.batch_size, *one.shape), 0


class FailsInBatches(Product):
    @staticmethod
    def vmap(info, in_dims, x, y):
        raise KeyError(in_dims)


class MixesTheBatch(Smooth):
    """Right for one; in a batch, which PyTorch's rule hands over whole, the slopes are scaled by a mean over all of it."""

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        first = torch.func.debug_unwrap(slope, recurse=True).flatten()[0]
        return slope / torch.cosh(x) ** 2 * (1 if torch.func.debug_unwrap(slope, recurse=True).dim() == x.dim() else first)


@pytest.mark.parametrize(("function", "inputs"), [(Product, (X, Y)), (Smooth, (X,)), (Exponential, (X,)), (Twice, (X,))])
def test_a_right_rule_for_vmap_passes_and_so_does_none(function, inputs):
    assert dc.gradcheck(function.apply, inputs, check_batched_grad=True)


WRONG_RULES = [(FirstAxisAssumed, (X, Y)), (FirstOfTheBatch, (X,)), (FailsInBatches, (X, Y))]


@pytest.mark.parametrize(("function", "inputs"), WRONG_RULES)
def test_a_wrong_rule_for_vmap_is_found_in_batched_mode(function, inputs):
    assert sound(function, *inputs)
    assert not sound(function, *inputs, check_batched_grad=True)


@pytest.mark.skipif(torch.__version__.startswith("2.6."), reason="its debug_unwrap takes one level off alone")
def test_a_backward_that_mixes_up_the_batch_is_found_in_batched_mode():
    assert sound(MixesTheBatch, X)
    assert not sound(MixesTheBatch, X, check_batched_grad=True)


class DoubledInBatches(Product):
    """x·y with a slope that is doubled by the rule for vmap where the axes of the batch are these."""

    axes = None

    @staticmethod
    def vmap(info, in_dims, x, y):
        value, axis = Product.vmap(info, in_dims, x, y)
        return (2 if in_dims == DoubledInBatches.axes else 1) * value, axis


@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0), (2, 2)])
def test_a_rule_for_vmap_is_tried_with_each_axis_and_each_input_unbatched(axes, monkeypatch):
    assert dc.gradcheck(DoubledInBatches.apply, (X, Y), check_batched_grad=True)
    monkeypatch.setattr(DoubledInBatches, "axes", axes)
    assert sound(DoubledInBatches, X, Y)
    with pytest.raises(WrongGradient, match="vmap over inputs"):
        dc.gradcheck(DoubledInBatches.apply, (X, Y), check_batched_grad=True)


class Kept(Function):
    """exp(x), whose backward reads its own output: y·slope."""

    @staticmethod
    def forward(ctx, x):
        ctx.kept = x.exp()
        return ctx.kept.clone()

    @staticmethod
    def backward(ctx, slope):
        return slope * ctx.kept


class KeptOutput(Kept):
    """The output itself on ctx, which whoever overwrites the output overwrites too, unseen."""

    @staticmethod
    def forward(ctx, x):
        ctx.kept = x.exp()
        return ctx.kept


class MutatedInForward(Kept):
    @staticmethod
    def forward(ctx, x):
        ctx.kept = x.exp()
        value = ctx.kept.clone()
        ctx.kept.sub_(1)
        return value


def test_a_tensor_kept_on_ctx_and_changed_after_it_was_used():
    assert sound(Kept, X)
    assert not sound(MutatedInForward, X)


def test_an_output_kept_on_ctx_and_overwritten_by_the_caller_is_wrong_unseen():
    def overwritten(function):
        return lambda x: function.apply(x).mul_(3)

    assert dc.check(overwritten(Kept), X).ok
    assert not dc.check(overwritten(KeptOutput), X).ok


class SlopeOverwritten(Kept):
    @staticmethod
    def backward(ctx, slope):
        return slope.mul_(ctx.kept)


class InputOverwritten(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        slopes = 2 * x * slope
        x.data.zero_()
        return slopes


class OverwrittenForOne(Function):
    """x·y, which overwrites x where its gradient alone is asked for."""

    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(ctx, slope):
        x, y = ctx.saved_tensors
        slopes = slope * y, slope * x
        if ctx.needs_input_grad == (True, False):
            x.data.zero_()
        return slopes


def test_an_input_that_is_overwritten_where_it_alone_requires_grad_is_put_back():
    given = X.detach().clone().requires_grad_()
    findings = dc.check(OverwrittenForOne.apply, given, Y)
    assert any("changes x" in item.note for item in findings if item.verdict.value == "wrong")
    assert torch.equal(given, X)


@pytest.mark.parametrize(("function", "what"), [(SlopeOverwritten, "output_bar"), (InputOverwritten, "x")])
def test_a_backward_that_overwrites_what_is_not_its_own(function, what):
    given = X.detach().clone().requires_grad_()
    findings = dc.check(function.apply, given)
    assert any(item.place.name == what and "changes" in item.note for item in findings if item.verdict.value == "wrong")
    assert torch.equal(given, X)
    assert not dc.gradcheck(function.apply, (given,), raise_exception=False)
    assert torch.equal(given, X)


class Asked(Function):
    """x·y, which computes what is asked for alone."""

    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(ctx, slope):
        x, y = ctx.saved_tensors
        wants_x, wants_y = ctx.needs_input_grad
        return slope * y if wants_x else None, slope * x if wants_y else None


class Swapped(Asked):
    """Right for both; for one alone, in the order in which they were computed."""

    @staticmethod
    def backward(ctx, slope):
        x, y = ctx.saved_tensors
        found = [slope * other for other, wanted in zip((y, x), ctx.needs_input_grad, strict=True) if wanted]
        return (*found, *[None] * (2 - len(found)))


class OnlyTheFirst(Asked):
    @staticmethod
    def backward(ctx, slope):
        x, y = ctx.saved_tensors
        return (slope * y, slope * x) if ctx.needs_input_grad[0] else (None, None)


class CrashesAlone(Asked):
    @staticmethod
    def backward(ctx, slope):
        x, y = ctx.saved_tensors
        of_x = slope * y if ctx.needs_input_grad[0] else None
        return of_x, of_x * x / y


class WrongFlag(Asked):
    @staticmethod
    def backward(ctx, slope):
        x, y = ctx.saved_tensors
        wants_x, wants_y = ctx.needs_input_grad
        return slope * y if wants_y else None, slope * x if wants_x else None


class Weighted(torch.nn.Module):
    """A function of an input and a parameter, and another parameter beside."""

    def __init__(self, function):
        super().__init__()
        self.function, self.weight, self.shift = function, torch.nn.Parameter(Y.detach()), torch.nn.Parameter(BIAS.detach())

    def forward(self, x):
        return self.function.apply(x, self.weight) + self.shift


ALONE = [Swapped, OnlyTheFirst, CrashesAlone, WrongFlag]


@pytest.mark.parametrize("function", ALONE)
def test_what_is_right_for_all_inputs_is_tried_for_each_alone(function):
    findings = dc.check(function.apply, X, Y)
    assert not findings.ok
    assert all("alone requiring grad" in item.note for item in findings if item.verdict.value == "wrong")
    assert not dc.gradcheck(function.apply, (X, Y), raise_exception=False)
    assert not dc.check(function.apply, X, Y, engine="func").ok
    if function is not CrashesAlone:
        assert torch.autograd.gradcheck(function.apply, (X, Y))


@pytest.mark.parametrize("function", ALONE)
def test_parameters_of_a_module_are_tried_alone_too(function):
    assert dc.check(Weighted(Asked), X).ok
    assert not dc.check(Weighted(function), X).ok
    assert not dc.check(Weighted(function), X.detach()).ok


@pytest.mark.parametrize("function", [Asked, Product])
def test_one_that_heeds_what_is_asked_passes(function):
    assert sound(function, X, Y)


class OfThree(Function):
    """x·y·z, whose backward and jvp can be wrong for some patterns of what is asked."""

    generate_vmap_rule = True
    doubled = frozenset()

    @staticmethod
    def forward(x, y, z):
        return x * y * z

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @classmethod
    def factor(cls, ctx):
        return 2 if sum(ctx.needs_input_grad) in cls.doubled else 1

    @staticmethod
    def backward(ctx, slope):
        x, y, z = ctx.saved_tensors
        of = OfThree.factor(ctx)
        return of * slope * y * z, of * slope * x * z, of * slope * x * y


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_right_for_all_of_three_is_tried_for_one_and_for_all_but_one(count, monkeypatch):
    assert sound(OfThree, X, Y, X)
    monkeypatch.setattr(OfThree, "doubled", frozenset({count}))
    findings = dc.check(OfThree.apply, X, Y, X)
    assert not findings.ok
    assert ("alone", "all but")[count - 1] in findings.worst.note
    assert not dc.gradcheck(OfThree.apply, (X, Y, X), raise_exception=False)


class WithoutTheOther(Product):
    """A jvp that is doubled where y does not move."""

    @staticmethod
    def jvp(ctx, x_dot, y_dot):
        x, y = ctx.saved_tensors
        if y_dot is None or not y_dot.any():
            return 2 * x_dot * y
        return x_dot * y + x * y_dot


def test_forward_mode_is_tried_along_one_input_alone():
    assert dc.gradcheck(Product.apply, (X, Y), check_forward_ad=True)
    assert dc.gradcheck(WithoutTheOther.apply, (X, Y))
    with pytest.raises(WrongGradient, match="forward along x alone"):
        dc.gradcheck(WithoutTheOther.apply, (X, Y), check_forward_ad=True)


def test_what_is_tied_is_not_held_apart():
    one = torch.nn.Linear(3, 3, dtype=torch.float64)
    other = torch.nn.Linear(3, 3, dtype=torch.float64)
    other.weight = one.weight
    assert dc.check(torch.nn.Sequential(one, torch.nn.Tanh()), X).ok


class Biased(Function):
    """x + b, with b broadcast."""

    @staticmethod
    def forward(ctx, x, b):
        return x + b

    @staticmethod
    def backward(ctx, slope):
        return slope, slope.sum(0)


class SummedByTheEngine(Biased):
    """Right all the same: autograd sums what was broadcast."""

    @staticmethod
    def backward(ctx, slope):
        return slope, slope


class NotSummed(Biased):
    @staticmethod
    def backward(ctx, slope):
        return slope, slope[0]


class SummedOverTheWrongAxis(Biased):
    @staticmethod
    def backward(ctx, slope):
        return slope, slope.sum(1)


class SlopeIgnored(Biased):
    @staticmethod
    def backward(ctx, slope):
        return torch.ones_like(slope), torch.full_like(slope[0], slope.shape[0])


class Contiguous(Biased):
    @staticmethod
    def backward(ctx, slope):
        return slope, slope.view(-1).view(slope.shape).sum(0)


class ThroughMemory(Biased):
    @staticmethod
    def backward(ctx, slope):
        rows = torch.as_strided(slope, slope.shape, (slope.shape[1], 1), slope.storage_offset())
        return slope, rows.sum(0)


@pytest.mark.parametrize("function", [Biased, SummedByTheEngine])
def test_broadcasting_is_undone_by_sums(function):
    assert sound(function, X, BIAS)


@pytest.mark.parametrize("function", [NotSummed, SummedOverTheWrongAxis, SlopeIgnored, Contiguous, ThroughMemory])
def test_broadcasting_undone_wrongly_and_slopes_misread(function):
    assert not dc.check(function.apply, X, BIAS).ok


class WithMask(Function):
    """The positive part and the mask of it, which has no derivative."""

    @staticmethod
    def forward(ctx, x):
        mask = (x > 0).to(x.dtype)
        ctx.save_for_backward(mask)
        ctx.mark_non_differentiable(mask)
        return x * mask, mask

    @staticmethod
    def backward(ctx, slope, _):
        return slope * ctx.saved_tensors[0]


class MaskHasASlope(WithMask):
    """Not marked, so that slopes arrive for it, and are added where they have no business."""

    @staticmethod
    def forward(ctx, x):
        mask = (x > 0).to(x.dtype)
        ctx.save_for_backward(mask)
        return x * mask, mask

    @staticmethod
    def backward(ctx, slope, other):
        return (slope + other) * ctx.saved_tensors[0]


class AuxiliaryForgotten(WithMask):
    """The second output depends on x smoothly; its slope is dropped."""

    @staticmethod
    def forward(ctx, x):
        mask = (x > 0).to(x.dtype)
        ctx.save_for_backward(mask)
        return x * mask, 2 * x


def test_outputs_without_a_derivative():
    assert sound(WithMask, X)
    assert not sound(MaskHasASlope, X)
    assert not sound(AuxiliaryForgotten, X)


class OnceOnly(Twice):
    """The same, whose backward PyTorch will not differentiate."""

    @staticmethod
    @once_differentiable
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x**2


class Detached(OnceOnly):
    """The same without once_differentiable: the second derivative is wrong without a word."""

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return slope * 3 * x.detach() ** 2


class ThroughNumpy(OnceOnly):
    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        return torch.from_numpy(slope.detach().numpy() * 3 * x.detach().numpy() ** 2)


@pytest.mark.parametrize("function", [OnceOnly, Detached, ThroughNumpy])
def test_a_backward_of_first_order_only_is_refused_in_the_second(function):
    assert sound(function, X)
    assert not dc.gradgradcheck(function.apply, (X,), raise_exception=False)


def test_a_backward_of_both_orders_passes():
    assert dc.gradgradcheck(Twice.apply, (X,))


@pytest.fixture(scope="module")
def operators():
    """Return custom operators: a right backward, a wrong one, one without a fake, and one that overwrites."""
    made = {}
    for name, factor in {"right": 3.0, "wrong": 3.0 * (1 + 1e-9), "fakeless": 3.0}.items():
        made[name] = _registered(name, factor)

    @torch_library.custom_op("diffcheck_tests::overwrites", mutates_args={"x"})
    def overwrites(x: torch.Tensor) -> None:
        x.mul_(2)

    made["overwrites"] = overwrites
    return made


def _registered(name, factor):
    @torch_library.custom_op(f"diffcheck_tests::{name}", mutates_args=())
    def cube(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(x.detach().numpy() ** 3)

    if name != "fakeless":
        cube.register_fake(torch.empty_like)

    def backward(ctx, slope):
        return slope * factor * ctx.saved_tensors[0] ** 2

    cube.register_autograd(backward, setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs))
    return cube


@pytest.mark.parametrize(("name", "right"), [("right", True), ("wrong", False), ("fakeless", True)])
def test_a_custom_operator_is_judged_by_its_reference(operators, name, right):
    def user(x):
        return operators[name](x) * 2

    assert dc.check(user, X, reference=lambda x: 2 * x**3).ok is right
    assert dc.check(user, X, reference="data x[2, 3]; y[i,j] = 2*x[i,j]**3").ok is right
    assert dc.gradcheck(user, (X,), reference=lambda x: 2 * x**3, raise_exception=False) is right


@pytest.mark.parametrize(("name", "kind"), [("right", UnsupportedOperator), ("fakeless", CaptureError)])
def test_a_custom_operator_without_a_reference_is_named_with_its_line(operators, name, kind):
    def user(x):
        return operators[name](x)  # the line

    with pytest.raises(kind) as refusal:
        dc.check(user, X)
    for part in (f"diffcheck_tests{'.' if name == 'right' else '::'}{name}", "test_custom_backward.py", "reference=", "@"):
        assert part in str(refusal.value)
    assert "# the line" in refusal.value.place


def test_a_custom_operator_that_overwrites_an_argument_is_refused(operators):
    def on_its_own(x):
        value = x.clone()
        operators["overwrites"](value)
        return value

    def on_its_input(x):
        operators["overwrites"](x)
        return 1 * x

    with pytest.raises(CaptureError, match=r"diffcheck_tests\.overwrites.*overwrites an argument"):
        dc.check(on_its_own, X)
    given = X.detach().clone()
    for reference in (None, lambda x: 2 * x):
        with pytest.raises(CaptureError, match="overwrites"):
            dc.check(on_its_input, given, wrt="x", reference=reference)
    assert torch.equal(given, X)
