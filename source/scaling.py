# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Scaling: what more data buys
#
# Language models became famous because they grew. Behind this stands an observation that a physicist will like: if a
# model learns from more and more text, its loss on new text often falls along a smooth curve, a power law with a floor
# ([Kaplan and others, 2020](https://arxiv.org/abs/2001.08361); [Hoffmann and others,
# 2022](https://arxiv.org/abs/2203.15556)). People fit the curve to small models, read off what a large one would
# reach, and then decide whether to pay for it.
#
# Such a curve is a measurement, and it can be measured badly. In this notebook you make the measurement yourself, with
# models so small that you can count everything. You will see how a careless split makes a model look much better than
# it is, how little six points say about a floor, and a case where more data buys nothing at all.
#
# **At the end you will be able to**
#
# - split data so that the test says something about new text;
# - write a model of counts (an n-gram model), and compare models that cut text into different pieces;
# - fit a power law with a floor, and say which of its numbers you may trust;
# - predict the loss for more data, and check the prediction;
# - turn the motion of a body into tokens, and say what a model of these tokens has learnt about $g$, and what not.
#
# | Question | minutes | difficulty | points |
# |---|---|---|---|
# | 1 `split_stories` | 20 | ●●○ | 3 |
# | 2 `ngram_loss` | 35 | ●●● | 4 |
# | 3 `bits_per_byte` | 10 | ●○○ | 1 |
# | 4 `fit_power_law` | 40 | ●●● | 4 |
# | 5 three points in a newspaper (in words) | 20 | ●●○ | 3 |
# | 6 `tokenize_trajectory` | 15 | ●●○ | 2 |
# | 7 `detokenize_trajectory` | 5 | ●○○ | 1 |
# | 8 `next_state_error` | 5 | ●○○ | 1 |
# | 9 `measured_acceleration` | 10 | ●○○ | 1 |
# | 10 `rollout` | 15 | ●●○ | 2 |
# | 11 what does the model know of g? (in words) | 25 | ●●○ | 3 |
#
# Together about three and a half hours, 25 points. You need Python, the logarithm, and the idea of a loss
# ($-\ln p$ of what really came). The inside of GPT-2 does not matter here.

# %% [markdown]
# ## How to work
#
# - Write your code where it says `# YOUR CODE HERE`, and delete the line `raise NotImplementedError(...)` below it.
# - Run the test cell that follows. If it fails, its message names a likely cause. Your marks come from further tests
#   of the same kind with other numbers and other sizes, so write for the general case.
# - Hints are folded. Try five minutes without them.
# - Cells without a question show your functions at work. If one says "Finish Question 2 first", it will wait for you.
# - Where it says `ValueError`, a bad argument raises one: `raise ValueError("what is wrong")`.

# %% grade_id="setup" role="locked"
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel

device = "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def needs(question):
    """`with needs("Question 1"):` runs its block, or says in one line which question to finish first."""
    try:
        yield
    except (NotImplementedError, NameError) as error:
        print(f"Finish {question} first, then run this cell again. ({type(error).__name__}: {error})")


for file in ("stories.txt", "gpt2_curves.json"):
    if not Path(file).is_file():
        raise FileNotFoundError(f"{file} does not lie beside this notebook. It comes with it: put it there.")
told = Path("stories.txt").read_text(encoding="utf-8").splitlines()
different = list(dict.fromkeys(told))
vocabulary = {word: i for i, word in enumerate(sorted({word for story in told for word in story.split()}))}
V = len(vocabulary)


def ids_of_words(stories):
    """Each story as a list of ids, one for each word and mark."""
    return [[vocabulary[word] for word in story.split()] for story in stories]


print("Working on:", device)
print(f"{len(told):,} stories, {len(different):,} different ones, {V:,} different words and marks")
print("Three of them:", *random.Random(4).sample(different, 3), sep="\n    ")

# %% role="author"
from autograder import check

# %% [markdown]
# ## Question 1: a fair split
# *20 minutes · difficulty ●●○ · 3 points*
#
# `stories.txt` holds one short story of physics on each line. A program of this course wrote them. Look at the two
# numbers above: many stories come more than once. Real text is like that, too: licences, news of agencies and
# recipes are copied thousands of times ([Lee and others, 2021](https://arxiv.org/abs/2107.06499)).
#
# A model is tested on text that it has not seen. If we put 10% of the *lines* aside, what happens? Many a story in the
# test has a copy in the part that the model learns from. It need not understand anything there: it only has to
# remember. So we split the **different** stories, and every copy goes to the side of its story.
#
# | symbol | meaning |
# |---|---|
# | `stories` | a list of texts; some come several times |
# | `share` | the part of the different stories that goes to the test, $0 <$ `share` $< 1$ |
# | `seed` | a whole number: the same seed, the same split |
# | result | `(train, test)`: two lists that together hold every entry of `stories`, in their old order |
#
# **By hand.** `stories = ["a", "b", "a", "c", "d", "b"]` has 4 different ones. With `share = 0.5` two of them are
# chosen for the test. If these are *b* and *c*, then `train = ["a", "a", "d"]` and `test = ["b", "c", "b"]`.
#
# If `share` times the number of different stories is no whole number, round it up or down, as you like.
#
# **A trap.** The split must be the same tomorrow, in a new Python process. A `set` of texts has another order in each
# process, since `hash("text")` is changed on purpose at each start. `dict.fromkeys(stories)` keeps the order of the
# list, and `sorted(...)` makes an order. Both are safe.
#
# <details><summary>Hint 1: a plan</summary>
#
# Make a list of the different stories. Shuffle it with a generator of its own, `random.Random(seed)`. The first so
# many of them are for the test. Then go through `stories` once for each side.
# </details>
#
# <details><summary>Hint 2: the tools</summary>
#
# `generator = random.Random(seed)` and then `generator.shuffle(a_list)`, which changes the list. Put the chosen
# stories in a set before you ask `story in chosen`: a set answers at once, a list has to be searched.
# </details>


# %% grade_id="split_stories" role="solution"
def split_stories(stories: list[str], share: float, seed: int) -> tuple[list[str], list[str]]:
    """Two lists of stories, for training and for testing; equal stories stay together.

    stories: a list in which a story may come several times. share: the part of the different stories that goes into
    the test, between 0 and 1 (ValueError otherwise). seed: the same seed gives the same split, also in another Python
    process. Returns (train, test); every story comes back, copies included, in the order of `stories`.
    """
    ### BEGIN SOLUTION
    if not 0 < share < 1:
        raise ValueError(f"share is a part of the stories, between 0 and 1, not {share}")
    distinct = list(dict.fromkeys(stories))  # in order of appearance: the same in every process, unlike a set
    random.Random(seed).shuffle(distinct)
    held_out = set(distinct[: round(share * len(distinct))])
    train = [story for story in stories if story not in held_out]
    test = [story for story in stories if story in held_out]
    return train, test
    ### END SOLUTION


# %% grade_id="test_split_stories" role="test" points=3
letters = ["a", "b", "a", "c", "d", "b", "e", "f", "g", "h", "a", "i", "j"]
result = split_stories(letters, 0.3, seed=1)
assert isinstance(result, tuple), f"return two lists, (train, test), not {type(result).__name__}"
assert len(result) == 2, "return two lists: (train, test)"
train, test = result
assert sorted([*train, *test]) == sorted(letters), (
    f"every entry must come back, copies too. Given: {sorted(letters)}. Came back: {sorted([*train, *test])}"
)
assert not set(train) & set(test), f"on both sides: {set(train) & set(test)}. Equal stories belong together"
assert len(set(test)) == 3, f"3 of the 10 different stories go to the test, yours has {len(set(test))}"
for side in (train, test):
    assert side == [x for x in letters if x in set(side)], "both lists keep the order of `stories`"
assert split_stories(letters, 0.3, seed=1) == result, "the same seed must give the same split again"
assert any(split_stories(letters, 0.3, seed=s) != result for s in range(2, 9)), "other seeds must give other splits"
for bad in (0, 1, -0.5, 1.5):
    try:
        split_stories(letters, bad, seed=1)
    except ValueError:
        continue
    raise AssertionError(f"share = {bad} must raise a ValueError")
