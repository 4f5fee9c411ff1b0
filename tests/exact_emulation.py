"""A program carried out in a format with roundings as bad as they may be, an element at a time.

It knows nothing of arrays: it takes terms and factors in any order, divides by reciprocals or not, and puts functions off by as
much as their row allows.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from sympy import Expr, Indexed, KroneckerDelta, Rational, Symbol

from diffcheck.notation import Program, extent, indices_of, name_of
from diffcheck.oracle import FORMATS, round_value
from diffcheck.oracle.balls import real_number
from diffcheck.oracle.float_functions import FLOAT_FUNCTIONS


class Emulation:
    """A program carried out in *form*, every choice and every error drawn by *draw*."""

    def __init__(self, form, draw):
        self.form, self.draw = form, draw
        self.wide = FORMATS[form.sums_in]

    def rounded(self, value):
        return round_value(float(value), self.form)

    def run(self, program: Program, point, sizes):
        known = {name: {index: float(value[index]) for index in np.ndindex(value.shape)} for name, value in point.items()}
        substitution = {extent(name): size for name, size in sizes.items()}
        for equation in program.equations:
            kept, terms = len(equation.indices), {}
            for places in product(*(range(int(index.extent.subs(substitution))) for index in equation.axes)):
                where = {index.symbol: place for index, place in zip(equation.axes, places, strict=True)} | substitution
                terms.setdefault(places[:kept], []).append(self.number(equation.body, known, where))
            known[equation.target] = {index: self.total(found, len(equation.bound)) for index, found in terms.items()}
        return known

    def total(self, terms, summed):
        if not summed:
            return terms[0]
        return self.rounded(self.folded(terms, lambda a, b: round_value(a + b, self.wide)))

    def folded(self, values, operation):
        """Return *values* put together two at a time, in any order."""
        values = list(values)
        while len(values) > 1:
            first, second = (values.pop(int(self.draw.integers(len(values)))) for _ in range(2))
            values.append(operation(first, second))
        return values[0]

    def number(self, node: Expr, known, where) -> float:
        if isinstance(node, Indexed) or (isinstance(node, Symbol) and not node.is_integer):
            return known[name_of(node)][tuple(int(place.xreplace(where)) for place in indices_of(node))]
        if isinstance(node, KroneckerDelta):
            return float(node.xreplace(where))
        if node.is_Symbol:
            return self.rounded(where[node])
        if node.is_number:
            return self.rounded(node) if node.is_Rational else self.off(float(real_number(node).mid()), 8.0)
        if node.is_Add:
            return self.folded(self.numbers(node.args, known, where), lambda a, b: self.rounded(a + b))
        if node.is_Mul:
            return self.product(node.args, known, where)
        if node.is_Pow:
            return self.power(self.number(node.base, known, where), node.exp, known, where)
        return self.function(type(node).__name__, self.number(node.args[0], known, where))

    def numbers(self, nodes, known, where):
        return [self.number(node, known, where) for node in nodes]

    def product(self, factors, known, where):
        below = [factor for factor in factors if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0]
        above = self.numbers([factor for factor in factors if factor not in below], known, where) or [1.0]
        value = self.folded(above, lambda a, b: self.rounded(a * b))
        if not below:
            return value
        divisors = [self.power(self.number(factor.base, known, where), -factor.exp, known, where) for factor in below]
        divisor = self.folded(divisors, lambda a, b: self.rounded(a * b))
        return self.rounded(value * self.rounded(1 / divisor)) if self.draw.random() < 0.5 else self.rounded(value / divisor)

    def power(self, base, exponent, known, where):
        if exponent == 1:
            return base
        if exponent == -1:
            return self.rounded(1 / base)
        if exponent in (2, 3) and self.draw.random() < 0.5:
            return self.folded([base] * int(exponent), lambda a, b: self.rounded(a * b))
        order = float(exponent) if exponent.is_Rational else self.number(exponent, known, where)
        return self.off(base**order, 1.0 if exponent == 2 else 2.0 if exponent == Rational(1, 2) else 8.0)

    def function(self, name, argument):
        row = FLOAT_FUNCTIONS[name]
        value = float(row.value(np.float64(argument)))
        return self.off(value, row.units) if row.units else value

    def off(self, value, units):
        """Return *value* with an error of up to *units* of the format it is carried out in, rounded to this one."""
        most = (units - (self.wide is self.form)) * self.wide.unit
        return self.rounded(value * (1 + most * self.draw.uniform(-1, 1)))
