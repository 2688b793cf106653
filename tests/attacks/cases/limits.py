"""Takes more of the machine than a submission may: memory, processes, disk, outputs, files, names."""

from __future__ import annotations

from tests.attacks.attack import Attack

ON_DISK = "only a mount of its own bounds a folder: each file is bounded, their number is not"


def floods(name: str, tries: str, text: str, **more: object) -> Attack:
    """In the cell of softmax, before it; the function after it is wrong."""
    cell = f"{text}\ndef softmax(x, dim=-1):\n    return torch.full((1,), 0.5)"
    return Attack(name, tries, "LIMIT", **{"cells": {"softmax": cell}, **more})  # type: ignore[arg-type]


MEMORY = "hoard = []\nwhile True:\n    hoard.append(bytearray(1 << 24))"
CHILDREN_MEMORY = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        hoard = bytearray(os.urandom(1)) * (700 << 20)
        time.sleep(1)
        os._exit(0)
time.sleep(1.5)
"""
BOMB = """
import os
def bomb():
    while True:
        try:
            os.fork()
        except OSError:
            pass
bomb()
"""
THREADS = """
import threading, time
for _ in range(10_000):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
"""
ONE_FILE = "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(1 << 20)); file.flush()"
MANY_FILES = """
for n in range(8):
    with open(f"big-{n}", "wb") as file:
        file.write(bytes(8 << 20))
"""
SHM = MANY_FILES.replace('f"big-{n}"', 'f"/dev/shm/big-{n}"')
INODES = """
import os
os.mkdir("many")
for n in range(70_000):
    os.close(os.open(f"many/{n}", os.O_CREAT | os.O_WRONLY))
"""
TREE = """
import os
here = os.getcwd()
for _ in range(3_000):
    os.mkdir("a")
    os.chdir("a")
os.chdir(here)
"""
PRINTS = "for _ in range(10**5):\n    print('x' * 10_000)"
BY_DESCRIPTOR = "import os\nfor _ in range(10**5):\n    os.write(1, b'x' * 10_000)"
OUTPUTS = "for n in range(10**6):\n    display(n)"
FIGURES = """
import base64, os
from IPython.display import Image
for _ in range(300):
    display(Image(data=b"\\x89PNG\\r\\n\\x1a\\n" + os.urandom(20_000), format="png"))
"""
CLEARED = """
from IPython.display import clear_output
for n in range(3_000):
    print("x" * 1000)
    clear_output()
print("y" * 10**6)
"""
HUGE_ERROR = "raise ValueError('x' * 10**8)"
FILES_OPEN = "import os\nopened = [os.open('/dev/null', 0) for _ in range(10**5)]"
LONG_NAMES = "import os\nfor n in range(2_000):\n    os.close(os.open(('%06d' % n) * 40, os.O_CREAT | os.O_WRONLY))"
UPDATES = """
from IPython.display import display
handle = display("a", display_id=True)
for n in range(5_000):
    handle.update("x" * 10**4 * (n % 7))
"""
RESULT = "return torch.zeros(600 << 20, dtype=torch.uint8)"
ENTRIES = "return list(range(300_000))"
TEXT = "return 'x' * (100 << 20)"
MESSAGE = "raise ValueError('x' * (100 << 20))"
CPU_BY_CHILDREN = """
import os
for _ in range(4):
    if os.fork() == 0:
        while True: pass
"""


def returns(name: str, tries: str, body: str, **more: object) -> Attack:
    cell = f"def softmax(x, dim=-1):\n    if x.ndim == 4:\n        {body}\n    return torch.full((1,), 0.5)"
    given = {
        "cells": {"softmax": cell},
        "statuses": ("graded", "limit_exceeded", "crashed"),
        "seconds": 50,  # a hundred megabytes take ten on a busy machine, and this is about size
        **more,
    }
    return Attack(name, tries, "LIMIT", **given)  # type: ignore[arg-type]


ATTACKS = (
    floods("memory-bomb", "takes memory until there is none", MEMORY),
    floods("ten-billion", "asks torch for ten billion ones", "torch.ones(10**10)"),
    floods("memory-of-children", "takes 4 GiB by six children, each below its limit", CHILDREN_MEMORY, safe=False,
           statuses=("graded", "limit_exceeded", "timed_out", "crashed"), seconds=8),
    floods("fork-bomb", "forks until no process is left", BOMB, safe=False, seconds=1,
           statuses=("timed_out", "limit_exceeded", "crashed")),
    floods("thread-bomb", "starts ten thousand threads", THREADS, safe=False, seconds=5,
           statuses=("timed_out", "limit_exceeded", "crashed", "graded")),
    floods("one-large-file", "writes one file until the disk is full", ONE_FILE),
    floods("many-files", "writes files of allowed size, more than its folder may hold", MANY_FILES, safe=False,
           opens={1: ON_DISK}),
    floods("shared-memory", "fills /dev/shm", SHM, safe=False, opens={1: ON_DISK}),
    floods("inodes", "makes seventy thousand empty files", INODES, safe=False, opens={1: ON_DISK}),
    floods("deep-tree", "makes a folder three thousand deep, for whoever clears it away", TREE, safe=False,
           statuses=("graded",)),
    floods("long-names", "makes files with names of 240 characters", LONG_NAMES, safe=False, statuses=("graded",)),
    floods("open-files", "opens a hundred thousand files", FILES_OPEN, statuses=("graded", "limit_exceeded")),
    floods("print-flood", "prints a gigabyte", PRINTS),
    floods("descriptor-flood", "writes a gigabyte to descriptor 1", BY_DESCRIPTOR),
    floods("output-flood", "shows a million outputs", OUTPUTS, seconds=2),
    floods("figure-flood", "shows three hundred pictures of noise", FIGURES),
    floods("cleared-flood", "prints and clears, so that the flood never shows", CLEARED),
    floods("update-flood", "changes one output five thousand times", UPDATES, statuses=("graded", "limit_exceeded")),
    floods("huge-error", "raises an error of a hundred million characters", HUGE_ERROR),
    returns("huge-result", "returns a tensor larger than a frame may be", RESULT),
    returns("many-entries", "returns a list of 300,000 numbers", ENTRIES,
            statuses=("graded", "limit_exceeded", "crashed", "timed_out")),
    returns("long-text", "returns a text of a hundred million characters", TEXT),
    returns("long-message", "raises an error with such a text in a check", MESSAGE, statuses=("graded",)),
    Attack("busy-children", "leaves four children behind that burn time", "DENIED", extra=(CPU_BY_CHILDREN,),
           safe=False),
)  # fmt: skip
