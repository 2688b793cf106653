"""The checks of `ngram_loss(train, test, n, vocab_size)`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, raises, right, wrong

from ._counts import Sequences, blended, lists, losses, mean, refuse, standard, table

Arguments = dict[str, Any]


def _sequences(draw: Draw, lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Sequences in which some tokens follow others often: each is the one before plus 1 or plus 3, or any at times."""
    made = []
    for length in lengths:
        ids = [draw.integer(0, tokens)]
        while len(ids) < length:
            after = ids[-1] + draw.choice((1, 1, 1, 3, 3, 2 * ids[max(len(ids) - 2, 0)], draw.integer(0, tokens)))
            ids.append(after % tokens)
        made.append(ids)
    return made


def _tensors(sequences: list[list[int]]) -> list[Tensor]:
    return [torch.tensor(ids) for ids in sequences]


@given(about="The mean of -ln p over every token of test, p from counts in train, shorter contexts blended in.")
def ngram_loss(draw: Draw) -> Arguments:
    tokens = draw.size("tokens")
    train, test = (_sequences(draw, lengths, tokens) for lengths in ((9, 13, 6, 17, 11), (8, 3, 15)))
    return {"train": train, "test": test, "n": 3, "vocab_size": tokens + 5}


@case("A sequence may be a long tensor, too.")
def tensors(draw: Draw) -> list[Arguments]:
    tokens = draw.size("tokens")
    train, test = (_sequences(draw, lengths, tokens) for lengths in ((9, 13, 6, 17), (8, 3, 11)))
    return [
        {"train": _tensors(train), "test": _tensors(test), "n": 3, "vocab_size": tokens + 3},
        {"train": _tensors(train), "test": test, "n": 5, "vocab_size": tokens + 6},
    ]


@case("n = 1 counts words alone; a longer n reads more tokens; n may exceed every sequence.", alone=True)
def other_n(draw: Draw) -> list[Arguments]:
    tokens = draw.size("tokens")
    train, test = (_sequences(draw, lengths, tokens) for lengths in ((9, 13, 6, 17), (8, 3, 11)))
    return [{"train": train, "test": test, "n": n, "vocab_size": tokens + 5} for n in (1, 2, 4, 5, 40)]


@case("Nothing is counted across two sequences: the last token of one does not come before the first of the next.")
def many_short(draw: Draw) -> list[Arguments]:
    tokens = draw.size("tokens") + 3
    train = _sequences(draw, (2, 1, 3, 2, 2, 1, 3, 2, 1, 2, 3), tokens)
    test = _sequences(draw, (1, 2, 3, 1, 2), tokens)
    return [{"train": train, "test": test, "n": 2, "vocab_size": tokens + more} for more in (3, 6)]


@case("Tokens of test that train has never seen are rare, not impossible.")
def unseen(draw: Draw) -> Arguments:
    tokens = draw.size("tokens") + 3
    train = _sequences(draw, (9, 13, 6), tokens)
    test = [[token + 3 for token in ids] for ids in _sequences(draw, (8, 5, 3), tokens)]
    return {"train": train, "test": test, "n": 3, "vocab_size": tokens + 8}


@case("At the start of a sequence the context is what there is.", alone=True)
def beginnings(draw: Draw) -> Arguments:
    """Long groups that are often seen, and a test that begins in the middle of one and ends soon."""
    tokens = draw.size("tokens") + 6
    line = draw.permutation(tokens).tolist()
    train = [line[start:] + line[:start] for start in draw.permutation(tokens)[:5].tolist()]
    test = [line[start : start + 3] for start in draw.permutation(tokens - 3)[:3].tolist()]
    return {"train": train, "test": test, "n": 5, "vocab_size": tokens + 3}


@raises(ValueError, "n = 0 or less is a ValueError.")
def no_tokens(draw: Draw) -> list[Arguments]:
    tokens = draw.size("tokens")
    train, test = _sequences(draw, (9, 6), tokens), _sequences(draw, (5,), tokens)
    return [{"train": train, "test": test, "n": n, "vocab_size": tokens + 1} for n in (0, -1, -3)]


