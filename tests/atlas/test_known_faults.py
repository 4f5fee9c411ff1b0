"""What is known of PyTorch's derivatives, as tests: diffcheck finds each fault where it is, names it, and sizes it."""

import functools
import math

import pytest
import torch
from known_faults import FACTS, KNOWN, MEASURED
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional

import diffcheck as dc
from diffcheck.atlas.asking import derivatives
from diffcheck.atlas.measuring import Measurement, Task
from diffcheck.atlas.positions import disagreements
from diffcheck.atlas.specials import specials
from diffcheck.errors import NonFiniteInput, WrongGradient
from diffcheck.oracle import FORMATS
from diffcheck.verification.judging_arrays import KINDS, VERDICTS
from diffcheck.verification.verdict import Kind, Verdict

GENERATED = ("generated", "generated twice")
FINE = (Verdict.EXACT, Verdict.ACCURATE)


@functools.cache
def measurement_of(variant, dtype, order):
    return Measurement(KNOWN[variant], Task(variant, dtype, order))


@functools.cache
def measured(variant, dtype, order, at):
    """Return by mode and arguments the verdict, the kind, the error in ULP, what was got, and the exact ball."""
    measurement = measurement_of(variant, dtype, order)
    values = [torch.tensor([x], dtype=getattr(torch, dtype)).double().numpy() for x in at]
    found = {}
    for batch in measurement.batches(values):
        judged, names = batch.judged, batch.name.split(", ")
        by = tuple(map(measurement.names.index, names if len(at) > 1 else names * order))
        verdict, kind = VERDICTS[judged.verdicts[0]], KINDS[judged.kinds[0]]
        found[batch.mode, by] = verdict, kind, float(judged.ulps[0]), float(batch.got[0]), batch.exact[0]
    return found


def seen(row):
    """Return what was found on the derivative of *row*, by mode."""
    return {mode: told for (mode, by), told in measured(row.variant, row.dtype, row.order, row.at).items() if by == row.by}


def of_pytorch(row):
    """Return what was found in the modes of PyTorch that *row* is about."""
    return {mode: told for mode, told in seen(row).items() if mode not in GENERATED and row.modes in ("", mode)}


def near(got, wanted, factor):
    """Say whether two numbers of one sign are less than *factor* apart; NaN is as NaN, and so are 0 and the infinities."""
    if got == wanted or (math.isnan(got) and math.isnan(wanted)):
        return True
    return got * wanted > 0 and 1 / factor < got / wanted < factor


def cases(rows, reason):
    """Return *rows* as cases, those with a *reason* expected to fail for it."""
    told = {row: getattr(row, reason) for row in rows}
    return [pytest.param(row, id=str(row), marks=[pytest.mark.xfail(reason=why)] if why else []) for row, why in told.items()]


def skip_unless_known(row):
    if not row.holds(torch.__version__):
        pytest.skip(f"known of torch {row.torch}, this is {torch.__version__}")


@pytest.mark.parametrize("row", cases(FACTS, "doubt"))
def test_what_is_known_is_found_named_and_sized(row):
    skip_unless_known(row)
    assert of_pytorch(row)
    for mode, (verdict, kind, ulp, got, exact) in of_pytorch(row).items():
        assert verdict is row.verdict or (row.verdict is None and verdict in FINE), mode
        assert kind is row.kind, mode
        assert near(got, row.got, 1.01), mode
        assert math.isnan(row.ulp) or row.verdict is None or near(ulp, row.ulp, 2.0), mode
        if row.exact is not None and not row.limit:
            assert float(abs(exact - row.exact).upper()) <= 1e-3 * abs(row.exact) + FORMATS[row.dtype].tiny, mode


# Where there is a derivative, each once; the reasons are those of the point.
POINTS = {(row.variant, row.dtype, row.at, row.by): row for row in FACTS if row.exact is not None}


@pytest.mark.parametrize("row", cases(POINTS.values(), "generated"))
def test_the_generated_code_is_right_there(row):
    generated = {mode: told for mode, told in seen(row).items() if mode in GENERATED}
    assert generated
    for told in generated.values():
        assert told[0] in FINE, told
        assert abs(told[3] - row.exact) <= 0.02 * abs(row.exact) + FORMATS[row.dtype].tiny  # bfloat16 has 8 bits


ALIKE = ("asinh", "digamma", "gelu", "hardsigmoid", "tanh")
BOTH = [row for row in FACTS if row.check or (row.variant in ALIKE and row.dtype == "float64" and row.order == 1)]


