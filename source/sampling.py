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
# # Sampling: how the next token is chosen
#
# A language model never says a word. It reads a text, hands out a probability to every token that could come next,
# and stops. Somebody has to choose, append the choice, and ask again.
#
# How hard can that be? Take the most likely token, always. Then the same model that knows so much begins to go in
# circles. Throw dice, then, with the model's probabilities. Now it is lively, and every few sentences it says
# something that no physicist would sign. Between these two lies everything that is sold as "creativity", "precision"
# or "temperature", and each of them is a few lines of code on the same list of numbers.
#
# For a physicist this is familiar ground. A list of levels, a Boltzmann factor, a temperature: you can measure an
# entropy curve of a language model as you would of a crystal.
#
# **At the end you will be able to**
#
# - heat and cool a language model, and read its entropy curve;
# - write top-k and top-p as they are used in practice, and say what each one cuts away;
# - write the loop that makes a model produce text, in three ways: greedy, at random, with a beam;
# - measure what a way of choosing costs and what it gives, instead of believing what is said of it.
#
# | Question | minutes | difficulty | points |
# |---|---|---|---|
# | 1 `apply_temperature` | 10 | ●○○ | 1 |
# | 2 `token_entropy` | 15 | ●○○ | 2 |
# | 3 entropy against temperature (in words) | 20 | ●●○ | 2 |
# | 4 `sample_next` | 15 | ●●○ | 2 |
# | 5 `top_k_filter` | 10 | ●○○ | 2 |
# | 6 `top_p_filter` | 30 | ●●● | 4 |
# | 7 `greedy` | 10 | ●○○ | 2 |
# | 8 `repetition_penalty` | 20 | ●●○ | 2 |
# | 9 `generate` | 20 | ●●○ | 3 |
# | 10 `beam_search` | 40 | ●●● | 3 |
# | 11 quality, speed, memory (a table) | 30 | ●●○ | 2 |
#
# Together under four hours, 25 points. You need to know what logits and softmax are. How the model makes its logits
# does not matter here.

# %% [markdown]
# ## How to work
#
# - Write your code where it says `# YOUR CODE HERE`, and delete the line `raise NotImplementedError(...)` below it.
# - Run the test cell that follows. If it fails, its message names a likely cause. Your marks come from further tests
#   of the same kind with other numbers and other sizes, so write for the general case.
# - Hints are folded. Try five minutes without them.
# - Cells without a question show your functions at work. If one says "Finish Question 4 first", it will wait for you.
#
# **Rules for every function**, all of them tested:
#
# 1. Logits are `(..., V)`: one row of `V` numbers for each place, and any number of leading dimensions, none
#    included.
# 2. The result has the dtype and the device of the input, and the input is not changed. `float32` and `float64` work
#    everywhere, in Questions 1, 5, 6 and 8 also `float16` and `bfloat16`.
# 3. A token that is ruled out gets the logit `-inf`. All functions accept logits in which some are `-inf` already,
#    and finite ones as large as 10,000.
# 4. In Questions 1, 2, 5, 6 and 8 stay in torch: no `.item()`, no `.tolist()`, no loop over tokens.
# 5. Where it says `ValueError`, a bad argument raises one.
#
# **The model** lies in the folder `physics-gpt2` beside this notebook. It is small, and has read nothing but short
# sentences on physics. With the environment variable `COURSE_GPT2=gpt2` you get the real GPT-2 from the Hugging Face
# hub (about 500 MB) instead. What the text says about outputs is then no longer exact, and worth a second look.

# %% grade_id="setup" role="locked"
import os
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoTokenizer, GPT2LMHeadModel
from transformers.utils import logging

device = "cuda" if torch.cuda.is_available() else "cpu"
OWN = "physics-gpt2"
INF = float("inf")


@contextmanager
def needs(question):
    """`with needs("Question 1"):` runs its block, or says in one line which question to finish first."""
    try:
        yield
    except (NotImplementedError, NameError) as error:
        print(f"Finish {question} first, then run this cell again. ({type(error).__name__}: {error})")


def read_gpt2(name, **options):
    """The model and the tokenizer in the folder `name`, or of that name on the hub."""
    model = GPT2LMHeadModel.from_pretrained(name, **options).float().eval().to(device)
    return model, AutoTokenizer.from_pretrained(name, **options)


def load_gpt2():
    """The model and the tokenizer that COURSE_GPT2 names; without it, or where that fails, the course's own."""
    name = os.environ.get("COURSE_GPT2", OWN)
    if name == OWN and not Path(OWN).is_dir():
        print(f"There is no folder {OWN} beside this notebook, so the real GPT-2 is taken from the hub instead.")
        name = "gpt2"
    if name != OWN:
        try:
            if not Path(name).is_dir():
                urlopen("https://huggingface.co", timeout=5).close()  # else transformers tries for half a minute
            return read_gpt2(name)
        except Exception as error:
            print(f"{name} cannot be had ({type(error).__name__}). Going on with the course's own model, {OWN}.")
    logging.disable_progress_bar()
    return read_gpt2(OWN, local_files_only=True)


def encode(text):
    """The ids (1, T) of the tokens of a text, on the device of the model."""
    return tokenizer(text, return_tensors="pt").input_ids.to(device)


def decode(ids):
    """The text of ids (1, T) on one line: a slash is a line break, a square is the token for the end of a text."""
    return tokenizer.decode(ids[0]).replace("\n", " / ").replace(tokenizer.eos_token, " ■ ")


def next_logits(text):
    """The logits (V,) of the model for the token after a text."""
    with torch.no_grad():
        return model(encode(text)).logits[0, -1]


class Markov(nn.Module):
    """A toy model for tests: row i of the table holds the probabilities of the token that follows token i."""

    def __init__(self, table):
        super().__init__()
        self.scores = torch.tensor(table, device=device).log()

    def forward(self, ids):
        return SimpleNamespace(logits=self.scores[ids])


