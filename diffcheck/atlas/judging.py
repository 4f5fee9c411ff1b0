"""What was computed of a derivative, judged: by the exact values, by the limits beside kinks, not at all outside the domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from flint import arb

from diffcheck.atlas.conditioning import conditioning
from diffcheck.atlas.deriving import Derivative, has_branches
from diffcheck.atlas.ordinals import ordinals, values_at
from diffcheck.notation import Program
from diffcheck.oracle import Format
from diffcheck.oracle.limits import Limits, at
from diffcheck.verification.judging_arrays import KINDS, VERDICTS, Judged, judged_arrays
from diffcheck.verification.kinks import filled, judged_by_sides
from diffcheck.verification.verdict import Judgement, Kind, Verdict, judged_by_size

_EXACT, _UNDEFINED, _UNDECIDED = map(VERDICTS.index, (Verdict.EXACT, Verdict.UNDEFINED, Verdict.UNDECIDED))
_DOUBTED = (VERDICTS.index(Verdict.WRONG), _UNDECIDED)
_FAULTY = tuple(map(VERDICTS.index, (Verdict.LOSSY, Verdict.WRONG)))
_FINE = tuple(map(VERDICTS.index, (Verdict.EXACT, Verdict.ACCURATE)))
_BITS = 320
_NONE, _MISSING_NAN = map(KINDS.index, (Kind.NONE, Kind.MISSING_NAN))


@dataclass(frozen=True)
class Judging:
    """The verdicts on one *derivative* of *function* at *point*: on each of the arrays *computed*, by what computed it.

    *edges* are where the function may have a kink, or end; *exact* are the values, by their limits where they lie in a hole.
    """

    function: Program
    derivative: Derivative
    edges: tuple[float, ...]
    form: Format
    point: Mapping[str, np.ndarray]
    computed: Mapping[str, np.ndarray]
    exact: np.ndarray

    def verdicts(self) -> dict[str, Judged]:
        """Return the verdicts; *exact* is filled in where the point lies in a hole."""
        judged = self._by_bounds()
        # At an edge a branch of the program may hold for this one point, and its slope is not that of the function.
        at_edge = np.any([np.isin(self.point[name], self.edges) for name in self.derivative.names], axis=0)
        places = _anywhere(judged, lambda found: at_edge | np.isin(found.verdicts, (*_DOUBTED, _UNDEFINED)))
        places = np.setdiff1d(places, self._outside(judged, places))
        without = places[[not exact.is_finite() for exact in self.exact[places]]]
        self._by_sides(judged, places)
        self._by_constancy(judged, without)
        self._by_neighbours(judged)
        return judged

    def _by_bounds(self) -> dict[str, Judged]:
        """Return the verdicts by both bounds, each computed for those points alone that are not settled without it.

        Of most points one value is the exact one, rounded, and no bound matters; the rounding bound is the dearer of the two.
        """
        derivative, form = self.derivative, self.form
        unknown = np.full(self.exact.shape, np.inf)
        condition = unknown.copy()
        judged = {mode: judged_arrays(got, self.exact, unknown, unknown, form) for mode, got in self.computed.items()}
        places = _anywhere(judged, lambda found: found.verdicts != _EXACT)
        if len(places):
            here = self._here(places)
            condition[places] = conditioning(derivative.stable, derivative.output, derivative.names, here, form)
            self._again(judged, places, unknown, condition)
            places = _anywhere(judged, lambda found: np.isin(found.verdicts, _DOUBTED))
        if len(places):
            rounding = unknown.copy()
            rounding[places] = derivative.rounding(self._here(places), form)
            self._again(judged, places, rounding, condition)
        for mode, found in judged.items():
            for place in np.flatnonzero(found.verdicts == _UNDECIDED).tolist():
                got, exact = float(self.computed[mode][place]), self.exact[place]
                found.verdicts[place] = VERDICTS.index(judged_by_size(_judgement(found, place), got, exact, form).verdict)
        return judged

    def _again(self, judged: Mapping[str, Judged], places: np.ndarray, rounding: np.ndarray, condition: np.ndarray) -> None:
        """Judge anew at *places*, under these bounds."""
        exact, bounds = self.exact[places], (rounding[places], condition[places])
        for mode, found in judged.items():
            again = judged_arrays(self.computed[mode][places], exact, *bounds, self.form)
            found.verdicts[places], found.kinds[places] = again.verdicts, again.kinds
            found.limits[places] = again.limits

    def _outside(self, judged: Mapping[str, Judged], places: np.ndarray) -> np.ndarray:
        """Return those of *places* where the function has a value on no side, and call undefined what is doubted there."""
        places = places[self.derivative.valueless(self.function, self._here(places))]
        self._undefined(judged, places)
        return places

    def _by_constancy(self, judged: Mapping[str, Judged], places: np.ndarray) -> None:
        """Judge those of *places*, where the formula has no value, at which the function is constant: its derivative is 0.

        What is NaN as the formula is stays judged by the sides.
        """
        if len(self.derivative.by) > 1 or not len(places):
            return
        found = places[self.derivative.constant(self.function, self._here(places))]
        for place in found.tolist():
            self.exact[place] = arb(0)
        for mode, verdicts in judged.items():
            here = found[~np.isnan(self.computed[mode][found])]
            again = judged_arrays(self.computed[mode][here], self.exact[here], np.zeros(1), np.zeros(1), self.form)
            for name in ("verdicts", "kinds", "ulps", "limits"):
                getattr(verdicts, name)[here] = getattr(again, name)

    def _by_neighbours(self, judged: Mapping[str, Judged]) -> None:
        """Call accurate what the derivative is at a neighbour, if a branch lies between: an ULP of the argument leads there."""
        if len(self.derivative.names) > 1 or not has_branches(self.derivative.stable):
            return
        (name,) = self.derivative.names
        places = _anywhere(judged, lambda found: np.isin(found.verdicts, _FAULTY))
        line = ordinals(self.point[name][places], self.form)
        for step in (-1, 1) if len(places) else ():
            exact = self.derivative.exact(self._here(places) | {name: values_at(line + step, self.form)}, self.form)
            for mode, found in judged.items():
                beside = judged_arrays(self.computed[mode][places], exact, np.zeros(1), np.full(1, np.inf), self.form)
                fine = np.isin(beside.verdicts, _FINE) & np.isin(found.verdicts[places], _FAULTY)
                found.verdicts[places[fine]], found.kinds[places[fine]] = VERDICTS.index(Verdict.ACCURATE), _NONE

    def _bare(self, places: np.ndarray, sides: Limits) -> np.ndarray:
        """Say where the slopes agree on all sides of a point at which the function itself has no value, as sin(x)/x at 0.

        There is no derivative at such a point. A branch that fills it in would make one.
        """
        holes = [not exact.is_finite() and low.is_finite() for exact, low in zip(self.exact[places], sides.low, strict=True)]
        found = np.array(holes, dtype=bool)
        if found.any():
            here = {tensor.name: self.point[tensor.name][places[found]] for tensor in self.function.inputs}
            (output,) = self.function.outputs
            found[found] = [ball.is_nan() for ball in at(self.function, here, _BITS)[output]]
        return found

    def _otherwise(self, places: np.ndarray, one_sided: np.ndarray) -> list[Verdict]:
        """Return the verdict on what is not the infinity that the sides of a pole agree on."""
        lines = [self.point[name][places] for name in self.derivative.names]
        below = one_sided & np.any([(line == 0) & np.signbit(line) for line in lines], axis=0)
        sure = Verdict.WRONG if len(lines) == 1 else Verdict.UNDECIDED
        return [Verdict.UNDEFINED if here else sure for here in below]

    @staticmethod
    def _undefined(judged: Mapping[str, Judged], places: np.ndarray) -> None:
        """Call undefined what is doubted at *places*."""
        for found in judged.values():
            here = places[np.isin(found.verdicts[places], _DOUBTED)]
            found.kinds[here] = np.where(found.kinds[here] == _MISSING_NAN, _MISSING_NAN, _NONE)
            found.verdicts[here], found.ulps[here], found.limits[here] = _UNDEFINED, np.nan, np.nan

    def _by_sides(self, judged: Mapping[str, Judged], places: np.ndarray) -> None:
        """Judge anew, by the limits from all sides, what of *places* lies on a kink, in a hole, or at the end of a domain."""
        places = places[~self.derivative.smooth(self._here(places), self.exact[places], self.function)]
        if not len(places):
            return
        sides = self.derivative.sides(self._here(places), self.form, self.function)
        bare, one_sided = self._bare(places, sides), np.asarray(sides.partial)
        self._undefined(judged, places[bare])
        places, sides = places[~bare], Limits(sides.low[~bare], sides.high[~bare])
        otherwise = self._otherwise(places, one_sided[~bare])
        before = self.exact.copy()
        for turn, place in enumerate(places.tolist()):
            self.exact[place] = filled(self.exact[place], sides.low[turn], sides.high[turn])
        for mode, found in judged.items():
            for turn, place in enumerate(places.tolist()):
                one, got = _judgement(found, place), float(self.computed[mode][place])
                ends = sides.low[turn], sides.high[turn]
                again = judged_by_sides(one, got, before[place], *ends, self.form, otherwise=otherwise[turn])
                found.verdicts[place], found.kinds[place] = VERDICTS.index(again.verdict), KINDS.index(again.kind)
                found.ulps[place], found.limits[place] = again.ulp, again.bound

    def _here(self, places: np.ndarray) -> dict[str, np.ndarray]:
        return {name: value[places] for name, value in self.point.items()}


def _anywhere(judged: Mapping[str, Judged], which: Callable[[Judged], np.ndarray]) -> np.ndarray:
    """Return the places that *which* picks in any of the modes."""
    return np.flatnonzero(np.any([which(found) for found in judged.values()], axis=0))


def _judgement(found: Judged, place: int) -> Judgement:
    ulp, bound = float(found.ulps[place]), float(found.limits[place])
    return Judgement(VERDICTS[found.verdicts[place]], KINDS[found.kinds[place]], ulp, bound)
