"""The catalogue: losses stated in index notation and in PyTorch, with the data to evaluate them at."""

from diffcheck.problems.classification import logistic_regression
from diffcheck.problems.networks import two_layer_network
from diffcheck.problems.problem import Problem, resized, scaled
from diffcheck.problems.registry import find_problem, names, problem, register
from diffcheck.problems.regression import linear_regression, polynomial_regression, thermometer
from diffcheck.problems.stability import hessian_matrix, is_quadratic, largest_stable_lr
from diffcheck.problems.tensors import to_torch

for _maker in (thermometer, linear_regression, polynomial_regression, logistic_regression, two_layer_network):
    register(_maker)

__all__ = [
    "Problem",
    "find_problem",
    "hessian_matrix",
    "is_quadratic",
    "largest_stable_lr",
    "names",
    "problem",
    "register",
    "resized",
    "scaled",
    "to_torch",
]