class Counted(nn.Module):
    """A model that passes everything on to another one, and counts what goes through."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.calls, self.tokens, self.largest = inner, 0, 0, 0

    def forward(self, ids):
        self.calls, self.tokens = self.calls + 1, self.tokens + ids.numel()
        self.largest = max(self.largest, ids.numel())
        return self.inner(ids)


def mean_surprise(ids, start):
    """How surprised the model is, in nats a token, by the tokens of ids (1, T) from place `start` on."""
    with torch.no_grad():
        return F.cross_entropy(model(ids).logits[0, start - 1 : -1], ids[0, start:]).item()


def repeated(ids, start):
    """Share of the runs of three tokens, from place `start` on, that came before in this part."""
    tokens = ids[0, start:].tolist()
    runs = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
    return 1 - len(set(runs)) / max(1, len(runs))


def next_token_bars(panels, top=6):
    """For each (title, logits (V,)) one panel with the most likely tokens; a dot stands for a space."""
    ax = plt.figure(figsize=(2.1 * len(panels), 1.5)).add_axes((0, 0, 1, 1))
    ax.set_axis_off()  # one axes for all panels, its labels plain text: quicker to draw than axes with ticks
    ax.set(xlim=(-0.8, 2.2 * len(panels) - 0.8), ylim=(top - 0.5, -1.7))
    for panel, (title, logits) in enumerate(panels):
        start, (values, ids) = 2.2 * panel, logits.softmax(-1).topk(top)
        ax.barh(range(top), values.tolist(), left=start, color="tab:blue")
        ax.text(start - 0.7, -1.1, title, va="center", fontsize=9)
        for place, (value, token) in enumerate(zip(values.tolist(), ids.tolist(), strict=True)):
            if value > 0:
                word = tokenizer.decode([token]).replace(" ", "·")
                ax.text(start - 0.03, place, word, ha="right", va="center", fontsize=8)
                ax.text(start + value + 0.03, place, f"{value:.2f}", va="center", fontsize=8)
    plt.show()


model, tokenizer = load_gpt2()
V = model.config.vocab_size
print("Working on:", device)
print(f"{V} tokens to choose from")

# %% role="author"
from autograder import check

# %% [markdown]
# ## Question 1: temperature
# *10 minutes · difficulty ●○○ · 1 point*
#
# You met it in the notebook on attention: a score is minus an energy, and softmax is Boltzmann's distribution. The
# model gives scores $x_j$ as if $k_B T$ were 1. Nobody forbids us to choose another temperature $\tau$:
#
# $$p_j = \frac{e^{x_j / \tau}}{\sum_i e^{x_i / \tau}}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | logits, one for each token | `(..., V)` |
# | $\tau$ | temperature, $\tau > 0$ | a number |
# | result | $x / \tau$, logits again | `(..., V)` |
#
# **By hand.** $x = (\ln 4, 0)$: at $\tau = 1$ the probabilities are as 4 to 1. At $\tau = \tfrac12$ they are as
# $4^2 = 16$ to 1, at $\tau = 2$ as $\sqrt4 = 2$ to 1. Cold makes the strong stronger.
#
# Your function returns logits, not probabilities, so that other steps can follow. $\tau = 0$ would divide by zero:
# raise a `ValueError`, and for negative $\tau$ too. (Some programs take "temperature 0" to mean "the most likely
# token". It is the limit, but it needs other code: Question 7.)


# %% grade_id="apply_temperature" role="solution"
def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """The logits at another temperature. logits: (..., V) -> (..., V). ValueError unless temperature > 0."""
    ### BEGIN SOLUTION
    if temperature <= 0:
        raise ValueError(f"a temperature is larger than 0, not {temperature}")
    return logits / temperature
    ### END SOLUTION


# %% grade_id="test_apply_temperature" role="test" points=1
x = torch.tensor([[4.0, 0.0, float("-inf")], [-2.0, 1.0, 3.0]], device=device)
before = x.clone()
out = apply_temperature(x, 2.0)
assert isinstance(out, Tensor), f"the function returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == x.shape, f"the logits have the shape {tuple(x.shape)}, the result {tuple(out.shape)}"
assert not torch.allclose(out, 2 * x), "the logits were multiplied: heat makes differences smaller, so divide"
assert not torch.allclose(out.nan_to_num().sum(-1), torch.ones(2, device=device)), "return logits, not probabilities"
assert torch.equal(out, x / 2), f"at temperature 2 each logit is half as large, yours are {out}"
assert torch.equal(x, before), "the input was changed: write x / t, a new tensor, not x /= t"
assert apply_temperature(x.half(), 0.5).dtype == torch.float16, "float16 logits should stay float16"
for bad in (0, -1.0):
    try:
        apply_temperature(x, bad)
    except ValueError:
        pass
    else:
        raise AssertionError(f"temperature {bad}: raise a ValueError")
print("apply_temperature looks right")
### BEGIN HIDDEN TESTS
check("apply_temperature")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 2: entropy, or how open the choice is
# *15 minutes · difficulty ●○○ · 2 points*
#
# How many tokens are really in play? Gibbs and Shannon have the same answer:
#
# $$S = -\sum_{j=1}^{V} p_j \ln p_j, \qquad p = \mathrm{softmax}(x)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | logits, some may be $-\infty$ | `(..., V)` |
# | $S$ | entropy in nats (Boltzmann's constant is 1) | `(...)` |
#
# **By hand.** Four tokens, equally likely: $S = \ln 4 = 1.386$. One token certain: $S = 0$. In general $e^S$ is the
# number of equally likely tokens that would leave the choice just as open. For $p = (\tfrac12, \tfrac14, \tfrac14)$:
# $S = \tfrac12 \ln 2 + \tfrac14 \ln 4 + \tfrac14 \ln 4 = \tfrac32 \ln 2 = 1.040$, as if there were $2.83$ tokens.
#
# An impossible token contributes nothing: $p \ln p \to 0$ for $p \to 0$. A computer that is asked for `0 * log(0)`
# says `nan`. That happens with every logit of $-\infty$, and also with one that is 200 below the largest.
#
# <details><summary>Hint: where to catch the nan</summary>
#
# Either set the product to 0 wherever $p$ is 0 (`torch.where` or `masked_fill`), or look for a function in
# `torch.special` whose name begins like *entropy*.
# </details>


# %% grade_id="token_entropy" role="solution"
def token_entropy(logits: Tensor) -> Tensor:
    """The entropy of softmax(logits) in nats. logits: (..., V) -> (...). A token of probability 0 adds nothing."""
    ### BEGIN SOLUTION
    return torch.special.entr(logits.softmax(dim=-1)).sum(dim=-1)
    ### END SOLUTION


# %% grade_id="test_token_entropy" role="test" points=2
x = torch.tensor([2.0, 1.0, 1.0], device=device).log()
out = token_entropy(x)
assert isinstance(out, Tensor), f"token_entropy returned {type(out).__name__}, not a tensor"
assert out.shape == (), f"one row of logits gives one entropy, a tensor of shape (), not {tuple(out.shape)}"
assert (out + 1.0397).abs() > 1e-3, "the sign: logarithms of probabilities are negative, entropy is not"
assert (out - 1.5).abs() > 1e-3, "1.5 is the entropy in bits: take the natural logarithm"
assert (out - 0.3466).abs() > 1e-3, "this is the mean of the terms, not their sum"
assert (out - 1.0397).abs() < 1e-3, f"p = 1/2, 1/4, 1/4 has the entropy 1.0397, yours is {out:.4f}"
out = token_entropy(torch.zeros(2, 3, 4, device=device))
assert out.shape == (2, 3), f"logits (2, 3, 4) have the entropies (2, 3), not {tuple(out.shape)}"
assert torch.allclose(out, torch.full_like(out, 1.3863), atol=1e-3), f"four equal tokens: ln 4 = 1.386, not {out[0, 0]}"
out = token_entropy(torch.tensor([[0.0, float("-inf"), 0.0], [10_000.0, 0.0, -10_000.0]], device=device))
assert not out.isnan().any(), f"0 log 0 counts as 0, but the entropies are {out}"
right = torch.tensor([0.6931, 0.0], device=device)
assert torch.allclose(out, right, atol=1e-3), f"two equal tokens, then one certain token: {right}, not {out}"
assert token_entropy(x.double()).dtype == torch.float64, "float64 logits should give a float64 entropy"
print("token_entropy looks right")
### BEGIN HIDDEN TESTS
check("token_entropy")
### END HIDDEN TESTS

# %% [markdown]
# ### The entropy curve of a language model
# For a crystal you would heat it slowly and measure. Here we turn the knob $\tau$, for two prompts: one where the
# model has little doubt, one where much is possible. **Sketch what you expect before you run the cell:** where do the
# two curves begin, where do they end?

# %%
PROMPTS = ("when the switch is closed , the", "the student measures the")
with needs("Questions 1 and 2"):
    temperatures = [0.05 * 1.25**step for step in range(25)]
    highest, curves = torch.tensor(V).log().item(), {}
    for prompt in PROMPTS:
        logits = next_logits(prompt)
        heated = [apply_temperature(logits, tau) for tau in temperatures]
        curves[prompt] = token_entropy(torch.stack(heated)).tolist()
    print(f"S at the temperatures {temperatures[0]:.2f}, 1 and {temperatures[-1]:.1f}; ln V = {highest:.2f}")
    ax = plt.figure(figsize=(5.5, 3)).add_subplot()
    for prompt, curve in curves.items():
        ax.plot(temperatures, curve, label=prompt + " ...")
        at_one = token_entropy(next_logits(prompt))
        print(f"{prompt} ...  {curve[0]:.2f}, {at_one:.2f}, {curve[-1]:.2f}; e^S at 1: {at_one.exp():.1f} tokens")
    ax.axhline(highest, color="gray", linestyle=":")
    ax.axvline(1, color="gray", linewidth=0.8)
    ax.set(xscale="log", xlabel="temperature", ylabel="entropy in nats", ylim=(0, None))
    ax.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    ax.minorticks_off()
    ax.legend(fontsize=8, loc="center left")
    plt.show()

# %% [markdown]
# The dotted line is $\ln V$. The thin vertical line is $\tau = 1$, the temperature at which the model was trained.
#
# ## Question 3: entropy against temperature
# *20 minutes · difficulty ●●○ · 2 points, marked by hand*
#
# Write about 100 words, one point for each part:
#
# 1. **Read the curves.** Give the values at the cold end, at $\tau = 1$ and at the hot end, for both prompts. Why
#    *must* the curves end where they do, at both ends? When would the cold end not be 0?
# 2. **Between the ends.** Physicists call $\tau\, \mathrm{d}S / \mathrm{d}\tau$ the heat capacity. The axis of the
#    picture is logarithmic, so the heat capacity is simply the slope that you see. Where is it largest for each
#    prompt, and what happens to the tokens there? What does this mean for somebody who sets one temperature for a
#    whole text?

# %% [markdown] grade_id="entropy_curve" role="manual" points=2
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer.* (1) Cold, at 0.05: 0.00 for both. At 1: 0.14 for the switch, 3.32 for the student. Hot, at 10.6:
# 6.86 and 6.81, just below $\ln V = 6.93$. At the cold end only the best token is left, and $\ln 1 = 0$. At the hot
# end all $V$ tokens are equally likely, whatever the prompt was, so both curves end at $\ln V$. The cold end would
# not be 0 if two tokens had exactly the same, largest logit: then $\ln 2$ remains, like the residual entropy of a
# crystal with two ground states.
#
# (2) The switch: flat up to 1, then steep, most of all between 1.5 and 2.5, where $S$ goes from 1.0 to 4.6. There is
# a gap between *current* and everything else. As soon as the temperature bridges it, a great many tokens come in at
# once, nearly like melting. The student: the rise begins at 0.2 and is steepest around 1, since many tokens lie close
# together (*charge*, *current*, *power* and more) and come in one after the other. One temperature for a whole text
# cannot suit both. At 1 the open place is fully in motion and the sure one still frozen, and that is how the text was
# written. At 2 the sure place has melted as well: then *current* is lost where only *current* is right. Far below 1
# nothing moves any more, and every text becomes the same.
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. One point: the values at both ends and at 1, both limits explained (one token; all $V$ equally likely), and equal
#    largest logits named for the cold end. Half: values and one limit.
# 2. One point: the steep parts located on both curves (about 1.5 to 2.5, and around 1), connected with tokens
#    that come into play, and a consequence for a single temperature. Half: located without explanation, or the
#    consequence alone.
# ### END SOLUTION

# %% [markdown]
# ## Question 4: throw the dice
# *15 minutes · difficulty ●●○ · 2 points*
#
# Now choose. `sample_next` draws one token from each row, with the probabilities of softmax. Rows are independent of
# each other, also if they hold the same numbers.
#
# $$\Pr(\mathrm{token}_b = j) = \mathrm{softmax}(x_b)_j$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | logits | `(B, V)` |
# | token | one id for each row | `(B,)` long |
#
# **By hand**, for one row with $p = (0.2, 0.5, 0.3)$: add up the probabilities from the left, $0.2, 0.7, 1.0$. Draw a
# number $u$ between 0 and 1, and take the first token whose sum exceeds it. $u = 0.15$ gives token 0, $u = 0.6$ token
# 1, $u = 0.8$ token 2.
#
# Physics wants repeatable experiments. A `torch.Generator` is a source of random numbers with a state of its own. The
# same state gives the same draw. If one is given, your function draws from it and leaves the global source of torch
# alone: no `torch.manual_seed` inside.
#
# <details><summary>Hint</summary>
#
# `torch.multinomial(p, 1, generator=...)` draws from rows of probabilities. Mind the shape that it returns. It
# accepts `generator=None`.
# </details>


# %% grade_id="sample_next" role="solution"
def sample_next(logits: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One token drawn from the softmax of each row. logits: (B, V) -> (B,) long."""
    ### BEGIN SOLUTION
    return torch.multinomial(logits.softmax(dim=-1), 1, generator=generator).squeeze(-1)
    ### END SOLUTION


