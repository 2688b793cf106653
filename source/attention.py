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
# should look at? The answer is one short formula, called **attention**. In this notebook you begin where the field
# stood before it, with a network that reads one word at a time and forgets. You see why attention was needed, write
# it yourself, and build around it the **transformer block**, the part that every GPT is a stack of.
#
# **At the end you will be able to**
#
# - say what a recurrent network remembers, and for how long;
# - turn any list of scores into probabilities without overflow, and say what this has to do with Boltzmann;
# - write attention, and explain why the scores are divided by $\sqrt{d_k}$;
# - hide the future from a model that has to predict it;
# - run several attention heads side by side, read a heat map of a head, and say what it cannot tell you;
# - tell attention the order of the words, and build the blocks of an encoder and of a decoder.
#
# | Question | minutes | difficulty | points |
# |---|---|---|---|
# | **I One word at a time** | | | |
# | 1 `rnn_step` | 10 | ●○○ | 2 |
# | **II Looking back** | | | |
# | 2 `softmax` | 15 | ●○○ | 3 |
# | 3 `bilinear_attention` | 15 | ●●○ | 3 |
# | 4 `scaled_dot_product_attention` | 35 | ●●○ | 6 |
# | 5 `causal_mask` | 10 | ●○○ | 2 |
# | **III Several heads** | | | |
# | 6 `split_heads` | 10 | ●●○ | 2 |
# | 7 `merge_heads` | 5 | ●○○ | 1 |
# | 8 `MultiHeadAttention` | 30 | ●●● | 6 |
# | 9 explain a head (in words) | 20 | ●●○ | 3 |
# | **IV The transformer block** | | | |
# | 10 `sinusoidal_positions` | 15 | ●●○ | 2 |
# | 11 `layer_norm` | 15 | ●○○ | 2 |
# | 12 `EncoderBlock` | 20 | ●●○ | 4 |
# | 13 `DecoderBlock` | 20 | ●●○ | 4 |
#
# Together under four hours, 40 points. A good place for a break is after Part II. You need Python and the product of
# two matrices. You need not have met a neural network.

# %% [markdown]
# ## How to work
#
# - Write your code where it says `# YOUR CODE HERE`, and delete the line `raise NotImplementedError(...)` below it.
# - Run the test cell that follows. An error message there tells what probably went wrong. Silence and a last line
#   "... looks right" mean that you can go on. Your marks come from further tests of the same kind, with other numbers
#   and other shapes, so write for the general case.
# - Hints are folded. Open them one at a time, and only after five minutes of your own.
# - Later questions may use your earlier functions, as a transformer does. Nothing is wasted.
# - Cells without a question show your functions at work. If one says "Finish Question 1 first", it will wait for you.
# - Everything here runs in seconds on a laptop. A GPU is used if there is one.
#
# **Rules for every function.** They are what makes code usable in a real model, and they are tested:
#
# 1. `...` in a shape stands for any number of leading dimensions, none included. Work on whole tensors: no loops over
#    single numbers, words, heads or sentences.
# 2. The result has the dtype and the device of the input. The input itself is not changed.
# 3. Numbers as large as 10,000 must not turn into `nan` or `inf`.
# 4. `float32` and `float64` work everywhere. In `softmax`, `scaled_dot_product_attention`, `MultiHeadAttention` and
#    `layer_norm`, `float16` and `bfloat16` work too. These 16-bit numbers keep only 3 digits or fewer, and `float16`
#    ends at 65,504. So calculate in `float32` inside the function, and convert the result back at the end.
# 5. Inside your functions stay in torch: no `.item()`, `.tolist()` or `numpy`. They make a GPU wait, and they cut off
#    the gradient, which training will need.
# 6. torch's own attention is not allowed anywhere in this notebook. You are here to build it.

# %% grade_id="setup" role="locked"
import io
from contextlib import contextmanager

import matplotlib.pyplot as plt
import torch
from IPython.display import Image, display
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


def print_weights(title, weights, words):
    """A table of weights (T, T): a row is the word that asks, a column the word that it reads; · is less than .005."""
    print(f"{title:>12} |" + "".join(f"{word:>8}" for word in words))
    for word, row in zip(words, weights.tolist(), strict=True):
        numbers = (f"{weight:.2f}".removeprefix("0") if weight >= 0.005 else "·" for weight in row)
        print(f"{word:>12} |" + "".join(f"{number:>8}" for number in numbers))


def show(figure):
    """Shows a figure, drawn once (plt.show() would draw it a second time, to cut off its margins)."""
    picture = io.BytesIO()
    figure.savefig(picture, dpi=80)
    plt.close(figure)
    display(Image(picture.getvalue()))


def heat_maps(left, right, words, titles):
    """Draws two maps of weights (T, T) side by side: a row is the word that asks, a column the word that it reads."""
    size = len(words)
    gap = torch.full((size, 1), float("nan"))
    figure = plt.figure(figsize=(6.0, 2.9))
    ax = figure.add_axes((0.13, 0.22, 0.86, 0.68))
    ax.set_axis_off()  # the words are plain text at the squares: quicker to draw than two axes with ticks
    ax.imshow(torch.cat([left.cpu(), gap, right.cpu()], dim=1), cmap="Blues", vmin=0, vmax=1)
    for start, title in zip((0, size + 1), titles, strict=True):
        ax.add_patch(plt.Rectangle((start - 0.5, -0.5), size, size, fill=False, edgecolor="gray", clip_on=False))
        ax.text(start + size / 2 - 0.5, -0.8, title, ha="center")
        for place, word in enumerate(words):
            ax.text(start + place, size - 0.3, word, rotation=60, ha="center", va="top")
    for place, word in enumerate(words):
        ax.text(-0.8, place, word, ha="right", va="center")
    show(figure)


def set_linear(module, factor):
    """Sets each nn.Linear in `module` to: the input times `factor` (no mixing, biases 0). Tests use it."""
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Linear):
                layer.weight.copy_(factor * torch.eye(*layer.weight.shape))
                if layer.bias is not None:
                    layer.bias.zero_()


def is_near(values, numbers):
    """Whether the tensor `values` holds these numbers, which are given with 4 digits; shapes are to be the same."""
    wanted = torch.tensor(numbers).to(values)
    return values.shape == wanted.shape and torch.allclose(values, wanted, atol=1e-3)


print("Working on:", device)

# %% role="author"
from autograder import check

# %% [markdown]
# # Part I: one word at a time
#
# ## Question 1: a state that is carried along
# *10 minutes · difficulty ●○○ · 2 points*
#
# How do you listen? One word after the other, keeping the gist in mind. The first networks for language did the same
# ([Elman, 1990](https://doi.org/10.1207/s15516709cog1402_1)). The gist is a list of $H$ numbers, the **state** $h$.
# Each word is a vector $x$ too. A step makes the new state of the new word and the old state:
#
# $$h_t = \tanh\left(x_t W_{xh} + h_{t-1} W_{hh} + b\right)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x_t$ | the word that is read now | `(..., I)` |
# | $h_{t-1}$, $h_t$ | the state before and after it | `(..., H)` |
# | $W_{xh}$ | what the word changes | `(I, H)` |
# | $W_{hh}$ | what the old state passes on | `(H, H)` |
# | $b$ | a constant shift (bias) | `(H,)` |
#
# Vectors are rows here, and stand to the left of the matrices. A network that feeds its state back to itself is
# called **recurrent**, an RNN. You know such things: the state of a swing now follows from its state a moment ago and
# from the push it gets.
#
# And the $\tanh$? In relativity it turns a rapidity, which may be any number, into a velocity, which stays below that
# of light. It does the same service here: whatever adds up, each entry of the state stays between $-1$ and $1$.
#
# **By hand.** $I = 1$, $H = 2$, $x = (1)$, $h = (0.5,\ -0.5)$, $b = (0,\ 0.5)$,
# $W_{xh} = \begin{pmatrix} 1 & 0 \end{pmatrix}$ and $W_{hh} = \begin{pmatrix} 0 & 1 \\ 1 & 0 \end{pmatrix}$, which
# swaps the two entries.
#
# | term | entry 1 | entry 2 |
# |---|---|---|
# | $x W_{xh}$ | 1 | 0 |
# | $h W_{hh}$ | −0.5 | 0.5 |
# | $b$ | 0 | 0.5 |
# | sum | 0.5 | 1 |
# | $\tanh$ | 0.462 | 0.762 |
#
# **Look out**, both have been printed: (a) $h_{t-1}$ times $W_{hh}$ entry by entry, and no $\tanh$. Then entry 1 of
# the state would never hear of entry 2, and all the steps together would be one linear map, however many there are.
# (b) torch's own `nn.RNN` puts time *first*, unless it is told `batch_first=True`; `out[:, -1, :]` is then the last
# *sentence* of the batch, not the last word.
#
# <details><summary>Hint: many sentences at once</summary>
#
# `@` multiplies the last dimension of the left side with the matrix on the right and keeps all dimensions before it.
# So the same line serves one word `(I,)` and a batch of words `(B, I)`. `b` is added to each by broadcasting.
# </details>


