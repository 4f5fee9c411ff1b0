"""An atlas as plain values, as pages and comparisons read it: who measured it on what, and a row for each answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from diffcheck.atlas.asking import GENERATED, MODES
from diffcheck.atlas.causes import cause_of
from diffcheck.atlas.choosing import VARIANTS, variant_of
from diffcheck.atlas.store import DONE, Answer, Store
from diffcheck.oracle import format_of

BLAMED = ("wrong", "undecided", "lossy")
_ENDLESS = ("spurious NaN", "spurious infinity", "missing infinity", "overflow")


def collected(store: Store) -> dict[str, Any]:
    """Return the "origin" of *store*, and its answers as "rows", each a dict of its question, its status and its body."""
    return {"origin": dict(store.origin), "rows": [_row(answer) for answer in store.answers()]}


def _row(answer: Answer) -> dict[str, Any]:
    question = answer.question
    own = question.variant not in VARIANTS
    row = {
        "variant": question.variant,
        "family": "own" if own else variant_of(question.variant).family,
        "dtype": question.dtype,
        "mode": question.mode,
        "order": MODES[question.mode].order,
        "generated": question.mode in GENERATED,
        "device": question.device,
        "status": answer.status,
        "seconds": answer.seconds,
        **answer.body,
    }
    if answer.status == DONE:
        row |= {
            "digits": digits_lost(answer.body, question.dtype),
            "cause": cause_of(question.variant, MODES[question.mode].order, question.dtype),
        }
    return row


def digits_lost(body: Mapping[str, Any], dtype: str) -> float:
    """Return log10 of the largest error in ULP, 0 below 1 ULP and no more than the decimal digits that *dtype* has.

    It is the largest that the formula is to blame for, if there is one. NaN or an infinity for a finite value costs all digits.
    """
    all_digits = format_of(dtype).precision * math.log10(2)
    worst = body["blamed"] or body["worst"]
    if any(body["kinds"].get(kind) for kind in _ENDLESS) or (worst is not None and worst["ulp"] is None):
        return round(all_digits, 2)
    largest = worst["ulp"] if worst else 0.0
    return round(min(math.log10(max(largest, 1.0)), all_digits), 2)


def worst_rows(rows: Iterable[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    """Return the *count* rows of PyTorch's with the largest errors that a formula is to blame for, one of each variant.

    After them come those that only lack a number, or give one of no size in ULP, where the derivative is one.
    """
    best: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row["status"] == DONE and not row["generated"] and fault_of(row) is not None:
            known = best.get(row["variant"])
            if known is None or _size(row) > _size(known):
                best[row["variant"]] = row
    return sorted(best.values(), key=_size, reverse=True)[:count]


def fault_of(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the worst point that the formula of *row* is to blame for, one without an error in ULP if there is no other."""
    faults = (one for one in row["examples"].values() if one["verdict"] in BLAMED)
    found: Mapping[str, Any] | None = row["blamed"] or next(faults, None)
    return found


def flaws_of(row: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the derivative of *row* beside its value at finite numbers, in words."""
    specials = [f"{one['fault']} at {one['at']}" for one in row["specials"] if one["fault"]]
    places = ["another derivative at other places of a tensor"] if row["positions"]["gross"] else []
    return specials + places + (["no multiple of what comes in"] if row.get("slopes", {}).get("apart") else [])


def _size(row: Mapping[str, Any]) -> float:
    return -1.0 if row["blamed"] is None or row["blamed"]["ulp"] is None else float(row["blamed"]["ulp"])
