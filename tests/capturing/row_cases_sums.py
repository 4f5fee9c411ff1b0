"""Calls of reductions, contractions, orderings, normalisations, poolings and interpolations."""

from itertools import product
from math import inf

import torch
from capturing.row_cases import at, call, kink, positive, unit, whole, x

TRUTHS = whole([True, False, True], [True, True, True])
TIED = at(1.0, 3.0, 3.0, -1.0, 1.0)

REDUCTIONS = {
    "sum.dim_IntList": [call(x(), [0]), call(x(2, 3, 2), [0, -1], True), call(x(2, 3), None)],
    "sum.default": [call(x(2, 3))],
    "mean.dim": [call(x(2, 3, 2), [0, -1], True)],
    "mean.default": [call(x()), call(x(2, 3))],
    "amax.default": [call(x()), call(x(2, 3), [1]), call(x(2, 3), [], True), kink(TIED)],
    "amin.default": [call(x(2, 3), [1]), call(x(2, 3), [], True)],
    "max.dim": [call(x(), 0), call(x(2, 3), 1), call(x(2, 3), 0, True), kink(TIED, 0)],
    "min.dim": [call(x(), 0, True), call(x(2, 3), 1), call(x(2, 3), 0, True)],
    "max.default": [call(x()), call(x(2, 3)), kink(TIED)],
    "min.default": [call(x(2, 3)), kink(at(1.0, 1.0))],
    "prod.default": [call(x()), call(x(2, 2))],
    "prod.dim_int": [call(x(), 0), call(x(2, 3), 1, True)],
    "cumsum.default": [call(x(), 0), call(x(2, 3), 1)],
    "cumprod.default": [call(x(), 0), call(x(2, 3), -1)],
    "var.correction": [call(x(2, 3), [1], correction=0), call(x(2, 3), None, correction=1.5, keepdim=True)],
    "std.correction": [call(x(2, 3), [1], correction=0, keepdim=True), call(x(4), None)],
    "var_mean.correction": [call(x(2, 3), [1], correction=1, keepdim=True), call(x(2, 3), [0])],
    "_softmax.default": [call(x(), 0, False), call(x(2, 3), 1, False)],
    "softmax.int": [call(x(), -1), call(x(2, 3), 0)],
    "_safe_softmax.default": [call(x(2, 3), -1)],
    "_log_softmax.default": [call(x(), 0, False), call(x(2, 3), 1, False)],
    "log_softmax.int": [call(x(2, 3), 0)],
    "logsumexp.default": [call(x(), [0]), call(x(2, 3), [1]), call(x(2, 3), [0, 1], True)],
    "any.default": [call(TRUTHS), kink(at(0.0, 0.0))],
    "any.dim": [call(x(), 0), call(TRUTHS, 1, True)],
    "any.dims": [call(TRUTHS, [0, 1])],
    "all.default": [call(TRUTHS), call(at(1.0, 2.0))],
    "all.dim": [call(TRUTHS, 1)],
    "all.dims": [call(TRUTHS, [0], True)],
}

ORDERING = {
    "sort.default": [call(x(), 0), call(x(2, 4), 1), call(x(4, 2), 0, True)],
    "sort.stable": [call(x(2, 3), stable=True), kink(TIED, stable=True), kink(TIED, stable=True, descending=True)],
    "topk.default": [call(x(), 1), call(x(2, 4), 2), call(x(4, 2), 3, 0, False, True)],
    "kthvalue.default": [call(x(), 1), call(x(2, 4), 2), call(x(4, 2), 3, 0, True)],
    "median.dim": [call(x(), 0), call(x(2, 4), 1), call(x(3, 2), 0, True)],
    "nanmedian.dim": [call(x(2, 4), 1)],
    "median.default": [call(x()), call(x(2, 3))],
    "nanmedian.default": [call(x(2, 2))],
    "mode.default": [call(x()), call(x(2, 3)), kink(TIED, 0, True)],
    "cummax.default": [call(x(), 0), call(x(2, 4), 1), kink(TIED, 0)],
    "cummin.default": [call(x(4, 2), 0), kink(TIED, 0)],
    "logcumsumexp.default": [call(x(), 0), call(x(2, 3), 1)],
}

