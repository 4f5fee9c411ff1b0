"""Who computes a gradient: PyTorch's autograd in its forms, generated code, code by hand, and finite differences."""

from diffcheck.engines.autograd import Autograd, CompiledAutograd, CompiledFunctional, Functional
from diffcheck.engines.generated import Generated, GeneratedNumpy, GeneratedWithWorkspace, Manual, module_of
from diffcheck.engines.plain import Differences, Handwritten
from diffcheck.engines.protocol import Engine, Gradients, Tensors
from diffcheck.engines.registry import Checked, check_point, engine, find_engine, names, register

for _engine in (
    Autograd(),
    Functional(),
    CompiledAutograd(),
    CompiledFunctional(),
    Generated(),
    GeneratedWithWorkspace(),
    Manual(),
    GeneratedNumpy(),
    Handwritten(),
):
    register(_engine)
register(Differences(), witness=True)

__all__ = [
    "Checked",
    "Engine",
    "Gradients",
    "Tensors",
    "check_point",
    "engine",
    "find_engine",
    "module_of",
    "names",
    "register",
]
