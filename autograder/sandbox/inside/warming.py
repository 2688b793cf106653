"""Draws, formats and fails once in the zygote, so that no fork pays for slow first uses; `cells` calls it.

It leaves nothing that a student's code can see, and no thread.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import linecache
import os
import sys
from typing import Any

# Each runs a part of IPython that imports or compiles something at its first use.
CELLS = (
    "def fails(n):\n    return [1, 2][n]  # far out\n\n\nfails(5)",
    "raise ValueError('a') from KeyError('b')",
    "assert 1 == 2, 'text'",
    "class A:\n    pass\nA().missing",
    "def f(",
    "%pwd",
    "import json\njson.loads('{')",  # a traceback through a library's file
)
TORCH_CELLS = (  # tracebacks through torch's longest files, which are parsed for it
    "import torch\ntorch.testing.assert_close(torch.zeros(2), torch.ones(2))",
    "import torch\ntorch.nn.Linear(2, 3)(torch.zeros(5))",
)
MODULES = ("pexpect", "IPython.core.magics.script")  # of !commands and %%bash


def warm(shell: Any) -> None:
    before = set(shell.user_ns)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for name in MODULES:
            importlib.import_module(name)
        for source in CELLS + (TORCH_CELLS if "torch" in sys.modules else ()):
            shell.run_cell(source, store_history=False, silent=True)
        _format(shell)
        _draw()
    _forget(shell, before)


def _format(shell: Any) -> None:
    assert shell.logger is not None  # made at its first use
    values: list[Any] = [1, 1.5, "text", None, [1, (2,)], {"a": {1}}, object(), len, int, ValueError("x")]
    for name in ("torch", "numpy"):
        if name in sys.modules:
            values.append(sys.modules[name].ones((2, 3)) / 3)
    for value in values:
        shell.display_formatter.format(value)


def _draw() -> None:
    """Draws a figure with the usual kinds of plots, if matplotlib is imported, so that its fonts are cached."""
    if "matplotlib" not in sys.modules:
        return
    import matplotlib.pyplot  # notebooks import it; the figure below is not registered there
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]  # matplotlib may have been imported before that was set
    figure = Figure(figsize=(5, 4))
    canvas = FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    image = left.imshow([[0.0, 0.5], [0.5, 1.0]], cmap="viridis")
    left.set_xticks(range(2), ["a", "b"], rotation=45)
    left.text(0, 0, "0.50", color="white")
    figure.colorbar(image, ax=left)
    right.plot([1, 2, 3], label="line", marker="o")
    right.scatter([1, 2], [1, 2])
    right.bar([1, 2], [1, 2])
    right.set(xlabel=r"$d_k$", ylabel="loss", title="title", yscale="log")
    right.grid(True)
    right.legend()
    canvas.print_figure(io.BytesIO(), format="png", bbox_inches="tight")


def _forget(shell: Any, before: set[str]) -> None:
    for name in set(shell.user_ns) - before:
        del shell.user_ns[name]
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)
    for file in [file for file in linecache.cache if file.startswith("/tmp/ipykernel_")]:
        del linecache.cache[file]
    shell.compile._filename_map.clear()
    shell.last_execution_succeeded, shell.last_execution_result = True, None