CONTRACTIONS = {
    "mm.default": [call(x(2, 3), x(3, 2))],
    "bmm.default": [call(x(2, 2, 3), x(2, 3, 1))],
    "dot.default": [call(x(3), x(3))],
    "mv.default": [call(x(2, 3), x(3))],
    "vdot.default": [call(x(3), x(3))],
    "addmm.default": [call(x(2), x(2, 3), x(3, 2), beta=2.5, alpha=0.5)],
    "addmv.default": [call(x(2), x(2, 3), x(3), beta=2.5, alpha=0.5)],
    "baddbmm.default": [call(x(2, 1, 2), x(2, 2, 3), x(2, 3, 2), beta=2.5, alpha=0.5)],
    "addbmm.default": [call(x(2, 2), x(2, 2, 3), x(2, 3, 2), beta=2.5, alpha=0.5)],
    "linear.default": [call(x(2, 3), x(2, 3), x(2)), call(x(3), x(2, 3))],
    "_trilinear.default": [call(x(2, 3), x(2, 3, 2), x(2, 2), [1, 3], [0], [1, 2], [2, 3], 1)],
    "convolution.default": [
        call(x(1, 2, 5), x(2, 2, 2), x(2), [2], [1], [2], False, [0], 1),
        call(x(1, 4, 3), x(2, 2, 2), None, [1], [0], [1], False, [0], 2),
        call(x(1, 2, 3), x(2, 1, 2), x(2), [2], [1], [1], True, [1], 2),
        call(x(1, 2, 3), x(2, 2, 2), None, [1], [1], [2], True, [0], 1),
        call(x(1, 1, 3), x(1, 2, 2), x(2), [2], [1], [3], True, [1], 1),
        call(x(1, 1, 2, 3), x(1, 1, 2, 2), None, [1, 2], [0, 1], [2, 1], True, [0, 1], 1),
        call(x(1, 1, 3, 3), x(1, 1, 2, 2), None, [1, 2], [0, 1], [1, 1], False, [0, 0], 1),
    ],
    "linalg_cross.default": [call(x(2, 3), x(2, 3)), call(x(3, 2), x(3, 1), dim=0)],
}

DISTANCES = {
    "_cdist_forward.default": [call(x(3, 2), x(2, 2), each, None) for each in (1.0, 2.0, 3.0, inf)],
    "cdist.default": [call(x(2, 3, 2), x(1, 2, 2))],
    "_pdist_forward.default": [call(x(4, 2), each) for each in (1.0, 2.0, 2.5, inf)],
    "pdist.default": [call(x(3, 2))],
    "dist.default": [call(x(3), x(3), 3.0)],
    "linalg_vector_norm.default": [
        call(x(), 3),
        *(call(x(2, 3), each) for each in (0, 0.5, 1, 2, 3, inf, -inf)),
        call(x(2, 3), 2, [1], True),
        kink(at(0.0, 0.0), 2),
    ],
}


NORMALIZING = {
    "native_layer_norm.default": [call(x(2, 3), [3], x(3), x(3), 1e-3), call(x(2, 2, 2), [2, 2], None, None, 1e-3)],
    "native_group_norm.default": [
        call(x(2, 4, 2), x(4), x(4), 2, 4, 2, 2, 1e-3),
        call(x(1, 2, 2, 2), None, None, 1, 2, 4, 1, 1e-3),
    ],
    "_native_batch_norm_legit_no_training.default": [
        call(x(2, 3, 2), x(3), x(3), x(3), positive(3), 0.1, 1e-3, take=[0]),
        call(x(2, 3), None, None, x(3), positive(3), 0.1, 1e-3, take=[0]),
    ],
    "_native_batch_norm_legit_functional.default": [
        call(x(2, 3, 2), x(3), x(3), x(3), positive(3), True, 0.1, 1e-3, take=[0, 1, 2]),
    ],
    "_batch_norm_with_update_functional.default": [
        call(x(2, 3, 2), x(3), x(3), x(3), positive(3), 0.1, 1e-3, take=[0, 1, 2]),
    ],
    "_native_batch_norm_legit.no_stats": [call(x(3, 2, 2), x(2), x(2), True, 0.1, 1e-3)],
    "nll_loss_forward.default": [
        call(x(3, 4), whole(2, 0, 3), None, 1, -100),
        call(x(3, 4), whole(2, 1, 3), positive(4), 1, 1),
        call(x(3, 4), whole(2, 1, 3), positive(4), 0, -100),
        call(x(3, 4), whole(2, -100, 3), None, 2, -100),
    ],
    "huber_loss.default": [
        call(x(2, 3), x(2, 3)),
        call(x(4), x(4), 0, 0.5),
        call(x(4), x(4), 2, 2.0),
        kink(at(1.0, 0.5, -1.0), at(0.5, 0.5, -0.5), 0, 0.5),
    ],
    "smooth_l1_loss.default": [
        call(x(2, 3), x(2, 3)),
        call(x(4), x(4), 0, 0.5),
        call(x(4), x(4), 2, 0.0),
        kink(at(1.0, 0.5, -1.0), at(0.5, 0.5, -0.5), 0, 0.5),
    ],
    "nll_loss2d_forward.default": [call(x(1, 3, 2, 2), whole([[2, 0], [1, 2]]), positive(3), 1, -100)],
}

