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
# # Attention: how a word finds the words it needs
#
# > the ball falls because gravity pulls **it**
#
# Who is *it*? You knew at once: the ball, not gravity. And why does the ball *fall*? For that you looked two words to
# the right. No word of the sentence has its full meaning alone; each needs some of the others, and a different
# selection of them.
#
# A language model can only add and multiply numbers. How can sums and products decide *which* other words a word
# should look at? The answer is one short formula, called **attention**, and in this notebook you write it yourself,
# from the exponential function up to the layer that stands in every GPT.
#
# **At the end you will be able to**
#
# - turn any list of scores into probabilities without overflow, and say what this has to do with Boltzmann;
# - hide the future from a model that has to predict it;
# - write attention, and explain why the scores are divided by $\sqrt{d_k}$;
# - run several attention heads side by side, as a transformer does;
# - read a heat map of a head, and say what such a picture cannot tell you.
#
# | Question | minutes | difficulty | points |
# |---|---|---|---|
# | 1 `softmax` | 15 | ●○○ | 3 |
# | 2 `causal_mask` | 10 | ●○○ | 2 |
# | 3 `scaled_dot_product_attention` | 35 | ●●○ | 6 |
# | 4 `MultiHeadAttention` | 40 | ●●● | 6 |
# | 5 explain a head (in words) | 20 | ●●○ | 3 |
#
# You need Python and the product of two matrices. You need not have met a neural network.

# %% [markdown]
# ## How to work
#
# - Write your code where it says `# YOUR CODE HERE`, and delete the line `raise NotImplementedError(...)` below it.
# - Run the test cell that follows. An error message there tells what probably went wrong. Silence and a last line
#   "... looks right" mean that you can go on. Your marks come from further tests of the same kind, with other numbers
#   and other shapes, so write for the general case.
# - Hints are folded. Open them one at a time, and only after five minutes of your own.
# - Cells without a question show your functions at work. If one says "Finish Question 1 first", it will wait for you.
# - Everything here runs in seconds on a laptop. A GPU is used if there is one.
#
# **Rules for every function.** They are what makes code usable in a real model, and they are tested:
#
# 1. `...` in a shape stands for any number of leading dimensions, none included. Work on whole tensors: no loops over
#    single numbers.
# 2. The result has the dtype and the device of the input. The input itself is not changed.
# 3. Numbers as large as 10,000 must not turn into `nan` or `inf`.
# 4. `float16` and `bfloat16` work too. These 16-bit numbers keep only 3 digits or fewer, and `float16` ends at
#    65,504. So calculate in `float32` inside the function, and convert the result back at the end.
# 5. Inside your functions stay in torch: no `.item()`, `.tolist()` or `numpy`. They make a GPU wait, and they cut off
#    the gradient.

# %% grade_id="setup" role="locked"
from contextlib import contextmanager

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

device = "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def needs(question):
    """`with needs("Question 1"):` runs its block, or says in one line which question to finish first."""
    try:
        yield
    except (NotImplementedError, NameError) as error:
        print(f"Finish {question} first, then run this cell again. ({type(error).__name__}: {error})")


def print_bars(labels, weights):
    """One line per label: a bar whose length is the weight, and the weight."""
    for label, weight in zip(labels, weights.tolist(), strict=True):
        print(f"{label:>10} {'█' * round(30 * weight):<30} {weight:.3f}")


def heat_maps(left, right, words, titles):
    """Draws two maps of weights (T, T) side by side: a row is the word that asks, a column the word that it reads."""
    size = len(words)
    gap = torch.full((size, 1), float("nan"))
    both = torch.cat([left.detach().float().cpu(), gap, right.detach().float().cpu()], dim=1)
    ax = plt.figure(figsize=(6.0, 3.0)).add_axes((0.17, 0.24, 0.81, 0.68))
    ax.set_axis_off()  # the words are plain text at the squares: quicker to draw than two axes with ticks
    ax.imshow(both, cmap="Blues", vmin=0, vmax=1)
    for start, title in zip((0, size + 1), titles, strict=True):
        ax.add_patch(plt.Rectangle((start - 0.5, -0.5), size, size, fill=False, edgecolor="gray", clip_on=False))
        ax.text(start + size / 2 - 0.5, -0.8, title, ha="center")
        for place, word in enumerate(words):
            ax.text(start + place, size - 0.3, word, rotation=60, ha="center", va="top")
    for place, word in enumerate(words):
        ax.text(-0.8, place, word, ha="right", va="center")
    ax.text(-3.7, size / 2 - 0.5, "the word that asks", rotation=90, ha="center", va="center")
    ax.text(size, size + 2.1, "the word that is read", ha="center", va="center")
    for row, column in (both >= 0.3).nonzero().tolist():
        weight = both[row, column].item()
        shade = "white" if weight > 0.6 else "black"
        ax.text(column, row, f"{weight:.2f}".lstrip("0"), color=shade, fontsize=8, ha="center", va="center")
    plt.show()


print("Working on:", device)

# %% role="author"
from autograder import check

