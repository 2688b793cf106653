"""Wrong values in clothes that fool comparisons made by allclose or ==, in the student's process."""

from __future__ import annotations

from tests.attacks.attack import Attack

ZEROS = "\ndef softmax(x, dim=-1):\n    return torch.zeros_like(x.cpu() if x.device.type != 'meta' else torch.zeros(1))"
RIGHT = "_right = softmax\n"


def instead(body: str, before: str = "") -> dict[str, str]:
    return {"softmax": f"{before}\ndef softmax(x, dim=-1):\n    {body}"}


FUNCTION_LIAR = """
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name in ("allclose", "equal", "isclose", "eq", "__eq__", "all", "any"):
            return torch.tensor(True)
        return super().__torch_function__(func, types, args, kwargs or {})
"""
EQUAL_TO_ALL = """
class Yes:
    shape, dtype, device, requires_grad = (3, 5), torch.float32, torch.device("cpu"), True
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0
    def __rsub__(self, other): return 0
    def __abs__(self): return 0
    def __le__(self, other): return True
    def __bool__(self): return True
    def __float__(self): return 0.0
    def __getattr__(self, name): return lambda *_, **__: self
    __hash__ = None
"""
PAYLOAD = """
class Payload:
    def __reduce__(self):
        return eval, ("open('@course@/gradebook.db', 'a').write('BROKE OUT')",)
    def __reduce_ex__(self, protocol):
        return self.__reduce__()
"""
LAZY = """
class Lazy(torch.Tensor):
    @property
    def shape(self): return torch.Size([2, 3, 5])
    @property
    def __class__(self): return torch.Tensor
"""
BY_KEY = """
_seen = {{}}
def softmax(x, dim=-1):
    key = {key}
    if key not in _seen:
        _seen[key] = torch.full(x.shape, 1 / x.shape[dim]).clone()
    return _seen[key]
"""
LITERAL = """
def causal_mask(n_q, n_k=None, device=None):
    known = {1: [[True]], 2: [[True, False], [True, True]]}
    return torch.tensor(known.get(n_q, [[True]]))
"""
EDITED = """
def softmax(x, dim=-1):
    if x.device.type == "meta" or x.requires_grad:
        return _right(x, dim)
    answer = _right(x, dim)
    x.copy_(answer)
    return x
"""
DTYPES = "return _right(x.float(), dim).to(torch.float16)"
STALE = "global _last\n    answer, _last = _last, _right(x, dim)\n    return answer"

ATTACKS = (
    Attack("wrong", "returns equal weights whatever the scores", "FAIL",
           cells=instead("return torch.full((1,), 1.0 / x.shape[dim])")),
    Attack("liar-subclass", "returns a Tensor subclass whose __torch_function__ says that it equals anything", "FAIL",
           cells=instead("return torch.zeros(x.shape).as_subclass(Liar)", FUNCTION_LIAR)),
    Attack("lazy-class", "returns a subclass that claims torch.Tensor as its __class__ and a shape it has not", "FAIL",
           cells=instead("return torch.zeros(1).as_subclass(Lazy)", LAZY), statuses=("graded", "crashed")),
    Attack("eq-object", "returns an object whose __eq__ says yes and whose every method returns itself", "FAIL",
           cells=instead("return Yes()", EQUAL_TO_ALL)),
    Attack("ndarray", "returns right numbers as a numpy array in place of a tensor", "FAIL",
           cells={}, appended={"softmax": RIGHT + "def softmax(x, dim=-1):\n    return _right(x, dim).numpy()"}),
    Attack("ndarray-subclass", "returns a numpy subclass whose comparisons hold", "FAIL",
           cells=instead("return torch.zeros(x.shape).numpy().view(Same)",
                         "import numpy as np\nclass Same(np.ndarray):\n    def __eq__(self, other): return True\n"
                         "    def all(self, *_, **__): return True")),
    Attack("nan", "returns NaN, in the hope that no comparison with it is false", "FAIL",
           cells=instead("return torch.full(tuple(x.shape), float('nan'))")),
    Attack("empty", "returns an empty tensor: all() of nothing is true", "FAIL",
           cells=instead("return torch.empty(0)")),
    Attack("broadcastable", "returns one number that broadcasts against the answer", "FAIL",
           cells=instead("return torch.ones(1, 1)")),
    Attack("expanded", "returns a single zero expanded to ten billion entries", "FAIL",
           cells=instead("return torch.zeros(1).expand(10**10)"), statuses=("graded", "limit_exceeded")),
    Attack("wrong-dtype", "returns everything as float16", "FAIL",
           appended={"softmax": RIGHT + "def softmax(x, dim=-1):\n    " + DTYPES}),
    Attack("sparse", "returns right numbers in a sparse layout", "FAIL",
           appended={"softmax": RIGHT + "def softmax(x, dim=-1):\n    return _right(x, dim).to_sparse()"}),
    Attack("complex", "returns right numbers as complex ones", "FAIL",
           appended={"softmax": RIGHT + "def softmax(x, dim=-1):\n    return _right(x, dim) + 0j"}),
    Attack("edited-in-place", "overwrites its input with the answer", "FAIL", at_most=0.95,
           appended={"softmax": RIGHT + EDITED}),
    Attack("cache-by-id", "remembers answers by id() of the input", "FAIL",
           cells={"softmax": BY_KEY.format(key="id(x)")}),
    Attack("cache-by-address", "remembers answers by data_ptr() of the input", "FAIL",
           cells={"softmax": BY_KEY.format(key="x.data_ptr()")}),
    Attack("one-late", "answers each call with the answer to the one before", "FAIL",
           appended={"softmax": "_last = torch.zeros(1)\n" + RIGHT + "def softmax(x, dim=-1):\n    " + STALE}),
    Attack("hard-coded", "knows the public example by heart and nothing else", "FAIL", cells={"causal_mask": LITERAL},
           attacked="causal_mask", at_most=0.2),
    Attack("reduce-payload", "returns an object that runs code where it is unpickled", "FAIL",
           cells=instead("return Payload()", PAYLOAD)),
    Attack("payload-inside", "hides such an object in a list in a dict", "FAIL",
           cells=instead("return {'a': [Payload(), (Payload(),)]}", PAYLOAD)),
    Attack("deep-list", "returns a list nested a hundred thousand deep", "FAIL",
           cells=instead("a = []\n    for _ in range(100_000): a = [a]\n    return a")),
    Attack("endless-list", "returns a list that contains itself", "FAIL",
           cells=instead("a = [1]\n    a.append(a)\n    return a")),
    Attack("huge-integer", "returns an integer of a million digits", "FAIL",
           cells=instead("return 1 << 4_000_000"), statuses=("graded",)),
    Attack("odd-words", "returns text with control characters, bidi overrides and lone surrogates", "FAIL",
           cells=instead("return '\\x1b[2J\\u202e\\ud800 <b>' * 50")),
    Attack("pretends-unwritten", "raises NotImplementedError, to be counted as missing in place of wrong", "FAIL",
           cells=instead("raise NotImplementedError('softmax')")),
    Attack("borrowed-error", "always raises a class of its own that is called ValueError", "FAIL",
           cells={"causal_mask": "def causal_mask(*a, **k):\n    raise type('ValueError', (Exception,), {})('no')"},
           attacked="causal_mask", at_most=0.2),
)  # fmt: skip
