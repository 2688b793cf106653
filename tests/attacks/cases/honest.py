"""What honest students do that a suspicious grader might mistake for an attack."""

from __future__ import annotations

from typing import Any

from tests.attacks.attack import Attack

LOADER = """
import torch
class Squares(torch.utils.data.Dataset):
    def __len__(self):
        return 6
    def __getitem__(self, index):
        return torch.full((3,), float(index * index))
loader = torch.utils.data.DataLoader(Squares(), batch_size=2, num_workers=2, timeout=60)
assert float(sum(batch.sum() for batch in loader)) == 165.0
"""
OPTIMIZER = """
import torch
weight = torch.nn.Parameter(torch.ones(3))
optimizer = torch.optim.Adam([weight], lr=0.1)
for _ in range(20):
    optimizer.zero_grad()
    (weight ** 2).sum().backward()
    optimizer.step()
assert weight.abs().sum() < 3
"""
WARNS = """
import logging, sys, warnings
warnings.warn("a library is about to change", FutureWarning)
print("loading ...", file=sys.stderr)
logging.getLogger("mine").warning("no configuration")
"""
FIGURES = """
import matplotlib.pyplot as plt
for n in range(3):
    plt.figure()
    plt.plot([1, 2, n])
    plt.show()
"""
# Adds the same to all scores: other digits each time, and the same weights.
RANDOM_SHIFT = """
def softmax(x, dim=-1):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    wide = wide - wide.amax(dim, keepdim=True).detach() + torch.rand((), device=x.device)
    powers = wide.exp()
    return (powers / powers.sum(dim, keepdim=True)).to(x.dtype)
"""
FROM_HELPER = """
from my_ways import shifted

def softmax(x, dim=-1):
    powers = shifted(x, dim).exp()
    return (powers / powers.sum(dim, keepdim=True)).to(x.dtype)
"""
HELPER = b"""
import torch

def shifted(x, dim):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    return wide - wide.amax(dim, keepdim=True).detach()
"""
ASYNC = "import asyncio\nawait asyncio.sleep(0.01)\n[value async for value in _count()]"
SHELL = "!echo from the shell\n%timeit -n 1 -r 1 sum(range(10))\nget_ipython().run_cell('inner = 1')\nassert inner == 1"
GLOBALS = "import numpy as np, random, torch\ntorch.manual_seed(7); np.random.seed(7); random.seed(7)\n" \
          "torch.set_printoptions(precision=2)\ntorch.set_num_threads(2)"  # fmt: skip
POOL = "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(3) as pool:\n" \
       "    assert list(pool.map(abs, [-1, -2])) == [1, 2]"  # fmt: skip


def own_cells(notebook: dict[str, Any]) -> None:
    for place, kind in ((1, "markdown"), (3, "code"), (5, "raw")):
        notebook["cells"].insert(
            place, {"cell_type": kind, "id": f"mine-{place}", "metadata": {}, "source": "a_note = 'mine'",
                    **({"outputs": [], "execution_count": None} if kind == "code" else {})}
        )  # fmt: skip


ATTACKS = (
    Attack("honest", "hands in the model solution", "PASS"),
    Attack("loader-with-workers", "loads data with two worker processes", "PASS", extra=(LOADER,)),
    Attack("optimizer-loop", "trains a little with an optimizer", "PASS", extra=(OPTIMIZER,)),
    Attack("noisy", "warns and logs on stderr", "PASS", extra=(WARNS,)),
    Attack("helper-module", "imports a module of its own from beside the notebook", "PASS",
           cells={"softmax": FROM_HELPER}, files={"my_ways.py": HELPER}),
    Attack("own-cells", "adds cells of every kind between the locked ones", "PASS", edit=own_cells),
    Attack("figures", "draws figures", "PASS", extra=(FIGURES,)),
    Attack("random-but-right", "draws random numbers on its way to the right answer", "PASS",
           cells={"softmax": RANDOM_SHIFT}),
    Attack("await-in-a-cell", "awaits at the top level of a cell", "PASS",
           extra=("async def _count():\n    yield 1", ASYNC)),
    Attack("magics", "uses a shell command, magics and IPython's own shell object", "PASS", extra=(SHELL,)),
    Attack("global-settings", "sets seeds, print options and threads for all that follows", "PASS", first=(GLOBALS,)),
    Attack("threads", "maps a function over a pool of threads", "PASS", extra=(POOL,)),
)  # fmt: skip
