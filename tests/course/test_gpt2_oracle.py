"""The oracle of the gpt2 banks against Hugging Face's own model, in float64, on many configurations."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from autograder.judging.draw import Draw
from tests.course.banks import build, module_of

enough = module_of("gpt2.decode_step").enough
decode_step = module_of("gpt2.decode_step").oracle
gpt2_logits = module_of("gpt2.gpt2_logits").oracle
SMALL = module_of("gpt2._shared").SMALL
Size = module_of("gpt2._shared").Size
state_of = module_of("gpt2._shared").state_of
tokens = module_of("gpt2._shared").tokens

CLOSE = 1e-12  # of logits of size 10: a few hundred roundings of float64


@pytest.fixture(scope="module")
def transformers():
    return pytest.importorskip("transformers")


def size_from(draw: Draw) -> Size:
    n_head, width = int(draw.integers(1, 6)), int(draw.integers(1, 6))
    n_layer, vocabulary, positions = (int(n) for n in draw.integers(1, 30, 3))
    epsilon = 10.0 ** -float(draw.integers(1, 8))
    return Size(1 + n_layer % 4, n_head, max(2, n_head * width), vocabulary + 1, positions, epsilon)


def its_logits(transformers, size: Size, state, ids):
    """Hugging Face's logits (B, T, V), with the state dict loaded strictly."""
    options = {**vars(size), "tie_word_embeddings": "lm_head.weight" not in state}
    config = build("gpt2_config", options, "cpu")
    config._attn_implementation = "eager"
    model = transformers.GPT2LMHeadModel(config).double().eval()
    missing = model.load_state_dict(state, strict=False)
    assert missing.unexpected_keys == []
    assert set(missing.missing_keys) <= {"lm_head.weight"}
    with torch.no_grad():
        return model(ids).logits, config


@pytest.mark.parametrize("seed", range(40))
def test_the_oracle_of_gpt2_logits_is_hugging_faces_model(transformers, seed):
    draw = Draw(seed)
    size = size_from(draw)
    size = size if size.n_embd % size.n_head == 0 else Size(n_layer=size.n_layer)
    state = state_of(draw, size, own_head=seed % 3 == 0, dtype=torch.float64, embedding=[1.0, 0.1, 30.0][seed % 3])
    ids = tokens(draw, size, 1 + seed % 3, 1 + seed % size.n_positions)
    logits, config = its_logits(transformers, size, state, ids)
    assert (gpt2_logits(ids, state, config) - logits).abs().max() < CLOSE * max(1.0, float(logits.abs().max()))


def test_the_state_dict_of_the_fixtures_has_the_keys_and_shapes_of_hugging_faces(transformers):
    state = state_of(Draw(0), SMALL, own_head=True)
    model = transformers.GPT2LMHeadModel(build("gpt2_config", vars(SMALL), "cpu"))
    assert {name: p.shape for name, p in state.items()} == {name: p.shape for name, p in model.state_dict().items()}


def test_the_oracle_of_decode_step_gives_the_last_position_of_the_whole_text():
    draw = Draw(1)
    state, ids = state_of(draw, SMALL, dtype=torch.float64), tokens(draw, SMALL, 2, 7)
    config = SimpleNamespace(**vars(SMALL))
    _, cache = decode_step(ids[:, :4], state, config)
    logits, _ = decode_step(ids[:, 4:], state, config, cache)
    torch.testing.assert_close(logits, gpt2_logits(ids, state, config)[:, -1])


@pytest.mark.parametrize("function", [gpt2_logits, decode_step])
def test_more_tokens_than_positions_are_a_value_error(function):
    draw = Draw(2)
    ids = tokens(draw, SMALL, 2, SMALL.n_positions + 1)
    with pytest.raises(ValueError, match="positions"):
        function(ids, state_of(draw, SMALL), SimpleNamespace(**vars(SMALL)))


def test_the_budget_of_a_step_is_one_and_a_half_times_what_its_products_cost():
    """Counted on one block by hand: the layers of a step of one token, and attention over a full cache."""
    from torch.utils.flop_counter import FlopCounterMode

    size, batch = Size(n_layer=1), 3
    e, cache = size.n_embd, torch.ones(batch, size.n_head, size.n_positions, size.n_embd // size.n_head)
    layers = [nn.Linear(e, 3 * e), nn.Linear(e, e), nn.Linear(e, 4 * e), nn.Linear(e, size.vocab_size)]
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        for layer in layers:
            layer(torch.ones(batch, 1, e))
        nn.Linear(4 * e, e)(torch.ones(batch, 1, 4 * e))
        torch.ones_like(cache[:, :, :1]) @ cache.mT @ cache
    assert enough(size, batch) == counted.get_total_flops() * 3 // 2