@pytest.mark.parametrize("row", cases(BOTH, "check"))
def test_check_says_what_the_atlas_says(row):
    skip_unless_known(row)
    inputs = [torch.tensor([x], dtype=torch.float64, requires_grad=True) for x in row.at]
    findings = dc.check(KNOWN[row.variant].function, *inputs, tangents=[torch.ones(1, dtype=torch.float64)])
    names = list(dict.fromkeys(finding.place.name for finding in findings))
    (found,) = [item for item in findings if item.place.name == names[row.by[0]] and item.note == "for cotangent 0"]
    verdict, kind, ulp, *_ = seen(row)["reverse"]
    assert (found.verdict, found.kind) == (verdict, kind)
    assert near(found.ulp, ulp, 1.001)


measured_versions = pytest.mark.skipif(
    not MEASURED.contains(torch.__version__, prereleases=True), reason=f"known of torch {MEASURED}"
)
GELUS = ("gelu", "gelu(approximate='tanh')")


@measured_versions
@pytest.mark.parametrize("variant", GELUS)
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_gelu_has_no_slope_at_infinity_and_should(variant, mode):  # pytorch/pytorch#187293
    found = {one.at: one for one in specials(measurement_of(variant, "float64", 1)) if one.mode == mode}
    for at, slope in ((math.inf, 1.0), (-math.inf, 0.0)):
        assert (found[at].expected, found[at].fault) == (slope, Kind.SPURIOUS_NAN.value)
        assert math.isnan(found[at].got)


@pytest.mark.xfail(reason="the generated code multiplies infinity by 0")
@pytest.mark.parametrize("variant", GELUS)
def test_the_generated_slope_of_gelu_at_infinity_is_its_limit(variant):
    assert not any(one.fault for one in specials(measurement_of(variant, "float64", 1)) if one.mode in GENERATED)


def way_of(function):
    return lambda points, slope=None: derivatives(function, points, "reverse")


@measured_versions
@pytest.mark.skipif(torch.backends.cpu.get_cpu_capability() == "DEFAULT", reason="without vectors all places are treated alike")
@pytest.mark.parametrize(
    "variant", ["celu", "elu", "hardshrink", "hardswish", "hardtanh", "logit(eps=0.125)", "relu6", "selu", "softshrink"]
)
def test_the_slope_at_nan_depends_on_the_place(variant):  # pytorch/pytorch#195075
    assert disagreements(way_of(KNOWN[variant].function), [(math.nan,)], ("x",), torch.zeros(1))[0].gross


@pytest.mark.parametrize("variant", ["elu", "relu6"])
def test_the_generated_slope_at_nan_is_the_same_everywhere(variant):
    measurement = measurement_of(variant, "float32", 1)
    assert not disagreements(measurement.ways["generated"], [(math.nan,)], measurement.names, torch.zeros(1))


def tensor(*numbers, dtype=torch.float64):
    return torch.tensor(numbers, dtype=dtype, requires_grad=True)


def running(x):
    return torch.logcumsumexp(x, 0)


def scattered(x, source):
    return x.scatter_reduce(0, torch.tensor([0, 0, 1]), source, "prod")


def multiplied(x):
    return torch.cumprod(x, 0)


def normed(x):
    return functional.layer_norm(x, (4,)).pow(3).sum()


FORWARD = {"check_backward_ad": False, "check_forward_ad": True}
NESTED = {"check_rev_over_rev": False, "check_fwd_over_fwd": True}
REDUCED = {
    # pytorch/pytorch#196705, #196702, #196701, #196700: the mode, what diffcheck says of it, and the exact value
    "logcumsumexp": (dc.gradcheck, running, (tensor(-800.0, 0.0),), FORWARD, "= 0.0, undecided .spurious zero", 0.3606),
    "scatter_reduce": (
        dc.gradcheck, scattered, (tensor(2.0, 3.0), tensor(1.5, 2.5, 4.0)), FORWARD, "= 0.0, wrong .spurious zero", -5.294
    ),
    "cumprod": (dc.gradgradcheck, multiplied, (tensor(2.0, 0.0, 3.0, 4.0),), NESTED, "= 0.39[0-9]*, wrong", 0.1036),
    "layer_norm": (dc.gradgradcheck, normed, (tensor(0.5, -1.0, 2.0, 0.1),), NESTED, "= -1.68[0-9]*, wrong", -1.224),
}  # fmt: skip


