"""Which variants a name stands for: those of the table, or a pointwise function of the user's own as "module:name"."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from diffcheck.atlas.activations import activations
from diffcheck.atlas.binary import binary
from diffcheck.atlas.losses import composites, losses
from diffcheck.atlas.unary import unary
from diffcheck.atlas.variants import Variant, chosen, registry
from diffcheck.capturing.arguments import signature_of
from diffcheck.errors import UnknownName

VARIANTS = registry((unary(), activations(), binary(), losses(), composites()))
OWN = "own"


def variants_of(names: Iterable[str]) -> tuple[Variant, ...]:
    """Return the variants *names*: of the table each with all of its parameters, or "module:function"; all for none.

    Raises `UnknownName` with near matches, or for a function that cannot be imported.
    """
    names = list(names)
    own = tuple(_own(name) for name in names if ":" in name)
    listed = [name for name in names if ":" not in name]
    return (*(chosen(listed, VARIANTS) if listed or not own else ()), *own)


def variant_of(name: str) -> Variant:
    """Return the one variant *name*, as a process that only knows its name finds it."""
    if ":" in name:
        return _own(name)
    if name not in VARIANTS:
        raise UnknownName.among("pointwise operator", name, VARIANTS)
    return VARIANTS[name]


def source_of(name: str) -> str:
    """Return a digest of the files that the operator *name* comes from, "" for one of the table.

    They are that of its module, and those in the same folder that it takes something from.
    """
    if ":" not in name:
        return ""
    variant_of(name)
    first = sys.modules[name.partition(":")[0]]
    folder = Path(getattr(first, "__file__", None) or "").parent
    found: dict[Path, None] = {}
    left = [first]
    while left:
        module = left.pop()
        path = Path(getattr(module, "__file__", None) or "")
        if path.is_file() and path not in found and path.parent == folder:
            found[path] = None
            values = list(vars(module).values())
            names = {getattr(value, "__module__", None) for value in values}
            left += [value for value in values if inspect.ismodule(value)]
            left += [sys.modules[other] for other in names if isinstance(other, str) and other in sys.modules]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(found))).hexdigest()


def _own(name: str) -> Variant:
    found = imported(name, "a pointwise function as module:name")
    if isinstance(found, Variant):
        return found
    if not callable(found):
        raise UnknownName(got=f"{name!r}, a {type(found).__name__}", wanted="a function of one or two tensors", do="name one")
    signature = signature_of(found)
    if signature is None:
        told = f"{name!r}, whose arguments Python cannot tell"
        raise UnknownName(got=told, wanted="a function of one or two tensors", do="call it in a function of your own")
    arity = len(signature.parameters)
    if arity not in (1, 2):
        told = f"{name!r}, a function of {arity} arguments"
        raise UnknownName(got=told, wanted="one of one or two tensors", do="bind the other arguments")
    return Variant(name, found, OWN, arity, (0.0, 1.0))


def imported(name: str, wanted: str) -> Any:
    """Return what *name*, "module:attribute", stands for; raise `UnknownName` that asks for *wanted* where it is nothing."""
    module, _, attribute = name.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)  # where a user's own file lies, as for `python -m`
    try:
        return getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a user's file may raise anything, and end by sys.exit
        told = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        raise UnknownName(got=f"{name!r} ({told})", wanted=wanted, do="name one that Python can import") from None
