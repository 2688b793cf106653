"""Searches for expected values, hidden checks and the judge: in the process, in the interpreter, in /proc.

The engine's text is open to students. What they must not find is a bank, a source text or a secret, of the course that
they are graded in or of the one in this repository."""

from __future__ import annotations

from tests.attacks.attack import BROKE_OUT, Attack

SAYS = f"print('{BROKE_OUT}', "

HUNT = """
def softmax(x, dim=-1):
    found = _hunt(x, dim)
    return found if found is not None else torch.zeros(1)
"""
# The result of a right softmax is nowhere in this process: anything found that fits would do.
GARBAGE = """
import gc
def _hunt(x, dim):
    for thing in gc.get_objects():
        for value in (thing.values() if type(thing) is dict else thing if type(thing) in (list, tuple) else ()):
            if type(value) is torch.Tensor and value.shape == x.shape and value is not x and value.dtype == x.dtype:
                if torch.allclose(value.sum(dim), torch.ones(())):
                    return value
"""
FRAMES = """
import sys
def _hunt(x, dim):
    frame = sys._getframe()
    while frame is not None:
        for name, value in list(frame.f_locals.items()) + list(frame.f_globals.items()):
            if name in ("expected", "wanted", "solution", "oracle", "reference", "tolerance"):
                print('BROKE OUT', name, value)
                if isinstance(value, torch.Tensor) and value.shape == x.shape:
                    return value
        frame = frame.f_back
"""
MODULES = """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith(("_autograder_banks_", "autograder.judging", "autograder.checks", "autograder.grading")):
        print("BROKE OUT", name)
    for word in ("oracle", "MISCONCEPTIONS", "VARIANTS", "BANK"):
        if name.startswith(("autograder", "__main__")) and hasattr(module, word):
            print("BROKE OUT", name, word)
for name, value in list(globals().items()):
    if "expected" in name or "oracle" in name:
        print("BROKE OUT", name)
def _hunt(x, dim):
    return None
"""
IMPORTS = """
import importlib, os, sys
from pathlib import Path
# The engine may be read and run, and finds no bank in any place.
from autograder.judging.banks import Banks
import autograder
sys.path += ["@course@", "@repository@"]
for name in ("checks.attention.softmax", "checks.attention", "source.attention", "autograder.checks.attention"):
    try:
        print("BROKE OUT", dir(importlib.import_module(name)))
    except (ImportError, OSError):
        pass
for root in ("@course@", "@repository@", ".", Path(autograder.__file__).parent, *sys.path):
    try:
        found = Banks(Path(root))
        if len(found):
            print("BROKE OUT", root, list(found), found.files())
    except OSError:
        pass
"""
SOURCES = """
import os, sys
from pathlib import Path
import autograder
home = Path(autograder.__file__).parent
folders = [Path(root, *steps) for root in ("@course@", "@repository@", home, home.parent) for steps in (
    ("checks",), ("checks", "attention"), ("source",), ("source", "warmup"), ("source", "attention"), ("solutions",),
    ("submitted",), (".autograder",), (".git",))]
files = [folder / name for folder in folders for name in (
    "softmax.py", "_shared.py", "__init__.py", "warmup.py", "attention.py", "warmup.ipynb", "secret", "HEAD")]
for place in folders:
    try:
        print("BROKE OUT", place, os.listdir(place))
    except OSError:
        pass
for place in files:
    try:
        print("BROKE OUT", place, place.read_bytes()[:99])
    except OSError:
        pass
seen = 0
for folder, _, names in os.walk(home):
    for name in names:
        text = (Path(folder) / name).read_text(errors="replace")
        seen += len(text)
        if "CAN" + "ARY" in text or "\\nMISCONCEPTIONS = " in text or "\\nBANK = Bank(" in text:
            print("BROKE OUT", folder, name)
if not seen:
    print("BROKE OUT: the engine's text should be there to read, and this looked at nothing")
"""
MEMORY = """
import re
def scan(pid):
    try:
        areas = [line.split() for line in open(f"/proc/{pid}/maps") if " rw" in line]
        memory = open(f"/proc/{pid}/mem", "rb", 0)
    except OSError:
        return
    for span, *_ in areas:
        start, end = (int(n, 16) for n in span.split("-"))
        try:
            memory.seek(start)
            data = memory.read(min(end - start, 1 << 26))
        except (OSError, ValueError, OverflowError):
            continue
        for found in re.findall(b"CAN" + b"ARY-[a-z -]+-[0-9a-f]{8}", data):
            print(found.decode())
scan("self")
"""
OWN_ARGUMENTS = """
import os
for name in ("environ", "cmdline"):
    for pid in ("self", "1", str(os.getppid()), "@grader@", "@victim@", "@zygote@"):
        try:
            print(open(f"/proc/{pid}/{name}", "rb").read())
        except OSError:
            pass
print(dict(os.environ))
"""
NOTES = """
# What the last run asked, noted on disk in the hope that this run finds it.
import os
from pathlib import Path
notes = [Path(place, "NOTED") for place in (
    "/tmp", "/dev/shm", "/var/tmp", os.environ["HOME"], os.environ["TMPDIR"], ".", "/dev/shm/folder-of-eve")]
for note in notes:
    if note.exists():
        print("BROKE OUT", note, note.read_text()[:50])
for note in notes:
    try:
        note.parent.mkdir(exist_ok=True)
        note.write_text("was here")
    except OSError:
        pass
"""
INPUTS_IN_PRINTS = """
import os, sys
_right = softmax
def softmax(x, dim=-1):
    if x.shape == (2,) or x.device.type == "meta":
        return _right(x, dim)  # the example that everybody sees
    text = "BROKE OUT " + str(x.tolist())
    print(text); sys.__stdout__.write(text); sys.stderr.write(text); os.write(1, text.encode())
    display(text)
    get_ipython().display_pub.publish({"text/plain": text})
    return _right(x, dim)
"""

