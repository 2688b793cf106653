"""What fuzzing starts from: real notebooks, real answers and real texts, cut to what can be tried often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from autograder.authoring import notebooks, percent
from autograder.model import Failure, Observation, Opaque, Ref, Tensor
from autograder.sandbox import wire
from autograder.sandbox.frames import LENGTHS

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "tests" / "engine" / "authoring" / "authored").glob("*.py"))
CELLS = 6  # of a real notebook or text at once


def notebook() -> Iterator[bytes]:
    for path in SAMPLES:
        yield notebooks.text(notebooks.source(percent.read(path))).encode()
    for path in sorted(ROOT.glob("solutions/*/*.ipynb")):
        whole = json.loads(path.read_text())
        for first in range(0, len(whole["cells"]), CELLS):
            cells = [_short(cell) for cell in whole["cells"][first : first + CELLS]]
            yield json.dumps({**whole, "cells": cells}).encode()


def _short(cell: dict[str, Any]) -> dict[str, Any]:
    """Without its pictures, and of its text the first lines."""
    outputs = {"outputs": [o for o in cell["outputs"] if len(json.dumps(o)) < 500]} if "outputs" in cell else {}
    return {**cell, **outputs, "source": cell["source"][:6]}


def answer() -> Iterator[bytes]:
    plain = torch.arange(4.0).reshape(2, 2)
    observed = [
        Tensor("Tensor", str(t.dtype).removeprefix("torch."), "cpu", tuple(t.shape), t, False)
        for t in (plain, plain.half(), plain.long(), plain > 1, plain.to(torch.complex64), torch.empty(0, 3))
    ]
    meta = Tensor("Sly", "bfloat16", "meta", (2, 3), None, True)
    for value in (*observed, meta, [1, None, (2.5, "x")], {"a": Opaque("Sly"), "b": Ref("x.grad")}, torch.float16):
        yield framed(*wire.pack_observation(Observation("returned", {"out": value, "out.ops": 3})))
    failure = Failure("ValueError", "no such dimension", 1, ("ValueError", "Exception"), True)
    yield framed(*wire.pack_observation(Observation("raised", failure=failure)))
    for output in OUTPUTS:
        cell = {
            "outputs": [output],
            "execution_count": 3,
            "failed": False,
            "updates": [[0, 0, output]],
            "overflow": False,
        }
        yield framed({**cell, "nonce": "0123456789abcdef"}, b"")


OUTPUTS: tuple[dict[str, Any], ...] = (
    {"output_type": "stream", "name": "stdout", "text": "3 of 3\n"},
    {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\x1b[31mValueError\x1b[0m", "no"]},
    {"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {}, "execution_count": 3},
    {"output_type": "display_data", "data": {"text/html": "<b>x</b>", "application/json": {"a": [1, 1e999]}},
     "metadata": {"image/png": {"width": 3}}, "transient": {"display_id": "x"}},
)  # fmt: skip


def framed(header: dict[str, Any], block: bytes) -> bytes:
    text = json.dumps(header).encode()
    return LENGTHS.pack(len(text), len(block)) + text + block


def authored() -> Iterator[bytes]:
    for path in SAMPLES:
        yield path.read_bytes()
    for path in sorted(ROOT.glob("source/*.py")):
        parts = path.read_text().split("\n# %%")
        for first in range(1, len(parts), 2):  # jupytext takes a millisecond for each line
            yield "".join(f"# %%{part[:600]}\n" for part in parts[first : first + 2]).encode()


SEEDS = {"notebook": notebook, "wire": answer, "percent": authored}
