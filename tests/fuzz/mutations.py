"""Changes that keep an input's form, so that fuzzing gets behind the parser: trees of JSON, frames, lines of text.

Bytes changed at random are refused at the first brace; what is wrong behind it is found by taking a real notebook, a
real answer or a real text, and moving its parts.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from autograder.sandbox.frames import LENGTHS

Mutate = Callable[[bytes, random.Random], bytes]

WORDS = (
    "", "code", "markdown", "raw", "largest", "test_largest", "why", "skip-execution", "a\ud800", "\u202e\x1b[2J", "\0",
    "\u2028", "9" * 5000, "cpu", "meta", "float32", "bool", "complex64", "float16", "Tensor", "ndarray", "returned",
    "raised", "stream", "error", "display_data", "execute_result", "stdout", "text/plain", "application/json",
    "application/vnd.x+json", "image/png", "nan", "1e999", "3", "-1",
)  # fmt: skip
KEYS = (
    "nbformat", "cells", "cell_type", "source", "metadata", "nbgrader", "grade_id", "tags", "outputs", "status",
    "values", "failure", "kind", "text", "step", "bases", "unwritten", "$tensor", "$observed", "data", "$ref",
    "$opaque", "$dtype", "$tuple", "$dict", "execution_count", "failed", "updates", "overflow", "output_type",
    "name", "ename", "evalue", "traceback", "transient", "display_id",
)  # fmt: skip
NUMBERS = (0, 1, 2, 4, -1, 1.5, -0.0, 1 << 31, 1 << 63, -(1 << 80), 1 << 5000, float("nan"), float("inf"), 1e308)
LINES = (
    "# %%", "# %% [markdown]", '# %% grade_id="a" role="solution"', '# %% grade_id="test_a" role="test" points=1',
    '# %% role="author"', "### BEGIN SOLUTION", "### END SOLUTION", "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS",
    "# ### BEGIN MARK SCHEME", 'check("largest")', "def a(x):", "    return x", "assert a(1)", '"""', "'''", "# ```",
    "%%time", "# !ls", "\\", "x = (", "await f()", "\x0c", "\0", "\r", "\u2028", "# +", "# -", "#", "# In[1]:",
    "# <codecell>", "from autograder import check", "(" * 300, "-" * 3000 + "1", "x" + ".a" * 3000, "?x", "x?",
)  # fmt: skip


def tree(data: bytes, chance: random.Random) -> bytes:
    """A JSON text with some of its values changed; anything else as it is."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    for _ in range(chance.randint(1, 4)):
        value = _changed(value, chance)
    return _dumped(value)


def frame(data: bytes, chance: random.Random) -> bytes:
    """A frame of the wire with its header or its block changed, and its lengths true again."""
    if len(data) < LENGTHS.size:
        return data
    size = LENGTHS.unpack_from(data)[0]
    header = data[LENGTHS.size : LENGTHS.size + size]
    block = data[LENGTHS.size + size :]
    if chance.random() < 0.8:
        header = tree(header, chance)
    else:
        block = chance.randbytes(chance.choice((0, 1, 4, 8, 16))) + block[: chance.randint(0, 64)]
    return LENGTHS.pack(len(header), len(block)) + header + block


def lines(data: bytes, chance: random.Random) -> bytes:
    """A text with lines of it moved, doubled, dropped or put in."""
    found = data.decode("utf-8", "replace").split("\n")
    for _ in range(chance.randint(1, 4)):
        place = chance.randint(0, len(found))
        match chance.randint(0, 4):
            case 0:
                found.insert(place, chance.choice(LINES))
            case 1:
                del found[place : place + chance.randint(1, 3)]
            case 2:
                found.insert(place, chance.choice(found or [""]))
            case 3 if place < len(found):
                cut = chance.randint(0, len(found[place]))
                found[place] = found[place][:cut] + chance.choice((*LINES, " ", "=", '"', "'")) + found[place][cut:]
            case _ if place < len(found):
                found[place] = chance.choice((" ", "    ", "# ", "")) + found[place].lstrip()
    return "\n".join(found).encode()


def _dumped(value: Any) -> bytes:
    try:
        return json.dumps(value).encode()
    except ValueError:  # an int of more than 4,300 digits has no text
        return b'{"nbformat": 4, "cells": ' + b"9" * 5000 + b"}"


def _changed(value: Any, chance: random.Random) -> Any:
    """`value` with one place in it changed; the walk goes down at random."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(list(value))
        if chance.random() < 0.7:
            return {**value, key: _changed(value[key], chance)}
        return _other_keys(value, key, chance)
    if isinstance(value, list) and value and chance.random() < 0.85:
        place = chance.randrange(len(value))
        if chance.random() < 0.7:
            return [*value[:place], _changed(value[place], chance), *value[place + 1 :]]
        part = [] if chance.random() < 0.4 else [copy.deepcopy(value[place])] * chance.choice((2, 3, 40))
        return [*value[:place], *part, *value[place + 1 :]]
    return _fresh(value, chance)


def _other_keys(value: dict[str, Any], key: str, chance: random.Random) -> dict[str, Any]:
    kept = dict(value)
    if chance.random() < 0.5:
        del kept[key]
    if chance.random() < 0.7:
        kept[chance.choice((*KEYS, *WORDS))] = value[key] if chance.random() < 0.5 else _fresh(value[key], chance)
    return kept


def _fresh(value: Any, chance: random.Random) -> Any:
    match chance.randint(0, 8):
        case 0:
            return chance.choice(WORDS)
        case 1:
            return chance.choice(NUMBERS)
        case 2:
            return chance.choice((None, True, False, [], {}, [[]], {"": ""}))
        case 3:
            return [value]
        case 4:
            return {chance.choice(KEYS): value}
        case 5:
            return {"$tensor": [chance.choice(WORDS[14:20]), [chance.randint(0, 3)], 0, chance.choice((0, 1, 4, 8))]}
        case 6:
            return {"$tuple": [value, chance.choice(WORDS)]}
        case 7 if isinstance(value, str):
            return value + chance.choice(WORDS)
        case _:
            return {"output_type": chance.choice(WORDS[21:27]), "name": "stdout", "text": value, "data": value,
                    "metadata": {}, "execution_count": 1}  # fmt: skip


MUTATIONS: dict[str, Mutate] = {"notebook": tree, "wire": frame, "percent": lines}
