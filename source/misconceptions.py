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
# # Misconceptions: finding mistakes in print
#
# A formula in a slide, ten lines of code in a blog, an output in a textbook, a sentence in a newspaper: most of what
# you will read about language models was written in a hurry, some of it by language models. Much of it is right. Some
# of it is wrong, and it looks just as good.
#
# You cannot check everything. But you can learn which questions to ask. What shape does this have? What does this sum
# run over? Could a program print this number at all? And you can learn to know **how sure you are**, because "I have a
# bad feeling" and "I can show you an input on which it fails" are two different things.
#
# Here are 24 printed things. All of them are of a kind that was met in print: in lecture notes, tutorials, books and
# answers of chat programs. We wrote every snippet anew, and name nobody. Whoever writes a lot makes mistakes, and we do
# too: if you find one in this course, tell us.
#
# **At the end you will be able to**
#
# - test a formula by its shapes and by one small case;
# - say how sure you are, in numbers, and be paid fairly for it;
# - turn a suspicion into a proof: one input on which two programs differ;
# - tell a mistake from something that is only unusual.
#
# | Question | minutes | difficulty | points |
# |---|---|---|---|
# | 1 `beliefs` | 30 | ●●○ | 6 |
# | 2 `one_head` | 10 | ●●○ | 2 |
# | 3 `recurrent_step` | 5 | ●○○ | 1 |
# | 4 `position_weights` | 10 | ●●○ | 2 |
# | 5 `look_up` | 5 | ●○○ | 1 |
# | 6 `last_state` | 10 | ●●○ | 1 |
# | 7 `least_squares_at` | 15 | ●●○ | 2 |
# | 8 `new_tokens_left` | 5 | ●○○ | 1 |
# | 9 `penalised` | 10 | ●●○ | 2 |
# | 10 `ids_for` | 5 | ●○○ | 1 |
# | 11 `filtered_logits` | 10 | ●●○ | 2 |
# | 12 `share_in_percent` | 5 | ●○○ | 1 |
# | 13 `witnesses` | 20 | ●●● | 6 |
# | 14 a paragraph of your own (in words) | 20 | ●●○ | 4 |
#
# Together a little over two and a half hours, 32 points. You need what the earlier notebooks taught: embeddings,
# attention, GPT-2, sampling, and the least-squares line.
#
# **How to work.** Write your code where it says `# YOUR CODE HERE`, and delete the line `raise
# NotImplementedError(...)`. Then run the test cell below it. Hints are folded. Answer Question 1 before you read on:
# the later questions settle many of the items, and the best part of this notebook is to see afterwards how sure you
# were.

# %% grade_id="setup" role="locked"
import math
from contextlib import contextmanager

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

device = "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def needs(*functions):
    """`with needs("one_head"):` runs its block, or says which function to write first. Other errors stay errors."""
    try:
        yield
    except NotImplementedError as error:
        if str(error) not in functions:
            raise
        print(f"Write {error} first, then run this cell again.")
    except NameError as error:
        if error.name not in functions:
            raise
        print(f"Run the cell of {error.name} first, then this one again.")