# %% grade_id="rnn_step" role="solution"
def rnn_step(x: Tensor, h: Tensor, w_xh: Tensor, w_hh: Tensor, b: Tensor) -> Tensor:
    """One step of a recurrent network: the state after reading x.

    x: (..., I), h: (..., H), w_xh: (I, H), w_hh: (H, H), b: (H,). Returns (..., H), between -1 and 1.
    """
    ### BEGIN SOLUTION
    return torch.tanh(x @ w_xh + h @ w_hh + b)
    ### END SOLUTION


# %% grade_id="test_rnn_step" role="test" points=2
# I = 3, H = 2. The sum inside tanh is (log 2, log 3), and tanh of these is 0.6 and 0.8.
x, h = torch.tensor([1.0, 0.0, 2.0], device=device), torch.tensor([0.5, 0.5], device=device)
w_xh = torch.tensor([[2.0, 1.0], [4.0, 4.0], [1.0, 3.0]], device=device).log()
w_hh = torch.tensor([[4.0, 1.0], [1 / 16, 1 / 9]], device=device).log()
b = torch.tensor([2.0, 1.0], device=device).log()
out = rnn_step(x, h, w_xh, w_hh, b)
assert isinstance(out, Tensor), f"rnn_step returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (2,), f"the state has 2 entries, yours has the shape {tuple(out.shape)}: `@` is the matrix product"
assert not is_near(out, [0.6931, 1.0986]), "this is the sum, still without tanh"
assert not is_near(out, [0.0, 0.8]), "the bias b is missing"
assert not is_near(out, [0.8824, 0.9756]), "the old state h is missing: it is multiplied by w_hh and added"
assert not is_near(out, [0.9692, -0.28]), "w_hh is transposed: h stands to its left, h @ w_hh"
assert is_near(out, [0.6, 0.8]), f"expected (0.6, 0.8), got {out}: tanh of the sum of x w_xh, h w_hh and b"

words = torch.stack([x, 0 * x, -x])  # three sentences at once
states = torch.stack([h, 0 * h, -h])
batch = rnn_step(words, states, w_xh, w_hh, b)
assert batch.shape == (3, 2), f"3 words and 3 states give 3 new states, (3, 2), not {tuple(batch.shape)}"
assert torch.allclose(batch[0], out), f"a batch gives other numbers than its parts: {batch[0]} and {out}"
assert is_near(batch[1], [0.6, 0.0]), f"without word and state only tanh(b) is left, (0.6, 0), not {batch[1]}"
large = rnn_step(10_000 * x, h, w_xh, w_hh, b)
assert large.isfinite().all(), f"a word with entries of 10,000 gave {large}: torch.tanh saturates, exp overflows"
print("rnn_step looks right")
### BEGIN HIDDEN TESTS
check("rnn_step")
### END HIDDEN TESTS

# %% [markdown]
# ### How long does it remember?
# > the **iron** ring in the old box under the stairs ...
# >
# > the **copper** ring in the old box under the stairs ...
#
# Does a magnet lift the ring? That hangs on the second word, and a model that writes on must still know it eight
# words later. Let your RNN read both. Its weights are random, with no training; $W_{hh}$ is made so that it shrinks a
# typical difference between two states by a factor of 0.8. We watch the **difference of the two
# states**, measured in units of what it was right after *iron* or *copper*.
#
# Before you run the cell: eight steps with a factor of 0.8, what should be left?

# %%
source = torch.Generator().manual_seed(3)
sentence = "the iron ring in the old box under the stairs"
story = sentence.split()
names = sorted({*story, "copper"})
meaning = dict(zip(names, torch.randn(len(names), 16, generator=source), strict=True))  # a random vector for each
two_stories = torch.stack([meaning[word] for word in story + [word.replace("iron", "copper") for word in story]])
two_stories = two_stories.reshape(2, len(story), 16).to(device)
from_word = (torch.randn(16, 32, generator=source) / 8).to(device)
from_state = (0.8 * torch.randn(32, 32, generator=source) / 32**0.5).to(device)
with needs("Question 1"):
    state = torch.zeros(2, 32, device=device)
    path = []
    for place in range(len(story)):  # one word after the other: there is no other way
        state = rnn_step(two_stories[:, place], state, from_word, from_state, torch.zeros(32, device=device))
        path.append(state)
    story_states = torch.stack(path, dim=1)  # (2, 10, 32): both stories, ten words, the state after each
    difference = (story_states[0] - story_states[1]).norm(dim=-1)
    print("difference of the two states after each word")
    print_bars(story, difference / difference[1])

# %% [markdown]
# It falls off about exponentially, as the charge of a capacitor does through a resistor. After *stairs* two percent are
# left, fewer than $0.8^8 = 0.17$, because the slope of $\tanh$ is below 1. The words in between have written over the
# ring's metal.
#
# Two things are wrong here, and training cures only a part of the first.
#
# 1. **Memory fades.** The influence of a word $n$ steps back is a product of $n$ factors, and so is the gradient from
#    which training would have to learn it ([Bengio and others, 1994](https://doi.org/10.1109/72.279181)). Better
#    cells such as the LSTM ([Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)) hold on for
#    longer.
# 2. **The bottleneck.** However long the text, all that is known of it has to fit into the same $H$ numbers.
#
# **Try** `1.5` in place of `0.8` (then put it back). The difference no longer dies out, but neither does any other: a
# random network that amplifies tends to chaos ([Sompolinsky and others,
# 1988](https://doi.org/10.1103/PhysRevLett.61.259)), and the metal drowns in the echo of all the other words.
#
# # Part II: looking back
#
# The way out is simple to say. **Do not throw the old states away.** Keep all of them, and let each word look back and
# take what it needs, at distance one, however far back it stands ([Bahdanau and others,
# 2014](https://arxiv.org/abs/1409.0473), for translation). So a word gives each state a **score**, turns the scores
# into **weights**, and takes home the weighted mean. We begin in the middle: how are weights made of scores?

# %% [markdown]
# ## Question 2: softmax, or how Boltzmann chooses
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
half = torch.full_like(p, 0.5)
assert torch.allclose(p, half, atol=1e-3), f"two equal scores must share 1/2, 1/2 in every row, got {p}"
assert torch.equal(x, before), "softmax changed its input: use x = x - c (a new tensor), not x -= c"

p = softmax(torch.tensor([0.0, float("-inf"), 0.0], device=device))
assert p[1] == 0, f"a score of -inf must get the weight 0, the weights are {p}"
assert p[0] == 0.5, f"beside a score of -inf two equal scores share 1/2, 1/2, the weights are {p}"

p = softmax(torch.zeros(8, dtype=torch.float16, device=device))
assert p.dtype == torch.float16, f"the scores were float16, the weights are {p.dtype}: convert back at the end"
assert (p == 0.125).all(), f"eight equal float16 scores share 1/8 each, the weights are {p}"
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
with needs("Question 2"):
    for temperature in (0.2, 1.0, 10.0):
        occupation = softmax(-energy / temperature)
        print(f"k_B T = {temperature}")
        print_bars(["E = 0", "E = 1", "E = 2"], occupation)

# %% [markdown]
# Cold: everything is in the ground state, softmax has become "take the largest". Hot: all levels are equally likely,
# and the scores hardly count. **Temperature sets how decided the choice is.** Remember this; in Question 4 you meet a
# temperature in the middle of the formula for attention.

