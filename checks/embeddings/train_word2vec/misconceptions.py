"""Known mistakes in training word vectors with gensim: each must fail, and be named."""

from __future__ import annotations

from typing import Any

from autograder.checks import Misconception

Sentences = list[list[str]]


def _train(
    sentences: Any, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int, **more: Any
) -> Any:
    """A model, with one worker unless `more` says otherwise."""
    from gensim.models import Word2Vec  # a second to import: only where a model is trained

    own = {"vector_size": vector_size, "window": window, "min_count": min_count, "epochs": epochs, "sg": sg}
    return Word2Vec(sentences, seed=seed, **{"workers": 1, **own, **more})


def size_and_window_swapped(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, window, vector_size, min_count, epochs, sg, seed)


def window_and_min_count_swapped(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, min_count, window, epochs, sg, seed)


def min_count_and_epochs_swapped(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, epochs, min_count, sg, seed)


def always_a_hundred(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, 100, window, min_count, epochs, sg, seed)


def window_ignored(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, 5, min_count, epochs, sg, seed)


def min_count_ignored(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, 5, epochs, sg, seed)


def every_word_kept(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, 1, epochs, sg, seed)


def more_than_min_count(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count + 1, epochs, sg, seed)


def epochs_ignored(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, 5, sg, seed)


def always_bag_of_words(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, 0, seed)


def always_skip_gram(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, 1, seed)


def sg_turned(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, 1 - sg, seed)


def seed_ignored(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, 1)


def several_workers(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, workers=3)


def four_workers(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, workers=4)


def hierarchical(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, hs=1, negative=0)


def more_negatives(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, negative=10)


def no_subsampling(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, sample=0)


def whole_windows(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, shrink_windows=False)


def words_capped(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, max_final_vocab=100_000)


def smaller_batches(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, batch_words=500)


def loss_computed(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed, compute_loss=True)


