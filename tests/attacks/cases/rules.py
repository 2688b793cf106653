"""torch's own attention under other names, where the question asks for the student's own."""

from __future__ import annotations

from tests.attacks.attack import Attack, everywhere

NAME = "scaled_dot_product_attention"


def masked(call: str) -> str:
    """The rest of a right answer around torch's own attention: zeros where nothing may be seen."""
    return f"""
def scaled_dot_product_attention(q, k, v, mask=None):
    if mask is None:
        return {call.replace("MASK", "None")}
    empty = ~mask.any(-1, keepdim=True)
    return {call.replace("MASK", "mask | empty")}.masked_fill(empty, 0.0)
"""


def hidden(name: str, tries: str, before: str, call: str, **more: object) -> Attack:
    cell = f"{before}\n{masked(call)}"
    return Attack(name, tries, "FAIL", **{"cells": {NAME: cell}, "attacked": NAME, **more})  # type: ignore[arg-type]


BUILT_NAME = "_name = 'noitnetta_tcudorp_tod_delacs'[::-1]"
THREAD = f"""
from concurrent.futures import ThreadPoolExecutor
_pool = ThreadPoolExecutor(1)
{BUILT_NAME}
def _ask(*given):
    wanted = [torch.is_grad_enabled(), *given]
    return _pool.submit(_call, *wanted).result()
def _call(grad, q, k, v, mask):
    with torch.set_grad_enabled(grad):
        return vars(F)[_name](q, k, v, attn_mask=mask)
"""
PATCHED_AT_RUN_TIME = f"""
from autograder.sandbox.inside import probing
{BUILT_NAME}
probing._CountCalls.__torch_function__ = lambda self, func, types, args=(), kwargs=None: func(*args, **(kwargs or {{}}))
"""
HIDES = "rules are kept in the student's process: a name put together while running hides where nothing is counted"

ATTACKS = (
    hidden("attention-alias", "imports torch's attention under another name",
           "from torch.nn.functional import scaled_dot_product_attention as mine", "mine(q, k, v, attn_mask=MASK)"),
    hidden("attention-getattr", "gets it by getattr and a text in two parts", "",
           "getattr(torch.nn.functional, 'scaled_dot_' + 'product_attention')(q, k, v, attn_mask=MASK)"),
    hidden("attention-renamed", "puts the name together while running", BUILT_NAME,
           "vars(F)[_name](q, k, v, attn_mask=MASK)"),
    hidden("attention-aten", "calls aten's operator in place of torch's function", BUILT_NAME,
           "getattr(torch.ops.aten, _name)(q, k, v, attn_mask=MASK)"),
    hidden("attention-in-a-file", "calls it in a module beside the notebook, which nobody reads",
           "from my_attention import way", "way(q, k, v, MASK)",
           files={"my_attention.py": b"import torch\n\ndef way(q, k, v, mask):\n    return "
                  b"torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)\n"}),
    hidden("attention-exec", "makes the function from text that is decoded while running",
           "import base64\nexec(base64.b64decode(b'"
           "d2F5ID0gdG9yY2gubm4uZnVuY3Rpb25hbC5zY2FsZWRfZG90X3Byb2R1Y3RfYXR0ZW50aW9u').decode())",
           "way(q, k, v, attn_mask=MASK)"),
    hidden("attention-in-a-thread", "calls it in a thread, where operators are not counted, by a name put together",
           THREAD, "_ask(q, k, v, MASK)", holes=everywhere(HIDES)),
    hidden("attention-uncounted", "patches the counter beside a name put together", PATCHED_AT_RUN_TIME,
           "vars(F)[_name](q, k, v, attn_mask=MASK)", takes_along=("softmax", "causal_mask"),
           holes=everywhere(HIDES)),
)  # fmt: skip
