"""The checks of `train_word2vec(sentences, vector_size, window, min_count, epochs, sg, seed)`.

A model cannot be sent, so its settings, its words and its vectors are: some dozen sentences train in two milliseconds.
"""

from __future__ import annotations

from typing import Any

from autograder.checks import Bank, Call, Check, Draw, Get, Let, Probe, Ref, Step, Tolerance

from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "train_word2vec"
COMMON = ("force", "mass", "charge", "Field", "wave", "heat", "spin", "work")  # a capital letter is kept
RARE = ("quark", "torque", "entropy", "Volt")

Sentences = list[list[str]]


def oracle(sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int) -> Any:
    """gensim's own class in one worker, told nothing but what the contract names."""
    from gensim.models import Word2Vec  # a second to import: only for who judges this function

    settings = {"window": window, "min_count": min_count, "epochs": epochs, "sg": sg, "seed": seed, "workers": 1}
    return Word2Vec(sentences, vector_size=vector_size, **settings)


def _sentences(draw: Draw, n: int = 18) -> Sentences:
    """n sentences of 3 to 8 words; of the rare words the first comes once in all, the second twice, and so on."""
    words = iter(draw.integers(0, len(COMMON), n * 7).tolist())
    sentences = [[COMMON[next(words)] for _ in range(length)] for length in draw.integers(3, 8, n).tolist()]
    for count, word in enumerate(RARE, start=1):
        for place in draw.permutation(n)[:count].tolist():
            sentences[place].insert(1, word)
    return sentences


def _call(sentences: Any, save: str = "model", **settings: int) -> Call:
    """A call whose settings, where nothing else is asked for, are none of gensim's own.

    Every epoch starts two threads, a fifth of a millisecond: one is enough where no vectors are looked at.
    """
    given = {"vector_size": 6, "window": 2, "min_count": 3, "epochs": 1, "sg": 1, "seed": 9} | settings
    return Call(NAME, (sentences, *given.values()), save=save)


def _vectors(model: str) -> Get:
    """Saves all vectors of a model (V, D)."""
    return Get(f"{model}.wv.vectors", f"{model}_vectors")


def _read(names: tuple[str, ...], call: Call) -> list[Probe]:
    gets = tuple(Get(f"model.{name}", name) for name in names)
    return [Probe((call, *gets), names)]


def _model(draw: Draw) -> list[Probe]:
    return [Probe((_call(_sentences(draw)),), ("model",))]


def _settings(draw: Draw) -> list[Probe]:
    size, window = (int(i) for i in draw.permutation(5)[:2] + 6)  # 6 to 10, two different ones
    seed, sentences = int(draw.integers(11, 99)), _sentences(draw)
    names = ("vector_size", "window", "min_count", "epochs", "sg", "seed")
    return _read(names, _call(sentences, vector_size=size, window=window, epochs=4, seed=seed))


def _workers(draw: Draw) -> list[Probe]:
    return _read(("workers",), _call(_sentences(draw)))


def _others(draw: Draw) -> list[Probe]:
    training = ("negative", "hs", "sample", "ns_exponent", "cbow_mean", "alpha", "min_alpha", "shrink_windows")
    words = ("max_final_vocab", "max_vocab_size", "sorted_vocab", "null_word")
    return _read((*training, *words, "batch_words", "compute_loss"), _call(_sentences(draw)))


def _words(draw: Draw) -> list[Probe]:
    """Which words are kept, for two values of min_count: the most frequent first."""
    sentences = _sentences(draw)
    steps = (
        _call(sentences, "some"),
        _call(sentences, "every", min_count=1),
        Get("some.wv.index_to_key", "some_words"),
        Get("every.wv.index_to_key", "every_word"),
    )
    return [Probe(steps, ("some_words", "every_word"))]


def _trained(draw: Draw, sg: int) -> list[Probe]:
    """The vectors of two seeds on the same sentences."""
    sentences = _sentences(draw, 50)
    one, other = (int(i) for i in draw.permutation(90)[:2] + 10)
    calls = [_call(sentences, save, epochs=2, sg=sg, seed=n) for save, n in (("first", one), ("second", other))]
    steps: tuple[Step, ...] = (*calls, _vectors("first"), _vectors("second"))
    return [Probe(steps, ("first_vectors", "second_vectors"))]


def _skip_gram(draw: Draw) -> list[Probe]:
    return _trained(draw, sg=1)


def _bag_of_words(draw: Draw) -> list[Probe]:
    return _trained(draw, sg=0)


def _untouched(draw: Draw) -> list[Probe]:
    return [Probe((Let("sentences", _sentences(draw)), _call(Ref("sentences"))), ("sentences",))]


TRAINED = Tolerance(32, "the same steps by the same library: a few roundings of numbers below 1")

CHECKS = (
    Check("a model", "What comes back is gensim's Word2Vec model.", _model, TRAINED),
    Check("settings", "Each argument is the model's setting of that name.", _settings, TRAINED, weight=2),
    Check("one worker", "One worker: several would train in another order each time.", _workers, TRAINED),
    Check("other settings", "Everything else is as gensim has it.", _others, TRAINED),
    Check("words", "The words kept are those that come at least min_count times.", _words, TRAINED, weight=2),
    Check(
        "skip-gram vectors", "With sg=1, the vectors are those that gensim trains for the seed.", _skip_gram, TRAINED, 2
    ),
    Check("CBOW vectors", "With sg=0, the vectors are those that gensim trains for the seed.", _bag_of_words, TRAINED),
    Check("input untouched", "The sentences stay as they were.", _untouched, TRAINED),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