print("split_stories looks right")
### BEGIN HIDDEN TESTS
check("split_stories")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 2: a model that only counts
# *35 minutes · difficulty ●●● · 4 points*
#
# The simplest language model counts. How often did *newton* come after *is the*? With $n = 1$ it looks at single words,
# with $n = 2$ at pairs, with $n = 3$ at groups of three: an **n-gram model**. It predicts a word $w$ from the $n - 1$
# words before it, the **context**.
#
# Counting has one difficulty: most groups of three words never came. So the model trusts a long context only as far as
# it has seen it, and takes the rest from the context that is one word shorter:
#
# $$p_1(w) = \frac{c(w) + 1}{N + V}, \qquad
# p_m(w \mid \text{context}) = \frac{c(\text{context}\ w) + p_{m-1}(w \mid \text{context without its first word})}
# {c(\text{context}) + 1}$$
#
# The loss is the mean of $-\ln p_n$ over **every** token of the test, in nats.
#
# | symbol | meaning |
# |---|---|
# | `train`, `test` | lists of sequences; each is a list of ids or a long tensor `(T,)` |
# | $N$ | number of tokens in `train` |
# | $V$ | `vocab_size`, the number of words there are, seen or not |
# | $c(w)$ | how often $w$ came in `train` |
# | $c(\text{context}\ w)$ | how often $w$ came right after this context |
# | $c(\text{context})$ | how often the context came with *anything* after it |
# | $n$ | tokens in a group; `ValueError` if `n < 1` |
#
# Two rules. Nothing is counted across two stories. And at the start of a story the context is what there is: the first
# word has none and gets $p_1$, the second has one word.
#
# **By hand.** `train = [[0, 1, 0]]`, $V = 3$, $n = 2$. Single words: $c(0) = 2$, $c(1) = 1$, $N = 3$. So
# $p_1(0) = 3/6$, $p_1(1) = 2/6$ and $p_1(2) = 1/6$, together 1. After the context 0 came once the word 1, so
# $c(0\ 1) = 1$ and $c(0) = 1$ (the 0 at the end has nothing after it). Then
#
# $$p_2(1 \mid 0) = \frac{1 + 1/3}{1 + 1} = \frac23, \qquad p_2(0 \mid 0) = \frac{0 + 1/2}{2} = \frac14, \qquad
# p_2(2 \mid 0) = \frac{0 + 1/6}{2} = \frac1{12},$$
#
# together 1 again. For `test = [[0, 1]]` the loss is $-\tfrac12 (\ln \tfrac12 + \ln \tfrac23) = 0.549$.
#
# <details><summary>Hint 1: what to count</summary>
#
# Two counters are enough: one for pairs `(context, word)` and one for contexts that had something after them. Contexts
# can be tuples, which may be keys of a `dict` or a `Counter`; the empty tuple `()` is the context of $p_1$, and
# `followed[()]` is $N$.
# </details>
#
# <details><summary>Hint 2: from short to long</summary>
#
# Start with $p_1$. Then go through the contexts of length 1, 2, ... and write `p = (pairs[context, word] + p) /
# (followed[context] + 1)`. A context that never came leaves `p` as it is: $(0 + p)/(0 + 1)$.
# </details>
#
# <details><summary>Hint 3: tensors</summary>
#
# Two tensors with the same number are different keys of a dict. `torch.as_tensor(sequence).tolist()` makes a list of
# plain ints of a list as well as of a tensor.
# </details>


# %% grade_id="ngram_loss" role="solution"
def ngram_loss(
    train: Sequence[Sequence[int] | Tensor], test: Sequence[Sequence[int] | Tensor], n: int, vocab_size: int
) -> float:
    """The mean loss, in nats, of every token of `test` in a model of counts from `train`.

    train, test: lists of sequences of ids from 0 to vocab_size - 1, as tensors (T,) or as lists. A token is predicted
    from the n - 1 tokens before it in its own sequence, or from as many as there are. ValueError if n < 1.
    """
    ### BEGIN SOLUTION
    if n < 1:
        raise ValueError(f"a model counts groups of at least 1 token, not {n}")

    def places(sequences):  # every token, with the contexts before it: the empty one first
        for sequence in sequences:
            ids = torch.as_tensor(sequence).tolist()
            for t, token in enumerate(ids):
                yield token, [tuple(ids[t - m : t]) for m in range(min(n - 1, t) + 1)]

    followed, pairs = Counter(), Counter()
    for token, contexts in places(train):
        followed.update(contexts)
        pairs.update((context, token) for context in contexts)
    total, count = 0.0, 0
    for token, (empty, *longer) in places(test):
        p = (pairs[empty, token] + 1) / (followed[empty] + vocab_size)
        for context in longer:
            p = (pairs[context, token] + p) / (followed[context] + 1)
        total, count = total - math.log(p), count + 1
    return total / count
    ### END SOLUTION


# %% grade_id="test_ngram_loss" role="test" points=4
loss = ngram_loss([[0, 1, 0]], [[0, 1]], 2, 3)
assert isinstance(loss, float), f"ngram_loss returned {type(loss).__name__}, not a float"
assert loss > 0, f"a loss is -ln p, above 0. Yours is {loss:.3f}: is the sign missing?"
assert abs(loss - 1.0986) > 1e-3, "1.0986 is the sum over both words: divide by their number"
assert abs(loss - 0.549306) < 1e-5, f"the example by hand gives 0.5493, yours is {loss:.4f}"
one = ngram_loss([[0, 1, 0]], [[0, 1, 2]], 1, 3)
by_hand = -(math.log(3 / 6) + math.log(2 / 6) + math.log(1 / 6)) / 3
assert abs(one - by_hand) < 1e-9, f"n = 1 gives {by_hand:.4f} for the words 0, 1, 2, yours is {one:.4f}"
split = ngram_loss([[0, 1], [2]], [[1, 2]], 2, 3)
joined = ngram_loss([[0, 1, 2]], [[1, 2]], 2, 3)
assert split > joined, "in [[0, 1], [2]] the 2 does not follow the 1: count nothing across two sequences"
assert abs(ngram_loss([torch.tensor([0, 1, 0])], [torch.tensor([0, 1])], 2, 3) - loss) < 1e-9, (
    "a sequence may be a tensor: make a list of ints of it first"
)
uneven = ngram_loss([[0, 1, 0]], [[0, 1, 0, 1, 0, 1], [2]], 2, 3)
rows = [ngram_loss([[0, 1, 0]], [row], 2, 3) for row in ([0, 1, 0, 1, 0, 1], [2])]
assert abs(uneven - (6 * rows[0] + rows[1]) / 7) < 1e-9, "every token counts once: one mean over all tokens"
four = ngram_loss([[0, 1, 2, 3, 4, 5]], [[1, 2, 3]], 4, 6)
three = ngram_loss([[0, 1, 2, 3, 4, 5]], [[1, 2, 3]], 3, 6)
assert abs(four - three) < 1e-9, "the third word has two words before it: the context is what there is, also for n = 4"
try:
    ngram_loss([[0]], [[0]], 0, 3)
except ValueError:
    pass
else:
    raise AssertionError("n = 0 must raise a ValueError")
print("ngram_loss looks right")
### BEGIN HIDDEN TESTS
check("ngram_loss")
### END HIDDEN TESTS

# %% [markdown]
# ### The first experiment: a leak
# Before any curve, look at the split. The next cell measures the same models twice: once with a tenth of the *lines*
# as the test, once with a tenth of the *different stories*.
#
# **Guess first**: for which $n$ will the difference be large, and in which direction?

