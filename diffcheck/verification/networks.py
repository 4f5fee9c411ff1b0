"""Networks of drawn sizes with drawn weights and data: ordinary code to try checks on, right as it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as everyone calls it

Inputs = tuple[Tensor, ...]


@dataclass(frozen=True)
class Drawn:
    """A network, the inputs to call it with, and the layers that a fault can be planted behind."""

    name: str
    network: nn.Module
    inputs: Inputs
    layers: tuple[str, ...]

    def to(self, dtype: torch.dtype) -> Drawn:
        """Return the same in *dtype*."""
        inputs = tuple(value.to(dtype) if value.is_floating_point() else value for value in self.inputs)
        return Drawn(self.name, self.network.to(dtype), inputs, self.layers)


class Classifier(nn.Module):
    """cross_entropy(W₂·gelu(layer_norm(W₁·x + b₁)) + b₂, t)."""

    def __init__(self, width: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.first, self.norm = nn.Linear(width, hidden), nn.LayerNorm(hidden)
        self.act, self.last = nn.GELU(), nn.Linear(hidden, classes)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """X (n, width), t (n,) class numbers -> ()."""
        return F.cross_entropy(self.last(self.act(self.norm(self.first(x)))), t)


class Attention(nn.Module):
    """Single-head attention, softmax(q·kᵀ/√d)·v."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """X (n, length, width) -> (n, length, width)."""
        return F.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x))


class Convolutions(nn.Module):
    """Two convolutions with relu and a pool between them, leaky relu, a linear layer and cross-entropy."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, channels, 3, padding=1), nn.Conv2d(channels, channels, 3)
        self.last = nn.Linear(4 * channels, classes)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """X (n, 1, 8, 8), t (n,) class numbers -> ()."""
        # A relu that is 0 for all data would let no gradient through, wrong or right.
        made = F.leaky_relu(self.second(F.max_pool2d(F.relu(self.first(x)), 2)))
        return F.cross_entropy(self.last(made.flatten(1)), t)


class Recurrent(nn.Module):
    """An LSTM cell and a linear layer on its output."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.cell, self.last = nn.LSTMCell(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> Tensor:
        """X (n, width), h and c (n, hidden) -> (n, width)."""
        made: Tensor = self.last(self.cell(x, (h, c))[0])
        return made


def _classifier(rng: Random) -> tuple[nn.Module, Inputs, tuple[str, ...]]:
    n, width, hidden, classes = rng.randint(8, 40), rng.randint(3, 12), rng.randint(4, 24), rng.randint(2, 6)
    inputs = torch.randn(n, width), torch.randint(0, classes, (n,))
    return Classifier(width, hidden, classes), inputs, ("first", "norm", "act", "last")


def _attention(rng: Random) -> tuple[nn.Module, Inputs, tuple[str, ...]]:
    width = 2 * rng.randint(2, 6)
    return Attention(width), (torch.randn(rng.randint(1, 3), rng.randint(3, 8), width),), ("q", "k", "v")


def _convolutions(rng: Random) -> tuple[nn.Module, Inputs, tuple[str, ...]]:
    n, channels, classes = rng.randint(2, 6), rng.randint(2, 5), rng.randint(2, 5)
    inputs = torch.randn(n, 1, 8, 8), torch.randint(0, classes, (n,))
    return Convolutions(channels, classes), inputs, ("first", "second", "last")


def _recurrent(rng: Random) -> tuple[nn.Module, Inputs, tuple[str, ...]]:
    n, width, hidden = rng.randint(4, 12), rng.randint(2, 8), rng.randint(3, 10)
    inputs = torch.randn(n, width), torch.randn(n, hidden), torch.randn(n, hidden)
    return Recurrent(width, hidden), inputs, ("last",)


NETWORKS: dict[str, Callable[[Random], Any]] = {
    "classifier": _classifier,
    "attention": _attention,
    "convolutions": _convolutions,
    "recurrent": _recurrent,
}


def drawn_network(name: str, seed: int) -> Drawn:
    """Return the network *name* with the sizes, weights and data of *seed*; PyTorch's own generator is left as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network, inputs, layers = NETWORKS[name](Random(f"{name} {seed}"))
    return Drawn(name, network, inputs, layers)
