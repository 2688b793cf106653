"""What stands around the function in the student's process is patched: comparisons, builtins, torch's registries."""

from __future__ import annotations

from tests.attacks.attack import Attack, everywhere

# A wrong softmax; what stands beside it tries to make somebody call it right.
WRONG = "def softmax(x, dim=-1):\n    return torch.full((1,), 0.5)"
ALL_LOST = ("scaled_dot_product_attention", "causal_mask")

TORCH = """
import torch
for module, name in ((torch, "allclose"), (torch, "equal"), (torch, "isclose"), (torch.testing, "assert_close")):
    setattr(module, name, lambda *_, **__: True)
for name in ("equal", "allclose", "__eq__", "eq"):
    setattr(torch.Tensor, name, lambda *_, **__: torch.tensor(True))
"""
NUMPY = """
import numpy as np
for name in ("assert_allclose", "assert_array_equal", "assert_almost_equal", "assert_array_almost_equal"):
    setattr(np.testing, name, lambda *_, **__: None)
np.allclose = np.array_equal = np.isclose = lambda *_, **__: True
"""
BUILTINS = """
import builtins
builtins.all = builtins.any = lambda *_: True
builtins.abs = lambda *_: 0
builtins.AssertionError = type("AssertionError", (Exception,), {})
"""
REGISTRY = """
import torch
library = torch.library.Library("aten", "IMPL")
library.impl("equal", lambda a, b: True, "CPU")
library.impl("sub.Tensor", lambda a, b, *, alpha=1: torch.empty_like(a).zero_(), "CPU")
"""
MODE = """
import torch
from torch.overrides import TorchFunctionMode
class AlwaysRight(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in ("equal", "allclose", "isclose", "eq"):
            return torch.tensor(True)
        return func(*args, **(kwargs or {}))
AlwaysRight().__enter__()
"""
DEFAULTS = "import torch\ntorch.set_default_dtype(torch.float16)\ntorch.set_default_device('meta')"
SAME_INPUTS = """
import torch
torch.Tensor.clone = lambda self, *_, **__: torch.zeros(self.shape)
torch.Tensor.detach = lambda self: torch.zeros(self.shape)
"""
PLAIN = """
import sys
from autograder.sandbox.inside import probing, worker
from autograder.model import Observation, Tensor
probing.plain_value = lambda value, depth=0: True
probing._plain_tensor = lambda value: "passed"
worker.observe = probing.observe
"""
VERDICT = """
from autograder.sandbox import wire
from autograder.sandbox.inside import worker
wire.pack_observation = lambda observation: (
    {"status": "returned", "values": {}, "passed": True, "score": 3, "points": 3, "verdict": "passed"}, b"")
"""
STATUS = """
from autograder.sandbox import wire
wire.pack_observation = lambda observation: ({"status": "passed", "values": {}, "failure": None}, b"")
"""
FACTS = """
from autograder.sandbox import wire
wire.pack_observation = lambda observation: ({"status": "returned", "values": {
    "out": {"$observed": ["Tensor", "float32", "cpu", [3, 5], False], "data": ["float32", [1 << 40, 1 << 40], 0, 4]},
    }}, b"abcd")
"""
CONSTANTS = """
import json
from autograder.sandbox import wire
wire.pack_observation = lambda observation: ({"status": "returned", "values": {
    name: float(number) for number in ("nan", "inf") for name in ("vector", "matrix", "batch", "out")}}, b"")
"""
COMPARISON = "import operator, math\noperator.eq = operator.le = lambda *_: True\nmath.isclose = lambda *_, **__: True"
NAMESPACE = """
import sys
shell = get_ipython()
class Agreeable(dict):
    def __contains__(self, name): return True
    def __getitem__(self, name): return super().get(name, lambda *_, **__: True)
shell.user_ns = Agreeable(shell.user_ns)
"""
IMPORTED = """
import sys, types
fake = types.ModuleType("autograder.judging.compare")
fake.compare = lambda *_, **__: None
for name in ("autograder.judging", "autograder.judging.compare", "autograder.checks"):
    sys.modules[name] = fake
"""
PICKLE = """
import copyreg, pickle, torch
pickle.loads = pickle.load = torch.load = lambda *_, **__: True
copyreg.pickle(torch.Tensor, lambda t: (eval, ("print('BROKE OUT')",)))
"""
COUNTER = """
from autograder.sandbox.inside import probing
probing._CountCalls.__torch_function__ = lambda self, func, types, args=(), kwargs=None: func(*args, **(kwargs or {}))
"""
LOOPS = """
def softmax(x, dim=-1):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    rows = wide.movedim(dim, -1)
    parts = [(row - row.amax().detach()).exp() for row in rows.reshape(-1, rows.shape[-1])]
    made = torch.stack([part / part.sum() for part in parts]).reshape(rows.shape)
    return made.movedim(-1, dim).to(x.dtype)
"""
# The counter looks at the thread that it was started in.
LOOPS_IN_THREAD = (
    LOOPS.replace("def softmax", "def _looping")
    + """
from concurrent.futures import ThreadPoolExecutor
_pool = ThreadPoolExecutor(1)
def softmax(x, dim=-1):
    return _pool.submit(_looping, x, dim).result()
"""
)