POOLING = {
    "avg_pool1d.default": [call(x(1, 2, 5), [2]), call(x(1, 1, 5), [3], [2], [1], True, False)],
    "avg_pool2d.default": [
        call(x(1, 1, 3, 4), [2, 2]),
        call(x(1, 1, 4, 4), [3, 2], [2, 1], [1, 1], True, False),
        call(x(1, 1, 3, 4), [2, 2], [1, 2], [0, 1], False, True, 3),
    ],
    "avg_pool3d.default": [call(x(1, 1, 2, 3, 2), [2, 2, 1]), call(x(1, 1, 3, 3, 2), [2, 3, 2], [1, 2, 1], [1, 1, 0], True)],
    "max_pool1d_with_indices.default": [call(x(1, 2, 5), [2]), call(x(1, 1, 6), [2], [3], [1], [2], True)],
    "max_pool2d_with_indices.default": [
        call(x(1, 1, 3, 4), [2, 2], take=[0]),
        call(x(1, 1, 4, 4), [3, 2], [2, 1], [1, 1], [1, 2], True, take=[0]),
    ],
    "max_pool3d_with_indices.default": [call(x(1, 1, 2, 3, 2), [2, 2, 1], take=[0])],
    "_adaptive_avg_pool2d.default": [call(x(1, 1, 3, 5), [2, 3])],
    "_adaptive_avg_pool3d.default": [call(x(1, 1, 2, 3, 5), [1, 2, 3])],
    "max_pool2d_with_indices_backward.default": [
        call(x(1, 1, 1, 2), x(1, 1, 2, 4), [2, 2], [2, 2], [0, 0], [1, 1], False, whole([[[4, 3]]])),
    ],
    "adaptive_max_pool2d.default": [call(x(1, 1, 3, 5), [2, 3])],
    "adaptive_max_pool3d.default": [call(x(1, 1, 2, 3, 2), [1, 2, 2])],
}

NEAREST = {
    f"{name}{axes}d.vec": [call(x(1, 1, *shape), size, None), call(x(1, 1, *shape), None, [1.7] * axes)]
    for name in ("upsample_nearest", "_upsample_nearest_exact")
    for axes, shape, size in ((1, (3,), [5]), (2, (3, 2), [4, 3]), (3, (2, 2, 2), [3, 2, 1]))
}

INTERPOLATION = {
    "upsample_linear1d.vec": [call(x(1, 1, 3), [5], True, None), call(x(1, 1, 3), None, False, [1.7])],
    "upsample_bilinear2d.vec": [call(x(1, 1, 3, 2), [4, 3], each, None) for each in (True, False)],
    "upsample_trilinear3d.vec": [call(x(1, 1, 2, 2, 2), [3, 2, 1], each, None) for each in (True, False)],
    "upsample_bicubic2d.vec": [call(x(1, 1, 3, 2), [4, 3], each, None) for each in (True, False)],
    "_upsample_bilinear2d_aa.default": [call(x(1, 1, 4, 5), [2, 3], False)],
    "_upsample_bicubic2d_aa.default": [call(x(1, 1, 4, 5), [2, 3], False)],
}


def _in_chunks(reduction):
    """Return a call of the cross entropy of a linear layer that PyTorch computes in chunks."""

    def through(_, *args):
        options = torch.nn.modules.linear_cross_entropy_options.LinearCrossEntropyOptions(batch_chunk_size=2)
        return torch.nn.functional.linear_cross_entropy(*args, reduction=reduction, options=options)

    return call(x(3, 2), x(4, 2), whole(2, 0, 3), through=through)


CHUNKS = {
    "torch_nn._linear_cross_entropy_batch_chunked.default": [_in_chunks("mean"), _in_chunks("sum")],
    "torch_nn._linear_cross_entropy_batch_chunked_no_reduction.default": [_in_chunks("none")],
}

BAG = (whole(2, 0, 1, 1, 2), whole(0, 2, 2))
BAGS = [
    *(call(x(3, 2), *BAG, False, mode, take=[0]) for mode in (0, 1, 2)),
    call(x(3, 2), *BAG, False, 0, False, x(5), take=[0]),
    call(x(3, 2), whole(2, 0, 1, 1), whole(0, 1, 4), False, 1, False, None, True, 1, take=[0]),
]
SEGMENTS = {
    "_embedding_bag.default": BAGS,
    "_embedding_bag_forward_only.default": BAGS,
    "segment_reduce.default": [
        *(call(x(5, 2), each, lengths=whole(2, 3), axis=0) for each in ("sum", "mean", "prod", "max", "min")),
        call(x(5), "sum", offsets=whole(0, 2, 5), initial=2.5),
        call(x(5), "max", lengths=whole(2, 0, 3), initial=0.25),
    ],
}

SAMPLING = {
    "grid_sampler_2d.default": [
        *(
            call(x(1, 1, 3, 2), unit(1, 1, 2, 2), mode, padding, corners)
            for mode, padding, corners in product((0, 2), (0, 1, 2), (True,))
        ),
        call(x(1, 1, 3, 2), unit(1, 2, 1, 2), 1, 0, False),
    ],
    "grid_sampler_3d.default": [call(x(1, 1, 2, 3, 2), unit(1, 1, 1, 2, 3), mode, 0, False) for mode in (0, 1)],
}

CASES = (
    REDUCTIONS
    | ORDERING
    | CONTRACTIONS
    | DISTANCES
    | NORMALIZING
    | POOLING
    | NEAREST
    | INTERPOLATION
    | CHUNKS
    | SEGMENTS
    | SAMPLING
)
