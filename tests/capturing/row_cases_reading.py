"""Calls of operators that move, read and write elements."""

import torch
from capturing.row_cases import call, whole, x

MASK = whole([True, False, True], [False, False, True])
INDEX = whole([0, 2, 1], [2, 2, 0])  # along either axis of length 3
SPREAD = whole([0, 1, 2], [2, 0, 1])  # along the last axis, no place twice
ROWS = whole(2, 0, 2)


def _joined_to_nothing(operator, u):
    """Return *u* with an empty vector behind it, which may have another rank."""
    return operator([u, u.new_zeros(0)])


SAME = {
    f"{name}.default": [call(x(2, 3))]
    for name in ("clone alias contiguous lift_fresh_copy positive resolve_conj resolve_neg real _neg_view").split()
} | {"view_as.default": [call(x(2, 3), x(3, 2))], "type_as.default": [call(x(3), x(2))]}

SHAPES = {
    f"{name}.default": [call(x(2, 3), [3, 2]), call(x(2, 3), [6]), call(x(4, 3), [2, 1, 2, -1])]
    for name in ("view", "reshape", "_unsafe_view", "view_copy")
}

MOVEMENT = {
    "permute.default": [call(x(), []), call(x(2, 3, 2), [2, 0, -2])],
    "permute_copy.default": [call(x(2, 3, 2), [2, 0, 1])],
    "transpose.int": [call(x(), 0, -1), call(x(2, 3, 2), 0, -1)],
    "t.default": [call(x()), call(x(2, 3)), call(x(3))],
    "numpy_T.default": [call(x(2, 3)), call(x(2, 3, 2))],
    "mT.default": [call(x(2, 3, 2))],
    "adjoint.default": [call(x(2, 3, 2))],
    "expand.default": [call(x(), [2, 3]), call(x(3, 1), [2, -1, 2])],
    "broadcast_to.default": [call(x(3, 1), [2, 3, 2])],
    "unsqueeze.default": [call(x(), 0), call(x(2, 3), -2)],
    "squeeze.dims": [call(x(1, 2), []), call(x(1, 2, 1), [0, 1])],
    "squeeze.dim": [call(x(), 0), call(x(1, 2, 1), -1), call(x(1, 2), 1)],
    "squeeze.default": [call(x(1, 2, 1))],
    "slice.Tensor": [call(x(5, 2), 0, 1, 9, 2), call(x(5), 0, -3), call(x(2, 3), 1, None, -1)],
    "select.int": [call(x(2, 3), 1, -1)],
    "narrow.default": [call(x(5, 2), 0, 1, 3)],
    "narrow_copy.default": [call(x(5, 2), 0, 1, 3)],
    "split_with_sizes.default": [call(x(2, 5), [2, 3], 1)],
    "split_with_sizes_copy.default": [call(x(2, 5), [2, 3], 1)],
    "split.Tensor": [call(x(5, 2), 2)],
    "unbind.int": [call(x(1)), call(x(2, 3), 1)],
    "unbind_copy.int": [call(x(2, 3), -1)],
    "cat.default": [call(x(2), through=_joined_to_nothing), call([x(2, 3), x(2, 2)], -1), call([x(2), x(1)])],
    "concat.default": [call([x(2, 3), x(1, 3)], 0)],
    "stack.default": [call([x(), x()]), call([x(2, 3), x(2, 3)], -1)],
    "flip.default": [call(x(2, 3), []), call(x(), [0]), call(x(2, 3), [-1]), call(x(2, 3), [0, 1])],
    "roll.default": [call(x(3), [1]), call(x(2, 3), [1, -4], [0, 1]), call(x(2, 3), [2])],
    "repeat.default": [call(x(), [2]), call(x(2, 3), [2, 1, 2])],
    "unfold.default": [call(x(), 0, 1, 1), call(x(5, 2), 0, 3, 2)],
    "diagonal.default": [call(x(3, 4)), call(x(3, 2, 3), -1, 2, 0)],
    "tril.default": [call(x(3, 3)), call(x(2, 3, 4), 1)],
    "triu.default": [call(x(3, 3)), call(x(2, 3, 4), -1)],
    "as_strided.default": [call(x(2, 4), [2, 3], [1, 2], 1)],
    "as_strided_copy.default": [call(x(2, 4), [2, 3], [1, 2], 1)],
}

