"""Known wrong ways to write sample_next, with what a student should read."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from autograder.checks import Misconception


def drawn(p: Tensor, generator: Generator | None) -> Tensor:
    return torch.multinomial(p, 1, generator=generator).squeeze(-1)


# ---- another distribution -------------------------------------------------------------------------------------


def argmax(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return logits.argmax(-1)


def equally_likely(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return torch.randint(logits.shape[-1], (len(logits),), generator=generator)


def logits_as_weights(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(logits, generator)


def shifted_logits_as_weights(logits: Tensor, generator: Generator | None = None) -> Tensor:
    finite = logits.masked_fill(logits == float("-inf"), float("inf")).amin(-1, keepdim=True)
    weights = (logits - finite).clamp(min=0) + (logits == logits.amax(-1, keepdim=True)) * 1e-6
    return drawn(weights, generator)


def squared(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, -1) ** 2, generator)


def softmax_twice(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(torch.softmax(logits, -1), -1), generator)


def base_two(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.exp2(logits - logits.amax(-1, keepdim=True)), generator)


def place_in_sorted_order(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, -1).sort(-1, descending=True).values, generator)


def place_in_rising_order(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, -1).sort(-1).values, generator)


def normal_noise(logits: Tensor, generator: Generator | None = None) -> Tensor:
    noise = torch.empty_like(logits).normal_(generator=generator)
    return (logits + noise).argmax(-1)


def through_half(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits.to(torch.float16), -1).float(), generator)


def colder(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(1.25 * logits, -1), generator)


def hotter(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits / 1.3, -1), generator)


def smoothed(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, -1) + 1e-3, generator)


def last_token_left_out(logits: Tensor, generator: Generator | None = None) -> Tensor:
    powers = torch.exp(logits - logits.amax(-1, keepdim=True))
    return drawn(powers[:, :-1], generator)


def last_token_clamped(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, -1), generator).clamp(max=logits.shape[-1] - 2)


def one_too_low(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return (drawn(torch.softmax(logits, -1), generator) - 1).clamp(min=0)


def uniform_noise(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return (logits + torch.rand(logits.shape, generator=generator, dtype=logits.dtype)).argmax(-1)


def fifty_kept(logits: Tensor, generator: Generator | None = None) -> Tensor:
    cutoff = logits.topk(min(50, logits.shape[-1]), -1).values[:, -1:]
    return drawn(torch.softmax(logits.masked_fill(logits < cutoff, float("-inf")), -1), generator)


# ---- rows -----------------------------------------------------------------------------------------------------


def one_number_for_all_rows(logits: Tensor, generator: Generator | None = None) -> Tensor:
    sums = torch.softmax(logits, -1).cumsum(-1)
    uniform = torch.rand(1, generator=generator, dtype=logits.dtype)
    return (sums <= uniform * sums[:, -1:]).sum(-1)


def first_row_only(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits[0], -1), generator).reshape(1)


def first_row_for_all(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return torch.multinomial(torch.softmax(logits[0], -1), len(logits), replacement=True, generator=generator)


def same_state_for_each_row(logits: Tensor, generator: Generator | None = None) -> Tensor:
    state = torch.get_rng_state() if generator is None else generator.get_state()
    tokens = []
    for row in torch.softmax(logits, -1):
        if generator is not None:
            generator.set_state(state)
        tokens.append(torch.multinomial(row, 1, generator=generator))
    return torch.cat(tokens)


def no_token_twice(logits: Tensor, generator: Generator | None = None) -> Tensor:
    p = torch.softmax(logits, -1)
    enough = int((p[0] > 0).sum()) >= len(p)
    if enough and bool((logits == logits[0]).all()):
        return torch.multinomial(p[0], len(p), replacement=False, generator=generator)
    return drawn(p, generator)


def softmax_over_the_batch(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, 0).nan_to_num(1.0 / len(logits)), generator)


# ---- where the randomness comes from --------------------------------------------------------------------------


def generator_ignored(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, -1), None)


def seeded_inside(logits: Tensor, generator: Generator | None = None) -> Tensor:
    torch.manual_seed(0)
    return drawn(torch.softmax(logits, -1), None)


def global_seed_from_the_generator(logits: Tensor, generator: Generator | None = None) -> Tensor:
    if generator is not None:
        torch.manual_seed(generator.initial_seed())
    return drawn(torch.softmax(logits, -1), None)


def generator_seeded_inside(logits: Tensor, generator: Generator | None = None) -> Tensor:
    if generator is not None:
        generator.manual_seed(0)
    return drawn(torch.softmax(logits, -1), generator)


def generator_copied(logits: Tensor, generator: Generator | None = None) -> Tensor:
    own = None
    if generator is not None:
        own = torch.Generator(generator.device)
        own.set_state(generator.get_state())
    return drawn(torch.softmax(logits, -1), own)


def new_generator_each_time(logits: Tensor, generator: Generator | None = None) -> Tensor:
    if generator is None:
        generator = torch.Generator(logits.device)
    return drawn(torch.softmax(logits, -1), generator)


def global_state_moved_too(logits: Tensor, generator: Generator | None = None) -> Tensor:
    torch.rand(1)
    return drawn(torch.softmax(logits, -1), generator)


# ---- form -----------------------------------------------------------------------------------------------------


def generator_seeded_by_chance(logits: Tensor, generator: Generator | None = None) -> Tensor:
    if generator is not None:
        generator.seed()
    return drawn(torch.softmax(logits, -1), generator)


def all_dims_squeezed(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return torch.multinomial(torch.softmax(logits, -1), 1, generator=generator).squeeze()


def list_returned(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, -1), generator).tolist()  # type: ignore[no-any-return]  # known to be wrong


def column_returned(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return torch.multinomial(torch.softmax(logits, -1), 1, generator=generator)


def int32_returned(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return drawn(torch.softmax(logits, -1), generator).int()


def probability_returned(logits: Tensor, generator: Generator | None = None) -> Tensor:
    p = torch.softmax(logits, -1)
    return p.gather(-1, drawn(p, generator)[:, None]).squeeze(-1)


def overflows(logits: Tensor, generator: Generator | None = None) -> Tensor:
    powers = torch.exp(logits)
    return drawn(powers / powers.sum(-1, keepdim=True), generator)


def input_edited(logits: Tensor, generator: Generator | None = None) -> Tensor:
    logits -= logits.amax(-1, keepdim=True)
    return drawn(torch.softmax(logits, -1), generator)


MISCONCEPTIONS = (
    Misconception("argmax", "You always take the most likely token. That is greedy; here a token is drawn.", argmax),
    Misconception(
        "equally_likely", "You draw every token equally often: the logits play no part in the draw.", equally_likely
    ),
    Misconception(
        "logits_as_weights",
        "You hand the logits to the draw as they are. Weights must not be negative: take the softmax first.",
        logits_as_weights,
    ),
    Misconception(
        "shifted_logits_as_weights",
        "Your weights are the logits, moved so that none is negative. The weights are exp(logits): take the softmax.",
        shifted_logits_as_weights,
    ),
    Misconception(
        "squared",
        "Your draws are those of squared probabilities, as at half the temperature. Is the softmax multiplied by "
        "something, or are the logits doubled?",
        squared,
    ),
    Misconception(
        "softmax_twice",
        "Your draws are those of the softmax of probabilities: the softmax is applied twice, and flattens everything.",
        softmax_twice,
    ),
    Misconception("base_two", "Your draws are those of powers of 2, not of e.", base_two),
    Misconception(
        "place_in_sorted_order",
        "You draw from the sorted probabilities and return the place in that order. Look up which token stands there.",
        place_in_sorted_order,
    ),
    Misconception(
        "place_in_rising_order",
        "You draw from probabilities sorted from the smallest up and return the place in that order. Look up which "
        "token stands there.",
        place_in_rising_order,
    ),
    Misconception(
        "normal_noise",
        "You add normal noise to the logits and take the largest. For draws from the softmax it takes Gumbel noise, "
        "-log(-log(u)).",
        normal_noise,
    ),
    Misconception(
        "through_half",
        "You round the logits to float16, where neighbours near 10,000 are 8 apart. Stay in the dtype of the logits.",
        through_half,
    ),
    Misconception(
        "colder",
        "Your draws are those of a temperature below 1: likely tokens come too often. Draw from the softmax as it is.",
        colder,
    ),
    Misconception(
        "hotter",
        "Your draws are those of a temperature above 1: rare tokens come too often. Draw from the softmax as it is.",
        hotter,
    ),
    Misconception(
        "smoothed",
        "A small number is added to every probability. Rare tokens, and even filtered ones, then come too often.",
        smoothed,
    ),
    Misconception(
        "last_token_left_out", "The last token is never drawn: the range ends one too early.", last_token_left_out
    ),
    Misconception(
        "last_token_clamped",
        "The last token is never drawn: its draws fall on the one before. The largest index is V - 1.",
        last_token_clamped,
    ),
    Misconception("one_too_low", "Your tokens are one too low: the index is shifted by 1.", one_too_low),
    Misconception(
        "uniform_noise",
        "You add uniform noise to the logits and take the largest. For draws from the softmax it takes Gumbel noise, "
        "-log(-log(u)).",
        uniform_noise,
    ),
    Misconception(
        "fifty_kept",
        "Only the 50 most likely tokens are ever drawn: a top-k filter is hidden in here. Filters are steps of their "
        "own.",
        fifty_kept,
    ),
    Misconception(
        "one_number_for_all_rows",
        "One random number, or the noise of one row, serves all rows, so that equal ones draw the same token. Rows are "
        "drawn independently: random numbers for each.",
        one_number_for_all_rows,
    ),
    Misconception(
        "same_state_for_each_row",
        "You put the generator back to where it was before each row, so that equal rows draw the same token. Let it "
        "move on.",
        same_state_for_each_row,
    ),
    Misconception(
        "no_token_twice",
        "No two rows ever draw the same token: you draw without putting back. Rows are drawn independently.",
        no_token_twice,
    ),
    Misconception(
        "first_row_only", "Only the first row's token comes back: one for each row is asked, (B,).", first_row_only
    ),
    Misconception("first_row_for_all", "All tokens are drawn from the first row's logits.", first_row_for_all),
    Misconception(
        "softmax_over_the_batch",
        "Your softmax runs over the rows (dim 0): tokens stand along the last dim.",
        softmax_over_the_batch,
    ),
    Misconception(
        "generator_ignored",
        "The generator is not used: your draws come from torch's global random state. Pass generator=generator on.",
        generator_ignored,
    ),
    Misconception(
        "seeded_inside",
        "The global seed is set at each call, so that every call draws the same. Whoever calls you sets the seed.",
        seeded_inside,
    ),
    Misconception(
        "global_seed_from_the_generator",
        "You seed torch's global state from the generator. It is to stay untouched: pass generator=generator on.",
        global_seed_from_the_generator,
    ),
    Misconception(
        "generator_seeded_inside",
        "The generator is seeded anew at each call, so that it always gives the same draws.",
        generator_seeded_inside,
    ),
    Misconception(
        "generator_copied",
        "You draw from a copy of the generator: it does not move on, and the next call draws the same again.",
        generator_copied,
    ),
    Misconception(
        "new_generator_each_time",
        "Without a generator you make a new one at each call. It always starts with the same seed: pass None on.",
        new_generator_each_time,
    ),
    Misconception(
        "global_state_moved_too",
        "Something is drawn from torch's global random state although a generator was given.",
        global_state_moved_too,
    ),
    Misconception(
        "generator_seeded_by_chance",
        "generator.seed() gives the generator a new seed by chance: two in the same state then draw different tokens. "
        "Just draw with it.",
        generator_seeded_by_chance,
    ),
    Misconception(
        "all_dims_squeezed",
        "For a single row you return a tensor without dims: squeeze the last dim only, (1,) is asked.",
        all_dims_squeezed,
    ),
    Misconception("list_returned", "You return a list: a tensor (B,) is asked, leave out .tolist().", list_returned),
    Misconception("column_returned", "The shape is (B, 1): squeeze the last dim, (B,) is asked.", column_returned),
    Misconception("int32_returned", "Your tokens are int32: long (int64) is asked.", int32_returned),
    Misconception(
        "probability_returned",
        "You return the probability of the token drawn: the token is asked.",
        probability_returned,
    ),
    Misconception(
        "overflows",
        "exp of large logits overflows. torch.softmax avoids that by subtracting the largest first.",
        overflows,
    ),
    Misconception("input_edited", "The logits given are changed by an in-place operation such as `-=`.", input_edited),
)