# %% grade_id="test_sample_next" role="test" points=2
source = torch.Generator(device)
x = torch.tensor([1.0, 0.0, 3.0], device=device).log().expand(4000, 3)  # p = 1/4, 0, 3/4 in each of 4000 rows
draws = sample_next(x, source.manual_seed(1))
assert isinstance(draws, Tensor), f"sample_next returned {type(draws).__name__}, not a tensor"
assert draws.shape == (4000,), f"4000 rows give 4000 tokens, shape (4000,), not {tuple(draws.shape)}"
assert draws.dtype == torch.long, f"ids are integers (torch.long), yours are {draws.dtype}"
assert not (draws == 1).any(), "a token of probability 0 was drawn: were logits taken for probabilities?"
assert not (draws == draws[0]).all(), "4000 rows drew the same token: take softmax, not argmax; one draw for each row"
share = (draws == 2).float().mean()
assert 0.69 < share < 0.81, f"a token of probability 3/4 came in {share:.1%} of 4000 draws: is it softmax?"
assert torch.equal(draws, sample_next(x, source.manual_seed(1))), "the same state of the generator, another draw"
assert not torch.equal(draws, sample_next(x, source)), "a generator moves on: its second draw should be another one"
state = torch.get_rng_state()
sample_next(x, source)
assert torch.equal(state, torch.get_rng_state()), "a generator was given, and yet the global state has changed"
assert not torch.equal(sample_next(x), sample_next(x)), "without a generator every draw is the same: a seed inside?"
far = torch.tensor([[10_000.0, -10_000.0], [-10_000.0, -9_000.0]], device=device)
assert sample_next(far).tolist() == [0, 1], "logits of 10,000: the likely token should come, always"
print("sample_next looks right")
### BEGIN HIDDEN TESTS
check("sample_next")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 5: top-k
# *10 minutes · difficulty ●○○ · 2 points*
#
# A vocabulary has a long tail: thousands of tokens, each with next to no probability. Together they are not rare. If
# 5% of the probability lies in the tail, a text of 60 tokens meets it three times, and one wrong word can spoil all
# that follows. The simplest cure ([Fan et al., 2018](https://arxiv.org/abs/1805.04833)): keep the $k$ largest logits,
# drop the others.
#
# $$x_j \leftarrow -\infty \quad \text{if} \quad x_j < x_{(k)}, \qquad x_{(k)} \text{ the } k\text{-th largest}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | logits | `(..., V)` |
# | $k$ | how many to keep, $k \ge 1$ | integer |
# | result | the same numbers, or $-\infty$ | `(..., V)` |
#
# **By hand.** $x = (1, 5, 3, 4)$, $k = 2$: the second largest is 4, so $(-\infty, 5, -\infty, 4)$. For $x = (2, 5,
# 2)$ and $k = 2$ the second largest is 2, nothing is smaller than 2, and all three stay: **ties stay**. $k \ge V$
# keeps all; $k < 1$ is a `ValueError`.
#
# *A mistake in print:* `top_k = 50` at the top of a program, and a loop below it that never uses it. Nothing
# complains, the text looks fine.
#
# <details><summary>Hint</summary>
#
# `logits.topk(k)` gives the `k` largest of each row, sorted. It fails if `k` is larger than the row. Which of them is
# the threshold? Keep its dimension (`[..., -1:]`) so that it can be compared with the row.
# </details>


