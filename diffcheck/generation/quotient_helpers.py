"""u/v² and u/v³ as the text of a generated module.

Where |u| is below the smallest normal number, v is raised by 1/ε and u by the square or cube of that, which is exact: so u/v
is normal wherever the result is. A raised v may overflow; then the result would be 0 anyway.
"""

from __future__ import annotations

from diffcheck.generation.numpy_text import for_numpy

_TORCH = '''
def _lift(u: torch.Tensor) -> torch.Tensor:
    """A power of 2 by which what divides u may be multiplied: 1, or about 1/ε where u is subnormal."""
    kind = torch.finfo(u.dtype)
    return torch.where(torch.abs(u) < kind.tiny, 0.5 / kind.eps, torch.ones_like(u))


def _quotient_by_square(
    u: torch.Tensor, v: torch.Tensor, m: torch.Tensor | float = 1, *, out: torch.Tensor | None = None
) -> torch.Tensor:
    """u·m/v²"""
    lift = _lift(u)
    raised = v * lift
    return torch.div(u * lift * lift * m / raised, raised, out=out)


def _quotient_by_cube(
    u: torch.Tensor, v: torch.Tensor, m: torch.Tensor | float = 1, *, out: torch.Tensor | None = None
) -> torch.Tensor:
    """u·m/v³"""
    lift = _lift(u)
    raised = v * lift
    return torch.div(u * lift * lift * lift * m / raised / raised, raised, out=out)
'''

QUOTIENTS_TORCH, QUOTIENTS_NUMPY = _TORCH, for_numpy(_TORCH)
