"""Program -> the same program in formulas that lose no digits where the derivative itself is well-conditioned.

Each equation is rewritten by the rules of `cancelling` and `scaling`. A rule may need the terms of two equations, as
1 − σ(v) does where σ(v) is an equation of its own: so operands are written out where a rule then holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy
from sympy import Add, Expr, Indexed, Integer, KroneckerDelta, Mul, Pow, expand_mul

from diffcheck.derivation.pruning import needed
from diffcheck.derivation.terms import fresh_name
from diffcheck.generation.cancelling import uncancelled
from diffcheck.generation.compositions import hypot1, ndtri
from diffcheck.generation.excluding import Others, excluded, halved, is_sum_of_exponentials, written_out
from diffcheck.generation.masking import inverted, is_inverse_branch
from diffcheck.generation.names import names_of
from diffcheck.generation.scalars import is_number
from diffcheck.generation.scaling import scaled_exponential, scaled_power, scaled_product
from diffcheck.generation.special_sums import without_hole
from diffcheck.generation.whole import is_movement, scattered
from diffcheck.notation import Equation, Program, Reduction, read
from diffcheck.notation.selection import select
from diffcheck.notation.special_functions import erfinv
from diffcheck.notation.symbols import substitute

_DEEPEST, _LONGEST = 4, 60
_LARGE = 64


def accurate(program: Program) -> Program:
    """Return *program* with every equation in a form that loses no digits where a rule knows one."""
    known: dict[str, Equation] = {}
    sums: dict[str, Equation] = {}
    without: Others = {}
    equations: list[Equation] = []
    taken = names_of(program)
    for equation in map(_of_one_term, program.equations):
        made = _rewritten(equation, known) if scattered(equation) is None else equation
        while (root := None if made.bound else _root(made, fresh_name("divisor", taken))) is not None:
            taken.add(root.target)
            equations.append(root)
            made = _with_root(made, root)
        *others, made = excluded(made, known, sums, without, taken)
        taken.update(other.target for other in others)
        if is_sum_of_exponentials(made, known):
            sums[made.target] = made
        if not (made.bound or made.reduction is not Reduction.SUM or is_movement(made, program.tensors)):
            known[made.target] = made
        equations += [*others, made]
    found = [halved(equation, known, sums) for equation in needed(equations, program.outputs)]
    return replace(program, equations=needed(found, program.outputs))


def formula(node: Expr) -> Expr:
    """Return the scalar expression *node* with all rules applied, from its leaves on."""
    if isinstance(node, (Indexed, KroneckerDelta)) or is_number(node):
        return node
    condition = node.args[:1] if isinstance(node, select) else ()  # is compared as it stands
    parts = [*condition, *map(formula, node.args[len(condition) :])]
    made = node if parts == list(node.args) else node.func(*parts)
    if made.is_Add:
        return uncancelled(made)
    if made.is_Mul:
        return scaled_product(made)
    if made.is_Pow:
        return scaled_power(made)
    if isinstance(made, select):
        return inverted(without_hole(made))
    if isinstance(made, erfinv):
        half = (made.args[0] + 1) / 2
        return made if half.is_Add else ndtri(half) / sympy.sqrt(2)
    return scaled_exponential(made) if isinstance(made, sympy.exp) else made


def _of_one_term(equation: Equation) -> Equation:
    """Return *equation* without those of its sums that have one term."""
    single = {index.symbol: Integer(0) for index in equation.bound if index.extent == 1}
    if not single or equation.reduction is not Reduction.SUM:
        return equation
    bound = tuple(index for index in equation.bound if index.symbol not in single)
    return replace(equation, bound=bound, body=substitute(equation.body, single))


def _rewritten(equation: Equation, known: Mapping[str, Equation]) -> Equation:
    """Return *equation* by the rules, with as few operands written out in it as make one hold."""
    body = formula(written_out(_spread(equation.body), _scales(known)))
    if any(map(is_inverse_branch, Mul.make_args(body))):
        body = formula(written_out(body, known))  # a square in what is divided had better be divided before it is taken
    if equation.bound or equation.reduction is not Reduction.SUM:
        return replace(equation, body=body)
    made = written_out(body, known)
    if made.count_ops() < body.count_ops():  # a factor and its inverse cancelled: to multiply by both rounds, or underflows
        return replace(equation, body=formula(made))
    if body != equation.body:
        return replace(equation, body=body)
    for _ in range(_DEEPEST):
        longer = written_out(body, known)
        if longer == body or longer.count_ops() > _LONGEST:
            break
        for form in (longer, expand_mul(longer)):
            made = formula(form)
            if made != form and made.count_ops() <= longer.count_ops():
                return replace(equation, body=made)
        body = longer
    return equation


def _scales(known: Mapping[str, Equation]) -> dict[str, Equation]:
    """Return those equations that divide by a branch, as that on a size which may be 0: it had better be divided by last."""
    return {name: other for name, other in known.items() if any(map(is_inverse_branch, Mul.make_args(other.body)))}


def _spread(node: Expr) -> Expr:
    """Return (20000·a + 30000·b)/20000 as a + 1.5·b: in narrow formats such numbers overflow."""
    number, rest = node.as_coeff_Mul()
    totals = [factor for factor in Mul.make_args(rest) if factor.is_Add]
    large = any(abs(term.as_coeff_Mul()[0]) > _LARGE for total in totals for term in total.args)
    if len(totals) != 1 or number == 1 or not large:
        return node
    return rest / totals[0] * Add(*(number * term for term in totals[0].args))


def _root(equation: Equation, name: str) -> Equation | None:
    """Return a sum that *equation* divides by more than once as an equation of its own: its square may be too large."""
    for power in sorted(equation.body.atoms(Pow), key=str):
        repeated = power.exp.is_Integer and power.exp < -1
        if repeated and (power.base.is_Add or isinstance(power.base, hypot1)) and power.has(Indexed):
            used = [index for index in equation.indices if index.symbol in power.base.free_symbols]
            return Equation(name, tuple(used), (), power.base)
    return None


def _with_root(equation: Equation, root: Equation) -> Equation:
    whole = read(root.target, (index.symbol for index in root.indices))
    return replace(equation, body=substitute(equation.body, {root.body: whole}))
