"""Builders of the gpt2 banks: a configuration that turns into Hugging Face's own, and modules to count."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from tests.course.banks import build, text_of

NUMBERS = {
    "n_layer": 2,
    "n_head": 3,
    "n_embd": 12,
    "vocab_size": 23,
    "n_positions": 9,
    "layer_norm_epsilon": 0.02,
    "tie_word_embeddings": False,
}
ASKED = (
    "isinstance(config, GPT2Config)",
    "config.hidden_size == 12",
    "config.to_dict() == real.to_dict()",
    "copy.deepcopy(config).to_dict() == real.to_dict()",
    "getattr(config, 'no_such_name', None) is None and type(config) is GPT2Config",
    "setattr(config, 'note', 1) or (config.note == 1 and type(config) is GPT2Config)",
    "GPT2LMHeadModel(config).lm_head.weight.shape == (23, 12)",
)
START = f"""
import copy, sys
from autograder.sandbox.inside.builders import build
configs = [build("gpt2_config", {text_of("gpt2_config")!r}, {NUMBERS!r}, "cpu") for _ in range({len(ASKED)})]
"""
ASK = f"""
from transformers import GPT2Config, GPT2LMHeadModel
real = GPT2Config(bos_token_id=None, eos_token_id=None, **{NUMBERS!r})
wrong = [asked for config, asked in zip(configs, {ASKED!r}) if not eval(asked)]
assert not wrong, wrong
"""


def run(code: str) -> None:
    """In a process of its own, which has not imported transformers yet."""
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- configuration ------------------------------------------------------------------------------------------------


def test_reading_the_numbers_of_a_configuration_imports_no_transformers():
    run(
        START
        + f"assert {{name: getattr(configs[0], name) for name in {list(NUMBERS)}}} == {NUMBERS!r}\n"
        + "assert 'transformers' not in sys.modules"
    )


@pytest.mark.matrix
def test_asked_for_more_it_is_a_configuration_of_hugging_face():
    pytest.importorskip("transformers")
    run(START + ASK)


def test_where_transformers_is_imported_it_is_the_real_one_at_once():
    transformers = pytest.importorskip("transformers")
    config = build("gpt2_config", NUMBERS, "cpu")
    assert type(config) is transformers.GPT2Config
    assert config.layer_norm_epsilon == 0.02
    assert config.n_inner is None


# ---- modules ------------------------------------------------------------------------------------------------------


def sizes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(p.shape) for name, p in module.named_parameters(remove_duplicate=False)}


def test_layers_of_every_kind_stand_where_the_options_say():
    layers = {
        "words": ["embedding", 5, 3],
        "body": {"up": ["linear", 3, 4], "out": ["linear", 4, 2, False], "scale": ["parameter", 2]},
        "norm": ["layer_norm", 2],
        "conv": ["conv", 2, 3, 4],
        "temperature": ["parameter"],
    }
    assert sizes(build("module", {"layers": layers}, "cpu")) == {
        "temperature": (),
        "words.weight": (5, 3),
        "body.scale": (2,),
        "body.up.weight": (4, 3),
        "body.up.bias": (4,),
        "body.out.weight": (2, 4),
        "norm.weight": (2,),
        "norm.bias": (2,),
        "conv.weight": (3, 2, 4),
        "conv.bias": (3,),
    }


def test_a_batch_norm_has_buffers():
    module = build("module", {"layers": {"norm": ["batch_norm", 3]}}, "cpu")
    assert sum(b.numel() for b in module.buffers()) == 7


def test_frozen_parameters_are_not_trained():
    module = build("module", {"layers": {"up": ["linear", 3, 4]}, "frozen": ["up.weight"]}, "cpu")
    assert [name for name, p in module.named_parameters() if p.requires_grad] == ["up.bias"]


LAYERS = {"words": ["embedding", 5, 3], "head": ["linear", 3, 5, False], "back": ["linear", 5, 3, False]}


def test_tied_names_have_one_parameter():
    module = build("module", {"layers": LAYERS, "tied": [["words.weight", "head.weight"]]}, "cpu")
    assert module.head.weight is module.words.weight


@pytest.mark.parametrize(("kind", "name"), [("shared", "head"), ("transposed", "back")])
def test_shared_memory_has_two_trained_parameters(kind, name):
    module = build("module", {"layers": LAYERS, kind: [["words.weight", f"{name}.weight"]]}, "cpu")
    first, second = module.words.weight, getattr(module, name).weight
    assert second is not first
    assert second.requires_grad
    assert second.shape == ((5, 3) if kind == "shared" else (3, 5))
    with torch.no_grad():
        first.fill_(7.0)
    assert bool((second == 7.0).all())


def test_the_device_is_the_probes():
    module = build("module", {"layers": {"up": ["linear", 3, 4], "scale": ["parameter", 2]}}, "meta")
    assert {p.device.type for p in module.parameters()} == {"meta"}