# %% grade_id="top_k_filter" role="solution"
def top_k_filter(logits: Tensor, k: int) -> Tensor:
    """Rules out every token whose logit is smaller than the k-th largest of its row; ties stay.

    logits: (..., V) -> (..., V). All stay if k >= V. ValueError if k < 1.
    """
    ### BEGIN SOLUTION
    if k < 1:
        raise ValueError(f"at least one token has to stay, k = {k}")
    threshold = logits.topk(min(k, logits.shape[-1])).values[..., -1:]  # (..., 1)
    return logits.masked_fill(logits < threshold, float("-inf"))
    ### END SOLUTION


# %% grade_id="test_top_k_filter" role="test" points=2
x = torch.tensor([[1.0, 5.0, 3.0, 4.0], [9.0, -2.0, 7.0, 8.0]], device=device)
before = x.clone()
out = top_k_filter(x, 2)
assert isinstance(out, Tensor), f"top_k_filter returned {type(out).__name__}, not a tensor"
assert out.shape == x.shape, f"dropped tokens keep their place: expected {tuple(x.shape)}, got {tuple(out.shape)}"
right = torch.tensor([[-INF, 5.0, -INF, 4.0], [9.0, -INF, -INF, 8.0]], device=device)
assert torch.equal(out, right), f"k = 2 keeps two in each row,\n{right}, but the result is\n{out}"
assert torch.equal(x, before), "the input was changed: masked_fill makes a copy, masked_fill_ does not"
x = torch.tensor([2.0, 5.0, 5.0, 1.0, 2.0], device=device)
right = torch.tensor([2.0, 5.0, 5.0, -INF, 2.0], device=device)
out = top_k_filter(x, 3)
assert torch.equal(out, right), f"the third largest is 2, and both 2 stay: expected {right}, got {out}"
assert torch.equal(top_k_filter(x, 50), x), "with k larger than the vocabulary all stay"
assert top_k_filter(x.half(), 2).dtype == torch.float16, "float16 logits should stay float16"
try:
    top_k_filter(x, 0)
except ValueError:
    pass
else:
    raise AssertionError("k = 0 would leave nothing: raise a ValueError")
print("top_k_filter looks right")
### BEGIN HIDDEN TESTS
check("top_k_filter")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 6: top-p
# *30 minutes · difficulty ●●● · 4 points*
#
# Which $k$ is right? After *when the switch is closed, the* hardly more than one token makes sense, after *the
# student measures the* there are more than twenty. A fixed $k$ is too generous in one place and too strict in the
# other. So fix the *probability* to be kept, and let the number follow ([Holtzman et al.,
# 2020](https://arxiv.org/abs/1904.09751)): **keep the smallest set of most likely tokens whose probabilities sum to
# at least $p$**. It is called top-p, or nucleus sampling.
#
# With the tokens of a row in the order of their probability, $p_{(1)} \ge p_{(2)} \ge \dots$
#
# $$\text{keep the first } m \text{ of them}, \qquad m = \min \{\, n : p_{(1)} + \dots + p_{(n)} \ge p \,\}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | logits | `(..., V)` |
# | $p$ | probability to keep, $0 < p \le 1$ | a number |
# | result | the same numbers, or $-\infty$ | `(..., V)` |
#
# **By hand.** Probabilities $(0.1, 0.4, 0.2, 0.3)$.
#
# | token, most likely first | 1 | 3 | 2 | 0 |
# |---|---|---|---|---|
# | probability | 0.4 | 0.3 | 0.2 | 0.1 |
# | sum up to here | 0.4 | 0.7 | 0.9 | 1.0 |
# | sum *before* it | 0 | 0.4 | 0.7 | 0.9 |
# | kept for $p = 0.5$? | ✓ | ✓ | | |
# | kept for $p = 0.3$? | ✓ | | | |
#
# The token that crosses the line is kept: for $p = 0.5$ the sum 0.4 is not enough, so token 3 is needed as well.
#
# *A mistake in print:* "keep the tokens whose cumulative probability is at most $p$". For $p = 0.3$ above that keeps
# nothing at all, and the next line divides 0 by 0. Which row of the table does one compare with $p$ to get it right?
#
# Three traps more. **Equal tokens:** four tokens of $\tfrac14$ each and $p = 0.5$ make two, not four; which two does
# not matter. **$p = 1$** keeps every token whose logit is finite: but a sum of rounded numbers may reach 1 too early.
# **16 bits:** a sum over thousands of tokens needs `float32`.
#
# <details><summary>Hint 1: sort, and the way back</summary>
#
# `values, order = logits.sort(dim=-1, descending=True)` sorts each row and says where each number came from. You
# decide in the sorted order who is dropped; `torch.zeros_like(mask).scatter(-1, order, mask)` brings such a decision
# back to the original places.
# </details>
#
# <details><summary>Hint 2: the sum before</summary>
#
# `cumsum` includes the token itself. Subtract its own probability and you have the sum before it. The first token
# has the sum 0 before it, and 0 is never as large as $p$: so it always stays, and no special case is needed.
# </details>
#
# <details><summary>Hint 3: p = 1</summary>
#
# There is nothing to calculate: what is asked for is the input.
# </details>


# %% grade_id="top_p_filter" role="solution"
def top_p_filter(logits: Tensor, p: float) -> Tensor:
    """Keeps the smallest set of most likely tokens whose probabilities sum to at least p, and rules out the others.

    logits: (..., V) -> (..., V). Among equal tokens any may be kept, but never more than needed. p = 1 keeps every
    finite logit. ValueError unless 0 < p <= 1.
    """
    ### BEGIN SOLUTION
    if not 0 < p <= 1:
        raise ValueError(f"p is larger than 0 and at most 1, not {p}")
    if p == 1:
        return logits
    values, order = logits.sort(dim=-1, descending=True)
    probabilities = values.softmax(dim=-1, dtype=torch.promote_types(logits.dtype, torch.float32))
    before = probabilities.cumsum(dim=-1) - probabilities  # the sum over the tokens more likely than this one
    dropped = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(dropped, float("-inf"))
    ### END SOLUTION


# %% grade_id="test_top_p_filter" role="test" points=4
x = torch.tensor([[1.0, 4.0, 2.0, 3.0], [7.0, 1.0, 1.9, 0.1]], device=device).log()  # both rows sum to 10
before = x.clone()


def kept(logits, p):
    """Which tokens your function keeps; what it keeps must be as it was."""
    out = top_p_filter(logits, p)
    assert isinstance(out, Tensor), f"top_p_filter returned {type(out).__name__}, not a tensor"
    assert out.shape == logits.shape, f"dropped tokens keep their place: {tuple(logits.shape)}, not {tuple(out.shape)}"
    assert out.dtype == logits.dtype, f"the logits were {logits.dtype}, the result is {out.dtype}"
    stays = out > -INF
    assert torch.equal(out[stays], logits[stays]), "dropped tokens become -inf, others keep logit AND place: sort back"
    return stays.long().tolist()


