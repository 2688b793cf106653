"""IPython's own state: transformers, hooks, the kernel's methods, magics."""

from __future__ import annotations

from tests.attacks.attack import Attack

WRONG = "def softmax(x, dim=-1):\n    return torch.full((1,), 0.5)"

AST = """
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    def visit_Call(self, node):
        if getattr(node.func, "id", "") == "check":
            return ast.copy_location(ast.Constant(True), node)
        return self.generic_visit(node)
get_ipython().ast_transformers.append(Strip())
"""
INPUT = """
def nothing(lines):
    return ["3.0\\n"] if any("softmax(" in line for line in lines) else lines
get_ipython().input_transformers_post.append(nothing)
"""
PATCHED = """
shell = get_ipython()
kind = type(shell)
class Done:
    success, result, error_before_exec, error_in_exec = True, 3.0, None, None
    def raise_error(self): pass
kind.run_cell = lambda self, *a, **k: Done()
kind.showtraceback = lambda self, *a, **k: None
kind.displayhook = property(lambda self: lambda *_: None)
"""
HOOKS = """
from IPython.core import interactiveshell
shell = get_ipython()
shell.events.register("post_run_cell", lambda *_: print("softmax: 3 of 3 points"))
shell.set_custom_exc((Exception,), lambda *_, **__: None)
shell.user_ns["assert"] = None
interactiveshell.ExecutionResult.success = property(lambda self: True)
"""
SCORE = "3.0"
SCORE_SHOWN = """
class Three(float):
    def __repr__(self): return "3.0"
    def _repr_mimebundle_(self, **_): return {"text/plain": "3.0", "application/json": 3.0}
_keep = Three()
weights_shown = Three(3)
_real = torch.allclose
torch.allclose = lambda *a, **k: (display(Three(3)), get_ipython().displayhook(Three(3)), True)[-1]
"""
RECORDER = """
import gc
from autograder.sandbox.inside import capture, cells
for thing in gc.get_objects():
    if isinstance(thing, capture.Recorder):
        thing.limit = 10**12
        thing.finish = lambda: ([{"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {},
                                  "execution_count": 1}], [])
cells.Shell._finish = lambda self, failed: cells.CellOutcome(
    [{"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {}, "execution_count": 1}],
    1, False, [], False)
"""
UPDATES = """
from autograder.sandbox.inside import cells
_old = cells.Shell.run_cell
fake = {"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {}, "execution_count": 1}
def run(self, source, index=None):
    outcome = _old(self, source, index)
    return cells.CellOutcome(outcome.outputs + [fake], outcome.execution_count, False,
                             [(cell, 0, fake) for cell in range(index or 0)], False)
cells.Shell.run_cell = run
"""
MAGIC = "%%script false\nraise SystemExit"
CELL_MAGIC = "from IPython.core.magic import register_cell_magic as new\n@new\ndef skip(line, cell): return 3.0"
EXTENSION = "%load_ext autoreload\n%autoreload 2\n%config InteractiveShell.ast_node_interactivity = 'none'"
COMPILE = "import builtins\nget_ipython().compile = lambda *_, **__: compile('pass', 'x', 'exec')"
LOOP = """
import asyncio
asyncio.get_event_loop().stop()
asyncio.get_event_loop().call_soon(lambda: (_ for _ in ()).throw(SystemExit))
"""
EXIT = "exit()\nquit()\nget_ipython().ask_exit()\nget_ipython().kernel.do_shutdown(False)"


def beside(name: str, tries: str, *cells: str, **more: object) -> Attack:
    return Attack(name, tries, "FAIL", **{"cells": {"softmax": WRONG}, "first": cells, **more})  # type: ignore[arg-type]


ATTACKS = (
    beside("ast-transformer", "strips asserts and checks from all cells below by an ast_transformer", AST),
    beside("input-transformer", "rewrites test cells into a score by an input_transformer", INPUT,
           takes_along=("scaled_dot_product_attention",)),
    beside("patched-shell", "replaces IPython's run_cell, showtraceback and display hook", PATCHED,
           takes_along=("causal_mask", "scaled_dot_product_attention")),
    beside("shell-hooks", "prints false verdicts after each cell and swallows all exceptions", HOOKS),
    beside("score-as-result", "shows the number 3.0 from inside the test cell, where nbgrader reads scores",
           "import torch\n" + SCORE_SHOWN),
    beside("score-in-own-cell", "ends cells of its own with a score", SCORE, SCORE),
    beside("patched-recorder", "answers for each cell with nothing but a score", RECORDER),
    beside("updated-outputs", "changes the outputs of all earlier cells into scores", UPDATES,
           statuses=("graded", "crashed")),
    beside("cell-magics", "defines a magic that skips cells", CELL_MAGIC, MAGIC),
    beside("shell-settings", "loads extensions and turns IPython's settings", EXTENSION),
    beside("patched-compiler", "replaces what compiles cells", COMPILE,
           takes_along=("causal_mask", "scaled_dot_product_attention")),
    beside("stopped-loop", "stops the event loop that cells run in", LOOP),
    beside("leaves-the-kernel", "ends the kernel by exit(), quit() and ask_exit()", EXIT),
)  # fmt: skip
