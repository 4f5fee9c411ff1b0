"""Π, max and argmax over the last axes of an array, as source."""

from __future__ import annotations

from diffcheck.generation.readable import places_text
from diffcheck.generation.spelling import Target
from diffcheck.generation.views import Axes
from diffcheck.notation import Reduction


def reduced(text: str, reduction: Reduction, layout: Axes, bound: Axes, target: Target) -> str:
    """Return source for the *reduction* of the array *text*, which has the axes *layout*, over those in *bound*, its last.

    Of several largest elements, ``argmax`` of either library takes the first.
    """
    if reduction is Reduction.MAX:
        name = "amax" if target.on_devices else "max"
        return f"{text}.{name}({places_text(layout, bound)})"
    if reduction is Reduction.PRODUCT and (not target.on_devices or len(bound) in (1, len(layout))):
        return f"{text}.prod({places_text(layout, bound)})"
    name = "prod" if reduction is Reduction.PRODUCT else "argmax"
    if len(bound) == len(layout):
        return f"{text}.{name}()"  # argmax counts all elements, the last axis fastest
    if len(bound) > 1:
        kept = len(layout) - len(bound)
        merged = f"flatten({kept})" if target.on_devices else f"reshape(*{text}.shape[:{kept}], -1)"
        text = f"{text}.{merged}"
    return f"{text}.{name}({len(layout) - len(bound)})"
