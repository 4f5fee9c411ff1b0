"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from diffcheck._version import __version__
from diffcheck.problems.requests import memory_bytes


def machine() -> dict[str, object]:
    """Return the processor, its cores, the memory in GiB, the operating system, and the GPU or None."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(memory_bytes() / 2**30, 1) if memory_bytes() < float("inf") else 0.0,
        "os": f"{platform.system()} {platform.release().split('-')[0]}",
        "gpu": _gpu(),
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _gpu() -> str | None:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that results depend on."""
    found = {"python": platform.python_version(), "diffcheck": __version__}
    for name in ("torch", "sympy", "numpy", "python-flint"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def devices() -> tuple[str, ...]:
    """Return the devices that are measured: the CPU, and CUDA, which may be absent."""
    return ("cpu", "cuda")


def absent(device: str) -> str | None:
    """Return why *device* cannot be measured here, or None where it can."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        return "no CUDA device on this machine"
    return None
