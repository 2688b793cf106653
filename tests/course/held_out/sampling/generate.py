"""Wrong and unusual right versions of generate(model, ids, max_new_tokens, *, temperature, top_k, top_p, ...)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor


def _cool(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / temperature


def _top_k(logits: Tensor, k: int | None) -> Tensor:
    if k is None:
        return logits
    if k < 1:
        raise ValueError("k must be at least 1")
    bound = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < bound, float("-inf"))


def _top_p(logits: Tensor, p: float | None) -> Tensor:
    if p is None:
        return logits
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    remove = torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, probs.cumsum(-1) - probs >= p)
    return logits.masked_fill(remove, float("-inf"))


def _filtered(logits: Tensor, temperature: float, top_k: int | None, top_p: float | None) -> Tensor:
    return _top_p(_top_k(_cool(logits, temperature), top_k), top_p)


def _draw(logits: Tensor, generator: Generator | None) -> Tensor:
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)  # (1, 1)


def _check(temperature: float, top_k: int | None, top_p: float | None) -> None:
    _filtered(torch.zeros(1, 2), temperature, top_k, top_p)


# ---------------------------------------------------------------- wrong
def left_in_eval(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Calls model.eval() and never goes back: a model in train mode is left in eval mode."""
    _check(temperature, top_k, top_p)
    model.eval()
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def left_in_train(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Calls model.train() at the end whatever the mode was: a model in eval mode is left in train mode."""
    _check(temperature, top_k, top_p)
    model.eval()
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    model.train()
    return ids


def eval_on_the_early_way_out(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Restores the mode at the end but returns from the loop at an eos: then the model stays in eval mode."""
    _check(temperature, top_k, top_p)
    was_training = model.training
    model.eval()
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            return ids
    model.train(was_training)
    return ids


def eval_after_a_bad_value(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Calls eval() before the filters see the values: top_p = 2 raises and leaves a training model in eval mode."""
    was_training = model.training
    model.eval()
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    model.train(was_training)
    return ids


def top_k_zero_is_off(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Tests `if top_k`: top_k = 0 turns the filter off in place of raising ValueError."""
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k or None, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def top_p_outside_is_off(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Filters only for 0 < top_p < 1: top_p = 0 and 1.5 are ignored in place of raising ValueError."""
    p = top_p if top_p is not None and 0 < top_p < 1 else None
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def temperature_zero_is_greedy(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Takes the argmax for temperature 0, where ValueError is asked."""
    for _ in range(max_new_tokens):
        logits = model(ids).logits[:, -1]
        if temperature == 0:
            nxt = logits.argmax(-1, keepdim=True)
        else:
            nxt = _draw(_filtered(logits, temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def small_temperature_is_greedy(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Takes the argmax below 0.05: logits 1.00 and 1.01 at temperature 0.01 should still be drawn 27 to 73."""
    _check(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        logits = model(ids).logits[:, -1]
        if temperature < 0.05:
            nxt = logits.argmax(-1, keepdim=True)
        else:
            nxt = _draw(_filtered(logits, temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def temperature_limited_to_two(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Uses min(temperature, 2): at temperature 100 the draws should be nearly uniform."""
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], min(temperature, 2.0), top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def temperature_after_the_filters(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Applies the temperature last: top-p then cuts at temperature 1, so a hot draw sees too few tokens."""
    for _ in range(max_new_tokens):
        logits = _top_p(_top_k(model(ids).logits[:, -1], top_k), top_p)
        nxt = _draw(_cool(logits, temperature), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def top_p_before_top_k(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Applies top-p first: probabilities 0.4, 0.3, 0.3 with k = 2, p = 0.55 keep two in place of one."""
    for _ in range(max_new_tokens):
        logits = _top_k(_top_p(_cool(model(ids).logits[:, -1], temperature), top_p), top_k)
        nxt = _draw(logits, generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def filters_side_by_side(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Intersects both filters of the same logits: top-p does not see that top-k made the others likelier."""
    for _ in range(max_new_tokens):
        logits = _cool(model(ids).logits[:, -1], temperature)
        nxt = _draw(torch.minimum(_top_k(logits, top_k), _top_p(logits, top_p)), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def fifty_by_default(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Takes top_k = 50 where None is given: with V > 50 the unlikely tokens never come."""
    k = 50 if top_k is None else top_k
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def nucleus_by_default(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Takes top_p = 0.95 where None is given: the last 5% never come."""
    p = 0.95 if top_p is None else top_p
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def top_k_drops_ties(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draws among exactly k indices: two equal best tokens and top_k = 1 always give the same one."""
    _check(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        logits = _cool(model(ids).logits[:, -1], temperature)
        k = logits.shape[-1] if top_k is None else min(top_k, logits.shape[-1])
        values, candidates = logits.topk(k, dim=-1)
        nxt = candidates.gather(-1, _draw(_top_p(values, top_p), generator))
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def dropped_to_minus_ten_thousand(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Fills dropped tokens with -1e4: with logits near -10,000 at temperature 0.5 they are drawn, not the kept ones."""
    for _ in range(max_new_tokens):
        logits = _filtered(model(ids).logits[:, -1], temperature, top_k, top_p)
        nxt = _draw(logits.masked_fill(logits == float("-inf"), -1e4), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def generator_forgotten(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draws from the global state though a generator is given: not repeatable by it, and the global state moves."""
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), None)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def same_random_number_each_step(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Puts the generator back to its state before every step: with equal logits all new tokens are the same."""
    state = generator.get_state() if generator is not None else None
    for _ in range(max_new_tokens):
        if generator is not None and state is not None:
            generator.set_state(state)
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def seeds_the_global_generator(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Seeds the global state from the generator and draws there: the global state is changed, the generator is not."""
    if generator is not None:
        torch.manual_seed(generator.initial_seed())
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), None)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def fixed_seed_without_generator(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Makes a generator with seed 0 where none is given: every call writes the same text."""
    own = generator if generator is not None else torch.Generator(device=ids.device).manual_seed(0)
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), own)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def takes_the_best(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Takes the argmax after the filters: nothing is drawn, temperature and filters have no effect."""
    for _ in range(max_new_tokens):
        nxt = _filtered(model(ids).logits[:, -1], temperature, top_k, top_p).argmax(-1, keepdim=True)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def eos_of_the_prompt_stops(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Looks at the last token before each step: a prompt that ends in eos gets no continuation."""
    _check(temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        if eos_token_id is not None and int(ids[0, -1]) == eos_token_id:
            break
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
    return ids


def eos_not_kept(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Stops before the eos is appended: it is missing at the end."""
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
        ids = torch.cat([ids, nxt], dim=1)
    return ids


def eos_zero_is_none(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Tests `if eos_token_id`: an eos with id 0 never stops."""
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id and int(nxt) == eos_token_id:
            break
    return ids


def padded_with_eos(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Fills with eos up to T + max_new_tokens: the result should end at the first one made."""
    full = ids.shape[1] + max_new_tokens
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return torch.nn.functional.pad(ids, (0, full - ids.shape[1]), value=eos_token_id or 0)


def only_the_new_tokens(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Returns (1, n), the prompt cut off."""
    start = ids.shape[1]
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids[:, start:]


def length_counts_the_prompt(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Stops at a total length of max_new_tokens, as max_length does: the prompt's length is missing."""
    _check(temperature, top_k, top_p)
    while ids.shape[1] < max_new_tokens:
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def last_token_is_all_the_model_sees(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Passes only the newest token after the first step, as with a cache, but keeps none."""
    seen = ids
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(seen).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        seen = nxt
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def repetition_punished(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Applies a repetition penalty of 1.2 nobody asked for: seen tokens come too rarely."""
    for _ in range(max_new_tokens):
        logits = model(ids).logits[:, -1]
        seen = logits.gather(-1, ids)
        logits = logits.scatter(-1, ids, torch.where(seen > 0, seen / 1.2, seen * 1.2))
        nxt = _draw(_filtered(logits, temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def one_model_call_for_all(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Calls the model once and draws every token from the prompt's logits: new tokens do not depend on each other."""
    logits = _filtered(model(ids).logits[:, -1], temperature, top_k, top_p)
    for _ in range(max_new_tokens):
        nxt = _draw(logits, generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def asserts_its_arguments(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Asserts top_k and top_p: 0 and 1.5 raise AssertionError in place of ValueError."""
    assert top_k is None or top_k >= 1
    assert top_p is None or 0 < top_p <= 1
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


def flat_ids(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Returns (T + n,) in place of (1, T + n)."""
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids.squeeze(0)


# ---------------------------------------------------------------- right
@torch.no_grad()
def list_of_steps(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Builds the list of filters once and never touches the model's mode."""
    _check(temperature, top_k, top_p)
    steps = [lambda x: _cool(x, temperature), lambda x: _top_k(x, top_k), lambda x: _top_p(x, top_p)]
    made = 0
    while made < max_new_tokens:
        scores = model(ids).logits[:, -1, :]
        for step in steps:
            scores = step(scores)
        nxt = _draw(scores, generator)
        ids = torch.cat((ids, nxt.to(ids.dtype)), dim=1)
        made += 1
        if eos_token_id is not None and nxt.item() == eos_token_id:
            made = max_new_tokens
    return ids


def gumbel_over_a_sorted_row(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Sorts the row, keeps a prefix for each filter, and draws by Gumbel noise in float64."""
    if not temperature > 0 or (top_k is not None and top_k < 1) or (top_p is not None and not 0 < top_p <= 1):
        raise ValueError("temperature > 0, top_k >= 1 and 0 < top_p <= 1 are asked")

    def next_id(row: Tensor) -> Tensor:
        ordered, order = (row.double() / temperature).sort(descending=True)
        if top_k is not None and top_k < len(ordered):
            ordered = ordered[: int((ordered >= ordered[top_k - 1]).sum())]
        if top_p is not None and top_p < 1:
            ordered = ordered[: int((ordered.softmax(0).cumsum(0) < top_p).sum()) + 1]
        noise = torch.rand(len(ordered), dtype=torch.float64, device=row.device, generator=generator)
        return order[(ordered - (-noise.log()).log()).argmax()]

    out = ids.clone()
    with torch.no_grad():
        for _ in range(max_new_tokens):
            token = next_id(model(out).logits[0, -1])
            out = torch.cat([out, token.view(1, 1)], dim=1)
            if eos_token_id is not None and int(token) == eos_token_id:
                return out
    return out


WRONG = (
    left_in_eval,
    left_in_train,
    eval_on_the_early_way_out,
    eval_after_a_bad_value,
    top_k_zero_is_off,
    top_p_outside_is_off,
    temperature_zero_is_greedy,
    small_temperature_is_greedy,
    temperature_limited_to_two,
    temperature_after_the_filters,
    top_p_before_top_k,
    filters_side_by_side,
    fifty_by_default,
    nucleus_by_default,
    top_k_drops_ties,
    dropped_to_minus_ten_thousand,
    generator_forgotten,
    same_random_number_each_step,
    seeds_the_global_generator,
    fixed_seed_without_generator,
    takes_the_best,
    eos_of_the_prompt_stops,
    eos_not_kept,
    eos_zero_is_none,
    padded_with_eos,
    only_the_new_tokens,
    length_counts_the_prompt,
    last_token_is_all_the_model_sees,
    repetition_punished,
    one_model_call_for_all,
    asserts_its_arguments,
    flat_ids,
)
RIGHT = (list_of_steps, gumbel_over_a_sorted_row)


def submodules_all_back_to_one_mode(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Restores by model.train(model.training): a submodule frozen in eval within a training model is set to train."""
    _check(temperature, top_k, top_p)
    was_training = model.training
    model.eval()
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    model.train(was_training)
    return ids


def filters_never_run_for_no_tokens(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Leaves the checks to the filters, which max_new_tokens = 0 never calls: temperature = -1 then raises nothing."""
    for _ in range(max_new_tokens):
        nxt = _draw(_filtered(model(ids).logits[:, -1], temperature, top_k, top_p), generator)
        ids = torch.cat([ids, nxt], dim=1)
        if eos_token_id is not None and int(nxt) == eos_token_id:
            break
    return ids


DOUBTFUL = (submodules_all_back_to_one_mode, filters_never_run_for_no_tokens)  # read "mode" and "raise" widely
