"""Wrong and unusual right versions of sample_next(logits, generator=None)."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


# ---------------------------------------------------------------- wrong
def generator_forgotten(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Does not pass the generator: the same state gives other draws, and the global state moves."""
    return torch.multinomial(logits.softmax(-1), 1).squeeze(1)


def one_uniform_for_all_rows(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Inverts the CDF with one uniform number for the batch: equal rows always draw the same token."""
    cdf = logits.double().softmax(-1).cumsum(-1)
    u = torch.rand((), generator=generator, dtype=torch.float64, device=logits.device)
    return (cdf < u * cdf[:, -1:]).sum(-1)


def noise_shared_by_rows(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Adds the same Gumbel noise (V,) to every row: each row is right alone, the rows are not independent."""
    u = torch.rand(logits.shape[-1], generator=generator, dtype=torch.float64, device=logits.device)
    return (logits.double() - torch.log(-torch.log(u))).argmax(-1)


def each_row_from_the_same_state(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Resets the generator for every row: with a generator, equal rows draw the same token."""
    draws = []
    start = generator.get_state() if generator is not None else None
    for row in logits:
        if generator is not None and start is not None:
            generator.set_state(start)
        draws.append(torch.multinomial(row.softmax(-1), 1, generator=generator))
    return torch.cat(draws)


def all_rows_from_the_first(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Draws B tokens from the first row: right for one row, or rows with equal logits."""
    probs = logits[0].softmax(-1)
    return torch.multinomial(probs, logits.shape[0], replacement=True, generator=generator)


def without_replacement_across_rows(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """For equal rows draws B tokens without replacement in one go: two rows never draw the same token."""
    probs = logits.softmax(-1)
    if logits.shape[0] <= logits.shape[1] and bool((logits == logits[:1]).all()) and bool((probs[0] > 0).all()):
        return torch.multinomial(probs[0], logits.shape[0], generator=generator)
    return torch.multinomial(probs, 1, generator=generator).squeeze(1)


def seeds_the_global_generator(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Calls torch.manual_seed(generator.initial_seed()): the global state changes, every draw is the first one."""
    if generator is not None:
        torch.manual_seed(generator.initial_seed())
    return torch.multinomial(logits.softmax(-1), 1).squeeze(1)


def global_noise_beside_the_generator(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Draws with the generator but breaks ties with rand_like from the global state, which moves."""
    jitter = torch.rand_like(logits) * 0  # a leftover that still advances the global generator
    return torch.multinomial((logits + jitter).softmax(-1), 1, generator=generator).squeeze(1)


def generator_never_advances(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Puts the generator's state back after the draw: a second draw with it repeats the first, for ever."""
    state = generator.get_state() if generator is not None else None
    draw = torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1)
    if generator is not None and state is not None:
        generator.set_state(state)
    return draw


def copy_from_the_initial_seed(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Makes a new generator from generator.initial_seed(): the state is ignored, all draws after a seed are equal."""
    if generator is not None:
        generator = torch.Generator(device=logits.device).manual_seed(generator.initial_seed())
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1)


def generator_seeded_anew(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Asks generator.seed() for its seed, which sets a random one: the same state gives different draws."""
    if generator is not None:
        generator.manual_seed(generator.seed() % 2**31)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1)


def fixed_seed_without_generator(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Makes a generator with seed 0 where none is given: every call draws the same."""
    if generator is None:
        generator = torch.Generator(device=logits.device).manual_seed(0)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1)


def global_state_put_back(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Forks the global generator also where none is given: without a generator every call draws the same."""
    with torch.random.fork_rng(devices=[]):
        return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1)


def most_likely(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Takes the argmax: never draws."""
    return logits.argmax(-1)


def top_fifty(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Draws among the 50 most likely, a default nobody asked for: with V > 50 the others never come."""
    values, ids = logits.topk(min(50, logits.shape[-1]), dim=-1)
    place = torch.multinomial(values.softmax(-1), 1, generator=generator)
    return ids.gather(-1, place).squeeze(1)


def cooler_than_asked(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Divides by a temperature of 0.7: likely tokens come too often."""
    return torch.multinomial((logits / 0.7).softmax(-1), 1, generator=generator).squeeze(1)


def softmax_twice(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Takes the softmax of probabilities: nearly uniform draws, filtered tokens among them."""
    return torch.multinomial(logits.softmax(-1).softmax(-1), 1, generator=generator).squeeze(1)


def every_token_a_little(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Adds 1e-3 to each probability so that multinomial never fails: filtered tokens (-inf) are drawn."""
    return torch.multinomial(logits.softmax(-1) + 1e-3, 1, generator=generator).squeeze(1)


def exponentials_overflow(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Uses exp(x) as weights: logits of 100 are infinite in float32 and -200 all 0, so multinomial raises."""
    return torch.multinomial(logits.exp(), 1, generator=generator).squeeze(1)


def rounded_to_half(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Rounds the logits to float16: 10,000 and 10,003 become equal, so one draw in two is wrong."""
    return torch.multinomial(logits.half().float().softmax(-1), 1, generator=generator).squeeze(1)


def column_of_ids(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Returns (B, 1) as multinomial does, in place of (B,)."""
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)


def scalar_for_one_row(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Squeezes all dimensions: one row gives a 0-dim tensor in place of (1,)."""
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze()


def ids_in_int32(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Returns int32 in place of long."""
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1).int()


def list_of_ids(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Returns a list of ints."""
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1).tolist()  # type: ignore[return-value]


def next_token_over(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts cdf <= u one too few: the id is one too small, and -1 is cut to 0."""
    cdf = logits.double().softmax(-1).cumsum(-1)
    u = torch.rand(logits.shape[0], 1, generator=generator, dtype=torch.float64, device=logits.device)
    return ((cdf <= u).sum(-1) - 1).clamp(min=0)


def shifts_its_input(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Subtracts the maximum in place: the caller's logits are changed."""
    logits -= logits.amax(-1, keepdim=True)
    return torch.multinomial(logits.exp(), 1, generator=generator).squeeze(1)


def normal_noise(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Adds normal noise in place of Gumbel noise before the argmax: other probabilities than the softmax's."""
    noise = torch.randn(logits.shape, generator=generator, dtype=logits.dtype, device=logits.device)
    return (logits + noise).argmax(-1)


# ---------------------------------------------------------------- right
def gumbel_in_double(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Adds independent Gumbel noise in float64 and takes the largest."""
    u = torch.rand(logits.shape, generator=generator, dtype=torch.float64, device=logits.device)
    return torch.argmax(logits.double() - (-u.log()).log(), dim=-1)


def inverse_of_the_cdf(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Looks a uniform number of its own up in each row's cumulative sum; the last likely token closes it."""
    cdf = torch.softmax(logits.double(), dim=-1).cumsum(dim=-1)
    u = torch.rand((logits.size(0), 1), generator=generator, dtype=torch.float64, device=logits.device)
    found = torch.searchsorted(cdf, u * cdf[:, -1:], right=True).squeeze(1)
    last = (cdf < cdf[:, -1:]).sum(-1)  # where the sum is complete
    return torch.minimum(found, last)


def row_after_row(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Draws one row after the other from the same advancing generator."""
    weights = torch.softmax(logits, dim=1)
    return torch.stack([torch.multinomial(row, 1, generator=generator)[0] for row in weights])


WRONG = (
    generator_forgotten,
    one_uniform_for_all_rows,
    noise_shared_by_rows,
    each_row_from_the_same_state,
    all_rows_from_the_first,
    without_replacement_across_rows,
    seeds_the_global_generator,
    global_noise_beside_the_generator,
    generator_never_advances,
    copy_from_the_initial_seed,
    generator_seeded_anew,
    fixed_seed_without_generator,
    global_state_put_back,
    most_likely,
    top_fifty,
    cooler_than_asked,
    softmax_twice,
    every_token_a_little,
    exponentials_overflow,
    rounded_to_half,
    column_of_ids,
    scalar_for_one_row,
    ids_in_int32,
    list_of_ids,
    next_token_over,
    shifts_its_input,
    normal_noise,
)
RIGHT = (gumbel_in_double, inverse_of_the_cdf, row_after_row)