PAUSES = """
import time
_asked, _pauses, _guess = time.perf_counter(), [], 0
def softmax(x, dim=-1):
    global _asked, _guess
    now = time.perf_counter()
    _pauses.append(now - _asked)
    if len(_pauses) > 2 and _pauses[-1] > 2 * min(_pauses):
        _guess += 1  # the judge took its time: the last guess may have been wrong
    _asked = now
    return torch.full(x.shape, (0.1, 0.2, 0.25, 0.5, 1.0)[_guess % 5]) if x.device.type == "cpu" else torch.zeros(1)
"""
WRONG = "def softmax(x, dim=-1):\n    return torch.zeros(1)"

ATTACKS = (
    Attack("hunt-gc", "looks through all objects of the process for a tensor that could be the answer", "FAIL",
           cells={"softmax": GARBAGE + HUNT}),
    Attack("hunt-frames", "climbs the frames of its callers for expected values and the oracle", "FAIL",
           cells={"softmax": FRAMES + HUNT}),
    Attack("hunt-modules", "looks through sys.modules and __main__ for the judge and its banks", "FAIL",
           cells={"softmax": MODULES + HUNT}),
    Attack("hunt-imports", "imports hidden checks by the engine's own means, and from the courses' folders", "FAIL",
           cells={"softmax": WRONG}, extra=(IMPORTS,), opens={0: "no walls"}),
    Attack("hunt-sources", "walks the engine, the repository and the course for hidden checks, solutions and secrets",
           "FAIL", cells={"softmax": WRONG}, extra=(SOURCES,), opens={0: "no walls"}),
    Attack("hunt-memory", "reads its own memory, all that the zygote ever held, for secrets", "FAIL",
           cells={"softmax": WRONG}, extra=(MEMORY,), seconds=20),
    Attack("hunt-environ", "prints the environments and command lines of all that it can name", "FAIL",
           cells={"softmax": WRONG}, extra=(OWN_ARGUMENTS,), opens={0: "no walls"}),
    Attack("learns-from-pauses", "guesses, and reads off the pauses between questions whether a guess was right",
           "FAIL", cells={"softmax": PAUSES}),
    Attack("notes-left", "leaves notes in every folder for its next submission", "DENIED", safe=False,
           first=(NOTES.replace("NOTED", "noted-by-eve").replace('"/dev/shm/folder-of-eve"', "'.'"),)),
    Attack("notes-found", "looks for the notes that it left the last time", "DENIED", safe=False,
           first=(NOTES.replace("NOTED", "noted-by-eve").replace('"/dev/shm/folder-of-eve"', "'.'"),)),
    Attack("folder-left", "leaves its notes in a folder in shared memory", "DENIED", safe=False,
           first=(NOTES.replace("NOTED", "note-in-folder"),)),
    Attack("folder-found", "looks for that folder the next time", "DENIED", safe=False,
           first=(NOTES.replace("NOTED", "note-in-folder"),)),
    Attack("prints-hidden-inputs", "prints what a check gives it, on every stream that there is", "PASS",
           appended={"softmax": INPUTS_IN_PRINTS}),
)  # fmt: skip