# %%
with needs("Questions 1 and 2"):
    lines = random.Random(1).sample(told, len(told))
    by_lines = ids_of_words(lines[len(lines) // 10 :]), ids_of_words(lines[: len(lines) // 10])
    by_stories = [ids_of_words(side) for side in split_stories(different, 0.1, seed=1)]
    print("n   split by lines   split by stories   the leak makes it look better by")
    leaks = []
    for n in (1, 2, 3):
        careless, fair = (ngram_loss(*sides, n, V) for sides in (by_lines, by_stories))
        leaks.append(1 - careless / fair)
        print(f"{n} {careless:13.3f} {fair:16.3f} {abs(leaks[-1]):24.0%}")
    assert abs(leaks[0]) < 0.02, "for single words the leak should hardly matter"
    assert leaks[2] > 0.1, "for n = 3 the leak should matter much"

# %% [markdown]
# **Read it.** For single words nothing changes. The more words the model sees at once, the better it can *remember*
# whole stories, and the more it gains from copies in the test. Nothing in the left column is a wrong calculation. The
# number is right, and the question was wrong: it says how well the model does on text of which it has seen a good
# part before.
#
# From here on we use the different stories only, each once.

# %% [markdown]
# ## Question 3: models with different tokens
# *10 minutes · difficulty ●○○ · 1 point*
#
# One model reads words, another one reads characters. Their losses are means over different things: a word is several
# characters. What is comparable is the price of the whole text. In nats it is (mean loss) × (number of tokens). Spread
# it over the bytes of the text, which are the same for both, and change to bits:
#
# $$\text{bits per byte} = \frac{L\, n_{\text{tokens}}}{n_{\text{bytes}}\, \ln 2}$$
#
# | symbol | meaning |
# |---|---|
# | $L$ | `loss`, the mean loss of a token in nats: a float, or a tensor of shape `()` |
# | $n_{\text{tokens}}$, $n_{\text{bytes}}$ | how many tokens and how many bytes the same text has |
# | result | a Python float |
#
# **By hand.** A text of 40 bytes is cut into 10 tokens, and $L = 2.77$ nats $= 4 \ln 2$. That is 4 bits a token, 40
# bits for the text, 1 bit for each byte.
#
# <details><summary>Hint</summary>
#
# One bit is $\ln 2 \approx 0.693$ nats, so the number in bits is the larger one. `float(loss)` takes a float as well as
# a tensor of shape `()`.
# </details>


# %% grade_id="bits_per_byte" role="solution"
def bits_per_byte(loss: float | Tensor, n_tokens: int, n_bytes: int) -> float:
    """How many bits the model needs for each byte of a text.

    loss: mean loss of a token in nats, a float or a tensor of shape (). The text has n_tokens tokens and n_bytes bytes.
    """
    ### BEGIN SOLUTION
    return float(loss) * n_tokens / n_bytes / math.log(2)
    ### END SOLUTION


# %% grade_id="test_bits_per_byte" role="test" points=1
bits = bits_per_byte(4 * math.log(2), 10, 40)
assert isinstance(bits, float), f"bits_per_byte returned {type(bits).__name__}, not a float"
assert abs(bits - math.log(2)) > 1e-6, "this is 1 bit, still in nats: divide by ln 2"
assert abs(bits - 16) > 1e-6, "tokens and bytes are swapped"
assert abs(bits - 1) < 1e-9, f"the example by hand gives 1 bit for each byte, yours is {bits}"
assert isinstance(bits_per_byte(torch.tensor(1.5), 10, 40), float), "for a tensor, too, the result is a Python float"
assert bits_per_byte(math.log(2), 8, 8) == 1, "one bit for each token, and as many bytes as tokens: 1"
print("bits_per_byte looks right")
### BEGIN HIDDEN TESTS
check("bits_per_byte")
### END HIDDEN TESTS

# %%
with needs("Questions 1, 2 and 3"):
    learnt, new = split_stories(different, 0.1, seed=1)
    n_bytes = sum(len(story.encode()) for story in new)
    print("tokens        n   loss (nats a token)   bits per byte")
    for name, cut, size, orders in (
        ("words", ids_of_words, V, (1, 3)),
        ("characters", lambda stories: [list(story.encode()) for story in stories], 256, (1, 3, 6)),
    ):
        train, test = cut(learnt[:2000]), cut(new)
        for n in orders:
            loss = ngram_loss(train, test, n, size)
            print(f"{name:12} {n:2} {loss:16.3f} {bits_per_byte(loss, sum(map(len, test)), n_bytes):18.3f}")

# %% [markdown]
# **Read it.** By nats a token the models of characters look far better, since a character is easier to guess than a
# word. By bits per byte the comparison is fair: both columns on the right are about the same text. (Nearly fair. The
# model of words does not pay for the spaces between words, and it was given the list of all words of the text, those
# of the test included.)

# %% [markdown]
# ## Loss against data
# Now the measurement. We take 250, 500, ..., 8,000 stories to learn from, each set within the next one, and always the
# same test. The $x$-axis counts **words**, since that is what the models learn from.

# %%
SIZES = (250, 500, 1000, 2000, 4000, 8000)

with needs("Questions 1 and 2"):
    learnt, new = (ids_of_words(side) for side in split_stories(different, 0.1, seed=1))
    learnt = random.Random(1).sample(learnt, len(learnt))  # the first ones are a fair sample, too
    words = torch.tensor([sum(map(len, learnt[:size])) for size in SIZES])
    measured = {}
    for n in (1, 2, 3):
        losses = [ngram_loss(learnt[:size], new, n, V) for size in SIZES]
        measured[n] = torch.tensor(losses, dtype=torch.float64)
        print(f"n = {n}:", *(f"{loss:6.3f}" for loss in losses))

    fig, ax = plt.subplots(figsize=(6.5, 4))
    for n, losses in measured.items():
        ax.plot(words, losses, "o-", label=f"n = {n}")
    ax.set(xscale="log", xlabel="words to learn from", ylabel="loss on new stories (nats a word)")
    ax.legend()
    plt.show()

# %% [markdown]
# **Read it.** The model of single words has learnt nearly all it can after 250 stories: 30 times more text helps it
# little. With context the loss goes on falling, and the longest context gains most. More data helps a model that has
# *room* to use it.

# %% [markdown]
# ## Question 4: a power law with a floor
# *40 minutes · difficulty ●●● · 4 points*
#
# Curves like these are described by three numbers:
#
# $$L(D) = L_\infty + \left(\frac{D_0}{D}\right)^{\alpha}$$
#
# | symbol | meaning | shape, limits |
# |---|---|---|
# | $D$ | `sizes`, amounts of data | `(N,)` float64 or long, above 0, $N \ge 4$ |
# | $L$ | `losses` | `(N,)` |
# | $L_\infty$ | `floor`: what no amount of data gets below | float, $\ge 0$ |
# | $D_0$ | `scale`: at this $D$ the second term is 1 | float, $> 0$ |
# | $\alpha$ | `alpha`: how fast the second term falls | float, 0.05 to 3 |
#
# Find the three that make the sum of squared errors $\sum_i (L(D_i) - L_i)^2$ as small as possible, and return
# `(floor, scale, alpha)`. Fewer than 4 points, unequal lengths, or a size of 0 or less: `ValueError`.
#
# Nobody can solve this with a formula. But half of it has one. **Hold $\alpha$ fixed.** With $x_i = D_i^{-\alpha}$ and
# $B = D_0^{\alpha}$ the curve is a straight line, $L = L_\infty + B\,x$, and you know least squares for a line:
#
# $$B = \frac{\sum_i (x_i - \bar x)(L_i - \bar L)}{\sum_i (x_i - \bar x)^2}, \qquad L_\infty = \bar L - B\, \bar x$$
#
# If this $L_\infty$ is below 0, the best allowed floor is 0, and then $B = \sum x_i L_i / \sum x_i^2$. So only one
# number is left to search for: try many $\alpha$, keep the best, and look closer around it.
#
# **By hand.** $D = 1, 4, 16, 64$ and $L = 3,\ 2,\ 1.5,\ 1.25$. Try $\alpha = \tfrac12$: $x = 1, \tfrac12, \tfrac14,
# \tfrac18$. From $x = \tfrac12$ to $x = 1$ the loss rises by 1, so $B = 2$ and $L_\infty = 1$, and all four points lie
# on this line. From $B = D_0^{1/2} = 2$ follows $D_0 = 4$. The answer is $(1, 4, \tfrac12)$.
#
# <details><summary>Hint 1: why not simply a straight line in a log-log plot?</summary>
#
# Because of the floor. $\ln(L - L_\infty)$ against $\ln D$ is straight only if you know $L_\infty$ already. If you
# leave the floor out, or take the smallest loss for it, the exponent comes out wrong.
# </details>
#
# <details><summary>Hint 2: all exponents at once</summary>
#
# `alphas = torch.logspace(math.log10(0.05), math.log10(3), 400, dtype=torch.float64)[:, None]` has the shape
# `(400, 1)`. `sizes ** -alphas` then is `(400, N)`, a row for each exponent. Sums over dimension 1 give one number
# for each. </details>
#
# <details><summary>Hint 3: looking closer</summary>
#
# If number `i` of the grid is the best, the answer lies between `alphas[i - 1]` and `alphas[i + 1]` (stay within the
# grid at its ends). Make a new grid between these two, three or four times.
# </details>
#
# <details><summary>Hint 4: large numbers</summary>
#
# Sizes of a billion to the power −3 become very small. Divide all sizes by a middle one first (their geometric mean),
# and multiply the scale by it at the end. Work in float64.
# </details>


# %% grade_id="fit_power_law" role="solution"
def fit_power_law(sizes: Tensor, losses: Tensor) -> tuple[float, float, float]:
    """The curve loss(D) = floor + (scale / D)^alpha with the least sum of squared errors.

    sizes, losses: (N,), N >= 4, sizes float64 or long and above 0; ValueError otherwise, and where the lengths differ.
    Returns (floor, scale, alpha), three floats: floor >= 0, scale > 0, alpha from 0.05 to 3.
    """
    ### BEGIN SOLUTION
    if len(sizes) != len(losses) or len(sizes) < 4 or (sizes <= 0).any():
        raise ValueError("four sizes or more are needed, all above 0, and a loss for each of them")
    D, L = sizes.double(), losses.double()
    middle = D.log().mean().exp()  # sizes are taken relative to this one, so that no power gets very large or small

    def best(alphas):
        """For each alpha (A, 1) the best floor and factor of D^-alpha, and what they leave: three of shape (A, 1)."""
        x = (D / middle) ** -alphas  # (A, N)
        x_mean = x.mean(1, keepdim=True)
        factor = ((x - x_mean) * (L - L.mean())).sum(1, keepdim=True) / ((x - x_mean) ** 2).sum(1, keepdim=True)
        through_zero = (x * L).sum(1, keepdim=True) / (x * x).sum(1, keepdim=True)
        factor = torch.where(L.mean() < factor * x_mean, through_zero, factor).clamp_min(1e-12)
        floor = (L.mean() - factor * x_mean).clamp_min(0)
        return floor, factor, ((floor + factor * x - L) ** 2).sum(1, keepdim=True)

    alphas = torch.logspace(math.log10(0.05), math.log10(3), 400, dtype=torch.float64)[:, None]
    for _ in range(4):  # each round looks closer, between the neighbours of the best one
        floor, factor, left = best(alphas)
        i = int(left.argmin())
        found = floor[i].item(), factor[i].item(), alphas[i].item()
        low, high = alphas[max(i - 1, 0)].item(), alphas[min(i + 1, 399)].item()
        alphas = torch.linspace(low, high, 400, dtype=torch.float64)[:, None]
    floor, factor, alpha = found
    return floor, middle.item() * factor ** (1 / alpha), alpha
    ### END SOLUTION


# %% grade_id="test_fit_power_law" role="test" points=4
D = torch.tensor([1, 4, 16, 64])
L = torch.tensor([3.0, 2.0, 1.5, 1.25], dtype=torch.float64)
fit = fit_power_law(D, L)
assert isinstance(fit, tuple), "return three numbers: (floor, scale, alpha)"
assert len(fit) == 3, "return three numbers: (floor, scale, alpha)"
assert all(isinstance(number, float) for number in fit), f"three Python floats are asked, not {fit}"
floor, scale, alpha = fit
assert abs(alpha + 0.5) > 1e-2, "alpha is -0.5 here: it stands in (scale / D)^alpha, and is positive"
assert abs(alpha - 0.5) < 0.005, f"the example by hand has alpha = 1/2, yours is {alpha:.4f}"
assert abs(scale - 2) > 0.02, "you return B = scale^alpha: the scale is B^(1 / alpha)"
assert abs(floor - 1) < 0.0125, f"the example by hand has the floor 1, yours is {floor:.3f}"
assert abs(scale - 4) < 0.04, f"the example by hand has the scale 4, yours is {scale:.3f}"
D = 1000 * torch.tensor([1.0, 2, 5, 10, 20, 50], dtype=torch.float64)
for true in ((2.0, 500.0, 0.3), (0.5, 9000.0, 1.5), (0.0, 8000.0, 0.15)):
    fit = fit_power_law(D, true[0] + (true[1] / D) ** true[2])
    assert abs(fit[2] / true[2] - 1) < 0.01, f"exact points with alpha = {true[2]}, yours is {fit[2]:.4f}"
    assert abs(fit[1] / true[1] - 1) < 0.01, f"exact points with scale = {true[1]}, yours is {fit[1]:.1f}"
sagging = 1.2 * (D / 50_000) ** -0.4 - 0.2  # its best floor would be -0.2
assert fit_power_law(D, sagging)[0] >= 0, "a floor below 0 makes no sense: there take 0, and fit the rest again"
for bad in ((D[:3], D[:3]), (D, D[:4]), (D - 1000, D)):
    try:
        fit_power_law(*bad)
    except ValueError:
        continue
    raise AssertionError("fewer than 4 points, unequal lengths or a size of 0 must raise a ValueError")
print("fit_power_law looks right")
### BEGIN HIDDEN TESTS
check("fit_power_law")
### END HIDDEN TESTS

# %% [markdown]
# ### Predict, then look
# A fit through all points always looks good. The honest test of a law is to predict what it has not seen: fit the first
# four sizes, and predict the last two.


# %%
def curve(D, floor, scale, alpha):
    """The power law at the sizes D."""
    return floor + (scale / D.double()) ** alpha


with needs("Questions 1, 2 and 4"):
    fig, ax = plt.subplots(figsize=(6.5, 4))
    dense = torch.logspace(3.4, 6, 100, dtype=torch.float64)
    for n, losses in measured.items():
        first, whole = fit_power_law(words[:4], losses[:4]), fit_power_law(words, losses)
        ax.plot(words, losses, f"C{n - 1}o", label=f"n = {n}")
        ax.plot(dense, curve(dense, *first), f"C{n - 1}:")
        ax.plot(dense, curve(dense, *whole), f"C{n - 1}-", linewidth=1)
        guessed = ", ".join(
            f"{guess:.2f} (really {loss:.2f})"
            for guess, loss in zip(curve(words[4:], *first).tolist(), losses[4:].tolist(), strict=True)
        )
        print(
            f"n = {n}: floor {whole[0]:.2f}, alpha {whole[2]:.2f} from six sizes; "
            f"floor {first[0]:.2f}, alpha {first[2]:.2f} from four"
        )
        print(f"       predicted from four: {guessed}")
    ax.set(xscale="log", xlabel="words to learn from", ylabel="loss on new stories (nats a word)")
    ax.set_title("dotted: fitted to the first four sizes; solid: to all six", fontsize=9)
    ax.legend()
    plt.show()

# %% [markdown]
# **Read it.** Compare the two floors of each line, and the two predictions with what really came. To predict one
# doubling ahead is one thing, to name the floor is another.
#
# Why is the floor so uncertain? The next cell holds the floor fixed at many values, fits the rest, and draws how much
# worse the fit gets: first for one floor, then for all pairs of floor and exponent.

# %%
with needs("Questions 1, 2 and 4"):
    losses = measured[3]
    best = fit_power_law(words, losses)
    spread = (curve(words, *best) - losses).square().mean().sqrt()
    floors = torch.linspace(0, losses.min().item() - 0.05, 60, dtype=torch.float64)[:, None, None]
    alphas = torch.linspace(0.05, 1.2, 80, dtype=torch.float64)[None, :, None]
    x = (words.double() / words[2]) ** -alphas
    factor = ((losses - floors) * x).sum(-1, keepdim=True) / (x * x).sum(-1, keepdim=True)
    error = (floors + factor * x - losses).square().mean(-1).sqrt()  # (floors, alphas)

    fig, ax = plt.subplots(figsize=(6.5, 4))
    picture = ax.contourf(alphas.flatten(), floors.flatten(), error, levels=[0.02 * i for i in range(11)], extend="max")
    fig.colorbar(picture, label="typical error of the fit (nats)")
    ax.plot(best[2], best[0], "r*", markersize=12)
    ax.set(xlabel="alpha", ylabel="floor (nats a word)")
    plt.show()
    good = floors.flatten()[(error < 2 * max(spread.item(), 0.01)).any(1)]
    print(f"best: floor {best[0]:.2f}, alpha {best[2]:.2f}, typical error {spread:.3f}")
    print(f"less than twice that error is left with floors from {good.min():.2f} to {good.max():.2f}")

# %% [markdown]
# **Read it.** The good fits form a long **valley**: a lower floor with a smaller exponent describes the six points
# nearly as well as a higher floor with a larger one. The points fix a *combination* of both. This is a well-known
# trouble of such fits. (Besiroglu and others, [2024](https://arxiv.org/abs/2404.10102), fitted the published data of
# Hoffmann and others again, and got other numbers, with wider errors.)

# %% [markdown]
# ## GPT-2 on the same stories
# Do these curves say anything about a real language model? We trained small GPT-2s on 250 to 8,000 of the same stories:
# two layers, once with a width of 16 numbers for each word and once with 64. On one core this takes about six minutes,
# so the losses are shipped in `gpt2_curves.json`. The cell below is the recipe, word for word, with which they were
# made.


# %% grade_id="gpt2_recipe" role="locked"
PASSES, BATCH, LAYERS, HEADS, PLACES = 12, 16, 2, 2, 33


def new_gpt2(vocab_size, width, seed):
    """A GPT-2 with random numbers. It has one token more than the vocabulary, which marks the beginning of a story."""
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=vocab_size + 1,
        n_positions=PLACES,
        n_embd=width,
        n_layer=LAYERS,
        n_head=HEADS,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=vocab_size,
        eos_token_id=vocab_size,
    )
    return GPT2LMHeadModel(config).to(device)


def batches(sequences, vocab_size, generator):
    """Pairs of what the model reads and what it should say, both (BATCH, T); stories of like lengths stand together."""
    order = sorted(sequences, key=lambda ids: (len(ids), generator.random()))
    groups = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    for group in generator.sample(groups, len(groups)):
        reads = torch.full((len(group), len(group[-1])), vocab_size)
        says = torch.full_like(reads, -100)  # cross_entropy passes over these
        for row, ids in enumerate(group):
            reads[row, 1 : len(ids)] = torch.tensor(ids[:-1])
            says[row, : len(ids)] = torch.tensor(ids)
        yield reads.to(device), says.to(device)


def train_gpt2(sequences, vocab_size, width, seed):
    """A GPT-2 of this width that has read `sequences`, lists of ids, PASSES times."""
    model, generator = new_gpt2(vocab_size, width, seed), random.Random(seed)
    highest = 0.04 / width**0.5  # of the learning rate, which rises for 20 steps and then falls to 0 in a straight line
    optimizer = torch.optim.AdamW(model.parameters(), lr=highest, betas=(0.9, 0.98), weight_decay=0.1)
    steps, step = PASSES * math.ceil(len(sequences) / BATCH), 0
    for _ in range(PASSES):
        for reads, says in batches(sequences, vocab_size, generator):
            for group in optimizer.param_groups:
                group["lr"] = highest * min(1, (step + 1) / 20) * (1 - step / steps)
            loss = F.cross_entropy(model(reads).logits.flatten(0, 1), says.flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
    return model.eval()


@torch.no_grad()
def gpt2_loss(model, sequences, vocab_size):
    """The mean loss of every token of `sequences`, in nats."""
    total, count = 0.0, 0
    for reads, says in batches(sequences, vocab_size, random.Random(0)):
        total += F.cross_entropy(model(reads).logits.flatten(0, 1), says.flatten(), reduction="sum").item()
        count += int((says >= 0).sum())
    return total / count


@contextmanager
def one_thread():
    """Runs its block on one thread of the processor: for matrices as small as these, more threads cost time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# %%
shipped = json.loads(Path("gpt2_curves.json").read_text())
again = shipped["again"]

with needs("Questions 1, 2 and 4"):
    fig, ax = plt.subplots(figsize=(6.5, 4.2))
    for n, losses in measured.items():
        ax.plot(words, losses, f"C{n - 1}--", linewidth=1, label=f"counts, n = {n}")
    for number, line in enumerate(shipped["curves"], 3):
        data, losses = torch.tensor(line["words"]), torch.tensor(line["losses"], dtype=torch.float64)
        ax.plot(data, losses, f"C{number}o-", label=f"GPT-2, width {line['width']}")
        floor, scale, alpha = fit_power_law(data, losses)
        first = fit_power_law(data[:4], losses[:4])
        guess = curve(data[4:], *first).tolist()
        print(f"width {line['width']} ({line['parameters']:,} parameters): floor {floor:.2f}, alpha {alpha:.2f}")
        print(f"    predicted from four: {guess[0]:.2f}, {guess[1]:.2f}; really {losses[4]:.2f}, {losses[5]:.2f}")
    ax.set(xscale="log", xlabel="words to learn from", ylabel="loss on new stories (nats a word)")
    ax.legend(fontsize=8)
    plt.show()

# %% [markdown]
# **Read it.** Three things stand in this picture.
#
# - With few stories, counting is the better model. GPT-2 has to learn everything, also that *the* is frequent.
# - With many stories, the wide GPT-2 passes all models of counts, and it is still falling. It can use what stood ten
#   words before, and what it learnt in other sentences.
# - With few stories both widths are equally good. With many the narrow one falls behind: there it is not the data that
#   is missing, but room in the model.
#
# And look at the predictions for the wide one. The four small sizes promised much less than what then came: the loss
# fell *faster* than the law. Perhaps a model must first learn words before it can learn sentences. A curve through four
# points is no promise for the next two, in either direction.
#
# **A live run.** Would you believe a file? Train one of the points again, here, with your own split: width 16, 500
# stories. It takes a few seconds. Another split and another seed give another loss, so we trained this point twelve
# times beforehand, each time with another split and seed. Your run should lie within four standard deviations of the
# mean of these twelve.

# %%
with needs("Question 1"):
    learnt, new = (ids_of_words(side) for side in split_stories(different, shipped["share"], seed=77))
    learnt = random.Random(77).sample(learnt, len(learnt))
    with one_thread():
        model = train_gpt2(learnt[: again["stories"]], V, again["width"], seed=77)
        live = gpt2_loss(model, new, V)
    before = torch.tensor(again["losses"])
    print(f"trained here: {live:.3f}; twelve runs before: {before.mean():.3f}, standard deviation {before.std():.3f}")
    assert abs(live - before.mean()) < 4 * before.std(), "this run does not fall on the shipped curve"
    neighbours = [shipped["curves"][0]["losses"][place] for place in (0, 2)]
    print(f"half the stories gave {neighbours[0]:.3f}, twice as many {neighbours[1]:.3f}")

# %% [markdown]
# ## Question 5: three points and an exponent
# *20 minutes · difficulty ●●○ · 3 points, marked by hand*
#
# An article (invented for this question) says: *"The model was trained on 1, 2 and 4 billion words. Its loss fell from
# 3.1 to 2.9 to 2.8. This follows a power law with the exponent 1.0. With 100 billion words the loss will be 2.7."*
#
# The next cell draws curves that agree with the three numbers as they are printed, to one digit after the point.

# %%
with needs("Question 4"):
    printed_sizes = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    printed_losses = torch.tensor([3.1, 2.9, 2.8], dtype=torch.float64)
    try:
        fit_power_law(printed_sizes, printed_losses)
    except ValueError as error:
        print("Your fit_power_law says of the three points:", error)
    agree = []
    for floor in torch.arange(0, 2.8, 0.05).tolist():
        for alpha in torch.arange(0.05, 3, 0.03).tolist():
            for top in torch.arange(3.05, 3.15, 0.02).tolist():  # the loss at one billion
                line = floor + (top - floor) * printed_sizes**-alpha
                if (line - printed_losses).abs().max() <= 0.05:
                    agree.append((floor + (top - floor) * 100**-alpha, floor, alpha, top))
    lowest, highest = min(agree), max(agree)
    dense = torch.logspace(0, 2, 100, dtype=torch.float64)
    fig, ax = plt.subplots(figsize=(6.5, 4))
    for name, (at_100, floor, alpha, top) in (("lowest", lowest), ("highest", highest)):
        ax.plot(dense, floor + (top - floor) * dense**-alpha, label=f"{name}: floor {floor:.2f}, alpha {alpha:.2f}")
        print(f"{name}: floor {floor:.2f}, alpha {alpha:.2f}, loss {at_100:.2f} at 100 billion words")
    for name, place in (("floors", 1), ("exponents", 2)):
        values = [line[place] for line in agree]
        print(f"{name} that agree with the printed numbers: {min(values):.2f} to {max(values):.2f}")
    ax.errorbar(printed_sizes, printed_losses, yerr=0.05, fmt="ko", capsize=3)
    ax.set(xscale="log", xlabel="billions of words", ylabel="loss (nats a token)")
    ax.legend()
    plt.show()

# %% [markdown]
# Write about 120 words, in three parts (one point each).
#
# 1. What do the three points say about the exponent and the floor? Use two numbers from the output above, and say why
#    three points cannot test a law with three unknown numbers.
# 2. What would you have to know about the *test* before you believe the losses? Use a number from this notebook.
# 3. What would you ask the authors to measure, so that the prediction for 100 billion words can be trusted more?

# %% [markdown] grade_id="newspaper" role="manual" points=3
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer* (numbers of one run; the student's outputs decide).
#
# (1) Very little. Curves with exponents from about 0.1 to nearly 2 agree with the three numbers as printed, and at 100
# billion words they say anything from 2.1 to 2.8. Three unknown numbers go through three points, or nearly, whatever
# the truth is: no point is left over that could contradict. That the exponent is "1.0" is one choice out of a long
# valley.
#
# (2) Whether texts of the test were copied in the training data. Here the trigram model looked better by about a fifth
# when lines were split in place of stories. A model that remembers gains more from copies, so a leak changes the slope
# of the curve, too.
#
# (3) More sizes over a wider range (at least five or six, over a factor of 30 or more), with several seeds each, losses
# with three digits, and a prediction made *before* the largest run and then compared with it.
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. One point: two numbers, *and* that no point is left to test the law. Half: one of them.
# 2. One point: copies or overlap between training and test, with a number. Half: without a number, or another sensible
#    doubt (other text, other tokens) with its reason.
# 3. One point: at least two of: more sizes, wider range, repeated seeds or error bars, prediction before measurement.
#    Half: one of these.
# ### END SOLUTION

# %% [markdown]
# ## Part two: tokens of a motion
# Language models predict the next token, and a token may stand for anything. Let a body move, write its position down
# every tenth of a second, turn each position into one of a few hundred bins: now a motion is a sentence, and every
# model of this notebook can learn from it. Physics then tells us what there is to learn, which nobody knows for text.
#
# **Rules for Questions 6 to 10.** The functions take tensors from now on.
#
# 1. `...` in a shape stands for any number of leading dimensions, none included. Work on whole tensors (Question 10
#    aside, which needs a loop over steps).
# 2. The result is on the device of the input. In Questions 8 and 9 it also has the dtype of the input, `float32` or
#    `float64`. The input is not changed.
# 3. In Questions 6 to 9 stay in torch: no `.item()`, `.tolist()` or `numpy`.
# 4. Values as large as 10,000 are fine.

# %% [markdown]
# ## Question 6: from positions to tokens
# *15 minutes · difficulty ●●○ · 2 points*
#
# Cut the range from `low` to `high` into `bins` equal pieces, and number them from 0:
#
# $$\text{id}(x) = \left\lfloor \frac{x - \text{low}}{\text{high} - \text{low}}\, \text{bins} \right\rfloor,
# \qquad\text{kept within } 0 \dots \text{bins} - 1$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | positions, finite | `(...)` |
# | `low`, `high` | Python numbers, `low < high`, else `ValueError` | |
# | `bins` | a whole number, at least 1, else `ValueError` | |
# | result | the number of the bin; below `low` it is 0, at or above `high` it is `bins - 1` | `(...)` long |
#
# **By hand.** `low = 0`, `high = 10`, `bins = 5`: each bin is 2 wide. 3.9 is in bin 1. 4.0 lies on an edge and belongs
# to the upper bin, 2. Then −7 goes to bin 0, and 10 and 11 go to bin 4.
#
# <details><summary>Hint</summary>
#
# `.floor()` rounds down, `.clamp(0, bins - 1)` keeps numbers within two ends, and `.long()` makes whole numbers of
# them. Test `low` and `bins` first.
# </details>


# %% grade_id="tokenize_trajectory" role="solution"
def tokenize_trajectory(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    """The number of the bin in which each value lies; there are `bins` equal ones from low to high.

    x: (...). Returns (...) long, 0 to bins - 1. A value on an edge belongs to the upper bin; values below low go to the
    first bin, values at or above high to the last. ValueError unless low < high and bins >= 1.
    """
    ### BEGIN SOLUTION
    if not low < high or bins < 1:
        raise ValueError(f"low must be below high, and at least 1 bin is needed: {low}, {high}, {bins}")
    return ((x - low) * (bins / (high - low))).floor().clamp(0, bins - 1).long()
    ### END SOLUTION


# %% grade_id="test_tokenize_trajectory" role="test" points=2
x = torch.tensor([3.9, 4.0, -7.0, 10.0, 11.0], device=device)
ids = tokenize_trajectory(x, 0, 10, 5)
assert isinstance(ids, Tensor), f"tokenize_trajectory returned {type(ids).__name__}, not a tensor"
assert ids.dtype == torch.long, f"token ids are long, yours are {ids.dtype}"
assert ids[0] == 1, f"3.9 lies in bin 1, from 2 to 4. You have {ids[0]}: take floor, and count from 0"
assert ids[1] == 2, f"4.0 lies on an edge and belongs to the upper bin, 2. You have {ids[1]}"
assert ids[2] == 0, f"values below low go to bin 0. You have {ids[2]}"
assert ids[3:].tolist() == [4, 4], f"values at high and above go to the last bin, 4. You have {ids[3:].tolist()}"
assert tokenize_trajectory(x - 5, -5, 5, 5).tolist() == ids.tolist(), "the bins begin at low: subtract it"
assert tokenize_trajectory(torch.zeros(2, 3), -1, 1, 4).shape == (2, 3), "the shape of x stays"
assert tokenize_trajectory(torch.zeros(3, device="meta"), 0, 1, 4).device.type == "meta", "stay on the device of x"
for bad in ((1, 0, 5), (1, 1, 5), (0, 1, 0)):
    try:
        tokenize_trajectory(x, *bad)
    except ValueError:
        continue
    raise AssertionError(f"low, high, bins = {bad} must raise a ValueError")
print("tokenize_trajectory looks right")
### BEGIN HIDDEN TESTS
check("tokenize_trajectory")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 7: and back
# *5 minutes · difficulty ●○○ · 1 point*
#
# A token stands for a whole bin. The best single number for it is the centre:
#
# $$x(\text{id}) = \text{low} + \left(\text{id} + \tfrac12\right) \frac{\text{high} - \text{low}}{\text{bins}}$$
#
# `ids` is `(...)` long, the result `(...)` float32. **By hand**, with `low = 0`, `high = 10`, `bins = 5`: the centres
# are 1, 3, 5, 7, 9. So $3.9 \to 1 \to 3$. What is lost is at most half a bin.
#
# <details><summary>Hint</summary>
#
# `ids + 0.5` is a tensor of floats. End with `.float()`, so that the result is float32 whatever the default is.
# </details>


# %% grade_id="detokenize_trajectory" role="solution"
def detokenize_trajectory(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    """The centre of the bin of each id. ids: (...) long. Returns (...) float32, on the device of ids."""
    ### BEGIN SOLUTION
    return (low + (ids.double() + 0.5) * ((high - low) / bins)).float()
    ### END SOLUTION


# %% grade_id="test_detokenize_trajectory" role="test" points=1
centres = detokenize_trajectory(torch.arange(5, device=device), 0, 10, 5)
assert isinstance(centres, Tensor), f"detokenize_trajectory returned {type(centres).__name__}, not a tensor"
assert centres.dtype == torch.float32, f"float32 is asked, yours is {centres.dtype}"
assert centres[0] != 0, "0 is the lower edge of the first bin: its centre is 1"
assert centres.tolist() == [1, 3, 5, 7, 9], f"the centres are 1, 3, 5, 7, 9, not {centres.tolist()}"
shifted = detokenize_trajectory(torch.tensor([[0, 3]], device=device), -2.0, 2.0, 4)
assert shifted.tolist() == [[-1.5, 1.5]], f"from -2 to 2 in four bins: bin 0 and 3 have -1.5 and 1.5, not {shifted}"
print("detokenize_trajectory looks right")
### BEGIN HIDDEN TESTS
check("detokenize_trajectory")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 8: how wrong is a prediction?
# *5 minutes · difficulty ●○○ · 1 point*
#
# In metres, please: the root of the mean squared difference over all entries.
#
# $$e = \sqrt{\frac1n \sum_{i=1}^{n} \left(\hat x_i - x_i\right)^2}$$
#
# $\hat x$ is `predicted`, $x$ is `true`, both `(...)` of **one shape**; anything else is a `ValueError`. (Without that
# test, `(5, 1)` against `(5,)` would be broadcast to 25 differences, and give a number that looks fine.) The result is
# a tensor of shape `()`. **By hand**: predicted 1 and 5, true 4 and 1. The differences are −3 and 4, the squares 9 and
# 16, their mean 12.5, its root 3.54.


# %% grade_id="next_state_error" role="solution"
def next_state_error(predicted: Tensor, true: Tensor) -> Tensor:
    """The root of the mean squared difference over all entries: a tensor of shape ().

    predicted, true: (...), of one shape; ValueError where the shapes differ.
    """
    ### BEGIN SOLUTION
    if predicted.shape != true.shape:
        raise ValueError(f"one prediction for each true value: {tuple(predicted.shape)} and {tuple(true.shape)}")
    return ((predicted - true) ** 2).mean().sqrt()
    ### END SOLUTION


# %% grade_id="test_next_state_error" role="test" points=1
error = next_state_error(torch.tensor([1.0, 5.0], device=device), torch.tensor([4.0, 1.0], device=device))
assert isinstance(error, Tensor), f"next_state_error returned {type(error).__name__}, not a tensor"
assert error.shape == (), "the result is one number, a tensor of shape ()"
assert error != 12.5, "12.5 is the mean of the squares: the root is missing"
assert error != 5, "5 is the root of the sum: take the mean of the squares"
assert error != 3.5, "3.5 is the mean of the absolute differences: square them first"
assert torch.isclose(error, torch.tensor(12.5, device=device).sqrt()), f"the example by hand gives 3.5355, not {error}"
try:
    next_state_error(torch.zeros(5, 1), torch.zeros(5))
except ValueError:
    pass
else:
    raise AssertionError("the shapes (5, 1) and (5,) differ: raise a ValueError")
print("next_state_error looks right")
### BEGIN HIDDEN TESTS
check("next_state_error")
### END HIDDEN TESTS

# %% [markdown]
# ### More data buys nothing: a position without a speed
# A weight on a spring swings: $x(t) = A \cos(\omega t + \varphi)$, with another amplitude and phase in each trajectory.
# We write its position as one of 40 tokens, and let two counted models learn from more and more trajectories: $n = 2$
# sees **one** token before the next, $n = 3$ sees **two**.
#
# **Guess first**: which of the two gets better with more data?

# %%
DT, OMEGA, BINS = 0.1, 3.0, 40


def spring(number, seed, steps=40):
    """Positions (number, steps) of weights on springs, at times DT apart."""
    generator = torch.Generator().manual_seed(seed)
    amplitude = 0.3 + 0.7 * torch.rand(number, 1, generator=generator)
    phase = 2 * math.pi * torch.rand(number, 1, generator=generator)
    return amplitude * torch.cos(OMEGA * DT * torch.arange(steps) + phase)


with needs("Questions 2 and 6"):
    numbers = (10, 30, 100, 300, 1000)
    tokens = [list(row) for row in tokenize_trajectory(spring(1000, seed=1), -1, 1, BINS).tolist()]
    unseen = [list(row) for row in tokenize_trajectory(spring(200, seed=2), -1, 1, BINS).tolist()]
    swings = {n: [ngram_loss(tokens[:number], unseen, n, BINS) for number in numbers] for n in (2, 3)}
    fig, ax = plt.subplots(figsize=(6, 3.6))
    for n, losses in swings.items():
        print(f"n = {n}:", *(f"{loss:.3f}" for loss in losses))
        ax.plot([40 * number for number in numbers], losses, "o-", label=f"n = {n}: {n - 1} token(s) of context")
    ax.set(xscale="log", xlabel="tokens to learn from", ylabel="loss on new trajectories (nats a token)")
    ax.legend()
    plt.show()
    late = {n: losses[-2] - losses[-1] for n, losses in swings.items()}
    print(f"from 300 to 1000 trajectories the loss falls by {late[2]:.3f} for n = 2, by {late[3]:.3f} for n = 3")
    assert late[3] > 2 * late[2], "with two tokens of context more data should still help, with one no more"

# %% [markdown]
# **Read it.** One token says where the weight is, but not whether it comes or goes. Newton's law needs position *and*
# speed, and two positions in a row hold both. The model with one token has a floor that no amount of data lowers,
# because the *state* is not in its context. When a curve goes flat, "more data" is one answer. "Look at what the model
# can see" is another one.

# %% [markdown]
# ## Question 9: acceleration from positions
# *10 minutes · difficulty ●○○ · 1 point*
#
# From three positions in a row follows an acceleration, the difference of two velocities:
#
# $$a_t = \frac{x_{t+1} - 2 x_t + x_{t-1}}{\Delta t^2}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | positions, time along the last dimension, $T \ge 3$ | `(..., T)` |
# | $\Delta t$ | `dt`, a Python number | |
# | result | one acceleration for each inner moment | `(..., T - 2)` |
#
# **By hand.** $x = 0, 1, 4, 9$ with $\Delta t = 1$: $4 - 2 + 0 = 2$ and $9 - 8 + 1 = 2$. Indeed $x = t^2$ has the
# acceleration 2.
#
# <details><summary>Hint</summary>
#
# `x[..., 2:]` are the positions after, `x[..., 1:-1]` those in the middle, `x[..., :-2]` those before.
# </details>


# %% grade_id="measured_acceleration" role="solution"
def measured_acceleration(x: Tensor, dt: float) -> Tensor:
    """The acceleration at each inner moment of a trajectory, from three positions in a row.

    x: (..., T), T >= 3, positions at times dt apart. Returns (..., T - 2).
    """
    ### BEGIN SOLUTION
    return (x[..., 2:] - 2 * x[..., 1:-1] + x[..., :-2]) / dt**2
    ### END SOLUTION


# %% grade_id="test_measured_acceleration" role="test" points=1
x = torch.tensor([0.0, 1.0, 4.0, 9.0], device=device)
a = measured_acceleration(x, 1.0)
assert isinstance(a, Tensor), f"measured_acceleration returned {type(a).__name__}, not a tensor"
assert a.shape == (2,), f"four positions have two inner moments: the shape (2,), not {tuple(a.shape)}"
assert a.tolist() == [2, 2], f"x = t^2 has the acceleration 2, yours is {a.tolist()}"
assert measured_acceleration(x, 0.5).tolist() == [8, 8], "divide by dt squared: with dt = 0.5 it is 8"
assert measured_acceleration(torch.stack([x, -x]), 1).shape == (2, 2), "time is the last dimension, others come along"
assert measured_acceleration(x.double(), 1).dtype == torch.float64, "float64 stays float64"
print("measured_acceleration looks right")
### BEGIN HIDDEN TESTS
check("measured_acceleration")
### END HIDDEN TESTS

# %% [markdown]
# ### g in a table of counts
# Now a ball, thrown up or down, with $g = 9.81\ \mathrm{m/s^2}$. Its height becomes one of 320 tokens, 5 cm each. The
# model is a table: for each pair of tokens, how often which token came next. Nobody tells it about gravity.
#
# First we read $g$ off the tokens themselves. A single acceleration is very uncertain: a position is off by up to half
# a bin, 2.5 cm, and that is divided by $\Delta t^2 = 0.01\ \mathrm{s^2}$. The mean of many is not.

# %%
LOW, HIGH, HEIGHTS = 0.0, 16.0, 320


def ball(number, g, seed, steps=12):
    """Heights (number, steps) of balls that are thrown up or down, at times DT apart."""
    generator = torch.Generator().manual_seed(seed)
    start = 9 + 3 * torch.rand(number, 1, generator=generator)
    speed = 6 * torch.rand(number, 1, generator=generator) - 2
    time = DT * torch.arange(steps)
    return start + speed * time - g / 2 * time**2


class Table:
    """For each context of two tokens: which tokens came next, and how often."""

    def __init__(self, sequences):
        self.rows = defaultdict(Counter)
        for ids in sequences:
            for before, here, after in zip(ids, ids[1:], ids[2:], strict=False):
                self.rows[before, here][after] += 1

    def knows(self, last):
        """Whether this pair of tokens ever came."""
        return tuple(last.tolist()) in self.rows

    def expected(self, last):
        """The mean of the tokens that came next, a number between bins."""
        row = self.rows[tuple(last.tolist())]
        return sum(token * count for token, count in row.items()) / row.total()

    def drawn(self, last, generator):
        """One of the tokens that came next, as often as it came; for an unknown pair, the last token again."""
        row = self.rows.get(tuple(last.tolist()))
        return generator.choices(*zip(*row.items(), strict=True))[0] if row else int(last[-1])


with needs("Questions 6, 7 and 9"):
    falls = tokenize_trajectory(ball(3000, 9.81, seed=1), LOW, HIGH, HEIGHTS)
    table = Table(falls.tolist())
    single = measured_acceleration(detokenize_trajectory(falls, LOW, HIGH, HEIGHTS), DT)
    print(f"{len(table.rows):,} different pairs of tokens")
    print(f"acceleration from tokens: {single.mean():.2f} m/s² in the mean, a single one is off by {single.std():.1f}")
    assert abs(single.mean() + 9.81) < 0.1

# %% [markdown]
# And what does the *table* say? We show it pairs of tokens of new balls, take the mean of the tokens it has seen next,
# and calculate the acceleration that this prediction means. Then we do the same with balls on the moon
# ($g = 1.62\ \mathrm{m/s^2}$). The pairs of tokens look the same on both: a place and a step.


# %%
def what_it_expects(table, heights):
    """(predicted, true) next heights for all pairs of tokens that the table knows, the acceleration that its
    predictions mean, and the share of known pairs."""
    ids = tokenize_trajectory(heights, LOW, HIGH, HEIGHTS)
    triples = ids.unfold(-1, 3, 1).reshape(-1, 3)  # before, here, after
    known = [triple for triple in triples if table.knows(triple[:2])]
    guess = torch.tensor([table.expected(triple[:2]) for triple in known])
    chosen = torch.stack(known)
    predicted = LOW + (guess + 0.5) * (HIGH - LOW) / HEIGHTS
    before, here, after = detokenize_trajectory(chosen, LOW, HIGH, HEIGHTS).unbind(-1)
    a = measured_acceleration(torch.stack([before, here, predicted], dim=-1), DT)
    return predicted, after, a.mean().item(), len(known) / len(triples)


with needs("Questions 6, 7, 8 and 9"):
    means = {}
    for place, g in (("earth", 9.81), ("moon", 1.62)):
        predicted, true, mean, share = what_it_expects(table, ball(300, g, seed=2))
        means[place] = mean
        print(
            f"{place:5}: knows {share:.0%} of the pairs; the table expects {mean:6.2f} m/s², the truth is {-g:6.2f}; "
            f"error {100 * next_state_error(predicted, true):.1f} cm a step"
        )
    assert abs(means["earth"] + 9.81) < 0.5, "the table should have learnt g of the earth"
    assert abs(means["moon"] + 9.81) < 1.5, "on the moon the table should go on falling as on the earth"

# %% [markdown]
# **Read it.** The table falls with $g$ of the earth, wherever it is. It cannot do otherwise: $g$ is in none of its
# inputs, it is in its *counts*. Shown a ball on the moon, it goes on predicting the earth. And for pairs that never
# came it has no answer at all, though the law would have one for every height and speed. It learnt **a table, not a
# law**.

# %% [markdown]
# ## Question 10: rollout
# *15 minutes · difficulty ●●○ · 2 points*
#
# To see where a model leads, let it run on its own predictions: show it the last `context` tokens, append its answer,
# and go on.
#
# | symbol | meaning | shape |
# |---|---|---|
# | `next_token` | a function: gets a long tensor `(context,)`, answers with an int or a tensor `()` | |
# | `ids` | the beginning, long, $T \ge$ `context`, else `ValueError`; it is not changed | `(T,)` |
# | `steps` | how many tokens to make, 0 or more; the function is called once for each | |
# | result | the beginning and the new tokens, long | `(T + steps,)` |
#
# **By hand.** `next_token` answers with the sum of the last two tokens, `ids = [1, 1]`, `context = 2`, `steps = 3`: the
# sums are 2, 3, 5, and the result is `[1, 1, 2, 3, 5]`.
#
# <details><summary>Hint</summary>
#
# `torch.cat([ids, new])` makes a new tensor and leaves `ids` alone. `new` has to be a tensor of shape `(1,)`:
# `torch.tensor([int(answer)])` takes an int as well as a tensor of shape `()`.
# </details>


# %% grade_id="rollout" role="solution"
def rollout(next_token: Callable[[Tensor], int | Tensor], ids: Tensor, steps: int, context: int) -> Tensor:
    """The sequence that arises if `next_token` is asked again and again, and each answer is appended.

    next_token: gets the last `context` ids, a long tensor (context,), and returns an int or a tensor of shape ().
    ids: (T,) long, the beginning. Returns (T + steps,) long. ValueError if T < context.
    """
    ### BEGIN SOLUTION
    if len(ids) < context:
        raise ValueError(f"the model reads {context} tokens, but only {len(ids)} are given")
    for _ in range(steps):
        new = torch.as_tensor(next_token(ids[len(ids) - context :]), device=ids.device).reshape(1)
        ids = torch.cat([ids, new])
    return ids
    ### END SOLUTION


# %% grade_id="test_rollout" role="test" points=2
shown = []


def add_up(last):
    """The sum of the tokens that it is shown."""
    shown.append(last)
    return last.sum()


start = torch.tensor([7, 1, 1], device=device)
path = rollout(add_up, start, 3, 2)
assert isinstance(path, Tensor), f"rollout returned {type(path).__name__}, not a tensor"
assert path.dtype == torch.long, f"token ids are long, yours are {path.dtype}"
assert all(last.shape == (2,) for last in shown), f"the function gets exactly the last 2 tokens, not {shown[0].shape}"
assert len(shown) == 3, f"three steps are three calls of the function, not {len(shown)}"
assert path.tolist() != [7, 1, 1, 2, 2, 2], "each new token must be among those that are shown next"
assert path.tolist() == [7, 1, 1, 2, 3, 5], f"the sums are 2, 3, 5: expected [7, 1, 1, 2, 3, 5], not {path.tolist()}"
assert start.tolist() == [7, 1, 1], "ids was changed: make a new tensor"
assert rollout(lambda last: 4, start, 2, 3).tolist() == [7, 1, 1, 4, 4], "the answer may be an int"
assert rollout(add_up, start, 0, 2).tolist() == [7, 1, 1], "no step: the beginning comes back"
try:
    rollout(add_up, start, 1, 4)
except ValueError:
    pass
else:
    raise AssertionError("4 tokens of context, but only 3 are there: raise a ValueError")
print("rollout looks right")
### BEGIN HIDDEN TESTS
check("rollout")
### END HIDDEN TESTS

# %% [markdown]
# ### Does the energy stay?
# A weight on a spring without friction keeps its energy,
#
# $$\frac{E}{m} = \tfrac12 v^2 + \tfrac12 \omega^2 x^2,$$
#
# for ever. A table of counts is trained on 3,000 such swings, and then left to its own predictions for 15 swings, with
# five different draws of the next token. Each step is a good prediction. What becomes of the energy?


# %%
def energy(x):
    """E/m at each inner moment of positions (..., T), with the speed from the neighbours on both sides."""
    v = (x[..., 2:] - x[..., :-2]) / (2 * math.sin(OMEGA * DT) / OMEGA)  # exact for a swing of this frequency
    return v**2 / 2 + OMEGA**2 * x[..., 1:-1] ** 2 / 2


with needs("Questions 6, 7 and 10"):
    swing_table = Table(tokenize_trajectory(spring(3000, seed=3), -1, 1, BINS).tolist())
    true = 0.6 * torch.cos(OMEGA * DT * torch.arange(315))
    start = tokenize_trajectory(true, -1, 1, BINS)[:2]
    fig, ax = plt.subplots(figsize=(6.5, 3.8))
    ends = []
    for seed in range(5):
        generator = random.Random(seed)
        path = rollout(lambda last, g=generator: swing_table.drawn(last, g), start, 313, 2)
        means = energy(detokenize_trajectory(path, -1, 1, BINS)).unfold(0, 21, 21).mean(-1)  # over about one swing
        ends.append(means[-1].item())
        ax.plot(torch.arange(len(means)) + 1, means, "o-", markersize=3, label=f"draw {seed}")
    kept = energy(detokenize_trajectory(tokenize_trajectory(true, -1, 1, BINS), -1, 1, BINS)).mean()
    ax.axhline(kept, color="k", linestyle="--", label="the true motion, in tokens")
    ax.set(xlabel="swings", ylabel="energy / mass (m²/s²), mean of a swing")
    ax.legend(fontsize=8, ncol=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    plt.show()
    print(f"true motion: {kept:.2f}; the five rollouts after 14 swings:", *(f"{end:.2f}" for end in ends))
    assert max(ends) - min(ends) > 0.2 * kept, "the energies of the rollouts should have drifted apart"

# %% [markdown]
# **Read it.** Nothing in the table says that energy is kept. Each step loses a little of the state in the rounding to
# bins, the error of one step is the beginning of the next, and so the energy wanders. A long text of a language model
# wanders in the same way: each word fits the words before it, and nothing holds the whole together.

# %% [markdown]
# ## Question 11: what does the model know of g?
# *25 minutes · difficulty ●●○ · 3 points, marked by hand*
#
# Somebody shows you the table of counts and says: "It has discovered gravity. It knows $g$ to within a few per cent."
# Answer in about 150 words, in three parts (one point each). Numbers come from your own outputs.
#
# 1. What is right about the claim? Say where the 9.8 comes from, and why one single prediction would not show it.
# 2. What is wrong with it? Use the moon, and the pairs of tokens that the table does not know.
# 3. Propose an experiment (data, context, test) that could tell a model that learnt *the law* from one that learnt *a
#    table*. What result would convince you?

# %% [markdown] grade_id="knows_g" role="manual" points=3
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer* (numbers of one run; the student's outputs decide).
#
# (1) The mean acceleration of its predictions on new balls is about −9.8 m/s², so the counts do contain $g$, though
# nobody told it. It comes from the mean of thousands of steps in the training data. A single acceleration from tokens
# is off by several m/s², since half a bin is divided by $\Delta t^2$.
#
# (2) On the moon it still expects about −9.8, where −1.62 is true, and its error for each step is larger. It has no
# place for another $g$. And of pairs that never came it says nothing, while the law answers for every height and speed.
# What it has is a list of what came next on earth.
#
# (3) Train on balls with many different $g$, and give the model a longer context, so that $g$ can be read from it
# (three positions at least). Test with a $g$ and with heights that never came in training. A model of the law should
# predict these as well as the known ones, and its acceleration should follow the true $g$. A table fails on both. One
# could also move all heights by a metre: the law does not change, the table has no counts there.
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. One point: the number, that it comes from the mean of training data, and the noise of a single one. Half: two of
#    the three.
# 2. One point: the moon with a number, *and* the unknown pairs. Half: one of them.
# 3. One point: a test outside the training data (another $g$, other heights or speeds) *and* the result that would
#    convince. Half: without the result, or a test on data like those of training.
# ### END SOLUTION

# %% [markdown]
# ## What this does not show
# - **Natural text.** The stories come from a few hundred patterns. Their losses are much lower, and the curves much
#   steeper, than those of real text. The exponents above say nothing about other data.
# - **Laws.** A power law with a floor is a good description of many measured curves. There is no proof that the next
#   point lies on it, as your own predictions from four points show.
# - **The best model of each size.** All our GPT-2s read their stories twelve times, with one setting of the learning
#   rate. Each point could be lower with more care, and the shape of the curve would change a little.
# - **Growing models.** Data is only one axis. Kaplan and Hoffmann also change the number of parameters and the amount
#   of computing, and ask how to spend a budget.
# - **What a lower loss is good for.** A loss is a mean over all tokens. It does not say which ability appears when.
# - **That no model learns a law.** A table of counts cannot. Whether a large network does is an experiment of the kind
#   that you proposed in Question 11.
