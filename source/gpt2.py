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
# # GPT-2: open the file and run it yourself
#
# > the unit of force is the ...
#
# You know the next word. So does a file on your disk. It holds no dictionary and no rule, only numbers in a few dozen
# tables. Something must be done with these numbers and with the six words above, so that *newton* comes out. What?
#
# The answer is about thirty lines of arithmetic: table look-ups, products of matrices, and one bent curve. They are
# the same lines for the small model in this folder, which has read nothing but short sentences on physics, and for
# the GPT-2 that OpenAI published in 2019 ([Radford et
# al.](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf)). In
# this notebook you write them, and your numbers will agree with those of the library that everybody uses. Then you
# ask the model what it finds surprising, and what it costs to make it write.
#
# **At the end you will be able to**
#
# - name every table in GPT-2's file, say what it is for, and count its numbers;
# - turn a text into probabilities for the next token, with nothing hidden in a library;
# - measure surprise in nats, and say what a perplexity does and does not tell;
# - let a model write without doing all the old work again for each new token, and say what that costs in memory.
#
# | Question | minutes | difficulty | points |
# |---|---|---|---|
# | 1 `count_parameters` | 15 | ●○○ | 2 |
# | 2 `gelu` | 10 | ●○○ | 2 |
# | 3 `gpt2_logits` | 60 | ●●● | 7 |
# | 4 `cross_entropy` | 25 | ●●○ | 3 |
# | 5 `perplexity` | 15 | ●●○ | 2 |
# | 6 `decode_step` | 45 | ●●● | 5 |
# | 7 where is it surprised? (in words) | 25 | ●●○ | 3 |
#
# Together a little over three hours, 24 points. You need attention and layer normalisation from the notebook before
# this one.

# %% [markdown]
# ## How to work
#
# - Write your code where it says `# YOUR CODE HERE`, and delete the line `raise NotImplementedError(...)` below it.
# - Run the test cell that follows. If it fails, its message names a likely cause. Your marks come from further tests
#   of the same kind with other numbers and other sizes, so write for the general case.
# - Hints are folded. Try five minutes without them.
# - Cells without a question show your functions at work. If one says "Finish Question 3 first", it will wait for you.
#
# **Rules for every function**, all of them tested:
#
# 1. `...` in a shape stands for any number of leading dimensions, none included. Scalars come back as tensors without
#    dimensions.
# 2. The result has the dtype and the device of the input, and the input is not changed. `float32` and `float64` work
#    everywhere, in `gelu` also `float16` and `bfloat16`: calculate in `float32` inside and convert back.
# 3. Numbers as large as 10,000 must not turn into `nan` or `inf` where the true result is an ordinary number.
# 4. In Questions 2 to 6 stay in torch: no `.item()`, no `.tolist()`, no loop over single numbers. (A loop over the
#    layers of the model is fine.)
# 5. Gradients must be right in `gelu` and `cross_entropy`, since models are trained through them.
#
# **The model.** The folder `physics-gpt2` beside this notebook holds it. To use the real GPT-2 instead, set the
# environment variable `COURSE_GPT2=gpt2` before you start: about 500 MB are fetched from the Hugging Face hub, and
# all cells run as they are. What the text says about outputs is then no longer exact, and worth a second look.

# %% grade_id="setup" role="locked"
import copy
import os
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel
from transformers.utils import logging

device = "cuda" if torch.cuda.is_available() else "cpu"
OWN = "physics-gpt2"


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


def pieces(ids):
    """The tokens of ids (T,) as text; a dot stands for a space."""
    return [tokenizer.decode([token]).replace(" ", "·").replace("\n", "¶") for token in ids.tolist()]


def random_gpt2(**sizes):
    """A tiny GPT-2 of Hugging Face's with random numbers in all its tables, for tests."""
    small = {"vocab_size": 11, "n_positions": 12, "n_embd": 8, "n_layer": 2, "n_head": 2}
    tiny = GPT2LMHeadModel(GPT2Config(bos_token_id=None, eos_token_id=None, **(small | sizes))).eval().to(device)
    source = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for value in tiny.parameters():
            value.copy_(0.7 * torch.randn(value.shape, generator=source))
    return tiny