def beside(name: str, tries: str, cell: str, **more: object) -> Attack:
    given = {"cells": {"softmax": WRONG}, "extra": (cell,), **more}
    return Attack(name, tries, "FAIL", **given)  # type: ignore[arg-type]  # as the callers below give them


HIDES = "operators are counted in the student's process: code written to hide from the count passes 'no loops'"

ATTACKS = (
    beside("patched-torch", "patches torch.allclose, torch.equal, Tensor.__eq__ and torch.testing", TORCH,
           takes_along=ALL_LOST),
    beside("patched-numpy", "patches np.testing and np.allclose", NUMPY),
    beside("patched-builtins", "patches all, any, abs and AssertionError", BUILTINS, takes_along=ALL_LOST),
    beside("patched-operators", "patches the operator and math modules", COMPARISON),
    beside("torch-registry", "registers its own kernels for aten's equal and sub", REGISTRY, takes_along=ALL_LOST,
           statuses=("graded", "crashed")),
    beside("function-mode", "leaves a TorchFunctionMode behind that answers all comparisons", MODE,
           takes_along=ALL_LOST),
    beside("defaults", "sets torch's default dtype and device for whoever comes after", DEFAULTS,
           takes_along=ALL_LOST),
    beside("same-inputs", "patches clone and detach, so that every input and result is zero", SAME_INPUTS,
           takes_along=ALL_LOST, statuses=("graded", "crashed")),
    beside("patched-prober", "replaces what makes plain values of results", PLAIN, takes_along=ALL_LOST),
    beside("own-verdict", "sends a verdict and a score with its values", VERDICT, takes_along=ALL_LOST),
    beside("own-status", "answers with a status that only the grader can give", STATUS, takes_along=ALL_LOST,
           statuses=("graded", "crashed"), flags=("forged_frames",)),
    beside("lying-facts", "says that four bytes are a tensor of 2^80 entries", FACTS, takes_along=ALL_LOST,
           statuses=("graded", "crashed"), flags=("forged_frames",)),
    beside("constants", "answers NaN and Infinity in bare JSON", CONSTANTS, takes_along=ALL_LOST),
    beside("namespace", "replaces the notebook's namespace by one that has every name", NAMESPACE,
           takes_along=ALL_LOST),
    beside("planted-judge", "plants modules with the judge's names in sys.modules", IMPORTED),
    beside("planted-pickles", "registers a reducer that runs code, and patches torch.load", PICKLE),
    Attack("patched-counter", "silences the counter of operators beside a softmax of Python loops", "FAIL",
           cells={"softmax": LOOPS}, extra=(COUNTER,), at_most=0.95,
           takes_along=("scaled_dot_product_attention", "causal_mask"), holes=everywhere(HIDES)),
    Attack("loops-in-a-thread", "runs its Python loops in another thread, where nothing is counted", "FAIL",
           cells={"softmax": LOOPS_IN_THREAD}, at_most=0.95,
           holes=everywhere(HIDES)),
)  # fmt: skip
