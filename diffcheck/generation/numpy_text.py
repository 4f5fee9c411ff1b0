"""The text of a helper for PyTorch -> the same for NumPy."""

from __future__ import annotations

import re

_NAMES = (
    ("torch.Tensor", "np.ndarray"),
    ("torch.pow", "np.power"),
    ("torch.div", "np.divide"),
    ("torch.", "np."),
    (", out=out)", ")"),
)


def for_numpy(text: str) -> str:
    """Return the functions of *text* for NumPy, which warns of what is computed and not chosen."""
    for torchs, numpys in _NAMES:
        text = text.replace(torchs, numpys)
    text = re.sub(r"return (np\.(?:where|divide).*)", r"result: np.ndarray = \1\n    return result", text)
    return re.sub(r"^def ", '@np.errstate(all="ignore")\ndef ', text, flags=re.MULTILINE)
