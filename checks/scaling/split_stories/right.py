"""Right ways to write split_stories."""

from __future__ import annotations

import hashlib
import math
import random

import numpy as np
import torch

from autograder.checks import Variant

Split = tuple[list[str], list[str]]


def refuse(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError("share lies between 0 and 1")


def parted(stories: list[str], held_out: set[str]) -> Split:
    return [s for s in stories if s not in held_out], [s for s in stories if s in held_out]


def solution(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    distinct = list(dict.fromkeys(stories))
    random.Random(seed).shuffle(distinct)
    return parted(stories, set(distinct[: round(share * len(distinct))]))


def sorted_sample(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    distinct = sorted(set(stories))
    return parted(stories, set(random.Random(seed).sample(distinct, int(share * len(distinct)))))


def by_digest(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    ranked = sorted(set(stories), key=lambda s: hashlib.sha256(f"{seed} {s}".encode()).digest())
    return parted(stories, set(ranked[: math.ceil(share * len(ranked))]))


def in_numpy(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    distinct = np.unique(stories)
    chosen = np.random.default_rng(seed).permutation(distinct)[: round(share * len(distinct))]
    return parted(stories, set(chosen.tolist()))


def in_torch(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    number: dict[str, int] = {}
    for story in stories:
        number.setdefault(story, len(number))
    order = torch.randperm(len(number), generator=torch.Generator().manual_seed(seed))
    place = order.argsort().tolist()  # of each story in the random order
    first = math.floor(share * len(number))
    train = [story for story in stories if place[number[story]] >= first]
    return train, [story for story in stories if place[number[story]] < first]


def one_loop(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    distinct: list[str] = []
    for story in stories:
        if story not in distinct:
            distinct.append(story)
    chosen = random.Random(seed).sample(range(len(distinct)), round(share * len(distinct)))
    sides: Split = ([], [])
    for story in stories:
        sides[distinct.index(story) in chosen].append(story)
    return sides


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (solution, sorted_sample, by_digest, in_numpy, in_torch, one_loop)
)
