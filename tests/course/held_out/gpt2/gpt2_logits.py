"""Held-out corpus for gpt2_logits: wrong and unusual right solutions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from transformers import GPT2Config

Params = dict[str, Tensor]


class _Model:
    """A right one, in pieces; most of the wrong ones exchange one piece."""

    def __init__(self, params: Params, config: GPT2Config) -> None:
        self.params, self.config = params, config

    def get(self, name: str) -> Tensor:
        return self.params[f"transformer.{name}"]

    def check(self, t: int) -> None:
        if t > self.config.n_positions:
            raise ValueError(f"{t} tokens, but only {self.config.n_positions} positions")

    def embed(self, ids: Tensor) -> Tensor:
        return self.get("wte.weight")[ids] + self.get("wpe.weight")[: ids.shape[1]]

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

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return (q / math.sqrt(q.shape[-1])) @ k.mT

    def weights(self, scores: Tensor) -> Tensor:
        past = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        return torch.softmax(scores.masked_fill(~past, -math.inf), dim=-1)

    def attention(self, x: Tensor, layer: str) -> Tensor:
        q, k, v = self.heads(x, layer)
        out = self.weights(self.scores(q, k)) @ v
        return self.linear(out.transpose(1, 2).flatten(-2), f"{layer}.attn.c_proj")

    def mlp(self, x: Tensor, layer: str) -> Tensor:
        return self.linear(self.gelu(self.linear(x, f"{layer}.mlp.c_fc")), f"{layer}.mlp.c_proj")

    def block(self, x: Tensor, layer: str) -> Tensor:
        x = x + self.attention(self.norm(x, f"{layer}.ln_1"), layer)
        return x + self.mlp(self.norm(x, f"{layer}.ln_2"), layer)

    def layers(self) -> list[str]:
        return [f"h.{i}" for i in range(self.config.n_layer)]

    def head(self, x: Tensor) -> Tensor:
        weight = self.params["lm_head.weight"] if "lm_head.weight" in self.params else self.get("wte.weight")
        return x @ weight.mT

    def logits(self, ids: Tensor) -> Tensor:
        self.check(ids.shape[1])
        x = self.embed(ids)
        for layer in self.layers():
            x = self.block(x, layer)
        return self.head(self.norm(x, "ln_f"))


# ---------------------------------------------------------------- wrong


def exact_gelu(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """GELU with erf in place of the tanh form: 1e-4 off for ordinary weights, more for large ones."""

    class Variant(_Model):
        def gelu(self, x: Tensor) -> Tensor:
            return F.gelu(x)

    return Variant(params, config).logits(ids)


def epsilon_of_the_default(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """LayerNorm with 1e-5 whatever config.layer_norm_epsilon says: differs for 1e-3 or 0.1."""

    class Variant(_Model):
        def norm(self, x: Tensor, name: str) -> Tensor:
            return F.layer_norm(x, x.shape[-1:], self.get(f"{name}.weight"), self.get(f"{name}.bias"))

    return Variant(params, config).logits(ids)


def square_projection_transposed(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Multiplies by the transpose of every square matrix (attn.c_proj), as nn.Linear stores it: the shape fits, values differ."""

    class Variant(_Model):
        def linear(self, x: Tensor, name: str) -> Tensor:
            weight = self.get(f"{name}.weight")
            weight = weight.mT if weight.shape[0] == weight.shape[1] else weight
            return x @ weight + self.get(f"{name}.bias")

    return Variant(params, config).logits(ids)


