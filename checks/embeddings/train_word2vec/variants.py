"""Right ways to train word vectors with gensim: all of them must pass.

gensim takes a second to import: it is imported where it is used, and never by who only judges other functions.
"""

from __future__ import annotations

from typing import Any

from autograder.checks import Variant

Sentences = list[list[str]]


def by_keywords(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    from gensim.models import Word2Vec

    return Word2Vec(
        sentences=sentences, vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg,
        seed=seed, workers=1,
    )  # fmt: skip  # as it would be typed


def vocabulary_then_training(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    from gensim.models import Word2Vec

    model = Word2Vec(vector_size=vector_size, window=window, min_count=min_count, sg=sg, seed=seed, workers=1)
    model.epochs = epochs
    model.build_vocab(sentences)
    model.train(sentences, total_examples=model.corpus_count, epochs=model.epochs)
    return model


def copied_first(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    from gensim.models import word2vec

    texts = tuple(tuple(sentence) for sentence in sentences)
    return word2vec.Word2Vec(
        texts, vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, seed=seed, workers=1
    )


def defaults_spelled_out(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    from gensim.models import Word2Vec

    usual = {"negative": 5, "hs": 0, "sample": 1e-3, "alpha": 0.025, "min_alpha": 0.0001, "ns_exponent": 0.75}
    own = {"vector_size": vector_size, "window": window, "min_count": min_count, "epochs": epochs, "sg": sg}
    return Word2Vec(sentences, seed=seed, workers=1, **usual, **own)


def counted_first(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    from gensim.models import Word2Vec

    counts: dict[str, int] = {}
    for sentence in sentences:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    model = Word2Vec(
        vector_size=vector_size, window=window, min_count=min_count, epochs=epochs, sg=sg, seed=seed, workers=1
    )
    model.build_vocab_from_freq(counts, corpus_count=len(sentences))
    model.train(sentences, total_examples=len(sentences), epochs=epochs)
    return model


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        by_keywords, vocabulary_then_training, copied_first, defaults_spelled_out, counted_first,
    )
)  # fmt: skip  # one line a family reads better than one a name
