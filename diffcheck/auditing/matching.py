"""Are two programs equal, output by output? Their difference is brought to normal form, which is 0 if they are.

Where it is not, three more things are tried: sums over few numbered elements written out; fractions over one denominator; and,
away from the kinks of the loss, step(−u) as 1 − step(u).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Add, Dummy, Expr, Indexed, Integer, Mul, Pow, fraction, preorder_traversal, together

from diffcheck.auditing.atoms import Step
from diffcheck.auditing.binders import Place
from diffcheck.auditing.constants import assumption, constants_in, with_constants
from diffcheck.auditing.domains import Condition, conditions
from diffcheck.auditing.monomials import bounded, may_vanish_with_masks
from diffcheck.auditing.normal import Normal
from diffcheck.auditing.wording import condition_text, in_letters, term_text
from diffcheck.derivation import Gradient, derive
from diffcheck.errors import DiffcheckError
from diffcheck.notation import Program, Role, index_symbol, indices_of, name_of
from diffcheck.notation.places import Remainder
from diffcheck.notation.symbols import is_scalar_read

_MOST_FRACTIONS = 12


@dataclass(frozen=True)
class Matched:
    """Whether two programs are equal, and if not known why.

    *assumptions* are about kinks, where the two follow other conventions, *given* tells how the programs were read, and
    *domain* where both have values at all.
    """

    equal: bool
    assumptions: tuple[str, ...] = ()
    reason: str = ""
    given: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """How two programs are read: what numbers stand for, and which integers are taken to tell places."""

    constants: dict[Expr, Expr]
    places: dict[str, Expr]

    def programs(self, gradient: Gradient, program: Program) -> tuple[Gradient, Program]:
        if not self.constants:
            return gradient, program
        primal = with_constants(gradient.primal, self.constants)
        return derive(primal, gradient.wrt), with_constants(program, self.constants)

    @property
    def assumptions(self) -> tuple[str, ...]:
        constants = sorted({assumption(number, named) for number, named in self.constants.items()})
        read = sorted(self.places.items())
        return (*constants, *(f"the elements of {name} tell places: they are in 0 … {size} - 1" for name, size in read))


def matched(gradient: Gradient, program: Program) -> Matched:
    """Return whether the outputs of *program* are the adjoints of *gradient*, in their order."""
    reason = ""
    for reading in _readings(gradient.primal, program):
        sides = reading.programs(gradient, program)
        for unrolled in (False, True):
            with bounded():
                found = _matched(*sides, unrolled, reading.places)
            if found.equal:
                return _where_defined(replace(found, given=reading.assumptions), *sides, reading.places)
            reason = reason or found.reason
    return Matched(False, (), reason)


def _readings(primal: Program, program: Program) -> Iterator[_Reading]:
    constants = constants_in(primal) | constants_in(program)
    places = _places_told(primal)
    yield _Reading({}, {})
    if constants:
        yield _Reading(constants, {})
    if places:
        yield _Reading({}, places)
    if constants and places:
        yield _Reading(constants, places)


def _places_told(primal: Program) -> dict[str, Expr]:
    """Return the integer inputs that the loss reads other tensors at, each with the least extent of the axes they tell."""
    whole = primal.named(Role.INTEGER)
    found: dict[str, set[Expr]] = {}
    for equation in primal.equations:
        for node in equation.reads:
            for place, size in zip(indices_of(node), primal.tensors[name_of(node)], strict=True):
                if isinstance(place, Remainder) and place.args[1] == size:  # a negative place counts from the end
                    place = place.args[0]
                if (isinstance(place, Indexed) or is_scalar_read(place)) and name_of(place) in whole:
                    found.setdefault(name_of(place), set()).add(size)
    return {name: next(iter(sizes)) for name, sizes in found.items() if len(sizes) == 1}


def _where_defined(found: Matched, gradient: Gradient, program: Program, places: Mapping[str, Expr]) -> Matched:
    """Return *found* with the conditions that its programs rest on; nothing is equal where neither has a value anywhere."""
    try:
        with bounded():
            sides = [conditions(side, places) for side in (gradient.primal, gradient.program, program)]
    except DiffcheckError as refusal:
        return Matched(False, (), f"it is not known where both have values: {refusal}")
    except RecursionError:
        return Matched(False, (), "it is not known where both have values: the program is nested too deeply")
    told: list[Condition] = []
    domain = []
    for side, nothing in zip(sides, _NOTHING, strict=True):
        for condition in sorted(side, key=lambda each: (each.kind != "positive", condition_text(each), len(each.masks))):
            if condition.fails:
                return Matched(False, (), f"{condition_text(condition)} nowhere, so that {nothing}")
            if condition.argument.has(Place):
                continue  # how many elements are the largest: the derivation divides by it, and it is 1 or more
            named = in_letters(condition)
            if not any(other.implies(named) for other in told):
                domain.append(f"{condition_text(condition)}: elsewhere {nothing}")
                told.append(named)
    return replace(found, domain=tuple(dict.fromkeys(domain)))


_NOTHING = ("the loss has no value", "the loss has no gradient", "the handwritten function has no value")


def _matched(gradient: Gradient, program: Program, unrolled: bool, places: Mapping[str, Expr]) -> Matched:
    def pair(loose: bool) -> tuple[Normal, Normal]:
        return Normal(gradient.program, loose, unrolled, places), Normal(program, loose, unrolled, places)

    try:
        left = _difference(gradient, *(strict := pair(False)))
        if not left:
            return Matched(True)
        kinks, others = map(_kinks, strict)
        if kinks and others <= kinks and not _difference(gradient, *pair(True)):
            listed = " and ".join(sorted({term_text(abs_of(kink)) for kink in kinks}))
            return Matched(True, (f"{listed} is nowhere 0: there the loss has a kink, and another convention is followed",))
        return Matched(False, (), left)
    except DiffcheckError as refusal:
        return Matched(False, (), f"no normal form: {refusal}")
    except RecursionError:
        return Matched(False, (), "no normal form: the program is nested too deeply")


def _difference(gradient: Gradient, mine: Normal, theirs: Normal) -> str:
    """Return what is left of the first adjoint that is another one, in words, "" where all are equal."""
    for (name, adjoint), output in zip(gradient.adjoints.items(), theirs.program.outputs, strict=True):
        places = _all_of(theirs.program, output)
        shapes = [side.program.tensors[tensor] for side, tensor in ((mine, adjoint), (theirs, output))]
        if shapes[0] != shapes[1]:
            exact, written = (f"({', '.join(map(str, shape))})" for shape in shapes)
            return f"∂L/∂{name} has the shape {exact}, and what is written by hand {written} whatever the inputs are"
        left = mine.of(adjoint, places) - theirs.of(output, places)
        if left != 0 and not vanishes(left):
            return f"∂L/∂{name}: the difference keeps {term_text(Add.make_args(left)[0])}"
    return ""


def vanishes(total: Expr) -> bool:
    """Say whether *total* is 0 once its fractions have one denominator, all other nodes taken for unknowns."""
    if len(Add.make_args(total)) > _MOST_FRACTIONS:
        return False
    if any(node.exp.is_negative and may_vanish_with_masks(node.base) for node in total.atoms(Pow)):
        return False
    names: dict[Expr, Expr] = {}
    return bool(fraction(together(_plain(total, names)))[0].expand() == 0)


def _plain(node: Expr, names: dict[Expr, Expr]) -> Expr:
    if node.is_Rational:
        return node
    if isinstance(node, Add | Mul):
        return node.func(*(_plain(part, names) for part in node.args))
    if isinstance(node, Pow) and node.exp.is_Integer:
        return _plain(node.base, names) ** node.exp
    return names.setdefault(node, Dummy())


def _all_of(program: Program, output: str) -> tuple[Expr, ...]:
    """Return the places of any element of *output*; on an axis of length 1 there is one."""
    extents = enumerate(program.tensors[output])
    return tuple(Integer(0) if size == 1 else index_symbol(f"at_{axis}") for axis, size in extents)


def _kinks(normal: Normal) -> set[Expr]:
    """Return the arguments of all steps in the normal forms of the outputs, without their signs."""
    found = set()
    for output in normal.program.outputs:
        for node in preorder_traversal(normal.of(output, _all_of(normal.program, output))):
            found |= {abs_of(node.args[0])} if isinstance(node, Step) else set()
    return found


def abs_of(argument: Expr) -> Expr:
    """Return *argument* or its opposite, whichever is written without a minus."""
    return -argument if argument.could_extract_minus_sign() else argument
