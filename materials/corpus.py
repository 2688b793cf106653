"""Stories to token windows: between the physics text and the training of the small GPT-2.

Held out is decided by the words of a story alone, so a story that the text tells twice is never on both sides.
"""

from __future__ import annotations

from hashlib import sha256
from random import Random

import torch
from tokenizers import Tokenizer

from materials.grammar import Story

END = "<|endoftext|>"
# One story in this many is held out.
HELD_OUT_OF = 20


def document(story: Story) -> str:
    """The story as the model reads it: one sentence a line, and no line break at the end."""
    return "\n".join(story)


def is_held_out(story: Story) -> bool:
    """True for about one story in HELD_OUT_OF, the same ones in every run and on every machine."""
    return int.from_bytes(sha256(document(story).encode()).digest()[:8], "big") % HELD_OUT_OF == 0


def split(stories: list[Story]) -> tuple[list[str], list[str]]:
    """(documents to train on, documents held out). What is held out comes once each."""
    train = [document(story) for story in stories if not is_held_out(story)]
    held_out = [document(story) for story in stories if is_held_out(story)]
    return train, list(dict.fromkeys(held_out))


def end_id(tokenizer: Tokenizer) -> int:
    """The id of the end of text."""
    (found,) = tokenizer.encode(END).ids
    return int(found)


def encode(tokenizer: Tokenizer, documents: list[str]) -> list[list[int]]:
    """Token ids of each document, with the end of text behind it."""
    end = end_id(tokenizer)
    return [[*encoding.ids, end] for encoding in tokenizer.encode_batch(documents)]


def windows(documents: list[list[int]], length: int, end: int, random: Random) -> torch.Tensor:
    """(n, length + 1) long: one epoch, the documents in a new order, each window beginning where a story begins.

    Half of the windows have the end of text in front, so that the model knows how to begin with it and without it.
    """
    shuffled = random.sample(documents, len(documents))
    rows: list[list[int]] = []
    row: list[int] = []
    for ids in shuffled:
        if not row and random.random() < 0.5:
            row.append(end)
        row.extend(ids)
        if len(row) > length:
            rows.append(row[: length + 1])
            row = []
    return torch.tensor(rows)
