"""Everything diffcheck refuses, each with what was got, what was wanted and what to do.

This module imports nothing of the package, so every room may raise from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class DiffcheckError(Exception):
    """The base of every refusal: *place*: got …, wanted …; what to do.

    >>> print(ShapeMismatch(got="(3,)", wanted="(4,)", do="pass 4 values", place="x"))
    x: got (3,), wanted (4,); pass 4 values
    """

    def __init__(self, *, got: str, wanted: str, do: str, place: str = "") -> None:
        self.got = got
        self.wanted = wanted
        self.do = do
        self.place = place
        prefix = f"{place}: " if place else ""
        super().__init__(f"{prefix}got {got}, wanted {wanted}; {do}")

    def at(self, place: str) -> DiffcheckError:
        """Return the same refusal with *place* put before its own place."""
        inner = f"{place} / {self.place}" if self.place else place
        return type(self)(got=self.got, wanted=self.wanted, do=self.do, place=inner)


class NotationError(DiffcheckError):
    """A program in index notation that has no meaning."""


class ProgramSyntaxError(NotationError):
    """Text that is no program."""


class InvalidName(NotationError):
    """A name that is no identifier, a keyword, or reserved."""


class DuplicateName(NotationError):
    """One name given to two things."""


class UnboundIndex(NotationError):
    """An index that neither the target nor a reduction binds."""


class ExtentMismatch(NotationError):
    """An index or axis that is given two different extents."""


class UndefinedOperand(NotationError):
    """A read of a tensor that nothing defines before it is read."""


class RankMismatch(NotationError):
    """A read with another number of indices than the tensor has axes."""


class UnsupportedExpression(NotationError):
    """A scalar body with a node that has no meaning in a program."""


class UnknownName(DiffcheckError):
    """A name that is not in the list it was looked up in."""

    @classmethod
    def among(cls, kind: str, name: object, known: Iterable[str]) -> UnknownName:
        """Refuse *name* as no *kind* of those *known*, offering near matches."""
        names = sorted(known)
        near = get_close_matches(str(name), names, n=3, cutoff=0.5)
        do = f"did you mean {' or '.join(map(repr, near))}?" if near else f"choose one of: {', '.join(names)}"
        return cls(got=repr(name), wanted=f"the name of a known {kind}", do=do)


class PointError(DiffcheckError):
    """Input values that a program cannot be evaluated at."""


class MissingInput(PointError):
    """An input of the program that got no value."""


class ShapeMismatch(PointError):
    """Values whose shape contradicts the program or one another."""


class DtypeMismatch(PointError):
    """Values of several dtypes where one is wanted."""


class UnsupportedDtype(PointError):
    """Values of a dtype that has no real derivative here."""


class DeviceMismatch(PointError):
    """Values on several devices where one is wanted."""


class NonFiniteInput(PointError):
    """A NaN or an infinity where a finite value is wanted."""


class EmptyBatch(PointError):
    """An extent of zero, over which a mean has no value."""


class DerivationError(DiffcheckError):
    """A derivative that was asked for and cannot be derived."""


class CaptureError(DiffcheckError):
    """A PyTorch function that cannot be turned into a program."""


class UnsupportedOperator(CaptureError):
    """An operator that has no row; *place* is the line of the user's code that used it."""


class NotPointwise(DiffcheckError):
    """A function with another output than one element for each of the input's, made of that one alone."""


class UnfaithfulCapture(CaptureError):
    """A program that does not compute what the function computes: nothing may be judged by it."""


class TangentError(DiffcheckError):
    """Cotangents that do not fit the outputs."""


class GenerationError(DiffcheckError):
    """A program for which no source text can be written."""


class UnsupportedEngine(DiffcheckError):
    """An engine that cannot compute what it was asked for."""


class TrainingError(DiffcheckError):
    """A number of epochs or a learning rate with which nothing can be trained."""


class MeasurementError(DiffcheckError):
    """A number of rounds, of threads or of examples with which nothing can be measured."""


class NotComparable(DiffcheckError):
    """Two runs that are not of one problem, learning rate and length, or that no bound holds for."""


class WrongGradient(DiffcheckError, AssertionError):
    """A gradient outside its bound, as a failure that test runners show as one."""


class StrategyError(DiffcheckError):
    """Arguments of a Hypothesis strategy by which nothing, or no tensor, could be drawn."""


class UnreadableValue(DiffcheckError):
    """A value that is no plain array of real numbers, whatever it claims to be."""


class OutputUnwritable(DiffcheckError):
    """A folder or a file that results cannot be written to."""


class MissingLibrary(DiffcheckError):
    """An optional library that is needed for this and is not installed."""


class ResultsUnreadable(DiffcheckError):
    """A stored results file that is damaged or of another version."""


class ResultsBusy(DiffcheckError):
    """Stored results that another program keeps locked."""


class IgnoredToleranceWarning(UserWarning):
    """A tolerance or a step was given to a check that has none."""


class UncheckedTensorWarning(UserWarning):
    """A tensor that a function uses requires grad, and no argument that a check could ask for."""


class UnusedParameterWarning(UserWarning):
    """A parameter that does not occur in the loss: its gradient is zero."""
