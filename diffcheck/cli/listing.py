"""list, derive and generate: what there is, and what can be written down without measuring."""

from __future__ import annotations

import json as encoding

from diffcheck.cli.subjects import gradient_of
from diffcheck.errors import UnknownName
from diffcheck.generation import generate
from diffcheck.notation.latex import program_latex
from diffcheck.notation.mathml import program_mathml
from diffcheck.notation.text import expression_text


def show_catalogue(json: bool) -> None:
    """Print the names of problems, engines, laws, planted faults, and the atlas's operators by family."""
    from diffcheck import engines, problems
    from diffcheck.atlas.choosing import VARIANTS
    from diffcheck.atlas.variants import FAMILIES
    from diffcheck.verification import LAWS
    from diffcheck.verification.faults import FAULTS

    found = {
        "problems": {name: problems.problem(name).title for name in problems.names()},
        "engines": {name: _first_line(type(engines.engine(name).inner)) for name in engines.names(witnesses=True)},
        "laws": {name: _first_line(check) for name, check in LAWS.items()},
        "faults": {name: _first_line(spoil) for name, spoil in FAULTS.items()},
        "operators": {
            name: variant.family for name, variant in sorted(VARIANTS.items(), key=lambda item: FAMILIES.index(item[1].family))
        },
    }
    if json:
        print(encoding.dumps(found, indent=2, ensure_ascii=False))
        return
    for heading, entries in found.items():
        width = max(map(len, entries))
        print(f"{heading}:")
        for name, meaning in entries.items():
            print(f"  {name:<{width}}  {meaning}")
        print()


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").strip().splitlines()[0]


def show_gradient(subject: str, wrt: str, form: str) -> None:
    """Print the gradient in one of its forms."""
    gradient = gradient_of(subject, wrt)
    loss = ", ".join(gradient.primal.outputs)
    shown = {
        "program": lambda: str(gradient).rstrip(),
        "closed": lambda: "\n".join(
            f"∂{loss}/∂{name} = {expression_text(gradient.closed_form(name))}" for name in gradient.wrt
        ),
        "latex": lambda: program_latex(gradient.program),
        "mathml": lambda: "\n".join(program_mathml(gradient.program)),
    }
    if form not in shown:
        raise UnknownName.among("format", form, shown)
    print(shown[form]())


def show_source(subject: str, target: str, wrt: str) -> None:
    """Print the generated module."""
    print(generate(gradient_of(subject, wrt), target).text, end="")
