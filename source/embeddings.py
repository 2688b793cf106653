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
# # Embeddings: how words get meaning
#
# > a long wire has a high **flurb**, a short wire has a low one
# >
# > if the voltage stays the same, the current falls when the **flurb** rises
#
# You have never met the word *flurb*. Yet you know what it means. Nobody gave you a definition: you looked at the words
# around it, and only one thing you know keeps that company.
#
# "You shall know a word by the company it keeps", wrote the linguist J. R. Firth in 1957. Can a computer do the same,
# with nothing but sums and products? In this notebook you turn words into points in space, and you write the rule by
# which text moves these points until near means *similar*. In the middle of it, your own code will meet *flurb*, and
# we shall see what it makes of it.
#
# **At the end you will be able to**
#
# - say why words become vectors, and what a dot product of two of them means;
# - find the nearest words, and solve "a is to b as c is to ?" by adding and subtracting;
# - write the loss of word2vec and train it, first your own way, then with a library on a whole text;
# - draw a map of the vectors and read it with care;
# - measure a bias in word vectors, and say where it came from.
#
# | Question | minutes | difficulty | points |
# |---|---|---|---|
# | 1 `one_hot` | 10 | ●○○ | 1 |
# | 2 `embed` | 10 | ●○○ | 1 |
# | 3 `cosine_similarity` | 20 | ●●○ | 3 |
# | 4 `most_similar` | 20 | ●●○ | 2 |
# | 5 `analogy` | 25 | ●●○ | 3 |
# | 6 `skip_gram_pairs` | 15 | ●○○ | 2 |
# | 7 `negative_sampling_distribution` | 10 | ●○○ | 1 |
# | 8 `sgns_loss` | 30 | ●●● | 4 |
# | 9 `train_word2vec` | 10 | ●○○ | 1 |
# | 10 `association` | 15 | ●○○ | 2 |
# | 11 a map and a bias (in words) | 30 | ●●○ | 4 |
#
# Together a little over three hours, 24 points. You need Python, vectors, and the dot product. You need not have met a
# neural network.

# %% [markdown]
# ## How to work
#
# - Write your code where it says `# YOUR CODE HERE`, and delete the line `raise NotImplementedError(...)` below it.
# - Run the test cell that follows. An error message there tells what probably went wrong. Silence and a last line
#   "... looks right" mean that you can go on. Your marks come from further tests of the same kind, with other numbers
#   and other shapes, so write for the general case.
# - Hints are folded. Open them one at a time, and only after five minutes of your own.
# - Cells without a question show your functions at work. If one says "Finish Question 1 first", it will wait for you.
# - Everything here runs in seconds on a laptop. A GPU is used if there is one. In Colab the first cell of code installs
#   and fetches what is missing there.
#
# **Rules for every function.** They are what makes code usable in a real model, and they are tested:
#
# 1. `...` in a shape stands for any number of leading dimensions, none included. Work on whole tensors: no loops over
#    single numbers.
# 2. The result has the dtype and the device of the input, `float32` or `float64`. A tensor that you make from nothing
#    is made on the input's device. The input itself is not changed.
# 3. Numbers as large as 10,000 must not turn into `nan` or `inf`.
# 4. Inside your functions stay in torch: no `.item()`, `.tolist()` or `numpy`. They make a GPU wait, and they cut off
#    the gradient. (Questions 4, 5, 6 and 9 have to read some values in Python. There it is allowed.)
# 5. Gradients flow through your functions, and stay finite even at a vector of zeros. Learning is nothing else than
#    following gradients.

# %% grade_id="setup" role="locked"
import os
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from gensim.models import KeyedVectors, Word2Vec
from torch import Tensor
from torch.nn import functional as F

device = "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def needs(question):
    """`with needs("Question 1"):` runs its block, or says in one line which question to finish first."""
    try:
        yield
    except (NotImplementedError, NameError) as error:
        print(f"Finish {question} first, then run this cell again. ({type(error).__name__}: {error})")


def print_bars(labels, numbers, longest=1.0):
    """One line per label: a bar as long as the number (a full one is `longest`), and the number."""
    for label, number in zip(labels, numbers.tolist(), strict=True):
        print(f"{label:>18} {'█' * round(25 * abs(number) / longest):<25} {number:6.3f}")


print("Working on:", device)

# %% role="author"
from autograder import check

# %% [markdown]
# ## Question 1: a word as a switch
# *10 minutes · difficulty ●○○ · 1 point*
#
# A computer knows numbers only. So first every word of a **vocabulary** gets one: its **id**, from 0 to $V - 1$.
#
# The id itself is a poor description. If *mass* is 3 and *time* is 4, then *time* is not "one more than *mass*". A
# fairer choice is a row of $V$ switches of which exactly one is on, the **one-hot** vector:
#
# $$\mathrm{one\_hot}(i)_j = \begin{cases} 1 & \text{if } j = i \\ 0 & \text{else} \end{cases}
# \qquad 0 \le i, j < V$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $i$ | ids of words | `(...)` whole numbers (`long`) |
# | $V$ | number of words in the vocabulary, `num_classes` | integer |
# | result | one row of switches for each id | `(..., V)` float32 |
#
# **By hand.** The vocabulary is *the, ball, falls*, with ids 0, 1, 2. Then the sentence "the ball" is `[0, 1]`, and
#
# | word | id | one-hot |
# |---|---|---|
# | the | 0 | 1 0 0 |
# | ball | 1 | 0 1 0 |
#
# Fair it is: the dot product of two different words is always 0. To this code *ohm* and *resistance* are as foreign to
# each other as *ohm* and *ball*. It holds **no meaning at all**, and that is what we have to add.
#
# torch has a function for this. Write yours without it.
#
# <details><summary>Hint 1: compare</summary>
#
# The formula asks "is $j$ equal to $i$?" for all $i$ and all $j$ at once. `==` between tensors does that, if their
# shapes can be broadcast: `(..., 1)` against `(V,)` gives `(..., V)`.
# </details>
#
# <details><summary>Hint 2: two pieces</summary>
#
# `ids.unsqueeze(-1)` has the shape `(..., 1)`. `torch.arange(n, device=...)` counts 0, 1, ..., n - 1. A tensor of
# booleans becomes numbers by `.float()`.
# </details>


# %% grade_id="one_hot" role="solution"
def one_hot(ids: Tensor, num_classes: int) -> Tensor:
    """Rows of switches: 1 at the place of the id, 0 elsewhere.

    ids: (...) long, from 0 to num_classes - 1. Returns (..., num_classes) float32, on the device of ids.
    """
    ### BEGIN SOLUTION
    places = torch.arange(num_classes, device=ids.device)  # (V,)
    return (ids.unsqueeze(-1) == places).float()
    ### END SOLUTION


# %% grade_id="test_one_hot" role="test" points=1
ids = torch.tensor([2, 0, 0], device=device)
rows = one_hot(ids, 4)
assert isinstance(rows, Tensor), f"one_hot returned {type(rows).__name__}, not a tensor: is the `return` missing?"
assert rows.shape == (3, 4), f"3 ids and a vocabulary of 4 give the shape (3, 4), not {tuple(rows.shape)}"
assert rows.dtype == torch.float32, f"the switches are float32 numbers, yours are {rows.dtype}: convert at the end"
expected = torch.tensor([[0.0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]], device=device)
assert torch.equal(rows, expected), f"for the ids 2, 0, 0 expected\n{expected}\ngot\n{rows}"

single = one_hot(torch.tensor(1, device=device), 3)
assert single.shape == (3,), f"one id alone gives one row, (3,), not {tuple(single.shape)}: do you rely on a batch?"
batch = one_hot(torch.tensor([[0, 1, 2], [4, 4, 3]], device=device), 5)
assert batch.shape == (2, 3, 5), f"ids of shape (2, 3) give the shape (2, 3, 5), not {tuple(batch.shape)}"
assert batch[1, 0, 4] == 1, f"the id in row 1, column 0 is 4, but its switches are {batch[1, 0]}"
assert one_hot(torch.zeros(2, dtype=torch.long, device="meta"), 3).device.type == "meta", (
    "the result is not on the device of the ids: give `device=ids.device` to what you make from nothing"
)
print("one_hot looks right")
### BEGIN HIDDEN TESTS
check("one_hot")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 2: a word as a row of a table
# *10 minutes · difficulty ●○○ · 1 point*
#
# Let us give every word a few numbers of its own, $D$ of them, and write them into a table $W$ with one row for each
# word. The row of a word is its **embedding**. How does a switch vector find its row? By a product of matrices: all
# rows but one are multiplied by 0.
#
# $$\mathrm{embed}(i) = \mathrm{one\_hot}(i)\; W = W_i$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $i$ | ids of words | `(...)` |
# | $W$ | the table, `weight`: row $i$ belongs to word $i$ | `(V, D)` |
# | result | the row for each id | `(..., D)` |
#
# **By hand.** With $W = \begin{pmatrix} 1 & 2 \\ 3 & 4 \\ 5 & 6 \end{pmatrix}$ and the id 2:
# $\;(0, 0, 1)\, W = (5, 6)$, the last row.
#
# The product says what an embedding *is*: a linear layer whose input is a one-hot vector. But nobody computes it so. A
# vocabulary has 50,000 words, a batch 10,000 ids: that would be 500 million switches, 2 GB, nearly all of them off.
# **Get the same result without building the switches.**
#
# <details><summary>Hint</summary>
#
# With a list you would write `table[3]` for one row. Try the same with a tensor of ids in the brackets, and look at
# the shape that comes out.
# </details>


