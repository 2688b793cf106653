"""The course's own data and model: the text is what its generator writes, the model loads offline and is any good."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from materials import physics_text
from materials.corpus import END, is_held_out, split
from materials.grammar import Group, tell
from tests.places import ROOT

TEXT = ROOT / "source" / "embeddings" / "physics.txt"
MODEL = ROOT / "source" / "gpt2" / "physics-gpt2"
TWIN = ROOT / "source" / "sampling" / "physics-gpt2"

# Top-1 for every one of five training seeds when they were chosen; the test trains with one.
ANALOGIES = (
    "force newton energy joule",
    "current ampere voltage volt",
    "thermometer temperature voltmeter voltage",
    "ammeter current clock time",
    "power watt pressure pascal",
    "resistance ohm frequency hertz",
    "activity becquerel flux weber",
    "volume litre inductance henry",
    "hot cold high low",
    "strong weak high low",
    "expands contracts heated cooled",
    "heats cools rises falls",
    "melts freezes boils condenses",
    "electron negative proton positive",
    "copper conductor rubber insulator",
    "north south positive negative",
    "brother sister father mother",
    "he she his her",
)
PROMPTS = ("the unit of force is", "when copper is heated ,", "a voltmeter measures", "the student")


@pytest.fixture(scope="module")
def stories() -> list[tuple[str, ...]]:
    return physics_text.stories()


@pytest.fixture(scope="module")
def vectors() -> Any:
    from gensim.models import Word2Vec

    sentences = [line.split() for line in TEXT.read_text().splitlines()]
    trained = Word2Vec(
        sentences, vector_size=50, window=5, min_count=5, epochs=12, sg=1, seed=1, workers=1
    )  # one worker, so the same twice
    return trained.wv


@pytest.fixture(scope="module")
def language() -> tuple[Any, Any]:
    """(model, tokenizer) as a notebook loads them."""
    from transformers import AutoTokenizer, GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(MODEL, dtype=torch.float32, local_files_only=True)
    return model.eval(), AutoTokenizer.from_pretrained(MODEL, local_files_only=True)


def _next_token(language: tuple[Any, Any], prompt: str) -> torch.Tensor:
    """(V,) logits of the token after the prompt."""
    model, tokenizer = language
    with torch.no_grad():
        logits: torch.Tensor = model(torch.tensor([tokenizer.encode(prompt)])).logits[0, -1]
    return logits


def _entropy(logits: torch.Tensor, temperature: float = 1.0) -> float:
    return float(torch.distributions.Categorical(logits=logits / temperature).entropy())


def test_the_shipped_text_is_what_the_generator_writes(stories: list[tuple[str, ...]]) -> None:
    assert physics_text.text(stories).encode() == TEXT.read_bytes()


def test_the_text_is_plain(stories: list[tuple[str, ...]]) -> None:
    for line in TEXT.read_text().splitlines():
        assert re.fullmatch(r"[a-z]+( ([a-z]+|[.,:?]))* [.?:]", line), line
    words = TEXT.read_text().split()
    assert 250_000 <= len(words) <= 350_000
    assert TEXT.stat().st_size < 1_600_000


def test_no_story_fills_the_text(stories: list[tuple[str, ...]]) -> None:
    told = Counter(stories)
    assert max(told.values()) == physics_text.SAME_STORY
    assert len(told) > 0.4 * len(stories)


def test_two_slots_of_one_list_differ_and_a_field_stays_the_same_in_a_story() -> None:
    from random import Random

    pool = ("iron", "copper", "zinc")
    group = Group({"a": pool, "b": pool}, "")
    for seed in range(20):
        first, second = tell(group, "{a} [hits|meets] {b}, {a}. / a {a} an hour", Random(seed))
        one, _, other, _, again, _ = first.split()
        assert one == again != other
        assert second == f"{'an' if one == 'iron' else 'a'} {one} an hour"


def test_no_held_out_story_is_trained_on(stories: list[tuple[str, ...]]) -> None:
    train, held_out = split(stories)
    assert not set(train) & set(held_out)
    assert len(held_out) > 300
    assert sum(map(is_held_out, stories)) == len(stories) - len(train)


def test_what_ships_is_small() -> None:
    files = [TEXT, *MODEL.iterdir(), *TWIN.iterdir()]
    assert sum(file.stat().st_size for file in files) < 12_000_000
    assert sum(file.stat().st_size for file in MODEL.iterdir()) < 1_800_000


def test_both_notebooks_get_the_same_model() -> None:
    files = sorted(file.name for file in MODEL.iterdir())
    assert files == sorted(file.name for file in TWIN.iterdir())
    assert all((MODEL / name).read_bytes() == (TWIN / name).read_bytes() for name in files)


def test_no_setting_names_a_machine_or_a_release() -> None:
    for file in MODEL.glob("*.json"):
        assert not re.search(r'"(transformers_version|_name_or_path)"|/(home|root|tmp|work)/', file.read_text()), file


def test_the_model_loads_offline_and_without_a_warning(tmp_path: Path) -> None:
    """In a process of its own, in a folder of its own, with an empty cache."""
    code = (
        "import torch; from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2LMHeadModel, "
        "PreTrainedTokenizerFast; import sys; folder = sys.argv[1]; "
        "model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32); "
        "plain = AutoModelForCausalLM.from_pretrained(folder); "
        "tokenizer = AutoTokenizer.from_pretrained(folder); "
        "fast = PreTrainedTokenizerFast.from_pretrained(folder); "
        "text = 'the unit of force is the newton .\\nan Ångström'; ids = tokenizer.encode(text); "
        "assert tokenizer.decode(ids) == text == fast.decode(fast.encode(text)), tokenizer.decode(ids); "
        "assert tokenizer.eos_token_id == model.config.eos_token_id == 0; "
        "assert plain.dtype == model.dtype == torch.float32; "
        "out = model.generate(torch.tensor([ids]), max_new_tokens=3, do_sample=False); print(out.shape[1] - len(ids))"
    )
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(MODEL)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert 0 < int(done.stdout) <= 3
    said = [line for line in done.stderr.splitlines() if line.strip() and "Loading weights" not in line]
    assert said == []


def test_tokens_come_from_the_trained_merges(language: tuple[Any, Any]) -> None:
    model, tokenizer = language
    assert 512 <= len(tokenizer) == model.config.vocab_size <= 1024
    assert tokenizer.model_max_length == model.config.n_positions == 128
    assert tokenizer.convert_tokens_to_ids(END) == 0
    assert tokenizer.tokenize("the force is large .") == ["the", "Ġforce", "Ġis", "Ġlarge", "Ġ."]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_greedy_continuation_is_of_known_words(language: tuple[Any, Any], prompt: str) -> None:
    model, tokenizer = language
    known = set(TEXT.read_text().split())
    ids = tokenizer.encode(prompt)
    with torch.no_grad():
        while len(ids) < 60 and ids[-1] != tokenizer.eos_token_id:
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    assert ids[-1] == tokenizer.eos_token_id
    words = tokenizer.decode(ids[:-1]).split()
    assert len(words) > len(prompt.split())
    assert set(words) <= known


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("the unit of force is the", " newton"),
        ("the unit of energy is the", " joule"),
        ("what is the unit of voltage ?\nit is the", " volt"),
        ("the engineer needs the current in the cable .\nhe takes an", " ammeter"),
    ],
)
def test_an_early_word_decides_a_late_one(language: tuple[Any, Any], prompt: str, word: str) -> None:
    _, tokenizer = language
    assert int(_next_token(language, prompt).argmax()) == tokenizer.encode(word)[0]


def test_some_places_are_certain_and_others_are_open(language: tuple[Any, Any]) -> None:
    assert _entropy(_next_token(language, "heat flows from lava to the freezer , from hot to")) < 0.2
    assert _entropy(_next_token(language, "the")) > 3.0


def test_temperature_matters(language: tuple[Any, Any]) -> None:
    """Nats after "when the": few when cold, many when hot."""
    logits = _next_token(language, "when the")
    cold, one, hot = (_entropy(logits, temperature) for temperature in (0.3, 1.0, 1.5))
    assert cold < 0.75 * one
    assert hot > 1.2 * one


@pytest.mark.parametrize("analogy", ANALOGIES)
def test_an_analogy_comes_out(vectors: Any, analogy: str) -> None:
    a, b, c, d = analogy.split()
    ((best, _),) = vectors.most_similar(positive=[b, c], negative=[a], topn=1)
    assert best == d


def test_a_bias_can_be_found(vectors: Any) -> None:
    """Mean cosine to men less mean cosine to women follows the share of "he" that the generator was given."""
    from materials.words.people import HE_OF_TEN, MEN, WOMEN

    def leaning(noun: str) -> float:
        pairs = zip(MEN, WOMEN, strict=True)
        return float(sum(vectors.similarity(noun, man) - vectors.similarity(noun, woman) for man, woman in pairs))

    shares = torch.tensor([float(share) for share in HE_OF_TEN.values()])
    leanings = torch.tensor([leaning(noun) for noun in HE_OF_TEN])
    assert float(torch.corrcoef(torch.stack([shares, leanings]))[0, 1]) > 0.4