def operations(function, *inputs):
    """How many multiplications and additions the matrix products inside function(*inputs) take."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        function(*inputs)
    return counter.get_total_flops()


def next_token_bars(panels, top=6):
    """For each (title, probabilities (V,)) one panel with the most likely tokens."""
    ax = plt.figure(figsize=(2.5 * len(panels), 1.6)).add_axes((0, 0, 1, 1))
    ax.set_axis_off()  # one axes for all panels, its labels plain text: quicker to draw than axes with ticks
    ax.set(xlim=(-0.8, 2.2 * len(panels) - 0.8), ylim=(top - 0.5, -1.7))
    for panel, (title, probabilities) in enumerate(panels):
        start, (values, ids) = 2.2 * panel, probabilities.topk(top)
        ax.barh(range(top), values.tolist(), left=start, color="tab:blue")
        ax.text(start - 0.7, -1.1, title, va="center", fontsize=9)
        for place, (value, token) in enumerate(zip(values.tolist(), pieces(ids), strict=True)):
            ax.text(start - 0.03, place, token, ha="right", va="center", fontsize=9)
            ax.text(start + value + 0.03, place, f"{value:.2f}", va="center", fontsize=8)
    plt.show()


model, tokenizer = load_gpt2()
config, params = model.config, model.state_dict()
print("Working on:", device)
print(f"{config.n_layer} layers, {config.n_head} heads, width {config.n_embd}, {config.vocab_size} tokens")

# %% role="author"
from autograder import check

# %% [markdown]
# ## What goes in: tokens
# The model never sees letters. A **tokenizer** cuts the text into **tokens**, frequent pieces of text, and each token
# has a number, its **id**. A dot below stands for the space that a token begins with.

# %%
ids = encode("the unit of force is the")
print(ids.shape, ids.dtype)
print(ids[0].tolist())
print(pieces(ids[0]))
print(pieces(encode("the student calibrates the galvanometer .")[0]))

# %% [markdown]
# Frequent words are one token. A rare word falls into several, so no word is impossible. (Our model has read lower
# case only, with a space before each comma and full stop. Write your prompts so.)
#
# *A mistake in print:* `model.to(device)`, but the ids stay on the CPU. Such code runs on every laptop and fails on
# the first computer with a GPU. Look how `encode` in the cell above avoids it.

# %% [markdown]
# ## What is in the file
# A **state dict** is a dictionary: names and tables. Here it is, with the first of the layers written out.

# %%
for name, table in params.items():
    if ".h." not in name or ".h.0." in name:
        print(f"{name:36} {tuple(table.shape)}")

# %% [markdown]
# $D$ is the width: every token travels through the model as a vector of $D$ numbers. $V$ is the number of tokens.
#
# | name | what it is | shape |
# |---|---|---|
# | `wte.weight` | $E$, a vector for each **t**oken | `(V, D)` |
# | `wpe.weight` | $P$, a vector for each **p**lace in the text | `(n_positions, D)` |
# | `h.0.ln_1` | layer norm before the attention of layer 0 | `(D,)` twice |
# | `h.0.attn.c_attn` | makes queries, keys and values, all at once | `(D, 3D)`, `(3D,)` |
# | `h.0.attn.c_proj` | mixes the heads | `(D, D)`, `(D,)` |
# | `h.0.ln_2` | layer norm before the MLP of layer 0 | `(D,)` twice |
# | `h.0.mlp.c_fc` | first half of the MLP | `(D, 4D)`, `(4D,)` |
# | `h.0.mlp.c_proj` | second half of the MLP | `(4D, D)`, `(D,)` |
# | `ln_f` | the last layer norm | `(D,)` twice |
# | `lm_head.weight` | scores for the next token; the same table as $E$ | `(V, D)` |

# %% [markdown]
# ## Question 1: how many numbers is that?
# *15 minutes · difficulty ●○○ · 2 points*
#
# "A model with 124 million parameters": count them. A **parameter** is a number that training may change. Two things
# make this more than a sum.
#
# - **Frozen** parameters (`requires_grad` is False) are not trained, and not counted.
# - **Shared** parameters count once. GPT-2 uses one table twice: $E$ turns tokens into vectors at the beginning, and
#   vectors into scores for tokens at the end. A sum over the state dict would count it twice.
#
# **By hand.** `nn.Linear(3, 4)` has a weight of $4 \times 3 = 12$ numbers and a bias of 4: together 16. With the
# bias frozen it is 12.
#
# How do you notice sharing? `module.parameters()` leaves out a parameter *object* that it has met before. But two
# objects may also look at the same memory, and then training one changes the other. They count once as well. (You
# may assume that two parameters share all of their memory or nothing of it.)
#
# <details><summary>Hint 1: the pieces</summary>
#
# `module.parameters()` goes through the parameters of the module and of all modules inside it. `p.numel()` is the
# number of entries of `p`, `p.requires_grad` tells whether it is trained.
# </details>
#
# <details><summary>Hint 2: the same memory</summary>
#
# `p.data_ptr()` is the address at which the numbers of `p` begin. Comparing the *values* would not do: two biases
# that both begin as zeros are still two.
# </details>


# %% grade_id="count_parameters" role="solution"
def count_parameters(module: nn.Module) -> int:
    """How many numbers training may change in `module` and in all that it contains.

    Frozen parameters do not count. What is shared counts once: a parameter used in two places, or two parameters
    that look at one and the same memory.
    """
    ### BEGIN SOLUTION
    trainable = [p for p in module.parameters() if p.requires_grad]
    sizes = {p.data_ptr(): p.numel() for p in trainable}
    return sum(sizes.values())
    ### END SOLUTION


# %% grade_id="test_count_parameters" role="test" points=2
layer = nn.Linear(3, 4)
found = count_parameters(layer)
assert isinstance(found, int), f"the count is an int, not {type(found).__name__}: numel() gives one"
assert found == 16, f"12 weights and 4 biases make 16, you found {found}"
layer.bias.requires_grad_(False)
assert count_parameters(layer) == 12, f"the bias is frozen, 12 remain, you found {count_parameters(layer)}"
nested = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1), nn.Linear(1, 1)))
assert count_parameters(nested) == 15, f"9 + 4 + 2 = 15 also in nested modules, you found {count_parameters(nested)}"

table, head = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
head.weight = table.weight
found = count_parameters(nn.Sequential(table, head))
assert found == 15, f"one table of 15 numbers used in two places counts once, you found {found}"
head.weight = nn.Parameter(table.weight.detach())
found = count_parameters(nn.Sequential(table, head))
assert found == 15, f"two parameters on the same memory: train one and the other moves too. 15, you found {found}"
with torch.no_grad():
    head.weight = nn.Parameter(table.weight.clone())
found = count_parameters(nn.Sequential(table, head))
assert found == 30, f"equal numbers in different memory are two tables: 30, you found {found}"
print("count_parameters looks right")
### BEGIN HIDDEN TESTS
check("count_parameters")
### END HIDDEN TESTS

# %% [markdown]
# ### Where the parameters sit
# Before you run the cell, guess: which part is the largest in our small model, the table $E$, attention, or the MLPs?

# %%
with needs("Question 1"):
    gpt2, layer = model.transformer, model.transformer.h[0]
    whole = count_parameters(model)
    parts = {
        "tokens (E)": count_parameters(gpt2.wte),
        "places (P)": count_parameters(gpt2.wpe),
        "attention": config.n_layer * count_parameters(layer.attn),
        "MLP": config.n_layer * count_parameters(layer.mlp),
        "layer norms": config.n_layer * 2 * count_parameters(layer.ln_1) + count_parameters(gpt2.ln_f),
    }
    for part, count in parts.items():
        print(f"{part:12} {count:11,}  {count / whole:6.1%}")
    print(f"{'together':12} {sum(parts.values()):11,}")
    print(f"{'whole model':12} {whole:11,}")
    print(f"a plain sum over the state dict: {sum(table.numel() for table in params.values()):,}")

# %% [markdown]
# From the shapes in the table you can derive the number without any model. Attention has $4D^2 + 4D$ per layer, the
# MLP $8D^2 + 5D$, the two norms $4D$. With $L$ layers and $N$ places:
#
# $$n = V D + N D + L\,(12 D^2 + 13 D) + 2 D$$
#
# Try it with pencil and paper for GPT-2 small, $V = 50257$, $N = 1024$, $L = 12$, $D = 768$. Then run the cell.

# %%
SIZES = {
    "our model": (config.vocab_size, config.n_positions, config.n_layer, config.n_embd),
    "GPT-2 small": (50257, 1024, 12, 768),
    "GPT-2 XL": (50257, 1024, 48, 1600),
}
for name, (tokens, places, layers, width) in SIZES.items():
    attention, mlp = layers * (4 * width**2 + 4 * width), layers * (8 * width**2 + 5 * width)
    total = tokens * width + places * width + attention + mlp + layers * 4 * width + 2 * width
    shares = f"E {tokens * width / total:4.0%}   attention {attention / total:4.0%}   MLP {mlp / total:4.0%}"
    print(f"{name:12} {total:13,}   {shares}")

# %% [markdown]
# So this is where the "124 M" comes from. Some texts still say 117 M for the same model: an early count that its
# authors [corrected](https://github.com/openai/gpt-2). From the small to the XL model the share of $E$ shrinks: it
# grows with $D$, attention and MLP with $L D^2$.

# %% [markdown]
# ## Question 2: GELU, the bent curve
# *10 minutes · difficulty ●○○ · 2 points*
#
# All other steps of the MLP are linear, and a chain of linear maps is one linear map: without a bend, a hundred
# layers could do no more than one. GPT-2 bends with the **GELU** ([Hendrycks and Gimpel,
# 2016](https://arxiv.org/abs/1606.08415)): $x$ times the probability that a Gaussian random number (mean 0, variance
# 1) lies below $x$. Large $x$ pass, very negative ones are stopped, and between them the change is smooth. GPT-2
# takes an approximation from the same paper:
#
# $$\mathrm{gelu}(x) = \tfrac12\, x \left(1 + \tanh\!\left[\sqrt{\tfrac{2}{\pi}}\,\left(x + 0.044715\, x^3\right)
# \right]\right)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | any numbers | `(...)` |
# | result | each number bent by itself | as $x$ |
#
# **By hand.** For $x = 1$: $\sqrt{2/\pi} = 0.7979$, times $1.044715$ is $0.8336$, its tanh is $0.6824$, so the result
# is $\tfrac12 \cdot 1.6824 = 0.8412$. For $x = -1$ it is $-0.1588$: a little negative. The exact GELU would give
# $0.8413$ at 1. A small difference, but the numbers in the file were trained with the form above.
#
# torch has GELUs of its own. Write yours from `tanh`: it is one line.
#
# <details><summary>Hint: 16-bit numbers</summary>
#
# `float16` ends at 65,504, and the cube of 41 is larger. `torch.promote_types(x.dtype, torch.float32)` is the dtype
# in which to calculate: `float32` for 16-bit inputs, and `float64` stays what it is.
# </details>


# %% grade_id="gelu" role="solution"
def gelu(x: Tensor) -> Tensor:
    """GPT-2's GELU, the form with tanh. x: (...) -> (...), each entry by itself; dtype and device are kept."""
    ### BEGIN SOLUTION
    wide = x.to(torch.promote_types(x.dtype, torch.float32))  # the cube of 41 does not fit into float16
    inner = (2 / torch.pi) ** 0.5 * (wide + 0.044715 * wide**3)
    return (0.5 * wide * (1 + inner.tanh())).to(x.dtype)
    ### END SOLUTION


