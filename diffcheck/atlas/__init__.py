"""The atlas: how accurate PyTorch's derivative of every pointwise operator is, in every dtype, along the number line."""

from diffcheck.atlas.choosing import VARIANTS, variant_of, variants_of
from diffcheck.atlas.variants import FAMILIES, Variant

__all__ = ["FAMILIES", "VARIANTS", "Variant", "variant_of", "variants_of"]
