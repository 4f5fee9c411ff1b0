"""What a check found: one record for each element of a gradient, and the whole of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from flint import arb

from diffcheck.errors import WrongGradient
from diffcheck.oracle import is_infinite
from diffcheck.verification.verdict import Kind, Verdict


@dataclass(frozen=True)
class Place:
    """An element of an input: its name and its index."""

    name: str
    index: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(map(str, self.index))}]" if self.index else self.name


@dataclass(frozen=True)
class Finding:
    """One element: where it is, the ball of its exact value, what was got, its error and bound in ULP, and the verdict."""

    place: Place
    exact: arb | None
    got: float
    ulp: float
    bound: float
    verdict: Verdict
    kind: Kind
    note: str = ""

    def __str__(self) -> str:
        if self.exact is None:
            return f"{self.place}: {self.verdict.value} ({self.kind.value}): {self.note}"
        return f"{self._where}: {self._called}: got {self.got!r}, exact {shown(self.exact)}, {self._error}"

    @property
    def refused(self) -> bool:
        """Whether it counts against the gradient; a subgradient at a kink does not."""
        undefined = self.verdict is Verdict.UNDEFINED and self.kind not in (Kind.SUBGRADIENT, Kind.INFINITE)
        return undefined or self.contradicts

    @property
    def contradicts(self) -> bool:
        """Whether it is not what it should be, as far as can be told."""
        return self.verdict in (Verdict.WRONG, Verdict.UNDECIDED)

    def described(self) -> str:
        """Return the same without the exact value."""
        return str(self) if self.exact is None else f"{self._where} = {self.got!r}, {self._called} ({self._error})"

    @property
    def _where(self) -> str:
        return f"{self.place} {self.note}".rstrip()

    @property
    def _called(self) -> str:
        return self.verdict.value + (f" ({self.kind.value})" if self.kind is not Kind.NONE else "")

    @property
    def _error(self) -> str:
        return f"{self.ulp:.3g} ULP, bound {self.bound:.3g} ULP"


def shown(ball: arb) -> str:
    """Return the midpoint of *ball* to 20 digits, or its power of 2 where the decimal exponent is out of reach.

    Of a ball around 0 that is narrow enough to round to 0 no digit is known.

    >>> shown(arb(0, 1e-300)), shown(arb("0.25"))
    ('0', '0.25000000000000000000')
    """
    if is_infinite(ball):
        return str(float(ball))
    if not ball.is_finite():
        return "undefined"
    try:
        text = str(ball.str(20, radius=False))
        return "0" if text.startswith(("0e", "-0e")) else text
    except OverflowError:
        mantissa, exponent = ball.mid().man_exp()
        sign = "-" if mantissa < 0 else ""
        return f"{sign}2**{int(exponent) + int(abs(mantissa)).bit_length()}, about"


@dataclass(frozen=True, repr=False)
class Findings:
    """All elements that were checked. A check of nothing is no check: it is not `ok`.

    *unchecked* names the real inputs that no gradient was asked of.
    """

    items: tuple[Finding, ...]
    subject: str = "gradient"
    formulas: dict[str, str] = field(default_factory=dict)
    reproduce: str = ""
    unchecked: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return f"<Findings: {self._counted()}>"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def ok(self) -> bool:
        """Nothing wrong, nothing undecided, no NaN for want of a derivative, and at least one element."""
        return bool(self.items) and not any(item.refused for item in self.items)

    @property
    def nothing_compared(self) -> bool:
        """There are no elements, or none has an exact value to compare with."""
        return all(item.verdict is Verdict.UNDEFINED and item.kind is Kind.NONE for item in self.items)

    @property
    def accurate(self) -> bool:
        """Nothing lossy either."""
        return self.ok and not any(item.verdict is Verdict.LOSSY for item in self.items)

    @property
    def worst(self) -> Finding:
        """The element of the worst verdict, and among these the one with the largest error against its bound."""
        if not self.items:
            raise WrongGradient(got="no element to check", wanted="one or more", do="check a gradient that has elements")
        return max(self.items, key=_badness)

    def counts(self) -> dict[str, int]:
        """Return how many elements got each verdict."""
        found = Counter(item.verdict for item in self.items)
        return {verdict.value: found[verdict] for verdict in Verdict}

    def table(self, rows: int = 10) -> str:
        """Return the verdicts' counts and the worst *rows* elements as text."""
        lines = [self._counted()]
        lines += [f"  {item}" for item in sorted(self.items, key=_badness, reverse=True)[:rows]]
        return "\n".join([*lines, *([f"  not checked: {', '.join(self.unchecked)}"] if self.unchecked else [])])

    def _counted(self) -> str:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.counts().items() if count)
        elements = "1 element" if len(self) == 1 else f"{len(self)} elements"
        return f"{self.subject}: {elements}: {counts or 'nothing was checked'}"

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return f"<pre>{escape(self.table())}</pre>"

    def raise_if_wrong(self) -> None:
        """Raise `WrongGradient`, naming the worst element, unless `ok`."""
        __tracebackhide__ = True  # pytest shows the line of the test
        if self.ok:
            return
        worst = self.worst
        if self.nothing_compared:
            raise WrongGradient(
                got=f"{worst}: no element has a derivative here",
                wanted="one or more",
                do="check at a point where the function has a value and a slope",
                place=self.subject,
            )
        formula = self.formulas.get(worst.place.name, "")
        raise WrongGradient(
            got=worst.described(),
            wanted=f"{shown(worst.exact) if worst.exact is not None else 'a gradient'}"
            + (f" = {formula}" if formula else "")
            + ", within the bound",
            do=self.reproduce or "see table() of the findings for the other elements",
            place=self.subject,
        )


_ORDER = (Verdict.EXACT, Verdict.ACCURATE, Verdict.LOSSY, Verdict.UNDEFINED, Verdict.UNDECIDED, Verdict.WRONG)


def _badness(item: Finding) -> tuple[int, bool, float, float]:
    excess = item.ulp / item.bound if item.bound else math.inf
    return _ORDER.index(item.verdict), item.refused, math.inf if math.isnan(excess) else excess, item.ulp