# %% [markdown]
# ## Question 1: softmax, or how Boltzmann chooses
# *15 minutes · difficulty ●○○ · 3 points*
#
# A word compares itself with every other word and gets a **score** for each: any real number, high for "this one
# matters". What it needs are **weights**: positive numbers that sum to 1, so that it can take a weighted mean. Which
# function makes weights of scores?
#
# Physics met this problem in 1868. A system in contact with a heat bath at temperature $T$ is found in state $i$,
# whose energy is $E_i$, with the probability
#
# $$p_i = \frac{e^{-E_i / k_B T}}{\sum_j e^{-E_j / k_B T}} .$$
#
# Write $x_i = -E_i / k_B T$ and you have the **softmax**. A high score is a low energy:
#
# $$\mathrm{softmax}(x)_i = \frac{e^{x_i}}{\sum_{j=1}^{n} e^{x_j}}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | scores | `(..., n, ...)`, $n$ along `dim` |
# | $\mathrm{softmax}(x)$ | weights, summing to 1 along `dim` | as $x$ |
#
# **By hand.** Take $x = (0,\ \ln 2,\ \ln 3)$. The exponentials are $1, 2, 3$, their sum is $6$, so the weights are
# $\tfrac16, \tfrac26, \tfrac36$.
#
# **Now take** $x = (1000, 1000)$. The answer must be $(\tfrac12, \tfrac12)$, but $e^{1000}$ is larger than any number
# that the computer can hold: it becomes `inf`, and `inf / inf` is `nan`. Physics helps again: only energy
# *differences* matter, and the zero of energy is yours to choose. Add any constant $c$ to all scores:
#
# $$\frac{e^{x_i + c}}{\sum_j e^{x_j + c}} = \frac{e^{c}\, e^{x_i}}{e^{c} \sum_j e^{x_j}} = \mathrm{softmax}(x)_i .$$
#
# Which $c$ makes every exponential harmless, however large the scores are?
#
# A score of $-\infty$ is allowed too: an infinite energy, a state that is never occupied. Its weight is exactly 0.
# (At least one score of each row is finite.)
#
# torch has a softmax of its own. Write yours from `exp`: in this notebook nothing is to be a black box.
#
# <details><summary>Hint 1: which constant</summary>
#
# The danger is a large positive exponent. After the shift the largest exponent should be 0. Then each exponential
# lies between 0 and 1, and at least one of them is 1, so the sum is not 0 either.
# </details>
#
# <details><summary>Hint 2: one maximum per row</summary>
#
# `x.max()` is one number for the whole tensor: a row whose scores are all far below it would lose everything. Look up
# `Tensor.amax` and `Tensor.sum` and what their arguments `dim` and `keepdim=True` do. Without `keepdim` the shapes do
# not fit together again.
# </details>
#
# <details><summary>Hint 3: 16-bit numbers</summary>
#
# `y.to(torch.float32)` converts, and `.to(x.dtype)` converts back. But do not squeeze a `float64` input into
# `float32`: `torch.promote_types(a, b)` gives the dtype that can hold both `a` and `b`.
# </details>


# %% grade_id="softmax" role="solution"
def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """Weights of scores: exp(x) divided by its sum along `dim`.

    x: (..., n, ...) scores of any size; -inf gets the weight 0.
    Returns the same shape, dtype and device.
    """
    ### BEGIN SOLUTION
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    exponentials = (wide - wide.amax(dim, keepdim=True).detach()).exp()  # a shift that cancels needs no gradient
    return (exponentials / exponentials.sum(dim, keepdim=True)).to(x.dtype)
    ### END SOLUTION


# %% grade_id="test_softmax" role="test" points=3
x = torch.tensor([1.0, 3.0, 4.0], device=device).log()  # exp gives back 1, 3, 4, whose sum is 8
p = softmax(x)
assert isinstance(p, Tensor), f"softmax returned {type(p).__name__}, not a tensor: is the `return` missing?"
assert p.shape == x.shape, f"the weights have shape {tuple(p.shape)}, the scores {tuple(x.shape)}: keep the shape"
eighths = torch.tensor([1.0, 3.0, 4.0], device=device) / 8
assert p.dtype == x.dtype, f"the scores were {x.dtype}, the weights are {p.dtype}: convert back at the end"
assert torch.allclose(p, eighths), f"expected 1/8, 3/8, 4/8, got {p}: exp first, then divide by the sum of the exps"

x = torch.tensor([[1.0, 1.0], [3.0, 1.0]], device=device).log()
rows = softmax(x, dim=1).sum(1)
assert torch.allclose(rows, torch.ones_like(rows)), f"with dim=1 each row must sum to 1, the sums are {rows}"
columns = softmax(x, dim=0).sum(0)
assert torch.allclose(columns, torch.ones_like(columns)), f"with dim=0 columns sum to 1, not {columns}: is dim used?"

x = torch.tensor([[10_000.0, 10_000.0], [-10_000.0, -10_000.0]], device=device)
before = x.clone()
p = softmax(x)
assert not p.isnan().any(), f"scores of 10,000 gave {p}: exp overflowed to inf (or a sum was 0). Shift each row first"
assert torch.allclose(p, torch.full_like(p, 0.5)), f"two equal scores must share 1/2, 1/2 in every row, got {p}"
assert torch.equal(x, before), "softmax changed its input: use x = x - c (a new tensor), not x -= c"

p = softmax(torch.tensor([0.0, float("-inf"), 0.0], device=device))
assert p[1] == 0, f"a score of -inf must get the weight 0, the weights are {p}"
assert p[0] == 0.5, f"beside a score of -inf two equal scores share 1/2, 1/2, the weights are {p}"

p = softmax(torch.zeros(70_000, dtype=torch.float16, device=device))
assert p.dtype == torch.float16, f"the scores were float16, the weights are {p.dtype}: convert back at the end"
assert p[0] > 0, "the sum of 70,000 ones is inf in float16: convert to float32 before you take exp and the sum"
print("softmax looks right")
### BEGIN HIDDEN TESTS
check("softmax")
### END HIDDEN TESTS

# %% [markdown]
# ### Your function as a heat bath
# Three levels, at energies 0, 1 and 2 (in any unit). Run the cell, and read it as a physicist: where does the system
# sit when it is cold, and where when it is hot?

# %%
energy = torch.tensor([0.0, 1.0, 2.0], device=device)
with needs("Question 1"):
    for temperature in (0.2, 1.0, 10.0):
        occupation = softmax(-energy / temperature)
        print(f"k_B T = {temperature}")
        print_bars(["E = 0", "E = 1", "E = 2"], occupation)

# %% [markdown]
# Cold: everything is in the ground state, softmax has become "take the largest". Hot: all levels are equally likely,
# and the scores hardly count. **Temperature sets how decided the choice is.** Remember this; in Question 3 you meet a
# temperature in the middle of the formula for attention.