def keys_before_queries(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Reads c_attn as k, q, v: differs for every T > 1."""

    class Variant(_Model):
        def heads(self, x: Tensor, layer: str) -> tuple[Tensor, ...]:
            k, q, v = super().heads(x, layer)
            return q, k, v

    return Variant(params, config).logits(ids)


def three_parts_in_each_head(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Reads c_attn as q, k, v of head 0, then of head 1 (GPT-NeoX): right for one head only."""

    class Variant(_Model):
        def heads(self, x: Tensor, layer: str) -> tuple[Tensor, ...]:
            parts = self.linear(x, f"{layer}.attn.c_attn").unflatten(-1, (self.config.n_head, 3, -1))
            return tuple(part.transpose(1, 2) for part in parts.unbind(-2))

    return Variant(params, config).logits(ids)


def without_final_norm(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Leaves out ln_f: differs for every input."""

    class Variant(_Model):
        def logits(self, ids: Tensor) -> Tensor:
            self.check(ids.shape[1])
            x = self.embed(ids)
            for layer in self.layers():
                x = self.block(x, layer)
            return self.head(x)

    return Variant(params, config).logits(ids)


def final_norm_without_weights(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Norms at the end without ln_f's weight and bias: right at initialisation, wrong for a trained model."""

    class Variant(_Model):
        def norm(self, x: Tensor, name: str) -> Tensor:
            if name == "ln_f":
                return F.layer_norm(x, x.shape[-1:], eps=self.config.layer_norm_epsilon)
            return super().norm(x, name)

    return Variant(params, config).logits(ids)


def length_not_checked(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Leaves a text that is too long to the position table: a RuntimeError or IndexError in place of ValueError for T > n_positions."""

    class Variant(_Model):
        def check(self, t: int) -> None:
            pass

    return Variant(params, config).logits(ids)


def limit_of_the_small_model(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Checks against 1024 in place of config.n_positions: no ValueError for 9 tokens in a model of 8 positions."""

    class Variant(_Model):
        def check(self, t: int) -> None:
            if t > 1024:
                raise ValueError("more than 1024 tokens")

    return Variant(params, config).logits(ids)


def full_context_refused(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Raises for T >= n_positions: a text that fills the context exactly is allowed."""

    class Variant(_Model):
        def check(self, t: int) -> None:
            if t >= self.config.n_positions:
                raise ValueError("too many tokens")

    return Variant(params, config).logits(ids)


def head_always_tied(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Uses wte for the head even where lm_head.weight differs (an untied model)."""

    class Variant(_Model):
        def head(self, x: Tensor) -> Tensor:
            return x @ self.get("wte.weight").mT

    return Variant(params, config).logits(ids)


def head_never_tied(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Asks for lm_head.weight always: KeyError where the state dict has none."""

    class Variant(_Model):
        def head(self, x: Tensor) -> Tensor:
            return F.linear(x, self.params["lm_head.weight"])

    return Variant(params, config).logits(ids)


def scaled_by_model_width(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Divides scores by sqrt(n_embd) in place of sqrt(n_embd / n_head): right for one head only."""

    class Variant(_Model):
        def scores(self, q: Tensor, k: Tensor) -> Tensor:
            return q @ k.mT / math.sqrt(self.config.n_embd)

    return Variant(params, config).logits(ids)


def scores_not_scaled(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Forgets the scale of the scores: differs for heads wider than 1."""

    class Variant(_Model):
        def scores(self, q: Tensor, k: Tensor) -> Tensor:
            return q @ k.mT

    return Variant(params, config).logits(ids)


def heads_of_sixty_four(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Takes 64 features a head, as all published sizes have: one head for n_embd below 128 whatever n_head says."""

    class Variant(_Model):
        def heads(self, x: Tensor, layer: str) -> tuple[Tensor, ...]:
            n_head = max(1, self.config.n_embd // 64)
            parts = self.linear(x, f"{layer}.attn.c_attn").chunk(3, dim=-1)
            return tuple(part.unflatten(-1, (n_head, -1)).transpose(1, 2) for part in parts)

    return Variant(params, config).logits(ids)


def layers_in_order_of_names(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Sorts layers as text: h.10 comes before h.2, so that only models of up to ten layers are right."""

    class Variant(_Model):
        def layers(self) -> list[str]:
            return sorted({".".join(name.split(".")[1:3]) for name in self.params if name.startswith("transformer.h.")})

    return Variant(params, config).logits(ids)


def one_layer_too_few(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Runs n_layer - 1 layers."""

    class Variant(_Model):
        def layers(self) -> list[str]:
            return super().layers()[:-1]

    return Variant(params, config).logits(ids)


def first_layer_repeated(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Runs the weights of layer 0 n_layer times: right for one layer only."""

    class Variant(_Model):
        def layers(self) -> list[str]:
            return ["h.0"] * self.config.n_layer

    return Variant(params, config).logits(ids)


def future_filled_with_ten_thousand(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Fills with -1e4, as the first GPT-2 code: where large weights make allowed scores of -1e5 the future wins."""

    class Variant(_Model):
        def weights(self, scores: Tensor) -> Tensor:
            past = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
            return torch.softmax(torch.where(past, scores, scores.new_tensor(-1e4)), dim=-1)

    return Variant(params, config).logits(ids)


def future_filled_with_a_billion(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Fills with -1e9: weights of 10,000 make allowed scores below that, and the future wins."""

    class Variant(_Model):
        def weights(self, scores: Tensor) -> Tensor:
            past = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
            return torch.softmax(scores.masked_fill(~past, -1e9), dim=-1)

    return Variant(params, config).logits(ids)


def future_visible(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """No causal mask: every position but the last differs."""

    class Variant(_Model):
        def weights(self, scores: Tensor) -> Tensor:
            return torch.softmax(scores, dim=-1)

    return Variant(params, config).logits(ids)


def softmax_over_queries(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Normalises over the queries (dim=-2): differs for every T > 1."""

    class Variant(_Model):
        def weights(self, scores: Tensor) -> Tensor:
            past = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
            return torch.softmax(scores.masked_fill(~past, -math.inf), dim=-2)

    return Variant(params, config).logits(ids)


def mask_without_device(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Builds the causal mask on the CPU whatever the parameters' device: fails on meta and on a GPU."""

    class Variant(_Model):
        def weights(self, scores: Tensor) -> Tensor:
            past = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
            return torch.softmax(scores.masked_fill(~past, -math.inf), dim=-1)

    return Variant(params, config).logits(ids)


def mask_from_the_state_dict(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Reads the mask from the buffer attn.bias of old checkpoints: KeyError, today's state dict has none."""

    class Variant(_Model):
        def attention(self, x: Tensor, layer: str) -> Tensor:
            q, k, v = self.heads(x, layer)
            t = x.shape[1]
            past = self.get(f"{layer}.attn.bias")[0, 0, :t, :t].bool()
            out = torch.softmax(self.scores(q, k).masked_fill(~past, -math.inf), dim=-1) @ v
            return self.linear(out.transpose(1, 2).flatten(-2), f"{layer}.attn.c_proj")

    return Variant(params, config).logits(ids)


def positions_from_one(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Counts positions from 1: every row differs, and a full context overruns the table."""

    class Variant(_Model):
        def embed(self, ids: Tensor) -> Tensor:
            places = torch.arange(1, ids.shape[1] + 1, device=ids.device)
            return self.get("wte.weight")[ids] + F.embedding(places, self.get("wpe.weight"))

    return Variant(params, config).logits(ids)


def without_positions(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Leaves out wpe: differs for every input."""

    class Variant(_Model):
        def embed(self, ids: Tensor) -> Tensor:
            return F.embedding(ids, self.get("wte.weight"))

    return Variant(params, config).logits(ids)


def embedding_scaled(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Multiplies the token vectors by sqrt(n_embd), as the first transformer did."""

    class Variant(_Model):
        def embed(self, ids: Tensor) -> Tensor:
            return self.get("wte.weight")[ids] * math.sqrt(self.config.n_embd) + self.get("wpe.weight")[: ids.shape[1]]

    return Variant(params, config).logits(ids)


def post_norm(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Norms after the residual sums, as GPT-1: differs for every input."""

    class Variant(_Model):
        def block(self, x: Tensor, layer: str) -> Tensor:
            x = self.norm(x + self.attention(x, layer), f"{layer}.ln_1")
            return self.norm(x + self.mlp(x, layer), f"{layer}.ln_2")

    return Variant(params, config).logits(ids)


def residual_of_the_normed(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Adds the normed x in place of x in both residual sums."""

    class Variant(_Model):
        def block(self, x: Tensor, layer: str) -> Tensor:
            x = self.norm(x, f"{layer}.ln_1")
            x = x + self.attention(x, layer)
            x = self.norm(x, f"{layer}.ln_2")
            return x + self.mlp(x, layer)

    return Variant(params, config).logits(ids)


def branches_in_parallel(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Attention and MLP both read the block's input: differs for every input."""

    class Variant(_Model):
        def block(self, x: Tensor, layer: str) -> Tensor:
            return (
                x
                + self.attention(self.norm(x, f"{layer}.ln_1"), layer)
                + self.mlp(self.norm(x, f"{layer}.ln_2"), layer)
            )

    return Variant(params, config).logits(ids)


def attention_without_biases(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Leaves out the biases of attention, zero at initialisation: wrong for a trained model."""

    class Variant(_Model):
        def linear(self, x: Tensor, name: str) -> Tensor:
            y = x @ self.get(f"{name}.weight")
            return y if ".attn." in name else y + self.get(f"{name}.bias")

    return Variant(params, config).logits(ids)


def dropout_left_on(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Calls F.dropout(x, config.resid_pdrop), whose default is training: random, and the global generator moves."""

    class Variant(_Model):
        def embed(self, ids: Tensor) -> Tensor:
            return F.dropout(super().embed(ids), self.config.embd_pdrop)

    return Variant(params, config).logits(ids)


def single_precision(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Runs in float32 whatever the parameters' dtype: a float64 model loses digits and its dtype."""

    class Variant(_Model):
        def get(self, name: str) -> Tensor:
            return super().get(name).float()

        def head(self, x: Tensor) -> Tensor:
            weight = self.params["lm_head.weight"] if "lm_head.weight" in self.params else self.get("wte.weight")
            return x @ weight.float().mT

    return Variant(params, config).logits(ids)


def library_model_in_training_mode(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Builds Hugging Face's model and forgets eval(): dropout is on, the generator moves, float64 becomes float32, meta fails."""
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel(config)
    model.load_state_dict(params, strict=False)
    with torch.no_grad():
        if ids.shape[1] > config.n_positions:
            raise ValueError("too many tokens")
        return model(ids).logits


def library_model_on_the_processor(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Loads Hugging Face's model and runs it in eval mode, but where it was made: right on the CPU, fails on meta and on a GPU."""
    from transformers import GPT2LMHeadModel

    if ids.shape[1] > config.n_positions:
        raise ValueError(f"at most {config.n_positions} tokens")
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        model = GPT2LMHeadModel(config).to(params["transformer.wte.weight"].dtype).eval()
        model.load_state_dict(params, strict=False)
        return model(ids).logits


def head_written_into_the_parameters(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """params.setdefault('lm_head.weight', wte): the caller's dict has a new entry afterwards."""
    params.setdefault("lm_head.weight", params["transformer.wte.weight"])
    return _Model(params, config).logits(ids)


def head_taken_out_of_the_parameters(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """params.pop('lm_head.weight', wte): the caller's dict loses its head, a second call is wrong for an untied model."""
    head = params.pop("lm_head.weight", params["transformer.wte.weight"])
    return _Model({**params, "lm_head.weight": head}, config).logits(ids)


def last_position_only(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Returns the logits of the last position, (B, V), which generating needs, in place of (B, T, V)."""
    return _Model(params, config).logits(ids)[:, -1]


def log_probabilities(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Returns log_softmax of the logits: every row is shifted."""
    return torch.log_softmax(_Model(params, config).logits(ids), dim=-1)


def batch_of_one_squeezed(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Returns (T, V) for a batch of one; also (B, V) for T = 1."""
    return _Model(params, config).logits(ids).squeeze()


def first_sequence_for_all(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Runs the first sequence of the batch and repeats it: right for B = 1 or equal rows."""
    return _Model(params, config).logits(ids[:1]).expand(ids.shape[0], -1, -1)


# ---------------------------------------------------------------- right


def with_torch_attention_and_linear(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Right: F.linear with transposed matrices and torch's own attention, which this assignment does not forbid."""
    if ids.size(1) > config.n_positions:
        raise ValueError("text longer than the context")

    def linear(x: Tensor, name: str) -> Tensor:
        return F.linear(x, params[name + ".weight"].T, params[name + ".bias"])

    def norm(x: Tensor, name: str) -> Tensor:
        return F.layer_norm(
            x, (config.n_embd,), params[name + ".weight"], params[name + ".bias"], config.layer_norm_epsilon
        )

    places = torch.arange(ids.size(1), device=ids.device)
    x = F.embedding(ids, params["transformer.wte.weight"]) + F.embedding(places, params["transformer.wpe.weight"])
    for i in range(config.n_layer):
        at = f"transformer.h.{i}."
        qkv = linear(norm(x, at + "ln_1"), at + "attn.c_attn").unflatten(-1, (3, config.n_head, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(y.transpose(1, 2).flatten(2), at + "attn.c_proj")
        x = x + linear(F.gelu(linear(norm(x, at + "ln_2"), at + "mlp.c_fc"), approximate="tanh"), at + "mlp.c_proj")
    return F.linear(norm(x, "transformer.ln_f"), params.get("lm_head.weight", params["transformer.wte.weight"]))


@torch.no_grad()
def head_after_head(ids: Tensor, params: Params, config: GPT2Config) -> Tensor:
    """Right: a loop over heads, each writing into the residual stream by its own rows of c_proj (loops are free here)."""
    t, width = ids.shape[1], config.n_embd // config.n_head
    if t > config.n_positions:
        raise ValueError(f"at most {config.n_positions} tokens")
    wte = params["transformer.wte.weight"]

    def norm(x: Tensor, name: str) -> Tensor:
        y = x - x.mean(-1, keepdim=True)
        y = y / (y.square().mean(-1, keepdim=True) + config.layer_norm_epsilon).sqrt()
        return torch.addcmul(params[f"{name}.bias"], y, params[f"{name}.weight"])

    hidden = torch.full((t, t), -math.inf, dtype=wte.dtype, device=wte.device).triu(1)
    stream = wte.index_select(0, ids.flatten()).unflatten(0, ids.shape) + params["transformer.wpe.weight"][:t]
    for i in range(config.n_layer):
        at = f"transformer.h.{i}"
        read = norm(stream, f"{at}.ln_1")
        w, b = params[f"{at}.attn.c_attn.weight"], params[f"{at}.attn.c_attn.bias"]
        out = params[f"{at}.attn.c_proj.bias"].expand_as(stream)
        for j in range(config.n_head):
            q, k, v = (
                read @ w[:, part + j * width : part + (j + 1) * width] + b[part + j * width : part + (j + 1) * width]
                for part in (0, config.n_embd, 2 * config.n_embd)
            )
            weights = (q @ k.mT / width**0.5 + hidden).softmax(-1)
            out = out + weights @ v @ params[f"{at}.attn.c_proj.weight"][j * width : (j + 1) * width]
        stream = stream + out
        u = norm(stream, f"{at}.ln_2") @ params[f"{at}.mlp.c_fc.weight"] + params[f"{at}.mlp.c_fc.bias"]
        u = u * torch.sigmoid(math.sqrt(8 / math.pi) * (u + 0.044715 * u * u * u))
        stream = stream + u @ params[f"{at}.mlp.c_proj.weight"] + params[f"{at}.mlp.c_proj.bias"]
    return torch.einsum("btd,vd->btv", norm(stream, "transformer.ln_f"), params.get("lm_head.weight", wte))


WRONG = (
    exact_gelu,
    epsilon_of_the_default,
    square_projection_transposed,
    keys_before_queries,
    three_parts_in_each_head,
    without_final_norm,
    final_norm_without_weights,
    length_not_checked,
    limit_of_the_small_model,
    full_context_refused,
    head_always_tied,
    head_never_tied,
    scaled_by_model_width,
    scores_not_scaled,
    heads_of_sixty_four,
    layers_in_order_of_names,
    one_layer_too_few,
    first_layer_repeated,
    future_filled_with_ten_thousand,
    future_filled_with_a_billion,
    future_visible,
    softmax_over_queries,
    mask_without_device,
    mask_from_the_state_dict,
    positions_from_one,
    without_positions,
    embedding_scaled,
    post_norm,
    residual_of_the_normed,
    branches_in_parallel,
    attention_without_biases,
    dropout_left_on,
    single_precision,
    library_model_in_training_mode,
    library_model_on_the_processor,
    head_written_into_the_parameters,
    head_taken_out_of_the_parameters,
    last_position_only,
    log_probabilities,
    batch_of_one_squeezed,
    first_sequence_for_all,
)
RIGHT = (with_torch_attention_and_linear, head_after_head)