@right
def by_recursion(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return mean(standard(train, test, n, vocab_size))


@right
def by_search(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    known = lists(train)

    @cache
    def count(group: tuple[int, ...]) -> tuple[int, int]:
        """How often the group comes, and how often something follows it."""
        size = len(group)
        starts = [(ids, t) for ids in known for t in range(len(ids) - size + 1) if tuple(ids[t : t + size]) == group]
        return len(starts), sum(t + size < len(ids) for ids, t in starts)

    def p(context: tuple[int, ...], token: int) -> float:
        if not context:
            return (count((token,))[0] + 1) / (sum(map(len, known)) + vocab_size)
        return (count((*context, token))[0] + p(context[1:], token)) / (count(context)[1] + 1)

    logs = [math.log(p(tuple(ids[max(t - n + 1, 0) : t]), ids[t])) for ids in lists(test) for t in range(len(ids))]
    return -sum(logs) / len(logs)


@right
def order_after_order(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    places = [(ids, t) for ids in lists(test) for t in range(len(ids))]
    p = [1.0 / vocab_size] * len(places)
    for m in range(n):
        seen: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for ids in lists(train):
            for t in range(m, len(ids)):
                seen[tuple(ids[t - m : t])].append(ids[t])
        weight = vocab_size if m == 0 else 1
        for i, (ids, t) in enumerate(places):
            if t >= m:
                row = seen.get(tuple(ids[t - m : t]), [])
                p[i] = (row.count(ids[t]) + weight * p[i]) / (len(row) + weight)
    return -math.fsum(map(math.log, p)) / len(p)


@right
def in_torch(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    found = table(train, n)
    total, number = torch.zeros((), dtype=torch.float64), 0
    for ids in map(torch.as_tensor, test):
        for t in range(len(ids)):
            row = torch.full((vocab_size,), 1 / vocab_size, dtype=torch.float64)
            for m in range(min(n - 1, t) + 1):
                counts = torch.zeros(vocab_size, dtype=torch.float64)
                for token, count in found.get(tuple(ids[t - m : t].tolist()), {}).items():
                    counts[token] = count
                weight = 1 if m else vocab_size
                row = (counts + weight * row) / (counts.sum() + weight)
            total, number = total - row[ids[t]].log(), number + 1
    return float(total) / number


@right
def texts_as_keys(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    counts: dict[str, int] = {}
    for ids in lists(train):
        for t in range(len(ids)):
            for start in range(max(0, t - n + 1), t + 1):
                before = " ".join(map(str, ids[start:t]))
                for key in (f"{before}|", f"{before}|{ids[t]}"):
                    counts[key] = counts.get(key, 0) + 1
    total = []
    for ids in lists(test):
        for t in range(len(ids)):
            p = (counts.get(f"|{ids[t]}", 0) + 1) / (counts.get("|", 0) + vocab_size)
            for start in range(t - 1, max(0, t - n + 1) - 1, -1):
                before = " ".join(map(str, ids[start:t]))
                p = (counts.get(f"{before}|{ids[t]}", 0) + p) / (counts.get(f"{before}|", 0) + 1)
            total.append(math.log(p))
    return -sum(total) / len(total)


@wrong("You take the mean of each sequence first. Every token of test counts once: one mean over all of them.")
def mean_of_means(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    rows = standard(train, test, n, vocab_size)
    return sum(sum(row) / len(row) for row in rows) / len(rows)


@wrong("You return the sum of the losses. Divide by the number of tokens of test.")
def total_loss(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return sum(map(sum, standard(train, test, n, vocab_size)))


@wrong("This is the perplexity, e to the mean loss. The mean loss itself is asked.")
def perplexity(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return math.exp(mean(standard(train, test, n, vocab_size)))


@wrong("You use log2, which gives bits. Nats come from math.log.")
def in_bits(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return mean(standard(train, test, n, vocab_size)) / math.log(2)


@wrong("The sign is missing: a loss is -ln p, a number above 0.")
def sign_missing(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return -mean(standard(train, test, n, vocab_size))


@wrong("You average the probabilities and take the logarithm last. Take the mean of the logarithms.")
def log_of_the_mean(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    flat = [math.exp(-loss) for row in standard(train, test, n, vocab_size) for loss in row]
    return -math.log(sum(flat) / len(flat))


@wrong("You count in one long row of tokens: the end of one sequence is taken for what comes before the next.")
def across_sequences(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    whole = [[token for ids in lists(part) for token in ids] for part in (train, test)]
    return mean(standard(whole[:1], whole[1:], n, vocab_size))


@wrong("You judge the model on train, the text that it has counted. Take the tokens of test.")
def judged_on_train(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return mean(standard(train, train, n, vocab_size))


@wrong("You count test as well as train: the model has seen what it is asked.")
def counted_the_test(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return mean(standard([*train, *test], test, n, vocab_size))


@wrong("You read n tokens before each. A group of n tokens has n - 1 before the last one.")
def one_token_more(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    return mean(standard(train, test, n + 1, vocab_size))


@wrong("You read one token too few before each: n counts the token itself and n - 1 before it.")
def one_token_less(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    return mean(standard(train, test, max(n - 1, 1), vocab_size))


@wrong("You leave out the first n - 1 tokens of each sequence. They count too, with the context there is.")
def beginnings_left_out(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    rows = standard(train, test, n, vocab_size)
    return mean([row[n - 1 :] for row in rows] if any(len(row) >= n for row in rows) else [[0.0]])


@wrong("At the start of a sequence you fall back to single words. The context is what there is, one token or two.")
def full_contexts_only(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)

    def p(found: Any, context: tuple[int, ...], token: int) -> float:
        return blended(found, context if len(context) == n - 1 else (), token, vocab_size)

    return mean(losses(train, test, n, p))


@wrong(
    "Each longer context gets V, as if every word had been seen once in it. There 1 is added, times p of the shorter."
)
def one_for_every_word(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)

    def p(found: Any, context: tuple[int, ...], token: int) -> float:
        row = found.get(context, {})
        return (row.get(token, 0) + 1) / (sum(row.values()) + vocab_size)

    return mean(losses(train, test, n, p))


@wrong(
    "A context that was seen is not blended with the shorter one, so what never followed it gets nothing from there."
)
def longest_seen_only(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)

    def p(found: Any, context: tuple[int, ...], token: int) -> float:
        row = found.get(context, {})
        if not context:
            return (row.get(token, 0) + 1) / (sum(row.values()) + vocab_size)
        return row[token] / sum(row.values()) if row.get(token) else p(found, context[1:], token)

    return mean(losses(train, test, n, p))


@wrong("A context loses its last token when it gets shorter. It loses its first one: near tokens say more.")
def last_token_dropped(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    found: dict[tuple[int, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for ids in lists(train):
        for t, token in enumerate(ids):
            context = tuple(ids[max(t - n + 1, 0) : t])
            for m in range(len(context) + 1):
                found[context[:m]][token] += 1

    def p(context: tuple[int, ...], token: int) -> float:
        row = found.get(context, {})
        if not context:
            return (row.get(token, 0) + 1) / (sum(row.values()) + vocab_size)
        return (row.get(token, 0) + p(context[:-1], token)) / (sum(row.values()) + 1)

    rows = [[-math.log(p(tuple(ids[max(t - n + 1, 0) : t]), x)) for t, x in enumerate(ids)] for ids in lists(test)]
    return mean(rows)


@wrong("You count a context also at the end of a sequence, where nothing follows: the probabilities do not sum to 1.")
def ends_counted(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    groups: dict[tuple[int, ...], int] = defaultdict(int)
    for ids in lists(train):
        for size in range(1, n + 1):
            for t in range(len(ids) - size + 1):
                groups[tuple(ids[t : t + size])] += 1
    whole = sum(map(len, train))

    def p(_: Any, context: tuple[int, ...], token: int) -> float:
        if not context:
            return (groups.get((token,), 0) + 1) / (whole + vocab_size)
        return (groups.get((*context, token), 0) + p(_, context[1:], token)) / (groups.get(context, 0) + 1)

    return mean(losses(train, test, n, p))


@wrong("You divide by N + 1 for single words. Every word of the vocabulary gets 1 more, so the sum grows by V.")
def one_for_all_words(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)

    def p(found: Any, context: tuple[int, ...], token: int) -> float:
        row = found.get(context, {})
        if not context:
            return (row.get(token, 0) + 1) / (sum(row.values()) + 1)
        return (row.get(token, 0) + p(found, context[1:], token)) / (sum(row.values()) + 1)

    return mean(losses(train, test, n, p))


@wrong("vocab_size is not used: you take the number of words seen in train. Words that never came need their share.")
def words_seen(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return mean(standard(train, test, n, len({token for ids in lists(train) for token in ids})))


@wrong("Single words get no share of the unseen: an unseen word has p = 0, and its loss is infinite.")
def nothing_for_the_unseen(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)

    def p(found: Any, context: tuple[int, ...], token: int) -> float:
        row = found.get(context, {})
        if not context:
            return row.get(token, 0) / sum(row.values()) or 1e-300
        return (row.get(token, 0) + p(found, context[1:], token)) / (sum(row.values()) + 1)

    return mean(losses(train, test, n, p))


@wrong("n = 0 is not refused: raise ValueError for n < 1.")
def no_tokens_accepted(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return mean(standard(train, test, max(n, 1), vocab_size))


@wrong(
    "A sequence that is a tensor fails, or is not found in your counts: tensors are no numbers. Use .tolist() first."
)
def tensors_as_keys(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    refuse(n)
    found: dict[Any, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for ids in train:
        for t in range(len(ids)):
            for m in range(min(n - 1, t) + 1):
                found[tuple(ids[t - m : t])][ids[t]] += 1

    def p(context: tuple[Any, ...], token: Any) -> float:
        row = found.get(context, {})
        if not context:
            return (row.get(token, 0) + 1) / (sum(row.values()) + vocab_size)
        return (row.get(token, 0) + p(context[1:], token)) / (sum(row.values()) + 1)

    rows = [[-math.log(p(tuple(ids[max(t - n + 1, 0) : t]), ids[t])) for t in range(len(ids))] for ids in test]
    return mean(rows)


@wrong("You return a tensor. A Python float is asked.")
def tensor_returned(train: Sequences, test: Sequences, n: int, vocab_size: int) -> float:
    return torch.tensor(mean(standard(train, test, n, vocab_size)))  # type: ignore[return-value]  # the mistake
