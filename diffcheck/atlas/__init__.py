"""The atlas: how accurate PyTorch's derivative of every pointwise operator is, in every dtype, along the number line."""

from diffcheck.atlas.activations import activations
from diffcheck.atlas.binary import binary
from diffcheck.atlas.losses import composites, losses
from diffcheck.atlas.unary import unary
from diffcheck.atlas.variants import FAMILIES, Variant, chosen, registry

VARIANTS = registry((unary(), activations(), binary(), losses(), composites()))

__all__ = ["FAMILIES", "VARIANTS", "Variant", "chosen"]
