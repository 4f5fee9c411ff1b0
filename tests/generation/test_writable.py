"""What cannot be written as source text yet is refused by name, never written wrongly."""

import pytest

from diffcheck.derivation import derive
from diffcheck.errors import GenerationError
from diffcheck.generation import generate
from diffcheck.notation import parse

REFUSED = {
    "parameter x[n]; L = Σ_{i:n} x[i-1]": "a sum that scatters",
    "parameter x[3]; L = Σ_{i:2} x[i]**2": r"a read at x\[i\]",
    "parameter x[n]; p[i:m] = x[i//2]; L = Σ_i p[i]**2; data y[m]": "a read at",
    "parameter x[n]; L = Π_i x[i]": "Π over",
    "parameter x[n]; a = argmax_{i} x[i]; L = x[a]": "argmax over",
    "parameter x[n]; L = Σ_i select(x[i], x[i], 0)": "a branch",
    "parameter x[n]; L = Σ_i i*x[i]": "the position i as a number",
    "parameter x[5]; p[i:2] = x[2*i+1]; L = Σ_i p[i]**2": "a read at",
}


@pytest.mark.parametrize("target", ["torch", "numpy"])
@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_written_is_refused(text, target):
    lines = sorted(text.split("; "), key=lambda line: "=" in line)
    program = parse("\n".join(lines) + "\noutput L")
    with pytest.raises(GenerationError, match=REFUSED[text]):
        generate(derive(program), target)