# %% grade_id="test_gelu" role="test" points=2
x = torch.tensor([[0.0, 1.0], [-1.0, -3.0]], device=device)
before = x.clone()
out = gelu(x)
assert isinstance(out, Tensor), f"gelu returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == x.shape, f"each number is bent by itself, the shape stays {tuple(x.shape)}, not {tuple(out.shape)}"
assert out[0, 0] == 0, f"gelu(0) is 0, yours is {out[0, 0]}: is the factor x in front of the bracket there?"
assert (out[0, 1] - 0.841345).abs() > 5e-5, "gelu(1) is 0.8413, the exact form with erf: GPT-2 uses the one with tanh"
assert (out[0, 1] - 0.841192).abs() < 5e-5, f"gelu(1) is 0.84119, yours is {out[0, 1]:.5f}: check the constants"
assert (out[1, 0] + 0.158808).abs() < 5e-5, f"gelu(-1) is -0.15881, yours is {out[1, 0]:.5f}: is the cube a cube?"
assert torch.equal(x, before), "gelu changed its input: write x * 2, a new tensor, not x *= 2"

x = torch.tensor([10_000.0, -10_000.0], device=device, requires_grad=True)
out = gelu(x)
assert out.isfinite().all(), f"numbers of 10,000 gave {out.tolist()}"
assert out.requires_grad, "the result has lost its gradient: .detach(), .data and numpy cut it off"
out.sum().backward()
assert torch.equal(x.grad, torch.tensor([1.0, 0.0], device=device)), f"far out the slopes are 1 and 0, not {x.grad}"

x = torch.tensor([50.0], dtype=torch.float16, device=device)
assert gelu(x).dtype == x.dtype, f"the input was float16, the result is {gelu(x).dtype}: convert back at the end"
assert gelu(x) == 50, f"gelu(50) is 50, in float16 yours is {gelu(x).item()}: calculate in float32, the cube is large"
double = gelu(torch.tensor(1.0, dtype=torch.float64, device=device))
assert double.dtype == torch.float64, f"the input was float64, the result is {double.dtype}"
assert abs(double - 0.8411919906082768) < 1e-12, "float64 lost digits: it was squeezed into float32 on the way"
print("gelu looks right")
### BEGIN HIDDEN TESTS
check("gelu")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 3: the model itself
# *60 minutes · difficulty ●●● · 7 points · uses Question 2*
#
# Now the thirty lines. Follow one token. At the start its vector is the row of $E$ for its id plus the row of $P$ for
# its place. Then each layer **adds** two corrections to it, first one from attention, then one from the MLP:
#
# $$x \leftarrow x + \mathrm{Attn}(\mathrm{LN}_1(x)), \qquad x \leftarrow x + \mathrm{MLP}(\mathrm{LN}_2(x))$$
#
# It is like a perturbation series: a first guess, and term after term to make it better. After the last layer the
# vector is compared with the vector of every token in the vocabulary. The dot products are the scores, the
# **logits**.
#
# | step | formula | shape |
# |---|---|---|
# | start | $x_t = E_{\mathrm{id}_t} + P_t$ | `(B, T, D)` |
# | layer norm | $\mathrm{LN}(x) = w\,(x - \bar x) / \sqrt{\sigma^2 + \varepsilon} + b$ | `(B, T, D)` |
# | queries, keys, values | $[Q, K, V] = \mathrm{LN}_1(x)\, W_{qkv} + b_{qkv}$ | `(B, T, 3D)` |
# | heads | $A_h = \mathrm{softmax}(Q_h K_h^\top / \sqrt{d} + \text{causal mask})\, V_h$ | `(B, H, T, d)` |
# | mix | $\mathrm{Attn} = [A_0, \dots, A_{H-1}]\, W_o + b_o$ | `(B, T, D)` |
# | bend | $\mathrm{MLP}(y) = \mathrm{gelu}(y W_1 + b_1)\, W_2 + b_2$ | `(B, T, D)` |
# | logits | $\mathrm{LN}_f(x)\, E^\top$ | `(B, T, V)` |
#
# Here $d = D / H$ is the width of a head, $\varepsilon$ is `config.layer_norm_epsilon`, $\bar x$ and $\sigma^2$ are
# the mean and the variance of the $D$ numbers of one token. $L$, $H$, $D$ are `config.n_layer`, `config.n_head`,
# `config.n_embd`.
#
# Things that go wrong, and are hard to see, since most of them raise no error:
#
# - **These weights are stored as `(in, out)`**, so a step is `x @ W + b`. The `nn.Linear` that you know stores
#   `(out, in)`. For `attn.c_proj`, a square, the wrong way round gives no error, only nonsense.
# - **The norm comes before** attention and MLP, and the sum $x + \dots$ uses the $x$ from before the norm.
# - **The last norm**, `ln_f`, is easily forgotten.
# - **The head** is `lm_head.weight` if it is in `params`. Some files leave it out: then it is `wte.weight`.
# - **The future is hidden**: place $t$ sees places $0, \dots, t$.
# - **More tokens than places** (`T > config.n_positions`): raise a `ValueError`.
#
# **By hand: the split into heads.** Let $D = 4$ and $H = 2$. `c_attn` makes 12 numbers of each token. Say they are
# 1 to 12:
#
# | | query | key | value |
# |---|---|---|---|
# | head 0 | 1 2 | 5 6 | 9 10 |
# | head 1 | 3 4 | 7 8 | 11 12 |
#
# First comes all of $Q$, then all of $K$, then all of $V$, and within each the heads stand side by side.
#
# You wrote attention and layer norm in the last notebook. Copy yours into a cell of your own above this one, or use
# torch's: `F.layer_norm` and `F.scaled_dot_product_attention` are fine here, and so is plain `softmax`.
#
# <details><summary>Hint 1: a plan</summary>
#
# Build it in the order of the table, and test as you go. With a `return` after the first and the last line you have a
# model without layers, which passes the first part of the test cell. Then add attention, then the MLP. The test cell
# switches the parts of its model on one after the other, and tells you in which part the numbers go apart.
# </details>
#
# <details><summary>Hint 2: save yourself some typing</summary>
#
# Two small functions inside `gpt2_logits` make the rest short. One takes `x` and a name, looks up the weight and the
# bias of that name in `params`, and applies them as a linear map. The other does the same for a layer norm. The names
# of layer 3 begin with `transformer.h.3.`
# </details>
#
# <details><summary>Hint 3: from (B, T, 3D) to three times (B, H, T, d)</summary>
#
# `chunk(3, dim=-1)` or `split(D, dim=-1)` cuts into thirds. `unflatten(-1, (H, d))` splits one dimension in two, and
# `transpose(1, 2)` brings the heads to the front. On the way back: first `transpose`, then `flatten(-2)`.
# </details>
#
# <details><summary>Hint 4: the device</summary>
#
# The places and the mask are new tensors. Make them with `device=ids.device`. One row of $P$ for each place: either
# `torch.arange` as an index, or simply the first `T` rows.
# </details>


