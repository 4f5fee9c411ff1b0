"""Functions for reads and sums at computed places, as the text of a generated module: right wherever the places lie."""

from __future__ import annotations

from diffcheck.generation.spelling import Target

_TORCH = '''
def _at(values: torch.Tensor, *places: torch.Tensor | int) -> torch.Tensor:
    """The elements of values at places, one for each axis; 0 outside of an axis."""
    inside = torch.ones((), dtype=torch.bool, device=values.device)
    for place, size in zip(places, values.shape, strict=True):
        inside = inside & (place >= 0) & (place < size)
    found = values[tuple(torch.where(inside, place, 0) for place in places)]
    return torch.where(inside, found, 0)


def _added_at(terms: torch.Tensor, shape: tuple[int, ...], *places: torch.Tensor | int) -> torch.Tensor:
    """Zeros of shape, with the terms added at their places, one for each axis; what lies outside is left out."""
    inside = torch.ones((), dtype=torch.bool, device=terms.device)
    for place, size in zip(places, shape, strict=True):
        inside = inside & (place >= 0) & (place < size)
    at = tuple(torch.where(inside, place, 0) for place in places)
    return terms.new_zeros(shape).index_put_(at, torch.where(inside, terms, 0), accumulate=True)
'''

_NUMPY = '''
def _at(values: np.ndarray, *places: np.ndarray | int) -> np.ndarray:
    """The elements of values at places, one for each axis; 0 outside of an axis."""
    inside = np.ones((), dtype=np.bool_)
    for place, size in zip(places, values.shape, strict=True):
        inside = np.asarray(inside & (place >= 0) & (place < size))
    found = values[tuple(np.where(inside, place, 0) for place in places)]
    return np.where(inside, found, np.zeros((), dtype=values.dtype))


def _added_at(terms: np.ndarray, shape: tuple[int, ...], *places: np.ndarray | int) -> np.ndarray:
    """Zeros of shape, with the terms added at their places, one for each axis; what lies outside is left out."""
    inside = np.ones((), dtype=np.bool_)
    for place, size in zip(places, shape, strict=True):
        inside = np.asarray(inside & (place >= 0) & (place < size))
    result = np.zeros(shape, dtype=terms.dtype)
    at = tuple(np.where(inside, place, 0) for place in places)
    np.add.at(result, at, np.where(inside, terms, np.zeros((), dtype=terms.dtype)))
    return result


def _windows(values: np.ndarray, lengths: int | tuple[int, ...], axes: int | tuple[int, ...]) -> np.ndarray:
    """Every window of these lengths along these axes, in axes of its own at the end; no memory of its own."""
    return np.lib.stride_tricks.sliding_window_view(values, lengths, axes)
'''


def place_helpers(target: Target) -> dict[str, str]:
    """Return the text of each function by its name."""
    functions = (_TORCH if target.on_devices else _NUMPY).strip("\n").split("\n\n\n")
    return {function.removeprefix("def ").split("(", 1)[0]: function for function in functions}