# %% [markdown]
# ## Question 2: the causal mask, or no looking ahead
# *10 minutes · difficulty ●○○ · 2 points*
#
# A GPT is trained to predict the next word. If the word "ball" may look at the word after it, the exercise is
# worthless: the answer is on the table. So each word may look at itself and at the words before it, never ahead. In
# physics this is causality: the present depends on the past.
#
# We say it with a table of booleans, the **mask**. Row $t$ is the word that looks, the **query**; column $s$ is the
# word looked at, the **key**. `True` means "may look".
#
# While a model writes, it has often done the first words already, and only the last $n_q$ of all $n_k$ words are
# looking. So the rows are the *last* $n_q$ words, and the last query always sees the last key:
#
# $$\mathrm{mask}_{t s} = \mathrm{True} \iff s \le t + (n_k - n_q), \qquad 0 \le t < n_q, \quad 0 \le s < n_k$$
#
# | symbol | meaning | type |
# |---|---|---|
# | $n_q$ | number of queries | integer |
# | $n_k$ | number of keys, $n_k \ge n_q$ | integer, $n_q$ if not given |
# | mask | who may look at whom | `(n_q, n_k)` bool |
#
# **By hand**, for four words, and for the last two of four (✓ is True):
#
# | | the | ball | falls | down |
# |---|---|---|---|---|
# | **the** | ✓ | | | |
# | **ball** | ✓ | ✓ | | |
# | **falls** | ✓ | ✓ | ✓ | |
# | **down** | ✓ | ✓ | ✓ | ✓ |
#
# | | the | ball | falls | down |
# |---|---|---|---|---|
# | **falls** | ✓ | ✓ | ✓ | |
# | **down** | ✓ | ✓ | ✓ | ✓ |
#
# The second table is the lower part of the first. More queries than keys make no sense: raise a `ValueError`.
#
# <details><summary>Hint 1: no loop</summary>
#
# Either compare a column of row numbers with a row of column numbers (`torch.arange`, and broadcasting), or look for
# a function of torch that keeps the lower triangle of a matrix, and see what its argument `diagonal` does.
# </details>
#
# <details><summary>Hint 2: the device</summary>
#
# Every function of torch that makes a tensor from nothing takes `device=...`. Pass yours on, else the mask is made on
# the CPU while the model is on the GPU.
# </details>


# %% grade_id="causal_mask" role="solution"
def causal_mask(n_q: int, n_k: int | None = None, device: torch.device | str | None = None) -> Tensor:
    """Who may look at whom: bool (n_q, n_k) on `device`, True where query t may attend to key s.

    The queries are the last n_q of the n_k positions. n_k is n_q if not given.
    ValueError if n_k < n_q.
    """
    ### BEGIN SOLUTION
    n_k = n_q if n_k is None else n_k
    if n_k < n_q:
        raise ValueError(f"{n_q} queries need at least as many keys, not {n_k}")
    return torch.ones(n_q, n_k, dtype=torch.bool, device=device).tril(n_k - n_q)
    ### END SOLUTION


# %% grade_id="test_causal_mask" role="test" points=2
mask = causal_mask(3, device=device)
assert isinstance(mask, Tensor), f"causal_mask returned {type(mask).__name__}, not a tensor: is the `return` missing?"
assert mask.dtype == torch.bool, f"the mask must hold booleans, yours holds {mask.dtype}"
assert mask.shape == (3, 3), f"without n_k there are as many keys as queries: expected (3, 3), got {tuple(mask.shape)}"
assert not mask[0, 1], "word 0 sees word 1, its future: True means 'may look', and the True half is the lower one"
assert mask[0, 0], "word 0 does not see itself: the diagonal is True as well"
assert mask[2].all(), f"the last word sees all words, but its row is {mask[2]}"

mask = causal_mask(2, 4, device=device)
assert mask.shape == (2, 4), f"2 queries and 4 keys make a mask of shape (2, 4), not {tuple(mask.shape)}"
assert mask[1].all(), f"the last query must see the last key, its row is {mask[1]}: the queries are the LAST words"
assert mask[0].sum() == 3, f"the first of 2 queries among 4 words sees 3 of them, yours sees {mask[0].sum()}"

try:
    causal_mask(4, 2)
except ValueError:
    pass
else:
    raise AssertionError("4 queries and 2 keys: raise a ValueError")
assert causal_mask(2, device="meta").device.type == "meta", "the mask was not made on the device that was asked for"
print("causal_mask looks right")
### BEGIN HIDDEN TESTS
check("causal_mask")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 3: attention
# *35 minutes · difficulty ●●○ · 6 points*
#
# Now the idea itself. Think of a library. You come with a **query** ("something about falling"). Every book has a
# **key** on its spine that says what it is about, and a **value**, its content. You compare your query with every
# key, and you take home a mixture of the contents: much of the books that fit well, little of the others. A
# computer's dictionary returns the one value whose key is *equal*; attention returns the mean of all values, weighted
# by how *similar* the keys are.
#
# Query, keys and values are vectors. Similarity is the dot product, softmax makes weights of it ([Vaswani et al.,
# 2017](https://arxiv.org/abs/1706.03762), equation 1):
#
# $$\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{d_k}}\right) V$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $Q$ | queries, one in each row | `(..., n_q, d_k)` |
# | $K$ | keys, one in each row | `(..., n_k, d_k)` |
# | $V$ | values, one for each key | `(..., n_k, d_v)` |
# | $QK^\top / \sqrt{d_k}$ | scores, query against key | `(..., n_q, n_k)` |
# | softmax of it | weights, each **row** sums to 1 | `(..., n_q, n_k)` |
# | result | a mixture of values for each query | `(..., n_q, d_v)` |
#
# **By hand.** One query, two keys, $d_k = 4$: $q = (1, 1, 1, 1)$, $k_1 = (1, 1, 0, 0)$, $k_2 = (0, 0, 0, 0)$,
# $v_1 = (10, 0)$, $v_2 = (0, 10)$.
#
# | step | key 1 | key 2 |
# |---|---|---|
# | dot product $q \cdot k$ | 2 | 0 |
# | divided by $\sqrt{4} = 2$ | 1 | 0 |
# | exponential | 2.718 | 1 |
# | weight | 0.731 | 0.269 |
#
# Result: $0.731\, v_1 + 0.269\, v_2 = (7.31,\ 2.69)$.

