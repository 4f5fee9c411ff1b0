"""Generated text, and the functions that compiling it gives; tracebacks show the generated lines."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from types import ModuleType
from typing import Any

from diffcheck.errors import UnknownName


@dataclass(frozen=True)
class Source:
    """The text of a stand-alone module, its target, and the names of its functions."""

    text: str
    target: str
    functions: tuple[str, ...]

    def __str__(self) -> str:
        return self.text

    def compile(self, name: str = "grad") -> Callable[..., Any]:
        """Return the function *name* of the module: ``grad(**inputs)`` gives one array for each parameter, in order."""
        if name not in self.functions:
            raise UnknownName.among("generated function", name, self.functions)
        found: Callable[..., Any] = getattr(self.module(), name)
        return found

    def module(self) -> ModuleType:
        """Return the module that the text defines, its lines registered for tracebacks."""
        digest = sha256(self.text.encode()).hexdigest()[:12]
        filename = f"<diffcheck generated {self.target} {digest}>"
        module = ModuleType(f"diffcheck_generated_{self.target}_{digest}")
        module.__file__ = filename
        linecache.cache[filename] = (len(self.text), None, self.text.splitlines(keepends=True), filename)
        # The text is our own: every name in it was checked to be an identifier when its program was made.
        exec(compile(self.text, filename, "exec"), module.__dict__)
        return module
