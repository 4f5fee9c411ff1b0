"""What is judged under the name of a compiled engine was compiled, in several dtypes and layouts."""

import pytest
import torch

from diffcheck import engines, problems
from diffcheck.engines.compiling import never_eager
from diffcheck.verification.layouts import column_major, strided

COMPILED = [name for name in engines.names() if name.startswith("compiled")]


@pytest.mark.parametrize("name", COMPILED)
def test_no_verdict_is_on_code_that_was_left_uncompiled(name):
    problem, chosen = problems.problem("thermometer"), engines.engine(name)
    if reason := chosen.supports(problem, "float32", "cpu"):
        pytest.skip(reason)
    for dtype in ("float32", "bfloat16"):
        for n in (1, 37):
            point = problems.to_torch(problem.point(0, n=n), dtype)
            for layout in (strided, column_major):
                # Past the limit of versions this raises, rather than running eagerly.
                chosen.gradient(problem, {key: layout(value) for key, value in point.items()})


def test_the_guard_would_notice():
    with never_eager():
        from torch._dynamo import config

        limit = "recompile_limit" if hasattr(config, "recompile_limit") else "cache_size_limit"
        with config.patch({limit: 1}):
            compiled = torch.compile(lambda x: x * 2, dynamic=False, backend="eager")
            compiled(torch.ones(2))
            with pytest.raises(Exception, match=r"(?i)limit"):
                compiled(torch.ones(2, dtype=torch.float64))