# %% [markdown]
# ### Why $\sqrt{d_k}$? A random walk
# Let the entries of $q$ and $k$ be independent, with mean 0 and variance 1. Then
# $q \cdot k = q_1 k_1 + \dots + q_{d_k} k_{d_k}$ is a **random walk** of $d_k$ steps. Each step has mean 0 and
# variance $\overline{q_i^2}\;\overline{k_i^2} = 1$, and variances of independent steps add up:
#
# $$\mathrm{Var}(q \cdot k) = d_k, \qquad \text{typical size of } q \cdot k = \sqrt{d_k} .$$
#
# So wide vectors give large scores, for no other reason than that they are wide. Large scores are a cold heat bath:
# all the weight freezes on one key, and small changes of $q$ no longer change anything, so nothing can be learnt.
# Dividing by $\sqrt{d_k}$ is the Boltzmann factor with $k_B T = \sqrt{d_k}$: **the wider the vectors, the hotter the
# bath**, and the choice is as open at width 256 as at width 4. Run the cell and see.

# %%
source = torch.Generator().manual_seed(0)
lines = [" d_k | spread of q·k | largest of 8 weights: kT = 1 | kT = sqrt(d_k)"]
with needs("Question 1"):
    for d_k in (4, 16, 64, 256):
        query = torch.randn(100, 1, d_k, generator=source).to(device)
        keys = torch.randn(100, 8, d_k, generator=source).to(device)
        dots = (query * keys).sum(-1)  # 100 queries, each with 8 keys of its own
        cold, warm = (softmax(dots / temperature).amax(-1).mean() for temperature in (1.0, d_k**0.5))
        lines.append(f"{d_k:4} | {dots.std():13.1f} | {cold:28.2f} | {warm:14.2f}")
    print("\n".join(lines))

# %% [markdown]
# ### The mask
# `mask` is boolean, and its shape can be broadcast to `(..., n_q, n_k)`. `True` means "may attend". A forbidden key
# gets the weight 0, and the others share the 1. You know from Question 1 which score leads to the weight 0.
#
# There is one trap. **A query that may attend to nothing** (padding in a batch of sentences does this) has no weights
# that sum to 1. Its result shall be zeros. Not `nan`, and the gradient must stay finite as well: one `nan` in a
# gradient spoils every weight of the model in the next step.
#
# In the example above: hide key 1, and the result is $v_2 = (0, 10)$. Hide both, and it is $(0, 0)$.
#
# Do not use torch's own attention here or in Question 4. Use your `softmax`; if Question 1 is still open, the one of
# torch will do meanwhile.
#
# <details><summary>Hint 1: the shapes</summary>
#
# Begin without the mask. `@` multiplies the last two dimensions and keeps all the others, so one expression serves
# any number of batch dimensions. To swap the last two dimensions use `transpose(-2, -1)`; `.T` is wrong as soon as
# there is a batch. Along which dimension do the weights of *one* query stand?
# </details>
#
# <details><summary>Hint 2: hiding a key</summary>
#
# `masked_fill(where, value)` returns a copy that has `value` where `where` is True. Your mask says where one *may*
# look. A large negative number such as `-1e9` is no substitute for `float("-inf")`: it does not fit into float16, and
# against scores that are just as large it hides nothing.
# </details>
#
# <details><summary>Hint 3: nothing to attend to</summary>
#
# A row of nothing but $-\infty$ makes softmax divide 0 by 0. Turning each `nan` into 0 afterwards treats the symptom:
# it also hides every `nan` that comes from a real mistake, and a `nan` that is gone from the result may still travel
# backwards into the gradient. Cleaner: never let such a row reach softmax. Find the rows in which the mask allows
# nothing, leave the scores of these rows as they are, and set their weights to 0 *after* softmax.
# </details>
#
# <details><summary>Hint 4: float16</summary>
#
# Let $q$ and $k$ have 4 entries of 200. Then $q \cdot k = 160{,}000$, more than float16 can hold. Converting the
# *scores* to float32 is too late. Convert `q`, `k` and `v`, and convert the result back.
# </details>