def names_of_an_old_version(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    from gensim.models import Word2Vec

    return Word2Vec(sentences, size=vector_size, window=window, min_count=min_count, iter=epochs, sg=sg, seed=seed)


def letters_for_words(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    texts = [" ".join(sentence) for sentence in sentences]
    return _train(texts, vector_size, window, min_count, epochs, sg, seed)


def one_long_sentence(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    texts = [[word for sentence in sentences for word in sentence]]
    return _train(texts, vector_size, window, min_count, epochs, sg, seed)


def lower_case(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    texts = [[word.lower() for word in sentence] for sentence in sentences]
    return _train(texts, vector_size, window, min_count, epochs, sg, seed)


def each_word_once(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    texts = [list(dict.fromkeys(sentence)) for sentence in sentences]
    return _train(texts, vector_size, window, min_count, epochs, sg, seed)


def read_only_once(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(iter(sentences), vector_size, window, min_count, epochs, sg, seed)


def vectors_returned(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed).wv


def nothing_returned(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    _train(sentences, vector_size, window, min_count, epochs, sg, seed)


def trained_twice(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    model = _train(sentences, vector_size, window, min_count, epochs, sg, seed)
    model.train(sentences, total_examples=model.corpus_count, epochs=epochs)
    return model


def sentences_sorted(
    sentences: Sentences, vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Any:
    sentences.sort()
    return _train(sentences, vector_size, window, min_count, epochs, sg, seed)


MISCONCEPTIONS = (
    Misconception(
        "size_and_window_swapped", "vector_size and window are swapped: pass them by name.", size_and_window_swapped
    ),
    Misconception(
        "window_and_min_count_swapped",
        "window and min_count are swapped: pass them by name.",
        window_and_min_count_swapped,
    ),
    Misconception(
        "min_count_and_epochs_swapped",
        "min_count and epochs are swapped: pass them by name.",
        min_count_and_epochs_swapped,
    ),
    Misconception(
        "always_a_hundred", "vector_size is not passed on: your vectors have gensim's 100 entries.", always_a_hundred
    ),
    Misconception("window_ignored", "window is not passed on: gensim's own is 5.", window_ignored),
    Misconception(
        "min_count_ignored", "min_count is not passed on: gensim's own is 5, which drops rare words.", min_count_ignored
    ),
    Misconception(
        "every_word_kept",
        "Your model keeps every word: pass min_count on, so that rare words are dropped.",
        every_word_kept,
    ),
    Misconception(
        "more_than_min_count",
        "A word that comes exactly min_count times is dropped with you. gensim keeps it: pass min_count as it is.",
        more_than_min_count,
    ),
    Misconception("epochs_ignored", "epochs is not passed on: gensim's own is 5.", epochs_ignored),
    Misconception(
        "always_bag_of_words", "sg is not passed on: without it gensim trains CBOW, also for sg=1.", always_bag_of_words
    ),
    Misconception("always_skip_gram", "Your model is always a skip-gram one: pass sg on.", always_skip_gram),
    Misconception("sg_turned", "sg is turned round: 1 is skip-gram, 0 is CBOW, as in gensim.", sg_turned),
    Misconception("seed_ignored", "seed is not passed on: gensim's own is 1, whatever is asked for.", seed_ignored),
    Misconception(
        "several_workers",
        "workers is left at gensim's 3: threads then train in another order each time. Set workers=1.",
        several_workers,
    ),
    Misconception(
        "four_workers",
        "Your model trains with 4 workers, in another order each time. Set workers=1.",
        four_workers,
    ),
    Misconception(
        "hierarchical",
        "You train with the hierarchical softmax (hs=1). Leave hs and negative as gensim has them.",
        hierarchical,
    ),
    Misconception("more_negatives", "You set negative=10: leave it as gensim has it, at 5.", more_negatives),
    Misconception(
        "no_subsampling",
        "You switch off the subsampling of frequent words (sample=0): leave sample as gensim has it.",
        no_subsampling,
    ),
    Misconception(
        "whole_windows",
        "You set shrink_windows=False: leave it as gensim has it, which draws the window of each word.",
        whole_windows,
    ),
    Misconception(
        "words_capped",
        "You limit the number of words (max_final_vocab): leave it as gensim has it, without a limit.",
        words_capped,
    ),
    Misconception("smaller_batches", "You set batch_words=500: leave it as gensim has it, at 10,000.", smaller_batches),
    Misconception(
        "loss_computed", "You set compute_loss=True: leave it as gensim has it, switched off.", loss_computed
    ),
    Misconception(
        "names_of_an_old_version",
        "`size` was the name before gensim 4: it is vector_size now (and iter is epochs).",
        names_of_an_old_version,
    ),
    Misconception(
        "letters_for_words",
        "Your model learned letters: to gensim a string is a list of letters. Give it lists of words.",
        letters_for_words,
    ),
    Misconception(
        "one_long_sentence",
        "You join all sentences into one, so that windows reach from one sentence into the next.",
        one_long_sentence,
    ),
    Misconception("lower_case", "Your words are in lower case: train on the sentences as they are given.", lower_case),
    Misconception(
        "each_word_once",
        "A word that comes twice in a sentence is only kept once: train on the sentences as they are given.",
        each_word_once,
    ),
    Misconception(
        "read_only_once",
        "Your sentences can be read once only: the words are counted, and nothing is left to train on. Pass the list.",
        read_only_once,
    ),
    Misconception("vectors_returned", "You return model.wv: return the model itself.", vectors_returned),
    Misconception("nothing_returned", "You return nothing: the `return` is missing.", nothing_returned),
    Misconception(
        "trained_twice",
        "You train twice: Word2Vec(sentences, ...) has trained already when it returns.",
        trained_twice,
    ),
    Misconception("sentences_sorted", "You sort the list of sentences itself: leave it as it was.", sentences_sorted),
)
