"""Functions and modules to capture: what people write, with inputs to call it at."""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  # as everyone calls it


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape) + 7), dtype=torch.float64)


def labels(*shape, classes=4):
    return torch.randint(0, classes, shape, generator=torch.Generator().manual_seed(3))


def module(make):
    torch.manual_seed(0)
    return make().double()


FUNCTIONS = {
    "views": (lambda x: x.view(2, 4, 5).permute(2, 0, 1).reshape(10, 4)[1::2].flip(0), normal(5, 8)),
    "strides": (lambda x: x.T[::3, 1:].unsqueeze(0).expand(2, -1, -1).transpose(0, 2), normal(5, 8)),
    "cat and stack": (lambda x, y: torch.stack([torch.cat([x[:, :3], y], 1), x[:, :5]], 1).tanh(), normal(5, 8), normal(5, 2)),
    "pad and roll": (lambda x: F.pad(x, (1, 2, 0, 1), value=0.5).roll((1, -2), (0, 1)), normal(3, 4)),
    "repeat and unfold": (lambda x: x.repeat(2, 3).unfold(1, 3, 2), normal(2, 4)),
    "triangles": (lambda x: x.tril() * x.triu(1).T + x.diagonal(), normal(4, 4)),
    "indexing": (lambda x: x[torch.tensor([0, 2, -1])][:, torch.tensor([1, 1])], normal(5, 8)),
    "gather and where": (lambda x, t: torch.where(x > 0, x.abs().sqrt(), x).gather(1, t).exp(), normal(5, 4), labels(5, 3)),
    "masked fill": (lambda x: x.masked_fill(x < 0.2, 3.0) ** 2, normal(5, 4)),
    "split": (lambda x: sum(part.prod() for part in x.split(3, 1)) + x.chunk(2, 0)[1].sum(), normal(4, 8)),
    "broadcasting": (lambda x, y: (x[:, None] * y - y / x[:, None].exp()).sum(0), normal(5), normal(5, 3)),
    "einsum": (lambda x, y: torch.einsum("bij,bkj->bik", x, y), normal(2, 3, 4), normal(2, 5, 4)),
    "matmul": (lambda x, y: x @ y + (x[0] @ y).sum(), normal(3, 4), normal(4, 2)),
    "powers": (lambda x: x**3 + x**0 + x.abs() ** 1.5 + 2**x + x.abs() ** x, normal(6)),
    "elementary": (lambda x: x.sin() * x.cos().exp2() + x.tan() - x.erf() / (1 + x.square()).rsqrt(), normal(6)),
    "logarithms": (lambda x: x.exp().log2() * x.square().log1p() + (x.square() + 1).log10(), normal(6)),
    "clamps": (lambda x: x.clamp(-0.5, 0.7) + x.clamp(min=0.1) * x.clamp(max=torch.tensor(0.3)), normal(9)),
    "maxima": (lambda x: x.max(1).values * x.amin(1) + x.max() + torch.maximum(x[:, 0], x[:, 1]), normal(5, 4)),
    "sorting": (lambda x: x.sort(1, descending=True).values[:, :2] * x.topk(2, 1).values, normal(5, 4)),
    "products": (lambda x: x.prod(1) + x.cumprod(1)[:, 2] + x.cumsum(1)[:, 1], normal(5, 4)),
    "single numbers": (lambda x, t: x.sum(0) + x.amax() * x.max(0).values + x.logsumexp(0) + x.mean(0) * t, normal(), labels()),
    "moments": (lambda x: x.var(0) * x.std(0, correction=0) + x.mean(0), normal(5, 4)),
    "norms": (lambda x: x.norm(dim=1) + x.norm(1) + F.normalize(x, dim=0).sum(1) + x.norm(torch.inf, 1), normal(5, 4)),
    "softmax": (lambda x: x.softmax(0) * x.log_softmax(1) + x.logsumexp(1, True), normal(5, 4)),
    "cosine": (F.cosine_similarity, normal(5, 8), normal(5, 8).cos()),
    "interpolation": (
        lambda x: F.interpolate(x, scale_factor=2, mode="nearest") + F.interpolate(x, scale_factor=2, mode="bilinear"),
        normal(1, 2, 3, 3),
    ),
    "corners": (lambda x: F.interpolate(x, size=(5, 4), mode="bilinear", align_corners=True), normal(1, 2, 3, 3)),
    "pools": (lambda x: F.avg_pool2d(x, 2) + F.max_pool2d(x, 3, 2, 1) + F.adaptive_avg_pool2d(x, 2), normal(1, 2, 4, 4)),
    "uneven pools": (lambda x: F.adaptive_avg_pool2d(x, 3), normal(1, 2, 4, 5)),
    "lstm cell": (
        lambda x, h, c, w, u: torch.lstm_cell(x, (h, c), w, u)[0],
        normal(2, 4), normal(2, 3), normal(2, 3), normal(12, 4), normal(12, 3),
    ),
    "gru cell": (torch.gru_cell, normal(2, 4), normal(2, 3), normal(9, 4), normal(9, 3)),
    "attention": (F.scaled_dot_product_attention, normal(2, 4, 8), normal(2, 4, 8) / 2, normal(2, 4, 8) / 3),
    "several outputs": (lambda x: (x.exp(), x.sum()), normal(4)),
}  # fmt: skip

