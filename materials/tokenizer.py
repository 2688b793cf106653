"""The byte-level BPE of the small GPT-2, trained on the physics text and saved where transformers finds it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from materials.corpus import END

VOCABULARY = 1024


def train_tokenizer(documents: Iterable[str]) -> Tokenizer:
    """As GPT-2's: bytes first, a space belongs to the word behind it, nothing is ever unknown. END has the id 0."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, longest: int) -> None:
    """tokenizer.json, and the few settings that AutoTokenizer asks for. `longest`: positions that the model has."""
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "bos_token": END,
        "clean_up_tokenization_spaces": False,
        "eos_token": END,
        "model_max_length": longest,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": END,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
