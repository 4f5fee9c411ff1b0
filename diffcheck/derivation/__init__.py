"""Program -> gradient program: the adjoint walk, Jacobians and Hessians, and closed forms."""

from diffcheck.derivation.closed_form import closed_form
from diffcheck.derivation.gradient import Gradient, derive
from diffcheck.derivation.jacobian import hessian, jacobian
from diffcheck.derivation.pruning import needed, reached

__all__ = ["Gradient", "closed_form", "derive", "hessian", "jacobian", "needed", "reached"]
