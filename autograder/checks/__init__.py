"""The banks of checks by function name; what they import is loaded when a bank is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from autograder.errors import UsageError

if TYPE_CHECKING:
    from autograder.judging.check import Bank

_FILES = {  # assignment -> function -> the module of its folder whose BANK judges it
    "embeddings": {
        "one_hot": "one_hot",
        "embed": "embed",
        "cosine_similarity": "cosine_similarity",
        "most_similar": "most_similar",
        "analogy": "analogy",
        "skip_gram_pairs": "skip_gram_pairs",
        "negative_sampling_distribution": "negative_sampling_distribution",
        "sgns_loss": "sgns_loss",
        "train_word2vec": "train_word2vec",
        "association": "association",
    },
    "attention": {
        "rnn_step": "rnn_step",
        "softmax": "softmax",
        "bilinear_attention": "bilinear_attention",
        "scaled_dot_product_attention": "dot_product",
        "causal_mask": "causal_mask",
        "split_heads": "split_heads",
        "merge_heads": "merge_heads",
        "MultiHeadAttention": "multihead",
        "sinusoidal_positions": "sinusoidal_positions",
        "layer_norm": "layer_norm",
        "EncoderBlock": "encoder_block",
        "DecoderBlock": "decoder_block",
    },
    "gpt2": {
        "gelu": "gelu",
        "gpt2_logits": "gpt2_logits",
        "cross_entropy": "cross_entropy",
        "perplexity": "perplexity",
        "count_parameters": "count_parameters",
        "decode_step": "decode_step",
    },
    "sampling": {
        "apply_temperature": "apply_temperature",
        "top_k_filter": "top_k_filter",
        "top_p_filter": "top_p_filter",
        "repetition_penalty": "repetition_penalty",
        "token_entropy": "token_entropy",
        "sample_next": "sample_next",
        "greedy": "greedy",
        "generate": "generate",
        "beam_search": "beam_search",
    },
}

ASSIGNMENTS = {assignment: tuple(files) for assignment, files in _FILES.items()}
_MODULES = {
    function: f"autograder.checks.{assignment}.{file}"
    for assignment, files in _FILES.items()
    for function, file in files.items()
}


def functions_of(assignments: Iterable[str]) -> tuple[str, ...]:
    """The functions with a bank of these assignments (all, for none). Raises UsageError for an unknown one."""
    names = list(assignments) or list(ASSIGNMENTS)
    for name in names:
        if name not in ASSIGNMENTS:
            raise UsageError(f"there are no checks for an assignment {name!r}; there are for: {', '.join(ASSIGNMENTS)}")
    return tuple(function for name in names for function in ASSIGNMENTS[name])


def bank_names() -> tuple[str, ...]:
    """The functions that have a bank, in the course's order."""
    return tuple(_MODULES)


def find_bank(name: str) -> Bank:
    """The bank of the function `name`. Raises UsageError where there is none."""
    if name not in _MODULES:
        raise UsageError(f"there is no bank of checks for {name!r}; there is one for: {', '.join(_MODULES)}")
    bank: Bank = importlib.import_module(_MODULES[name]).BANK
    return bank