# %% grade_id="embed" role="solution"
def embed(ids: Tensor, weight: Tensor) -> Tensor:
    """The row of the table for each id: one_hot(ids) @ weight, without building the one-hot vectors.

    ids: (...) long, weight: (V, D). Returns (..., D), of the dtype of weight.
    """
    ### BEGIN SOLUTION
    return weight[ids]
    ### END SOLUTION


# %% grade_id="test_embed" role="test" points=1
weight = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], device=device, requires_grad=True)
rows = embed(torch.tensor([2, 0, 2, 2], device=device), weight)
assert isinstance(rows, Tensor), f"embed returned {type(rows).__name__}, not a tensor: is the `return` missing?"
assert rows.shape == (4, 2), f"4 ids and rows of length 2 give the shape (4, 2), not {tuple(rows.shape)}"
expected = torch.tensor([[5.0, 6.0], [1.0, 2.0], [5.0, 6.0], [5.0, 6.0]], device=device)
assert torch.equal(rows, expected), f"for the ids 2, 0, 2, 2 expected the rows\n{expected}\ngot\n{rows.detach()}"
assert embed(torch.tensor(1, device=device), weight).shape == (2,), "one id alone gives one row, of shape (2,)"
assert embed(torch.zeros(3, 5, dtype=torch.long, device=device), weight).shape == (3, 5, 2), (
    "ids of shape (3, 5) give the shape (3, 5, 2): any number of leading dimensions must work"
)
assert rows.requires_grad, "the result has lost its gradient: .detach(), .data, numpy and new tensors cut it off"
rows.sum().backward()
assert weight.grad[:, 0].tolist() == [1, 0, 3], (
    f"word 0 was asked for once, word 1 never, word 2 three times: gradients 1, 0, 3, not {weight.grad[:, 0]}"
)
assert embed(torch.tensor([1], device=device), weight.detach().double()).dtype == torch.float64, (
    "a float64 table gives float64 rows"
)
print("embed looks right")
### BEGIN HIDDEN TESTS
check("embed")
### END HIDDEN TESTS

# %% [markdown]
# ### A table that you know from physics
# Which numbers should stand in the row of a word? For quantities of physics there is a famous choice: their
# **dimension**. A velocity is metres per second, m¹ s⁻¹. A force is kg¹ m¹ s⁻². Take the exponents as coordinates, and
# every quantity is a point in space:
#
# | | length (m) | mass (kg) | time (s) | current (A) |
# |---|---|---|---|---|
# | velocity | 1 | 0 | −1 | 0 |
# | force | 1 | 1 | −2 | 0 |
# | energy | 2 | 1 | −2 | 0 |
# | charge | 0 | 0 | 1 | 1 |
#
# This is an embedding with $D = 4$, made by hand. To multiply quantities is to *add* their vectors: force times length
# is energy, $(1, 1, -2, 0) + (1, 0, 0, 0) = (2, 1, -2, 0)$. So the vectors know some physics. How much, we shall see.

# %% grade_id="dimensions" role="locked"
DIMENSIONS = {  # exponents of metre, kilogram, second, ampere
    "length": (1, 0, 0, 0),
    "mass": (0, 1, 0, 0),
    "time": (0, 0, 1, 0),
    "current": (0, 0, 0, 1),
    "frequency": (0, 0, -1, 0),
    "velocity": (1, 0, -1, 0),
    "acceleration": (1, 0, -2, 0),
    "momentum": (1, 1, -1, 0),
    "force": (1, 1, -2, 0),
    "pressure": (-1, 1, -2, 0),
    "energy": (2, 1, -2, 0),
    "torque": (2, 1, -2, 0),
    "power": (2, 1, -3, 0),
    "charge": (0, 0, 1, 1),
    "voltage": (2, 1, -3, -1),
    "resistance": (2, 1, -3, -2),
}
quantities = list(DIMENSIONS)
dimensions = torch.tensor([DIMENSIONS[word] for word in quantities], dtype=torch.float32, device=device)  # (16, 4)


def quantity(word):
    """The id of a quantity, as a tensor without dimensions."""
    return torch.tensor(quantities.index(word), device=device)


# %%
with needs("Question 2"):
    product = embed(quantity("force"), dimensions) + embed(quantity("velocity"), dimensions)
    equal = [word for word, row in zip(quantities, dimensions, strict=True) if torch.equal(row, product)]
    print("force times velocity is", *equal)

# %% [markdown]
# ## Question 3: how similar are two words?
# *20 minutes · difficulty ●●○ · 3 points*
#
# Words are points now, so "similar" can mean "near". The usual measure is the angle between the two arrows from the
# origin, or rather its cosine: 1 for the same direction, 0 for a right angle, −1 for opposite directions. Lengths do
# not count. (In learnt vectors the length depends much on how often a word occurs, and a rare word can mean the same
# as a frequent one.)
#
# $$\cos(u, v) = \frac{u \cdot v}{\max(\lVert u \rVert\, \lVert v \rVert,\ \varepsilon)}, \qquad
# u \cdot v = \sum_{d=1}^{D} u_d v_d, \qquad \lVert u \rVert = \sqrt{u \cdot u}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $u$, $v$ | vectors, along the dimension `dim` | such as `(..., D)` |
# | $\varepsilon$ | a very small number, `eps`: never divide by zero | number |
# | result | a cosine for each pair | the shape without `dim` |
#
# **By hand.** $u = (3, 4)$, $v = (4, 3)$: $u \cdot v = 24$, both lengths are 5, so the cosine is $24/25 = 0.96$.
#
# torch has a function for this, too. Write yours from sums and lengths. Two things make it a good function:
#
# - **Broadcasting.** One vector `(D,)` against a table `(V, D)` gives all $V$ cosines at once, `(V,)`. The table as
#   `(V, 1, D)` against itself, `(V, D)`, gives everything with everything, `(V, V)`.
# - **Zero vectors.** An arrow of length 0 has no direction. Its cosine with everything shall be 0, never `nan`, and
#   its gradient must stay finite.
#
# <details><summary>Hint 1: sums along a dimension</summary>
#
# Multiply first, `u * v`, then sum along `dim`. `@` would not do: it pairs every row of one with every column of the
# other, and it always works on the last dimensions.
# </details>
#
# <details><summary>Hint 2: lengths and eps</summary>
#
# `torch.linalg.vector_norm(u, dim=dim)` is the length, and its gradient at zero is 0. A square root that you take
# yourself has an infinite slope at zero: the value is right and the gradient is `nan`. `clamp_min(eps)` is the max of
# the formula. It belongs to the *product* of the lengths.
# </details>