ACTIVATIONS = {
    name: (function, normal(7))
    for name, function in {
        "relu": F.relu, "relu6": F.relu6, "elu": F.elu, "selu": F.selu, "celu": lambda x: F.celu(x, 0.7), "gelu": F.gelu,
        "gelu tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "mish": F.mish, "softplus": F.softplus,
        "softplus 5": lambda x: F.softplus(x, 5.0), "logsigmoid": F.logsigmoid, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
        "hardtanh": F.hardtanh, "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish, "hardshrink": F.hardshrink,
        "softshrink": F.softshrink, "tanhshrink": F.tanhshrink, "softsign": F.softsign,
        "threshold": lambda x: F.threshold(x, 0.1, 2.0),
        "leaky relu": F.leaky_relu, "softmin": lambda x: F.softmin(x, 0), "glu": lambda x: F.glu(x[:6], 0),
        "prelu": lambda x: F.prelu(x, torch.tensor([0.3], dtype=x.dtype)),
    }.items()
}  # fmt: skip

LOSSES = {
    "mse": (F.mse_loss, normal(5, 4), normal(5, 4).cos()),
    "l1": (F.l1_loss, normal(5, 4), normal(5, 4).cos()),
    "smooth l1": (F.smooth_l1_loss, normal(5, 4), normal(5, 4).cos()),
    "huber": (F.huber_loss, normal(5, 4), normal(5, 4).cos()),
    "bce": (lambda x, t: F.binary_cross_entropy(x.sigmoid(), t), normal(5, 4), normal(5, 4).cos().sigmoid()),
    "bce with logits": (F.binary_cross_entropy_with_logits, normal(5, 4), normal(5, 4).cos().sigmoid()),
    "cross entropy": (F.cross_entropy, normal(5, 4), labels(5)),
    "cross entropy, ignored": (lambda x, t: F.cross_entropy(x, t, ignore_index=2), normal(5, 4), labels(5)),
    "cross entropy, smooth": (lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1), normal(5, 4), labels(5)),
    "cross entropy, weights": (
        lambda x, t, w: F.cross_entropy(x, t, w, reduction="sum"), normal(5, 4), labels(5), normal(4).exp()
    ),
    "cross entropy of images": (F.cross_entropy, normal(2, 4, 3, 2), labels(2, 3, 2)),
    "nll": (lambda x, t: F.nll_loss(x.log_softmax(1), t, reduction="none"), normal(5, 4), labels(5)),
    "kl": (lambda x, y: F.kl_div(x.log_softmax(1), y.softmax(1), reduction="batchmean"), normal(5, 4), normal(5, 4).cos()),
    "poisson": (F.poisson_nll_loss, normal(5, 4), normal(5, 4).square()),
    "hinge embedding": (F.hinge_embedding_loss, normal(5, 4), normal(5, 4).sign()),
    "margin ranking": (F.margin_ranking_loss, normal(5), normal(5).cos(), normal(5).sign()),
    "triplet margin": (F.triplet_margin_loss, normal(5, 4), normal(5, 4).cos(), normal(5, 4).sin()),
    "cosine embedding": (F.cosine_embedding_loss, normal(5, 4), normal(5, 4).cos(), torch.ones(5, dtype=torch.float64)),
    "soft margin": (F.soft_margin_loss, normal(5, 4), normal(5, 4).sign()),
    "multilabel soft margin": (F.multilabel_soft_margin_loss, normal(5, 4), normal(5, 4).sign().relu()),
}  # fmt: skip

MODULES = {
    "classifier": (
        module(lambda: nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 3))), normal(5, 8)
    ),
    "convolutions": (
        module(
            lambda: nn.Sequential(
                nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 2)
            )
        ),
        normal(2, 2, 4, 4),
    ),
    "grouped convolution": (module(lambda: nn.Conv1d(4, 4, 3, groups=2, dilation=2)), normal(1, 4, 9)),
    "transposed convolution": (module(lambda: nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1)), normal(1, 2, 3, 3)),
    "embedding": (module(lambda: nn.Embedding(5, 3)), labels(6)),
    "batch norm": (module(lambda: nn.BatchNorm1d(8)), normal(5, 8)),
    "batch norm, eval": (module(lambda: nn.BatchNorm1d(8).eval()), normal(5, 8)),
    "group norm": (module(lambda: nn.GroupNorm(2, 8)), normal(3, 8, 4)),
    "rms norm": (module(lambda: nn.RMSNorm(8)), normal(5, 8)),
    "bilinear": (module(lambda: nn.Bilinear(3, 4, 2)), normal(5, 3), normal(5, 4)),
    "transformer": (module(lambda: nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)), normal(2, 3, 8)),
}  # fmt: skip

if "2.6." not in torch.__version__:  # whose torch.export fails within
    MODULES["instance norm"] = (module(lambda: nn.InstanceNorm1d(3)), normal(2, 3, 5))

ALL = FUNCTIONS | ACTIVATIONS | LOSSES | MODULES
