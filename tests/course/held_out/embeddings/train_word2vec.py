"""Wrong and unusual right versions of train_word2vec(sentences, vector_size, window, min_count, epochs, sg, seed)."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from gensim.models import FastText, Word2Vec


# ---------------------------------------------------------------- wrong
def gensims_three_workers(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Leaves workers at gensim's 3: threads take jobs in any order, so one seed need not give the same vectors."""
    return Word2Vec(
        sentences, vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, seed=seed
    )


def all_cores(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Uses a worker per core (two at least); the contract asks for one."""
    return Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=max(2, os.cpu_count() or 2),
    )


def seed_forgotten(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Does not pass the seed: every seed gives the vectors of gensim's seed 1."""
    return Word2Vec(
        sentences, vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, workers=1
    )


def seeds_numpy_instead(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Seeds numpy's global generator, which gensim does not use: another seed gives the same vectors."""
    np.random.seed(seed)
    return Word2Vec(
        sentences, vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, workers=1
    )


def always_cbow(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Does not pass sg: sg = 1 trains CBOW all the same."""
    return Word2Vec(
        sentences, vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, seed=seed, workers=1
    )


def sg_the_wrong_way_round(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Passes 1 - sg: skip-gram where CBOW is asked, and the other way round."""
    return Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=1 - sg,
        seed=seed,
        workers=1,
    )


def five_epochs(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Does not pass epochs: gensim's 5 are run whatever is asked."""
    return Word2Vec(sentences, vector_size=vector_size, window=window, min_count=min_count, sg=sg, seed=seed, workers=1)


def trained_twice(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Calls train again after the constructor has trained: twice the epochs, other vectors."""
    model = Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
    )
    model.train(sentences, total_examples=model.corpus_count, epochs=epochs)
    return model


def one_epoch_at_a_time(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Trains epochs times for one epoch: the learning rate falls to its end and restarts each time, for epochs > 1."""
    model = Word2Vec(
        vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, seed=seed, workers=1
    )
    model.build_vocab(sentences)
    for _ in range(epochs):
        model.train(sentences, total_examples=model.corpus_count, epochs=1)
    return model


def rare_words_kept(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Passes min_count=1: words rarer than min_count stay in the vocabulary."""
    return Word2Vec(
        sentences, vector_size=vector_size, window=window, min_count=1, epochs=epochs, sg=sg, seed=seed, workers=1
    )


def strictly_more_than_min_count(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Passes min_count + 1: a word that comes exactly min_count times is dropped."""
    return Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count + 1,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
    )


def default_window(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Does not pass window: gensim's 5 is used whatever is asked."""
    return Word2Vec(sentences, vector_size=vector_size, min_count=min_count, epochs=epochs, sg=sg, seed=seed, workers=1)


def only_the_vectors(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Returns model.wv, a KeyedVectors, in place of the Word2Vec."""
    return Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
    ).wv


def more_negatives(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Sets negative=15, a default nobody asked for: other settings should be gensim's."""
    return Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
        negative=15,
    )


def no_subsampling(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Sets sample=0, as small corpora like it; gensim's is 1e-3, so the vectors differ."""
    return Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
        sample=0,
    )


def lower_case(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Lower-cases the tokens first: "Newton" and "J" are missing from the vocabulary."""
    small = [[word.lower() for word in sentence] for sentence in sentences]
    return Word2Vec(
        small, vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, seed=seed, workers=1
    )


def one_long_text(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Joins the sentences: words of two sentences become each other's context."""
    text = [word for sentence in sentences for word in sentence]
    return Word2Vec(
        [text], vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, seed=seed, workers=1
    )


def unit_vectors_at_the_end(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Replaces the trained vectors by their unit vectors: same directions, other vectors than gensim's."""
    model = Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
    )
    model.wv.vectors = model.wv.get_normed_vectors()
    return model


def hierarchical_softmax(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Sets hs=1 beside negative sampling; gensim's default is 0."""
    return Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
        hs=1,
    )


def fast_text(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Trains gensim's FastText (a subclass of Word2Vec): other vectors, and every unknown word has one."""
    return FastText(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
    )


# ---------------------------------------------------------------- right
def vocabulary_first(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Builds an empty model, then its vocabulary, then trains, which is what the constructor does."""
    model = Word2Vec(
        vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, seed=seed, workers=1
    )
    model.build_vocab(sentences)
    model.train(sentences, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=model.epochs)
    return model


def settings_in_a_dictionary(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """Collects the settings in a dictionary and trains in the constructor."""
    settings: dict[str, Any] = {"vector_size": vector_size, "window": window, "min_count": min_count}
    settings |= {"epochs": epochs, "sg": int(sg), "seed": seed, "workers": 1}
    return Word2Vec(sentences=[list(sentence) for sentence in sentences], **settings)


WRONG = (
    gensims_three_workers,
    all_cores,
    seed_forgotten,
    seeds_numpy_instead,
    always_cbow,
    sg_the_wrong_way_round,
    five_epochs,
    trained_twice,
    one_epoch_at_a_time,
    rare_words_kept,
    strictly_more_than_min_count,
    default_window,
    only_the_vectors,
    more_negatives,
    no_subsampling,
    lower_case,
    one_long_text,
    unit_vectors_at_the_end,
    hierarchical_softmax,
    fast_text,
)
RIGHT = (vocabulary_first, settings_in_a_dictionary)