def draw(*shape, seed=0):
    """Numbers from the normal distribution, the same ones at each call."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


print("Working on:", device)

# %% role="author"
from autograder import check

# %% [markdown]
# ## The items
#
# Each has a name, what is printed, and a question. `T` is the number of tokens or times, `B` the size of the batch, `D`
# a width, `V` the size of a vocabulary.
#
# ### Formulas
#
# **1 `softmax_on_q_k_v`.** One attention head for the rows $x_1, \dots, x_T$ of $X$:
# $$q_i = \mathrm{softmax}(x_i W_Q),\quad k_i = \mathrm{softmax}(x_i W_K),\quad v_i = \mathrm{softmax}(x_i W_V)$$
#
# $$\mathrm{output} = \sum_i \mathrm{softmax}(q_i \cdot k_i)\, v_i$$
# *Is this the head of the transformer?*
#
# **2 `softmax_of_shifted_scores`.** "Add 1,000 to every score of a row. The attention weights are the same as before."
# *True in exact arithmetic?*
#
# **3 `elementwise_memory`.** A recurrent network with state $h_t$ and input $x_t$:
# $$h_t = h_{t-1} \odot W_h + W_x x_t + b, \qquad \odot \text{ multiplies entry by entry}$$
# *Is this the simple recurrent network?*
#
# **4 `own_partner`.** Attention with scores $h_t^\top W h_i$. The weight that position $t$ gives to position $i$ is
# $$\alpha_{t i} = \frac{\exp(h_t^\top W h_t)}{\sum_i \exp(h_t^\top W h_i)}$$
# *Are these attention weights?*
#
# **5 `queries_scaled_first`.** "We compute $\mathrm{softmax}\big((Q / \sqrt{d_k})\, K^\top\big)\, V$ and save a
# division of the large matrix of scores." *Is it still scaled dot-product attention?*
#
# **6 `norm_after_the_sum`.** "Each part of the transformer of 2017 gives
# $\mathrm{LayerNorm}\big(x + \mathrm{Sublayer}(x)\big)$: the norm comes after the sum." GPT-2 computes
# $x + \mathrm{Sublayer}(\mathrm{LayerNorm}(x))$. *Is the sentence right about the transformer of 2017?*
#
# ### Code
#
# **7 `exponential_and_softmax`.** Attention weights for states `h` of shape `(B, T, D)` and a matrix `W` of shape
# `(D, D)`:
# ```python
# weights = torch.exp(h @ W.T).softmax(dim=2)
# ```
# *Does it give the weights over positions?*
#
# **8 `weight_times_index`.** "An embedding is a linear map: embed(x) = W x, where x is the number of the word."
# ```python
# vector = weight * index
# ```
# *Does it give the vector of word number `index`?*
#
# **9 `last_of_axis_one`.** A text classifier reads `x` of shape `(T, B, 8)`, time first:
# ```python
# rnn = nn.RNN(8, 16)
# out, _ = rnn(x)
# summary = out[:, -1, :]   # the last time of each text
# ```
# *Does it do what the comment says?*
#
# **10 `last_of_axis_zero`.** Another one, with `x` of the same shape:
# ```python
# rnn = nn.RNN(8, 16)
# out, _ = rnn(x)
# summary = out[-1]         # the last time of each text
# ```
# *Does it do what the comment says?*
#
# **11 `ids_left_behind`.** A program for a computer with a GPU:
# ```python
# model.to("cuda")
# ids = tokenizer("The force on a charge", return_tensors="pt")["input_ids"]
# logits = model(ids).logits
# ```
# *Does it run there?*
#
# **12 `top_k_in_a_loop`.** A loop that samples "with temperature 0.7 and top-k 50":
# ```python
# temperature, top_k = 0.7, 50
# for step in range(40):
#     logits = model(ids).logits[:, -1, :] / temperature
#     next_id = torch.multinomial(torch.softmax(logits, dim=-1), 1)
#     ids = torch.cat([ids, next_id], dim=1)
# ```
# *Does the loop do what it says?*
#
# **13 `tied_head`.** In the constructor of a language model:
# ```python
# self.embedding = nn.Embedding(vocab_size, width)
# self.head = nn.Linear(width, vocab_size, bias=False)
# self.head.weight = self.embedding.weight
# ```
# *Can input and output share one matrix: do the shapes fit, and does it learn?*
#
# **14 `fifty_tokens`.** "The prompt has 39 tokens. We let the model write 50 more:"
# ```python
# output = model.generate(ids, max_length=50)
# ```
# *Do 50 new tokens come out, if no end-of-text token comes earlier?*
#
# **15 `penalty_divides`.** "To stop repetitions, divide the logits of the tokens that are already there by 1.3. They
# become less likely:"
# ```python
# logits[seen] = logits[seen] / 1.3
# ```
# *Do they always become less likely?*
#
# ### Outputs
#
# **16 `line_through_five_points`.** "Least squares for x = 1, 2, 3, 4, 5 and y = 2, 4, 5, 4, 5 gives the slope 0.6 and
# the intercept 1.6. The prediction at x = 6 is 5.2." *Can these numbers be right?*
#
# **17 `king_and_queen`.** A program for analogies ("man is to king as woman is to ?") adds the vectors
# king − man + woman, looks for the nearest word of the whole vocabulary, and prints
# ```
# king
# ```
# *Is this an answer to the question?*
#
# **18 `chinese_continuation`.** "We load the small GPT-2 of 2019 and give it the prompt 物理学研究. It continues with
# three correct Chinese sentences about the laws of nature." *Can this model have written them?*
#
# **19 `loss_before_training`.** Somebody trains a GPT-2 with a vocabulary of 50,257 tokens from random weights. The
# first line that is printed is
# ```
# step 0: loss 10.98
# ```
# and the course says that good models reach 3. *Is the program right so far?*
#
# ### Claims
#
# **20 `trained_on_blanks`.** "GPT models are trained by hiding words in the middle of a text and guessing them, and by
# guessing whether one sentence follows another."
#
# **21 `order_without_positions`.** "A transformer decoder with a causal mask can tell the order of the words even
# without position embeddings."
#
# **22 `a_third_is_one_table`.** "Of the 124 million parameters of the small GPT-2, nearly a third are one single table:
# the vectors of its 50,257 tokens, each of 768 numbers."
#
# **23 `twenty_percent`.** "With 617 million parameters the new model has about 20% of the size of one with 175
# billion."
#
# **24 `four_times_the_work`.** "If the text is twice as long, a transformer does four times as much work, since
# attention compares every token with every other."

# %% [markdown]
# ## Question 1: how sure are you?
# *30 minutes · difficulty ●●○ · 6 points*
#
# For every item give the **probability that what is printed is wrong**: 1 if you are certain that it is wrong, 0 if you
# are certain that it is right, 0.5 if you have no idea. About a third of the items are right, though they may look
# wrong.
#
# How should such numbers be paid? If an item were worth $1 - |p - w|$, with $w = 1$ for a wrong item and $0$ for a
# right one, then somebody who believes 0.7 would do best to say 1. We want a rule by which **everybody does best by
# saying what they believe**. Such a rule is called *proper*. The oldest one is Glenn Brier's, who scored weather
# forecasts with it in 1950. One item is worth
#
# $$s(p, w) = 1 - (p - w)^2$$
#
# | symbol | meaning | values |
# |---|---|---|
# | $p$ | your probability that the item is wrong | 0 to 1 |
# | $w$ | the truth: 1 if it is wrong, 0 if it is right | 0 or 1 |
# | $s$ | the fraction of the item's points that you get | 0 to 1 |
#
# **By hand.** You say 0.8. If the item is wrong you get $1 - 0.2^2 = 0.96$; if it is right, $1 - 0.8^2 = 0.36$. With
# 0.5 you get 0.75 in either case. Sure and right is worth 1, and sure and wrong is worth 0.
#
# The next cell draws the rule. Read off it: where do the two curves cross, and which of the two losses is larger when
# you go from 0.5 to 1: what you may win, or what you may lose?

# %%
p = torch.linspace(0, 1, 101)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
left.plot(p, 1 - (p - 1) ** 2, label="the item is wrong")
left.plot(p, 1 - p**2, "--", label="the item is right")
left.set(xlabel="your probability p that it is wrong", ylabel="fraction of the points", title="one item")
left.legend()
for belief in (0.5, 0.7, 0.95):
    paid = belief * (1 - (p - 1) ** 2) + (1 - belief) * (1 - p**2)
    best = int(paid.argmax())
    right.plot(p, paid, label=f"who believes {belief}: best at {p[best]:.2f}")
    right.plot(p[best], paid[best], "ko", markersize=4)
    assert abs(float(p[best]) - belief) < 0.011  # the rule is proper
right.set(xlabel="what you say", ylabel="points to be expected", title="say what you believe")
right.legend()
plt.tight_layout()
plt.show()

# %% [markdown]
# Write a dict from the names to your probabilities. The cell below prints the names with 0.5 everywhere; copy them into
# your function and change what you have a reason for. Five questions help with most items:
#
# - Which **shape** does it have?
# - What does the **sum** run over?
# - What happens in the **smallest case**, with one token or two?
# - What would the **number** be in another unit?
# - Who could have **measured** this?
#
# You may look things up. In the hidden tests the marks are given by groups: each group is worth a quarter point for
# each of its items, multiplied by the mean of $s$. The message tells on how many items of a group you leaned to the
# wrong side, not on which.

# %% grade_id="names" role="locked"
ITEMS = [
    "softmax_on_q_k_v",
    "softmax_of_shifted_scores",
    "elementwise_memory",
    "own_partner",
    "queries_scaled_first",
    "norm_after_the_sum",
    "exponential_and_softmax",
    "weight_times_index",
    "last_of_axis_one",
    "last_of_axis_zero",
    "ids_left_behind",
    "top_k_in_a_loop",
    "tied_head",
    "fifty_tokens",
    "penalty_divides",
    "line_through_five_points",
    "king_and_queen",
    "chinese_continuation",
    "loss_before_training",
    "trained_on_blanks",
    "order_without_positions",
    "a_third_is_one_table",
    "twenty_percent",
    "four_times_the_work",
]
print("return {")
for item in ITEMS:
    print(f'    "{item}": 0.5,')
print("}")


# %% grade_id="beliefs" role="solution"
def beliefs() -> dict[str, float]:
    """The probability (0 to 1) that what is printed is wrong, for every item by its name."""
    ### BEGIN SOLUTION
    sure = dict.fromkeys(ITEMS, 1.0)  # wrong, but for these:
    fine = """
        softmax_of_shifted_scores queries_scaled_first norm_after_the_sum last_of_axis_zero tied_head
        loss_before_training order_without_positions a_third_is_one_table
    """
    return sure | dict.fromkeys(fine.split(), 0.0)
    ### END SOLUTION


# %% grade_id="test_beliefs" role="test" points=6
given = beliefs()
assert isinstance(given, dict), f"beliefs returned {type(given).__name__}, not a dict: is the `return` missing?"
missing = [item for item in ITEMS if item not in given]
assert not missing, f"these items have no probability yet (0.5 if you have no idea): {', '.join(missing)}"
unknown = [item for item in given if item not in ITEMS]
assert not unknown, f"these are no names of items, perhaps misspelt: {', '.join(map(str, unknown))}"
for item, p in given.items():
    assert type(p) in (int, float), f"{item} has {p!r}: write a number, such as 0.8"
    assert 0 <= p <= 1, f"{item} has {p}: a probability lies between 0 and 1, so 80 percent is 0.8"
mean = sum(given.values()) / len(given)
print(
    f"On average you hold an item for wrong with {mean:.2f}; {sum(p == 0.5 for p in given.values())} are left at 0.5."
)
if mean < 0.4:
    print("About a third of the items are right. Did you give the probability that an item is right?")
print("beliefs has the right form. Whether you are right, the hidden tests say.")
### BEGIN HIDDEN TESTS
check("beliefs")
### END HIDDEN TESTS

# %% [markdown]
# Now it gets settled, in two ways. First some items by **small experiments**: run the cell and read what it prints.
# Then eleven functions, of which you write the right version yourself. Do not go back and change your beliefs: you
# would lose the chance to see how sure you were.
#
# ### Experiments: is it the same?
# The first cell is about items 2, 5, 10, 13 and 21. It computes both sides and prints how far they are from each other.
# Rounding is about 0.000001 here.

# %%
q, k, v, scores = draw(6, 8, seed=1), draw(6, 8, seed=2), draw(6, 5, seed=3), draw(6, 6, seed=4)
scaled_scores = torch.softmax(q @ k.T / math.sqrt(8), dim=-1) @ v
scaled_queries = torch.softmax((q / math.sqrt(8)) @ k.T, dim=-1) @ v
print(f"item 5:  {(scaled_scores - scaled_queries).abs().max():.6f}")
wide = scores.double()
print(f"item 2:  {(torch.softmax(wide, -1) - torch.softmax(wide + 1000, -1)).abs().max():.6f} in float64")

rnn, x = nn.RNN(8, 16), draw(7, 3, 8)  # 7 times, a batch of 3
with torch.no_grad():
    out, final = rnn(x)
print(f"item 10: {(out[-1] - final[0]).abs().max():.6f} between out[-1] and the final state that nn.RNN returns itself")

embedding, head = nn.Embedding(30, 8), nn.Linear(8, 30, bias=False)
head.weight = embedding.weight  # both are (30, 8)
nn.functional.cross_entropy(head(embedding(torch.tensor([3, 4]))), torch.tensor([4, 5])).backward()
moved = int((embedding.weight.grad.abs().sum(1) > 0).sum())
print(f"item 13: {moved} of 30 rows of the one matrix get a gradient; alone, the input side would reach 2")


def two_layers(x, causal):
    """Two layers of attention without positions. Queries, keys and values are x itself. x: (T, D)."""
    for _ in range(2):
        x = x + nn.functional.scaled_dot_product_attention(x[None], x[None], x[None], is_causal=causal)[0]
    return x


words = 0.5 * draw(6, 8, seed=5)
turned = words[[1, 0, 2, 3, 4, 5]]  # the first two words change places
for causal in (False, True):
    change = (two_layers(words, causal)[-1] - two_layers(turned, causal)[-1]).abs().max()
    print(f"item 21: the last word's vector changes by {change:.6f}", "with" if causal else "without", "a causal mask")
assert (two_layers(words, True)[-1] - two_layers(turned, True)[-1]).abs().max() > 0.001
assert (two_layers(words, False)[-1] - two_layers(turned, False)[-1]).abs().max() < 1e-5

# %% [markdown]
# Item 21 says that the model *can*. With a causal mask the second word sees the first, and the first does not see the
# second: the words are no longer alike, and a second layer passes the difference on. Trained models without position
# embeddings do nearly as well as others (Haviv and others, arXiv 2203.16634).
#
# The second cell counts. It is about items 19, 22 and 24, and about item 17 with vectors drawn at random, where no
# word means anything.

# %%
V, D, layers = 50_257, 768, 12  # the small GPT-2
table = V * D
block = 12 * D**2 + 13 * D  # attention 4 D^2, feed-forward 8 D^2, and biases and norms
total = table + 1024 * D + layers * block + 2 * D
print(f"item 22: the table has {table:,} of {total:,} parameters, {table / total:.1%}")
assert total == 124_439_808

states = nn.functional.layer_norm(draw(50, D, seed=6), (D,))
guesses = states @ (0.02 * draw(5_000, D, seed=7)).T  # logits of a model that has learnt nothing, with 5,000 tokens
loss = nn.functional.cross_entropy(guesses, torch.arange(50))
print(f"item 19: with random weights and 5,000 tokens the loss is {loss:.2f}; ln 5000 is {math.log(5_000):.2f}")
print(f"         with 50,257 tokens, equal chances give ln V = {math.log(V):.2f}, unequal guesses a little more")


def work(T):
    """Multiplications and additions of one pass of the small GPT-2: matrices, attention, and the logits."""
    matrices, attention = 24 * T * D**2, 4 * T**2 * D
    return layers * (matrices + attention) + 2 * T * D * V


for T in (256, 512, 2048, 100_000):
    print(f"item 24: from {T:>7,} to {2 * T:>7,} tokens: {work(2 * T) / work(T):.2f} times the work")

vectors = nn.functional.normalize(draw(2_000, 50, seed=8), dim=-1)
a, b, c = vectors[:300], vectors[300:600], vectors[600:900]
nearest = (nn.functional.normalize(b - a + c, dim=-1) @ vectors.T).argmax(-1)
own = (nearest == torch.arange(300, 600)) | (nearest == torch.arange(600, 900))
print(f"item 17: the nearest word is one of the question's own words in {own.float().mean():.0%} of 300 questions")
assert own.float().mean() > 0.9

# %% [markdown]
# So item 17's program would print *king* also if the vectors meant nothing at all: $b - a + c$ contains $b$ and $c$,
# and lies near both. The usual programs leave out the three words of the question, and that choice makes a good part of
# their success (Nissim and others, arXiv 1905.09866). And the work of item 24 grows a little more than twofold for
# ordinary lengths. Only the scores grow fourfold, and they are a small part, until the text is very long.
#
# Two claims cannot be computed here, so we name where to read. **Item 18**: the makers of GPT-2 removed web pages in
# other languages from its training text on purpose. A detector still found about 10 MB of French in 40 GB (Radford and
# others 2019, section 3.7). Its alphabet is bytes, so it can write Chinese signs, but hardly a Chinese sentence.
# **Item 20**: guessing hidden words and the next sentence is how BERT was trained (arXiv 1810.04805). GPT predicts the
# next token from those before it (Radford and others 2018). **Item 6**: arXiv 1706.03762, section 3.1, has the norm
# after the sum; GPT-2 moved it.

# %% [markdown]
# ## Question 2: one head
# *10 minutes · difficulty ●●○ · 2 points*
#
# Item 1 puts $q$, $k$ and $v$ through a softmax, where none belongs. And it lets $q_i$ meet $k_i$ only, its own
# partner: no position reads another one. All entries of its $v_i$ are positive and sum to 1, so that the values can
# carry nothing but shares. Write the head of the transformer:
#
# $$q = x W_Q, \quad k = x W_K, \quad v = x W_V, \qquad
# \mathrm{head}(x) = \mathrm{softmax}\!\left(\frac{q\, k^\top}{\sqrt{d_k}}\right) v$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | one vector for each position | `(T, D)` |
# | $W_Q$, $W_K$ | `w_q`, `w_k` | `(D, d_k)` |
# | $W_V$ | `w_v` | `(D, d_v)` |
# | $q k^\top$ | score of each query with each key | `(T, T)` |
# | result | for each position a weighted sum of **all** values | `(T, d_v)` |
#
# The softmax goes over the keys, the last axis: each row of weights sums to 1. There is no mask.
#
# **By hand.** Two positions, all widths 1: $x = (0, 1)^\top$, $W_Q = W_K = 0$ and $W_V = 3$. All scores are 0, so all
# weights are ½. The values are 0 and 3, and both outputs are 1.5. In the printed formula softmax of a single number is
# 1, and so every output is 1 or less, whatever $x$ is.
#
# <details><summary>Hint</summary>
#
# Four lines: three products, the scores, `torch.softmax(..., dim=-1)`, one more product. `k.T` turns `(T, d_k)` into
# `(d_k, T)`.
# </details>


# %% grade_id="printed_one_head" role="locked"
def printed_one_head(x, w_q, w_k, w_v):
    """Item 1 as code. The printed sum is kept open, so that each position has an output: (T, d_v)."""
    q, k, v = (torch.softmax(x @ w, dim=-1) for w in (w_q, w_k, w_v))
    weights = torch.softmax((q * k).sum(-1), dim=0)
    return weights.unsqueeze(-1) * v


# %% grade_id="one_head" role="solution"
def one_head(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    """One attention head without a mask. x: (T, D), w_q and w_k: (D, d_k), w_v: (D, d_v). Returns (T, d_v)."""
    ### BEGIN SOLUTION
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    scores = q @ k.T / math.sqrt(k.shape[-1])  # (T, T)
    return torch.softmax(scores, dim=-1) @ v
    ### END SOLUTION


# %% grade_id="test_one_head" role="test" points=2
x, zero, three = torch.tensor([[0.0], [1.0]]), torch.zeros(1, 1), torch.tensor([[3.0]])
out = one_head(x, zero, zero, three)
assert isinstance(out, Tensor), f"one_head returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (2, 1), f"two positions and d_v = 1 give the shape (2, 1), not {tuple(out.shape)}"
assert torch.allclose(out, torch.tensor([[1.5], [1.5]])), f"the example by hand gives 1.5 and 1.5, not {out.flatten()}"
x, w_q, w_k, w_v = draw(6, 5), draw(5, 3, seed=1), draw(5, 3, seed=2), draw(5, 8, seed=3)
other = x.clone()
other[5] += 1
assert one_head(x, w_q, w_k, w_v).shape == (6, 8), "x (6, 5) and w_v (5, 8) give (6, 8)"
assert not torch.allclose(one_head(x, w_q, w_k, w_v)[0], one_head(other, w_q, w_k, w_v)[0]), (
    "position 0 does not notice that position 5 has changed: every query must sum over all positions"
)
large = one_head(1000 * x, w_q, w_k, w_v)
assert large.isfinite().all(), "large scores overflow: use torch.softmax, not torch.exp"
print("one_head looks right")
### BEGIN HIDDEN TESTS
check("one_head")
### END HIDDEN TESTS

# %% [markdown]
# **The damage.** The next cell changes the last word of a text of six and looks at the outputs of the first.

# %%
x, w_q, w_k, w_v = draw(6, 5), draw(5, 3, seed=1), draw(5, 3, seed=2), draw(5, 8, seed=3)
other = x.clone()
other[5] += 1
with needs("one_head"):
    for name, head in (("printed", printed_one_head), ("right", one_head)):
        before, after = head(x, w_q, w_k, w_v), head(other, w_q, w_k, w_v)
        share = (before[0] - after[0]).norm() / before[0].norm()
        direction = nn.functional.cosine_similarity(before[0], after[0], dim=0)
        print(f"{name:>8}: the output of word 0 changes by {share:.1%}, its direction has cosine {direction:.4f}")

# %% [markdown]
# In the printed head, word 5 can only make the output of word 0 longer or shorter. Its direction, which carries the
# content, never hears of word 5.
#
# ## Question 3: one step of memory
# *5 minutes · difficulty ●○○ · 1 point*
#
# Item 3 multiplies the old state entry by entry and leaves out the bend. A simple recurrent network computes
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x_t$ | `x`, the input now | `(..., I)` |
# | $h_{t-1}$ | `h`, the state before | `(..., H)` |
# | $W_x$, $W_h$, $b$ | `w_x`, `w_h`, `b` | `(I, H)`, `(H, H)`, `(H,)` |
# | result | the state after | `(..., H)` |
#
# `...` stands for any number of axes in front, none included. Both products are matrix products.
#
# **By hand.** $h = (1, 2)$, $W_h = \begin{pmatrix} 0 & 1 \\ 1 & 0 \end{pmatrix}$, and $x = 0$, $b = 0$. The matrix
# product swaps the two numbers, so the result is $(\tanh 2, \tanh 1) = (0.964, 0.762)$. Entry by entry,
# $h * W_h$ is a *matrix* $\begin{pmatrix} 0 & 2 \\ 1 & 0 \end{pmatrix}$: a state has become a table.


# %% grade_id="printed_recurrent_step" role="locked"
def printed_recurrent_step(x, h, w_x, w_h, b):
    """Item 3 as code."""
    return h * w_h + x @ w_x + b


# %% grade_id="recurrent_step" role="solution"
def recurrent_step(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b: Tensor) -> Tensor:
    """tanh(x w_x + h w_h + b). x: (..., I), h: (..., H), w_x: (I, H), w_h: (H, H), b: (H,). Returns (..., H)."""
    ### BEGIN SOLUTION
    return torch.tanh(x @ w_x + h @ w_h + b)
    ### END SOLUTION


# %% grade_id="test_recurrent_step" role="test" points=1
swap = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
out = recurrent_step(torch.zeros(3), torch.tensor([1.0, 2.0]), torch.zeros(3, 2), swap, torch.zeros(2))
assert isinstance(out, Tensor), f"recurrent_step returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (2,), f"a state of 2 numbers gives a state of 2 numbers, not the shape {tuple(out.shape)}"
assert torch.allclose(out, torch.tanh(torch.tensor([2.0, 1.0]))), f"by hand: tanh(2), tanh(1); yours is {out}"
batch = recurrent_step(torch.zeros(5, 3), torch.ones(5, 2), torch.zeros(3, 2), swap, torch.zeros(2))
assert batch.shape == (5, 2), f"5 texts at once give the shape (5, 2), not {tuple(batch.shape)}"
print("recurrent_step looks right")
### BEGIN HIDDEN TESTS
check("recurrent_step")
### END HIDDEN TESTS

# %% [markdown]
# **The damage**, for the printed step with a diagonal as the mildest reading ($h_t = w\, h_{t-1}$ for each number):
# without a bend the state is multiplied by the same number again and again.

# %%
state = torch.tensor([1.0])
for _ in range(50):
    state = state * 1.2
print(f"w = 1.2, 50 steps, no tanh: {state.item():.0f}")
with needs("recurrent_step"):
    state = torch.tensor([1.0])
    for _ in range(50):
        state = recurrent_step(torch.zeros(1), state, torch.zeros(1, 1), torch.tensor([[1.2]]), torch.zeros(1))
    print(f"w = 1.2, 50 steps, tanh:    {state.item():.3f}")

# %% [markdown]
# ## Question 4: weights over positions
# *10 minutes · difficulty ●●○ · 2 points*
#
# Items 4 and 7 both want the weights of bilinear attention (Luong and others, arXiv 1508.04025). Item 4 has the wrong
# partner in the numerator: $h_t$ with itself, for every $i$. Item 7 takes the exponential, and then softmax, which
# takes it once more; and its last axis holds features, not positions. Right is
#
# $$\alpha_{t i} = \frac{\exp(s_{t i})}{\sum_{j} \exp(s_{t j})}, \qquad s_{t i} = h_t^\top W h_i$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $h$ | one state for each position | `(T, D)` |
# | $W$ | `w` | `(D, D)` |
# | $\alpha$ | row $t$: how position $t$ divides its attention over $i$ | `(T, T)` |
#
# **By hand.** $D = 1$, $W = 1$, $h = (0, 1)$. Row 0 has the scores $0, 0$: weights ½ and ½. Row 1 has the scores
# $0, 1$: weights $1/(1 + e) = 0.27$ and $0.73$. With item 4, row 1 would be $0.73, 0.73$, which is more than 1 in all.
#
# **Rules from here on**, since these functions are used in real programs. The result has the dtype of the inputs,
# `float32` or `float64`, and is on their device. Inputs are not changed. Scores in the thousands must not give `nan`:
# `torch.softmax` takes care of that, your own `exp` does not.


# %% grade_id="printed_position_weights" role="locked"
def printed_position_weights(h, w):
    """Item 7 as code, for one text."""
    return torch.exp(h @ w.T).softmax(dim=-1)


# %% grade_id="position_weights" role="solution"
def position_weights(h: Tensor, w: Tensor) -> Tensor:
    """The weight of position i for position t: softmax over i of h_t^T w h_i. (T, D), (D, D) -> (T, T)."""
    ### BEGIN SOLUTION
    return torch.softmax(h @ w @ h.T, dim=-1)
    ### END SOLUTION


# %% grade_id="test_position_weights" role="test" points=2
out = position_weights(torch.tensor([[0.0], [1.0]]), torch.ones(1, 1))
assert isinstance(out, Tensor), f"position_weights returned {type(out).__name__}: is the `return` missing?"
assert out.shape == (2, 2), f"two positions give two rows of two weights, not the shape {tuple(out.shape)}"
expected = torch.tensor([[0.5, 0.5], [1 / (1 + math.e), math.e / (1 + math.e)]])
assert torch.allclose(out, expected), f"the example by hand gives\n{expected}\nnot\n{out}"
h, w = draw(7, 5), draw(5, 5, seed=1)
out = position_weights(h, w)
assert out.shape == (7, 7), f"7 positions of width 5 give the shape (7, 7), not {tuple(out.shape)}"
assert torch.allclose(out.sum(-1), torch.ones(7)), f"each row sums to 1; yours sum to {out.sum(-1)}"
score = h[2] @ w @ h[4] - h[2] @ w @ h[0]
assert torch.allclose(out[2, 4] / out[2, 0], score.exp()), "out[2, 4] / out[2, 0] is exp of the difference of scores"
assert position_weights(h, 1000 * w).isfinite().all(), "large scores give nan: use torch.softmax"
print("position_weights looks right")
### BEGIN HIDDEN TESTS
check("position_weights")
### END HIDDEN TESTS

# %% [markdown]
# **The damage** as a picture: eight words, of which words 2 and 6 have nearly the same vector, and a $W$ that makes
# equal vectors attend to each other. Find these two words in each picture. Which axis of the printed one is not there
# to be read as positions?

# %%
with needs("position_weights"):
    h = draw(8, 12, seed=9)
    h[6] = h[2] + 0.1 * draw(12, seed=10)
    w = 0.3 * torch.eye(12)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
    pictures = (("printed", printed_position_weights(h, w), "feature"), ("right", position_weights(h, w), "position i"))
    for axis, (title, weights, below) in zip(axes, pictures, strict=True):
        shown = axis.imshow(weights, cmap="viridis", vmin=0)
        axis.set(title=title, xlabel=below, ylabel="position t")
        figure.colorbar(shown, ax=axis, label="weight")
    plt.tight_layout()
    plt.show()
    print(f"weight of word 6 for word 2, right: {position_weights(h, w)[2, 6]:.2f}; by chance it would be {1 / 8:.2f}")

# %% [markdown]
# ## Question 5: a number that is a name
# *5 minutes · difficulty ●○○ · 1 point*
#
# Item 8 is half right. An embedding *is* a linear map, but of the one-hot vector of the word, not of its number. Word
# 8 is not twice word 4. Write the look-up:
#
# $$\mathrm{look\_up}(i) = W_i, \text{ the row of } W \text{ with the number } i$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $i$ | `index`, whole numbers from 0 | `()` or `(...)` long |
# | $W$ | `weight` | `(V, D)` |
# | result | | `(D,)` or `(..., D)` |
#
# **By hand.** $W = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$: index 1 gives $(3, 4)$. The printed line gives all of
# $W$ for index 1, and zeros for index 0, whatever was learnt for word 0.


# %% grade_id="printed_look_up" role="locked"
def printed_look_up(index, weight):
    """Item 8 as code."""
    return index * weight


# %% grade_id="look_up" role="solution"
def look_up(index: Tensor, weight: Tensor) -> Tensor:
    """The row of weight for each index. index: (...) long, weight: (V, D). Returns (..., D)."""
    ### BEGIN SOLUTION
    return weight[index]
    ### END SOLUTION


# %% grade_id="test_look_up" role="test" points=1
weight = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
out = look_up(torch.tensor(1), weight)
assert isinstance(out, Tensor), f"look_up returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (2,), f"one index gives one row, of shape (2,), not {tuple(out.shape)}"
assert out.tolist() == [3.0, 4.0], f"index 1 is the second row, (3, 4), not {out.tolist()}"
assert look_up(torch.tensor(0), weight).tolist() == [1.0, 2.0], "word 0 has a vector like any other, here (1, 2)"
batch = look_up(torch.tensor([[0, 2, 2], [1, 1, 0]]), weight)
assert batch.shape == (2, 3, 2), f"indices (2, 3) and rows of 2 give the shape (2, 3, 2), not {tuple(batch.shape)}"
print("look_up looks right")
### BEGIN HIDDEN TESTS
check("look_up")
### END HIDDEN TESTS

# %% [markdown]
# **The damage**: a vocabulary of 50,257 words, each of 768 numbers, and one word to look up.

# %%
print(f"multiplications for one word, printed: {50_257 * 768:,}; a look-up needs 0")
weights = draw(1_000, 50)
angles = nn.functional.cosine_similarity((8 * weights).flatten(), (4 * weights).flatten(), dim=0)
print(f"words 4 and 8 as printed: cosine {angles:.3f}, so they would be the same word in two sizes")

# %% [markdown]
# ## Question 6: the last time
# *10 minutes · difficulty ●●○ · 1 point*
#
# Items 9 and 10 differ in one index. `nn.RNN` with its defaults takes and gives **time first**: `(T, B, I)` goes in,
# and `(T, B, H)` comes out. The last *time* is the last entry of axis 0. The last entry of axis 1 is the last *text*
# of the batch. (With `batch_first=True`, item 9 would be right. Nobody can see this from the line alone.)
#
# | symbol | meaning | shape |
# |---|---|---|
# | `rnn` | an `nn.RNN(I, H)` with all its defaults | |
# | `x` | inputs: time, text, feature | `(T, B, I)` |
# | result | the output at the last time, for each text | `(B, H)` |
#
# Leave the RNN as you found it: its weights and its mode.
#
# **By hand.** 3 times, 2 texts, 1 unit, and the outputs are
# $\begin{pmatrix} a_1 & b_1 \\ a_2 & b_2 \\ a_3 & b_3 \end{pmatrix}$, rows are times. The last time is $(a_3, b_3)$.
# Item 9 takes $(b_1, b_2, b_3)$.


# %% grade_id="printed_last_state" role="locked"
def printed_last_state(rnn, x):
    """Item 9 as code."""
    out, _ = rnn(x)
    return out[:, -1, :]


# %% grade_id="last_state" role="solution"
def last_state(rnn: nn.RNN, x: Tensor) -> Tensor:
    """The output of the RNN at the last time. x: (T, B, I), time first. Returns (B, H)."""
    ### BEGIN SOLUTION
    outputs, _ = rnn(x)  # (T, B, H)
    return outputs[-1]
    ### END SOLUTION


# %% grade_id="test_last_state" role="test" points=1
torch.manual_seed(0)
rnn, x = nn.RNN(3, 5), draw(7, 2, 3)
with torch.no_grad():
    out = last_state(rnn, x)
    assert isinstance(out, Tensor), f"last_state returned {type(out).__name__}, not a tensor: is the `return` missing?"
    assert out.shape == (2, 5), f"2 texts and 5 units give the shape (2, 5), not {tuple(out.shape)}"
    alone = last_state(rnn, x[:, :1])
    assert torch.allclose(out[:1], alone, atol=1e-6), "text 0 has another state without text 1 beside it"
    longer = last_state(rnn, torch.cat([x, x[-1:]]))
    assert not torch.allclose(out, longer), "one time more must change the last state"
print("last_state looks right")
### BEGIN HIDDEN TESTS
check("last_state")
### END HIDDEN TESTS

# %% [markdown]
# **The damage.** With as many times as texts, no error warns you: the shapes agree. The next cell makes such a batch
# and changes the *last input* of text 0. How much does each summary notice?

# %%
with needs("last_state"), torch.no_grad():
    rnn, x = nn.RNN(3, 5), draw(6, 6, 3)
    other = x.clone()
    other[-1, 0] += 1
    for name, read in (("printed", printed_last_state), ("right", last_state)):
        before, after = read(rnn, x), read(rnn, other)
        print(f"{name:>8}: shape {tuple(before.shape)}, row 0 changes by {(before[0] - after[0]).abs().max():.3f}")

# %% [markdown]
# ## Question 7: a line refuted without a computer
# *15 minutes · difficulty ●●○ · 2 points*
#
# Item 16 can be settled in one line: **a least-squares line goes through the mean point** $(\bar x, \bar y)$. Here
# $\bar x = 3$ and $\bar y = 4$, but the printed line has $1.6 + 0.6 \cdot 3 = 3.4$ there. Since the slope 0.6 is right,
# the intercept must be $4 - 0.6 \cdot 3 = 2.2$. The printed number comes out if the mean of $y$ is put in the place
# of the mean of $x$: $4 - 0.6 \cdot 4 = 1.6$. (We do not know whether it happened so.)
#
# Write the value of the line at a place:
#
# $$a = \frac{\sum_n (x_n - \bar x)(y_n - \bar y)}{\sum_n (x_n - \bar x)^2}, \qquad
# \mathrm{line}(t) = \bar y + a\, (t - \bar x)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$, $y$ | the points | `(N,)`, `(N,)` |
# | $t$ | `at`, where the line is read | number |
# | $a$ | the slope | 0-dim |
# | result | 0-dim tensor, of the dtype of $x$ | `()` |
#
# **By hand**, for the five points: $x - \bar x = (-2, -1, 0, 1, 2)$, $y - \bar y = (-2, 0, 1, 0, 1)$. The products
# sum to $4 + 2 = 6$, the squares to 10: slope 0.6. At 6 the line has $4 + 0.6 \cdot 3 = 5.8$, not 5.2.
#
# In physics $x$ is often a year or a large temperature, and its mean is 1,000 times its spread. Then
# $\overline{x^2} - \bar x^2$ is a small difference of large numbers, and float32 has seven digits. Subtract the mean
# first, as the formula does.


# %% grade_id="printed_least_squares_at" role="locked"
def printed_least_squares_at(x, y, at):
    """Arithmetic that gives the numbers of item 16."""
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    intercept = y.mean() - slope * y.mean()
    return intercept + slope * at


# %% grade_id="least_squares_at" role="solution"
def least_squares_at(x: Tensor, y: Tensor, at: float) -> Tensor:
    """The value at `at` of the least-squares line through the points. (N,), (N,), number -> 0-dim."""
    ### BEGIN SOLUTION
    apart = x - x.mean()
    slope = (apart * (y - y.mean())).sum() / (apart * apart).sum()
    return y.mean() + slope * (at - x.mean())
    ### END SOLUTION


# %% grade_id="test_least_squares_at" role="test" points=2
x, y = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), torch.tensor([2.0, 4.0, 5.0, 4.0, 5.0])
out = least_squares_at(x, y, 6.0)
assert isinstance(out, Tensor), f"least_squares_at returned {type(out).__name__}, not a tensor: is `return` missing?"
assert out.shape == (), f"the result is one number, a tensor of shape (), not {tuple(out.shape)}"
assert torch.allclose(least_squares_at(x, y, 3.0), torch.tensor(4.0)), "the line goes through the mean point (3, 4)"
assert torch.allclose(out, torch.tensor(5.8)), f"by hand it is 5.8 at 6; yours is {out:.3f}"
year = x + 2000
late = least_squares_at(year, y, 2006.0)
assert torch.allclose(late, torch.tensor(5.8), atol=1e-3), (
    f"with 2001 ... 2005 in the place of 1 ... 5 it is still 5.8 at 2006, not {late:.3f}: subtract the mean first"
)
print("least_squares_at looks right")
### BEGIN HIDDEN TESTS
check("least_squares_at")
### END HIDDEN TESTS

# %% [markdown]
# **The damage** as a picture. Which line passes through the mean point, and which has the smaller mean squared error?

# %%
x, y = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), torch.tensor([2.0, 4.0, 5.0, 4.0, 5.0])
with needs("least_squares_at"):
    places = torch.linspace(0, 7, 50)
    plt.figure(figsize=(5.5, 3.4))
    plt.plot(x, y, "ko", label="points")
    plt.plot(x.mean(), y.mean(), "r*", markersize=13, label="mean point")
    for name, line, style in (("printed", printed_least_squares_at, "--"), ("right", least_squares_at, "-")):
        error = torch.stack([(line(x, y, float(one)) - value) ** 2 for one, value in zip(x, y, strict=True)]).mean()
        plt.plot(places, torch.stack([line(x, y, float(t)) for t in places]), style, label=f"{name}: error {error:.2f}")
    plt.xlabel("x")
    plt.ylabel("y")
    plt.legend()
    plt.show()

# %% [markdown]
# ## Question 8: what is left to write
# *5 minutes · difficulty ●○○ · 1 point*
#
# Item 14: in the `generate` of Hugging Face's library, `max_length` counts the **prompt and** the new tokens;
# `max_new_tokens` counts the new ones alone. So after a prompt of 39 tokens, `max_length=50` leaves 11. (We have seen
# an answer of 116 tokens printed below a call with `max_length=50`. That call cannot have made it.)
#
# $$\mathrm{left} = \max(0,\ \mathtt{max\_length} - \mathtt{prompt\_tokens})$$
#
# Both are whole numbers from 0, and so is the result. **By hand:** 39 and 50 give 11; 60 and 50 give 0.


# %% grade_id="printed_new_tokens_left" role="locked"
def printed_new_tokens_left(prompt_tokens, max_length):
    """Item 14 as code: what the writer expected."""
    return max_length


# %% grade_id="new_tokens_left" role="solution"
def new_tokens_left(prompt_tokens: int, max_length: int) -> int:
    """How many tokens `generate(max_length=...)` may still make after a prompt. Never negative."""
    ### BEGIN SOLUTION
    return max(0, max_length - prompt_tokens)
    ### END SOLUTION


# %% grade_id="test_new_tokens_left" role="test" points=1
assert new_tokens_left(39, 50) == 11, f"a prompt of 39 leaves 11 of 50, not {new_tokens_left(39, 50)}"
assert new_tokens_left(60, 50) == 0, f"a longer prompt leaves nothing: 0, not {new_tokens_left(60, 50)}"
assert isinstance(new_tokens_left(0, 50), int), "a number of tokens is an int"
print("new_tokens_left looks right")
### BEGIN HIDDEN TESTS
check("new_tokens_left")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 9: a penalty that rewards
# *10 minutes · difficulty ●●○ · 2 points*
#
# Item 15: logits may be negative. $-2$ divided by 1.3 is $-1.54$, which is *larger*: the token becomes **more**
# likely. GPT-2's logits are mostly negative, so this mattered: the library divided at first, and changed it after a
# report (transformers, pull request 2303). The two-case rule is its repair of the formula in the paper (arXiv
# 1909.05858).
#
# $$z' = \begin{cases} z / \theta & z > 0 \\ z\, \theta & z \le 0 \end{cases}$$
#
# | symbol | meaning | kind |
# |---|---|---|
# | $z$ | `logit` | a float, or a tensor of any shape |
# | $\theta$ | `penalty`, above 0; below 1 it makes repetition *more* likely | number |
# | result | | of the kind that came in |
#
# **By hand**, with $\theta = 2$: $3$ becomes $1.5$, $-3$ becomes $-6$, 0 stays 0.
#
# <details><summary>Hint</summary>
#
# `torch.where(condition, this, that)` chooses entry by entry. For a plain float use an ordinary `if`:
# `isinstance(logit, Tensor)` tells which of the two you have.
# </details>


# %% grade_id="printed_penalised" role="locked"
def printed_penalised(logit, penalty):
    """Item 15 as code."""
    return logit / penalty


# %% grade_id="penalised" role="solution"
def penalised(logit: float | Tensor, penalty: float) -> float | Tensor:
    """The repetition penalty for one logit: positive ones are divided, negative ones multiplied."""
    ### BEGIN SOLUTION
    if isinstance(logit, Tensor):
        return torch.where(logit > 0, logit / penalty, logit * penalty)
    return logit / penalty if logit > 0 else logit * penalty
    ### END SOLUTION


# %% grade_id="test_penalised" role="test" points=2
assert penalised(3.0, 2.0) == 1.5, f"3 with the penalty 2 becomes 1.5, not {penalised(3.0, 2.0)}"
assert penalised(-3.0, 2.0) == -6.0, f"-3 with the penalty 2 becomes -6, not {penalised(-3.0, 2.0)}"
assert isinstance(penalised(3.0, 2.0), float), "a float gives a float"
out = penalised(torch.tensor([3.0, -3.0, 0.0]), 2.0)
assert isinstance(out, Tensor), f"a tensor gives a tensor, not {type(out).__name__}"
assert out.tolist() == [1.5, -6.0, 0.0], f"3, -3 and 0 become 1.5, -6 and 0, not {out.tolist()}"
assert penalised(-3.0, 0.5) == -1.5, "a penalty below 1 raises the logit: -3 becomes -1.5"
print("penalised looks right")
### BEGIN HIDDEN TESTS
check("penalised")
### END HIDDEN TESTS

# %% [markdown]
# **The damage**: five tokens with the logits of a typical GPT-2 step, all negative. Token 0 has just been written.

# %%
logits = torch.tensor([-33.0, -33.5, -34.0, -35.0, -36.0])
print(f"token 0 has the probability {logits.softmax(-1)[0]:.3f}")
with needs("penalised"):
    for name, rule in (("printed", printed_penalised), ("right", penalised)):
        changed = logits.clone()
        changed[0] = rule(logits[0], 1.3)
        print(f"{name:>8}: with the penalty 1.3 it has {changed.softmax(-1)[0]:.3f}")

# %% [markdown]
# ## Question 10: ids on the wrong device
# *5 minutes · difficulty ●○○ · 1 point*
#
# Item 11 stops with an error: the model is on the GPU, and the tokenizer makes its ids on the CPU. On a laptop
# without a GPU one writes `model.to("cpu")` and never sees the mistake. Ask the model where it is:
#
# $$\mathrm{ids\_for}(\mathrm{model}, \mathrm{ids}) = \mathrm{ids}, \text{ on the device of the model's parameters}$$
#
# Shape and dtype stay, and the model is not moved. All its parameters are on one device.
#
# torch has a device that exists on every computer and is not the CPU: `"meta"`. Its tensors have a shape, and no
# values. Here it stands in for a GPU.
#
# <details><summary>Hint</summary>
#
# `next(model.parameters())` is the first parameter. It has an attribute `device`. A module has none.
# </details>


# %% grade_id="printed_ids_for" role="locked"
def printed_ids_for(model, ids):
    """Item 11 as code."""
    return ids


# %% grade_id="ids_for" role="solution"
def ids_for(model: nn.Module, ids: Tensor) -> Tensor:
    """The ids, on the device of the model's parameters."""
    ### BEGIN SOLUTION
    return ids.to(next(model.parameters()).device)
    ### END SOLUTION