# %% grade_id="scaled_dot_product_attention" role="solution"
def scaled_dot_product_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mixes the values by how well each query fits each key: softmax(q k^T / sqrt(d_k)) v.

    q: (..., n_q, d_k), k: (..., n_k, d_k), v: (..., n_k, d_v).
    mask: bool, broadcastable to (..., n_q, n_k), True = may attend.
    Returns (..., n_q, d_v), of the dtype of q. A query that may attend to nothing gets zeros.
    """
    ### BEGIN SOLUTION
    wide = torch.promote_types(q.dtype, torch.float32)  # dot products of 16-bit vectors do not fit into 16 bits
    scores = q.to(wide) @ k.to(wide).transpose(-2, -1) / q.shape[-1] ** 0.5  # (..., n_q, n_k)
    if mask is None:
        weights = softmax(scores)
    else:
        sees_any = mask.any(dim=-1, keepdim=True)  # a row of -inf would make nan, in the gradient too
        hidden = scores.masked_fill(~mask & sees_any, float("-inf"))
        weights = softmax(hidden).masked_fill(~sees_any, 0.0)
    return (weights @ v.to(wide)).to(q.dtype)
    ### END SOLUTION


# %% grade_id="test_scaled_dot_product_attention" role="test" points=6
# d_k = 4. Divided by 2, the scores are log 1, log 2, log 3 for the first query, log 1, log 3, log 1 for the second.
q = torch.tensor([[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]], device=device)
k = torch.tensor([[1.0, 1.0, 1.0, 1.0], [2.0, 3.0, 1.0, 1.0], [3.0, 1.0, 1.0, 1.0]], device=device).log()
v = torch.tensor([[6.0, 0.0], [0.0, 30.0], [12.0, 30.0]], device=device)
out = scaled_dot_product_attention(q, k, v)
assert isinstance(out, Tensor), f"the function returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (2, 2), f"2 queries and values of length 2 give shape (2, 2), not {tuple(out.shape)}"


def is_near(row, numbers):
    return torch.allclose(row, torch.tensor(numbers).to(row), atol=1e-3)  # the numbers below have 4 digits


assert not is_near(out[0], [8.1429, 27.8571]), "the weights are those of scores that were not divided by sqrt(d_k)"
assert not is_near(out[0], [6.4599, 22.7646]), "the weights are those of scores divided by d_k: take its square root"
assert not is_near(out[0], [12.0, 34.5]), "softmax ran over the queries: the weights of ONE query must sum to 1"
assert is_near(out[0], [7.0, 25.0]), f"weights 1/6, 2/6, 3/6 make (7, 25) for the first query, got {out[0]}"
assert is_near(out[1], [3.6, 24.0]), f"weights 1/5, 3/5, 1/5 make (3.6, 24) for the second query, got {out[1]}"

mask = torch.tensor([[True, True, False], [False, False, False]], device=device)
q.requires_grad_(True)
out = scaled_dot_product_attention(q, k, v, mask)
assert not is_near(out[0], [7.0, 25.0]), "the mask makes no difference: is it used?"
assert not is_near(out[0], [12.0, 30.0]), "the mask works the wrong way round: True means 'may attend'"
assert not is_near(out[0], [1.0, 10.0]), "weights hidden after softmax no longer sum to 1: hide the scores before it"
assert is_near(out[0], [2.0, 20.0]), f"without the last key the weights 1/3, 2/3 make (2, 20), got {out[0]}"
assert not out[1].isnan().any(), "a query that may attend to nothing gave nan: softmax got a row of nothing but -inf"
assert not is_near(out[1], [6.0, 20.0]), "who may attend to nothing got the mean of all values: use -inf, then zeros"
assert is_near(out[1], [0.0, 0.0]), f"a query that may attend to nothing must get zeros, got {out[1]}"
assert out.requires_grad, "the result has lost its gradient: .detach(), .data, numpy and new tensors cut it off"
out.sum().backward()
assert q.grad.isfinite().all(), "the gradient is nan: softmax got a row of nothing but -inf, repaired too late"
q = q.detach()

# An error inside the next line often comes from a transpose that swaps other dimensions than the last two.
batch = scaled_dot_product_attention(q.repeat(5, 3, 1, 1), k.repeat(5, 3, 1, 1), v.repeat(5, 3, 1, 1), mask)
assert batch.shape == (5, 3, 2, 2), f"5 x 3 such examples give the shape (5, 3, 2, 2), not {tuple(batch.shape)}"
assert torch.allclose(batch[4, 2], out.detach()), "a batch gives other numbers than its parts: is a dimension fixed?"

half = torch.full((1, 4), 200.0, dtype=torch.float16, device=device)
out = scaled_dot_product_attention(half, torch.cat([half, half]), torch.cat([half, half]))
assert out.dtype == torch.float16, f"the inputs were float16, the result is {out.dtype}: convert back at the end"
assert torch.equal(out, half), f"the mean of two equal values is that value, got {out}: q·k does not fit into float16"
print("scaled_dot_product_attention looks right")
### BEGIN HIDDEN TESTS
check("scaled_dot_product_attention")
### END HIDDEN TESTS

# %% [markdown]
# ### A head that reads a sentence
# Let us see it work. In a real model the vectors and the matrices are learnt from billions of words. Here we make
# them by hand, so that each number has a meaning: a word is described by its *kind* (is it a thing? a cause? a
# motion?).
#
# - Its **query** says what the word looks for. *it* looks for a thing. *falls* looks for a thing (what falls?) and
#   for a cause (why?). *because* and *pulls* look for a cause. *the*, *ball* and *gravity* look for nothing: their
#   query is 0.
# - Its **key** says what the word offers. *ball* offers a thing; *gravity* a cause, and half a thing; *it* half a
#   thing.
#
# That is all. The rest is your formula.

# %% grade_id="words_as_vectors" role="locked"
KINDS = ["thing", "cause", "motion", "action", "pronoun", "linker", "article", "verb", "property"]
VOCABULARY = {
    "the": {"article": 1.0},
    "ball": {"thing": 1.0},
    "moon": {"thing": 1.0},
    "nail": {"thing": 1.0},
    "magnet": {"thing": 1.0, "cause": 0.8},
    "earth": {"thing": 0.6, "cause": 1.0},
    "gravity": {"thing": 0.5, "cause": 1.0},
    "falls": {"motion": 1.0},
    "circles": {"motion": 1.0},
    "pulls": {"action": 1.0},
    "lifts": {"action": 1.0},
    "because": {"linker": 1.0},
    "it": {"pronoun": 1.0},
    "is": {"verb": 1.0},
    "strong": {"property": 1.0},
    "light": {"property": -1.0},
}
# Columns: how much each kind looks for (a thing, a cause), and how much it offers of the two.
LOOKS_FOR = {"motion": (5.0, 2.8), "action": (0.0, 5.5), "pronoun": (6.0, 0.0), "linker": (0.0, 5.5)}
OFFERS = {"thing": (1.0, 0.0), "cause": (0.0, 1.0), "pronoun": (0.5, 0.0)}


def vectors(words):
    """(T, 9): one row for each word, one column for each kind."""
    rows = [[VOCABULARY[word].get(kind, 0.0) for kind in KINDS] for word in words]
    return torch.tensor(rows, device=device)


def matrix(entries):
    """(9, 2): the row of each kind, zeros for kinds that are not named."""
    return torch.tensor([entries.get(kind, (0.0, 0.0)) for kind in KINDS], device=device)


# %% [markdown]
# Your function returns mixtures of values, but we want to see the weights. A small trick: give word $i$ the value
# $(0, \dots, 1, \dots, 0)$, with the 1 in place $i$. The mixture of these *is* the list of weights. So the values are
# the identity matrix.
#
# Make the picture, once with free sight and once with your causal mask.

# %%
sentence = "the ball falls because gravity pulls it"
words = sentence.split()
queries = vectors(words) @ matrix(LOOKS_FOR)  # (7, 2): how much each word looks for a thing, for a cause
keys = vectors(words) @ matrix(OFFERS)  # (7, 2): how much each word offers of the two
with needs("Questions 2 and 3"):
    places = torch.eye(len(words), device=device)
    free = scaled_dot_product_attention(queries, keys, places)
    causal = scaled_dot_product_attention(queries, keys, places, causal_mask(len(words), device=device))
    heat_maps(free, causal, words, ("free sight", "causal mask"))
    print("'it', with free sight:")
    print_bars(words, free[-1])

# %% [markdown]
# **Read it** row by row: a row is one word, its dark squares are where that word looks. (Numbers are written from .3
# on; `print_bars` shows the others.)
#
# 1. *it*, last row: which word did it find? How much weight went to *gravity*, and where does that little bit come
#    from?
# 2. *the*, *ball* and *gravity*, on the left: each of these rows has one colour. How large must each weight be, and
#    why? (Their query is 0. What are the scores? What would Boltzmann say of the temperature?)
# 3. *falls*: on the left it finds both the ball and gravity. On the right gravity is gone: it lies in the future. A
#    GPT that reads *falls* does not know why yet. Only the words from *gravity* on can know.
# 4. *falls* once more, on the left: it asked two questions, *what* and *why*, and could give one answer: a mixture,
#    about half ball and half gravity. Which half answers which question is lost. This is the reason for the next
#    question.
#
# **Try**: another sentence made of words in `VOCABULARY`, such as `the moon circles because earth pulls it`; or
# multiply `queries` by 0.3 (hotter) or by 3 (colder) and predict the picture before you look.

# %% [markdown]
# ## Question 4: several heads
# *40 minutes · difficulty ●●● · 6 points*
#
# One softmax has one unit of weight to give away. A word with two questions needs two: **heads**, which run side by
# side, each with its own queries, keys and values, and each with its own weights. Their answers are laid side by
# side, and a last matrix mixes them.
#
# Where do queries, keys and values come from? Each is a linear map of the word's vector. In torch that is
# `nn.Linear`: it holds a matrix $W$ and a vector $b$ as its parameters and computes $x W^\top + b$. Training will
# find them.
#
# $$Q = x W_q^\top + b_q, \qquad K = c\, W_k^\top + b_k, \qquad V = c\, W_v^\top + b_v$$
#
# $$\mathrm{head}_h = \mathrm{Attention}(Q_h, K_h, V_h), \qquad
# \mathrm{out} = [\mathrm{head}_0, \dots, \mathrm{head}_{H-1}]\, W_o^\top + b_o$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | words that ask | `(B, T, D)` |
# | $c$ | words that are read (context); $x$ itself if not given | `(B, S, D)` |
# | $W_q, W_k, W_v, W_o$ | weights of `q_proj`, `k_proj`, `v_proj`, `out_proj` | `(D, D)` |
# | $b_q, b_k, b_v, b_o$ | their biases; none if `bias=False` | `(D,)` |
# | $H$, $d$ | number of heads, width of a head: $H d = D$ | integers |
# | $Q_h$ | $d$ columns of $Q$, from column $h d$ on; so for $K$, $V$ | `(B, T, d)` |
# | mask | True = may attend, the same for every head | `(T, S)` or `(B, T, S)` |
# | out | the result for each word that asks | `(B, T, D)` |
#
# The heads need no loop: they become one more batch dimension, `(B, H, T, d)`, and your attention does the rest.
#
# **By hand**: getting there is where most errors are made. Two words, $D = 4$, two heads of width 2:
#
# | | numbers | goes to head 0 | goes to head 1 |
# |---|---|---|---|
# | word 1 | 1 2 3 4 | 1 2 | 3 4 |
# | word 2 | 5 6 7 8 | 5 6 | 7 8 |
#
# So head 0 holds the rows (1 2), (5 6). But the numbers lie in memory as 1 2 3 4 5 6 7 8, and a direct
# `.view(B, H, T, d)` would give head 0 the rows (1 2), (3 4): all of word 1 and nothing of word 2. No error is
# raised, the shapes are right, and the model is broken.
#
# Raise a `ValueError` if the heads do not divide $D$ evenly. A word that may attend to nothing gets `out_proj` of
# zeros.
#
# <details><summary>Hint 1: a plan in shapes</summary>
#
# `(B, T, D)` → project → `(B, T, D)` → split the last dimension → `(B, T, H, d)` → swap two dimensions →
# `(B, H, T, d)` → attention → `(B, H, T, d)` → and all the way back → `(B, T, D)` → `out_proj`. Write the shape
# behind each line.
# </details>
#
# <details><summary>Hint 2: functions for it</summary>
#
# `view`, `reshape` or `unflatten` split a dimension; `transpose` swaps two. On the way back swap *first*, then merge.
# After a `transpose` the numbers no longer lie in order, so `view` complains: use `reshape` or `flatten`. Keys and
# values come from the context, whose length S may differ from T.
# </details>
#
# <details><summary>Hint 3: the mask has no dimension for heads</summary>
#
# The scores are `(B, H, T, S)`. A mask `(T, S)` fits by broadcasting. A mask `(B, T, S)` is lined up from the right,
# so its B meets H: an error, or nothing but wrong numbers when B happens to equal H. Give it a dimension of length 1
# in the right place (`unsqueeze`).
# </details>


# %% grade_id="MultiHeadAttention" role="solution"
class MultiHeadAttention(nn.Module):
    """Attention of `n_heads` heads side by side, each of width d_model / n_heads.

    Its parameters are four nn.Linear(d_model, d_model), named q_proj, k_proj, v_proj, out_proj;
    all of them have a bias, or none if `bias` is False. ValueError if n_heads does not divide d_model.
    """

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        if n_heads < 1 or d_model % n_heads != 0:
            raise ValueError(f"{n_heads} heads do not divide a width of {d_model}")
        self.n_heads = n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        ### END SOLUTION

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """x: (B, T, D) asks, context: (B, S, D) is read (x if None). Returns (B, T, D).

        mask: bool (T, S) or (B, T, S), True = may attend.
        """
        ### BEGIN SOLUTION
        read = x if context is None else context
        projected = self.q_proj(x), self.k_proj(read), self.v_proj(read)
        q, k, v = (y.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for y in projected)  # (B, H, T or S, d)
        every_head = None if mask is None else mask.unsqueeze(-3)  # (1, T, S) or (B, 1, T, S)
        heads = scaled_dot_product_attention(q, k, v, every_head)  # (B, H, T, d)
        return self.out_proj(heads.transpose(1, 2).flatten(-2))
        ### END SOLUTION


# %% grade_id="test_MultiHeadAttention" role="test" points=6
attention = MultiHeadAttention(6, 3)
found = {name: tuple(value.shape) for name, value in attention.named_parameters()}
for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
    assert found.pop(f"{name}.weight", None) == (6, 6), f"self.{name} should be an nn.Linear from d_model to d_model"
    assert found.pop(f"{name}.bias", None) == (6,), f"self.{name} should have a bias, unless bias=False"
assert not found, f"the four Linear are all the parameters there should be, found also {sorted(found)}"
names = [name for name, _ in MultiHeadAttention(6, 3, bias=False).named_parameters()]
assert len(names) == 4, f"with bias=False only the four weights remain, found {names}"
try:
    MultiHeadAttention(6, 4)
except ValueError:
    pass
else:
    raise AssertionError("4 heads do not divide a width of 6: raise a ValueError")


def with_identity(d_model, n_heads):
    """A module whose four maps change nothing, so that its result can be worked out by hand."""
    module = MultiHeadAttention(d_model, n_heads).to(device)
    with torch.no_grad():
        for name, value in module.named_parameters():
            value.copy_(torch.eye(d_model) if name.endswith("weight") else torch.zeros(d_model))
    return module


# Two words, two heads of width 1. Head 0 gets the numbers 0 and 1 of the two words, head 1 the numbers 1 and 1.
x = torch.tensor([[[0.0, 1.0], [1.0, 1.0]]], device=device)
out = with_identity(2, 2)(x)
assert isinstance(out, Tensor), f"forward returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (1, 2, 2), f"the result has the shape of x, (1, 2, 2), not {tuple(out.shape)}"
swapped = torch.tensor([[0.5, 0.7311], [1.0, 1.0]], device=device)
assert not torch.allclose(out[0], swapped, atol=1e-3), "words and heads are mixed up: see the example with 1 to 8 above"
expected = torch.tensor([[0.5, 1.0], [0.7311, 1.0]], device=device)
assert torch.allclose(out[0], expected, atol=1e-3), f"expected {expected}, got {out[0]}: which columns has each head?"

# Other words to read, other masks: with a single key allowed, the result is the value of that key.
module = with_identity(4, 2)
x = torch.tensor([[[1.0, 2.0, 3.0, 4.0]] * 2] * 2, device=device)  # B = 2, T = 2
context = torch.arange(24.0, device=device).reshape(2, 3, 4)  # S = 3
only = torch.tensor([[False, True, False], [False, False, True]], device=device)  # word 0 reads key 1, word 1 key 2
out = module(x, context, only)  # an error in here about sizes: do keys and values come from the context?
assert out.shape == (2, 2, 4), f"2 words ask, 3 are read: the result is (2, 2, 4), not {tuple(out.shape)}"
assert torch.allclose(out, context[:, 1:]), (
    f"with one key allowed the result is the value of that key,\n{context[:, 1:]}, but it is\n{out}\n"
    "Numbers out of place: the split into heads, or the way back. Numbers of other keys: the context or the mask."
)
other = torch.stack([only, only.flip(0)])  # in the second sentence the two words trade places
out = module(x, context, other)
right = torch.stack([context[0, 1:], context[1, 1:].flip(0)])
assert torch.allclose(out, right), "a mask of shape (B, T, S) belongs to the sentences of the batch, not to the heads"
with torch.no_grad():
    module.out_proj.bias.copy_(torch.tensor([5.0, 6.0, 7.0, 8.0]))
out = module(x, context, torch.zeros_like(only))
zeros = module.out_proj.bias.expand_as(out)
assert torch.allclose(out, zeros), f"who may attend to nothing gets out_proj of zeros, its bias, not {out[0, 0]}"
print("MultiHeadAttention looks right")
### BEGIN HIDDEN TESTS
check("MultiHeadAttention")
### END HIDDEN TESTS

# %% [markdown]
# ### Two heads read the sentence
# The same sentence, now in your `MultiHeadAttention`. Each word's vector has 18 numbers: 9 for its kind, as before,
# and 9 for its place in the sentence (a 1 in place $i$). Two heads of width 9 share them. The weights are made by
# hand again. This time we do not tell you what the heads look for.
#
# As before we want to see weights instead of mixtures, by the same trick: the values of both heads are the places. So
# your module's result, of width 18, *is* the two heat maps side by side.

# %% grade_id="two_heads" role="locked"
LOOKS = [(4, 0, 15.0), (2, 0, 13.0), (3, 0, 12.0), (2, 9, 16.0), (3, 9, 16.0), (5, 9, 16.0)]
SHOWS = [(0, 0, 1.0), (4, 0, 0.4), (1, 9, 1.0), (9, 10, 1.0)]
two_heads = {f"{name}_proj.weight": torch.zeros(18, 18) for name in ("q", "k", "v", "out")}
two_heads |= {f"{name}_proj.bias": torch.zeros(18) for name in ("q", "k", "v", "out")}
for column, row, strength in LOOKS:
    two_heads["q_proj.weight"][row, column] = strength
for column, row, strength in SHOWS:
    two_heads["k_proj.weight"][row, column] = strength
two_heads["q_proj.bias"][10] = 9.0
two_heads["v_proj.weight"][:9, 9:] = torch.eye(9)
two_heads["v_proj.weight"][9:, 9:] = torch.eye(9)
two_heads["out_proj.weight"].fill_diagonal_(1.0)


def with_places(words):
    """(1, T, 18): the kinds of the words, then their places (at most 9 words)."""
    return torch.cat([vectors(words), torch.eye(9, device=device)[: len(words)]], dim=1)[None]


def weights_of(words):
    """The weights of head 0 and of head 1, each (T, T), read off the result of your MultiHeadAttention."""
    module = MultiHeadAttention(18, 2).to(device)
    module.load_state_dict(two_heads)
    with torch.no_grad():
        out = module(with_places(words))[0]  # (T, 18)
    return out[:, : len(words)], out[:, 9 : 9 + len(words)]


# %%
sentence = "the ball falls because gravity pulls it"
words = sentence.split()
with needs("Questions 3 and 4"):
    head_0, head_1 = weights_of(words)
    heat_maps(head_0, head_1, words, ("head 0", "head 1"))

# %% [markdown]
# The row of *falls* has come apart: its two questions are now answered by two heads, and no answer is lost.
#
# ### An experiment for Question 5
# Two sentences that differ in the last word only:
#
# > the magnet lifts the nail because it is **strong**
# >
# > the magnet lifts the nail because it is **light**
#
# You know who *it* is: the magnet in the first, the nail in the second. **Write down what you expect** for the row of
# *it* in head 0 for each sentence. Then run the cell.

# %%
with needs("Questions 3 and 4"):
    for last in ("strong", "light"):
        words_now = f"the magnet lifts the nail because it is {last}".split()
        head_0, head_1 = weights_of(words_now)
        print(f"'it' in head 0, when the last word is '{last}':")
        print_bars(words_now, head_0[words_now.index("it")])

# %% [markdown]
# ## Question 5: explain a head
# *20 minutes · difficulty ●●○ · 3 points, marked by hand*
#
# Write about 150 words, in three parts (one point each):
#
# 1. **What does it do?** Choose head 0 or head 1 of the picture above. Say in one sentence what it looks for, and
#    support it with two rows: the word that asks, the word that it reads, the weight. Name one row that does *not*
#    fit your sentence, or say that all fit.
# 2. **What can it not do?** What did you expect for the two magnet sentences, and what came out? Explain with the
#    formula. (How does the *ratio* of the weights of *magnet* and *nail* depend on the last word? Think of two energy
#    levels.) What would a model need to tell the two sentences apart?
# 3. **What does the picture not say?** In head 1 several words give most of their weight to the first word, *the*.
#    Does *the* explain them? Name one experiment on the model, beyond looking at weights, that would tell you.

# %% [markdown] grade_id="explain_a_head" role="manual" points=3
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer.* (1) Head 0 looks for the thing that a word is about. *it* gives .86 to *ball*, *falls* gives it .81
# (what falls?), *pulls* .77 (what is pulled?); a little goes to *gravity*. The rows of *the*, *ball*, *because* and
# *gravity* do not fit: they are flat at 1/7, since these words look for nothing and their query is zero. (Head 1: it
# looks for the cause. *falls*, *because* and *pulls* give .89 to *gravity*; the words that ask for no cause give .77
# to the first word.)
#
# (2) I expected *magnet* for "strong" and *nail* for "light". The two rows are the same, with equal weights on
# *magnet* and *nail*. The ratio of two weights is $e^{s_1 - s_2}$, as for two Boltzmann levels, and each score
# depends on two words only, *it* and *magnet* or *it* and *nail*. No third word can change it. The model needs a
# second layer: in the first, *it* takes in the last word, so that in the second its query is another one. (The
# vectors of *strong* and *light* do differ, so the information is there; one layer alone does not bring it to *it* in
# time.)
#
# (3) No. The weights say where a word reads, not what it takes from there: if the value of *the* is close to zero,
# the head takes nothing. The words that ask for no cause rest there. To find out, set the value vector of *the* to
# zero (or replace the word, or hide it with a mask) and see whether the result of the model changes.
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. One point: a sentence about the head that fits the map, with two rows and weights read correctly (head 0: *it* to
#    *ball*, *falls* to *ball*; head 1: *falls*, *because* or *pulls* to *gravity*), and the flat or resting rows
#    noticed. Half: the right idea without numbers, or rows and columns exchanged.
# 2. One point: the rows are the same, and the reason is that a score depends on two words only (or: the ratio does
#    not depend on the others). Half: the same rows noticed, with no reason or only "strong and light have equal
#    vectors". What was expected does not count, right or wrong. More layers, or vectors that depend on context, must
#    be named for the full point.
# 3. One point: weight is not influence, *and* an experiment that intervenes (change, remove, mask or zero). Half: one
#    of the two. "Attention sink", known from reading, is fine but needs the experiment too.
# ### END SOLUTION

# %% [markdown]
# ## What this does not show
# - **Learning.** All vectors and matrices here were made by hand so that the picture can be read. In a trained model
#   they come from gradient descent, a feature rarely has a name, and most heads have no story as neat as these.
# - **Order.** Take away the places, and attention does not know the order of the words: shuffle the sentence, and
#   each word still gets the same mixture. "The earth pulls the ball" and "the ball pulls the earth" would be the
#   same. (In the first picture the causal mask alone brought in order.)
# - **Explanation.** A heat map shows where a head reads, not why the model answers as it does. Whether attention
#   weights explain anything is an open debate ([Jain and Wallace, 2019](https://arxiv.org/abs/1902.10186); [Wiegreffe
#   and Pinter, 2019](https://arxiv.org/abs/1908.04626)).
# - **Understanding.** *it* found the ball because we gave it a query for things. No physics was used: the head would
#   say the same of a ball that gravity pushes.
# - **Cost.** Every word looks at every word, $n^2$ scores for $n$ words. Twice the text, four times the work. Much of
#   the engineering of large models is about this square.