found = kept(x, 0.5)
crossing = [[0, 1, 0, 0], [0, 0, 0, 0]], [[0, 1, 0, 0], [1, 0, 0, 0]]
assert found not in crossing, "the token that crosses p is part of the set: compare the sum BEFORE it with p"
assert found[0] != [1, 1, 0, 0], "in sorted order it is right, but the decision was not brought back to its places"
assert found == [[0, 1, 0, 1], [1, 0, 0, 0]], f"p = 0.5 keeps 0.4 and 0.3 in row 0, 0.7 in row 1. You keep {found}"
assert kept(x, 0.05) == [[0, 1, 0, 0], [1, 0, 0, 0]], "the most likely token always stays, also for a small p"
found = kept(x, 0.95)
assert found == [[1, 1, 1, 1], [1, 1, 1, 0]], f"0.4 + 0.3 + 0.2 is less than 0.95, 0.7 + 0.19 + 0.1 is more: {found}"
assert kept(x[0], 0.5) == [0, 1, 0, 1], "one row without a batch should work as well"
assert torch.equal(x, before), "the input was changed"
found = kept(torch.zeros(4, device=device), 0.5)
assert sum(found) == 2, f"four equal tokens and p = 0.5: two are enough, you keep {sum(found)}. A threshold keeps ties"
found = kept(torch.tensor([0.0, -30.0, -60.0, -INF], device=device), 1.0)
assert found == [1, 1, 1, 0], f"p = 1 keeps every finite logit, however small: you keep {found}"
found = kept(torch.zeros(6000, dtype=torch.float16, device=device), 0.5)
assert abs(sum(found) - 3000) < 5, f"of 6000 equal tokens half is needed, you keep {sum(found)}: calculate in float32"
for bad in (0.0, 1.1):
    try:
        top_p_filter(x, bad)
    except ValueError:
        pass
    else:
        raise AssertionError(f"p = {bad}: raise a ValueError")
print("top_p_filter looks right")
### BEGIN HIDDEN TESTS
check("top_p_filter")
### END HIDDEN TESTS

# %% [markdown]
# ### Four ways to cut the same list
# One row for each prompt: the model's own probabilities, then cooled, then cut by top-k, then cut by top-p. The title
# says how many tokens are still possible.

# %%
with needs("Questions 1, 5 and 6"):
    for prompt in PROMPTS:
        raw = next_logits(prompt)
        ways = {
            "as it is": raw,
            "temperature 0.5": apply_temperature(raw, 0.5),
            "top-k, k = 3": top_k_filter(raw, 3),
            "top-p, p = 0.8": top_p_filter(raw, 0.8),
        }
        print(prompt, "...")
        next_token_bars([(f"{way}: {(logits > -INF).sum()}", logits) for way, logits in ways.items()])

# %% [markdown]
# **Read it.** Cooling changes all ratios and forbids nothing. Top-k and top-p forbid, and leave the ratios among the
# rest as they are. Three tokens are too many after the first prompt and too few after the second: which one would you
# miss most? Top-p kept another number each time. Compare it with the $e^S$ that you found with the entropy curve.

# %% [markdown]
# ## Question 7: greedy
# *10 minutes · difficulty ●○○ · 2 points*
#
# The limit $\tau \to 0$: always the most likely token. This is also the first complete loop, and the others follow
# its pattern. Append the token, run the model on the longer text, take the logits of the **last** place.
#
# $$\mathrm{id}_{T} = \arg\max_j\; x_{T-1,\, j}, \qquad x = \mathrm{model}(\mathrm{id}_0, \dots, \mathrm{id}_{T-1})$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | `ids` | the prompt | `(1, T)` long |
# | `model(ids).logits` | $x$ | `(1, T, V)` |
# | result | the prompt and $n$ new tokens | `(1, T + n)` |
#
# `max_new_tokens` counts the **new** tokens. If `eos_token_id` is given (eos: end of sequence) and the loop *makes*
# this token, the token is kept and the loop ends. An eos inside the prompt ends nothing.
#
# *A mistake in print:* `model.generate(..., max_length=50)`, with the comment "50 new tokens". There `max_length`
# counts the prompt too.
#
# **By hand**, with a model that looks at the last token only: after 0 comes most likely 2, after 2 comes 1, after 1
# comes 2. From the prompt `[[0]]` greedy makes 0, 2, 1, 2, 1, 2, ... A fixed rule with few states must go in circles.
# Watch what your physics model does.
#
# <details><summary>Hint</summary>
#
# `torch.no_grad()` saves the memory for gradients that nobody wants. `argmax(dim=-1, keepdim=True)` keeps a
# dimension, so that the new token can be joined to `ids` by `torch.cat` along dimension 1.
# </details>


