"""Processes that end, break or never come back."""

from __future__ import annotations

from tests.attacks.attack import Attack

OTHERS = ("causal_mask", "scaled_dot_product_attention")
WRONG = "\ndef softmax(x, dim=-1):\n    return torch.full((1,), 0.5)"


def in_cell(name: str, tries: str, expect: str, text: str, **more: object) -> Attack:
    """The attack stands in the cell of softmax, which that costs."""
    return Attack(name, tries, expect, **{"cells": {"softmax": text + WRONG}, **more})  # type: ignore[arg-type]


def in_call(name: str, tries: str, expect: str, body: str, **more: object) -> Attack:
    """The attack stands in the function, so that every check meets it."""
    cell = f"import os, time, sys\ndef softmax(x, dim=-1):\n    if x.shape == (2,): return x\n    {body}"
    return Attack(name, tries, expect, **{"cells": {"softmax": cell}, **more})  # type: ignore[arg-type]


DEAF = "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n    except OSError: pass\n" \
       "while True:\n    pass"  # fmt: skip
DEAF_BY_CATCHING = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
SLOW = "class Slow:\n    def __del__(self):\n        while True: pass\nslow = Slow()\ndel slow"
IN_C = "import re\nre.match('(a*)*b', 'a' * 40)"  # holds the interpreter's lock, and hears no signal
PIPE = "import os\nread, write = os.pipe()\nos.read(read, 1)"
CHILDREN = "import os, time\nchild = os.fork()\nif child == 0:\n    time.sleep(600)\nos.waitpid(child, 0)"
JOIN = "import threading, time\nother = threading.Thread(target=time.sleep, args=(600,))\nother.start()\nother.join()"
REAL_TIME = "import os, signal\nos.kill(os.getpid(), 40)"
DEAD_FRAMES = "import sys\nsys.settrace(lambda *_: (_ for _ in ()).throw(SystemExit))\nsys.setrecursionlimit(10**9)"

ATTACKS = (
    in_cell("exit-0", "ends its process as if all were well", "CRASH", "import os\nos._exit(0)"),
    in_cell("sys-exit", "leaves by sys.exit with an atexit hook that says all is well", "FAIL",
            "import atexit, sys\natexit.register(lambda: print('softmax: 3 of 3 points'))\nsys.exit(0)"),
    in_cell("segfault", "reads from address zero", "CRASH", "import ctypes\nctypes.string_at(0)"),
    in_cell("abort", "aborts", "CRASH", "import os\nos.abort()"),
    in_cell("kill-itself", "kills itself as the kernel kills what uses too much memory", "LIMIT",
            "import os\nos.kill(os.getpid(), 9)", statuses=("limit_exceeded", "graded")),
    in_cell("recursion", "recurses until Python says no", "FAIL", "def f(): f()\nf()"),
    in_cell("recursion-in-c", "recurses until the stack ends", "CRASH",
            "import sys\nsys.setrecursionlimit(10**9)\na = []\nfor _ in range(10**6): a = [a]\nrepr(a)",
            statuses=("crashed", "graded", "limit_exceeded")),
    in_cell("stdin-closed", "closes the interpreter's standard input and reads from it", "FAIL",
            "import os, sys\nos.close(0)\nsys.stdin.close()\ninput()"),
    in_cell("streams-closed", "closes every descriptor that it has", "CRASH", "import os\nos.closerange(0, 1024)"),
    in_cell("exec-other", "becomes another program", "CRASH", "import os\nos.execv('/bin/true', ['true'])"),
    in_cell("real-time-signal", "dies of a signal that has no name", "CRASH", REAL_TIME,
            statuses=("crashed", "graded")),
    in_cell("no-imports", "deletes __import__ and empties sys.modules", "FAIL",
            "import builtins, sys\ndel builtins.__import__\nsys.modules.clear()",
            takes_along=OTHERS,
            statuses=("graded", "crashed", "timed_out")),
    in_cell("trace", "traces every line with a function that leaves", "FAIL", DEAD_FRAMES),
    in_cell("broken-error", "raises an error whose text and type break", "FAIL",
            "class E(Exception):\n    def __str__(self): raise E\n    __repr__ = __str__\n"
            "E.__name__ = '\\ud800'\nraise E"),
    in_cell("error-chain", "raises an error that is its own cause", "FAIL",
            "e = ValueError('a'); f = KeyError('b')\ne.__cause__ = f; f.__cause__ = e\nraise e"),
    in_call("exit-in-probe", "ends the process only when a check calls", "CRASH", "os._exit(0)"),
    in_call("kill-in-probe", "kills itself so whenever a check calls", "LIMIT", "os.kill(os.getpid(), 9)",
            statuses=("limit_exceeded", "graded")),
    Attack("exit-in-all-probes", "ends the process in every check of every function", "CRASH",
           cells={name: f"import os\ndef {name}(*a, **k): os._exit(0)" for name in ("softmax", *OTHERS)},
           takes_along=OTHERS),
    in_call("exit-once-in-probe", "ends the process in one check and answers the others wrong", "CRASH",
            "return os._exit(0) if x.ndim == 4 else torch.zeros(1)"),
    in_cell("endless", "loops for ever", "TIMEOUT", "while True:\n    pass", seconds=1),
    in_cell("endless-deaf", "loops for ever and ignores all signals", "TIMEOUT", DEAF, seconds=1),
    in_cell("endless-catching", "catches what is to end it, for ever", "TIMEOUT", DEAF_BY_CATCHING, seconds=1),
    in_cell("endless-in-c", "spends for ever in a regular expression", "TIMEOUT", IN_C, seconds=1),
    in_cell("stopped", "stops itself by SIGSTOP", "TIMEOUT", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"
            "os.kill(0, signal.SIGSTOP)", seconds=1, statuses=("timed_out", "graded")),
    in_cell("waits-for-nobody", "reads from a pipe that nobody writes to", "TIMEOUT", PIPE, seconds=1),
    in_cell("waits-for-a-child", "waits for a child that sleeps", "TIMEOUT", CHILDREN, seconds=1),
    in_cell("waits-for-a-thread", "waits for a thread that sleeps", "TIMEOUT", JOIN, seconds=1),
    in_cell("slow-destructor", "makes an object whose destructor never ends", "TIMEOUT", SLOW, seconds=1,
            statuses=("timed_out", "graded")),
    in_cell("awaits-nothing", "awaits what never comes", "TIMEOUT", "import asyncio\nawait asyncio.Event().wait()",
            seconds=1),
    in_call("sleep-in-one-probe", "sleeps in one check", "TIMEOUT",
            "return time.sleep(600) if x.ndim == 4 else torch.zeros(1)", seconds=1),
    in_call("sleep-in-probes", "sleeps in every check", "TIMEOUT", "time.sleep(600)", seconds=1),
    in_call("slow-result", "returns an object whose destructor never ends", "TIMEOUT",
            "return type('Slow', (), {'__del__': lambda self: time.sleep(600)})() if x.ndim == 4 else torch.zeros(1)",
            seconds=1, statuses=("timed_out", "graded")),
)  # fmt: skip