# %% grade_id="test_ids_for" role="test" points=1
ids = torch.tensor([[3, 1, 2]])
here = ids_for(nn.Linear(3, 2), ids)
assert isinstance(here, Tensor), f"ids_for returned {type(here).__name__}, not a tensor: is the `return` missing?"
assert torch.equal(here, ids), "where model and ids are on one device, the ids stay as they are"
away = ids_for(nn.Linear(3, 2, device="meta"), ids)
assert away.device.type == "meta", f"the model is on meta, the ids are on {away.device}: go where its parameters are"
assert away.shape == ids.shape, f"the shape stays (1, 3); yours is {tuple(away.shape)}"
assert away.dtype == ids.dtype, f"the dtype stays {ids.dtype}; yours is {away.dtype}: give .to() the device alone"
print("ids_for looks right")
### BEGIN HIDDEN TESTS
check("ids_for")
### END HIDDEN TESTS

# %%
model = nn.Embedding(50, 8, device=device)
for name in ("printed_ids_for", "ids_for"):
    with needs("ids_for"):
        try:
            found = model(globals()[name](model, ids))
            print(f"{name}: works on {found.device}")
        except RuntimeError as error:
            print(f"{name}: {str(error)[:90]} ...")

# %% [markdown]
# Without a GPU both lines say that it works: this is why the mistake survives.
#
# ## Question 11: a filter that filters nothing
# *10 minutes · difficulty ●●○ · 2 points*
#
# In item 12 the number 50 is set and never used. The loop samples from the whole vocabulary. Write what the loop
# promises:
#
# $$z = \frac{\mathrm{logits}}{\tau}, \qquad
# \mathrm{filtered}_j = \begin{cases} z_j & z_j \ge \text{the } k\text{-th largest of its row} \\ -\infty & \text{else}
# \end{cases}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | logits | | `(..., V)` |
# | $\tau$ | `temperature`, above 0 | number |
# | $k$ | `top_k`, at least 1; $k \ge V$ keeps all | whole number |
# | result | | `(..., V)` |
#
# Logits that equal the $k$-th largest stay as well. **By hand**: logits $(1, 3, 2)$, $\tau = 2$, $k = 2$ give
# $(-\infty, 1.5, 1)$.
#
# <details><summary>Hint</summary>
#
# `x.topk(k).values` are the $k$ largest of each row, the largest first. `[..., -1:]` takes the last of them and keeps
# its axis, so that it can be compared with the row. `topk` refuses a `k` above `V`.
# </details>


