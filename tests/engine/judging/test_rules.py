"""Torch's own attention is found under any name, where the judged function can reach it, and only there."""

import pytest

from autograder.judging.rules import find_violation, statements_of
from tests.engine.banks import find_bank

(TORCH_ATTENTION,) = find_bank("scaled_dot_product_attention").rules

HIDDEN = {
    "plain": "import torch.nn.functional as F\ndef f(q): return F.SDPA(q, q, q)",
    "full name": "import torch\ndef f(q): return torch.nn.functional.SDPA(q, q, q)",
    "usual name": "def f(q): return F.SDPA(q, q, q)",
    "imported as": "from torch.nn.functional import SDPA as a\ndef f(q): return a(q, q, q)",
    "imported inside": "def f(q):\n    from torch.nn import functional as g\n    return g.SDPA(q, q, q)",
    "star": "from torch.nn.functional import *\ndef f(q): return SDPA(q, q, q)",
    "module under another name": "import torch as t\nn = t.nn\ng = n.functional\ndef f(q): return g.SDPA(q, q, q)",
    "assigned": "a = F.SDPA\ndef f(q): return a(q, q, q)",
    "assigned inside": "def f(q):\n    a = F.SDPA\n    return a(q, q, q)",
    "annotated": "a: object = F.SDPA\ndef f(q): return a(q, q, q)",
    "walrus": "def f(q): return (a := F).SDPA(q, q, q)",
    "getattr": "def f(q): return getattr(F, 'scaled_dot' + '_product_attention')(q, q, q)",
    "getattr of a format": "def f(q): return getattr(F, f'scaled_{\"dot\"}_product_attention')(q, q, q)",
    "getattr of a join": "def f(q): return getattr(F, '_'.join(['scaled', 'dot', 'product', 'attention']))(q, q, q)",
    "vars": "def f(q): return vars(F)['SDPA'](q, q, q)",
    "dict": "def f(q): return F.__dict__['SDPA'](q, q, q)",
    "importlib": "import importlib\ndef f(q): return importlib.import_module('torch.nn.functional').SDPA(q, q, q)",
    "__import__": "def f(q): return __import__('torch').nn.functional.SDPA(q, q, q)",
    "sys.modules": "import sys\ndef f(q): return sys.modules['torch.nn.functional'].SDPA(q, q, q)",
    "operator": "import torch\ndef f(q): return torch.ops.aten._SDPA_math(q, q, q)[0]",
    "operator with overload": "import torch\ndef f(q): return torch.ops.aten.SDPA.default(q, q, q)",
    "C function": "import torch\ndef f(q): return torch._C._nn.SDPA(q, q, q)",
    "module class": "from torch import nn\nm = nn.MultiheadAttention(8, 2)\ndef f(q): return m(q, q, q)[0]",
    "subclass": "from torch import nn\nclass f(nn.MultiheadAttention): pass",
    "function of the module": "def f(q): return F.multi_head_attention_forward(q)",
    "transformer layer": "import torch\ndef f(q): return torch.nn.TransformerEncoderLayer(8, 2)(q)",
    "flex": "from torch.nn.attention.flex_attention import flex_attention\ndef f(q): return flex_attention(q, q, q)",
    "partial": "from functools import partial\ng = partial(F.SDPA, is_causal=True)\ndef f(q): return g(q, q, q)",
    "default argument": "def f(q, a=F.SDPA): return a(q, q, q)",
    "decorator": "def swap(g): return F.SDPA\n@swap\ndef f(q): pass",
    "lambda": "f = lambda q: F.SDPA(q, q, q)",
    "through another function": "def g(q): return F.SDPA(q, q, q)\ndef f(q): return g(q)",
    "through a table": "table = {'a': F.SDPA}\ndef f(q): return table['a'](q, q, q)",
    "method replaced": "class f:\n    pass\nf.forward = F.SDPA",
    "setattr": "class f:\n    pass\nsetattr(f, 'forward', F.SDPA)",
    "under if": "if True:\n    g = F.SDPA\ndef f(q): return g(q, q, q)",
    "eval": "def f(q): return eval('F.SDPA(q, q, q)')",
    "after a magic": "%matplotlib inline\n!pip list\ndef f(q): return F.SDPA(q, q, q)",
    "cell magic": "%%time\ndef f(q): return F.SDPA(q, q, q)",
}

INNOCENT = {
    "own function of that name": "def SDPA(q): return q\ndef f(q): return SDPA(q)",
    "compared in another cell": "def f(q): return q\nassert f(1) == F.SDPA(q, k, v)",
    "named in a docstring": "def f(q):\n    '''Like F.SDPA.'''\n    return q  # torch.nn.MultiheadAttention",
    "other functions of torch": "def f(q): return F.softmax(q @ q.mT, dim=-1) @ q",
    "own class of that name": "class MultiheadAttention: pass\ndef f(q): return MultiheadAttention()",
    "attribute of another object": "def f(q): return q.SDPA",
    "own object called F": "class F:\n    SDPA = staticmethod(len)\ndef f(q): return F.SDPA(q)",
    "own function beside a star": "from torch.nn.functional import *\ndef SDPA(q): return q\ndef f(q): return SDPA(q)",
    "nothing": "",
    "no such function": "x = 1",
}


def written(code):
    return code.replace("SDPA", "scaled_dot_product_attention")  # lines above stay short enough to read


@pytest.mark.parametrize("code", HIDDEN.values(), ids=HIDDEN)
def test_torch_attention_is_found(code):
    violation = find_violation([TORCH_ATTENTION], [written(code)], "f")
    assert violation is not None
    assert violation.line >= 1


@pytest.mark.parametrize("code", INNOCENT.values(), ids=INNOCENT)
def test_innocent_code_is_left_alone(code):
    assert find_violation([TORCH_ATTENTION], [written(code)], "f") is None


def test_the_place_is_named_and_cells_are_searched_together():
    cells = [
        "import torch.nn.functional as G",
        "broken (",
        "def f(q):\n    return G.SDPA(q, q, q)",
    ]
    violation = find_violation([TORCH_ATTENTION], [written(cell) for cell in cells], "f")
    assert violation is not None
    assert violation.used == written("torch.nn.functional.SDPA")
    assert violation.line == 2
    assert violation.text == written("return G.SDPA(q, q, q)")


@pytest.mark.parametrize("code", ["(" * 5000, "x" * 10**6, "a = " + "-" * 20000 + "1", "\x00", "\ud800", "f\\"])
def test_hostile_text_is_no_error(code):
    assert find_violation([TORCH_ATTENTION], [code], "f") is None


def test_a_cell_is_taken_apart_once_and_what_another_notebook_says_of_its_names_is_not_kept():
    cell = written("def f(q): return G.SDPA(q, q, q)")
    bad, good = "import torch.nn.functional as G", "import own as G"
    assert statements_of(cell) is statements_of(cell)
    assert find_violation([TORCH_ATTENTION], [bad, cell], "f") is not None
    assert find_violation([TORCH_ATTENTION], [good, cell], "f") is None
    assert find_violation([TORCH_ATTENTION], [bad, cell], "f") is not None


def test_a_flood_is_not_kept():
    cell = "x = 1\n" * 10_000
    assert statements_of(cell) is not statements_of(cell)


@pytest.mark.parametrize("nested", ["q" + ".a" * 2500, "F[" + "'a'+" * 2500 + "'b']", "eval(" + "'a'+" * 2500 + "'b')"])
def test_deep_nesting_is_no_error(nested):
    assert find_violation([TORCH_ATTENTION], [f"def f(q): return {nested}"], "f") is None
