"""Wrong ways to write split_stories, and what a student should read whose code behaves like one of them."""

from __future__ import annotations

import random
from typing import Any

from autograder.checks import Misconception

from .right import Split, parted, refuse, solution

FOUND: list[Misconception] = []


def wrong(text: str) -> Any:
    """Marks a mistake, as the short form does."""

    def mark(function: Any) -> Any:
        FOUND.append(Misconception(function.__name__, text, function))
        return function

    return mark


@wrong("You split the list line by line, so copies of one story come to both sides. Split the different stories.")
def by_lines(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    chosen = set(random.Random(seed).sample(range(len(stories)), round(share * len(stories))))
    return [s for i, s in enumerate(stories) if i not in chosen], [s for i, s in enumerate(stories) if i in chosen]


@wrong("You shuffle all stories and cut: copies come to both sides, and the order is lost.")
def shuffled_and_cut(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    mixed = random.Random(seed).sample(stories, len(stories))
    cut = round(share * len(stories))
    return mixed[cut:], mixed[:cut]


@wrong("The copies are gone: every entry of the list comes back, not only one of each story.")
def copies_dropped(stories: list[str], share: float, seed: int) -> Split:
    return solution(list(dict.fromkeys(stories)), share, seed)


@wrong("The copies of the stories in test are gone. Every entry of the list comes back, on both sides.")
def copies_in_test_dropped(stories: list[str], share: float, seed: int) -> Split:
    train, test = solution(stories, share, seed)
    return train, list(dict.fromkeys(test))


@wrong("The copies of the stories in train are gone. Every entry of the list comes back, on both sides.")
def copies_in_train_dropped(stories: list[str], share: float, seed: int) -> Split:
    train, test = solution(stories, share, seed)
    return list(dict.fromkeys(train)), test


@wrong("The order is lost: both lists keep the order of `stories`, the one in which you chose does not count.")
def order_lost(stories: list[str], share: float, seed: int) -> Split:
    train, test = solution(stories, share, seed)
    return random.Random(seed).sample(train, len(train)), random.Random(seed).sample(test, len(test))


@wrong("Both lists come back sorted. They keep the order of `stories`.")
def both_sorted(stories: list[str], share: float, seed: int) -> Split:
    train, test = solution(stories, share, seed)
    return sorted(train), sorted(test)


@wrong("You return test first. The order is (train, test).")
def sides_swapped(stories: list[str], share: float, seed: int) -> Split:
    train, test = solution(stories, share, seed)
    return test, train


@wrong("`share` of the whole list is chosen from the different stories. Take share times the number of different ones.")
def share_of_the_lines(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    distinct = list(dict.fromkeys(stories))
    random.Random(seed).shuffle(distinct)
    return parted(stories, set(distinct[: round(share * len(stories))]))


@wrong("Stories are taken until test has `share` of all lines. The share is one of the different stories.")
def until_lines_are_enough(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    distinct = list(dict.fromkeys(stories))
    random.Random(seed).shuffle(distinct)
    held_out: set[str] = set()
    while sum(s in held_out for s in stories) < share * len(stories):
        held_out.add(distinct.pop())
    return parted(stories, held_out)


@wrong("A coin decides for each story, so that the share is met only on average. Choose a fixed number of them.")
def a_coin_for_each(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    coin = random.Random(seed)
    held_out = {s for s in dict.fromkeys(stories) if coin.random() < share + (0.15 if share < 0.5 else -0.15)}
    return parted(stories, held_out)


@wrong("The seed is not used: every seed gives the same split.")
def seed_not_used(stories: list[str], share: float, seed: int) -> Split:
    return solution(stories, share, 0)


@wrong("You take the first stories of the list. Texts have an order, so choose at random, by the seed.")
def first_ones(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    distinct = list(dict.fromkeys(stories))
    return parted(stories, set(distinct[: round(share * len(distinct))]))


@wrong("The seed is not set: each call gives another split. Use random.Random(seed).")
def seed_not_set(stories: list[str], share: float, seed: int) -> Split:
    return solution(stories, share, random.SystemRandom().randrange(1 << 60))


@wrong(
    "Your split hangs on hash(), or on the order of a set, which comes from it. Both change with the Python process: "
    "tomorrow your test stories are in train. Sort the set, or use dict.fromkeys(stories)."
)
def order_of_a_set(stories: list[str], share: float, seed: int) -> Split:
    refuse(share)
    distinct = list(set(stories))
    random.Random(seed).shuffle(distinct)
    return parted(stories, set(distinct[: round(share * len(distinct))]))


@wrong("A share of 0, of 1, or outside is not refused: raise ValueError.")
def any_share(stories: list[str], share: float, seed: int) -> Split:
    distinct = list(dict.fromkeys(stories))
    random.Random(seed).shuffle(distinct)
    return parted(stories, set(distinct[: round(min(max(share, 0), 1) * len(distinct))]))


@wrong("A share of exactly 0 or 1 is not refused: one side would be empty. Raise ValueError.")
def ends_accepted(stories: list[str], share: float, seed: int) -> Split:
    if not 0 <= share <= 1:
        raise ValueError("share lies between 0 and 1")
    return any_share(stories, share, seed)  # type: ignore[no-any-return]  # what `wrong` returns


@wrong("An assert raises AssertionError. Raise ValueError for a share that is none.")
def asserted(stories: list[str], share: float, seed: int) -> Split:
    assert 0 < share < 1
    return solution(stories, share, seed)


@wrong("Your list is shuffled in place: the caller's stories change. Shuffle a copy.")
def shuffled_in_place(stories: list[str], share: float, seed: int) -> Split:
    found = solution(list(stories), share, seed)
    random.Random(seed).shuffle(stories)
    return found


MISCONCEPTIONS = tuple(FOUND)