# %% grade_id="gpt2_logits" role="solution"
def gpt2_logits(ids: Tensor, params: dict[str, Tensor], config: GPT2Config) -> Tensor:
    """The scores of GPT-2 for the token after each place.

    ids: (B, T) long. params: the state dict of a GPT2LMHeadModel. config: its GPT2Config.
    Returns (B, T, V). ValueError if T is larger than config.n_positions.
    """
    ### BEGIN SOLUTION
    T, D, H = ids.shape[1], config.n_embd, config.n_head
    if config.n_positions < T:
        raise ValueError(f"{T} tokens, but the model has only {config.n_positions} places")

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ params[f"transformer.{name}.weight"] + params[f"transformer.{name}.bias"]

    def norm(x: Tensor, name: str) -> Tensor:
        weight, bias = params[f"transformer.{name}.weight"], params[f"transformer.{name}.bias"]
        return F.layer_norm(x, (D,), weight, bias, config.layer_norm_epsilon)

    future = torch.ones(T, T, dtype=torch.bool, device=ids.device).triu(1)
    x = params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][:T]  # (B, T, D)
    for layer in range(config.n_layer):
        qkv = linear(norm(x, f"h.{layer}.ln_1"), f"h.{layer}.attn.c_attn")  # (B, T, 3D)
        q, k, v = (part.unflatten(-1, (H, D // H)).transpose(1, 2) for part in qkv.chunk(3, dim=-1))  # (B, H, T, d)
        scores = q @ k.transpose(-2, -1) / (D // H) ** 0.5  # (B, H, T, T)
        heads = scores.masked_fill(future, float("-inf")).softmax(dim=-1) @ v  # (B, H, T, d)
        x = x + linear(heads.transpose(1, 2).flatten(-2), f"h.{layer}.attn.c_proj")
        bent = gelu(linear(norm(x, f"h.{layer}.ln_2"), f"h.{layer}.mlp.c_fc"))  # (B, T, 4D)
        x = x + linear(bent, f"h.{layer}.mlp.c_proj")
    head = params.get("lm_head.weight", params["transformer.wte.weight"])
    return norm(x, "ln_f") @ head.T
    ### END SOLUTION


# %% grade_id="test_gpt2_logits" role="test" points=7
def compare(tiny, params, ids, likely):
    """Your logits beside those of Hugging Face's model with the same numbers."""
    with torch.no_grad():
        right = tiny(ids).logits
    out = gpt2_logits(ids, params, tiny.config)
    assert isinstance(out, Tensor), f"gpt2_logits returned {type(out).__name__}, not a tensor"
    assert out.shape == right.shape, f"the logits (B, T, V) have the shape {tuple(right.shape)}, not {tuple(out.shape)}"
    worst = (out - right).abs().max()
    assert worst < 1e-3 * right.abs().max(), f"your logits are off by up to {worst:.3f}. {likely}"


tiny = random_gpt2()
ids = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]], device=device)


def switch_off(*parts):
    """The numbers of `tiny`, with the last map of these parts of each layer at zero: they then add nothing."""
    off = {name: table * 0 if any(part in name for part in parts) else table for name, table in full.items()}
    tiny.load_state_dict(off)
    return off


full = {name: table.clone() for name, table in tiny.state_dict().items()}
nothing = switch_off("attn.c_proj", "mlp.c_proj")
compare(tiny, nothing, ids, "Attention and MLP add nothing here: look at E, P, x + ..., the last norm, the head.")
no_attention = switch_off("attn.c_proj")
compare(tiny, no_attention, ids, "The MLP is on, attention is off: ln_2, the order of the steps, gelu, or x + ... .")
no_mlp = switch_off("mlp.c_proj")
one = ids[:, :1]
compare(tiny, no_mlp, one, "One token reads only itself: ln_1, the order Q, K, V, c_proj (transposed?), or x + ... .")
out = gpt2_logits(ids, no_mlp, tiny.config)
changed = torch.cat([ids[:, :-1], (ids[:, -1:] + 1) % 11], dim=1)
same = torch.allclose(out[:, :-1], gpt2_logits(changed, no_mlp, tiny.config)[:, :-1], atol=1e-4)
assert same, (
    "another last token changes the logits of the places before it: they see the future. "
    "Mask before softmax; or the split into heads has mixed up places."
)
compare(tiny, no_mlp, ids, "Attention on, MLP off: the split into heads, the way back, or sqrt(d) with d = D / H.")
switch_off()
compare(tiny, full, ids, "Each part alone is right, together they are not: has each layer its own numbers?")

for sizes in ({"n_head": 4}, {"n_layer": 3, "n_embd": 12, "n_head": 3}, {"layer_norm_epsilon": 0.3}):
    other = random_gpt2(**sizes)
    compare(other, other.state_dict(), ids, f"The model has {sizes}: is that read from config?")
out = gpt2_logits(ids, full, tiny.config)
less = {name: table for name, table in full.items() if name != "lm_head.weight"}
assert torch.allclose(out, gpt2_logits(ids, less, tiny.config)), "without lm_head.weight the head is wte.weight"
twice = gpt2_logits(ids, full | {"lm_head.weight": 2 * full["lm_head.weight"]}, tiny.config)
assert torch.allclose(2 * out, twice, rtol=1e-3), "where there is an lm_head.weight, it is the head, not wte.weight"
double = gpt2_logits(ids, {name: table.double() for name, table in full.items()}, tiny.config)
assert double.dtype == torch.float64, f"with tables of float64 the logits are float64 too, yours are {double.dtype}"
try:
    gpt2_logits(torch.zeros(1, 13, dtype=torch.long, device=device), full, tiny.config)
except ValueError:
    pass
else:
    raise AssertionError("13 tokens in a model of 12 places: raise a ValueError")
print("gpt2_logits looks right")
### BEGIN HIDDEN TESTS
check("gpt2_logits")
### END HIDDEN TESTS

# %% [markdown]
# ### Is it really the same model?
# The library's code for GPT-2 has hundreds of lines. You wrote about thirty. Compare.

# %%
with needs("Questions 2 and 3"), torch.no_grad():
    ids = encode("when the switch is closed , the current flows .")
    mine, theirs = gpt2_logits(ids, params, config), model(ids).logits
    print("the logits of the two agree to within 0.001:", bool((mine - theirs).abs().max() < 1e-3))
    print(f"and the logits themselves go from {mine.min():.1f} to {mine.max():.1f}")

# %% [markdown]
# They cannot agree to the last digit. A sum of floating point numbers depends on the order in which they are added,
# and the library adds in another order.
#
# ### What does it expect?
# Softmax turns the logits of the *last* place into probabilities for the token that comes next.

# %%
with needs("Questions 2 and 3"):
    prompts = ("the unit of force is the", "a magnet attracts", "the student measures the")
    panels = []
    for prompt in prompts:
        logits = gpt2_logits(encode(prompt), params, config)
        panels.append((prompt + " ...", logits[0, -1].softmax(-1)))
    next_token_bars(panels)

# %% [markdown]
# **Read it.**
#
# 1. On the left one token has nearly everything. Change *force* into *energy* or *charge* in the prompt: does it
#    follow?
# 2. In the middle *·n* and *·co* are no words. Which words do they begin? Are these the right metals?
# 3. On the right nothing gets much. Is the model bad here, or is the question open? What would *you* bet on?
# 4. Nothing is looked up in a list of facts. Which step in the table of Question 3 can bring the word *force* to the
#    last place, where it is needed?
#
# **Try** a prompt of your own. Words that the model has never read are the most instructive.
#
# ### Layer by layer
# Each layer only adds to $x$. So you can stop early, after 0, 1, 2, ... layers, go straight to the last norm and the
# head, and ask what the model would have said ([nostalgebraist,
# 2020](https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens), the "logit lens"). With
# your function that takes one line: pretend that the model has fewer layers.

# %%
with needs("Questions 2 and 3"):
    text = "the unit of force is the"
    lines = [f"layers | what it expects after '{text}'"]
    for layers in range(config.n_layer + 1):
        shorter = copy.copy(config)
        shorter.n_layer = layers
        values, best = gpt2_logits(encode(text), params, shorter)[0, -1].softmax(-1).topk(4)
        guesses = [f"{token:>9} {value:.2f}" for token, value in zip(pieces(best), values.tolist(), strict=True)]
        lines.append(f"{layers:6} | " + "  ".join(guesses))
    print("\n".join(lines))

# %% [markdown]
# With no layer at all, the last token knows only itself and its place, and it expects itself. After which layer does
# *newton* lead, and after which one is the model sure? Each layer corrects what the ones before it left, like the
# terms of a series.

# %% [markdown]
# ## Question 4: surprise
# *25 minutes · difficulty ●●○ · 3 points*
#
# How good is a model? Let it read a text, and each time ask for the probability $p$ that it gave to the token that
# really came. The **surprise** is $-\ln p$: zero for a token it was sure of, large for one it thought impossible. It
# is measured in **nats** (with $\log_2$ it would be bits). The mean surprise is the **cross-entropy**. This one
# number is all that GPT-2 was trained on: make it smaller.
#
# *A mistake in print:* that GPT models are trained by filling in masked words, or by guessing whether one sentence
# follows another. That is BERT ([Devlin et al., 2018](https://arxiv.org/abs/1810.04805)). A GPT predicts the next
# token, and that is all.
#
# $$\mathcal{L} = \frac1N \sum_{n=1}^{N} \left(-\ln p_n\right), \qquad
# p_n = \mathrm{softmax}(x_n)_{y_n} = \frac{e^{x_{n, y_n}}}{\sum_j e^{x_{n, j}}}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | logits | `(..., V)` |
# | $y$ | targets, the ids of the tokens that came | `(...)` long |
# | $N$ | the number of targets | integer |
# | $\mathcal{L}$ | mean surprise | `()` |
#
# **By hand.** Logits $(0, \ln 2, \ln 5)$ mean probabilities $\tfrac18, \tfrac28, \tfrac58$. If token 2 came, the
# surprise is $\ln \tfrac85 = 0.470$; if token 0 came, $\ln 8 = 2.079$. Both together: the mean, $1.275$.
#
# **In physics.** Let $x_j = -E_j / k_B T$, as in the last notebook. The sum is the partition function $Z$, and
#
# $$-\ln p_y = \ln Z - x_y = \frac{E_y - F}{k_B T}, \qquad F = -k_B T \ln Z :$$
#
# the surprise is the energy of the state that occurred above the free energy. This form is also the way to calculate
# it. Take $x = (0, 1000)$ and $y = 0$. The surprise is 1000, an ordinary number. But $p = e^{-1000}$ is 0 for a
# computer, and its logarithm is $-\infty$. **Never go through $p$: stay with logarithms.**
#
# Every target counts, whatever its id is. torch has a cross-entropy of its own: write yours, it is short.
#
# <details><summary>Hint 1: the logarithm of Z</summary>
#
# $\ln \sum_j e^{x_j}$ needs the trick from softmax: take the largest $x_j$ out of the sum. torch has a function with
# that built in; its name says what it does, from right to left: log, sum, exp.
# </details>
#
# <details><summary>Hint 2: picking one entry of each row</summary>
#
# `logits.gather(-1, index)` takes from each row the entries at `index`, which has as many dimensions as `logits`:
# give the targets one more with `unsqueeze(-1)`, and take it away again afterwards.
# </details>


# %% grade_id="cross_entropy" role="solution"
def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean surprise, in nats, at the targets: -log of the softmax of the logits.

    logits: (..., V), targets: (...) long, ids of tokens. Returns a tensor without dimensions.
    """
    ### BEGIN SOLUTION
    log_z = logits.logsumexp(dim=-1)  # (...)
    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)  # (...)
    return (log_z - chosen).mean()
    ### END SOLUTION


# %% grade_id="test_cross_entropy" role="test" points=3
row = torch.tensor([1.0, 2.0, 5.0], device=device).log()
before = row.clone()
loss = cross_entropy(row, torch.tensor(2, device=device))
assert isinstance(loss, Tensor), f"cross_entropy returned {type(loss).__name__}, not a tensor"
assert loss.shape == (), f"one number, a tensor of shape (), is the result, not {tuple(loss.shape)}"
assert (loss - 0.6250).abs() > 1e-3, "0.625 is the probability itself: the surprise is minus its logarithm"
assert (loss + 0.4700).abs() > 1e-3, "the sign is wrong: surprise is minus the logarithm of p, never negative"
assert (loss - 0.6781).abs() > 1e-3, "0.678 is the surprise in bits: take the natural logarithm"
assert (loss - 0.4700).abs() < 1e-3, f"p = 5/8 gives ln(8/5) = 0.470, yours is {loss:.4f}: are the logits normalised?"
assert torch.equal(row, before), "cross_entropy changed the logits that it was given"

logits = torch.stack([row, row.flip(0), row, row]).reshape(2, 2, 3).requires_grad_(True)
targets = torch.tensor([[2, 2], [0, 1]], device=device)
loss = cross_entropy(logits, targets)
assert loss.shape == (), f"the mean over all four targets has the shape (), not {tuple(loss.shape)}"
assert (loss - 6.0151).abs() > 1e-3, "this is the sum of the four surprises: take the mean"
assert (loss - 1.3122).abs() > 1e-3, "the target 0 was left out: every target counts"
assert (loss - 1.5038).abs() < 1e-3, f"(ln 8/5 + ln 8 + ln 8 + ln 8/2) / 4 = 1.5038, yours is {loss:.4f}"
assert loss.requires_grad, "the result has lost its gradient: .detach(), .data, numpy and .item() cut it off"
loss.backward()
slope = torch.tensor([[1.0, 2.0, 5.0], [5.0, 2.0, 1.0], [1.0, 2.0, 5.0], [1.0, 2.0, 5.0]], device=device) / 8
slope[range(4), targets.flatten()] -= 1
slope = (slope / 4).reshape(2, 2, 3)
assert torch.allclose(logits.grad, slope, atol=1e-5), f"the gradient is (p, less 1 at the target) / N, so\n{slope}"

far = torch.tensor([[0.0, 10_000.0], [10_000.0, 0.0], [-10_000.0, -10_000.0]], device=device)
loss = cross_entropy(far, torch.zeros(3, dtype=torch.long, device=device))
assert loss.isfinite(), f"logits of 10,000 gave {loss}: exp overflowed, or log met a p of 0. Stay with logarithms"
assert (loss - 10_000.6931 / 3).abs() < 0.01, f"surprises of 10,000 and 0 and ln 2 have the mean 3333.56, not {loss}"
double = cross_entropy(row.double(), torch.tensor(0, device=device))
assert double.dtype == torch.float64, f"float64 logits give a float64 loss, yours is {double.dtype}"
print("cross_entropy looks right")
### BEGIN HIDDEN TESTS
check("cross_entropy")
### END HIDDEN TESTS

# %% [markdown]
# ### Two guesses to compare with
# A model that knows nothing gives each of the $V$ tokens the probability $1/V$. Its surprise is $\ln V$ at every
# token, whatever comes. And if it says nonsense with great confidence? Shuffle the columns of a good model's logits:
# it is as sure as before, of the wrong tokens.

# %%
with needs("Questions 2, 3 and 4"):
    ids = encode("when the switch is closed , the current flows .")
    logits, targets = gpt2_logits(ids, params, config)[:, :-1], ids[:, 1:]
    shuffled = logits[..., torch.randperm(config.vocab_size, generator=torch.Generator().manual_seed(0)).to(device)]
    print(f"our model           {cross_entropy(logits, targets):6.2f} nats")
    print(f"no idea at all      {cross_entropy(torch.zeros_like(logits), targets):6.2f} nats")
    print(f"sure of nonsense    {cross_entropy(shuffled, targets):6.2f} nats")

# %% [markdown]
# **To be wrong and sure is worse than to have no idea.** The logarithm sees to that, and it is why a trained model is
# careful with probabilities of zero.

# %% [markdown]
# ## Question 5: perplexity
# *15 minutes · difficulty ●●○ · 2 points · uses Question 4*
#
# Papers print $e^{\mathcal{L}}$, the **perplexity**: the number of equally likely tokens that would be just as
# surprising. A fair die has perplexity 6. (Statistical physics has the same number: $e^{S/k_B}$, how many states are
# really in play.)
#
# One step is easily got wrong. The logits at place $t$ are about the token at place $t + 1$. The first token is
# predicted by nobody, and the last logits predict a token that is not there:
#
# | logits at place | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | the text | the | ball | falls | . |
# | are about | ball | falls | . | (nothing) |
#
# $$\mathrm{PPL} = \exp\!\left(\frac{1}{B\,(T-1)} \sum_{b=1}^{B} \sum_{t=0}^{T-2}
# -\ln \mathrm{softmax}(x_{b, t})_{\mathrm{id}_{b, t+1}}\right)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | logits, as they come from `gpt2_logits` | `(B, T, V)` |
# | $\mathrm{id}$ | the tokens of the text, $T \ge 2$ | `(B, T)` |
# | PPL | perplexity over all texts of the batch together | `()` |
#
# **By hand.** Three tokens; the second had $p = \tfrac12$, the third $p = \tfrac18$. Mean surprise:
# $\tfrac12(\ln 2 + \ln 8) = \ln 4$. Perplexity: 4. (Not $\tfrac12 (2 + 8) = 5$: the mean is taken of the logarithms.)
#
# <details><summary>Hint: no new formula</summary>
#
# Cut off the last logits, cut off the first token, and what is left is a case for Question 4.
# </details>


# %% grade_id="perplexity" role="solution"
def perplexity(logits: Tensor, ids: Tensor) -> Tensor:
    """exp of the mean surprise of each token of a text, given those before it.

    logits: (B, T, V) of a model that read ids: (B, T), T >= 2. Returns a tensor without dimensions, over the batch.
    """
    ### BEGIN SOLUTION
    return cross_entropy(logits[:, :-1], ids[:, 1:]).exp()
    ### END SOLUTION


# %% grade_id="test_perplexity" role="test" points=2
ids = torch.tensor([[0, 1, 2]], device=device)
weights = torch.tensor([[[1.0, 4.0, 3.0], [4.0, 3.0, 1.0], [1.0, 5.0, 2.0]]], device=device)  # rows sum to 8
out = perplexity(weights.log(), ids)
assert isinstance(out, Tensor), f"perplexity returned {type(out).__name__}, not a tensor"
assert out.shape == (), f"one number, a tensor of shape (), is the result, not {tuple(out.shape)}"
for same_place in (4.4026, 4.6188):
    assert (out - same_place).abs() > 1e-3, "logits and token of the same place were compared, but logits look ahead"
assert (out - 1.3863).abs() > 1e-3, "ln 4 is the mean surprise: the perplexity is exp of it"
assert (out - 5).abs() > 1e-3, "5 is the mean of 2 and 8: take the mean of the surprises, and exp at the end"
assert (out - 4).abs() < 1e-3, f"p = 1/2 and p = 1/8 make a perplexity of 4, yours is {out:.4f}"
other = torch.tensor([[[2.0, 5.0, 1.0], [1.0, 1.0, 6.0], [3.0, 3.0, 2.0]]], device=device).log()  # p = 1/4, 1/8
both = perplexity(torch.cat([weights.log(), other]), torch.tensor([[0, 1, 2], [1, 0, 1]], device=device))
assert (both - 4.8284).abs() > 1e-3, "this is the mean of the two texts' perplexities: take the mean over all tokens"
assert (both - 4.7568).abs() < 1e-3, f"p = 1/2, 1/8, 1/4, 1/8 make exp of (9 ln 2) / 4 = 4.757, yours is {both:.4f}"
print("perplexity looks right")
### BEGIN HIDDEN TESTS
check("perplexity")
### END HIDDEN TESTS

# %% [markdown]
# ### Six texts, one model
# Which text does the model find easiest, which one hardest? **Write down your order before you run the cell.** None
# of these sentences stands in the text that the model was trained on. (The first is in the `physics.txt` of the
# notebook on embeddings, among the stories that were kept back from training.)

# %%
TEXTS = {
    "physics": "at three times the distance the electric force is one ninth .",
    "wrong physics": "at three times the distance the electric force is one third .",
    "shuffled": "one the ninth three . force times distance is the electric at",
    "a fairy tale": "once upon a time there was a king who had three daughters .",
    "right product": "a force of three newtons acts over two metres , so the energy is six joules .",
    "wrong product": "a force of three newtons acts over two metres , so the energy is twelve joules .",
}
with needs("Questions 2 to 5"):
    for name, text in TEXTS.items():
        ids = encode(text)
        found = perplexity(gpt2_logits(ids, params, config), ids)
        print(f"{name:14} {found:12,.1f}   {text}")
    print(f"no idea at all {config.vocab_size:12,.1f}")

# %% [markdown]
# **Read it.** Two things are worth a second look. The shuffled text and the fairy tale are *above* the last line:
# here it is worse to have this model than to have no idea, since the model is sure and wrong. And compare the two
# products, with each other and with what you know. Keep this for Question 7.
#
# ### Where is it surprised?
# One number hides where it comes from. Here is the surprise token by token, for a true sentence and for the same
# sentence with one wrong word. You need this picture for Question 7.


# %%
def surprises(text):
    """The tokens of a text from the second on, and the surprise of the model at each."""
    ids = encode(text)
    logits = gpt2_logits(ids, params, config)
    nats = [cross_entropy(logits[0, place - 1], ids[0, place]).item() for place in range(1, ids.shape[1])]
    return pieces(ids[0, 1:]), nats


def surprise_bars(*texts):
    """One panel for each text: a bar for each token, as high as the model is surprised."""
    found = [surprises(text) for text in texts]
    highest = max(max(nats) for _, nats in found)
    axes = plt.subplots(len(texts), 1, figsize=(6.5, 1.5 * len(texts)), squeeze=False)[1][:, 0]
    for ax, text, (tokens, nats) in zip(axes, texts, found, strict=True):
        ax.set_axis_off()
        ax.bar(range(len(nats)), nats, color="tab:blue")
        ax.set(ylim=(-0.6 * highest, 1.15 * highest), xlim=(-0.6, max(len(tokens) for tokens, _ in found) - 0.4))
        ax.set_title(text, fontsize=9)
        for place, (token, value) in enumerate(zip(tokens, nats, strict=True)):
            ax.text(place + 0.3, -0.05 * highest, token, ha="right", va="top", rotation=35, fontsize=8)
            ax.text(place, value, f"{value:.1f}", ha="center", va="bottom", fontsize=8)
    plt.show()


with needs("Questions 2 to 4"):
    surprise_bars("the unit of force is the newton .", "the unit of force is the joule .")

# %% [markdown]
# The first token of the text has no bar: nobody predicted it. Up to the changed word the two rows of bars are the
# same, digit for digit. Why must they be? And in the true sentence: is the high bar at *·unit* a mistake of the
# model?

# %% [markdown]
# ## Question 6: writing without doing everything twice
# *45 minutes · difficulty ●●● · 5 points · uses Questions 2 and 3*
#
# To write, take the logits of the last place, choose a token, append it, and run the model again. For the 100th token
# you would run 99 old tokens through all layers once more, only to get the numbers you had already. For the next
# token all that is needed of the old tokens is their **keys and values** in each layer: that is what a new query
# reads. The mask has made sure that an old token never sees a new one, so its keys and values do not change. Keep
# them, and you have the **KV cache**, which every chat program uses.
#
# | | tokens run through the layers | scores per head and layer |
# |---|---|---|
# | step 100, without cache | 100 | $100 \times 100$ |
# | step 100, with cache | 1 | $1 \times 100$ |
#
# `decode_step(ids, params, config, cache)` gets **only the new tokens**, `(B, n)`, with $n \ge 1$, and the cache that
# the call before returned (`None` at the beginning). It returns the logits of the last place, `(B, V)`, and the new
# cache. What the cache looks like is up to you.
#
# | symbol | meaning | shape |
# |---|---|---|
# | $n$ | new tokens | integer |
# | $p$ | tokens in the cache | integer, 0 at first |
# | $Q$ | queries, of the new tokens only | `(B, H, n, d)` |
# | $K, V$ | cache, with the new keys and values behind it | `(B, H, p + n, d)` |
# | mask | new token $i$ sees key $s$ if $s \le p + i$ | `(n, p + n)` |
#
# **By hand.** Three tokens are in the cache, two are new:
#
# | | place | key 0 | key 1 | key 2 | key 3 | key 4 |
# |---|---|---|---|---|---|---|
# | first new token | 3 | ✓ | ✓ | ✓ | ✓ | |
# | second new token | 4 | ✓ | ✓ | ✓ | ✓ | ✓ |
#
# Take your `gpt2_logits` and change it in a few lines:
#
# - **Places.** The first new token stands at place $p$, not at 0. (This one is easily forgotten.)
# - **Keys and values.** Each layer has its own.
# - **The mask** is a rectangle now.
# - **Only the last place** needs the head, the largest product of all.
# - **The `ValueError`** comes when the cache and the new tokens *together* exceed `config.n_positions`.
#
# The number of multiplications is tested: a step with one new token may cost at most 1.5 times what the model needs
# for one token alone plus the attention to the cache.
#
# <details><summary>Hint 1: a simple cache</summary>
#
# A list with one pair `(k, v)` for each layer, each `(B, H, p, d)`. How many tokens are in it? Look at a shape.
# </details>
#
# <details><summary>Hint 2: putting together</summary>
#
# `torch.cat([old, new], dim=-2)` puts the new keys behind the old ones. Do it after the split into heads.
# </details>
#
# <details><summary>Hint 3: the mask</summary>
#
# It consists of the last $n$ rows of the mask of all $p + n$ tokens, as in `causal_mask(n_q, n_k)` of the last
# notebook. `triu` and `tril` take a second argument that shifts the diagonal.
# </details>


# %% grade_id="decode_step" role="solution"
def decode_step(
    ids: Tensor, params: dict[str, Tensor], config: GPT2Config, cache: object = None
) -> tuple[Tensor, object]:
    """The scores for the token after the last one, from the new tokens and what is kept of the old ones.

    ids: (B, n) long, n >= 1, the new tokens only. cache: what the call before returned, None at first.
    Returns (logits (B, V), cache). ValueError if old and new tokens are more than config.n_positions.
    """
    ### BEGIN SOLUTION
    n, D, H = ids.shape[1], config.n_embd, config.n_head
    past = 0 if cache is None else cache[0][0].shape[-2]
    if past + n > config.n_positions:
        raise ValueError(f"{past} + {n} tokens, but the model has only {config.n_positions} places")

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ params[f"transformer.{name}.weight"] + params[f"transformer.{name}.bias"]

    def norm(x: Tensor, name: str) -> Tensor:
        weight, bias = params[f"transformer.{name}.weight"], params[f"transformer.{name}.bias"]
        return F.layer_norm(x, (D,), weight, bias, config.layer_norm_epsilon)

    future = torch.ones(n, past + n, dtype=torch.bool, device=ids.device).triu(past + 1)
    x = params["transformer.wte.weight"][ids] + params["transformer.wpe.weight"][past : past + n]  # (B, n, D)
    kept = []
    for layer in range(config.n_layer):
        qkv = linear(norm(x, f"h.{layer}.ln_1"), f"h.{layer}.attn.c_attn")  # (B, n, 3D)
        q, k, v = (part.unflatten(-1, (H, D // H)).transpose(1, 2) for part in qkv.chunk(3, dim=-1))  # (B, H, n, d)
        if cache is not None:
            k, v = (torch.cat([old, new], dim=-2) for old, new in zip(cache[layer], (k, v), strict=True))
        kept.append((k, v))  # (B, H, past + n, d)
        scores = q @ k.transpose(-2, -1) / (D // H) ** 0.5  # (B, H, n, past + n)
        heads = scores.masked_fill(future, float("-inf")).softmax(dim=-1) @ v  # (B, H, n, d)
        x = x + linear(heads.transpose(1, 2).flatten(-2), f"h.{layer}.attn.c_proj")
        bent = gelu(linear(norm(x, f"h.{layer}.ln_2"), f"h.{layer}.mlp.c_fc"))  # (B, n, 4D)
        x = x + linear(bent, f"h.{layer}.mlp.c_proj")
    head = params.get("lm_head.weight", params["transformer.wte.weight"])
    return norm(x[:, -1], "ln_f") @ head.T, kept
    ### END SOLUTION


# %% grade_id="test_decode_step" role="test" points=5
tiny = random_gpt2()
tables = {name: table.clone() for name, table in tiny.state_dict().items()}
ids = torch.tensor([[3, 1, 4, 1, 5, 9, 2], [2, 7, 1, 8, 2, 8, 1]], device=device)
with torch.no_grad():
    right = tiny(ids).logits  # (2, 7, 11)


def step(first, last, cache):
    """Gives the tokens from `first` up to `last` to your function and compares the logits."""
    out = decode_step(ids[:, first:last], tables, tiny.config, cache)
    assert isinstance(out, tuple), f"return two things, `logits, cache`, not one {type(out).__name__}"
    logits, cache = out
    assert logits.shape == (2, 11), f"the logits of the last place have the shape (B, V), not {tuple(logits.shape)}"
    return cache, torch.allclose(logits, right[:, last - 1], rtol=1e-3, atol=1e-3 * right.abs().max().item())


cache, agrees = step(0, 1, None)
assert agrees, "one token, no cache: the logits should be those of gpt2_logits at the last place"
cache, agrees = step(1, 2, cache)
assert agrees, "the second token, with a cache: is its place 1, not 0? Does it read the kept keys and values?"
for place in range(2, 7):
    cache, agrees = step(place, place + 1, cache)
    assert agrees, f"right for 2 tokens, wrong at token {place + 1}: does the cache keep ALL old keys and values?"
cache, agrees = step(0, 4, None)
assert agrees, "four tokens at once, no cache: the last place is asked for, and no new token may see those after it"
cache, agrees = step(4, 7, cache)
assert agrees, "three new tokens behind four old ones: new token i sees all old ones and the new ones up to itself"
less = {name: table for name, table in tables.items() if name != "lm_head.weight"}
bare = decode_step(ids, less, tiny.config)[0]
assert torch.allclose(bare, right[:, -1], rtol=1e-3, atol=1e-2), "without lm_head.weight the head is wte.weight"

cache, _ = step(0, 6, None)
needed = operations(decode_step, ids[:, 6:], tables, tiny.config, cache)
reading = 4 * 2 * tiny.config.n_layer * 7 * tiny.config.n_embd  # two products per layer: with the keys, the values
alone = operations(tiny, ids[:, :1])
assert needed <= 1.5 * (alone + reading), (
    f"a step takes {needed} operations; one token alone takes {alone}, and attention to the cache {reading}. "
    "Only the new token should pass through the layers."
)
cache, _ = step(0, 7, None)
for old, new in ((None, 13), (cache, 6)):
    try:
        decode_step(torch.zeros(2, new, dtype=torch.long, device=device), tables, tiny.config, old)
    except ValueError:
        pass
    else:
        raise AssertionError("13 tokens, old and new together, in a model of 12 places: raise a ValueError")
print("decode_step looks right")
### BEGIN HIDDEN TESTS
check("decode_step")
### END HIDDEN TESTS

# %% [markdown]
# ### It writes
# Always the most likely token: the simplest way to write. (There are better ones: they are the next notebook.)


# %%
def write(prompt, most):
    """The prompt and up to `most` tokens more, each the most likely one; one call of decode_step for each."""
    text, new, cache = encode(prompt), encode(prompt), None
    for _ in range(most):
        logits, cache = decode_step(new, params, config, cache)
        new = logits.topk(1).indices  # (1, 1)
        text = torch.cat([text, new], dim=1)
    return tokenizer.decode(text[0])


with needs("Questions 2 and 6"):
    for prompt in ("when water is heated ,", "the moon pulls", "why does the pressure"):
        print(write(prompt, 25).split(tokenizer.eos_token)[0].replace("\n", " / "))

# %% [markdown]
# ### What it costs
# We count multiplications and additions instead of seconds: a count is the same on every computer. And we need no
# numbers for it, only shapes: on torch's device `meta` a tensor has a shape and nothing in it. So we can even ask
# what the real GPT-2 small would cost, without having it.

# %%
with needs("Questions 2, 3 and 6"), torch.device("meta"):
    blank = {name: torch.empty(table.shape) for name, table in params.items()}
    lengths = [config.n_positions * part // 4 for part in range(1, 5)]
    without, with_cache = [], []
    for length in lengths:
        text = torch.zeros(1, length, dtype=torch.long)
        without.append(operations(gpt2_logits, text, blank, config) / 1e6)
        cache = decode_step(text[:, :-1], blank, config)[1]
        with_cache.append(operations(decode_step, text[:, -1:], blank, config, cache) / 1e6)
    ax = plt.figure(figsize=(5, 2.6)).add_subplot()
    ax.plot(lengths, without, "o-", label="without cache")
    ax.plot(lengths, with_cache, "s-", label="with cache")
    ax.set(xlabel="length of the text, in tokens", ylabel="million operations", ylim=(0, None))
    ax.set_title("one more token", fontsize=10)
    ax.legend()
    plt.show()
    print(f"at length {lengths[-1]}: {without[-1]:.1f} against {with_cache[-1]:.1f} million")

    small = GPT2Config()  # as it comes, it has the sizes of GPT-2 small
    blank, text = GPT2LMHeadModel(small).state_dict(), torch.zeros(1, 128, dtype=torch.long)
    cache = decode_step(text[:, :-1], blank, small)[1]
    whole = operations(gpt2_logits, text, blank, small) / 1e9
    step = operations(decode_step, text[:, -1:], blank, small, cache) / 1e9
    print(f"GPT-2 small at length 128: {whole:.1f} against {step:.2f} billion, a factor of {whole / step:.0f}")

# %% [markdown]
# **Read it.** Each point is one token. Which area of the picture is the cost of a whole text? Write down how that
# grows with the length $n$ for each line: as $n$, as $n^2$, or as $n^3$? Then look closely: the upper line bends a
# little. Which step of the model bends it? And why is the factor for GPT-2 small equal to the length?
#
# The price is memory. In each layer a token leaves a key and a value, $D$ numbers each, 4 bytes a number in float32:
#
# $$\text{bytes of cache} = 2 \cdot L \cdot D \cdot 4 \cdot T$$

# %%
for name, (_, places, layers, width) in SIZES.items():
    per_token = 2 * layers * width * 4
    print(f"{name:12} {per_token / 1024:6.1f} KiB a token, {per_token * places / 2**20:7.1f} MiB for {places} tokens")

# %% [markdown]
# That is for *one* text. A server with a hundred users holds a hundred caches, and this is one of the reasons why
# long conversations are expensive.

# %% [markdown]
# ## Question 7: where is it surprised?
# *25 minutes · difficulty ●●○ · 3 points, marked by hand*
#
# **The experiment.** In the cell below put a true sentence from physics, and a second one that differs from it in one
# word and is false. (The two that stand there are an example.) Both should be made of words that the model knows.
# Before you run it, write down at which token the two rows of bars will begin to differ, and where the highest bar
# will be.

# %%
true_sentence = "the unit of current is the ampere ."
false_sentence = "the unit of current is the volt ."
with needs("Questions 2 to 5"):
    surprise_bars(true_sentence, false_sentence)
    for text in (true_sentence, false_sentence):
        ids = encode(text)
        print(f"perplexity {perplexity(gpt2_logits(ids, params, config), ids):6.2f}   {text}")

# %% [markdown]
# Write about 150 words in three parts, one point each:
#
# 1. **Where?** At which two tokens is the model most surprised in your *true* sentence? Give the numbers. Would you
#    have been surprised there too? Say what a high bar means in a sentence that is true.
# 2. **What does it know?** Compare your two sentences at the changed word, and go back to the two products in "Six
#    texts, one model". Does the model know physics, or does it know which words go together? Name an experiment that
#    could tell the two apart.
# 3. **What does perplexity not say?** Somebody reports: "my model has a perplexity of 20, yours has 35, so mine knows
#    more." Give two reasons why that does not follow.

# %% [markdown] grade_id="where_surprised" role="manual" points=3
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer.* (1) In "the unit of current is the ampere" the highest bars are at *unit* (5.5 nats) and *current*
# (3.3). I would have been surprised as well: after *the* hundreds of words can follow, and after *the unit of* some
# twenty quantities ($e^{3.3} = 27$). A high bar in a true sentence means that the choice was open. It is no mistake.
#
# (2) Up to *the* both rows are the same. Then *ampere* has 0.0 and *volt* 9.4: the model holds *volt* for about ten
# thousand times less likely ($e^{9.4} = 12000$). That could be physics, but it could also be that *current* and
# *ampere* often stood together. The products say that it is the second: it finds "three newtons over two metres, so
# the energy is twelve joules" less surprising (perplexity 2.0) than the true six joules (2.8). It has learnt that a
# number and the word *joules* belong there, not how to multiply. Experiment: take many pairs of numbers, among them
# pairs that never stood in the training text, and count how often the right product has the lowest surprise. If it
# succeeds only on pairs it has read, it has learnt them by heart.
#
# (3) Perplexity is counted per token. Another tokenizer cuts the text into other and more tokens, and the numbers
# cannot be compared. Also it depends on the text: on another test text, or on one that stood in the training data of
# one of the models, it says nothing about the difference. And it rewards likely words, not true ones: the false
# product had the lower perplexity.
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. One point: two numbers read correctly from the student's own picture, and the insight that high surprise at a
#    true word means an open choice (many continuations), not an error. Half: numbers without the insight, or the
#    insight without numbers.
# 2. One point: the two sentences compared with numbers at the changed word, the false product noticed, and an
#    experiment that can separate (unseen pairs, words moved apart, names exchanged). Half: two of the three. Any
#    sentence pair of the student's own is fine, also one where the model fails.
# 3. One point: two independent reasons, such as tokenizer or vocabulary, other test text, test text seen in training,
#    likely is not true. Half: one of them.
# ### END SOLUTION

# %% [markdown]
# ## What this does not show
# - **Training.** The numbers in the file come from many steps downhill on the loss of Question 4, through a lot of
#   text. Here we only used them.
# - **Truth.** The model was rewarded for likely text. If a false sentence stood in its text often enough, it would
#   expect it.
# - **The world outside.** Our model has read nothing but short sentences on physics, made by a program. Its surprise
#   at a fairy tale says something about the model, not about the tale.
# - **Other languages.** The tokenizer works on bytes and accepts any text, Chinese too. To accept is not to
#   understand: pages in other languages were [left
#   out](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf) when
#   the text for GPT-2 was collected. If you see fluent Chinese printed somewhere as the output of GPT-2 small, it
#   came from another model.
# - **Answers.** GPT-2 continues text. A chat program is trained further, on dialogues and on people's judgements. Its
#   forward pass is still of the kind that you wrote.
# - **Seconds.** We counted multiplications. With a cache there are so few of them that a real computer spends most of
#   its time fetching the numbers from memory.