# %% grade_id="greedy" role="solution"
def greedy(model: nn.Module, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    """Appends the most likely token, again and again. ids: (1, T) long -> (1, T + n), n <= max_new_tokens.

    Stops after an eos that it made; that eos is kept.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for _ in range(max_new_tokens):
            token = model(ids).logits[:, -1].argmax(dim=-1, keepdim=True)  # (1, 1)
            ids = torch.cat([ids, token], dim=1)
            if eos_token_id is not None and token.item() == eos_token_id:
                break
    return ids
    ### END SOLUTION


# %% grade_id="test_greedy" role="test" points=2
toy = Markov([[0.1, 0.3, 0.6, 0.0], [0.2, 0.0, 0.7, 0.1], [0.3, 0.4, 0.1, 0.2], [0.0, 0.2, 0.2, 0.6]])
start = torch.tensor([[3, 0]], device=device)
out = greedy(toy, start, 4)
assert isinstance(out, Tensor), f"greedy returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (1, 6), f"2 tokens and 4 new ones have the shape (1, 6), not {tuple(out.shape)}: count the NEW ones"
assert out[0, :2].tolist() == [3, 0], "the result begins with the prompt"
assert out[0, 2] == 2, f"after 0 token 2 is most likely, you took {out[0, 2]}: take the logits of the LAST place"
assert out.tolist() == [[3, 0, 2, 1, 2, 1]], f"0 leads to 2, 2 to 1, 1 to 2: [[3, 0, 2, 1, 2, 1]], not {out.tolist()}"
assert start.tolist() == [[3, 0]], "the prompt was changed"
counted = Counted(toy)
greedy(counted, start, 4)
assert counted.largest == 5, f"the last call saw {counted.largest} tokens of a text of 5: give the model the WHOLE text"
out = greedy(toy, start, 4, eos_token_id=1)
assert out.tolist() == [[3, 0, 2, 1]], f"with eos 1 the text ends with the 1, which is kept, not {out.tolist()}"
out = greedy(toy, start, 3, eos_token_id=3)
assert out.shape == (1, 5), "an eos in the prompt ends nothing: only one that greedy made"
out = greedy(toy, torch.tensor([[1, 2]], device=device), 2, eos_token_id=0)
assert out.tolist() == [[1, 2, 1, 2]], "an eos that never comes ends nothing"
print("greedy looks right")
### BEGIN HIDDEN TESTS
check("greedy")
### END HIDDEN TESTS

# %%
with needs("Question 7"):
    ids = greedy(model, encode("the unit of"), 80)
    print(decode(ids))
    print(f"{repeated(ids, 3):.0%} of the runs of three tokens are repetitions")

# %% [markdown]
# ## Question 8: a penalty for repetition
# *20 minutes · difficulty ●●○ · 2 points*
#
# A popular cure: make every token that has been used before less likely ([Keskar et al.,
# 2019](https://arxiv.org/abs/1909.05858)). With a penalty $\theta > 1$, for each token $j$ that occurs in the text:
#
# $$x_j \leftarrow \begin{cases} x_j / \theta & x_j > 0 \\ x_j \cdot \theta & x_j \le 0 \end{cases}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | logits | `(..., V)` |
# | ids | the tokens of the text so far | `(..., T)` long |
# | $\theta$ | penalty, $\theta > 0$; 1 changes nothing | a number |
#
# The two cases are there because dividing a *negative* number by $\theta$ would bring it closer to zero: a reward.
#
# **By hand.** $x = (2, -2, 3)$, text $(0, 1, 0)$, $\theta = 2$: token 0 gets $2/2 = 1$, **once**, although it occurs
# twice; token 1 gets $-2 \cdot 2 = -4$; token 2 keeps 3.
#
# <details><summary>Hint 1: no loop</summary>
#
# `logits.gather(-1, ids)` gives the logits of the tokens in the text, in the order of the text. Change these, and
# write them back with `scatter`. A token that occurs twice is then written twice, with the same number.
# </details>
#
# <details><summary>Hint 2: the two cases</summary>
#
# `torch.where(condition, a, b)` takes from `a` where the condition is True, else from `b`.
# </details>


# %% grade_id="repetition_penalty" role="solution"
def repetition_penalty(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Makes tokens that occur in ids less likely: positive logits are divided by `penalty`, the others multiplied.

    logits: (..., V), ids: (..., T) long -> (..., V). Each token once. ValueError unless penalty > 0.
    """
    ### BEGIN SOLUTION
    if penalty <= 0:
        raise ValueError(f"a penalty is larger than 0, not {penalty}")
    used = logits.gather(-1, ids)  # (..., T)
    return logits.scatter(-1, ids, torch.where(used > 0, used / penalty, used * penalty))
    ### END SOLUTION


# %% grade_id="test_repetition_penalty" role="test" points=2
x = torch.tensor([[2.0, -2.0, 3.0, -INF], [1.0, 4.0, -1.0, 5.0]], device=device)
text = torch.tensor([[0, 1, 0], [3, 3, 3]], device=device)
before = x.clone()
out = repetition_penalty(x, text, 2.0)
assert isinstance(out, Tensor), f"repetition_penalty returned {type(out).__name__}, not a tensor"
assert out.shape == x.shape, f"the logits keep their shape {tuple(x.shape)}, not {tuple(out.shape)}"
assert out[0, 1] != -1, "token 1 has the logit -2; dividing makes it -1, MORE likely: multiply negative ones"
assert out[0, 0] != 0.5, "token 0 occurs twice in the text and was divided twice: each token once"
assert out[0, 2] == 3, "token 2 does not occur in the text, its logit stays 3"
assert out[1, 1] == 4, "row 1 was changed by the text of row 0: each row has its own"
right = torch.tensor([[1.0, -4.0, 3.0, -INF], [1.0, 4.0, -1.0, 2.5]], device=device)
assert torch.equal(out, right), f"expected\n{right}, got\n{out}"
assert torch.equal(x, before), "the input was changed: scatter makes a copy, scatter_ does not"
assert torch.equal(repetition_penalty(x, text, 1.0), x), "a penalty of 1 changes nothing"
assert repetition_penalty(x[0], text[0], 2.0).shape == (4,), "one row without a batch should work as well"
try:
    repetition_penalty(x, text, 0.0)
except ValueError:
    pass
else:
    raise AssertionError("a penalty of 0: raise a ValueError")
print("repetition_penalty looks right")
### BEGIN HIDDEN TESTS
check("repetition_penalty")
### END HIDDEN TESTS

# %% [markdown]
# Anything that returns logits is a model for `greedy`. So put the penalty between the model and the loop:


# %%
class Penalised(nn.Module):
    """The course's model, with the penalty on its last logits."""

    def __init__(self, penalty):
        super().__init__()
        self.penalty = penalty

    def forward(self, ids):
        last = model(ids).logits[:, -1]
        return SimpleNamespace(logits=repetition_penalty(last, ids, self.penalty)[:, None])


with needs("Questions 7 and 8"):
    prompt = encode("the student holds a magnet to a piece of cobalt .\nit sticks , because")
    for penalty in (1.0, 1.2, 2.0):
        print(f"penalty {penalty}: {decode(greedy(Penalised(penalty), prompt, 24))}\n")

# %% [markdown]
# **Read it.** The prompt ends with *because*. Without penalty the right metal follows, and afterwards the same story
# begins again. With 1.2 the circle is broken. But look which metal is magnetic now: the right word stood in the text
# already, so another one took its place. The penalty does not ask *which* word is repeated. It also falls on *the*,
# *a* and the full stop, which every sentence needs, and with 2.0 the grammar breaks.
#
# **And as a physicist:** add a constant to all logits, and softmax gives the same probabilities, since the zero of
# energy is free. But $x_j > 0$ or $x_j \le 0$ does depend on the zero. The penalty treats two descriptions of the
# same state differently. It is a trick that often works, not a law.

# %% [markdown]
# ## Question 9: generate
# *20 minutes · difficulty ●●○ · 3 points · uses Questions 1, 4, 5 and 6*
#
# Now all in one loop, as in every program that writes text: the logits of the last place, **temperature, then top-k,
# then top-p, then draw**.
#
# | argument | meaning |
# |---|---|
# | `model`, `ids`, `max_new_tokens`, `eos_token_id` | as in Question 7 |
# | `temperature` | as in Question 1 |
# | `top_k`, `top_p` | as in Questions 5 and 6; `None`: no such filter |
# | `generator` | as in Question 4 |
#
# The order matters. **By hand:** $p = (0.7, 0.2, 0.1)$, temperature 10, `top_p=0.6`. Heated first, the probabilities
# are $(0.37, 0.33, 0.30)$, and two tokens stay. Cut first, only token 0 stays, and no heat brings the others back.
#
# Bad values raise a `ValueError`, as they do in your filters: use your functions, and that comes by itself. And leave
# the model as you found it: if the caller had it in training mode, it is in training mode afterwards.
#
# *A mistake in print:* `model.generate(ids, temperature=0.9)`, in the belief that this makes the text livelier. In
# that library temperature is used only with `do_sample=True`. Without it the call is greedy.


# %% grade_id="generate" role="solution"
def generate(
    model: nn.Module,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Appends tokens drawn at random. ids: (1, T) long -> (1, T + n), n <= max_new_tokens.

    For each: the temperature, then top-k, then top-p, then the draw; None leaves a filter out. Stops after an eos
    that it made; that eos is kept. ValueError for values that the filters refuse.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = apply_temperature(model(ids).logits[:, -1], temperature)  # (1, V)
            if top_k is not None:
                logits = top_k_filter(logits, top_k)
            if top_p is not None:
                logits = top_p_filter(logits, top_p)
            token = sample_next(logits, generator)  # (1,)
            ids = torch.cat([ids, token.unsqueeze(1)], dim=1)
            if eos_token_id is not None and token.item() == eos_token_id:
                break
    return ids
    ### END SOLUTION


# %% grade_id="test_generate" role="test" points=3
toy = Markov([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.7, 0.2, 0.1]]).train()
start, source = torch.tensor([[2, 1]], device=device), torch.Generator(device)
out = generate(toy, start, 300, generator=source.manual_seed(1))
assert isinstance(out, Tensor), f"generate returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (1, 302), f"2 tokens and 300 new ones have the shape (1, 302), not {tuple(out.shape)}"
assert out[0, :2].tolist() == [2, 1], "the result begins with the prompt"
assert set(out[0, 2:].tolist()) == {0, 1, 2}, "300 draws at p = 0.7, 0.2, 0.1 should show every token"
assert torch.equal(out, generate(toy, start, 300, generator=source.manual_seed(1))), "the same seed, another text"


def drawn(**settings):
    """Which tokens come in 200 draws."""
    return set(generate(toy, start, 200, generator=source, **settings)[0, 2:].tolist())


assert drawn(temperature=0.05) == {0}, "at temperature 0.05 only the most likely token should come: is it applied?"
assert drawn(top_k=2) == {0, 1}, "top_k=2 leaves the two most likely tokens: is it applied?"
assert drawn(top_p=0.8) == {0, 1}, "top_p=0.8 leaves 0.7 and 0.2: is it applied?"
assert drawn(temperature=10.0, top_p=0.6) == {0, 1}, "first temperature, then top-p: hot, two tokens are needed for 0.6"
# After top-k = 2 the first token has 0.7 / 0.9 = 0.78, which is enough for p = 0.75.
assert drawn(top_k=2, top_p=0.75) == {0}, "first top-k, then top-p, which sees the probabilities that top-k has left"
out = generate(toy, start, 300, eos_token_id=2, generator=source.manual_seed(1))
ends = (out[0, 2:] == 2).nonzero().flatten().tolist()
assert ends == [out.shape[1] - 3], "the text ends with the first eos that it made (not one in the prompt), and keeps it"
counted = Counted(toy)
generate(counted, start, 4, generator=source)
assert counted.largest == 5, f"the last call saw {counted.largest} tokens of a text of 5: give the model the WHOLE text"
assert toy.training, "the model was in training mode before, and is not now: leave it as you found it"
for bad in ({"temperature": 0.0}, {"top_k": 0}, {"top_p": 0.0}):
    try:
        generate(toy, start, 1, **bad)
    except ValueError:
        pass
    else:
        raise AssertionError(f"{bad}: raise a ValueError (0 does not mean 'off': `if top_k:` would say so)")
print("generate looks right")
### BEGIN HIDDEN TESTS
check("generate")
### END HIDDEN TESTS

# %% [markdown]
# ### One model, several characters

# %%
SETTINGS = {
    "temperature 0.3": {"temperature": 0.3},
    "temperature 1": {},
    "temperature 2": {"temperature": 2.0},
    "temperature 2, top-k 5": {"temperature": 2.0, "top_k": 5},
    "temperature 1, top-p 0.9": {"top_p": 0.9},
}
with needs("Questions 1, 4, 5, 6 and 9"):
    prompt = encode("the student")
    for name, settings in SETTINGS.items():
        source = torch.Generator(device).manual_seed(3)
        ids = generate(model, prompt, 40, eos_token_id=tokenizer.eos_token_id, generator=source, **settings)
        print(f"{name}: {mean_surprise(ids, prompt.shape[1]):.2f} nats a token\n{decode(ids)}\n")

# %% [markdown]
# **Read it.** Which of these sentences would a physicist sign? What does top-k save at temperature 2, and what does
# it not save? (Follow the metal.)
#
# The surprise is that of the model as it is, at temperature 1. What it should be can be said without any experiment:
# if each token is drawn at $\tau = 1$, the mean surprise over many texts *is* the mean entropy, by the definition of
# entropy. Colder texts are less surprising than the model expects of a text. That is how they can be recognised.

# %% [markdown]
# ## Question 10: beam search
# *40 minutes · difficulty ●●● · 3 points*
#
# Greedy takes the best *next* token. Does that make the best *text*? The probability of a text is the product of the
# probabilities of its tokens:
#
# $$\ln P = \sum_{t} \ln p(\mathrm{id}_t \mid \mathrm{id}_0, \dots, \mathrm{id}_{t-1})$$
#
# **By hand.** After the prompt comes A with 0.6 or B with 0.4. After A everything is open, the best continuation has
# 0.3. After B there is one with 0.9.
#
# | way | first | second | product |
# |---|---|---|---|
# | greedy | A, 0.6 | 0.3 | 0.18 |
# | the better one | B, 0.4 | 0.9 | **0.36** |
#
# Greedy stepped into the nearest valley and did not see the deeper one behind the hill. To try all $V^n$ texts is
# hopeless. **Beam search** keeps the $W$ best texts of each length:
#
# 1. Begin with one beam, the prompt, with $\ln P = 0$.
# 2. Run the model on all beams at once. Each beam has $V$ continuations: $\ln P$ of the beam plus $\ln p$ of the
#    token.
# 3. Of all these, take the $W$ best (or all, if there are fewer). They are the new beams. Several may have the same
#    parent; some parents die out.
# 4. After `max_new_tokens` rounds return the best beam.
#
# | symbol | meaning | shape |
# |---|---|---|
# | ids | the prompt | `(1, T)` long |
# | beams | the texts that are kept | `(W, T + t)` |
# | $\ln P$ | their totals | `(W,)` |
# | candidates | totals of all continuations | `(W, V)` |
# | result | the best text | `(1, T + max_new_tokens)` |
#
# There is no eos here, and no division by the length: all beams are equally long. $W$ may be larger than $V$; then
# the first round has only $V$ beams.
#
# <details><summary>Hint 1: logits are not enough</summary>
#
# Totals of different beams are compared, so each row must be normalised: `log_softmax`. (Within one row logits would
# do: greedy does not need it.)
# </details>
#
# <details><summary>Hint 2: which beam, which token?</summary>
#
# Flatten the candidates `(W, V)` to `W * V` numbers and use `topk`. Entry $i$ belongs to beam `i // V` and token
# `i % V`. `beams[parents]` copies rows in a new order.
# </details>
#
# <details><summary>Hint 3: more asked for than there are</summary>
#
# `topk` fails if you ask for more than there is: take the smaller of the two numbers.
# </details>


# %% grade_id="beam_search" role="solution"
def beam_search(model: nn.Module, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """The text of largest total log-probability among the beams kept. ids: (1, T) long -> (1, T + max_new_tokens)."""
    ### BEGIN SOLUTION
    beams, totals = ids, torch.zeros(1, device=ids.device)
    with torch.no_grad():
        for _ in range(max_new_tokens):
            log_p = model(beams).logits[:, -1].log_softmax(dim=-1)  # (W, V)
            candidates = (totals.unsqueeze(1) + log_p).flatten()  # (W * V,)
            totals, best = candidates.topk(min(beam_width, len(candidates)))
            parents, tokens = best // log_p.shape[1], best % log_p.shape[1]
            beams = torch.cat([beams[parents], tokens.unsqueeze(1)], dim=1)
    return beams[:1]
    ### END SOLUTION


# %% grade_id="test_beam_search" role="test" points=3
# From 0: to 1 (A) with 0.6, to 2 (B) with 0.4. From A all is open. From B to 3 with 0.9.
toy = Markov([[0.0, 0.6, 0.4, 0.0], [0.2, 0.3, 0.3, 0.2], [0.05, 0.05, 0.0, 0.9], [0.25, 0.25, 0.25, 0.25]])
start = torch.tensor([[3, 0]], device=device)
out = beam_search(toy, start, 2, 2)
assert isinstance(out, Tensor), f"beam_search returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (1, 4), f"one text of 2 + 2 tokens has the shape (1, 4), not {tuple(out.shape)}"
assert out[0, 2] != 1, "A was taken, as greedy does: keep two beams, and decide by the product of probabilities"
assert out.tolist() == [[3, 0, 2, 3]], f"B and then 3 has 0.4 * 0.9 = 0.36, the best. You returned {out.tolist()}"
out = beam_search(toy, start, 1, 2)
assert out[0, 2] == 1, "with one beam it is greedy, which takes A first"
out = beam_search(toy, start, 100, 3)
assert out.shape == (1, 5), f"a beam wider than the vocabulary is allowed; the shape is (1, 5), not {tuple(out.shape)}"
assert out.tolist() == [[3, 0, 1, 2, 3]], "with all texts kept, the best is A, B, 3 with 0.6 * 0.3 * 0.9 = 0.162"

# Raw logits: row 1 is large everywhere, which says nothing about its probabilities.
toy.scores[1] += 5
out = beam_search(toy, start, 2, 2)
assert out.tolist() == [[3, 0, 2, 3]], "a constant added to a row changed the result: add up log_softmax, not logits"
# The best beam of the second round does not come from the best one of the first: parents and tokens belong together.
toy = Markov([[0.0, 0.5, 0.3, 0.2], [0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 0.1, 0.9], [0.9, 0.04, 0.03, 0.03]])
out = beam_search(toy, start, 3, 3)
assert out.tolist() == [[3, 0, 2, 3, 0]], f"the best has 0.3 * 0.9 * 0.9: 3, 0, 2, 3, 0, not {out.tolist()}"
assert beam_search(toy, start, 2, 0).tolist() == start.tolist(), "no new tokens: the prompt comes back"
print("beam_search looks right")
### BEGIN HIDDEN TESTS
check("beam_search")
### END HIDDEN TESTS

# %% [markdown]
# ### A better text?

# %%
with needs("Question 10"):
    prompt = encode("why does")
    for width in (1, 4, 8):
        ids = beam_search(model, prompt, width, 20)
        total = -20 * mean_surprise(ids, prompt.shape[1])
        print(f"{width} beams, ln P = {total:.2f}: {decode(ids)}")

# %% [markdown]
# Four beams find a more probable text than greedy, and eight beams a still more probable one: $e^{5.7} \approx 300$
# times as probable as greedy's. Each of them left the greedy path at a word that was not the best one there. There is
# no guarantee, though: try the prompt *gravity* with one and with two beams. And is the most probable text the best?

# %% [markdown]
# ## Question 11: quality, speed and memory
# *30 minutes · difficulty ●●○ · 2 points, marked by hand*
#
# Which way of choosing is the best? Measure it. The cell below counts, for one prompt and 40 new tokens:
#
# - **quality**, as far as it can be counted: the mean surprise (nats a token) and the share of repeated runs of three
#   tokens;
# - **speed**: how many tokens went through the model (seconds would differ from computer to computer);
# - **memory**: the largest number of tokens in one call. With a KV cache, as in the last notebook, each of them would
#   hold $2 L D$ numbers of 4 bytes.
#
# Add at least one way of your own to `WAYS`, and read the texts: `show = True`.

# %%
STARTS = ("the unit of",)  # more prompts give better numbers, and take longer
WAYS = {
    "greedy": lambda model, ids, source: greedy(model, ids, 40),
    "sampling, temperature 1": lambda model, ids, source: generate(model, ids, 40, generator=source),
    "temperature 0.7, top-p 0.9": lambda model, ids, source: generate(
        model, ids, 40, temperature=0.7, top_p=0.9, generator=source
    ),
    "beam search, 4 beams": lambda model, ids, source: beam_search(model, ids, 4, 40),
}
show = False
with needs("Questions 1, 4, 6, 7, 9 and 10"):
    per_token = 2 * model.config.n_layer * model.config.n_embd * 4
    lines = [f"{'':27} surprise  repeated    tokens  cache, KiB"]
    for name, way in WAYS.items():
        counted, source = Counted(model), torch.Generator(device).manual_seed(0)
        surprise = copies = 0.0
        for text in STARTS:
            prompt = encode(text)
            ids = way(counted, prompt, source)
            surprise += mean_surprise(ids, prompt.shape[1]) / len(STARTS)
            copies += repeated(ids, prompt.shape[1]) / len(STARTS)
            if show:
                print(f"{name}: {decode(ids)}\n")
        cache = counted.largest * per_token / 1024
        lines.append(f"{name:27} {surprise:8.2f} {copies:9.0%} {counted.tokens:9} {cache:11.0f}")
    print("\n".join(lines))

# %% [markdown]
# Fill in the table, with the numbers you measured and a judgement of your own (1 to 5) after reading the texts. Then
# write about 80 words: one point for the table, one for the text.
#
# - Which way would you take for a program that answers questions on physics, which one for one that invents exam
#   questions? Say which number decides.
# - Greedy takes the most probable token each time. Is its text the most probable one in your table? Explain what you
#   see. And why would "most probable" still not be the same as "good"?

# %% [markdown] grade_id="quality_speed_memory" role="manual" points=2
# | way | surprise | repeated | my judgement | tokens | cache |
# |---|---|---|---|---|---|
# | greedy | | | | | |
#
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer.*
#
# | way | surprise | repeated | my judgement | tokens | cache |
# |---|---|---|---|---|---|
# | greedy | 0.52 | 18% | 2 | 900 | 126 KiB |
# | sampling | 0.58 | 5% | 4 | 900 | 126 KiB |
# | 0.7, top-p 0.9 | 0.27 | 0% | 4 | 900 | 126 KiB |
# | 4 beams | 0.46 | 0% | 4 | 3591 | 504 KiB |
# | mine: top-k 5 | 0.50 | 3% | 4 | 900 | 126 KiB |
#
# For answers I take the four beams: the same question gets the same answer, nothing is repeated, and each sentence
# was right. They cost four times the tokens and the memory, which is bearable for one sentence. (Greedy is as steady
# and costs the least. Its first sentence was right, but then a magnet held copper "because cobalt is magnetic", and
# 18% was repetition.) For exam questions I take temperature 0.7 with top-p 0.9: at the price of greedy it gives a new
# text each time, and the tail of unlikely tokens is cut off.
#
# Greedy did not write the most probable text: 0.52 nats a token against 0.46 for the beams, and even 0.27 for a text
# drawn at random. It never looks ahead, so a first word that is only slightly better can lead to a place where every
# continuation is expensive. (The 0.27 is one draw: with another seed it may be above greedy.) And the most probable
# text is the one that the model has met most often. It says little that is new, and it is always the same one. Also
# the model is the judge here: low surprise means "as I would have said it", not "true".
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. The table. One point: all rows filled with measured numbers and a judgement, and one way of the student's own.
#    Half: a row or a column is missing. Numbers may differ, since seeds and ways do.
# 2. The text. One point: a choice for each of the two programs with a number that decides it (cost, surprise,
#    repetition), and why greedy is not the most probable text (it does not look ahead), and a reason why most
#    probable is not good (dull, always the same, the model judges itself, likely is not true). Half: two of the
#    three.
# ### END SOLUTION

# %% [markdown]
# ## What this does not show
# - **Truth.** No way of choosing adds knowledge. A cold model repeats what it holds for likely, true or not.
# - **A fair judge.** In Question 11 the surprise is measured by the model that wrote the text: the defendant is the
#   judge. One prompt and forty tokens show how one measures. They do not settle which way is best.
# - **Thermodynamics.** The formula is Boltzmann's, but there is no heat bath and no equilibrium. Also, each token is
#   heated by itself, given those before it. That is not the same as giving each *whole text* the weight
#   $P^{1/\tau}$, which is what Boltzmann would do.
# - **Real programs.** They keep keys and values of old tokens in a cache, as in the last notebook, and write many
#   texts at once. The choice of the token stays what it is here.
# - **Every trick.** There are many more filters and penalties. You can now read their code, and ask the same
#   questions: what does it forbid, what does it cost, and who measured that it helps?
