"""Write what the assignment on scaling ships: the stories, one a line, and the loss of small GPT-2s against data.

    python -m materials.scaling

The models are trained by the very cells of the notebook (`source/scaling.py`), so that a run there falls on these
curves. One thread and stated seeds; another processor rounds otherwise and moves a loss a little.
"""

from __future__ import annotations

import ast
import hashlib
import json
import math
import random
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from autograder.authoring import percent
from materials.physics_text import stories

SOURCE = Path(__file__).resolve().parent.parent / "source"
FOLDER = SOURCE / "scaling"
TEXT, CURVES = "stories.txt", "gpt2_curves.json"
RECIPE = ("split_stories", "gpt2_recipe")  # grade_ids of the cells that make the curves

SEED = 1687  # of the split, of the order in which stories are given, and of each model
SHARE = 0.1  # of the different stories are for the test
SIZES = (250, 500, 1000, 2000, 4000, 8000)  # stories to learn from; each set has the smaller ones within it
WIDTHS = (16, 64)
LIVE_WIDTH, LIVE_SIZE = 16, 500  # what the notebook trains again
REPEATS = 12  # times with a split and a model of another seed: how far may the run in the notebook be off?


def cells(*names: str) -> dict[str, Any]:
    """What the cells of these grade_ids in the notebook's text define."""
    namespace: dict[str, Any] = {
        "math": math, "random": random, "torch": torch, "F": F, "GPT2Config": GPT2Config, "device": "cpu",
        "GPT2LMHeadModel": GPT2LMHeadModel, "contextmanager": contextmanager,
    }  # fmt: skip
    found = {cell.grade_id: cell.source for cell in percent.read(SOURCE / "scaling.py").cells}
    for name in names:
        exec(found[name], namespace)
    return namespace


def digest(told: list[str]) -> str:
    """A fingerprint of the text and of the recipe's code, so that curves which are out of date are noticed."""
    found = {cell.grade_id: cell.source for cell in percent.read(SOURCE / "scaling.py").cells}
    code = [ast.unparse(ast.parse(found[name])) for name in RECIPE]
    return hashlib.sha256("\n".join([*code, *told]).encode()).hexdigest()


def prepared(told: list[str], seed: int, split: Callable[..., Any]) -> tuple[list[list[int]], list[list[int]], int]:
    """(train, test, size of the vocabulary): different stories as lists of ids, those to learn from in random order."""
    vocabulary = {word: i for i, word in enumerate(sorted({word for story in told for word in story.split()}))}
    train, test = split(list(dict.fromkeys(told)), SHARE, seed)
    random.Random(seed).shuffle(train)
    encoded = [[[vocabulary[word] for word in story.split()] for story in part] for part in (train, test)]
    return encoded[0], encoded[1], len(vocabulary)


def loss(recipe: dict[str, Any], told: list[str], width: int, size: int, seed: int) -> tuple[int, int, float]:
    """(words learnt from, parameters, loss on the test) of one model trained on `size` stories."""
    train, test, words = prepared(told, seed, recipe["split_stories"])
    model = recipe["train_gpt2"](train[:size], words, width, seed)
    found = recipe["gpt2_loss"](model, test, words)
    print(f"width {width}, {size} stories, seed {seed}: {found:.3f} ({time.process_time():.0f} s of CPU)", flush=True)
    return sum(map(len, train[:size])), sum(p.numel() for p in model.parameters()), round(found, 4)


def main() -> None:
    """Write both files."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    told = [" ".join(story) for story in stories()]
    (FOLDER / TEXT).write_text("".join(f"{story}\n" for story in told))
    recipe = cells(*RECIPE)
    curves = []
    for width in WIDTHS:
        points = [loss(recipe, told, width, size, SEED) for size in SIZES]
        words, parameters, losses = (list(part) for part in zip(*points, strict=True))
        curves.append({"width": width, "parameters": parameters[0], "words": words, "losses": losses})
    repeats = [loss(recipe, told, LIVE_WIDTH, LIVE_SIZE, seed)[2] for seed in range(REPEATS)]
    written = {
        "made_by": "python -m materials.scaling",
        "digest": digest(told),
        "seed": SEED,
        "share": SHARE,
        "stories": list(SIZES),
        "curves": curves,
        "again": {"width": LIVE_WIDTH, "stories": LIVE_SIZE, "losses": repeats},
    }
    (FOLDER / CURVES).write_text(json.dumps(written, indent=1) + "\n")
    print(f"{time.process_time():.0f} s of CPU")


if __name__ == "__main__":
    main()