# %% [markdown]
# ## Question 3: looking back over the states
# *15 minutes · difficulty ●●○ · 3 points · uses Question 2*
#
# Now the score. How well does the state $h_i$ fit what word $t$ needs? The simplest number that can be made of two
# vectors is linear in both, a **bilinear form**, with a matrix $W$ that training will find ([Luong and others,
# 2015](https://arxiv.org/abs/1508.04025), their score called "general"):
#
# $$\mathrm{score}(t, i) = h_t^\top\, W\, h_i = \sum_{a=1}^{D} \sum_{b=1}^{D} h_{t,a}\, W_{ab}\, h_{i,b}$$
#
# Physics is full of these. Two magnetic moments couple with the energy $-\,m_1^\top J\, m_2$; here $W$ is the coupling
# $J$, and the weights are the Boltzmann weights of the couplings:
#
# $$\alpha_{t i} = \frac{e^{\mathrm{score}(t, i)}}{\sum_{j} e^{\mathrm{score}(t, j)}}, \qquad
# c_t = \sum_i \alpha_{t i}\, h_i$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $h$ | the states, one in each row | `(..., T, D)` |
# | $W$ | the coupling, not symmetric in general | `(D, D)` |
# | $\alpha$ | weights: row $t$ looks, column $i$ is looked at | `(..., T, T)` |
# | $c$ | contexts: what each word takes home | `(..., T, D)` |
#
# Return both: `(context, weights)`.
#
# **By hand.** $h_1 = (1, 0)$, $h_2 = (0, 1)$, and $W = \begin{pmatrix} 0 & \ln 3 \\ 0 & 0 \end{pmatrix}$.
#
# | word that looks | scores of 1, 2 | weights | context |
# |---|---|---|---|
# | 1 | $0,\ \ln 3$ | $\tfrac14,\ \tfrac34$ | $(0.25,\ 0.75)$ |
# | 2 | $0,\ 0$ | $\tfrac12,\ \tfrac12$ | $(0.5,\ 0.5)$ |
#
# So $W$ has a direction: word 1 looks for word 2, but not the other way round.
#
# **Look out**, all three have been printed: (a) $e^{h_t^\top W h_t}$ above the fraction bar, which pairs $t$ with
# itself. (b) `exp` first and then a softmax of it: softmax takes the exponential already. (c) A softmax over the
# features of a vector. The weights of *one* word that looks, over all the words it may choose from, sum to 1.
#
# <details><summary>Hint 1: one pair, then all pairs</summary>
#
# For one pair the score is a row times a matrix times a column. Put the rows below each other, and the columns side by
# side: two matrix products give the whole `(T, T)` table. Write the shapes down: `(T, D)`, `(D, D)`, and what third?
# </details>
#
# <details><summary>Hint 2: leading dimensions</summary>
#
# `.T` turns all dimensions round. `transpose(-2, -1)`, or short `.mT`, swaps the last two, with any number of others
# before them. Use your `softmax`; if Question 2 is still open, the one of torch will do meanwhile.
# </details>


