"""Known wrong ways to write gpt2_logits; each must fail, and be named by its behaviour."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception

from .._steps import Attention, Norm, Params, Step, block, check_length, forward, mlp, norm
from .wrong_attention import TEXTS as ATTENTION_TEXTS
from .wrong_attention import mask_on_the_cpu

# ---- embeddings and norms -------------------------------------------------------------------------------------


def no_positions(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, embed=tokens_only)


def tokens_only(ids: Tensor, params: Params) -> Tensor:
    return params["transformer.wte.weight"][ids]


def positions_from_one(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, embed=one_position_on)


def one_position_on(ids: Tensor, params: Params) -> Tensor:
    return params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][1 : ids.shape[1] + 1]


def positions_looked_up_from_one(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, embed=one_place_on)


def one_place_on(ids: Tensor, params: Params) -> Tensor:
    places = torch.arange(ids.shape[1], device=ids.device) + 1
    return F.embedding(ids, params["transformer.wte.weight"]) + F.embedding(places, params["transformer.wpe.weight"])


def embeddings_scaled(ids: Tensor, params: Params, config: Any) -> Tensor:
    wte = params["transformer.wte.weight"]
    scaled = params | {"transformer.wte.weight": wte * config.n_embd**0.5, "lm_head.weight": head_weight(params)}
    return forward(ids, scaled, config)


def head_weight(params: Params) -> Tensor:
    return params.get("lm_head.weight", params["transformer.wte.weight"])


def positions_by_token(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, embed=both_by_token)


def both_by_token(ids: Tensor, params: Params) -> Tensor:
    wpe = params["transformer.wpe.weight"]
    return params["transformer.wte.weight"][ids] + wpe[ids % wpe.shape[0]]


def epsilon_fixed(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, norm=norm_with_fixed_epsilon)


def norm_with_fixed_epsilon(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], params[name + ".weight"], params[name + ".bias"])


def epsilon_outside_the_root(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, norm=norm_by_spread)


def norm_by_spread(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    spread: Tensor = x.std(-1, correction=0, keepdim=True) + config.layer_norm_epsilon
    return (x - x.mean(dim=-1, keepdim=True)) / spread * params[name + ".weight"] + params[name + ".bias"]


def unbiased_variance(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, norm=norm_unbiased)


def norm_unbiased(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    spread = torch.sqrt(x.var(-1, keepdim=True) + config.layer_norm_epsilon)
    return (x - x.mean(dim=-1, keepdim=True)) / spread * params[name + ".weight"] + params[name + ".bias"]


def norms_without_weights(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, norm=bare_norm)


def bare_norm(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=config.layer_norm_epsilon)


def no_final_norm(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, norm=norm_of_blocks)


def norm_of_blocks(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    return x if name.endswith("ln_f") else norm(x, params, name, config)


def bare_final_norm(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, norm=norm_bare_at_the_end)


def norm_bare_at_the_end(x: Tensor, params: Params, name: str, config: Any) -> Tensor:
    return (bare_norm if name.endswith("ln_f") else norm)(x, params, name, config)


# ---- blocks ---------------------------------------------------------------------------------------------------


def exact_gelu(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, act=F.gelu)


def relu(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, act=torch.relu)


def no_residual(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, block=block_without_residual)


def block_without_residual(
    x: Tensor, params: Params, name: str, config: Any, norm: Norm, attention: Attention, act: Step
) -> Tensor:
    x = attention(norm(x, params, name + ".ln_1", config), params, name + ".attn", config)
    return mlp(norm(x, params, name + ".ln_2", config), params, name + ".mlp", act)


def residual_of_the_normed(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, block=block_on_the_normed)


def block_on_the_normed(
    x: Tensor, params: Params, name: str, config: Any, norm: Norm, attention: Attention, act: Step
) -> Tensor:
    x = norm(x, params, name + ".ln_1", config)
    x = x + attention(x, params, name + ".attn", config)
    x = norm(x, params, name + ".ln_2", config)
    return x + mlp(x, params, name + ".mlp", act)


def post_norm(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, block=block_normed_after)


def block_normed_after(
    x: Tensor, params: Params, name: str, config: Any, norm: Norm, attention: Attention, act: Step
) -> Tensor:
    x = norm(x + attention(x, params, name + ".attn", config), params, name + ".ln_1", config)
    return norm(x + mlp(x, params, name + ".mlp", act), params, name + ".ln_2", config)


def side_by_side(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, block=block_in_parallel)


def block_in_parallel(
    x: Tensor, params: Params, name: str, config: Any, norm: Norm, attention: Attention, act: Step
) -> Tensor:
    seen = attention(norm(x, params, name + ".ln_1", config), params, name + ".attn", config)
    return x + seen + mlp(norm(x, params, name + ".ln_2", config), params, name + ".mlp", act)


def first_block_only(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, block=block_zero)


def block_zero(
    x: Tensor, params: Params, name: str, config: Any, norm: Norm, attention: Attention, act: Step
) -> Tensor:
    return block(x, params, "transformer.h.0", config, norm, attention, act)


# ---- head and manners -----------------------------------------------------------------------------------------


def last_block_left_out(ids: Tensor, params: Params, config: Any) -> Tensor:
    check_length(ids.shape[1], config)
    return forward(ids, params, with_numbers(config, n_layer=config.n_layer - 1))


def with_numbers(config: Any, **numbers: float) -> Any:
    """The numbers of `config` that a forward pass reads, some of them exchanged."""
    names = ("n_layer", "n_head", "n_embd", "n_positions", "layer_norm_epsilon")
    return SimpleNamespace(**{name: getattr(config, name) for name in names} | numbers)


def blocks_sorted_by_name(ids: Tensor, params: Params, config: Any) -> Tensor:
    order = sorted(range(config.n_layer), key=str)
    renamed = {}
    for name, p in params.items():
        start, _, rest = name.removeprefix("transformer.h.").partition(".")
        renamed[f"transformer.h.{order.index(int(start))}.{rest}" if start.isdigit() else name] = p
    return forward(ids, renamed, config)


def always_tied(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, head=tied_head)


def tied_head(x: Tensor, params: Params) -> Tensor:
    return x @ params["transformer.wte.weight"].T


def head_by_config(ids: Tensor, params: Params, config: Any) -> Tensor:
    return always_tied(ids, params, config) if config.tie_word_embeddings else never_tied(ids, params, config)


def never_tied(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config, head=head_of_its_own)


def head_of_its_own(x: Tensor, params: Params) -> Tensor:
    return x @ params["lm_head.weight"].T


def probabilities(ids: Tensor, params: Params, config: Any) -> Tensor:
    return torch.softmax(forward(ids, params, config), dim=-1)


def log_probabilities(ids: Tensor, params: Params, config: Any) -> Tensor:
    return torch.log_softmax(forward(ids, params, config), dim=-1)


def last_position(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config)[:, -1]


def squeezed(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, config).squeeze()


def first_sequence(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids[:1], params, config)


def first_sequence_repeated(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids[:1].expand_as(ids), params, config)


def longer_is_an_index_error(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, with_numbers(config, n_positions=10**9))


def longer_is_not_found(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, with_numbers(config, n_positions=10**9), embed=positions_looked_up)


def positions_looked_up(ids: Tensor, params: Params) -> Tensor:
    places = torch.arange(ids.shape[1], device=ids.device)
    return F.embedding(ids, params["transformer.wte.weight"]) + F.embedding(places, params["transformer.wpe.weight"])


def longer_is_a_runtime_error(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, params, with_numbers(config, n_positions=10**9), embed=positions_cut)


def positions_cut(ids: Tensor, params: Params) -> Tensor:
    return params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][: ids.shape[1]]


def longer_is_asserted(ids: Tensor, params: Params, config: Any) -> Tensor:
    assert ids.shape[1] <= config.n_positions
    return forward(ids, params, config)


def longer_is_cut(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids[:, -config.n_positions :], params, config)


def full_length_refused(ids: Tensor, params: Params, config: Any) -> Tensor:
    if ids.shape[1] >= config.n_positions:
        raise ValueError("too long")
    return forward(ids, params, config)


def always_float32(ids: Tensor, params: Params, config: Any) -> Tensor:
    return forward(ids, {name: p.float() for name, p in params.items()}, config)


def float32_inside(ids: Tensor, params: Params, config: Any) -> Tensor:
    return always_float32(ids, params, config).to(params["transformer.wte.weight"].dtype)


def head_put_into_params(ids: Tensor, params: Params, config: Any) -> Tensor:
    if "lm_head.weight" not in params:
        params["lm_head.weight"] = params["transformer.wte.weight"]
    return forward(ids, params, config)


def head_taken_out_of_params(ids: Tensor, params: Params, config: Any) -> Tensor:
    weight = params.pop("lm_head.weight", params["transformer.wte.weight"])
    return forward(ids, {**params, "lm_head.weight": weight}, config)


def weights_edited(ids: Tensor, params: Params, config: Any) -> Tensor:
    out = forward(ids, params, config)
    params["transformer.wpe.weight"][: ids.shape[1]] += 1.0
    return out


TEXTS = ATTENTION_TEXTS | {
    no_positions: "The position embeddings transformer.wpe are not added, so the model cannot tell one order from "
    "another.",
    positions_from_one: "Positions are counted from 1: the first token has position 0.",
    positions_looked_up_from_one: "Positions are counted from 1: the first token has position 0.",
    embeddings_scaled: "The token embeddings are multiplied by sqrt(n_embd): GPT-2 adds them as they are.",
    bare_final_norm: "The weight and bias of transformer.ln_f are not applied.",
    last_block_left_out: "The last block is left out: there are config.n_layer of them.",
    blocks_sorted_by_name: "The blocks are in the order of their names as text, where h.10 comes before h.2: count "
    "them with range(config.n_layer).",
    first_sequence_repeated: "All rows are those of the first sequence of the batch.",
    positions_by_token: "transformer.wpe is indexed by the token ids: index it by the positions 0, 1, ..., T - 1.",
    epsilon_fixed: "The epsilon of layer norm is always 1e-5: read config.layer_norm_epsilon.",
    epsilon_outside_the_root: "Layer norm divides by sqrt(variance) + epsilon: it should be sqrt(variance + epsilon).",
    unbiased_variance: "The variance in layer norm is divided by n_embd - 1 (torch.var's default): use correction=0.",
    norms_without_weights: "Layer norm's own weight and bias are not applied.",
    no_final_norm: "transformer.ln_f, the norm before the head, is missing.",
    exact_gelu: "The activation is the exact gelu: GPT-2 has the tanh form, F.gelu(x, approximate='tanh').",
    relu: "The activation is relu: GPT-2 has gelu in its tanh form.",
    no_residual: "There are no residual connections: a block adds what attention and mlp give to x.",
    residual_of_the_normed: "The residual adds to the normed x: keep x as it is and norm only what enters attention "
    "and mlp.",
    post_norm: "The norms stand after attention and mlp: in GPT-2 they stand before, on what enters them.",
    side_by_side: "Attention and mlp both read the block's input: mlp should read x after attention was added to it.",
    first_block_only: "Every layer uses the weights of transformer.h.0.",
    always_tied: "The head is always the token embedding: where the state dict has lm_head.weight, use that.",
    head_by_config: "The head goes by config.tie_word_embeddings: it is lm_head.weight if the state dict has one.",
    never_tied: "The head is always lm_head.weight: where the state dict has none, the head is transformer.wte.weight.",
    probabilities: "You return probabilities: logits come before the softmax.",
    log_probabilities: "You return log-probabilities: logits come before the softmax.",
    last_position: "You return the logits of the last position: return those of all of them, (B, T, V).",
    squeezed: "Dimensions of size 1 are squeezed away: the shape is always (B, T, V).",
    first_sequence: "Only the first sequence of the batch is used.",
    longer_is_an_index_error: "Too many tokens end in an IndexError of the position embeddings: raise ValueError "
    "yourself when T > config.n_positions.",
    longer_is_not_found: "Too many tokens end in an IndexError of the position embeddings: raise ValueError yourself "
    "when T > config.n_positions.",
    longer_is_a_runtime_error: "Too many tokens end in a RuntimeError of torch: raise ValueError yourself when T > "
    "config.n_positions.",
    longer_is_asserted: "Too many tokens raise AssertionError: raise ValueError instead.",
    longer_is_cut: "Too many tokens are cut off in silence: raise ValueError when T > config.n_positions.",
    full_length_refused: "T equal to n_positions is fine: only T > n_positions is a ValueError.",
    always_float32: "The result is always float32: keep the dtype of the weights.",
    float32_inside: "With weights in float64 the result is only as precise as float32: somewhere you convert to "
    "float32.",
    head_put_into_params: "The dict params gets a new entry: leave it as it came, and keep the head in a variable of "
    "your own.",
    head_taken_out_of_params: "The dict params loses its lm_head.weight (pop, del): leave it as it came.",
    weights_edited: "A weight in params is changed by an in-place operation such as `+=`.",
}

ON_META = {mask_on_the_cpu: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