INDEXING = {
    "gather.default": [call(x(), 0, whole(0, 0)), call(x(2, 3), 1, INDEX), call(x(3, 3), 0, INDEX)],
    "index_select.default": [call(x(), 0, whole(0)), call(x(3, 2), 0, ROWS), call(x(2, 3), -1, ROWS)],
    "embedding.default": [call(x(3, 2), torch.tensor(1)), call(x(3, 2), INDEX)],
    "index.Tensor": [
        call(x(3, 2), [ROWS]),
        call(x(2, 3, 3), [None, ROWS, whole(-1, 1, 0)]),
        call(x(3, 2, 3), [ROWS, None, ROWS]),
    ],
    "take.default": [call(x(), whole(0, 0)), call(x(2, 3), whole(5, 0, -2))],
}

WRITING = {
    "index_put.default": [
        call(x(3, 2), [whole(2, 0)], x(2, 2)),
        call(x(3, 2), [ROWS], x(3, 2), True),
        call(x(3, 2), [None, whole(-1)], x(3, 1)),
        call(x(2, 3), [MASK], x()),
    ],
    "_unsafe_index_put.default": [call(x(3, 2), [ROWS], x(3, 2), True)],
    "scatter.src": [call(x(), 0, whole(0), x(1)), call(x(2, 3), 1, SPREAD, x(2, 3)), call(x(2, 4), 1, SPREAD, x(2, 3))],
    "scatter.value": [call(x(2, 3), 1, whole([0, 2]), 2.5)],
    "scatter_add.default": [call(x(), 0, whole(0), x(1)), call(x(2, 3), 1, INDEX, x(2, 3)), call(x(3, 3), 0, INDEX, x(2, 4))],
    "scatter.reduce": [call(x(2, 3), 1, INDEX, x(2, 3), reduce=each) for each in ("add", "multiply")],
    "scatter.value_reduce": [call(x(2, 3), 1, INDEX, 2.5, reduce=each) for each in ("add", "multiply")],
    "scatter_reduce.two": [
        call(x(2, 3), 1, INDEX, x(2, 3), each, include_self=own)
        for each in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    ],
    "index_add.default": [call(x(), 0, whole(0), x()), call(x(3, 2), 0, ROWS, x(3, 2), alpha=0.5)],
    "index_copy.default": [call(x(), 0, whole(0), x(1)), call(x(3, 2), 0, whole(2, 0), x(2, 2))],
    "index_fill.int_Scalar": [call(x(), 0, whole(0), 2.5), call(x(2, 3), 1, whole(2, 0), 2.5)],
    "index_fill.int_Tensor": [call(x(2, 3), 1, whole(2, 0), x())],
    "index_reduce.default": [
        call(x(3, 2), 0, ROWS, x(3, 2), each, include_self=own)
        for each in ("prod", "mean", "amax", "amin")
        for own in (True, False)
    ],
    "put.default": [call(x(), whole(0), x(1)), call(x(2, 3), whole(5, 0), x(2)), call(x(2, 3), whole(5, -1), x(2), True)],
    "slice_scatter.default": [call(x(5, 2), x(2, 2), 0, 1, 5, 2)],
    "select_scatter.default": [call(x(3, 2), x(3), 1, -1)],
    "diagonal_scatter.default": [call(x(3, 3), x(3)), call(x(3, 4), x(2), -1)],
    "as_strided_scatter.default": [call(x(2, 4), x(2, 2), [2, 2], [1, 4], 1)],
    "masked_scatter.default": [call(x(2, 3), MASK, x(6))],
    "repeat_interleave.Tensor": [call(whole(2, 0, 3), output_size=5)],
}

PADDING = {
    "constant_pad_nd.default": [call(x(2, 3), [1, 2]), call(x(2, 3), [-1, 1, 1, 0], 2.5)],
    "pad.default": [
        call(x(1, 2, 3), [1, 2], "constant", 2.5),
        *(call(x(1, 2, 4), [1, 2], each) for each in ("reflect", "replicate", "circular")),
    ],
    "reflection_pad1d.default": [call(x(2, 4), [2, 1])],
    "replication_pad1d.default": [call(x(2, 3), [2, 1])],
    "reflection_pad2d.default": [call(x(1, 3, 3), [2, 1, 0, 2])],
    "replication_pad2d.default": [call(x(1, 2, 3), [2, 1, -1, 2])],
    "reflection_pad3d.default": [call(x(1, 2, 2, 3), [2, 1, 1, 0, 0, 1])],
    "replication_pad3d.default": [call(x(1, 2, 2, 2), [2, 1, 1, 0, 0, 1])],
}

CASES = SAME | SHAPES | MOVEMENT | INDEXING | WRITING | PADDING
