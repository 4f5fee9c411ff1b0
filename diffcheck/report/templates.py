"""What every page is made with: templates that escape all text, the one style and script, and a policy that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from diffcheck.report import numerals
from diffcheck.report.encoding import to_json

HERE = Path(__file__).parent


def environment(*filters: Callable[..., Any], escaped: bool = True) -> Environment:
    """Return the templates, with *filters* and those for numbers; only a page that is no HTML is not *escaped*."""
    made = Environment(
        loader=FileSystemLoader(HERE, encoding="utf-8"),
        autoescape=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known = (numerals.number, numerals.seconds, numerals.percent, numerals.count, *filters)
    made.filters |= {function.__name__: function for function in known}
    return made


def dressing() -> dict[str, str]:
    """Return the style and the script of every page, safe to insert, and the policy that lets just these two run."""
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return {"style": Markup(style), "script": Markup(script), "policy": _policy(style, script)}


def island(results: Mapping[str, object]) -> Markup:
    """Return *results* as JSON in which no "<" stands, so that no text can end the element that holds it."""
    return Markup(to_json(results).replace("<", "\\u003c"))


def _policy(style: str, script: str) -> str:
    """Return a policy that lets this style and this script run, and loads nothing."""
    rules: Iterable[str] = (
        "default-src 'none'",
        f"style-src {_digest(style)}",
        f"script-src {_digest(script)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