# %% grade_id="bilinear_attention" role="solution"
def bilinear_attention(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Lets each state look at all states; score(t, i) = h_t^T w h_i.

    h: (..., T, D), w: (D, D). Returns (context (..., T, D), weights (..., T, T)); the weights sum to 1 over i.
    """
    ### BEGIN SOLUTION
    scores = h @ w @ h.transpose(-2, -1)  # (..., T, T)
    weights = softmax(scores)
    return weights @ h, weights
    ### END SOLUTION


# %% grade_id="test_bilinear_attention" role="test" points=3
# h_1 = (1, 0), h_2 = (0, 1), h_3 = (1, 1). For row 1 the exponentials of the scores are 1, 2 and 1 * 2.
h = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], device=device)
w = torch.tensor([[1.0, 2.0], [3.0, 1.0]], device=device).log()
out = bilinear_attention(h, w)
assert isinstance(out, tuple), f"return the pair (context, weights), not {type(out).__name__}"
context, weights = out
assert weights.shape == (3, 3), f"weights come second, 3 states look at 3: (3, 3), not {tuple(weights.shape)}"
assert context.shape == (3, 2), f"a context is a mean of states: the shape is (3, 2), not {tuple(context.shape)}"
assert not is_near(weights[0], [0.1429, 0.4286, 0.4286]), "w is transposed: h_t stands to its left, h_i to its right"
assert not is_near(weights[0], [0.1554, 0.4223, 0.4223]), "exp is taken twice: softmax does it already"
columns = weights.sum(-2)
assert not is_near(columns, [1.0, 1.0, 1.0]), "the COLUMNS of the weights sum to 1: for each t the sum runs over i"
assert is_near(weights.sum(-1), [1.0, 1.0, 1.0]), f"the weights of each row must sum to 1, not to {weights.sum(-1)}"
assert is_near(weights[0], [0.2, 0.4, 0.4]), f"the first row of weights should be 1/5, 2/5, 2/5, it is {weights[0]}"
assert is_near(weights[2], [3 / 11, 2 / 11, 6 / 11]), f"the last row should be 3, 2, 6 elevenths, it is {weights[2]}"
assert is_near(context[0], [0.6, 0.8]), f"the weights of row 1 mix the states to (0.6, 0.8), not {context[0]}"

# An error inside the next line often comes from .T, which turns the batch round as well.
batch, _ = bilinear_attention(torch.stack([h, -h, 0 * h, 2 * h]), w)
assert batch.shape == (4, 3, 2), f"4 sentences of 3 states give contexts (4, 3, 2), not {tuple(batch.shape)}"
assert torch.allclose(batch[0], context), "a batch gives other numbers than its parts"
_, weights = bilinear_attention(10_000 * h, w)
assert weights.isfinite().all(), f"states with entries of 10,000 gave weights {weights}: use your softmax"
print("bilinear_attention looks right")
### BEGIN HIDDEN TESTS
check("bilinear_attention")
### END HIDDEN TESTS

# %% [markdown]
# ### The ring again
# The last word of the two stories looks back over the ten states. No training here either: we make $W$ by hand, so
# that the last state looks for states like those right after *iron* and *copper*. One $W$ serves both stories.

# %%
with needs("Questions 1 and 3"):
    last, ring = story_states[:, -1].mean(0), story_states[:, 1].mean(0)  # (32,): the mean of the two stories
    coupling = 6 * torch.outer(last / last.norm() ** 2, ring / ring.norm() ** 2)
    contexts, weights = bilinear_attention(story_states, coupling)
    print("where 'stairs' looks, in the story of the iron ring")
    print_bars(story, weights[0, -1])
    kept = (contexts[0, -1] - contexts[1, -1]).norm() / difference[1]
    print(f"difference of the two last states:   {difference[-1] / difference[1]:.3f}")
    print(f"difference of the two last contexts: {kept:.3f}")

# %% [markdown]
# The state of *stairs* has forgotten the metal, the context of *stairs* has it. Whether the word stands eight or eight
# hundred words back would make no difference to the formula: it holds no distance.

# %% [markdown]
# ## Question 4: attention
# *35 minutes · difficulty ●●○ · 6 points · uses Question 2*
#
# From here three steps lead to the transformer ([Vaswani and others, 2017](https://arxiv.org/abs/1706.03762),
# "Attention is all you need").
#
# 1. **Drop the recurrence.** If every word can look at every other, who needs the state? Let attention work on the
#    vectors of the words themselves. Then no word waits for the one before it, and a GPU does all of them at once.
# 2. **Split $W$ in two.** With $W = W_q W_k^\top$ the score is $(W_q^\top h_t) \cdot (W_k^\top h_i)$: a plain dot
#    product of what word $t$ looks for and what word $i$ offers. And what a word hands over may be a third thing.
# 3. **Mind the temperature.** See below.
#
# Think of a library. You come with a **query** ("something about falling"). Every book has a
# **key** on its spine that says what it is about, and a **value**, its content. You compare your query with every
# key, and you take home a mixture of the contents: much of the books that fit well, little of the others. A
# computer's dictionary returns the one value whose key is *equal*; attention returns the mean of all values, weighted
# by how *similar* the keys are.
#
# Query, keys and values are vectors. Similarity is the dot product, softmax makes weights of it (equation 1 of the
# paper):
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
with needs("Question 2"):
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
# gets the weight 0, and the others share the 1. You know from Question 2 which score leads to the weight 0.
#
# There is one trap. **A query that may attend to nothing** (padding in a batch of sentences does this) has no weights
# that sum to 1. Its result shall be zeros. Not `nan`, and the gradient must stay finite as well: one `nan` in a
# gradient spoils every weight of the model in the next step.
#
# In the example above: hide key 1, and the result is $v_2 = (0, 10)$. Hide both, and it is $(0, 0)$.
#
# Use your `softmax`; if Question 2 is still open, the one of torch will do meanwhile.
#
# **Look out**: in print you find $Q$, $K$ and $V$ each put through a softmax, and a result
# $\sum_i \mathrm{softmax}(q_i \cdot k_i)\, v_i$ in which word $i$ meets only itself. There is one softmax, of the
# scores, and every query meets every key.
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
close = torch.allclose(out, half, rtol=0.01)
assert close, f"the mean of two equal values is that value, got {out}: q·k does not fit into float16"
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

# %%
sentence = "the ball falls because gravity pulls it"
words = sentence.split()
queries = vectors(words) @ matrix(LOOKS_FOR)  # (7, 2): how much each word looks for a thing, for a cause
keys = vectors(words) @ matrix(OFFERS)  # (7, 2): how much each word offers of the two
places = torch.eye(len(words), device=device)
with needs("Question 4"):
    free = scaled_dot_product_attention(queries, keys, places)
    print_weights("free sight", free, words)

# %% [markdown]
# **Read it** row by row: a row is one word, its large numbers are where that word looks.
#
# 1. *it*, last row: which word did it find? How much weight went to *gravity*, and where does that little bit come
#    from?
# 2. *the*, *ball* and *gravity*: each of these rows has one number only. Which must it be, and why? (Their query is 0.
#    What are the scores? What would Boltzmann say of the temperature?)
# 3. *falls*: it asked two questions, *what* and *why*, and could give one answer: a mixture, about half ball and half
#    gravity. Which half answers which question is lost. Part III is about this.
#
# **Try**: another sentence made of words in `VOCABULARY`, such as `the moon circles because earth pulls it`; or
# multiply `queries` by 0.3 (hotter) or by 3 (colder) and predict the table before you look.


# %% [markdown]
# ## Question 5: the causal mask, or no looking ahead
# *10 minutes · difficulty ●○○ · 2 points*
#
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
# ### The same head, with its eyes on the past

# %%
with needs("Questions 4 and 5"):
    causal = scaled_dot_product_attention(queries, keys, places, causal_mask(len(words), device=device))
    print_weights("causal mask", causal, words)

# %% [markdown]
# Compare with the table before. Above the diagonal all is empty: that is the future. *falls* has lost gravity, since a
# GPT that reads *falls* does not know why yet; only the words from *gravity* on can know. And the first word has no
# choice. Whatever its query is, its weight on itself is 1.
#
# # Part III: several heads
#
# One softmax has one unit of weight to give away. *falls*, with its two questions, needs two: **heads**, which run side
# by side, each with its own queries, keys and values, and each with its own weights. It would be natural to loop over
# them. But to your attention a head is only one more batch dimension, so it is enough to bring the numbers into the
# right places. Two small functions do this, there and back, and then comes the layer.

# %% [markdown]
# ## Question 6: split into heads
# *10 minutes · difficulty ●●○ · 2 points*
#
# Each word has a vector of $H \cdot d$ numbers. The first $d$ belong to head 0, the next $d$ to head 1, and so on.
# Give each head its own table of words:
#
# | symbol | meaning | shape |
# |---|---|---|
# | `x` | words, all heads in one vector | `(..., T, H*d)` |
# | `n_heads` | the number of heads, $H$ | integer |
# | result | heads, a table of words for each | `(..., H, T, d)` |
#
# $$\mathrm{result}[\dots, h, t, j] = x[\dots, t, h\,d + j]$$
#
# **By hand.** Two words of four numbers, two heads of width 2:
#
# | | numbers | goes to head 0 | goes to head 1 |
# |---|---|---|---|
# | word 1 | 1 2 3 4 | 1 2 | 3 4 |
# | word 2 | 5 6 7 8 | 5 6 | 7 8 |
#
# So head 0 holds the rows (1 2), (5 6). But the numbers lie in memory as 1 2 3 4 5 6 7 8, and a direct
# `.view(..., H, T, d)` would give head 0 the rows (1 2), (3 4): all of word 1 and nothing of word 2. No error is
# raised, the shapes are right, and the model is broken.
#
# Raise a `ValueError` if the heads do not divide the width evenly.
#
# <details><summary>Hint: two steps</summary>
#
# `(..., T, H*d)` → split the last dimension → `(..., T, H, d)` → swap two dimensions → `(..., H, T, d)`. For the first
# step look up `unflatten` (or `reshape`), for the second `transpose`. Count dimensions from the end: −1, −2, −3. Then
# it does not matter how many stand in front.
# </details>


# %% grade_id="split_heads" role="solution"
def split_heads(x: Tensor, n_heads: int) -> Tensor:
    """Gives each head its part of every word: (..., T, H*d) -> (..., H, T, d), where H is n_heads.

    ValueError if n_heads does not divide the last dimension.
    """
    ### BEGIN SOLUTION
    if n_heads < 1 or x.shape[-1] % n_heads != 0:
        raise ValueError(f"{n_heads} heads do not divide a width of {x.shape[-1]}")
    return x.unflatten(-1, (n_heads, -1)).transpose(-3, -2)  # (..., T, H, d) -> (..., H, T, d)
    ### END SOLUTION


# %% grade_id="test_split_heads" role="test" points=2
x = torch.tensor([[1.0, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]], device=device)  # T = 2 words for H = 3 heads, d = 2
heads = split_heads(x, 3)
assert isinstance(heads, Tensor), f"split_heads returned {type(heads).__name__}, not a tensor"
assert heads.shape == (3, 2, 2), f"3 heads with 2 words of width 2: (3, 2, 2), not {tuple(heads.shape)}"
assert heads[0].tolist() != [[1, 2], [3, 4]], "head 0 got all of word 1: split the last dimension first, then swap"
assert heads[0].tolist() != [[1, 4], [7, 10]], "head 0 got every third number: its numbers stand side by side in x"
assert heads[0].tolist() == [[1, 2], [7, 8]], f"head 0 takes 1 2 of word 1 and 7 8 of word 2, yours has {heads[0]}"
assert heads[2].tolist() == [[5, 6], [11, 12]], f"head 2 takes 5 6 and 11 12, yours has {heads[2]}"

many = split_heads(x.expand(5, 4, 2, 6), 3)
assert many.shape == (5, 4, 3, 2, 2), f"(5, 4, 2, 6) becomes (5, 4, 3, 2, 2), not {tuple(many.shape)}"
assert torch.equal(many[4, 1], heads), "a batch gives other numbers than its parts: count dimensions from the end"
try:
    split_heads(x, 4)
except ValueError:
    pass
else:
    raise AssertionError("4 heads do not divide a width of 6: raise a ValueError")
print("split_heads looks right")
### BEGIN HIDDEN TESTS
check("split_heads")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 7: and merge them again
# *5 minutes · difficulty ●○○ · 1 point*
#
# After attention each head holds its answer for every word. Lay the answers of one word side by side again, head 0
# first: the way back of Question 6.
#
# $$\mathrm{result}[\dots, t, h\,d + j] = x[\dots, h, t, j], \qquad
# \texttt{(..., H, T, d)} \to \texttt{(..., T, H*d)}$$
#
# **By hand.** Head 0 with the rows (1 2), (5 6) and head 1 with the rows (3 4), (7 8) become the words (1 2 3 4) and
# (5 6 7 8).
#
# <details><summary>Hint: in which order</summary>
#
# Do the steps of Question 6 backwards: swap *first*, then merge. After a `transpose` the numbers no longer lie in
# order, so `view` complains: use `flatten` or `reshape`.
# </details>


# %% grade_id="merge_heads" role="solution"
def merge_heads(x: Tensor) -> Tensor:
    """Lays the heads of each word side by side: (..., H, T, d) -> (..., T, H*d)."""
    ### BEGIN SOLUTION
    return x.transpose(-3, -2).flatten(-2)
    ### END SOLUTION


# %% grade_id="test_merge_heads" role="test" points=1
heads = torch.tensor([[[1.0, 2], [5, 6], [9, 10]], [[3, 4], [7, 8], [11, 12]]], device=device)  # H = 2, T = 3, d = 2
merged = merge_heads(heads)
assert isinstance(merged, Tensor), f"merge_heads returned {type(merged).__name__}, not a tensor"
assert merged.shape == (3, 4), f"3 words of 2 heads of width 2: (3, 4), not {tuple(merged.shape)}"
assert merged[0].tolist() != [1, 2, 5, 6], "word 1 got two words of head 0: swap heads and words before you merge"
assert merged[0].tolist() != [1, 3, 2, 4], "the heads of word 1 are interleaved: head 0 comes first, whole"
assert merged.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], f"expected 1 to 12 in order, got {merged}"
many = merge_heads(heads.expand(5, 4, 2, 3, 2))
assert many.shape == (5, 4, 3, 4), f"(5, 4, 2, 3, 2) becomes (5, 4, 3, 4), not {tuple(many.shape)}"
print("merge_heads looks right")
### BEGIN HIDDEN TESTS
check("merge_heads")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 8: a layer of several heads
# *30 minutes · difficulty ●●● · 6 points · uses Questions 4, 6 and 7*
#
# Now put it together. Heads run side by side, their answers are laid side by side, and a last matrix mixes them.
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
#
# Your `split_heads` brings $Q$, $K$ and $V$ into the shape `(B, H, T, d)` or `(B, H, S, d)`, and your attention and
# `merge_heads` do the rest.
#
# **By hand.** $D = 2$, two heads of width 1, and all four maps change nothing. The words are $(0, 1)$ and $(1, 1)$, so
# head 0 holds the numbers 0 and 1, head 1 holds 1 and 1.
#
# | | head 0: scores | weights | mixture | head 1 |
# |---|---|---|---|---|
# | word 1 | 0, 0 | 0.5, 0.5 | 0.5 | 1 |
# | word 2 | 0, 1 | 0.269, 0.731 | 0.731 | 1 |
#
# The result is $(0.5,\ 1)$ for word 1 and $(0.731,\ 1)$ for word 2.
#
# Raise a `ValueError` if the heads do not divide $D$ evenly, at once when the layer is made. A word that may attend to
# nothing gets `out_proj` of zeros.
#
# <details><summary>Hint 1: a plan in shapes</summary>
#
# `(B, T, D)` → project → `(B, T, D)` → split → `(B, H, T, d)` → attention → `(B, H, T, d)` → merge → `(B, T, D)` →
# `out_proj`. Write the shape behind each line. Keys and values come from the context, whose length S may differ from T.
# </details>
#
# <details><summary>Hint 2: the mask has no dimension for heads</summary>
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
        q, k, v = (split_heads(y, self.n_heads) for y in projected)  # (B, H, T or S, d)
        every_head = None if mask is None else mask.unsqueeze(-3)  # (1, T, S) or (B, 1, T, S)
        heads = scaled_dot_product_attention(q, k, v, every_head)  # (B, H, T, d)
        return self.out_proj(merge_heads(heads))
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

# Two words, two heads of width 1. Head 0 gets the numbers 0 and 1 of the two words, head 1 the numbers 1 and 1.
x = torch.tensor([[[0.0, 1.0], [1.0, 1.0]]], device=device)
attention = MultiHeadAttention(2, 2).to(device)
set_linear(attention, 1.0)  # its four maps change nothing
out = attention(x)
assert isinstance(out, Tensor), f"forward returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (1, 2, 2), f"the result has the shape of x, (1, 2, 2), not {tuple(out.shape)}"
swapped = torch.tensor([[0.5, 0.7311], [1.0, 1.0]], device=device)
assert not torch.allclose(out[0], swapped, atol=1e-3), "words and heads are mixed up: see the example of Question 6"
expected = torch.tensor([[0.5, 1.0], [0.7311, 1.0]], device=device)
assert torch.allclose(out[0], expected, atol=1e-3), f"expected {expected}, got {out[0]}: which columns has each head?"

# Other words to read, other masks: with a single key allowed, the result is the value of that key.
module = MultiHeadAttention(4, 2).to(device)
set_linear(module, 1.0)
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
# your module's result, of width 18, *is* the two tables of weights side by side. They make a picture, a **heat map**:
# the darker a square, the larger the weight.

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
with needs("Question 8"):
    head_0, head_1 = weights_of(words)
    heat_maps(head_0, head_1, words, ("head 0", "head 1"))
    print_weights("head 0", head_0, words)
    print()
    print_weights("head 1", head_1, words)

# %% [markdown]
# A row is the word that asks, a column the word that is read; the tables have the numbers. The row of *falls* has come
# apart: its two questions are now answered by two heads, and no answer is lost.
#
# ### An experiment for Question 9
# Two sentences that differ in the last word only:
#
# > the magnet lifts the nail because it is **strong**
# >
# > the magnet lifts the nail because it is **light**
#
# You know who *it* is: the magnet in the first, the nail in the second. **Write down what you expect** for the row of
# *it* in head 0 for each sentence. Then run the cell.

# %%
with needs("Question 8"):
    for last in ("strong", "light"):
        words_now = f"the magnet lifts the nail because it is {last}".split()
        head_0, head_1 = weights_of(words_now)
        print(f"'it' in head 0, when the last word is '{last}':")
        print_bars(words_now, head_0[words_now.index("it")])

# %% [markdown]
# ## Question 9: explain a head
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
# # Part IV: the transformer block
#
# You have the heart of the transformer. Around it stand a few simple parts, and each answers to a defect of what you
# have built so far.
#
# ## Question 10: telling words their places
# *15 minutes · difficulty ●●○ · 2 points*
#
# When we dropped the recurrence, we lost something. Sums do not care for order: shuffle the words of a sentence, and
# each still gets the same mixture. "Earth pulls ball" and "ball pulls earth" would be the same to *pulls*. So
# each word must carry its place with it, and the simplest way is to *add* a vector to it that depends on its place
# alone.
#
# Which vector? Think of clocks. The second hand tells times that differ by seconds, but not one minute from the next.
# The hour hand is slow, but it tells three o'clock from four. With hands of many speeds both work. The paper of 2017
# gives place $t$ the readings of $d/2$ hands, each a sine and a cosine:
#
# $$P_{t,\,2i} = \sin\left(\omega_i\, t\right), \qquad P_{t,\,2i+1} = \cos\left(\omega_i\, t\right), \qquad
# \omega_i = 10000^{-2i/d}, \qquad i = 0, \dots, \tfrac d2 - 1$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $n$ | number of places, $t = 0, \dots, n - 1$ | integer, up to 1000 |
# | $d$ | width of a word's vector, even | integer |
# | $\omega_i$ | angular speed of hand $i$, from 1 down to almost $1/10000$ | `(d/2,)` |
# | $P$ | one row for each place | `(n, d)` float32 |
#
# **By hand**, for $d = 4$: the speeds are $\omega_0 = 1$ and $\omega_1 = 10000^{-2/4} = 0.01$.
#
# | place | $\sin t$ | $\cos t$ | $\sin 0.01t$ | $\cos 0.01t$ |
# |---|---|---|---|---|
# | 0 | 0 | 1 | 0 | 1 |
# | 1 | 0.8415 | 0.5403 | 0.0100 | 1.0000 |
# | 2 | 0.9093 | −0.4161 | 0.0200 | 0.9998 |
#
# <details><summary>Hint 1: all angles at once</summary>
#
# The angles $\omega_i t$ are a table `(n, d/2)`. A column of places times a row of speeds gives it by broadcasting.
# `torch.arange(0, d, 2)` are the numbers $2i$.
# </details>
#
# <details><summary>Hint 2: sine, cosine, sine, cosine</summary>
#
# Either make an empty table and write to every second column (`[:, 0::2]` and `[:, 1::2]`), or `stack` sines and
# cosines along a new last dimension and `flatten` it.
# </details>


# %% grade_id="sinusoidal_positions" role="solution"
def sinusoidal_positions(n: int, d: int) -> Tensor:
    """A vector for each place 0 ... n-1: float32 (n, d), sine on the even columns, cosine on the odd; d is even."""
    ### BEGIN SOLUTION
    places = torch.arange(n, dtype=torch.float64)[:, None]  # float64: an angle of 999 has few digits left in float32
    speeds = 10_000.0 ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    angles = places * speeds  # (n, d/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2).to(torch.float32)
    ### END SOLUTION


# %% grade_id="test_sinusoidal_positions" role="test" points=2
table = sinusoidal_positions(3, 4)
assert isinstance(table, Tensor), f"the function returned {type(table).__name__}, not a tensor"
assert table.shape == (3, 4), f"3 places and a width of 4 make a table (3, 4), not {tuple(table.shape)}"
assert table.dtype == torch.float32, f"the table should be float32, yours is {table.dtype}"
assert not is_near(table[0], [0.0, 0.0, 1.0, 1.0]), "sines and cosines take turns: even columns sine, odd cosine"
assert not is_near(table[0], [1.0, 0.0, 1.0, 0.0]), "sine stands on the even columns 0, 2, ..., cosine on the odd ones"
assert is_near(table[0], [0.0, 1.0, 0.0, 1.0]), f"place 0 has all angles 0: row (0, 1, 0, 1), not {table[0]}"
assert not is_near(table[1], [0.8415, 0.5403, 0.0998, 0.9950]), "the exponent is 2i/d: hand 1 of d = 4 has 2/4, not 1/4"
assert not is_near(table[1], [0.8415, 0.9950, 0.0100, 1.0]), "a sine and the cosine beside it have the same speed"
assert is_near(table[1], [0.8415, 0.5403, 0.0100, 1.0]), f"row 1 should be as in the example above, not {table[1]}"
assert is_near(table[2], [0.9093, -0.4161, 0.0200, 0.9998]), f"row 2 should be as in the example, not {table[2]}"
wide = sinusoidal_positions(1000, 6)
assert wide.shape == (1000, 6), f"1000 places, width 6: (1000, 6), not {tuple(wide.shape)}"
assert is_near(wide[999, :2], [-0.0265, 0.9996]), f"sin 999 and cos 999 are -0.0265 and 0.9996, not {wide[999, :2]}"
print("sinusoidal_positions looks right")
### BEGIN HIDDEN TESTS
check("sinusoidal_positions")
### END HIDDEN TESTS

# %% [markdown]
# ### The hands of 16 clocks
# The picture: a column for each of 100 places, and 32 rows, sine and cosine of the fastest hand on top. Blue is −1,
# white is 0, red is 1.

# %%
with needs("Question 10"):
    table = sinusoidal_positions(100, 32)
    picture = io.BytesIO()
    plt.imsave(picture, table.T.repeat_interleave(6, 0).repeat_interleave(6, 1), cmap="RdBu_r")
    display(Image(picture.getvalue()))
    alike = table @ table.T / 16  # (100, 100): dot products of places; a place with itself gives 1
    print("places 3 and 7:  ", f"{alike[3, 7]:.3f}", "  places 53 and 57:", f"{alike[53, 57]:.3f}")
    print("places 3 and 43: ", f"{alike[3, 43]:.3f}", "  places 53 and 93:", f"{alike[53, 93]:.3f}")

# %% [markdown]
# The fast hands flicker; the slow ones below hardly move over 100 places, their sine is near 0 and their cosine near 1.
# No two columns are alike, so the place can be read off. And the dot product of two places depends on their *distance*
# only: 4 apart gives the same number everywhere, and 40 apart a smaller one. You can prove it with
# $\sin\alpha \sin\beta + \cos\alpha \cos\beta = \cos(\alpha - \beta)$. So a head can learn to look "three words back".
#
# Now the shuffled sentence. The vectors and the layer are random; what counts is whether *pulls* can tell the two
# apart.

# %%
torch.manual_seed(0)
meaning = dict(zip(("earth", "pulls", "ball"), torch.randn(3, 16), strict=True))
earth_first = torch.stack([meaning[word] for word in ("earth", "pulls", "ball")])
ball_first = earth_first.flip(0)
with needs("Questions 8 and 10"), torch.no_grad():
    layer = MultiHeadAttention(16, 2)
    print("what 'pulls' gets in 'earth pulls ball' and in 'ball pulls earth' differs")
    for name, place in (("without places", torch.zeros(3, 16)), ("with places", sinusoidal_positions(3, 16))):
        change = layer((earth_first + place)[None])[0, 1] - layer((ball_first + place)[None])[0, 1]
        print(f"  {name} by {change.norm():.3f}")

# %% [markdown]
# ## Question 11: layer norm, or the right units
# *15 minutes · difficulty ●○○ · 2 points*
#
# A transformer has many layers, and each adds something to the vectors of the words. If they grow at every step, the
# scores soon grow so large that every softmax freezes (a cold heat bath, as in Question 4). Physics has a habit that
# helps: put the origin into the centre of mass, and measure in units of the typical size. **Layer norm** does this
# with the $D$ entries of each word, for each word by itself ([Ba and others,
# 2016](https://arxiv.org/abs/1607.06450)):
#
# $$\mu = \frac1D \sum_{j=1}^{D} x_j, \qquad \sigma^2 = \frac1D \sum_{j=1}^{D} (x_j - \mu)^2, \qquad
# y_j = w_j\, \frac{x_j - \mu}{\sqrt{\sigma^2 + \varepsilon}} + b_j$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$, $y$ | words, and the same normalised | `(..., D)` |
# | $\mu$, $\sigma^2$ | mean and variance of the entries of one word | one number per word |
# | $w$, $b$ | `weight` and `bias`: training may choose other units | `(D,)` |
# | $\varepsilon$ | `eps`, so that nothing is divided by 0 | number, $10^{-5}$ |
#
# **By hand.** $x = (9, 3, 11, 17)$: $\mu = 10$, the differences are $(-1, -7, 1, 7)$, and their squares $1, 49, 1, 49$
# have the mean $\sigma^2 = 25$. With $w = 1$, $b = 0$ the result is $(-0.2,\ -1.4,\ 0.2,\ 1.4)$.
#
# **Look out**, twice. (a) $\frac1D$ stands in the variance, not $\frac{1}{D-1}$. What is torch's default? (b) You may
# know $\sigma^2 = \overline{x^2} - \mu^2$. Never compute it so. It is to weigh the captain by weighing the ship with
# and without him: two large, nearly equal numbers are subtracted, and rounding takes what is left.
#
# <details><summary>Hint 1: shapes</summary>
#
# `mean(-1, keepdim=True)` keeps a last dimension of length 1, so that the mean can be subtracted from its own row.
# </details>
#
# <details><summary>Hint 2: 16-bit numbers</summary>
#
# As in `softmax`: convert at the beginning, convert back at the end. The square of 300 does not fit into `float16`.
# </details>


# %% grade_id="layer_norm" role="solution"
def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Shifts each row to mean 0 and scales it to variance 1, then times weight plus bias.

    x: (..., D), weight: (D,), bias: (D,). Returns (..., D), of the dtype of x. The variance is divided by D.
    """
    ### BEGIN SOLUTION
    wide = torch.promote_types(x.dtype, torch.float32)
    centred = x.to(wide) - x.to(wide).mean(-1, keepdim=True)
    variance = centred.square().mean(-1, keepdim=True)
    return (centred / (variance + eps).sqrt() * weight.to(wide) + bias.to(wide)).to(x.dtype)
    ### END SOLUTION


# %% grade_id="test_layer_norm" role="test" points=2
x = torch.tensor([9.0, 3.0, 11.0, 17.0], device=device)
before = x.clone()
weight, bias = torch.ones(4, device=device), torch.zeros(4, device=device)
out = layer_norm(x, weight, bias)
assert isinstance(out, Tensor), f"layer_norm returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (4,), f"the shape stays (4,), yours is {tuple(out.shape)}"
assert not is_near(out, [-0.1732, -1.2124, 0.1732, 1.2124]), "the variance is divided by D - 1 = 3: divide by D"
assert not is_near(out, [-0.04, -0.28, 0.04, 0.28]), "you divided by the variance: take its square root"
assert is_near(out, [-0.2, -1.4, 0.2, 1.4]), f"expected (-0.2, -1.4, 0.2, 1.4), got {out}"
assert torch.equal(x, before), "layer_norm changed its input: use x = x - c (a new tensor), not x -= c"
other = torch.tensor([[1.0, 2.0, 3.0, 4.0], [0.0, 9.0, 0.0, 9.0]], device=device)  # another weight, another bias
out = layer_norm(x, other[0], other[1])
assert is_near(out, [-0.2, 6.2, 0.6, 14.6]), f"times weight, then plus bias: (-0.2, 6.2, 0.6, 14.6), not {out}"
out = layer_norm(x, weight, bias, eps=75.0)
assert not is_near(out, [-0.0125, -0.0875, 0.0125, 0.0875]), "eps is added to the variance, inside the square root"
assert is_near(out, [-0.1, -0.7, 0.1, 0.7]), f"with eps = 75 the root is 10, so (-0.1, -0.7, 0.1, 0.7), not {out}"

rows = torch.stack([x, 10 * x, 0 * x])
out = layer_norm(rows, weight, bias)
assert is_near(out[1], [-0.2, -1.4, 0.2, 1.4]), f"each row has its own mean and variance, row 1 became {out[1]}"
assert is_near(out[2], [0.0, 0.0, 0.0, 0.0]), f"a row of equal numbers becomes zeros, not {out[2]}: where is eps?"
out = layer_norm(x + 4990, weight, bias)  # the mean is 1000 times the spread
assert is_near(out, [-0.2, -1.4, 0.2, 1.4]), f"with 4990 added the result is the same, not {out}: subtract the mean"

half = (100 * x).to(torch.float16)
out = layer_norm(half, weight.to(torch.float16), bias.to(torch.float16))
assert out.dtype == torch.float16, f"the input was float16, the result is {out.dtype}: convert back at the end"
assert is_near(out, [-0.2, -1.4, 0.2, 1.4]), f"got {out}: the square of 700 does not fit into float16, so use float32"
print("layer_norm looks right")
### BEGIN HIDDEN TESTS
check("layer_norm")
### END HIDDEN TESTS

# %% [markdown]
# ### Twenty-four layers
# A layer **adds** its result to what it was given; this is called a **residual connection** ([He and others,
# 2015](https://arxiv.org/abs/1512.03385)). Why add? Because what is added to can get through unharmed: the way from the
# first layer to the last is free, for the words and for the gradient. Remember the RNN, where each step wrote over the
# state.
#
# Take 24 layers, each a random matrix that keeps the size of what it is given. Let them work on the vector as it is,
# and on the normalised vector. How large is a typical entry after $n$ layers?

# %%
source = torch.Generator().manual_seed(0)
as_it_is = normalised = torch.randn(50, 64, generator=source)
unit, zero = torch.ones(64), torch.zeros(64)
lines = ["layers | as it is | normalised first | sqrt(n + 1)"]
with needs("Question 11"):
    for n in range(1, 25):
        random_matrix = torch.randn(64, 64, generator=source) / 64**0.5
        as_it_is = as_it_is + as_it_is @ random_matrix
        normalised = normalised + layer_norm(normalised, unit, zero) @ random_matrix
        if n in (3, 8, 15, 24):
            lines.append(f"{n:6} | {as_it_is.std():8.1f} | {normalised.std():16.1f} | {(n + 1) ** 0.5:11.1f}")
    print("\n".join(lines))

# %% [markdown]
# As it is, each layer adds a step as large as the vector itself, and the size grows exponentially, as $\sqrt2^{\,n}$.
# Normalised first, each layer adds a step of size 1 in a random direction: a **random walk**, whose size grows as
# $\sqrt{n}$. You met it in $\sqrt{d_k}$.

# %% [markdown]
# ## Question 12: the encoder block
# *20 minutes · difficulty ●●○ · 4 points · uses Question 8*
#
# Now all parts are on the table. A block does two things with the words: they **talk** (attention), and then each
# **thinks** for itself (two linear maps with a bend between them, the *feed-forward* part). Each time: normalise, work,
# add ([Xiong and others, 2020](https://arxiv.org/abs/2002.04745), on why the norm stands first):
#
# $$x' = x + \mathrm{attn}(\mathrm{norm}_1(x)), \qquad
# \mathrm{out} = x' + \mathrm{ff}(\mathrm{norm}_2(x'))$$
#
# | name | what it is | shapes |
# |---|---|---|
# | `norm1`, `norm2` | `nn.LayerNorm(d_model)`: your `layer_norm` with its own $w$, $b$ | `(B, T, D)` → same |
# | `attn` | your `MultiHeadAttention`; gets the mask | `(B, T, D)` → same |
# | `ff` | `nn.Sequential` of `nn.Linear`, `nn.GELU()`, `nn.Linear` | `D` → `d_ff` → `D` |
# | mask | as in Question 8; none by default | `(T, T)` or `(B, T, T)` |
#
# GELU is the bend: about $z$ for large positive $z$, about 0 for large negative, smooth in between ([Hendrycks and
# Gimpel, 2016](https://arxiv.org/abs/1606.08415)). Without a bend two linear maps would be one.
#
# **By hand.** One word $x = (9, 3, 11, 17)$, attention whose maps change nothing, `ff` with all weights 0. The word can
# only read itself, so attention gives back $\mathrm{norm}_1(x)$, and the result is
# $x + (-0.2, -1.4, 0.2, 1.4) = (8.8, 1.6, 11.2, 18.4)$.
#
# **Look out**: in print one finds "the encoder" written as $\mathrm{softmax}(QK^\top)V$ and nothing more: no residual,
# no norm, no feed-forward.
#
# <details><summary>Hint 1: making the parts</summary>
#
# As in Question 8: in `__init__`, after `super().__init__()`, each part becomes `self.name = ...`. The names are in the
# table; they count, since trained weights are stored under them.
# </details>
#
# <details><summary>Hint 2: two lines</summary>
#
# `forward` has one line for each formula. The second starts from $x'$, for the norm *and* for the sum. Do not write
# `x += ...`: it would change the caller's words.
# </details>


# %% grade_id="EncoderBlock" role="solution"
class EncoderBlock(nn.Module):
    """A pre-norm block: words attend to each other, then each goes through a feed-forward network.

    Parts: norm1, attn (a MultiHeadAttention), norm2, ff = nn.Sequential(Linear to d_ff, GELU, Linear to d_model).
    """

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.norm1 = nn.LayerNorm(d_model)
        self.attn = MultiHeadAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))
        ### END SOLUTION

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x: (B, T, D), mask: bool (T, T) or (B, T, T), True = may attend. Returns (B, T, D)."""
        ### BEGIN SOLUTION
        x = x + self.attn(self.norm1(x), mask=mask)
        return x + self.ff(self.norm2(x))
        ### END SOLUTION


# %% grade_id="test_EncoderBlock" role="test" points=4
block = EncoderBlock(4, 2, 8).to(device)
found = {name: tuple(value.shape) for name, value in block.named_parameters()}
expected = {"norm1.weight": (4,), "attn.q_proj.weight": (4, 4), "attn.out_proj.bias": (4,), "norm2.bias": (4,)}
expected |= {"ff.0.weight": (8, 4), "ff.0.bias": (8,), "ff.2.weight": (4, 8), "ff.2.bias": (4,)}
for name, shape in expected.items():
    assert found.get(name) == shape, f"there should be a parameter {name} of shape {shape}, there is {found.get(name)}"
assert len(found) == 16, f"a block has 16 parameters, this one {len(found)}: {sorted(found)}"

# One word, with the maps set to "change nothing" or to zero, so that each part can be seen by itself.
x = torch.tensor([[[9.0, 3.0, 11.0, 17.0]]], device=device)  # normalised: -0.2, -1.4, 0.2, 1.4
before = x.clone()
set_linear(block, 0.0)
out = block(x)
assert isinstance(out, Tensor), f"forward returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (1, 1, 4), f"the shape stays (1, 1, 4), yours is {tuple(out.shape)}"
assert torch.equal(out, x), f"attention and ff add nothing here, so x must come out as it was, not {out}: residuals?"
set_linear(block.attn, 1.0)
out = block(x)[0, 0]
assert torch.equal(x, before), "the block changed its input: use x = x + ..., which makes a new tensor, not x += ..."
assert not is_near(out, [9.0, 3.0, 11.0, 17.0]), "what attention added is lost: the second line starts from x', not x"
assert not is_near(out, [18.0, 6.0, 22.0, 34.0]), "attention got x as it is: normalise it first"
assert is_near(out, [8.8, 1.6, 11.2, 18.4]), f"x + attn(norm1(x)) is (8.8, 1.6, 11.2, 18.4) here, the block made {out}"
set_linear(block.ff, 1.0)
set_linear(block.attn, 0.0)
out = block(x)[0, 0]
assert not is_near(out, [9.0, 3.0, 11.2, 18.4]), "the bend between the two Linear is a ReLU: use nn.GELU()"
assert not is_near(out, [8.8, 1.6, 11.2, 18.4]), "nn.GELU() is missing between the two Linear, or norm2 stands after ff"
assert is_near(out, [8.9159, 2.8869, 11.1159, 18.2869]), f"x + ff(norm2(x)) is not {out}: normalise, then ff, then add"

# Two words: what the block makes with both parts at work is what it makes with one part after the other.
two_words = torch.cat([x, x.flip(-1)], dim=1)
set_linear(block.ff, 0.0)
set_linear(block.attn, 1.0)
talked = block(two_words)
set_linear(block.ff, 1.0)
set_linear(block.attn, 0.0)
thought = block(talked)
set_linear(block.attn, 1.0)
out = block(two_words)
assert torch.allclose(out, thought, atol=1e-4), "ff works on what attention has made, x', and is added to that"

mask = torch.tensor([[True, False], [True, True]], device=device)
masked, alone = block(two_words, mask)[0, 0], block(x)[0, 0]
assert not torch.allclose(masked, out[0, 0]), "the mask makes no difference: attn needs it"
assert torch.allclose(masked, alone), "a word that may attend to itself alone gets what it gets when it is alone"
print("EncoderBlock looks right")
### BEGIN HIDDEN TESTS
check("EncoderBlock")
### END HIDDEN TESTS

# %% [markdown]
# ### The block of GPT-2
# GPT-2 in its smallest version has words of width 768, 12 heads and $d_{ff} = 3072$. Make a block of that size (on
# torch's "meta" device, which knows shapes but holds no numbers) and look at what it is made of. The first line you can
# check in your head.

# %%
with needs("Questions 8 and 12"):
    with torch.device("meta"):
        block = EncoderBlock(768, 12, 3072)
    for name, part in (*block.named_children(), ("all", block)):
        print(f"{name:>6}: {nn.utils.parameters_to_vector(part.parameters()).numel():9,} numbers to learn")

# %% [markdown]
# Two thirds of them sit in `ff`, one third in attention. GPT-2 stacks 12 such blocks: 85 million numbers. A vector for
# each of 50,257 pieces of words and of 1,024 places makes another 39 million, and that is nearly all ([Radford and
# others,
# 2019](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf)). A GPT
# *is* a stack of your blocks with your causal mask; those of GPT-2 differ in a detail of GELU only. You will meet it in
# the next assignment.

# %% [markdown]
# ## Question 13: the decoder block
# *20 minutes · difficulty ●●○ · 4 points · uses Questions 5 and 8*
#
# The first transformer was a translator. Say, from German: an encoder reads the German sentence, all of it at once. A
# **decoder** writes the English one, word by word. Each English word needs two things: the English words before it,
# and the German sentence. So a decoder block attends twice: to itself, with the **causal mask**, and to the **memory**,
# which is what the encoder has made of the German words. The second is called cross-attention: `x` asks, the memory is
# read.
#
# $$x' = x + \mathrm{self\_attn}(\mathrm{norm}_1(x)) \qquad \text{(causal)}$$
#
# $$x'' = x' + \mathrm{cross\_attn}(\mathrm{norm}_2(x'),\ \mathrm{memory})$$
#
# $$\mathrm{out} = x'' + \mathrm{ff}(\mathrm{norm}_3(x''))$$
#
# | name | what it is | shape |
# |---|---|---|
# | `x` | words that are being written | `(B, T, D)` |
# | `memory` | words that are read, taken as they come (no norm) | `(B, S, D)` |
# | `memory_mask` | who may read what; all by default | `(T, S)` or `(B, T, S)` |
# | `norm1`, `norm2`, `norm3` | `nn.LayerNorm(d_model)` | |
# | `self_attn`, `cross_attn` | your `MultiHeadAttention` | |
# | `ff` | as in the encoder block | |
#
# **By hand.** One word $x = (9, 3, 11, 17)$, one word of memory $m = (1, 2, 3, 5)$. Let the maps of `cross_attn` change
# nothing, and let all other weights be 0. There is only one word to read, so its weight is 1, and the result is
# $x + m = (10, 5, 14, 22)$.
#
# **Look out**: in print one finds decoders with neither causal mask nor cross-attention. That is an encoder.
#
# <details><summary>Hint 1: who makes the mask?</summary>
#
# The caller gives no causal mask: the block makes it, for as many words as `x` has, on the device of `x`. You have a
# function for that.
# </details>
#
# <details><summary>Hint 2: two masks</summary>
#
# The causal mask is for `self_attn`. All of the memory has been there from the start, so only `memory_mask` belongs to
# `cross_attn`. `MultiHeadAttention` takes the memory as its `context`.
# </details>


# %% grade_id="DecoderBlock" role="solution"
class DecoderBlock(nn.Module):
    """A pre-norm block that writes: causal self-attention, attention to a memory, feed-forward network.

    Parts: norm1, self_attn, norm2, cross_attn, norm3, ff, of the same kinds as in EncoderBlock.
    """

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.norm1 = nn.LayerNorm(d_model)
        self.self_attn = MultiHeadAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.cross_attn = MultiHeadAttention(d_model, n_heads)
        self.norm3 = nn.LayerNorm(d_model)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))
        ### END SOLUTION

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        """x: (B, T, D), memory: (B, S, D), memory_mask: bool (T, S) or (B, T, S). Returns (B, T, D)."""
        ### BEGIN SOLUTION
        past = causal_mask(x.shape[1], device=x.device)
        x = x + self.self_attn(self.norm1(x), mask=past)
        x = x + self.cross_attn(self.norm2(x), memory, memory_mask)
        return x + self.ff(self.norm3(x))
        ### END SOLUTION


# %% grade_id="test_DecoderBlock" role="test" points=4
block = DecoderBlock(4, 2, 8).to(device)
found = {name: tuple(value.shape) for name, value in block.named_parameters()}
expected = {"norm1.weight": (4,), "self_attn.q_proj.weight": (4, 4), "norm2.bias": (4,), "norm3.bias": (4,)}
expected |= {"cross_attn.v_proj.weight": (4, 4), "ff.0.weight": (8, 4), "ff.2.weight": (4, 8)}
for name, shape in expected.items():
    assert found.get(name) == shape, f"there should be a parameter {name} of shape {shape}, there is {found.get(name)}"
assert len(found) == 26, f"a block has 26 parameters, this one {len(found)}: {sorted(found)}"

x = torch.tensor([[[9.0, 3.0, 11.0, 17.0], [2.0, 6.0, 4.0, 5.0]]], device=device)  # T = 2 words are written
memory = torch.tensor([[[1.0, 2.0, 3.0, 5.0], [9.0, 7.0, 8.0, 6.0], [4.0, 1.0, 0.0, 2.0]]], device=device)  # S = 3
set_linear(block, 0.0)
out = block(x, memory)
assert isinstance(out, Tensor), f"forward returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == x.shape, f"as many words come out as are written: {tuple(x.shape)}, not {tuple(out.shape)}"
assert torch.equal(out, x), f"no part adds anything here, so x must come out as it was, not {out}: three residuals?"

before = x.clone()
set_linear(block.self_attn, 1.0)
talked = block(x, memory)
out = talked[0, 0]
assert torch.equal(x, before), "the block changed its input: use x = x + ..., which makes a new tensor, not x += ..."
assert not is_near(out, [18.0, 6.0, 22.0, 34.0]), "self_attn got x as it is: normalise it first"
assert is_near(out, [8.8, 1.6, 11.2, 18.4]), f"word 1 reads itself alone: (8.8, 1.6, 11.2, 18.4), not {out}. Causal?"

set_linear(block.self_attn, 0.0)
set_linear(block.cross_attn, 1.0)
only = torch.tensor([[False, False, True], [True, False, False]], device=device)  # word 1 reads m_3, word 2 reads m_1
out = block(x, memory, only)
right = x + memory[:, [2, 0]]
assert not torch.allclose(out, x), "the memory adds nothing: cross_attn reads it as its context"
assert torch.allclose(out, right), f"x plus the one word of memory allowed, as it comes:\n{right}, not\n{out}"
out, other = block(x, memory)[0, 0], block(x, memory.flip(1))[0, 0]
assert torch.allclose(out, other, atol=1e-4), "the memory was all there from the start: the causal mask is not for it"

read = block(talked, memory)
set_linear(block.cross_attn, 0.0)
set_linear(block.ff, 1.0)
thought, out = block(read, memory), block(x, memory)[0, 0]
assert is_near(out, [8.9159, 2.8869, 11.1159, 18.2869]), f"x + ff(norm3(x)) is not {out}: normalise, then ff, then add"
set_linear(block, 1.0)  # all three parts at work
out = block(x, memory)
assert torch.allclose(out, thought, atol=1e-4), (
    "first self_attn, then cross_attn, then ff, each on what the last has made"
)
print("DecoderBlock looks right")
### BEGIN HIDDEN TESTS
check("DecoderBlock")
### END HIDDEN TESTS

# %% [markdown]
# ### Light cones
# An event can change its future, never its past. Is it so in your blocks? We replace one word of seven, *gravity*, by
# a random other vector and look at how much the result changes at each place: in an encoder block, and in a decoder
# block (with a random memory). Where do you expect a zero?

# %%
torch.manual_seed(0)
sentence = "the ball falls because gravity pulls it"
words = sentence.split()
x, memory = torch.randn(1, 7, 16), torch.randn(1, 5, 16)
changed = torch.where((torch.arange(7) == words.index("gravity"))[:, None], torch.randn(16), x)
with needs("Questions 12 and 13"), torch.no_grad():
    encoder, decoder = EncoderBlock(16, 2, 64), DecoderBlock(16, 2, 64)
    results = {"encoder": encoder(changed) - encoder(x), "decoder": decoder(changed, memory) - decoder(x, memory)}
    for name, change in results.items():
        print(f"{name} block: change of each word, in units of the change of 'gravity'")
        print_bars(words, change[0].norm(dim=-1) / change[0, words.index("gravity")].norm())

# %% [markdown]
# The encoder lets news travel everywhere; that is right for a sentence that is read as a whole. In the decoder the
# words before *gravity* do not change at all: the zeros are exact. This is what makes training a GPT so efficient. One
# pass over a text gives an honest prediction at every place, since no place has seen what it is to predict.
#
# Look back at the way you have come. A state that forgets; a look back at all states; queries, keys and values; a mask;
# heads; places; a norm; a block. From here to a GPT it takes a table of word vectors at the bottom, more blocks on top,
# and training.

# %% [markdown]
# ## What this does not show
# - **Learning.** All vectors and matrices here were random, or made by hand so that the numbers can be read. In a
#   trained model they come from gradient descent, a feature rarely has a name, and most heads have no story as neat as
#   these.
# - **A fair race.** Our RNN was not trained. A trained one remembers much longer, and newer recurrent networks compete
#   with transformers ([Gu and Dao, 2023](https://arxiv.org/abs/2312.00752)). The bottleneck of a state of fixed size
#   remains.
# - **Today's details.** Sinusoidal places are those of 2017; GPT-2 learns a table of places, and many newer models
#   rotate queries and keys instead ([Su and others, 2021](https://arxiv.org/abs/2104.09864)). The idea is the same.
# - **Explanation.** A heat map shows where a head reads, not why the model answers as it does. Whether attention
#   weights explain anything is an open debate ([Jain and Wallace, 2019](https://arxiv.org/abs/1902.10186); [Wiegreffe
#   and Pinter, 2019](https://arxiv.org/abs/1908.04626)).
# - **Understanding.** *it* found the ball because we gave it a query for things. No physics was used: the head would
#   say the same of a ball that gravity pushes.
# - **Cost.** Every word looks at every word, $n^2$ scores for $n$ words. Twice the text, four times the work. An RNN
#   needs only $n$ steps. Much of the engineering of large models is about this square.