# %% grade_id="cosine_similarity" role="solution"
def cosine_similarity(u: Tensor, v: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors: u·v / max(|u| |v|, eps). A zero vector gives 0.

    u, v: vectors along `dim` (negative), such as (..., D); the other dimensions are broadcast against each other.
    Returns that shape without `dim`.
    """
    ### BEGIN SOLUTION
    lengths = torch.linalg.vector_norm(u, dim=dim) * torch.linalg.vector_norm(v, dim=dim)
    return (u * v).sum(dim) / lengths.clamp_min(eps)
    ### END SOLUTION


# %% grade_id="test_cosine_similarity" role="test" points=3
u = torch.tensor([3.0, 4.0], device=device)
v = torch.tensor([4.0, 3.0], device=device)
cosine = cosine_similarity(u, v)
assert isinstance(cosine, Tensor), f"the function returned {type(cosine).__name__}, not a tensor: `return` missing?"
assert cosine.shape == (), f"two vectors give one number, a tensor of shape (), not {tuple(cosine.shape)}"
assert not torch.isclose(cosine, torch.tensor(24.0, device=device)), "24 is the dot product: divide by both lengths"
assert torch.isclose(cosine, torch.tensor(0.96, device=device)), f"expected 24/25 = 0.96 for the example, got {cosine}"
longer = cosine_similarity(100 * u, v)
assert torch.isclose(longer, cosine), f"a longer arrow has the same direction: {cosine} became {longer}"
assert torch.isclose(cosine_similarity(u, -u), torch.tensor(-1.0, device=device)), "opposite arrows have cosine -1"

table = torch.tensor([[1.0, 0.0], [0.0, -2.0], [3.0, 4.0]], device=device)
all_at_once = cosine_similarity(u, table)
assert all_at_once.shape == (3,), f"(2,) against (3, 2) gives (3,), not {tuple(all_at_once.shape)}"
expected = torch.tensor([0.6, -0.8, 1.0], device=device)
assert torch.allclose(all_at_once, expected), f"expected {expected}, got {all_at_once}: is each row divided by its own?"
columns = cosine_similarity(u[:, None], table.T, dim=-2)
assert torch.allclose(columns, expected), f"with dim=-2 vectors stand in columns: expected {expected}, got {columns}"
pairs = cosine_similarity(table[:, None], table)
assert pairs.shape == (3, 3), f"(3, 1, 2) against (3, 2) gives everything with everything, not {tuple(pairs.shape)}"
assert torch.allclose(pairs, pairs.T), "the cosine of a with b is that of b with a"

zero = torch.zeros(2, device=device, requires_grad=True)
cosine = cosine_similarity(zero, v)
assert cosine == 0, f"a zero vector has the cosine 0 with everything, got {cosine}: that is 0 / 0, see eps"
assert u.tolist() == [3, 4], "cosine_similarity changed the vectors that it was given"
cosine.backward()
assert zero.grad.isfinite().all(), f"the gradient at a zero vector is {zero.grad}: the slope of sqrt at 0 is infinite"
assert cosine_similarity(u.double(), v.double()).dtype == torch.float64, "float64 vectors give a float64 cosine"
print("cosine_similarity looks right")
### BEGIN HIDDEN TESTS
check("cosine_similarity")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 4: the nearest words
# *20 minutes · difficulty ●●○ · 2 points*
#
# The question one asks most often of a table of vectors: *which words are most like this one?*
#
# $$s_i = \cos(q, W_i) \quad \text{for every word } i \text{ that is not excluded;} \qquad
# \text{return the } k \text{ largest, best first}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $q$ | what we compare with, `query`: any vector, not only that of a word | `(D,)` |
# | $W$ | the table, `weight` | `(V, D)` |
# | $k$ | how many we want | integer |
# | `exclude` | ids that must not appear | a tuple, list or set, often empty |
# | result | ids and their cosines, best first | `(k,)` long and `(k,)` |
#
# `exclude` is needed since the nearest word to *force* is *force*.
#
# **By hand.** $q = (1, 0)$; the rows are $(0, 1)$, $(2, 0)$, $(1, 1)$, $(-1, 0)$. The cosines are $0,\ 1,\ 0.707,\ -1$.
# For $k = 2$ the ids are 1, 2. If id 1 is excluded, they are 2, 0.
#
# If fewer than $k$ words are left, raise a `ValueError`. Words with equal scores may come in any order. If Question 3
# is still open, the one of torch will do meanwhile.
#
# <details><summary>Hint 1: best first</summary>
#
# Look up `Tensor.topk`. It returns values and places, already sorted.
# </details>
#
# <details><summary>Hint 2: leaving some out</summary>
#
# Do not cut the rows out of the table: then all ids behind them move. Rather give the excluded words a score so bad
# that they can never win. The worst cosine is −1, and a word that you *want* may have that, so it must be worse.
# How many words are left? An id may stand in `exclude` twice.
# </details>


# %% grade_id="most_similar" role="solution"
def most_similar(query: Tensor, weight: Tensor, k: int, exclude: Iterable[int] = ()) -> tuple[Tensor, Tensor]:
    """The k rows of the table that are most similar to the query, by cosine, best first.

    query: (D,), weight: (V, D); the ids in `exclude` never appear. Returns ids (k,) long and scores (k,).
    ValueError if fewer than k rows are left.
    """
    ### BEGIN SOLUTION
    left_out = sorted({int(i) for i in exclude})
    if len(weight) - len(left_out) < k:
        raise ValueError(f"{len(weight)} words without {len(left_out)} are fewer than {k}")
    scores = cosine_similarity(query, weight)  # (V,)
    hidden = torch.tensor(left_out, dtype=torch.long, device=scores.device)
    best = scores.index_fill(0, hidden, float("-inf")).topk(k)
    return best.indices, best.values
    ### END SOLUTION


# %% grade_id="test_most_similar" role="test" points=2
table = torch.tensor([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [0.0, 0.0]], device=device)
query = torch.tensor([3.0, 0.0], device=device)
found = most_similar(query, table, 2)
assert isinstance(found, tuple | list), f"return two things, ids and scores, not {type(found).__name__}"
ids, scores = found
assert ids.dtype == torch.long, f"the first result is the ids, whole numbers, yours are {ids.dtype}"
assert ids.shape == scores.shape == (2,), f"k = 2 ids and 2 scores, not {tuple(ids.shape)} and {tuple(scores.shape)}"
assert ids.tolist() == [1, 2], f"the nearest rows are 1, then 2 (see the example), got {ids.tolist()}: best first"
expected = torch.tensor([1.0, 0.5**0.5], device=device)
assert torch.allclose(scores, expected), f"their cosines are {expected}, got {scores}"

ids, scores = most_similar(query, table, 3, exclude=(1, 1))
assert ids[0] == 2, f"without row 1 the nearest is row 2, got {ids[0]}: ids must not move when rows are left out"
assert sorted(ids[1:].tolist()) == [0, 4], f"rows 0 and 4 (zeros, score 0) come next, got {ids[1:].tolist()}"
ids, scores = most_similar(query, table, 1, exclude=[0, 1, 2, 4])
assert ids.tolist() == [3], f"only row 3 is left, its cosine is -1, but you return {ids.tolist()}"
for bad in ({"k": 6}, {"k": 4, "exclude": {0, 1}}):
    try:
        most_similar(query, table, **bad)
    except ValueError:
        continue
    raise AssertionError(f"of 5 rows, with {bad}, fewer than k are left: raise a ValueError")
assert table[1, 0] == 2, "most_similar changed the table that it was given"
print("most_similar looks right")
### BEGIN HIDDEN TESTS
check("most_similar")
### END HIDDEN TESTS

# %% [markdown]
# ### What is like an energy?
# Your functions, on the table of dimensions. Which quantity do you expect first?

# %%
with needs("Questions 2, 3 and 4"):
    for word in ("energy", "voltage"):
        start = quantity(word)
        ids, scores = most_similar(embed(start, dimensions), dimensions, k=3, exclude=[start.item()])
        print(f"most like {word}:")
        print_bars([quantities[i] for i in ids], scores)

# %% [markdown]
# *Torque* comes out as **equal** to energy, cosine 1: both are kg m² s⁻². Yet no physicist confuses the work that you
# do with the turning force on a bolt. The vectors are not wrong. They contain what we put in, four exponents, and the
# difference lies in something else (a torque has an axis). **Vectors know what their coordinates know, and nothing
# more.** For words like *wire*, *hot* or *because* nobody knows which coordinates to write down at all. They have to be
# learnt. But first, one more thing that vectors can do.

# %% [markdown]
# ## Question 5: a is to b as c is to ?
# *25 minutes · difficulty ●●○ · 3 points · uses Question 4*
#
# *Velocity is to acceleration as momentum is to ...?* From velocity to acceleration one divides by a time; the same
# step from momentum leads to force, and that is Newton's second law. With vectors a step is a difference, $b - a$, and
# to take it from $c$ is to add it:
#
# $$q = \hat b - \hat a + \hat c, \qquad \hat w = \frac{w}{\lVert w \rVert}, \qquad
# \text{answer} = \text{the words most similar to } q, \text{ without } a, b, c$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $a, b, c$ | ids of the three words | integers |
# | $\hat a, \hat b, \hat c$ | their rows of the table, brought to length 1 | `(D,)` |
# | $k$ | how many answers | integer |
# | result | ids, best first | `(k,)` long |
#
# This is the famous experiment of [Mikolov and others, 2013](https://aclanthology.org/N13-1090/): in vectors learnt
# from news, *king − man + woman* came out near *queen*.
#
# Two details matter. **Length 1**: without it, a long vector would decide alone. **Without a, b, c**: the step $b - a$
# is often small, so the word nearest to $q$ is very often $c$ itself. Programs that print such an "answer" can be
# found in print.
#
# **By hand.** Rows: 0: $(2, 0)$, 1: $(0, 5)$, 2: $(1, 1)$, 3: $(-3, 4)$, 4: $(1, 0)$. "0 is to 1 as 2 is to ?" Unit
# vectors: $\hat a = (1, 0)$, $\hat b = (0, 1)$, $\hat c = (0.71, 0.71)$. So $q = (-0.29, 1.71)$. Row 1 is the nearest
# (cosine 0.99), but it is one of the three. Row 3 follows, cosine $(0.18 + 1.37) / 1.73 = 0.89$: the answer is 3.
#
# A row of zeros has no direction, and stays a row of zeros. If fewer than $k$ words are left, raise a `ValueError`.
#
# <details><summary>Hint 1: unit length</summary>
#
# A length for every row: `vector_norm` along the last dimension with `keepdim=True`, shape `(V, 1)`, so that it can
# divide `(V, D)`. A row of zeros must not become `nan`: what did you do about that in Question 3?
# </details>
#
# <details><summary>Hint 2: the rest is done</summary>
#
# You have a function that finds the nearest rows, leaves some out and raises the error.
# </details>


# %% grade_id="analogy" role="solution"
def analogy(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """The ids that answer "a is to b as c is to ?": nearest to b - a + c, never a, b or c.

    a, b, c: ids; weight: (V, D), its rows are taken at unit length. Returns ids (k,) long, best first.
    ValueError if fewer than k words are left.
    """
    ### BEGIN SOLUTION
    unit = weight / torch.linalg.vector_norm(weight, dim=-1, keepdim=True).clamp_min(1e-8)
    ids, _ = most_similar(unit[b] - unit[a] + unit[c], unit, k, exclude=(a, b, c))
    return ids
    ### END SOLUTION


# %% grade_id="test_analogy" role="test" points=3
table = torch.tensor([[2.0, 0.0], [0.0, 5.0], [1.0, 1.0], [-3.0, 4.0], [1.0, 0.0], [0.0, 0.0]], device=device)
answer = analogy(0, 1, 2, table)
assert isinstance(answer, Tensor), f"analogy returned {type(answer).__name__}, not a tensor of ids"
assert answer.shape == (1,), f"with k = 1 the result has the shape (1,), not {tuple(answer.shape)}"
assert answer.dtype == torch.long, f"the result is ids, whole numbers, yours are {answer.dtype}"
assert answer[0] not in (0, 1, 2), f"the answer is {answer[0]}, one of the question's own words: exclude all three"
assert answer[0] != 4, "id 4 is the answer to a - b + c: the step goes from a to b, so it is b - a + c"
assert answer[0] == 3, f"the example above has the answer 3, you get {answer[0]}"
assert analogy(0, 1, 2, table, k=3).tolist() == [3, 5, 4], (
    f"best first they are 3, then 5 (zeros, score 0), then 4, you get {analogy(0, 1, 2, table, k=3).tolist()}"
)
lengths = torch.tensor([[1.0], [20.0], [3.0], [0.5], [7.0], [1.0]], device=device)
assert analogy(0, 1, 2, lengths * table, k=3).tolist() == [3, 5, 4], (
    "longer and shorter arrows changed the answer: bring every row to length 1 before you add and subtract"
)
assert sorted(analogy(0, 4, 2, table, k=3).tolist()) == [1, 3, 5], "exclude all three words of the question: a, b and c"
space = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 1, 0], [-0.3, 0.3, 0.3], [0, 0, 9]], device=device)
found = analogy(0, 1, 2, space, k=3).tolist()  # q = (-1, 1, 1): row 4 has its direction
assert found[0] != 3, "row 3 is the step b - a itself: do not forget to add c"
assert found[0] != 5, "row 5 wins by its length: the answers, too, are compared at length 1 (by cosine)"
assert found == [4, 3, 5], f"the cosines with q = (-1, 1, 1) are best for the rows 4, 3, 5, you get {found}"
try:
    analogy(0, 1, 2, table, k=4)
except ValueError:
    pass
else:
    raise AssertionError("6 words without a, b, c are 3, fewer than k = 4: raise a ValueError")
print("analogy looks right")
### BEGIN HIDDEN TESTS
check("analogy")
### END HIDDEN TESTS

# %% [markdown]
# ### Newton by subtraction

# %%
with needs("Questions 3, 4 and 5"):
    for words in (("velocity", "acceleration", "momentum"), ("energy", "power", "charge")):
        ids = [quantities.index(word) for word in words]
        found = [quantities[i] for i in analogy(*ids, dimensions, k=2)]
        print("{} is to {} as {} is to".format(*words), " or ".join(found))

# %% [markdown]
# The table of dimensions does calculus: dividing by a time turned energy into power, and charge into current. Nobody
# told it that momentum and force belong together; it follows from the coordinates. So if *learnt* coordinates solve
# such questions, something of the structure of the world must be in them.
#
# Now: how are they learnt?

# %% [markdown]
# ## Question 6: the company a word keeps
# *15 minutes · difficulty ●○○ · 2 points*
#
# We go through a text and note for every word, the **center**, which words stand at most `window` places away from it,
# its **contexts**. These pairs are all that the machine will ever see of the text: it is called the **skip-gram** model
# ([Mikolov and others, 2013](https://arxiv.org/abs/1301.3781)).
#
# $$\text{pairs} = \big[\, (w_t,\ w_{t+j}) \;:\; 0 \le t < T,\ -m \le j \le m,\ j \ne 0,\ 0 \le t + j < T \,\big]$$
#
# | symbol | meaning | type |
# |---|---|---|
# | $w_0, \dots, w_{T-1}$ | the words of a sentence, `tokens` | list |
# | $m$ | `window`, 1 or more | integer |
# | $t$ | place of the center | integer |
# | $j$ | step to the context, left or right | integer |
# | pairs | sorted by $t$, then by $t + j$ | list of tuples |
#
# **By hand**, with window 1, for "the wire gets hot":
#
# | center | contexts | pairs |
# |---|---|---|
# | the | wire | (the, wire) |
# | wire | the, gets | (wire, the) (wire, gets) |
# | gets | wire, hot | (gets, wire) (gets, hot) |
# | hot | gets | (hot, gets) |
#
# At the edges there are fewer. There are no vectors here yet, so plain lists and loops are right.
#
# <details><summary>Hint 1: two loops</summary>
#
# The outer loop runs over the places of centers, the inner over the places around it. From which place to which,
# if you must not leave the sentence? Think of `max` and `min`.
# </details>
#
# <details><summary>Hint 2: the same word twice</summary>
#
# In "the ball hits the wall" *the* may be a context of *the*. What must be left out is the *place* of the center, not
# every word that is equal to it.
# </details>


# %% grade_id="skip_gram_pairs" role="solution"
def skip_gram_pairs(tokens: list, window: int) -> list[tuple]:
    """All pairs (center, context) at most `window` places apart, by center, then by the place of the context.

    tokens: a list of words (or ids), window >= 1. At the edges there are fewer contexts.
    """
    ### BEGIN SOLUTION
    pairs = []
    for center, word in enumerate(tokens):
        first, last = max(0, center - window), min(len(tokens) - 1, center + window)
        pairs += [(word, tokens[place]) for place in range(first, last + 1) if place != center]
    return pairs
    ### END SOLUTION


# %% grade_id="test_skip_gram_pairs" role="test" points=2
tokens = ["the", "wire", "gets", "hot"]
pairs = skip_gram_pairs(tokens, 1)
assert isinstance(pairs, list), f"the result is a list of pairs, yours is {type(pairs).__name__}"
assert all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs), f"a pair is a tuple of two: {pairs}"
expected = [("the", "wire"), ("wire", "the"), ("wire", "gets"), ("gets", "wire"), ("gets", "hot"), ("hot", "gets")]
assert ("wire", "wire") not in pairs, "a word is not its own context: leave out the place of the center"
assert sorted(pairs) == sorted(expected), f"expected the pairs\n{expected}\ngot\n{pairs}"
assert pairs == expected, f"the pairs are right, their order is not: by center, then from left to right. Got\n{pairs}"

pairs = skip_gram_pairs(["a", "b", "c", "d", "e"], 2)
for center, expected in {"a": "bc", "b": "acd", "c": "abde", "d": "bce", "e": "cd"}.items():
    contexts = "".join(context for word, context in pairs if word == center)
    assert contexts == expected, f"in 'a b c d e' with window 2, {center} has the contexts {expected}, not {contexts}"
of_pairs = [center for center, _ in pairs]
assert of_pairs == sorted(of_pairs), f"all pairs of one center stand together, from the first to the last: {pairs}"
pairs = skip_gram_pairs(["the", "the", "ball"], 1)
assert ("the", "the") in pairs, "in 'the the ball' the words 0 and 1 are neighbours: leave out a place, not equal words"
assert len(pairs) == 4, f"'the the ball' has 4 pairs with window 1, two of them equal, you get {pairs}"
assert len(skip_gram_pairs([7, 8, 9], 50)) == 6, "with a window wider than the sentence every other word is a context"
assert tokens == ["the", "wire", "gets", "hot"], "skip_gram_pairs changed the list that it was given"
print("skip_gram_pairs looks right")
### BEGIN HIDDEN TESTS
check("skip_gram_pairs")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 7: how to draw a wrong answer
# *10 minutes · difficulty ●○○ · 1 point*
#
# Suppose we only pull together words that meet in the text. Then all vectors end up in one point: every pair is happy.
# We need a force that pushes apart, too. So for each true pair we draw a few words at random, the **negatives**, and
# push the center away from these. Most likely they do not belong there.
#
# Which words to draw? Every word equally often would waste most pushes on words that are hardly ever met. As often as
# in the text means *the*, *the*, *of*. The authors of word2vec tried a middle way, a power of 3/4, and it worked best
# ([Mikolov and others, 2013](https://arxiv.org/abs/1310.4546), section 2.2):
#
# $$P(i) = \frac{n_i^{\,\gamma}}{\sum_{j=1}^{V} n_j^{\,\gamma}}, \qquad \gamma = \tfrac34$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $n_i$ | how often word $i$ stands in the text, `counts` | `(V,)` |
# | $\gamma$ | `power`: 1 as in the text, 0 all alike | number |
# | $P$ | probability to be drawn, sums to 1 | `(V,)` |
#
# **By hand.** Counts 81, 16, 1. The powers are 27, 8, 1, their sum 36. The rare word is drawn with 1/36 = 0.028, nearly
# three times its share of the text (1/98 = 0.010); the frequent one with 0.75 instead of 0.83.
#
# *For physicists*: with $E_i = -\ln n_i$ this is a Boltzmann distribution, and $\gamma$ is $1 / k_B T$. A power below 1
# is a slightly hotter text.
#
# Counts are often whole numbers (`long`); the result is then `float32`. Floating counts keep their dtype.
#
# <details><summary>Hint</summary>
#
# `counts.is_floating_point()` tells whether they are floats already. With counts of 10,000 and a power of 10 the
# numbers become too large for `float32`, although each $P(i)$ is small. All counts may be divided by the same number
# first without changing $P$: which one makes every power harmless?
# </details>


# %% grade_id="negative_sampling_distribution" role="solution"
def negative_sampling_distribution(counts: Tensor, power: float = 0.75) -> Tensor:
    """Probabilities proportional to counts ** power, of sum 1.

    counts: (V,), whole numbers or floats. Returns (V,), float32 for whole numbers, else of the dtype of counts.
    """
    ### BEGIN SOLUTION
    counts = counts if counts.is_floating_point() else counts.float()
    powers = (counts / counts.amax()) ** power  # at most 1 each, so that no power is too large
    return powers / powers.sum()
    ### END SOLUTION


# %% grade_id="test_negative_sampling_distribution" role="test" points=1
counts = torch.tensor([81, 1, 16], device=device)
p = negative_sampling_distribution(counts)
assert isinstance(p, Tensor), f"the function returned {type(p).__name__}, not a tensor: is the `return` missing?"
assert p.shape == (3,), f"3 words have 3 probabilities, the shape is (3,), not {tuple(p.shape)}"
assert p.dtype == torch.float32, f"whole numbers as counts give float32 probabilities, not {p.dtype}"
assert torch.isclose(p.sum(), torch.tensor(1.0, device=device)), f"probabilities sum to 1, yours to {p.sum()}"
shares = counts / counts.sum()
assert not torch.allclose(p, shares), "these are the shares of the text: raise the counts to the power first"
assert not torch.allclose(p, shares**0.75), "raise the counts, then divide by the sum of the powers, not before"
expected = torch.tensor([27.0, 1.0, 8.0], device=device) / 36
assert torch.allclose(p, expected), f"expected 27/36, 1/36, 8/36 for the counts 81, 1, 16, got {p}"
half = negative_sampling_distribution(counts.double(), power=0.5)
assert half.dtype == torch.float64, f"float64 counts give float64 probabilities, not {half.dtype}"
expected = torch.tensor([9.0, 1.0, 4.0], device=device).double() / 14
assert torch.allclose(half, expected), f"with power=0.5 expected 9/14, 1/14, 4/14, got {half}: is `power` used?"
alike = negative_sampling_distribution(counts, power=0)
assert torch.allclose(alike, torch.full_like(alike, 1 / 3)), f"with power=0 all words are alike, 1/3 each, not {alike}"
print("negative_sampling_distribution looks right")
### BEGIN HIDDEN TESTS
check("negative_sampling_distribution")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 8: pull and push
# *30 minutes · difficulty ●●● · 4 points*
#
# Now the rule that moves the points. Every word gets *two* vectors: $u$ when it is a center, $c$ when it is a context
# (or a negative). The model's guess for "does this word stand near that one?" is a probability:
#
# $$P(\text{near}) = \sigma(u \cdot c), \qquad \sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# A large dot product says yes, a very negative one no, 0 says "I do not know", 1/2. (You know $\sigma$ from physics: it
# is how a system with two levels is occupied.) The true context should get a yes, the $K$ negatives a no, and since
# $1 - \sigma(x) = \sigma(-x)$, a no is $\sigma(-u \cdot n)$. The loss is the surprise, minus the logarithm of the
# probability of all these right answers. This is **skip-gram with negative sampling**, SGNS (equation 4
# of the [paper](https://arxiv.org/abs/1310.4546)):
#
# $$\mathrm{loss} = \frac1B \sum_{b=1}^{B} \Big[ -\ln \sigma(u_b \cdot c_b)
# - \sum_{k=1}^{K} \ln \sigma(-u_b \cdot n_{bk}) \Big]$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $u$ | vectors of the centers | `(B, D)` |
# | $c$ | vectors of their true contexts | `(B, D)` |
# | $n$ | vectors of $K$ negatives for each center | `(B, K, D)` |
# | loss | the mean over the $B$ pairs | `()` |
#
# **By hand.** One pair, $K = 2$, $D = 2$: $u = (1, 0)$, $c = (\ln 3, 5)$, $n_1 = (-\ln 3, 2)$, $n_2 = (0, 7)$.
#
# | | dot product | right answer has probability | minus logarithm |
# |---|---|---|---|
# | $c$ | $\ln 3$ | $\sigma(\ln 3) = 3/4$ | 0.288 |
# | $n_1$ | $-\ln 3$ | $\sigma(\ln 3) = 3/4$ | 0.288 |
# | $n_2$ | 0 | $\sigma(0) = 1/2$ | 0.693 |
#
# The loss is 1.269.
#
# **A number to remember**: a model that knows nothing (all dot products 0) has the loss $(K + 1) \ln 2$. Every training
# should begin near it.
#
# <details><summary>Hint 1: a dot product for each pair</summary>
#
# `center @ context.T` would give every center with every context, `(B, B)`. You want one number for each pair: multiply
# entry by entry, then sum over $D$.
# </details>
#
# <details><summary>Hint 2: and one for each negative</summary>
#
# `(B, K, D)` against `(B, D)` does not fit: broadcasting lines shapes up from the right. Put a dimension of length 1
# where the K is.
# </details>
#
# <details><summary>Hint 3: large numbers</summary>
#
# $\sigma(-200)$ is 0 in `float32`, and its logarithm is $-\infty$, though the true value is very nearly $-200$. torch
# has a function for the logarithm of $\sigma$ that knows this: look in `torch.nn.functional`, which is `F` here.
# </details>


# %% grade_id="sgns_loss" role="solution"
def sgns_loss(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """The loss of skip-gram with negative sampling, the mean over the batch.

    center: (B, D), context: (B, D) the true ones, negatives: (B, K, D). Returns a scalar, shape ().
    """
    ### BEGIN SOLUTION
    pull = (center * context).sum(-1)  # (B,)
    push = (center.unsqueeze(1) * negatives).sum(-1)  # (B, K)
    return -(F.logsigmoid(pull) + F.logsigmoid(-push).sum(-1)).mean()
    ### END SOLUTION


# %% grade_id="test_sgns_loss" role="test" points=4
ln3 = torch.tensor(3.0).log().item()
center = torch.tensor([[1.0, 0.0]], device=device)
context = torch.tensor([[ln3, 5.0]], device=device)
negatives = torch.tensor([[[-ln3, 2.0], [0.0, 7.0]]], device=device)
loss = sgns_loss(center, context, negatives)
assert isinstance(loss, Tensor), f"sgns_loss returned {type(loss).__name__}, not a tensor: is the `return` missing?"
assert loss.shape == (), f"the loss is one number, a tensor of shape (), not {tuple(loss.shape)}"


def is_near(value, number):
    return abs(value.item() - number) < 1e-3  # the numbers below have 4 digits


assert not is_near(loss, -1.2685), "the sign is wrong: a loss is MINUS the logarithm of a probability"
assert not is_near(loss, 2.3671), "the negatives are treated as true contexts: they need a minus inside sigma"
assert not is_near(loss, 0.7781), "sum over the K negatives, do not take their mean: the mean is over the batch alone"
assert is_near(loss, 1.2685), f"the example above has the loss 1.269, yours is {loss:.4f}"

other = torch.tensor([[0.0, 1.0]], device=device)
both = sgns_loss(torch.cat([center, other]), torch.cat([context, 0 * context]), torch.cat([negatives, 0 * negatives]))
knows_nothing = 3 * torch.tensor(2.0).log().item()  # the second pair: all dot products are 0
assert not is_near(both, 1.2685 + knows_nothing), "two pairs: take the mean over the batch, not the sum"
assert is_near(both, (1.2685 + knows_nothing) / 2), (
    f"two pairs of losses 1.269 and 2.079 have the mean 1.674, you get {both:.4f}: is each center paired with its own?"
)

center = torch.tensor([[10_000.0]], device=device, requires_grad=True)
loss = sgns_loss(center, torch.tensor([[-1.0]], device=device), torch.tensor([[[1.0]]], device=device))
assert loss.isfinite(), f"a very wrong answer gave the loss {loss}: log of sigma = 0 is -inf. See Hint 3"
assert torch.isclose(loss.detach(), torch.tensor(20_000.0, device=device)), f"two of 10,000 each, you get {loss}"
loss.backward()
assert center.grad is not None, "no gradient came back: .detach(), .data, numpy and new tensors cut it off"
assert center.grad.isfinite().all(), f"the gradient is {center.grad}: it must be finite"
wide = torch.ones(2, 3, dtype=torch.float64, device=device)
assert sgns_loss(wide, wide, wide.unsqueeze(1)).dtype == torch.float64, "float64 vectors give a float64 loss"
print("sgns_loss looks right")
### BEGIN HIDDEN TESTS
check("sgns_loss")
### END HIDDEN TESTS

# %% [markdown]
# ## Train it: what is a flurb?
# Beside this notebook lies `physics.txt`. A program wrote it for this course, from lists of things and rules of
# physics: fields and their units, causes and effects, people at work. One sentence stands on each line.

# %% grade_id="the_text" role="locked"
if not Path("physics.txt").is_file():
    raise FileNotFoundError(
        "physics.txt does not lie beside this notebook. Run the first cell of code again: it fetches the file. "
        "If it cannot: the file stands where you found the notebook. "
        "In Colab: open the folder symbol on the left and upload it there."
    )
sentences = [line.split() for line in Path("physics.txt").read_text(encoding="utf-8").splitlines()]
print(f"{len(sentences):,} sentences, {sum(map(len, sentences)):,} words and marks. Four of them:")
for sentence in sentences[1000 : len(sentences) : len(sentences) // 4]:
    print("-", *sentence)

# %% [markdown]
# For your own training a part of it is enough: the sentences about resistance, voltage and current. In every second
# place *resistance* is replaced by *flurb*, a word that stands in no book. If your machine learns from company, it
# should find out what you found out at the beginning.

# %% grade_id="flurb_text" role="locked"
MARKS_AND_SMALL_WORDS = ". , : ? the a an of is and it in to has at on that with so for"
left_out = set(MARKS_AND_SMALL_WORDS.split())
small_text, seen = [], 0
for sentence in sentences:
    if {"resistance", "voltage", "current"} & set(sentence):
        kept = [word for word in sentence if word not in left_out]
        for place, word in enumerate(kept):
            if word == "resistance":
                seen += 1
                kept[place] = "flurb" if seen % 2 else word
        small_text.append(kept)

often = {}
for sentence in small_text:
    for word in sentence:
        often[word] = often.get(word, 0) + 1
small_words = [word for word in often if often[word] >= 5]  # id -> word
small_ids = {word: i for i, word in enumerate(small_words)}  # word -> id
small_counts = torch.tensor([often[word] for word in small_words], device=device)
small_text = [[small_ids[word] for word in sentence if word in small_ids] for sentence in small_text]
print(f"{len(small_text):,} sentences, {len(small_words)} different words, flurb stands there {often['flurb']} times.")

# %% [markdown]
# Here is a training, line by line made of your functions. In each step it draws 512 pairs and 5 negatives for each,
# looks up their vectors, and asks for the loss. `loss.backward()` computes the gradient: in which direction would each
# number have to move so that the loss falls? The optimizer makes a small step there. That is all.

# %%
DIMENSION, BATCH, NEGATIVES, STEPS = 16, 512, 5, 400
with needs("Questions 2, 6, 7 and 8"):
    pairs = torch.tensor([pair for sentence in small_text for pair in skip_gram_pairs(sentence, window=4)])
    chance = negative_sampling_distribution(small_counts).cpu()
    source = torch.Generator().manual_seed(0)  # the same numbers in every run
    start = 0.1 * torch.randn(2, len(small_words), DIMENSION, generator=source)
    centers, contexts = (table.clone().to(device).requires_grad_() for table in start)  # (V, D) each
    optimizer = torch.optim.Adam([centers, contexts], lr=0.03)
    losses = []
    for _ in range(STEPS):
        batch = pairs[torch.randint(len(pairs), (BATCH,), generator=source)].to(device)  # (B, 2)
        drawn = torch.multinomial(chance, BATCH * NEGATIVES, replacement=True, generator=source).to(device)
        negatives = embed(drawn.view(BATCH, NEGATIVES), contexts)  # (B, K, D)
        loss = sgns_loss(embed(batch[:, 0], centers), embed(batch[:, 1], contexts), negatives)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    losses = torch.stack(losses).cpu()

    fig, ax = plt.subplots(figsize=(5.5, 2.8))
    ax.plot(losses, linewidth=1)
    ax.axhline(6 * torch.tensor(2.0).log().item(), color="gray", linestyle="--")
    ax.text(STEPS, losses[0].item() - 0.2, "a model that knows nothing: 6 ln 2", color="gray", ha="right")
    ax.set(xlabel="step", ylabel="loss")
    plt.show()
    print(f"{len(pairs):,} pairs. The loss begins at {losses[0]:.2f} and ends at {losses[-20:].mean():.2f}.")

# %% [markdown]
# **Read it.** Does the curve begin where it must, at $(K + 1) \ln 2$ with $K = 5$? It falls steeply, then flattens, and
# it will never reach 0: many words can stand beside *resistance*, and no vector can know which of them it will be this
# time. The trembling comes from the draw: every step sees other pairs.
#
# And now the question from the beginning. The loop has never been told that *flurb* and *resistance* have anything to
# do with each other; in `pairs` they are two different numbers. **What do you expect?**

# %%
with needs("Questions 2 to 4 and 6 to 8"):
    for word in ("flurb", "copper", "rises"):
        start = torch.tensor(small_ids[word], device=device)
        ids, scores = most_similar(embed(start, centers.detach()), centers.detach(), k=4, exclude=[start.item()])
        print(f"most like {word}:")
        print_bars([small_words[i] for i in ids], scores)

# %% [markdown]
# *Resistance* is the nearest word to *flurb*, far before the next. Your loss did this, with 400 small steps. The metals
# have found each other, too.
#
# But look at *rises*: its nearest word is *falls*, its **opposite**. No mistake was made. The two stand among the same
# words ("the pressure rises", "the pressure falls"), and company is all that the machine sees. *Similar* means here:
# one could stand in the place of the other. It does not mean: the same.

# %% [markdown]
# ## Question 9: the whole text
# *10 minutes · difficulty ●○○ · 1 point*
#
# Your loop is word2vec. For the whole text we take the library [gensim](https://radimrehurek.com/gensim/), whose inner
# loop is compiled. Its class `Word2Vec` does what you wrote: skip-gram pairs, counts to the power 0.75, five negatives,
# a step along the gradient. (It adds two tricks of the paper: very frequent words are often skipped, and each window is
# shortened at random.) Your task is to call it well.
#
# $$\text{sentences} \;\longrightarrow\; \text{model}, \qquad \text{model.wv.vectors}: \ (V, D)$$
#
# | argument | meaning | type |
# |---|---|---|
# | `sentences` | the text, each sentence a list of words | list of lists |
# | `vector_size` | $D$, numbers for each word | integer |
# | `window` | $m$, how far a context may be away | integer |
# | `min_count` | rarer words are left out | integer |
# | `epochs` | how often the text is read | integer |
# | `sg` | 1: skip-gram; 0: guess the center from the mean of its contexts (CBOW) | 0 or 1 |
# | `seed` | where the random numbers begin | integer |
#
# All other settings stay as gensim has them, except one. **The same seed must give the same vectors.** gensim trains
# with several workers at a time. All of them write into the same table, and who comes first is decided by chance. Find
# the argument that leaves a single worker.
#
# **By hand.** Text: "a b", "a c", "a b"; `min_count=2`. How many rows has the table? (a stands there three times, b
# twice, c once: two rows.)
#
# <details><summary>Hint</summary>
#
# Pass every argument by its name: `Word2Vec(sentences, vector_size=..., ...)`. The [documentation
# ](https://radimrehurek.com/gensim/models/word2vec.html) lists all of them; you need one of the first ten.
# </details>


# %% grade_id="train_word2vec" role="solution"
def train_word2vec(
    sentences: list[list[str]], vector_size: int, window: int, min_count: int, epochs: int, sg: int, seed: int
) -> Word2Vec:
    """A gensim Word2Vec trained on the sentences (lists of words), the same vectors for the same seed.

    Its table is model.wv.vectors, (V, vector_size); model.wv.index_to_key has the word of each row.
    """
    ### BEGIN SOLUTION
    return Word2Vec(
        sentences,
        vector_size=vector_size,
        window=window,
        min_count=min_count,
        epochs=epochs,
        sg=sg,
        seed=seed,
        workers=1,
    )
    ### END SOLUTION


# %% grade_id="test_train_word2vec" role="test" points=1
colours = [["red", "green", "blue", "red"], ["green", "blue", "rare"], ["blue", "red", "green"]] * 2
settings = {"vector_size": 7, "window": 2, "min_count": 3, "epochs": 4, "sg": 1, "seed": 5}
model = train_word2vec(colours, **settings)
assert isinstance(model, Word2Vec), f"the result is a trained Word2Vec, yours is {type(model).__name__}: `return`?"
for name, value in settings.items():
    assert getattr(model, name) == value, f"{name} should be {value}, your model has {getattr(model, name)}: pass it on"
assert set(model.wv.index_to_key) == {"red", "green", "blue"}, (
    f"with min_count = 3 the words are red, green, blue (rare stands there twice), yours: {model.wv.index_to_key}"
)
assert model.workers == 1, f"your model has {model.workers} workers: then the same seed gives other vectors each time"
again = train_word2vec(colours, **settings)
assert (model.wv.vectors == again.wv.vectors).all(), "two trainings with one seed gave different vectors"
other = train_word2vec(colours, **{**settings, "seed": 6, "sg": 0})
assert other.sg == 0, "sg = 0 asks for CBOW: pass sg on"
assert (model.wv.vectors != other.wv.vectors).any(), "another seed gave the same vectors: pass the seed on"
print("train_word2vec looks right")
### BEGIN HIDDEN TESTS
check("train_word2vec")
### END HIDDEN TESTS

# %% [markdown]
# Now the whole text. The cell takes some seconds.
#
# *Real vectors.* Our text is small and tidy. If you have a connection, you can write
# `%env COURSE_VECTORS=glove-wiki-gigaword-50` into a new cell here and run it (a name known to [gensim's
# downloader](https://github.com/piskvorky/gensim-data), 66 MB; the path of a word2vec file will do as well). All that
# follows then runs on vectors learnt from Wikipedia and news.


# %% grade_id="real_vectors" role="locked"
def real_vectors():
    """The word vectors that COURSE_VECTORS names, or None."""
    name = os.environ.get("COURSE_VECTORS", "")
    if not name:
        return None
    try:
        if Path(name).is_file():
            found = KeyedVectors.load_word2vec_format(name, binary=name.endswith((".bin", ".bin.gz")))
        else:
            import gensim.downloader

            found = gensim.downloader.load(name)
        print(f"COURSE_VECTORS={name}: {found.vectors.shape[0]:,} words")
        return found
    except Exception as error:
        reason = str(error).split("\n")[0]
        print(f"COURSE_VECTORS={name} cannot be used, so the course's own are. ({type(error).__name__}: {reason})")
        return None


def table_of(own):
    """(words, weight (V, D)) of your own vectors, or of the real ones if there are any."""
    vectors = own if real is None else real
    weight = torch.tensor(vectors.vectors[:100_000], device=device)  # the most frequent words come first
    return vectors.index_to_key[: len(weight)], weight


real = real_vectors()

# %%
with needs("Question 9"):
    model = train_word2vec(sentences, vector_size=32, window=8, min_count=5, epochs=4, sg=1, seed=1)
    vocabulary, weight = table_of(model.wv)
    index = {word: i for i, word in enumerate(vocabulary)}  # word -> id
    print(f"{len(vocabulary):,} words, {weight.shape[1]} numbers each. The most frequent: {' '.join(vocabulary[:8])}")


# %%
def ids_of(words):
    """The ids of those words that the vectors know, (n,)."""
    return torch.tensor([index[word] for word in words if word in index], device=device)


with needs("Questions 2, 3, 4 and 9"):
    for word in ("violin", "mars", "copper", "engineer", "hot", "volt"):
        start = ids_of([word])[0]
        near, _ = most_similar(embed(start, weight), weight, k=5, exclude=[start.item()])
        print(f"{word:>10}: {', '.join(vocabulary[i] for i in near)}")

# %% [markdown]
# Instruments among instruments, planets among planets, metals, professions, and *hot* beside *cold*. But *volt* stands
# with *voltage* and with things that have one, and only one other unit is near: in a window of 8 words one meets not
# only words that could take a word's place, but also those of the same topic. Put in words of your own, look for a
# neighbour that surprises you, and search the text for the reason.
#
# ## A map of the words
# 32 dimensions cannot be drawn. A **map** keeps the two directions along which the chosen words are spread most
# (principal components, PCA). They come from a singular value decomposition: in `centred = U S Vᵀ` the rows of `Vᵀ` are
# directions, sorted by how much of the spread they carry. As with every map of the globe, something is lost. How much,
# the cell tells you.


# %% grade_id="map_of" role="locked"
def map_of(vectors):
    """The points (n, 2) of vectors (n, D) along their two main directions, and the share of the spread they keep."""
    centred = (vectors - vectors.mean(0)).float()
    _, sizes, directions = torch.linalg.svd(centred, full_matrices=False)
    largest = directions[:2].abs().argmax(1, keepdim=True)
    signs = directions[:2].gather(1, largest).sign()  # a direction and its opposite are equally good: fix one
    return (centred @ (signs * directions[:2]).T).cpu(), (sizes[:2].square().sum() / sizes.square().sum()).item()


def write_words(ax, points, words, colour, label=None):
    """A dot and a word at each point (n, 2)."""
    ax.scatter(points[:, 0], points[:, 1], s=9, color=colour, label=label)
    for (x, y), word in zip(points.tolist(), words, strict=True):
        ax.text(x, y, " " + word, color=colour, fontsize=8)


# %%
FIELDS = {
    "electricity": "voltage current resistance circuit battery wire",
    "heat": "temperature heat water ice melts boils",
    "mechanics": "force mass acceleration momentum friction gravity",
    "waves": "light lens mirror echo wavelength",
    "atoms": "electron proton nucleus isotope",
    "units": "newton kilogram joule metre volt ampere ohm",
    "people": "physicist engineer teacher student nurse mother",
}
with needs("Question 9"):
    groups = {field: [word for word in words.split() if word in index] for field, words in FIELDS.items()}
    mapped = [word for words in groups.values() for word in words]
    points, share = map_of(weight[ids_of(mapped)])
    fig, ax = plt.subplots(figsize=(7.5, 5.5))
    begin = 0
    for number, (field, words) in enumerate(groups.items()):
        write_words(ax, points[begin : begin + len(words)], words, f"C{number}", field)
        begin += len(words)
    ax.margins(x=0.12)
    ax.legend(fontsize=8)
    plt.show()
    print(f"The map keeps {share:.0%} of the spread; the rest goes into directions that you do not see.")

# %% [markdown]
# **Read it.** Nobody told the program which word belongs to which colour: it has seen nothing but pairs of
# neighbours. Which colours form a region of their own? Where are the units: all in one heap, or each near its field?
#
# And do not believe all of it. Here are words of different colours that the map puts close together, with their true
# cosine, and for comparison the mean cosine of two words of one colour:

# %%
with needs("Questions 3 and 9"):
    colour = torch.tensor([number for number, group in enumerate(groups.values()) for _ in group])
    vectors = weight[ids_of(mapped)]
    cosines = cosine_similarity(vectors[:, None], vectors).cpu()  # everything with everything
    i, j = torch.triu_indices(len(mapped), len(mapped), offset=1)  # all pairs, each once
    same = colour[i] == colour[j]
    distances = torch.pdist(points).masked_fill(same, float("inf"))
    for pair in distances.argsort()[:5].tolist():
        print(f"{mapped[i[pair]]:>12} and {mapped[j[pair]]:<12} cosine {cosines[i[pair], j[pair]]:.2f}")
    print(f"mean cosine of two words of one colour: {cosines[i, j][same].mean():.2f}")

# %% [markdown]
# ## Analogies in vectors that were learnt
# Your `analogy` worked on coordinates that a physicist wrote down. Does it work on coordinates that came from a text?
# *Force is to newton as voltage is to ...?* If the step from a quantity to its unit is about the same for all, then the
# arrows on a map of such pairs must be about parallel.

# %%
FAMILIES = {
    "quantity to unit": "force newton, mass kilogram, length metre, time second, energy joule, power watt, "
    "pressure pascal, current ampere, voltage volt, resistance ohm, charge coulomb, temperature kelvin",
    "one to many": "newton newtons, joule joules, watt watts, volt volts, ampere amperes, ohm ohms, metre metres",
    "he to she": "man woman, boy girl, father mother, brother sister, son daughter, uncle aunt, king queen",
    "opposites": "hot cold, high low, long short, large small, rises falls, melts freezes",
}
with needs("Question 9"):
    families = {name: [pair.split() for pair in pairs.split(",")] for name, pairs in FAMILIES.items()}
    families = {name: [pair for pair in pairs if set(pair) <= set(index)] for name, pairs in families.items()}
    quantities_and_units = families["quantity to unit"]
    points, share = map_of(weight[ids_of(word for pair in quantities_and_units for word in pair)])
    fig, ax = plt.subplots(figsize=(7.5, 5))
    for tail, head in zip(points[::2].tolist(), points[1::2].tolist(), strict=True):
        ax.annotate("", head, tail, arrowprops={"arrowstyle": "->", "color": "lightgray"})
    write_words(ax, points[::2], [quantity for quantity, _ in quantities_and_units], "C0", "quantity")
    write_words(ax, points[1::2], [unit for _, unit in quantities_and_units], "C1", "unit")
    ax.margins(x=0.12)
    ax.legend(fontsize=8)
    plt.show()
    print(f"The map keeps {share:.0%} of the spread.")

# %% [markdown]
# Pictures can flatter. So count: ask for every pair of a family with every other pair, and see how often the first
# answer is the right one.

# %%
with needs("Questions 3, 4, 5 and 9"):
    for name, known in families.items():
        asked = [(a, b, c, d) for a, b in known for c, d in known if a != c]
        answers = [vocabulary[analogy(index[a], index[b], index[c], weight)[0]] for a, b, c, _ in asked]
        right = sum(answer == d for answer, (_, _, _, d) in zip(answers, asked, strict=True))
        print(f"{name}: {right} of {len(asked)} right. The first three:")
        for answer, (a, b, c, d) in list(zip(answers, asked, strict=True))[:3]:
            print(f"    {a} is to {b} as {c} is to {answer}" + ("" if answer == d else f" (and not {d})"))

# %% [markdown]
# There are more than a thousand words to choose from, so a guess would hardly ever be right. The structure is real:
# *the unit of* has become a direction in space, though the loss knows nothing of directions. And it fails often enough
# to make one careful.
#
# **Try**: take the exclusion of $a$, $b$, $c$ out of your `analogy` for a moment, and run the cell again. (Then put it
# back!)
#
# <details><summary>What you will see</summary>
#
# For units four answers in ten are now one of the question's own words, for opposites and for *he to she* nearly all
# are. Only *one to many* hardly changes. Where two words keep nearly the same company, the step $b - a$ is short
# compared with the distance to other words, and $c$ stays the nearest. A good part of the fame of word analogies comes
# from this little rule ([Linzen, 2016](https://arxiv.org/abs/1606.07736)).
# </details>

# %% [markdown]
# ## Question 10: which side is a word on?
# *15 minutes · difficulty ●○○ · 2 points · uses Question 3*
#
# Vectors take in the company that words keep, all of it, also what we would not have wished for. To see it we need a
# number. Take two groups of words, $A$ and $B$ (*he, him, ...* and *she, her, ...*), and ask whether a word is nearer
# to the first or to the second ([Caliskan and others, 2017](https://arxiv.org/abs/1608.07187)):
#
# $$s(w, A, B) = \frac1N \sum_{a \in A} \cos(w, a) - \frac1M \sum_{b \in B} \cos(w, b)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $w$ | the vector of the word | `(D,)` |
# | $A$ | vectors of the first group, `attributes_a` | `(N, D)` |
# | $B$ | vectors of the second group, `attributes_b` | `(M, D)` |
# | $s$ | above 0: nearer to $A$; below 0: nearer to $B$ | `()` |
#
# **By hand.** $w = (1, 0)$, $A = \{(2, 0), (0, 1)\}$, $B = \{(-3, 0)\}$: the cosines are $1, 0$ and $-1$, so
# $s = \tfrac12 - (-1) = 1.5$.
#
# <details><summary>Hint</summary>
#
# Your `cosine_similarity` gives all cosines with a group at once. The groups may have different sizes: each has a mean
# of its own.
# </details>


# %% grade_id="association" role="solution"
def association(word: Tensor, attributes_a: Tensor, attributes_b: Tensor) -> Tensor:
    """How much nearer a word is to group A than to group B: mean cosine to A minus mean cosine to B.

    word: (D,), attributes_a: (N, D), attributes_b: (M, D). Returns a scalar, shape ().
    """
    ### BEGIN SOLUTION
    return cosine_similarity(word, attributes_a).mean() - cosine_similarity(word, attributes_b).mean()
    ### END SOLUTION


# %% grade_id="test_association" role="test" points=2
word = torch.tensor([1.0, 0.0], device=device)
group_a = torch.tensor([[2.0, 0.0], [0.0, 1.0]], device=device)
group_b = torch.tensor([[-3.0, 0.0]], device=device)
side = association(word, group_a, group_b)
assert isinstance(side, Tensor), f"association returned {type(side).__name__}, not a tensor: is the `return` missing?"
assert side.shape == (), f"the result is one number, a tensor of shape (), not {tuple(side.shape)}"
assert side != 2, "take the mean over each group, not the sum"
assert side != 4, "these are dot products: take cosines"
assert torch.isclose(side, torch.tensor(1.5, device=device)), f"the example above gives 1/2 - (-1) = 1.5, got {side}"
assert torch.isclose(association(3 * word, group_a, group_b), side), "a longer word vector must change nothing"
assert torch.isclose(association(word, group_b, group_a), -side), "with A and B exchanged the sign must change"
assert association(word, group_a, group_a).abs() < 1e-6, "between two equal groups a word stands in the middle, at 0"
assert association(word.double(), group_a.double(), group_b.double()).dtype == torch.float64, "float64 stays float64"
print("association looks right")
### BEGIN HIDDEN TESTS
check("association")
### END HIDDEN TESTS

# %% [markdown]
# ### He, she, and eighteen professions
# People appear in the text: a physicist, a nurse, a mechanic, mothers and uncles. Let us train a second set of vectors
# on the sentences about people alone, so that they spend their few numbers on people, and ask of each profession on
# which side it is.
#
# The vectors are drawn against something that can be counted without any vectors: in the sentences where *nurse*
# stands, which part of the words *he, him, his, himself* and *she, her, herself* is a *he*?

# %% grade_id="professions" role="locked"
WORDS = {
    "he": "he him his himself man boy father brother son uncle grandfather",
    "she": "she her herself woman girl mother sister daughter aunt grandmother",
    "professions": "physicist engineer professor inventor electrician mechanic pilot astronomer scientist student "
    "pupil visitor librarian teacher assistant nurse cook secretary",
}
HE, SHE, PROFESSIONS = (words.split() for words in WORDS.values())

stories = []
for sentence in sentences:  # a sentence that begins with he or she goes on from the one before
    if stories and sentence[0] in ("he", "she"):
        stories[-1] = stories[-1] + sentence
    else:
        stories.append(sentence)
about_people = [story for story in stories if not {*HE, *SHE}.isdisjoint(story)]


def share_of_he(word):
    """Which part of the pronouns in the stories with this word are a form of he."""
    pronouns = [other for story in about_people if word in story for other in story if other in HE[:4] + SHE[:3]]
    return sum(pronoun in HE for pronoun in pronouns) / len(pronouns)


print(f"{len(about_people):,} stories about people, {sum(map(len, about_people)):,} words and marks")

# %%
with needs("Questions 3, 9 and 10"):
    people = train_word2vec(about_people, vector_size=64, window=20, min_count=5, epochs=8, sg=1, seed=1)
    vocabulary, weight = table_of(people.wv)
    index = {word: i for i, word in enumerate(vocabulary)}
    men, women = embed(ids_of(HE), weight), embed(ids_of(SHE), weight)
    professions = [word for word in PROFESSIONS if word in index]
    sides = torch.stack([association(embed(ids_of([word])[0], weight), men, women) for word in professions]).cpu()
    shares = torch.tensor([share_of_he(word) for word in professions])

    fig, ax = plt.subplots(figsize=(7, 4))
    write_words(ax, torch.stack([shares, sides], dim=1), professions, "C0")
    ax.axhline(0, color="gray", linewidth=0.8)
    ax.margins(x=0.12)
    ax.set(xlabel="share of he in the text", ylabel="association: she ← 0 → he")
    plt.show()
    for i in sides.argsort(descending=True).tolist():
        print(f"{professions[i]:>12}  he in the text {shares[i]:.0%}   association {sides[i]:+.3f}")
    print(f"correlation of the two: {torch.corrcoef(torch.stack([shares, sides]))[0, 1]:.2f}")

# %% [markdown]
# **Read it.** Each point is a word. To the right: the text says *he* more often. Upwards: the vectors put the word
# nearer to *he, man, father, ...*. (If you use real vectors, the two axes belong to different texts.)
#
# The program that wrote the text was given these shares on purpose. They say something about this text, **nothing about
# people**. But see what became of them: nobody asked for a "gender" of words, *physicist* and *nurse* are two rows of
# numbers, and the habit of the text is in the numbers all the same.
#
# Vectors learnt from what people wrote behave in the same way. Caliskan and others found that in vectors of 840 billion
# words from the web the side of an occupation follows the share of women who work in it in the United States, with a
# correlation of 0.90 ([2017](https://arxiv.org/abs/1608.07187)). Vectors from news complete "man is to computer
# programmer as woman is to ..." with *homemaker* ([Bolukbasi and others, 2016](https://arxiv.org/abs/1607.06520); the
# rule that forbids the question's own words has its part in this, too: [Nissim and others,
# 2019](https://arxiv.org/abs/1905.09866)).

# %% [markdown]
# ## Question 11: a map and a bias
# *30 minutes · difficulty ●●○ · 4 points, marked by hand*
#
# Write about 200 words, in four parts (one point each). Numbers come from your own outputs above.
#
# 1. **The map of the fields.** Name two groups of words that form a region, with two words of each. Say why text brings
#    these words together, and where the units lie.
# 2. **Its limits.** Name two words that are close on the map but have little in common, with their cosine. How can a
#    map do that? Use the percentage printed below it.
# 3. **One bias.** Choose one profession on each side of the last picture, with both numbers of each. Where does the
#    difference come from: people, the text, or the training? What makes you sure? (You may choose another bias
#    instead, with words and numbers of your own.)
# 4. **So what?** A firm sorts letters of application by how near their words are to *engineer*, with vectors like
#    these. What goes wrong, for whom? Name one thing that the firm could do, and one reason why it may not be enough.

# %% [markdown] grade_id="map_and_bias" role="manual" points=4
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer* (the numbers are those of one run; the student's own outputs decide).
#
# (1) Words of mechanics (*force*, *mass*, *momentum*) form one region, words of electricity (*circuit*, *battery*,
# *wire*) another. Such words stand in the same sentences, next to the same neighbours, so the loss pulled them the same
# way. The units are no single heap: *volt*, *ampere* and *ohm* lie towards electricity, *newton* and *kilogram* nearer
# to mechanics. Field counts as well as kind.
#
# (2) *boils* and *student* are close on the map, and their cosine is only 0.16, where two words of one colour have 0.54
# in the mean. The map keeps 29% of the spread. Two points far apart along one of the other 30 directions can fall on
# each other, as a near and a distant star do in the sky.
#
# (3) *engineer*: 84% *he* in the text, association +0.12. *nurse*: 6%, −0.15. It comes from the text: the share can be
# counted there without any vectors, and the sides follow it with a correlation of 0.97. It says nothing about people,
# since a program wrote the text. Training did not invent it, it copied it. (To be surer: exchange all *he* and *she* in
# the text, train again, and see whether the sides change places.)
#
# (4) A letter with *she* and *her* in it, or with words that stand near these, is moved away from *engineer*, for no
# reason that has to do with the work: women with the same experience come later in the list. The firm could train on a
# text in which *he* and *she* were exchanged in half of the sentences. That may not be enough, since other words
# (names, hobbies, schools) carry the same information, and the text is biased in more than pronouns. Or it could let
# people decide, and measure who is refused.
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. One point: two regions with two words each that are really there in the student's map, company in the text as the
#    reason, and a word on the units. Half: no reason, or regions that the map does not show.
# 2. One point: a pair with its cosine, *and* that most of the spread lies in directions that are not drawn. Half: one
#    of the two.
# 3. One point: two words with all four numbers, the text named as the source, and a reason (the counts, or an
#    experiment such as exchanging words). Half: numbers without a source, or the claim that this shows what people are
#    like. Another bias earns the same if it has numbers and a source.
# 4. One point: a harm to somebody, one measure, and one limit of that measure. Half: two of the three. No marks are
#    given or taken for opinions.
# ### END SOLUTION

# %% [markdown]
# ## What this does not show
# - **Words in a sentence.** Each word has one vector, wherever it stands. The *power* of a lamp and the *power* of a
#   lens share a row, and so do the *degree* of an angle and the *degree* celsius. To give a word another vector in
#   another sentence is what attention is for, in the next notebook.
# - **Meaning.** Company is not meaning. *Rises* and *falls* are neighbours, and the vector of *hot* has never burnt its
#   fingers.
# - **Language.** This text was written by rules and is very regular. With real text one needs thousands of times more
#   of it, and the numbers of right answers are not comparable.
# - **A theory of analogy.** That differences of vectors solve analogies is an observation, with many exceptions. It
#   works best for regular relations, and less well than it looks, as you saw without the exclusion.
# - **A cure for bias.** A score near 0 for some lists of words does not mean that a bias is gone. Methods that removed
#   "the gender direction" left most of it in place, between the neighbours
#   ([Gonen and Goldberg, 2019](https://arxiv.org/abs/1903.03862)).
# - **Modern models.** GPT-2 still begins with your `embed`: a table with a row for each piece of a word. But the table
#   is learnt together with all the rest, by predicting the next piece, not by pairs and negatives.
