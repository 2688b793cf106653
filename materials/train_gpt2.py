"""Train the small GPT-2 of the course on the physics text and write it to the two folders that ship it.

    python -m materials.train_gpt2

One thread and one seed, so the same machine with the same torch makes the same bytes; another processor rounds
otherwise and makes a model as good but not equal.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from pathlib import Path
from random import Random

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from materials.corpus import encode, end_id, split, windows
from materials.physics_text import stories
from materials.tokenizer import VOCABULARY, save_tokenizer, train_tokenizer

SOURCE = Path(__file__).resolve().parent.parent / "source"
TARGETS = (SOURCE / "gpt2" / "physics-gpt2", SOURCE / "sampling" / "physics-gpt2")

SEED = 1905
POSITIONS = 128
EPOCHS = 12
BATCH = 8
PEAK, FLOOR = 3e-3, 1e-4  # learning rate: after the warm-up, and at the end
WARM_UP = 200  # steps
# Differs from release to release of transformers, and says nothing about the model.
DRIFTING = ("transformers_version", "_name_or_path", "_from_model_config", "torch_dtype", "dtype")


def new_model(end: int) -> GPT2LMHeadModel:
    """Half a million parameters; `end` is the id of the end of text."""
    config = GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=POSITIONS,
        n_embd=96,
        n_layer=4,
        n_head=4,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=end,
        eos_token_id=end,
    )
    return GPT2LMHeadModel(config)


def learning_rate(step: int, steps: int) -> float:
    """A straight line up, then half a cosine down."""
    if step < WARM_UP:
        return PEAK * (step + 1) / WARM_UP
    done = (step - WARM_UP) / max(1, steps - WARM_UP)
    return FLOOR + (PEAK - FLOOR) * 0.5 * (1 + math.cos(math.pi * done))


def optimizer_of(model: GPT2LMHeadModel) -> torch.optim.AdamW:
    """AdamW that pulls matrices towards zero, and leaves biases and norms alone."""
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK, betas=(0.9, 0.98))


def train(model: GPT2LMHeadModel, documents: list[list[int]], end: int, epochs: int = EPOCHS) -> None:
    """`epochs` times through all documents, in a new order each time; prints the loss of each epoch."""
    random = Random(SEED)
    optimizer = optimizer_of(model)
    per_epoch = len(windows(documents, POSITIONS, end, Random(SEED))) // BATCH
    step, began = 0, time.perf_counter()
    model.train()
    for epoch in range(epochs):
        total, count = 0.0, 0
        rows = windows(documents, POSITIONS, end, random)
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(min(step, per_epoch * epochs), per_epoch * epochs)
            logits = model(batch[:, :-1]).logits
            loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total, count, step = total + loss.item(), count + 1, step + 1
        print(f"epoch {epoch + 1}/{epochs}: loss {total / count:.3f}, {time.perf_counter() - began:.0f} s", flush=True)


@torch.no_grad()
def perplexity(model: GPT2LMHeadModel, documents: list[list[int]], end: int) -> float:
    """exp of the mean loss of every token, each document read alone with the end of text in front."""
    model.eval()
    total, count = 0.0, 0
    for ids in documents:
        row = torch.tensor([[end, *ids]])[:, : POSITIONS + 1]
        losses: Tensor = F.cross_entropy(model(row[:, :-1]).logits[0], row[0, 1:], reduction="sum")
        total, count = total + losses.item(), count + row.shape[1] - 1
    return math.exp(total / count)


def save(model: GPT2LMHeadModel, folder: Path) -> None:
    """As float16, which is read back as float32; the settings without what changes from version to version."""
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    for name in ("config.json", "generation_config.json"):
        settings = json.loads((folder / name).read_text())
        kept = {key: value for key, value in settings.items() if key not in DRIFTING}
        if name == "config.json":
            # transformers 5 loads in the type that is written here, transformers 4 in float32 anyway.
            kept["dtype"] = "float32"
        (folder / name).write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")


def main() -> None:
    """Tokenizer, model, figures, and the same files in both folders."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    began = time.perf_counter()
    first, second = TARGETS
    train_documents, held_out_documents = split(stories())
    tokenizer = train_tokenizer(train_documents)
    end = end_id(tokenizer)
    documents, held_out = encode(tokenizer, train_documents), encode(tokenizer, held_out_documents)
    model = new_model(end)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{parameters:,} parameters, {sum(map(len, documents)):,} tokens, {len(held_out):,} stories held out")
    train(model, documents, end)
    print(f"held-out perplexity {perplexity(model, held_out, end):.3f}")
    shutil.rmtree(first, ignore_errors=True)
    save(model, first)
    save_tokenizer(tokenizer, first, POSITIONS)
    shutil.rmtree(second, ignore_errors=True)
    shutil.copytree(first, second)
    again = GPT2LMHeadModel.from_pretrained(first, dtype=torch.float32)
    print(f"held-out perplexity as saved {perplexity(again, held_out, end):.3f}")
    size = sum(file.stat().st_size for file in first.iterdir())
    print(f"{size / 1e6:.2f} MB in each folder")
    print(f"{time.perf_counter() - began:.0f} s, {time.process_time():.0f} s of CPU")


if __name__ == "__main__":
    main()
