"""Held-out corpus for decode_step: wrong and unusual right solutions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from transformers import GPT2Config

Params = dict[str, Tensor]
Cache = Any


class _Decoder:
    """A right one, in pieces; most of the wrong ones exchange one piece. Cache: a list of (k, v), one for each layer."""

    def __init__(self, params: Params, config: GPT2Config) -> None:
        self.params, self.config = params, config

    def get(self, name: str) -> Tensor:
        return self.params[f"transformer.{name}"]

    def length(self, cache: Cache | None) -> int:
        return 0 if cache is None else cache[0][0].shape[-2]

    def check(self, past: int, new: int) -> None:
        if past + new > self.config.n_positions:
            raise ValueError(f"{past} + {new} tokens, but only {self.config.n_positions} positions")

    def start(self, past: int) -> int:
        """The first new token's position."""
        return past

    def embed(self, ids: Tensor, past: int) -> Tensor:
        start = self.start(past)
        return self.get("wte.weight")[ids] + self.get("wpe.weight")[start : start + ids.shape[1]]

    def norm(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self.get(f"{name}.weight"), self.get(f"{name}.bias")
        return F.layer_norm(x, x.shape[-1:], weight, bias, self.config.layer_norm_epsilon)

    def linear(self, x: Tensor, name: str) -> Tensor:
        return x @ self.get(f"{name}.weight") + self.get(f"{name}.bias")

    def gelu(self, x: Tensor) -> Tensor:
        return F.gelu(x, approximate="tanh")

    def heads(self, x: Tensor, layer: str) -> tuple[Tensor, ...]:
        parts = self.linear(x, f"{layer}.attn.c_attn").chunk(3, dim=-1)
        return tuple(part.unflatten(-1, (self.config.n_head, -1)).transpose(1, 2) for part in parts)

    def grow(self, old: tuple[Tensor, Tensor] | None, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        return (k, v) if old is None else (torch.cat((old[0], k), dim=-2), torch.cat((old[1], v), dim=-2))

    def allowed(self, n: int, total: int, device: torch.device) -> Tensor:
        return torch.ones(n, total, dtype=torch.bool, device=device).tril(total - n)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = (q / math.sqrt(q.shape[-1])) @ k.mT
        scores = scores.masked_fill(~self.allowed(q.shape[-2], k.shape[-2], q.device), -math.inf)
        return torch.softmax(scores, dim=-1) @ v

    def mlp(self, x: Tensor, layer: str) -> Tensor:
        return self.linear(self.gelu(self.linear(x, f"{layer}.mlp.c_fc")), f"{layer}.mlp.c_proj")

    def head(self, x: Tensor) -> Tensor:
        weight = self.params["lm_head.weight"] if "lm_head.weight" in self.params else self.get("wte.weight")
        return x @ weight.mT

    def step(self, ids: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
        past = self.length(cache)
        self.check(past, ids.shape[1])
        x, grown = self.embed(ids, past), []
        for i in range(self.config.n_layer):
            layer = f"h.{i}"
            q, k, v = self.heads(self.norm(x, f"{layer}.ln_1"), layer)
            k, v = self.grow(None if cache is None else cache[i], k, v)
            grown.append((k, v))
            x = x + self.linear(self.attend(q, k, v).transpose(1, 2).flatten(-2), f"{layer}.attn.c_proj")
            x = x + self.mlp(self.norm(x, f"{layer}.ln_2"), layer)
        return self.head(self.norm(x[:, -1], "ln_f")), grown


# ---------------------------------------------------------------- wrong


def positions_start_again(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Gives new tokens the positions 0, 1, ... at each step: wrong from the second step on."""

    class Variant(_Decoder):
        def start(self, past: int) -> int:
            return 0

    return Variant(params, config).step(ids, cache)


def positions_one_ahead(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Continues at past + 1: every step with a cache is one position off, the last one overruns the table."""

    class Variant(_Decoder):
        def start(self, past: int) -> int:
            return past + 1 if past else 0

    return Variant(params, config).step(ids, cache)


def positions_one_behind(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Continues at past - 1, the position of the last cached token: wrong with a cache."""

    class Variant(_Decoder):
        def start(self, past: int) -> int:
            return max(0, past - 1)

    return Variant(params, config).step(ids, cache)


def no_mask_with_a_cache(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Masks the prompt only: several new tokens with a cache see each other's future (n = 1 is right)."""

    class Variant(_Decoder):
        def allowed(self, n: int, total: int, device: torch.device) -> Tensor:
            mask = super().allowed(n, total, device)
            return mask if n == total else torch.ones_like(mask)

    return Variant(params, config).step(ids, cache)


def no_mask_at_all(ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None) -> tuple[Tensor, Cache]:
    """Takes every step for one token: a prompt of several sees its own future, in layer 2 the last position does too."""

    class Variant(_Decoder):
        def allowed(self, n: int, total: int, device: torch.device) -> Tensor:
            return torch.ones(n, total, dtype=torch.bool, device=device)

    return Variant(params, config).step(ids, cache)


def mask_aligned_to_the_first_key(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Triangle without the offset: with a cache the new tokens see its first entries only."""

    class Variant(_Decoder):
        def allowed(self, n: int, total: int, device: torch.device) -> Tensor:
            return torch.ones(n, total, dtype=torch.bool, device=device).tril()

    return Variant(params, config).step(ids, cache)


def new_entries_in_front(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Puts new keys and values in front of the old ones: one token is right, for several the mask falls on the wrong ones."""

    class Variant(_Decoder):
        def grow(self, old: tuple[Tensor, Tensor] | None, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
            return (k, v) if old is None else (torch.cat((k, old[0]), dim=-2), torch.cat((v, old[1]), dim=-2))

    return Variant(params, config).step(ids, cache)


def length_never_checked(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """No ValueError beyond n_positions: torch's own error about shapes in its place."""

    class Variant(_Decoder):
        def check(self, past: int, new: int) -> None:
            pass

    return Variant(params, config).step(ids, cache)


def only_new_tokens_checked(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Checks the new tokens alone: no ValueError where the cache is full and one more comes."""

    class Variant(_Decoder):
        def check(self, past: int, new: int) -> None:
            if new > self.config.n_positions:
                raise ValueError("too many tokens")

    return Variant(params, config).step(ids, cache)


def last_position_refused(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Raises already where cache and new tokens fill n_positions exactly."""

    class Variant(_Decoder):
        def check(self, past: int, new: int) -> None:
            if past + new >= self.config.n_positions:
                raise ValueError("the context is full")

    return Variant(params, config).step(ids, cache)


def head_always_tied(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Uses wte for the head even where lm_head.weight differs."""

    class Variant(_Decoder):
        def head(self, x: Tensor) -> Tensor:
            return x @ self.get("wte.weight").mT

    return Variant(params, config).step(ids, cache)


def head_never_tied(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Asks for lm_head.weight always: KeyError where there is none."""

    class Variant(_Decoder):
        def head(self, x: Tensor) -> Tensor:
            return x @ self.params["lm_head.weight"].mT

    return Variant(params, config).step(ids, cache)


def cache_in_half_precision(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Keeps keys and values in float16 to save memory: logits of later steps are off by 1e-3."""

    class Variant(_Decoder):
        def grow(self, old: tuple[Tensor, Tensor] | None, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
            k, v = k.half(), v.half()
            return super().grow(old, k, v)

        def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return super().attend(q, k.to(q.dtype), v.to(q.dtype))

    return Variant(params, config).step(ids, cache)


def cache_in_single_precision(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Keeps keys and values in float32: a float64 model gets 7 right digits."""

    class Variant(_Decoder):
        def grow(self, old: tuple[Tensor, Tensor] | None, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
            return super().grow(old, k.float(), v.float())

        def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return super().attend(q, k.to(q.dtype), v.to(q.dtype))

    return Variant(params, config).step(ids, cache)


def recent_tokens_only(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Attends to the last 8 keys only: right up to 8 tokens."""

    class Variant(_Decoder):
        def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            if q.shape[-2] == 1:
                k, v = k[..., -8:, :], v[..., -8:, :]
            return super().attend(q, k, v)

    return Variant(params, config).step(ids, cache)


def oldest_entry_dropped(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Drops the oldest entries where the context is full and goes on, in place of ValueError."""

    class Variant(_Decoder):
        def check(self, past: int, new: int) -> None:
            pass

        def start(self, past: int) -> int:
            return min(past, self.config.n_positions - 1)

        def grow(self, old: tuple[Tensor, Tensor] | None, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
            k, v = super().grow(old, k, v)
            return k[..., -self.config.n_positions :, :], v[..., -self.config.n_positions :, :]

    return Variant(params, config).step(ids, cache)


def exact_gelu(ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None) -> tuple[Tensor, Cache]:
    """GELU with erf in place of the tanh form: 1e-4 off."""

    class Variant(_Decoder):
        def gelu(self, x: Tensor) -> Tensor:
            return F.gelu(x)

    return Variant(params, config).step(ids, cache)


def epsilon_of_the_default(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """LayerNorm with 1e-5 whatever the config says: differs for 1e-3."""

    class Variant(_Decoder):
        def norm(self, x: Tensor, name: str) -> Tensor:
            return F.layer_norm(x, x.shape[-1:], self.get(f"{name}.weight"), self.get(f"{name}.bias"))

    return Variant(params, config).step(ids, cache)


def future_filled_with_ten_thousand(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Fills with -1e4: where large weights make allowed scores of -1e5 the future wins."""

    class Variant(_Decoder):
        def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            scores = (q / math.sqrt(q.shape[-1])) @ k.mT
            scores = scores.masked_fill(~self.allowed(q.shape[-2], k.shape[-2], q.device), -1e4)
            return torch.softmax(scores, dim=-1) @ v

    return Variant(params, config).step(ids, cache)


def mask_without_device(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Builds the mask on the CPU whatever the parameters' device: fails on meta and on a GPU."""

    class Variant(_Decoder):
        def allowed(self, n: int, total: int, device: torch.device) -> Tensor:
            return torch.ones(n, total, dtype=torch.bool).tril(total - n)

    return Variant(params, config).step(ids, cache)


def cache_of_the_prompt_only(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Returns the old cache where there is one: the tokens made since the prompt are forgotten."""
    logits, grown = _Decoder(params, config).step(ids, cache)
    return logits, grown if cache is None else cache


def last_new_token_only(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """With a cache runs the last of the new tokens alone: right for n = 1, the others of a longer piece are lost."""
    return _Decoder(params, config).step(ids if cache is None else ids[:, -1:], cache)


def everything_again(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Keeps the ids and runs the whole text at each step: right logits, but a step costs as much as all tokens so far."""
    if cache is not None:
        ids = torch.cat((cache, ids), dim=1)
    return _Decoder(params, config).step(ids, None)[0], ids


def previous_token_again(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Runs the last cached token once more beside each new one: right logits, twice the cost."""
    model = _Decoder(params, config)
    if cache is None:
        logits, layers = model.step(ids, None)
    else:
        last, layers = cache
        past = layers[0][0].shape[-2] - 1
        model.check(past + 1, ids.shape[1])
        shorter = [(k[..., :past, :], v[..., :past, :]) for k, v in layers] if past else None
        logits, layers = model.step(torch.cat((last, ids), dim=1), shorter)
    return logits, (ids[:, -1:], layers)


def hidden_states_cached(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Caches the normed inputs of each layer and projects all of them again: right logits, cost grows with the cache."""
    model = _Decoder(params, config)
    past = 0 if cache is None else cache[0].shape[1]
    model.check(past, ids.shape[1])
    x, states = model.embed(ids, past), []
    for i in range(config.n_layer):
        here = model.norm(x, f"h.{i}.ln_1")
        states.append(here if cache is None else torch.cat((cache[i], here), dim=1))
        q, k, v = model.heads(states[-1], f"h.{i}")
        out = model.attend(q[..., past:, :], k, v).transpose(1, 2).flatten(-2)
        x = x + model.linear(out, f"h.{i}.attn.c_proj")
        x = x + model.mlp(model.norm(x, f"h.{i}.ln_2"), f"h.{i}")
    return model.head(model.norm(x[:, -1], "ln_f")), states


def queries_cached_too(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Caches the queries and computes the whole attention matrix at each step: right logits, quadratic cost in the cache."""
    model = _Decoder(params, config)
    past = 0 if cache is None else cache[0][0].shape[-2]
    model.check(past, ids.shape[1])
    x, grown = model.embed(ids, past), []
    for i in range(config.n_layer):
        new = model.heads(model.norm(x, f"h.{i}.ln_1"), f"h.{i}")
        if cache is not None:
            new = tuple(torch.cat((old, here), dim=-2) for old, here in zip(cache[i], new))
        grown.append(new)
        out = model.attend(*new)[..., past:, :].transpose(1, 2).flatten(-2)
        x = x + model.linear(out, f"h.{i}.attn.c_proj")
        x = x + model.mlp(model.norm(x, f"h.{i}.ln_2"), f"h.{i}")
    return model.head(model.norm(x[:, -1], "ln_f")), grown


def one_position_kept(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Returns (B, 1, V) in place of (B, V)."""
    logits, cache = _Decoder(params, config).step(ids, cache)
    return logits.unsqueeze(1), cache


def all_new_positions(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Returns the logits of all new tokens, (B, n, V), in place of the last one's."""

    class Variant(_Decoder):
        def step(self, ids: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
            rows = []
            for j in range(ids.shape[1]):
                row, cache = super().step(ids[:, j : j + 1], cache)
                rows.append(row)
            return torch.stack(rows, dim=1), cache

    return Variant(params, config).step(ids, cache)


def log_probabilities(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Returns log_softmax of the logits."""
    logits, cache = _Decoder(params, config).step(ids, cache)
    return torch.log_softmax(logits, dim=-1), cache


def batch_of_one_squeezed(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Returns (V,) for a batch of one."""
    logits, cache = _Decoder(params, config).step(ids, cache)
    return logits.squeeze(), cache


def head_written_into_the_parameters(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """params.setdefault('lm_head.weight', wte): the caller's dict has a new entry afterwards."""
    params.setdefault("lm_head.weight", params["transformer.wte.weight"])
    return _Decoder(params, config).step(ids, cache)


def one_list_for_all_layers(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Keeps one shared entry for all layers: layer 2 attends to layer 1's keys too, right for one layer."""
    model = _Decoder(params, config)
    past = 0 if cache is None else cache["length"]
    model.check(past, ids.shape[1])
    x, entry = model.embed(ids, past), None if cache is None else cache["entry"]
    for i in range(config.n_layer):
        q, k, v = model.heads(model.norm(x, f"h.{i}.ln_1"), f"h.{i}")
        entry = model.grow(entry, k, v)
        out = model.attend(q, *entry).transpose(1, 2).flatten(-2)
        x = x + model.linear(out, f"h.{i}.attn.c_proj")
        x = x + model.mlp(model.norm(x, f"h.{i}.ln_2"), f"h.{i}")
    return model.head(model.norm(x[:, -1], "ln_f")), {"length": past + ids.shape[1], "entry": entry}


def length_as_tensor(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Keeps the length as a tensor and reads it with .item(): fails on meta."""
    past = 0 if cache is None else int(cache["length"].item())
    layers = None if cache is None else cache["layers"]
    model = _Decoder(params, config)
    model.check(past, ids.shape[1])
    logits, layers = model.step(ids, layers)
    length = torch.tensor(past + ids.shape[1], device=ids.device)
    return logits, {"length": length, "layers": layers}


_MEMORY: dict[str, Any] = {}


def one_conversation_at_a_time(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Keeps the keys in a module-level variable and returns True for a cache: a second text, begun meanwhile, replaces the first."""
    layers = None if cache is None else _MEMORY["layers"]
    logits, _MEMORY["layers"] = _Decoder(params, config).step(ids, layers)
    return logits, True


def first_sequence_cached(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Caches the first sequence of the batch and expands it: right for B = 1 or equal rows."""
    if cache is not None:
        cache = [tuple(part.expand(ids.shape[0], -1, -1, -1) for part in entry) for entry in cache]
    logits, cache = _Decoder(params, config).step(ids, cache)
    return logits, [(k[:1], v[:1]) for k, v in cache]


# ---------------------------------------------------------------- right


class _Buffer:
    """Keys and values of one layer in memory reserved for all positions, filled in place."""

    def __init__(self, like: Tensor, positions: int) -> None:
        b, h, _, d = like.shape
        self.memory = like.new_empty(2, b, h, positions, d)
        self.length = 0

    def add(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        end = self.length + k.shape[-2]
        self.memory[0, :, :, self.length : end] = k
        self.memory[1, :, :, self.length : end] = v
        self.length = end
        return self.memory[0, :, :, :end], self.memory[1, :, :, :end]


@torch.no_grad()
def reserved_memory(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Right: memory for n_positions reserved once, written in place, only the filled part is read."""
    model, new = _Decoder(params, config), ids.shape[1]
    past = cache[0].length if cache else 0
    if past + new > config.n_positions:
        raise ValueError("the context is full")
    x, buffers = model.embed(ids, past), cache or []
    for i in range(config.n_layer):
        q, k, v = model.heads(model.norm(x, f"h.{i}.ln_1"), f"h.{i}")
        if len(buffers) == i:
            buffers.append(_Buffer(k, config.n_positions))
        k, v = buffers[i].add(k, v)
        x = x + model.linear(model.attend(q, k, v).transpose(1, 2).flatten(2), f"h.{i}.attn.c_proj")
        x = x + model.mlp(model.norm(x, f"h.{i}.ln_2"), f"h.{i}")
    return model.head(model.norm(x.select(1, new - 1), "ln_f")), buffers


def token_after_token(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Right: feeds the new tokens one by one, so that no mask is needed at all; one tensor holds the cache of all layers."""
    model = _Decoder(params, config)
    past = 0 if cache is None else cache.size(-2)
    if past + ids.size(1) > config.n_positions:
        raise ValueError(f"{past + ids.size(1)} tokens exceed {config.n_positions} positions")
    logits = None
    for j in range(ids.size(1)):
        x = params["transformer.wte.weight"][ids[:, j]] + params["transformer.wpe.weight"][past + j]
        layers = []
        for i in range(config.n_layer):
            qkv = model.linear(model.norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn")
            q, k, v = qkv.view(qkv.size(0), 3, config.n_head, 1, -1).unbind(1)
            kv = torch.stack((k, v))
            if cache is not None:
                kv = torch.cat((cache[i], kv), dim=-2)
            layers.append(kv)
            weights = (q.mul(q.size(-1) ** -0.5) @ kv[0].mT).softmax(-1)
            x = x + model.linear((weights @ kv[1]).flatten(1), f"h.{i}.attn.c_proj")
            x = x + model.mlp(model.norm(x, f"h.{i}.ln_2"), f"h.{i}")
        cache = torch.stack(layers)
        logits = model.head(model.norm(x, "ln_f"))
    return logits, cache


def prefix_dictionary(
    ids: Tensor, params: Params, config: GPT2Config, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """Right: a dictionary from names to transposed keys and values, lists of pieces joined when read."""
    model = _Decoder(params, config)
    cache = {"length": 0} if cache is None else dict(cache)
    past, n = cache["length"], ids.shape[1]
    if past + n > config.n_positions:
        raise ValueError("beyond the last position")
    x = model.embed(ids, past)
    key_at = torch.arange(past + n, device=ids.device)
    future = key_at[past:].unsqueeze(1) < key_at.unsqueeze(0)
    for i in range(config.n_layer):
        q, k, v = model.heads(model.norm(x, f"h.{i}.ln_1"), f"h.{i}")
        cache[f"k{i}"] = [*cache.get(f"k{i}", []), k.mT]
        cache[f"v{i}"] = [*cache.get(f"v{i}", []), v]
        scores = q @ torch.cat(cache[f"k{i}"], dim=-1) / q.shape[-1] ** 0.5
        weights = torch.where(future, torch.finfo(scores.dtype).min, scores).softmax(-1)
        out = torch.einsum("bhqk,bhkd->bqhd", weights, torch.cat(cache[f"v{i}"], dim=-2)).flatten(-2)
        x = x + model.linear(out, f"h.{i}.attn.c_proj")
        x = x + model.mlp(model.norm(x, f"h.{i}.ln_2"), f"h.{i}")
    cache["length"] = past + n
    return model.head(model.norm(x[:, -1:], "ln_f"))[:, 0], cache


WRONG = (
    positions_start_again,
    positions_one_ahead,
    positions_one_behind,
    no_mask_with_a_cache,
    no_mask_at_all,
    mask_aligned_to_the_first_key,
    new_entries_in_front,
    length_never_checked,
    only_new_tokens_checked,
    last_position_refused,
    head_always_tied,
    head_never_tied,
    cache_in_half_precision,
    cache_in_single_precision,
    recent_tokens_only,
    oldest_entry_dropped,
    exact_gelu,
    epsilon_of_the_default,
    future_filled_with_ten_thousand,
    mask_without_device,
    cache_of_the_prompt_only,
    last_new_token_only,
    everything_again,
    previous_token_again,
    hidden_states_cached,
    queries_cached_too,
    one_position_kept,
    all_new_positions,
    log_probabilities,
    batch_of_one_squeezed,
    head_written_into_the_parameters,
    one_list_for_all_layers,
    length_as_tensor,
    one_conversation_at_a_time,
    first_sequence_cached,
)
RIGHT = (reserved_memory, token_after_token, prefix_dictionary)
