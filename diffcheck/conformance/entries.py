"""The entries of a database of operators: what they are called, and which of them were asked for."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from diffcheck.errors import MissingLibrary, UnknownName


def entries(database: str) -> dict[str, Any]:
    """Return the entries of *database* that support autograd, by name, in its order.

    *database* is ``"module:name"``. Raises `MissingLibrary` where the module needs a library that is not installed.
    """
    module, _, name = database.partition(":")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's test modules import what PyTorch deprecates
            found = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingLibrary(
            got=f"no module {error.name!r}",
            wanted="what PyTorch's database of operators imports",
            do="pip install 'torch-diffcheck[conformance]'",
            place=module,
        ) from None
    return {entry_name(entry): entry for entry in found if entry.supports_autograd}


def entry_name(entry: Any) -> str:
    """Return what an entry is called: its operator, and its variant after a dot where it has one.

    >>> from types import SimpleNamespace
    >>> entry_name(SimpleNamespace(name="div", variant_test_name="floor"))
    'div.floor'
    """
    return ".".join(filter(None, (entry.name, entry.variant_test_name)))


def chosen(known: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """Return those of the *known* names that *wanted* names, as operators, variants or groups; all of them if it names none.

    >>> chosen(["div.floor", "div.trunc", "linalg.svd", "mul"], ["linalg", "div"])
    ['div.floor', 'div.trunc', 'linalg.svd']
    """
    names = list(known)
    for one in wanted:
        if not any(_is(name, one) for name in names):
            raise UnknownName.among("operator", one, names)
    return [name for name in names if not wanted or any(_is(name, one) for one in wanted)]


def _is(name: str, one: str) -> bool:
    return name == one or name.startswith(f"{one}.")
