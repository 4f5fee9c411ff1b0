"""Reading and drawing results loads nothing that measures."""

import subprocess
import sys


def test_a_report_needs_neither_torch_nor_sympy():
    code = "import sys, diffcheck.report; print(sorted({'torch', 'sympy', 'numpy', 'flint'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