@measured_versions
@pytest.mark.parametrize("name", REDUCED)
def test_forward_mode_is_wrong_where_reverse_mode_is_right(name):
    asked, function, inputs, mode, told, exact = REDUCED[name]
    with pytest.raises(WrongGradient, match=told) as refusal:
        asked(function, inputs, **mode)
    assert float(str(refusal.value).split("wanted ")[1].split(",")[0]) == pytest.approx(exact, rel=1e-3)
    if name != "logcumsumexp":  # whose slopes in reverse mode are some 300 ULP off, under no finite bound
        assert asked(function, inputs)
    assert {dc.gradcheck: gradcheck, dc.gradgradcheck: gradgradcheck}[asked](function, inputs)


@measured_versions
def test_the_product_has_a_slope_that_functions_of_functions_and_recorded_ones_lose():  # pytorch/pytorch#194699
    x = tensor(1e13, 0.0, 0.0, 1e13, 1e13, 1e13, dtype=torch.float32)
    assert not torch.autograd.grad(torch.prod(x), x)[0].any()
    findings = dc.check(torch.prod, x)
    assert {item.note for item in findings if item.contradicts} == {"with create_graph=True"}
    for worst in (findings.worst, dc.check(torch.prod, x, engine="func").worst):
        assert (worst.verdict, worst.kind, float(worst.exact)) == (Verdict.WRONG, Kind.SPURIOUS_NAN, 0.0)


def test_a_mean_of_means_is_no_mean():
    x, w = tensor(1.0, 2.0, 3.0, 4.0).detach(), tensor(0.5)

    def loss(w):
        return torch.tanh(w * x).mean()

    def means(subject, cotangents):
        leaf = subject.leaves()["w"]
        parts = [torch.tanh(leaf * part).mean() for part in x.split([1, 3])]
        return {"w": torch.autograd.grad(sum(parts) / 2, leaf, *cotangents)[0]}

    assert dc.check(loss, w).ok
    found = dc.check(loss, w, engine=means).worst
    assert found.verdict is Verdict.WRONG
    assert 1.05 < found.got / float(found.exact) < 2


@pytest.mark.parametrize(
    ("function", "inputs"),
    [  # pytorch/pytorch#49724, #31829
        (lambda a, b: torch.logaddexp(torch.logaddexp(a, a), b), (tensor(-math.inf), tensor(2.0))),
        (lambda a: torch.logsumexp(a, 0), (tensor(-math.inf, -math.inf),)),
    ],
)
def test_what_is_not_finite_is_refused(function, inputs):
    with pytest.raises(NonFiniteInput):
        dc.check(function, *inputs)


def bitten(x):
    return functional.binary_cross_entropy_with_logits(x, torch.ones_like(x))


def crossed(x):
    return functional.cross_entropy(x[None], torch.tensor([0]))


LABELLED = {
    "lost, and passed": (gradcheck, True, {
        torch.tanh: 20.0, torch.sigmoid: 40.0, torch.expm1: -40.0, bitten: 40.0, torch.asinh: 1e200, torch.special.erfcx: 1e5,
    }),
    "off, and passed": (gradcheck, True, {functional.hardsigmoid: 0.5, torch.digamma: 2.0}),
    "lost in second order, and passed": (gradgradcheck, True, {functional.logsigmoid: 37.4, functional.silu: 40.4}),
    "NaN, and refused": (gradgradcheck, False, {torch.sinc: 0.0, functional.mish: 800.0}),
    "right, and refused": (gradcheck, False, {torch.square: 1e9, torch.log: 1e-7, functional.relu6: 0.0}),
}  # fmt: skip


@measured_versions
@pytest.mark.parametrize("label", LABELLED)
def test_what_finite_differences_say(label):
    asked, passed, points = LABELLED[label]
    for function, at in points.items():
        assert asked(function, (tensor(at),), raise_exception=False) is passed, (function, at)
        if label.startswith("right"):
            assert dc.check(function, tensor(at)).ok


@measured_versions
def test_finite_differences_pass_a_softmax_without_its_tail_and_refuse_a_norm_that_is_right():  # pytorch/pytorch#184575
    for function in (crossed, lambda x: x.softmax(0), lambda x: x.log_softmax(0)):
        assert gradcheck(function, (tensor(37.43, 0.0),))
    zeros = tensor(0.0, 0.0)
    assert dc.check(lambda x: functional.normalize(x, dim=0), zeros).ok
    assert not gradcheck(lambda x: functional.normalize(x, dim=0), (zeros,), raise_exception=False)
