"""The checks of `split_stories(stories, share, seed)`.

Any split is right that keeps equal stories together, so the checks read from a result what the contract asks of it.
Two seeds that give the same split by chance: with 40 stories, 12 of them in test, once in 5.6e9.

Another Python process has other hashes of texts. `checks/builders/retold.py` makes texts with hashes of their own, and
a split must not change with them. If a result on such texts is no valid split (they were turned into plain strings on
the way, and not found again), it says nothing, and counts as the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.checks import EXACT, Bank, Call, Check, Draw, Let, Make, Probe, Ref

from .right import VARIANTS, solution
from .wrong import MISCONCEPTIONS

NAME = "split_stories"
GOOD = "as asked"


def _stories(draw: Draw, distinct: int, copies: int) -> list[str]:
    """`distinct` different stories, of which `copies` come again, in random order."""
    names = [f"{word} {number}" for number, word in enumerate(draw.words(distinct))]
    again = [names[draw.integer(0, distinct // 2)] for _ in range(copies)]
    told = names + again
    return [told[i] for i in draw.permutation(len(told)).tolist()]


def _call(stories: Any, share: float, seed: int, save: str = "out") -> Call:
    return Call(NAME, (stories, share, seed), save=save)


# ---- what is read from a split --------------------------------------------------------------------------------


def _faults(stories: list[str], share: float, result: Any) -> dict[str, str]:
    """In a word or two, what is wrong with a split; `GOOD` where nothing is."""
    train, test = result
    return {
        "the stories that come back": _returned(stories, train, test),
        "equal stories": GOOD if not set(train) & set(test) else "on both sides",
        "different stories in test": _number(stories, share, len(set(test))),
        "the order": GOOD if all(_in_order(side, stories) for side in (train, test)) else _order(train),
    }


def _returned(stories: list[str], train: list[str], test: list[str]) -> str:
    """Which stories are not there as often as in `stories`, and on which side."""
    if sorted([*train, *test]) == sorted(stories):
        return GOOD
    short = [name for name, side in (("train", train), ("test", test)) if any(_fewer(side, stories, s) for s in side)]
    return f"fewer in {' and '.join(short)}" if short else "others"


def _fewer(side: list[str], stories: list[str], story: str) -> bool:
    return side.count(story) < stories.count(story)


def _number(stories: list[str], share: float, found: int) -> str:
    distinct = len(set(stories))
    meant = {GOOD: share * distinct, "all but the share": (1 - share) * distinct, "as of lines": share * len(stories)}
    near = next((name for name, number in meant.items() if abs(found - number) < 1 - 1e-9), "")
    return near or ("too many" if found > share * distinct else "too few")


def _in_order(side: list[str], stories: list[str]) -> bool:
    """Whether `side` is a part of `stories`, entries left out."""
    rest = iter(stories)
    return all(story in rest for story in side)


def _order(side: list[str]) -> str:
    return "sorted" if side == sorted(side) else "changed"


def _read_one(values: Mapping[str, Any]) -> Mapping[str, str]:
    return _faults(values["stories"], values["share"], values["out"])


def _values(draw: Draw) -> list[Probe]:
    """Shares that leave a fraction of a story, so that rounding either way is one story off at most."""
    found = []
    for distinct, share in ((40, 0.31), (23, 0.2), (35, 0.73)):
        stories = _stories(draw, distinct, 25)
        steps = (Let("stories", stories), Let("share", share), _call(stories, share, draw.integer(0, 1000)))
        found.append(Probe(steps, ("out", "stories", "share")))
    return found


def _many_copies(draw: Draw) -> list[Probe]:
    """One story comes as often as all others together: a share of the lines is no share of the stories."""
    stories = _stories(draw, 33, 4)
    often = [*stories, *[stories[0]] * 40]
    often = [often[i] for i in draw.permutation(len(often)).tolist()]
    steps = (Let("stories", often), Let("share", 0.25), _call(often, 0.25, draw.integer(0, 1000)))
    return [Probe(steps, ("out", "stories", "share"))]


# ---- seeds ------------------------------------------------------------------------------------------------------


def _seeds(draw: Draw) -> list[Probe]:
    stories, first = _stories(draw, 40, 9), draw.integer(0, 1000)
    calls = [_call(stories, 0.3, first + i, f"seed_{i}") for i in range(4)]
    steps = [Let("stories", stories), *calls]
    return [Probe((*steps, _call(stories, 0.3, first, "again")), ("stories", *(call.save for call in calls), "again"))]


def _read_seeds(values: Mapping[str, Any]) -> Mapping[str, str]:
    splits = [sorted(set(values[f"seed_{i}"][1])) for i in range(4)]
    different = len({tuple(split) for split in splits})
    return {
        "the same seed": "the same split" if values["again"] == values["seed_0"] else "another split",
        "four seeds": "four splits" if different == 4 else "the same split" if different == 1 else "some are the same",
        "the stories in test": "the first ones" if _first_ones(values) else "any",
    }


def _first_ones(values: Mapping[str, Any]) -> bool:
    test = set(values["seed_0"][1])
    return test == set(list(dict.fromkeys(values["stories"]))[: len(test)])


def _state(draw: Draw) -> list[Probe]:
    """The same call again, after numbers were drawn from the global generators."""
    stories, seed = _stories(draw, 40, 9), draw.integer(0, 1000)
    other = _stories(draw, 12, 3)
    steps = (
        _call(stories, 0.3, seed, "first"),
        _call(other, 0.4, seed + 1, "other"),
        _call(stories, 0.3, seed, "again"),
    )
    return [Probe(steps, ("first", "again"))]


def _read_state(values: Mapping[str, Any]) -> Mapping[str, str]:
    return {"the split": "the same" if values["first"] == values["again"] else "another one"}


SALTS = 3


def _processes(draw: Draw) -> list[Probe]:
    stories, seed = _stories(draw, 40, 9), draw.integer(0, 1000)
    steps: list[Any] = [Let("stories", stories)]
    for i in range(SALTS):
        steps += [
            Make(f"process_{i}", "retold", {"stories": stories, "salt": draw.integer(0, 1 << 40)}),
            _call(Ref(f"process_{i}.stories"), 0.31, seed, f"split_{i}"),
            Call(Ref(f"process_{i}.plain"), (Ref(f"split_{i}"),), save=f"out_{i}"),
        ]
    return [Probe(tuple(steps), ("stories", *(f"out_{i}" for i in range(SALTS))))]


def _read_processes(values: Mapping[str, Any]) -> Mapping[str, str]:
    splits = [values[f"out_{i}"] for i in range(SALTS)]
    sides = [[side for side in _faults(values["stories"], 0.31, split).values() if side != GOOD] for split in splits]
    valid = [split for split, faults in zip(splits, sides, strict=True) if not faults]
    return {"the split in another process": "the same" if all(split == valid[0] for split in valid) else "another one"}


# ---- arguments --------------------------------------------------------------------------------------------------


def _shares(draw: Draw) -> list[Probe]:
    stories = _stories(draw, 10, 5)
    return [Probe((_call(stories, share, 1),)) for share in (0.0, 1.0, -0.2, 1.4, 0, 1)]


def _untouched(draw: Draw) -> list[Probe]:
    stories = _stories(draw, 20, 9)
    steps = (Let("before", stories), Let("stories", stories), _call(Ref("stories"), 0.33, draw.integer(0, 1000)))
    return [Probe(steps, ("out", "stories", "before"))]


def _read_untouched(values: Mapping[str, Any]) -> Mapping[str, str]:
    return {"the list of stories": "as it was" if values["stories"] == values["before"] else "changed"}


CHECKS = (
    Check(
        "values",
        "Every story comes back, equal ones on one side, in their order; `share` of the different ones are in test.",
        _values,
        EXACT,
        weight=3,
        reading=_read_one,
    ),
    Check(
        "many copies",
        "The share is one of the different stories, however often each of them comes.",
        _many_copies,
        EXACT,
        weight=2,
        reading=_read_one,
    ),
    Check("seeds", "The same seed, the same split; another seed, another split.", _seeds, EXACT, reading=_read_seeds),
    Check("calls between", "Other calls in between change nothing.", _state, EXACT, reading=_read_state, aside=True),
    Check(
        "another process",
        "The split is the same in every Python process, though texts have other hashes there.",
        _processes,
        EXACT,
        reading=_read_processes,
        aside=True,
    ),
    Check("shares", "A share of 0 or less, of 1 or more, is a ValueError.", _shares, EXACT, raises="ValueError"),
    Check("inputs untouched", "The list that was given stays as it was.", _untouched, EXACT, reading=_read_untouched),
)

BANK = Bank(NAME, solution, CHECKS, MISCONCEPTIONS, VARIANTS, moderate="no numbers enter but a share and a seed")