# %% grade_id="printed_filtered_logits" role="locked"
def printed_filtered_logits(logits, temperature, top_k):
    """Item 12 as code."""
    return logits / temperature


# %% grade_id="filtered_logits" role="solution"
def filtered_logits(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    """Divided by the temperature, and -inf for all but the top_k largest of each row. (..., V) -> (..., V)."""
    ### BEGIN SOLUTION
    warm = logits / temperature
    kth = warm.topk(min(top_k, warm.shape[-1])).values[..., -1:]  # the smallest that stays
    return warm.masked_fill(warm < kth, -math.inf)
    ### END SOLUTION


# %% grade_id="test_filtered_logits" role="test" points=2
out = filtered_logits(torch.tensor([1.0, 3.0, 2.0]), 2.0, 2)
assert isinstance(out, Tensor), f"filtered_logits returned {type(out).__name__}: is the `return` missing?"
assert out.tolist() == [-math.inf, 1.5, 1.0], f"by hand: (-inf, 1.5, 1); yours is {out.tolist()}"
ties = filtered_logits(torch.tensor([1.0, 3.0, 1.0, 0.0]), 1.0, 2)
assert ties.tolist() == [1.0, 3.0, 1.0, -math.inf], (
    f"the two 1s tie at the second place: both stay; got {ties.tolist()}"
)
assert filtered_logits(torch.tensor([1.0, 3.0]), 1.0, 50).tolist() == [1.0, 3.0], "top_k above V keeps all"
rows = filtered_logits(torch.tensor([[1.0, 2.0, 3.0], [9.0, 8.0, 7.0]]), 1.0, 1)
assert rows.isfinite().sum(-1).tolist() == [1, 1], "each row keeps its own largest"
print("filtered_logits looks right")
### BEGIN HIDDEN TESTS
check("filtered_logits")
### END HIDDEN TESTS

# %% [markdown]
# **The damage.** A vocabulary of 50,257 tokens, with logits drawn at random with a spread of 3.5, and a text of 40
# tokens. How often does the loop write something that top-k 50 was to prevent?

# %%
with needs("filtered_logits"):
    logits = 3.5 * draw(50_257, seed=11)
    allowed = filtered_logits(logits, 0.7, 50).isfinite()
    outside = torch.softmax(printed_filtered_logits(logits, 0.7, 50), -1)[~allowed].sum()
    print(f"one token lies outside the best 50 with the probability {outside:.2f}")
    print(f"at least one of 40 does with the probability {1 - (1 - outside) ** 40:.6f}")

# %% [markdown]
# ## Question 12: how many percent?
# *5 minutes · difficulty ●○○ · 1 point*
#
# Item 23 compares 617 *million* with 175 *billion*. Written in one unit it is 0.617 of 175. Also a helper can do
# damage: the one below rounds to whole percents, so a share of 0.35% is printed as 0, and it stops at 100. Write the
# share without rounding. It may exceed 100.
#
# $$\mathrm{share} = 100 \cdot \frac{\mathrm{part}}{\mathrm{whole}}$$
#
# Both are whole numbers or floats, and the whole is above 0; the result is a float. **By hand**: 3 of 12 are 25.0.


# %% grade_id="printed_share_in_percent" role="locked"
def printed_share_in_percent(part, whole):
    """A helper of ours with two habits that are often seen; of item 23, only the result was printed."""
    return min(100.0, float(round(100 * part / whole)))


# %% grade_id="share_in_percent" role="solution"
def share_in_percent(part: float, whole: float) -> float:
    """The share of the part in the whole, in percent, not rounded."""
    ### BEGIN SOLUTION
    return 100 * part / whole
    ### END SOLUTION


# %% grade_id="test_share_in_percent" role="test" points=1
assert share_in_percent(3, 12) == 25.0, f"3 of 12 are 25 percent, not {share_in_percent(3, 12)}"
assert isinstance(share_in_percent(3, 12), float), "the result is a float"
assert math.isclose(share_in_percent(1, 3), 33.333333333333336), f"1 of 3: do not round ({share_in_percent(1, 3)})"
assert share_in_percent(6, 4) == 150.0, f"6 of 4 are 150 percent, not {share_in_percent(6, 4)}"
print("share_in_percent looks right")
### BEGIN HIDDEN TESTS
check("share_in_percent")
### END HIDDEN TESTS

# %%
with needs("share_in_percent"):
    share = share_in_percent(617_000_000, 175_000_000_000)
    print(f"617 million of 175 billion: {share:.2f}%, so 20% is too large by a factor of {20 / share:.0f}")

# %% [markdown]
# ## Question 13: witnesses
# *20 minutes · difficulty ●●● · 6 points*
#
# "I believe that your formula is wrong" is hard to answer. "Put this in, and it gives 5.2 instead of 5.8" is not. Such
# an input is a **witness**. A good one is small, lies within the contract (shapes fit, numbers are ordinary), and the
# difference is plain to see.
#
# Find one for each of the eleven functions. `witnesses()` returns a dict from the name to a **tuple of arguments**,
# in the order in which the function takes them. The grader takes your arguments as plain data and runs its own copies
# of the printed and the right version. You pass if the results differ by more than a thousandth of the largest
# number, or in their shape, or if the printed version stops with an error where the right one does not. Arguments
# that the right version cannot take are no witness.
#
# - Keep them small: axes of at most 64, tensors of at most 4,096 entries, numbers of at most a million in size.
# - Two functions take a module. A module is no plain data, so the grader puts one of its own in that place: for
#   `last_state` an `nn.RNN` that fits your `x`, for `ids_for` a model on `"meta"`. Here you give one that works in your
#   notebook.
# - For some functions nearly every input will do. For `penalised`, `new_tokens_left`, `filtered_logits`,
#   `share_in_percent` and `least_squares_at` the printed version is right on many inputs. Where exactly?
#
# **By hand**, for the last one: the printed line is right if the mean of $y$ equals the mean of $x$ (or the slope is
# 0). So any tilted points with different means are a witness.


# %% grade_id="witnesses" role="solution"
def witnesses() -> dict[str, tuple]:
    """Arguments on which the printed and the right version differ, for each function by its name."""
    ### BEGIN SOLUTION
    square, index = draw(3, 3), torch.tensor([2, 1])
    row, up = square[0], torch.arange(3.0)
    return {
        "one_head": (square, square, square, square),
        "recurrent_step": (row, row, square, square, row),
        "position_weights": (square, square),
        "look_up": (index, square),
        "last_state": (nn.RNN(3, 5), draw(6, 2, 3)),
        "least_squares_at": (up, 2 * up, 5),
        "new_tokens_left": (39, 50),
        "penalised": (-row.abs(), 1.3),
        "ids_for": (nn.Linear(3, 3, device="meta"), index),
        "filtered_logits": (row, 0.7, 1),
        "share_in_percent": (1, 7),
    }
    ### END SOLUTION


# %% grade_id="test_witnesses" role="test" points=6
NAMES = [
    "one_head",
    "recurrent_step",
    "position_weights",
    "look_up",
    "last_state",
    "least_squares_at",
    "new_tokens_left",
    "penalised",
    "ids_for",
    "filtered_logits",
    "share_in_percent",
]


def try_both(name, arguments):
    """One line: what the printed and your own version make of these arguments."""
    try:
        mine = globals()[name](*arguments)
    except Exception as error:
        return f"your own version stops with {type(error).__name__}: {str(error)[:60]}"
    try:
        printed = globals()[f"printed_{name}"](*arguments)
    except Exception as error:
        return f"differ: the printed version stops with {type(error).__name__}"
    if isinstance(mine, Tensor):
        if printed.shape != mine.shape or printed.device != mine.device:
            return "differ in shape or device"
        gap = (printed - mine).nan_to_num(posinf=1e9, neginf=-1e9).abs().max().item()
    else:
        gap = abs(printed - mine)
    return f"differ by {gap:.3g}" if gap > 0.001 else "THE SAME: no witness yet"


found = witnesses()
assert isinstance(found, dict), f"witnesses returned {type(found).__name__}, not a dict: is the `return` missing?"
unknown = [name for name in found if name not in NAMES]
assert not unknown, f"these are no names of functions: {', '.join(map(str, unknown))}"
for name, arguments in found.items():
    assert isinstance(arguments, tuple), (
        f"{name}: give the arguments as a tuple, (a, b), not {type(arguments).__name__}"
    )
with torch.no_grad():
    for name in NAMES:
        print(f"{name:>17}: {try_both(name, found[name]) if name in found else 'has no witness yet'}")
### BEGIN HIDDEN TESTS
check("witnesses")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 14: a paragraph of your own
# *20 minutes · difficulty ●●○ · 4 points · marked by hand*
#
# Ask a language model for a paragraph on a topic that **you** know well: your favourite experiment, your home town, a
# sport, a proof. (Without access to one, take a paragraph of a popular text on physics.) Find one mistake in it. Then
# write:
#
# 1. the sentence with the mistake, word for word, and the topic;
# 2. what is right instead, and **how you know**: a source that you have opened yourself (author, title, page or
#    address), a calculation, or a measurement. "Another model says so" is no source, and a reference that a model
#    gave you has to be looked up: such references often do not exist, or have other authors;
# 3. the damage: what would somebody who believes it do or compute wrongly? With a number, if there is one;
# 4. how probable you held it to be wrong when you read it first, and what would have changed your mind.
#
# If you find no mistake, say which three statements you checked and how. That counts as well.

# %% [markdown] grade_id="own_paragraph" role="manual" points=4
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer.* (1) Topic: the pendulum. "The period of a pendulum does not depend on how far it swings, which is why
# it can keep time exactly."
#
# (2) It holds for small swings only. The exact period is $T = T_0\,(1 + \theta^2/16 + \dots)$ with the largest angle
# $\theta$ in radians, to be found in any textbook of mechanics (for example Landau and Lifshitz, *Mechanics*, section
# 11). I checked it by integrating $\ddot\theta = -\sin\theta$ with small steps: for 60° the period is 7% longer than
# $2\pi$.
#
# (3) A clock whose pendulum swings by 20° in place of nearly 0° has a period that is longer by $0.349^2/16 = 0.76\%$,
# and loses 11 minutes a day.
#
# (4) I held it to be wrong with 0.6, since I remembered "for small angles". If the sentence had contained these words,
# I would have gone down to 0.05.
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. One point: the sentence is quoted, and it is a statement of fact that can be wrong. Half: retold only.
# 2. One point: the right version and a source, a calculation or a measurement that the marker can follow, and that says
#    what it is said to say. Half: the right version with a source too vague to find. None: a second model as the only
#    source, or a reference that does not exist.
# 3. One point: a concrete consequence, with a number where one is possible. Half: "it is misleading".
# 4. One point: a probability, and evidence that would have moved it, in a definite direction. Half: one of the two.
#
# Three checked statements without a mistake get the same points: part 1 for the three statements, part 2 for the
# checks, part 3 for what would follow if one were wrong.
# ### END SOLUTION

# %% [markdown]
# ## Where to look things up
#
# - **1, 5, 6**: Vaswani and others 2017, arXiv 1706.03762, sections 3.1 and 3.2. Where norms stand: Xiong and others
#   2020, arXiv 2002.04745.
# - **2**: any text on softmax; $e^{x + c} = e^c e^x$.
# - **3, 9, 10**: torch's page on `nn.RNN`: the formula, and the shapes with and without `batch_first`.
# - **4, 7**: Luong and others 2015, arXiv 1508.04025, section 3.1.
# - **8, 13**: torch's page on `nn.Embedding`. One matrix for input and output: Press and Wolf 2016, arXiv 1608.05859.
# - **11**: torch's notes on CUDA semantics.
# - **12, 14**: Hugging Face's page on text generation: `top_k`, `max_length`, `max_new_tokens`.
# - **15**: Keskar and others 2019, arXiv 1909.05858, section 4.1; transformers, pull request 2303.
# - **16**: any text on least squares: the line goes through the mean point.
# - **17**: Nissim, van Noord and van der Goot 2020, arXiv 1905.09866.
# - **18, 22**: Radford and others 2019, *Language Models are Unsupervised Multitask Learners*, and the configuration of
#   the model.
# - **19**: equal chances for $V$ tokens have the loss $\ln V$.
# - **20**: Radford and others 2018, *Improving Language Understanding by Generative Pre-Training*; Devlin and others
#   2018, arXiv 1810.04805.
# - **21**: Haviv and others 2022, arXiv 2203.16634.
# - **23**: Brown and others 2020, arXiv 2005.14165: 175 billion parameters.
# - **24**: Kaplan and others 2020, arXiv 2001.08361, section 2.1.
# - **The rule**: G. W. Brier 1950, *Monthly Weather Review* 78, page 1.

# %% [markdown]
# ## What this does not show
# - **How often print is wrong.** We chose the items, two thirds of them wrong, so that you have something to find. Do
#   not carry this share over to your next book.
# - **That you are calibrated.** 24 items say little about how good your 0.8 is. For that, keep a list for a year.
# - **A proof by witness of being right.** One witness shows that two programs differ. A thousand inputs without a
#   difference do not show that they are the same.
# - **Which of two versions is right.** The witness says that they differ. To know which one to keep, you need the
#   definition, or a case that you can do by hand.
# - **Mistakes in what was left out.** Nothing here looks at claims that are true and misleading: the best seed of
#   ten, the missing comparison, the picture whose axis does not start at 0.
