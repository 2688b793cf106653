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
# # Foundations: a function with knobs
#
# A language model reads a text and says which word may come next. It is a function: text goes in, numbers come out. The
# smallest GPT-2 has 124 million numbers inside it that nobody typed in. They are its **knobs**. At first they are
# random, and the model talks nonsense. Then a simple rule turns every knob a little, again and again, until the output
# is good.
#
# This notebook is about that rule. You start with a function that has two knobs, a straight line. You find the best
# line by a formula, then by going downhill step by step, and then you let torch do the same for a small network. At the
# end you train a language model that is so small that you can read all of it.
#
# **At the end you will be able to**
#
# - read the shape of a tensor, and say what broadcasting will do with it;
# - say in numbers how wrong a model is, and find the line that is least wrong;
# - write gradient descent, and say why a step that is too large ruins everything;
# - train any torch model with four lines of code;
# - say what a hidden layer adds, and what it does not add;
# - recognise a model that has learnt its data by heart;
# - count and train a bigram model, the smallest language model.
#
# | Question | minutes | difficulty | points |
# |---|---|---|---|
# | torch in 20 minutes (puzzles) | 20 | ●○○ | no marks |
# | 1 `count_linear_parameters` | 10 | ●○○ | 1 |
# | 2 `mse_loss` | 10 | ●○○ | 2 |
# | 3 `linear_regression` | 20 | ●●○ | 3 |
# | 4 `line_gradient` | 15 | ●●○ | 2 |
# | 5 `descend` | 15 | ●●○ | 2 |
# | 6 `train_step` | 20 | ●●○ | 3 |
# | 7 `two_layer_forward` | 15 | ●○○ | 2 |
# | 8 `polynomial_features` | 15 | ●○○ | 2 |
# | 9 `bigram_counts` | 15 | ●●○ | 2 |
# | 10 `bigram_loss` | 15 | ●●○ | 2 |
# | 11 learnt by heart (in words) | 15 | ●●○ | 3 |
#
# Together about three hours, 24 points. You need Python (functions, loops, lists) and the derivative of $x^2$. You need
# not have met torch or a neural network.

# %% [markdown]
# ## How to work
#
# - Write your code where it says `# YOUR CODE HERE`, and delete the line `raise NotImplementedError(...)` below it.
# - Then run the test cell that follows. If something is wrong, the last line of the error message says what it probably
#   is. If you see "... looks right", go on. Your marks come from more tests of the same kind, with other numbers, so
#   write for the general case.
# - Hints are folded. Try for five minutes before you open one.
# - Cells without a question use your functions. If one says "Finish Question 2 first", come back to it later.
# - Everything runs in seconds on a laptop. If there is a GPU, the larger experiments use it.

# %% grade_id="setup" role="locked"
from contextlib import contextmanager

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

device = "cuda" if torch.cuda.is_available() else "cpu"
QUESTIONS = {
    "count_linear_parameters": 1,
    "mse_loss": 2,
    "linear_regression": 3,
    "line_gradient": 4,
    "descend": 5,
    "train_step": 6,
    "two_layer_forward": 7,
    "polynomial_features": 8,
    "bigram_counts": 9,
    "bigram_loss": 10,
}


@contextmanager
def needs(*numbers):
    """`with needs(2, 6):` runs its block, or says which of these questions to finish first. Other errors are shown."""
    try:
        yield
    except (NotImplementedError, NameError) as error:
        name = getattr(error, "name", None) or str(error)  # the function that is not written yet, or not run yet
        if QUESTIONS.get(name) not in numbers:
            raise
        print(f"Finish Question {QUESTIONS[name]} ({name}) first, then run this cell again.")


print("Working on:", device)

# %% role="author"
from autograder import check

# %% [markdown]
# ## Torch in 20 minutes
# *20 minutes · difficulty ●○○ · no marks*
#
# A **tensor** is a table of numbers of one kind, with any number of axes. Its **shape** says how long each axis is.
# Nearly all errors in this course are errors of shape, so it pays to train your eye.
#
# Each cell below holds a few puzzles: an expression in quotes, and a place for your guess. **Write your guess in the
# place of `None`, then run the cell**:
#
# - a shape as a tuple: `(2, 3)`, or `(3,)` for one axis, or `()` for no axis at all, a single number;
# - the entries of a tensor as a list: `[1, 2]`, or `[[1, 2], [3, 4]]`;
# - `"error"` if you think that torch refuses.
#
# A wrong guess costs nothing. It shows you where to look.
#
# Two tensors for the puzzles: `a` holds 0 to 5, and `m` has 2 rows and 3 columns:
#
# $$a = (0, 1, 2, 3, 4, 5), \qquad m = \begin{pmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \end{pmatrix}$$

# %% grade_id="puzzles" role="locked"
a = torch.arange(6)
m = torch.tensor([[1, 2, 3], [4, 5, 6]])


def play(guesses):
    """Compares each guess with what torch says of the expression."""
    for text, guess in guesses.items():
        if guess is None:
            print(f"{text:<52} your guess?")
            continue
        try:
            answer = eval(text)
        except (RuntimeError, IndexError):
            answer = "error"
        if isinstance(answer, Tensor):
            answer = answer.tolist()
        elif isinstance(answer, torch.Size):
            answer = tuple(answer)
        print(f"{text:<52} {'right' if guess == answer else f'torch says {answer}, you said {guess}'}")


# %% [markdown]
# ### Shapes
# `m[0]` takes row 0, `m[:, 0]` takes column 0. `reshape` writes the same numbers in the same order into another shape;
# `.T` exchanges rows and columns, which is not the same thing.

# %%
play(
    {
        "m.shape": None,
        "m[0].shape": None,
        "m[:, 0].shape": None,
        "m[0, 1].shape": None,
        "a.reshape(3, 2)[1]": None,
        "m.reshape(3, 2)[0]": None,
        "m.T[0]": None,
        "a.unsqueeze(-1).shape": None,  # a new axis of length 1, here at the end
    }
)

# %% [markdown]
# <details><summary>Answers</summary>
#
# `(2, 3)`, `(3,)`, `(2,)`, `()`: each index that you give takes one axis away. `a.reshape(3, 2)` has the rows 0 1, 2 3,
# 4 5, so its row 1 is `[2, 3]`. `m.reshape(3, 2)[0]` is `[1, 2]`, the first two numbers in reading order, while
# `m.T[0]` is `[1, 4]`, the first column. `(6, 1)`: six rows of one number.
# </details>
#
# ### Sums along an axis, and keepdim
# `m.sum(dim)` adds along the axis `dim`, and that axis disappears. Count axes from 0, or from the end with −1. With
# `keepdim=True` the axis stays, with length 1.

# %%
play(
    {
        "m.sum()": None,
        "m.sum(0)": None,
        "m.sum(1)": None,
        "m.sum(-1)": None,
        "m.sum(1).shape": None,
        "m.sum(1, keepdim=True).shape": None,
        "m.sum(2)": None,
    }
)

# %% [markdown]
# <details><summary>Answers</summary>
#
# `21`; `[5, 7, 9]`: axis 0 runs down the rows, so it is the rows that are added together; `[6, 15]`; the last axis is
# axis 1, so `[6, 15]` again; `(2,)`; `(2, 1)`; `"error"`: `m` has the axes 0 and 1 only.
# </details>
#
# ### Broadcasting
# `+`, `*` and the like need two tensors of one shape. If the shapes differ, torch writes one below the other, **lined
# up at the right**, and stretches every axis of length 1 (or a missing axis) to the length of the other. If two lengths
# differ and neither is 1, it refuses.
#
# ```
# (2, 3)          (5, 1)          (2, 3)
#    (3,)            (3,)            (2,)
# ------          ------          ------
# (2, 3)          (5, 3)          error: 3 against 2
# ```

# %%
play(
    {
        "(m + 10)[1]": None,
        "(m + torch.tensor([10, 20, 30]))[1]": None,
        "(m + torch.tensor([[10], [20]]))[1]": None,
        "m + torch.tensor([10, 20])": None,
        "(torch.zeros(5, 1) - torch.zeros(3)).shape": None,
        "(torch.zeros(4, 1) - torch.zeros(4)).shape": None,  # this one hides in many programs
        "(torch.zeros(7, 1, 3) * torch.zeros(2, 3)).shape": None,
    }
)

# %% [markdown]
# <details><summary>Answers</summary>
#
# `[14, 15, 16]`; `[14, 25, 36]`: the row is added to both rows; `[24, 25, 26]`: the column `(2, 1)` is added to all
# three columns; `"error"`; `(5, 3)`; **`(4, 4)`**: four numbers minus four numbers gave sixteen, and no error. Remember
# it for Question 2. The last is `(7, 2, 3)`.
# </details>
#
# ### Picking entries
# A tensor of whole numbers in the brackets picks: `m[ids]` picks rows. Two such tensors pick single entries, one pair
# of row and column after the other. `gather(1, ids)` picks within each row: entry $(i, j)$ of the result is
# $m_{i,\, \mathrm{ids}_{ij}}$. A comparison gives a tensor of `True` and `False`, which picks as well.

# %%
play(
    {
        "m[torch.tensor([1, 1, 0])].shape": None,
        "m[torch.tensor([1, 1, 0])][:, 0]": None,
        "m[torch.tensor([0, 1]), torch.tensor([2, 0])]": None,
        "m.gather(1, torch.tensor([[2], [0]]))": None,
        "m > 3": None,
        "m[m > 4]": None,
        "a[:-1]": None,
        "a[1:]": None,
    }
)

# %% [markdown]
# <details><summary>Answers</summary>
#
# `(3, 3)`: three rows of three; `[4, 4, 1]`; `[3, 4]`: row 0 column 2, then row 1 column 0; `[[3], [4]]`: the same
# entries, and the shape is that of the ids; `[[False, False, False], [True, True, True]]`; `[5, 6]`; `[0, 1, 2, 3, 4]`:
# all but the last; `[1, 2, 3, 4, 5]`: all but the first. The last two together are all pairs of neighbours, and that is
# how a language model sees its text (Question 9).
# </details>

# %% [markdown]
# ## Question 1: how many knobs?
# *10 minutes · difficulty ●○○ · 1 point*
#
# The building block of nearly every network is the **linear layer**. It takes $n_\text{in}$ numbers and makes
# $n_\text{out}$ numbers of them. Each output is a weighted sum of all inputs, plus a constant of its own, the **bias**:
#
# $$y_j = \sum_{i=1}^{n_\text{in}} x_i\, w_{ij} + b_j, \qquad j = 1, \dots, n_\text{out}$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | the inputs | $(n_\text{in})$ |
# | $w$ | the weights: one for each pair of an input and an output | $(n_\text{in}, n_\text{out})$ |
# | $b$ | the biases: one for each output; some layers have none | $(n_\text{out})$ |
# | $y$ | the outputs | $(n_\text{out})$ |
#
# The weights and the biases are the knobs, in the language of the field: the **parameters**.
#
# **By hand.** The layer in the picture below has 3 inputs and 2 outputs. There are $3 \cdot 2 = 6$ weights, one for
# each line, and 2 biases. Together 8 parameters; without biases 6.

# %% grade_id="draw_a_layer" role="locked"
fig, ax = plt.subplots(figsize=(4.2, 2.4))
for i, y_in in enumerate((2, 1, 0)):
    for j, y_out in enumerate((1.5, 0.5)):
        ax.plot([0, 2], [y_in, y_out], color="C0", linewidth=1, zorder=0)
        side = "top" if j else "bottom"
        ax.text(0.45, y_in + 0.22 * (y_out - y_in), f"$w_{{{i + 1}{j + 1}}}$", fontsize=8, ha="center", va=side)
    ax.text(0, y_in, f"$x_{i + 1}$", ha="center", va="center", bbox={"boxstyle": "circle", "fc": "white", "ec": "C0"})
for j, y_out in enumerate((1.5, 0.5)):
    text = f"$y_{j + 1}$"
    ax.text(2, y_out, text, ha="center", va="center", bbox={"boxstyle": "circle", "fc": "white", "ec": "C1"})
    ax.text(2.25, y_out, f"$+\\, b_{j + 1}$", va="center")
ax.set(xlim=(-0.4, 3), ylim=(-0.5, 2.5))
ax.axis("off")  # a drawing, not a plot: it has no axes
plt.show()

# %% [markdown]
# <details><summary>Hint</summary>
#
# `bias` is `True` or `False`. The biases count only where it is `True`.
# </details>


# %% grade_id="count_linear_parameters" role="solution"
def count_linear_parameters(n_in: int, n_out: int, bias: bool = True) -> int:
    """How many parameters a linear layer from n_in to n_out numbers has, with or without its biases."""
    ### BEGIN SOLUTION
    return n_in * n_out + (n_out if bias else 0)
    ### END SOLUTION


# %% grade_id="test_count_linear_parameters" role="test" points=1
count = count_linear_parameters(3, 2)
assert isinstance(count, int), f"a count is a whole number, an int, yours is {type(count).__name__}"
assert count != 6, "you count the 6 weights of the picture, but not the biases: bias=True is the default"
assert count != 9, "there is one bias for each OUTPUT: 2 in the picture, not 3"
assert count == 8, f"the layer in the picture has 6 weights and 2 biases, 8 parameters, not {count}"
assert count_linear_parameters(3, 2, bias=False) == 6, "with bias=False only the weights are left: 6 in the picture"
assert count_linear_parameters(1, 1) == 2, "one input and one output: a weight and a bias, the two knobs of a line"
print("count_linear_parameters looks right")
### BEGIN HIDDEN TESTS
check("count_linear_parameters")
### END HIDDEN TESTS

# %%
with needs(1):
    last_layer = count_linear_parameters(768, 50_257, bias=False)
    print(f"the last layer of the smallest GPT-2, from 768 numbers to 50,257 tokens: {last_layer:,} weights")

# %% [markdown]
# The smallest GPT-2 has about 124 million parameters, so nearly a third of them are in this one table. (It is used
# twice: the same numbers also describe the words that go in. You will meet this table in the next notebook.)

# %% [markdown]
# ## Question 2: how wrong?
# *10 minutes · difficulty ●○○ · 2 points*
#
# To turn knobs in the right direction, you need one number that says how bad the output is. This number is called the
# **loss**. Small is good. For numbers that should be near other numbers, the usual loss is the **mean squared error**:
#
# $$L = \frac1N \sum_{i=1}^{N} (\hat y_i - y_i)^2$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $\hat y$ | what the model says, `predicted` | any, such as `(N,)` |
# | $y$ | what is true, `target` | the same |
# | $N$ | how many entries there are in all | number |
# | $L$ | the loss | `()`, a single number |
#
# Why the square? It makes errors up and errors down count alike, it makes one large error count more than two small
# ones, and its derivative is simple.
#
# **By hand.** Predicted 3, 5, 2; true 2, 5, 4. The errors are 1, 0, −2, their squares 1, 0, 4. So $L = 5/3 = 1.667$.
#
# **The trap.** In the puzzles, `(4, 1)` minus `(4,)` gave `(4, 4)` without any error. In a loss this is a disaster:
# every prediction is compared with *every* target, training goes on, and the model learns nonsense. So your function
# must **raise a `ValueError` if the shapes differ**.
#
# <details><summary>Hint</summary>
#
# Compare `predicted.shape` with `target.shape`, and write `raise ValueError("...")` if they are not equal. For the
# rest, `.square()` and `.mean()` are enough; they work for every shape.
# </details>


# %% grade_id="mse_loss" role="solution"
def mse_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """The mean squared error, over all entries.

    predicted, target: floats of one shape, () included. Returns a scalar, shape (). ValueError if the shapes differ.
    """
    ### BEGIN SOLUTION
    if predicted.shape != target.shape:
        raise ValueError(f"the shapes differ: {tuple(predicted.shape)} and {tuple(target.shape)}")
    return (predicted - target).square().mean()
    ### END SOLUTION


# %% grade_id="test_mse_loss" role="test" points=2
predicted, target = torch.tensor([3.0, 5.0, 2.0]), torch.tensor([2.0, 5.0, 4.0])
loss = mse_loss(predicted, target)
assert isinstance(loss, Tensor), f"mse_loss returned {type(loss).__name__}, not a tensor: is the `return` missing?"
assert loss.shape == (), f"the loss is one number, a tensor of shape (), not {tuple(loss.shape)}: take the mean"
assert loss != 5, "you add up the squares: divide by their number, so that more data do not look worse"
assert loss != 1, "you take absolute values, or you forget the square: square every error first"
assert torch.isclose(loss, torch.tensor(5 / 3)), f"the example above has the loss 5/3 = 1.667, you get {loss}"
table = torch.arange(12.0).reshape(3, 4)
assert mse_loss(table, table + 2) == 4, "a table of errors that are all 2 has the loss 4, whatever its shape"
for one, other in (((4, 1), (4,)), ((3,), (4,)), ((3,), ())):
    try:
        mse_loss(torch.zeros(one), torch.zeros(other))
    except ValueError:
        continue
    raise AssertionError(f"the shapes {one} and {other} differ: raise a ValueError before you subtract")
print("mse_loss looks right")
### BEGIN HIDDEN TESTS
check("mse_loss")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 3: the best line
# *20 minutes · difficulty ●●○ · 3 points*
#
# Somebody hangs one to five weights on a rubber band and measures its length each time, in a hurry. The five points do
# not lie on a line, but a line is a reasonable summary. Which line is the best?
#
# $$\hat y = w\, x + b$$
#
# The line has two knobs, its slope $w$ and its intercept $b$. We call a line best if its mean squared error is the
# smallest. For a line this has an exact answer, **least squares**, known since Legendre (1805) and Gauss (1809):
#
# $$w = \frac{\sum_i (x_i - \bar x)(y_i - \bar y)}{\sum_i (x_i - \bar x)^2}, \qquad b = \bar y - w\, \bar x$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x, y$ | the points | `(N,)` each |
# | $\bar x, \bar y$ | their means; $(\bar x, \bar y)$ is the **mean point** | `()` |
# | $w$ | slope | `()` |
# | $b$ | intercept: the height of the line at $x = 0$ | `()` |
#
# **By hand.**
#
# | $x$ | $y$ | $x - \bar x$ | $y - \bar y$ | product | $(x - \bar x)^2$ |
# |---|---|---|---|---|---|
# | 1 | 2 | −2 | −2 | 4 | 4 |
# | 2 | 4 | −1 | 0 | 0 | 1 |
# | 3 | 5 | 0 | 1 | 0 | 0 |
# | 4 | 4 | 1 | 0 | 0 | 1 |
# | 5 | 5 | 2 | 1 | 2 | 4 |
# | **mean 3** | **mean 4** | | | **sum 6** | **sum 10** |
#
# So $w = 6/10 = 0.6$ and $b = 4 - 0.6 \cdot 3 = 2.2$. At $x = 6$ the line says $2.2 + 0.6 \cdot 6 = 5.8$.
#
# **Subtract the means first.** Many books show another formula,
# $w = (\overline{xy} - \bar x\, \bar y) / (\overline{x^2} - \bar x^2)$. On paper it is the same. In a computer it is
# not: if $x$ is a year such as 1994, it subtracts two numbers of about 4 million to find a difference of a few units,
# and `float32` keeps only about seven digits.
#
# **No line.** One point alone, or points that all have exactly the same $x$, have no best line. Raise a `ValueError`.
#
# <details><summary>Hint 1: the sums</summary>
#
# `x.mean()` is a tensor without axes; `x - x.mean()` is `(N,)` again. Then one product, two sums, one division.
# </details>
#
# <details><summary>Hint 2: are all x equal?</summary>
#
# Compare the numbers themselves: `(x == x[0]).all()`. To ask whether the sum of squares is 0 is not safe, because the
# mean of equal numbers may be rounded: in `float32` the mean of six times 0.1 need not be 0.1.
# </details>


# %% grade_id="linear_regression" role="solution"
def linear_regression(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Slope and intercept of the line with the least mean squared error.

    x, y: (N,). Returns two scalars, shape () each. ValueError for fewer than two points, or if all x are equal.
    """
    ### BEGIN SOLUTION
    if (x == x[0]).all():  # a single point is equal to itself
        raise ValueError("a line needs two points with different x")
    from_mean = x - x.mean()
    slope = (from_mean * (y - y.mean())).sum() / from_mean.square().sum()
    return slope, y.mean() - slope * x.mean()
    ### END SOLUTION


# %% grade_id="test_linear_regression" role="test" points=3
x, y = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), torch.tensor([2.0, 4.0, 5.0, 4.0, 5.0])
line = linear_regression(x, y)
assert isinstance(line, tuple), f"return two things, slope and intercept, not {line}"
slope, intercept = line
assert isinstance(slope, Tensor), f"the slope is a tensor, yours is {type(slope).__name__}: do not use .item()"
assert slope.shape == (), f"the slope is a single number, a tensor of shape (), not {tuple(slope.shape)}"
assert not torch.isclose(slope, torch.tensor(2.2)), "the slope comes first, then the intercept"
assert torch.isclose(slope, torch.tensor(0.6)), f"the slope of the example is 6/10 = 0.6, you get {slope}"
assert torch.isclose(intercept, torch.tensor(2.2)), f"the intercept is 4 - 0.6 * 3 = 2.2, you get {intercept}"
years = torch.tensor([2006.0, 2001.0, 2003.0, 2002.0, 2008.0])
slope, _ = linear_regression(years, 0.5 * (years - 2000))
assert abs(slope - 0.5) < 1e-3, f"with years as x the slope is 0.5, you get {slope}: subtract the means, then multiply"
for few in ([1.0], [0.1] * 6):
    try:
        linear_regression(torch.tensor(few), torch.arange(float(len(few))))
    except ValueError:
        continue
    raise AssertionError(f"with x = {few} there is no best line: raise a ValueError")
print("linear_regression looks right")
### BEGIN HIDDEN TESTS
check("linear_regression")
### END HIDDEN TESTS

# %% [markdown]
# ### A published answer, checked without a computer
# The five points above stand in a printed text with another result: intercept **1.6**, and **5.2** predicted at
# $x = 6$. Can you tell that it is wrong, without doing the sums again?
#
# <details><summary>The check</summary>
#
# Look at the formula for $b$: it says $\bar y = w \bar x + b$. **The best line always goes through the mean point**,
# here $(3, 4)$. The printed line has the slope $(5.2 - 1.6) / 6 = 0.6$, so at $x = 3$ it says
# $1.6 + 0.6 \cdot 3 = 3.4$. It misses the mean point by 0.6, so it is not the best line. Ten seconds, no computer.
# </details>
#
# Checks like this one are worth more than any library: you find them by asking what *must* be true of the answer.

# %%
with needs(2, 3):
    slope, intercept = linear_regression(x, y)
    fig, ax = plt.subplots(figsize=(5, 3.2))
    ends = torch.tensor([0.0, 6.5])
    ax.plot(ends, slope * ends + intercept, label="least squares")
    ax.plot(ends, 0.6 * ends + 1.6, "--", label="as printed")
    ax.plot(x, y, "o", color="black", label="measured")
    ax.plot(x.mean(), y.mean(), "*", color="C3", markersize=14, label="mean point")
    ax.set(xlabel="x, number of weights", ylabel="y, length in cm", ylim=(0, 7))
    ax.legend(fontsize=8)
    plt.show()
    for name, height in (("least squares", intercept), ("as printed", torch.tensor(1.6))):
        print(f"{name:>14}: at x = 6 it says {0.6 * 6 + height:.1f}, loss {mse_loss(0.6 * x + height, y):.2f}")

# %% [markdown]
# **Read it.** The two lines are parallel. Which of them passes through the star? Count the points above and below the
# printed line. A line that has nearly all points on one side can be moved towards them and gets better.
#
# *For physicists*: the slope has a unit, centimetres for each weight. If one weight pulls with 1 newton, the spring
# constant of the band is $1/w = 1.7$ N/cm.

# %% [markdown]
# ## Rules from here on
# The hidden tests of all questions ask for this, and so far you have probably done it without thinking:
#
# 1. What comes in as a tensor goes out as a tensor. Do not use `.item()`, `.tolist()` or `float()` inside your
#    functions. (Questions 3 and 9 may look at values.)
# 2. The result has the dtype of the input: `float64` stays `float64`.
# 3. The input is not changed. `x = x - 1` makes a new tensor. `x -= 1` changes the one that you were given.
#
# Two more rules, about devices and about large numbers, come when you need them.

# %% [markdown]
# ## Question 4: which way is downhill?
# *15 minutes · difficulty ●●○ · 2 points*
#
# For a line there is a formula. For a network with millions of knobs there is none. But there is another way that works
# for both: stand somewhere, feel which way is downhill, and take a small step. The direction comes from the derivatives
# of the loss. For a line, with $L = \frac1N \sum_i (w x_i + b - y_i)^2$, the chain rule gives
#
# $$\frac{\partial L}{\partial w} = \frac2N \sum_{i=1}^{N} (w x_i + b - y_i)\, x_i, \qquad
# \frac{\partial L}{\partial b} = \frac2N \sum_{i=1}^{N} (w x_i + b - y_i)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $w, b$ | slope and intercept of the line now | `()` each |
# | $x, y$ | the points | `(N,)` each |
# | $w x_i + b - y_i$ | the error at point $i$, positive if the line is too high | `(N,)` |
# | result | the two derivatives, together the **gradient** | `()` each |
#
# Read the second one aloud: twice the mean error. If the line is too high on average, $\partial L / \partial b$ is
# positive: a larger $b$ would make things worse. The gradient points **uphill**.
#
# **By hand.** $x = (1, 3)$, $y = (3, 5)$, and the line $w = 1$, $b = 0$. The errors are $1 - 3 = -2$ and $3 - 5 = -2$.
# $\partial L / \partial w = \frac22 (-2 \cdot 1 - 2 \cdot 3) = -8$, and
# $\partial L / \partial b = \frac22 (-2 - 2) = -4$. Both are negative: a larger $w$ and a larger $b$ make the loss
# smaller. (The best line is $w = 1$, $b = 2$.)
#
# Write the formulas. torch can find derivatives by itself, and from Question 6 on it will. Here that is not allowed.
#
# <details><summary>Hint</summary>
#
# Compute the errors once, `(N,)`. Then two means. A factor $\frac1N \sum$ is a `.mean()`.
# </details>


# %% grade_id="line_gradient" role="solution"
def line_gradient(w: Tensor, b: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The derivatives of L = mean of (w x + b - y)^2 with respect to w and to b, by their formulas.

    w, b: scalars, shape (); x, y: (N,). Returns (dL/dw, dL/db), two scalars.
    """
    ### BEGIN SOLUTION
    error = w * x + b - y  # (N,)
    return 2 * (error * x).mean(), 2 * error.mean()
    ### END SOLUTION


# %% grade_id="test_line_gradient" role="test" points=2
w, b, x, y = torch.tensor(1.0), torch.tensor(0.0), torch.tensor([1.0, 3.0]), torch.tensor([3.0, 5.0])
gradient = line_gradient(w, b, x, y)
assert isinstance(gradient, tuple), f"return two derivatives, dL/dw and dL/db, not {gradient}"
dw, db = gradient
assert isinstance(dw, Tensor), f"each derivative is a tensor, the first of yours is {type(dw).__name__}"
assert dw.shape == (), (
    f"each derivative is one number, of shape (), not {tuple(dw.shape)}: take the mean over the points"
)
assert dw != 8, "the sign is turned: the error is w x + b - y"
assert (dw, db) != (-4, -8), "the order is turned: dL/dw comes first"
assert dw != -16, "you sum over the points: L is a mean, so the derivatives are means as well"
assert (dw, db) != (-4, -2), "the factor 2 is missing: the derivative of a square is twice its base"
assert (dw, db) == (-8, -4), f"the example above gives dL/dw = -8 and dL/db = -4, you get {dw} and {db}"
w, b, x, y = w.double() + 0.3, b.double() - 0.7, x.double(), y.double()
dw, db = line_gradient(w, b, x, y)
move = 1e-3  # a test for any gradient: move a knob a little to both sides, and see how much the loss changes
change = (((w + move) * x + b - y).square().mean() - ((w - move) * x + b - y).square().mean()) / (2 * move)
assert torch.isclose(dw, change), f"when w moves a little, the loss changes by {change} for each unit of w, not by {dw}"
print("line_gradient looks right")
### BEGIN HIDDEN TESTS
check("line_gradient")
### END HIDDEN TESTS

# %% [markdown]
# ## Question 5: step by step
# *15 minutes · difficulty ●●○ · 2 points · uses Question 4*
#
# **Gradient descent** repeats one small step, against the gradient:
#
# $$w \leftarrow w - \eta\, \frac{\partial L}{\partial w}, \qquad
# b \leftarrow b - \eta\, \frac{\partial L}{\partial b}$$
#
# | symbol | meaning | type |
# |---|---|---|
# | $w, b$ | where we are | `()` each |
# | $\eta$ | the **learning rate**, `rate` | float |
# | steps | how many steps, 0 or more | integer |
# | result | $w$ and $b$ after the last step | `()` each |
#
# **By hand.** The example of Question 4 again, with $\eta = 0.1$. From $w = 1$, $b = 0$, where the gradient is
# $(-8, -4)$, one step leads to $w = 1 + 0.8 = 1.8$ and $b = 0 + 0.4 = 0.4$. The loss was 4. Now the errors are −0.8 and
# 0.8, and the loss is 0.64.
#
# Two details. Compute **both** derivatives before you move anything. And leave the tensors that you were given as they
# are (rule 3).
#
# *For physicists*: this is a ball in a valley full of honey. It has no inertia: its velocity is proportional to the
# force, and the force is minus the gradient of the potential. The learning rate $\eta$ is the length of a time step.
#
# <details><summary>Hint</summary>
#
# `for _ in range(steps):`, your `line_gradient`, then `w, b = w - ..., b - ...` in one line.
# </details>


# %% grade_id="descend" role="solution"
def descend(w: Tensor, b: Tensor, x: Tensor, y: Tensor, rate: float, steps: int) -> tuple[Tensor, Tensor]:
    """w and b after `steps` steps of gradient descent on L = mean of (w x + b - y)^2.

    w, b: scalars, shape (); x, y: (N,). Each step subtracts rate times the gradient, from w and b at once.
    """
    ### BEGIN SOLUTION
    for _ in range(steps):
        dw, db = line_gradient(w, b, x, y)
        w, b = w - rate * dw, b - rate * db
    return w, b
    ### END SOLUTION


# %% grade_id="test_descend" role="test" points=2
w, b, x, y = torch.tensor(1.0), torch.tensor(0.0), torch.tensor([1.0, 3.0]), torch.tensor([3.0, 5.0])
found = descend(w, b, x, y, rate=0.1, steps=1)
assert isinstance(found, tuple), f"return w and b, not {found}"
after = torch.stack(found)
assert (w, b) == (1, 0), "the w and b that were given have changed: write w = w - ..., not w -= ..."
assert not torch.allclose(after, torch.tensor([0.2, -0.4])), "that is uphill: subtract the gradient"
assert not torch.allclose(after, torch.tensor([1.8, 0.0])), "b moved with the new w: compute both derivatives first"
assert torch.allclose(after, torch.tensor([1.8, 0.4])), f"one step leads to w = 1.8, b = 0.4 (see above), not {after}"
assert torch.equal(torch.stack(descend(w, b, x, y, 0.1, 0)), torch.tensor([1.0, 0.0])), "0 steps leave w and b alone"
two = torch.stack(descend(*descend(w, b, x, y, 0.1, 1), x, y, 0.1, 1))
assert torch.allclose(torch.stack(descend(w, b, x, y, 0.1, 2)), two), (
    "2 steps are not the same as 1 step and then 1 more: compute the gradient anew in every step"
)
end = torch.stack(descend(w, b, x, y, 0.1, 500))
assert torch.allclose(end, torch.tensor([1.0, 2.0]), atol=1e-3), f"500 steps lead to w = 1, b = 2, you end at {end}"
print("descend looks right")
### BEGIN HIDDEN TESTS
check("descend")
### END HIDDEN TESTS

# %% [markdown]
# ### A map of the loss
# With two knobs the loss is a landscape, and we can draw its map. Back to the five points of Question 3. Every place on
# the map is a line, and the ellipses are lines of equal loss. Three walkers start at the same place, each with a
# learning rate of its own: 0.02, 0.08 and 0.09. **What do you expect?** They all follow the same formula, and 0.08 is
# nearly 0.09.

# %%
with needs(4, 5):
    x, y = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), torch.tensor([2.0, 4.0, 5.0, 4.0, 5.0])
    slopes, heights = torch.meshgrid(torch.linspace(-4, 5, 120), torch.linspace(-0.5, 5, 120), indexing="ij")
    losses = (slopes[..., None] * x + heights[..., None] - y).square().mean(-1)  # one line for each place: (120, 120)
    fig, axes = plt.subplots(1, 3, figsize=(11, 3.2), sharey=True, layout="constrained")
    for ax, rate in zip(axes, (0.02, 0.08, 0.09), strict=True):
        path = [(torch.tensor(-1.2), torch.tensor(3.6))]
        for _ in range(9):
            path.append(descend(*path[-1], x, y, rate, steps=1))
        path = torch.tensor(path)
        ax.contour(slopes, heights, losses, levels=[0.6, 1, 2, 4, 8, 16, 32, 64, 128], colors="gray", linewidths=0.5)
        ax.plot(path[:, 0], path[:, 1], "o-", color="C3", markersize=4, linewidth=1)
        ax.plot(0.6, 2.2, "*", color="black", markersize=10)  # the answer of least squares
        ax.set(xlabel="w, slope", title=f"rate {rate}", xlim=(-4, 5), ylim=(-0.5, 5))
        loss = (path[-1, 0] * x + path[-1, 1] - y).square().mean()
        print(f"rate {rate}: the loss is {loss:.2f} after 9 steps")
    axes[0].set_ylabel("b, intercept")
    plt.show()

# %% [markdown]
# **Read it.** The star is the best line. The valley around it is long and narrow. Across it the walls are steep; along
# it the ground is nearly flat. The small rate walks down the wall and then creeps along the bottom. The middle one
# jumps from wall to wall, a little lower each time. The largest one jumps from wall to wall **a little higher each
# time**, and it will never stop.
#
# Between 0.08 and 0.09 there is a sharp limit. Along a direction in which the loss curves with $L'' = \lambda$, one
# step multiplies the distance from the bottom by $1 - \eta \lambda$. This shrinks the distance only if its size is
# below 1, that is if
#
# $$\eta < \frac{2}{\lambda_\text{max}}$$
#
# where $\lambda_\text{max}$ is the largest curvature, across the valley. The curvatures are the eigenvalues of the
# matrix of second derivatives. For a line they can be written down:

# %% grade_id="the_limit" role="locked"
x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
second = 2 * torch.tensor([[x.square().mean(), x.mean()], [x.mean(), 1.0]])  # second derivatives by w and b
along, across = torch.linalg.eigvalsh(second).tolist()
print(f"curvature along the valley {along:.3f}, across it {across:.2f}: the limit of the rate is {2 / across:.4f}")
for rate in (0.02, 0.08, 0.09):
    factors = f"across by {1 - rate * across:+.2f}, along by {1 - rate * along:.3f}"
    print(f"rate {rate}: each step multiplies the distance {factors}")
assert 0.08 < 2 / across < 0.09

# %% [markdown]
# The steepest direction sets the limit for the rate, and the flattest direction then has to be patient: at 0.08 it
# shortens its distance by less than 3% in a step. This is why people who train networks worry about the learning rate,
# and why optimizers such as Adam give every knob a rate of its own.
#
# *For physicists*: you know this limit from simulations. A time step that is too long for the stiffest spring makes the
# whole system explode.

# %% [markdown]
# ## Question 6: four lines that train anything
# *20 minutes · difficulty ●●○ · 3 points · uses Question 2*
#
# For a network nobody writes the derivatives by hand. torch notes every operation, and `loss.backward()` then applies
# the chain rule through all of them. That is called **automatic differentiation**. Every parameter has a slot `.grad`
# for its derivative, and an **optimizer** turns the knobs:
#
# | line | what it does |
# |---|---|
# | `loss = ...` | run the model, compare with the truth |
# | `optimizer.zero_grad()` | forget the gradients of the step before |
# | `loss.backward()` | put the derivative of the loss into `.grad` of every parameter |
# | `optimizer.step()` | move every parameter, by the optimizer's own rule |
#
# **Why must gradients be forgotten?** `backward()` does not replace what is in `.grad`, it **adds** to it. Without
# `zero_grad()` each step follows the sum of all gradients so far. The program runs, and the loss even falls for a
# while, so the mistake is easy to miss. It is one of the most frequent ones in the field.
#
# **By hand.** A model $\hat y = w x$ with $w = 1$, one point $x = 2$, $y = 6$: the loss is $(2 - 6)^2 = 16$, its
# derivative $2 \cdot (2 - 6) \cdot 2 = -16$. Plain descent (`torch.optim.SGD`) with rate 0.1 moves $w$ to
# $1 + 1.6 = 2.6$. If a gradient of, say, 10 were still there from before, it would move to $1 + 0.6 = 1.6$ instead.
#
# The function makes **one** step on the mean squared error, and returns the loss **before** the step, cut off from the
# graph of operations with `.detach()`. (Otherwise a list of 1,000 losses would keep 1,000 graphs in memory.) Call the
# model only once, and leave its train or eval mode as it is.
#
# <details><summary>Hint</summary>
#
# The four lines of the table, in this order. The loss of the first line is what you return at the end.
# </details>


# %% grade_id="train_step" role="solution"
def train_step(model: nn.Module, x: Tensor, y: Tensor, optimizer: torch.optim.Optimizer) -> Tensor:
    """One step of the optimizer on the mean squared error of model(x) and y.

    y has the shape of model(x). Returns the loss before the step, a scalar cut off from the graph.
    """
    ### BEGIN SOLUTION
    loss = mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
    ### END SOLUTION


# %% grade_id="test_train_step" role="test" points=3
model = nn.Linear(1, 1, bias=False)
nn.init.constant_(model.weight, 1.0)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model.weight.grad = torch.tensor([[10.0]])  # left from before
loss = train_step(model, torch.tensor([[2.0]]), torch.tensor([[6.0]]), optimizer)
assert isinstance(loss, Tensor), f"train_step returned {type(loss).__name__}, not a tensor: return the loss"
w = model.weight.item()
assert w != 1.0, "the weight has not moved: is optimizer.step() missing, or zero_grad() between backward() and step()?"
assert abs(w - 1.6) > 1e-4, "the gradient that was left from before was added: zero_grad() comes before backward()"
assert abs(w - 2.6) < 1e-4, f"one step moves the weight of the example from 1 to 2.6, yours is at {w}"
assert abs(loss.item() - 0.8**2) > 1e-3, "you return the loss after the step: return the one before it"
assert abs(loss.item() - 16) < 1e-4, f"the loss before the step is (2 - 6)^2 = 16, you return {loss}"
assert loss.shape == (), f"the loss is a tensor of shape (), not {tuple(loss.shape)}"
assert not loss.requires_grad, "the loss is still tied to its graph: return loss.detach()"
model.eval()
train_step(model, torch.ones(3, 1), torch.ones(3, 1), optimizer)
assert not model.training, "the model was in eval mode, and train_step has changed that: do not call model.train()"
print("train_step looks right")
### BEGIN HIDDEN TESTS
check("train_step")
### END HIDDEN TESTS

# %% [markdown]
# Does it find the same line as the formula? `nn.Linear(1, 1)` is a line, with a weight and a bias.

# %%
with needs(2, 6):
    torch.manual_seed(0)
    line = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(line.parameters(), lr=0.08)
    x, y = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), torch.tensor([2.0, 4.0, 5.0, 4.0, 5.0])
    losses = [train_step(line, x.unsqueeze(-1), y.unsqueeze(-1), optimizer) for _ in range(400)]  # (5, 1) each
    above = (torch.stack(losses) - 0.48).clamp_min(1e-7)  # 0.48 is the loss of the best line
    fig, ax = plt.subplots(figsize=(5, 2.8))
    ax.semilogy(above)
    ax.set(xlabel="step", ylabel="loss above that of the best line")
    plt.show()
    print(f"after 400 steps: w = {line.weight.item():.3f}, b = {line.bias.item():.3f} (formula: 0.6 and 2.2)")

# %% [markdown]
# **Read it.** The axis is logarithmic, so a straight line means: the same factor in every step. There are two. The
# steep one is the way down the walls of the valley, the other the way along its bottom. Below about $10^{-6}$ you see
# only the rounding of `float32`. What is drawn is the distance from 0.48; the loss itself does not go to 0, because no
# line passes through all five points.

# %% [markdown]
# ## Question 7: a hidden layer
# *15 minutes · difficulty ●○○ · 2 points*
#
# Two linear layers in a row are no more than one: $(x W_1) W_2 = x (W_1 W_2)$, and the product of two matrices is a
# matrix. Something must stand between them that is *not* linear. The simplest choice is the **ReLU**, which keeps
# positive numbers and replaces negative ones by 0:
#
# $$\mathrm{relu}(z) = \max(z, 0), \qquad \hat y = \mathrm{relu}(x W_1 + b_1)\, W_2 + b_2$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | inputs, any number of them at once | `(..., I)` |
# | $W_1, b_1$ | the first layer, to $H$ **hidden units** | `(I, H)`, `(H,)` |
# | $W_2, b_2$ | the second layer | `(H, O)`, `(O,)` |
# | $\hat y$ | outputs | `(..., O)` |
#
# The dots stand for any number of leading axes, none included: one input `(I,)`, a batch `(B, I)`, or more.
#
# **By hand.** $x = (1, 2)$, $W_1 = \begin{pmatrix} 1 & -1 \\ 1 & 0 \end{pmatrix}$, $b_1 = (0, 0.5)$. The sums are
# $1 + 2 = 3$ and $-1 + 0.5 = -0.5$. ReLU makes $(3, 0)$ of them. With $W_2 = \begin{pmatrix} 2 \\ 10 \end{pmatrix}$ and
# $b_2 = -1$ the output is $3 \cdot 2 + 0 \cdot 10 - 1 = 5$.
#
# <details><summary>Hint</summary>
#
# `@` multiplies the last axis of `x` by a matrix and leaves the leading axes alone. `torch.relu` is there.
# </details>


# %% grade_id="two_layer_forward" role="solution"
def two_layer_forward(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """A network with one hidden layer: relu(x w1 + b1) w2 + b2.

    x: (..., I), w1: (I, H), b1: (H,), w2: (H, O), b2: (O,). Returns (..., O).
    """
    ### BEGIN SOLUTION
    hidden = torch.relu(x @ w1 + b1)  # (..., H)
    return hidden @ w2 + b2
    ### END SOLUTION


# %% grade_id="test_two_layer_forward" role="test" points=2
w1, b1 = torch.tensor([[1.0, -1.0], [1.0, 0.0]]), torch.tensor([0.0, 0.5])
w2, b2 = torch.tensor([[2.0], [10.0]]), torch.tensor([-1.0])
out = two_layer_forward(torch.tensor([1.0, 2.0]), w1, b1, w2, b2)
assert isinstance(out, Tensor), f"the function returned {type(out).__name__}, not a tensor: is the `return` missing?"
assert out.shape == (1,), f"one input (2,) gives one output (1,), not {tuple(out.shape)}"
assert out != 0, "a hidden unit is -0.5 before the ReLU: it must become 0. Is the ReLU missing?"
assert out == 5, f"the example above gives 5, you get {out}"
low = two_layer_forward(torch.tensor([0.0, 0.0]), w1, b1, 0 * w2, b2)
assert low == -1, f"the output may be negative: the ReLU stands on the hidden layer only. Expected -1, got {low}"
assert two_layer_forward(torch.zeros(3, 5, 2), w1, b1, w2, b2).shape == (3, 5, 1), "(3, 5, 2) in gives (3, 5, 1) out"
print("two_layer_forward looks right")
### BEGIN HIDDEN TESTS
check("two_layer_forward")
### END HIDDEN TESTS

# %% [markdown]
# ### What a hidden layer adds: XOR
# Two switches and a lamp: the lamp is on if **exactly one** switch is on. Can a linear layer learn this?
#
# For every linear function $f(0,0) + f(1,1) = f(0,1) + f(1,0)$ (write it out: all $w$ and $b$ cancel). Here the left
# side should be $0 + 0$ and the right side $1 + 1$. So it is impossible, whatever the training does. Let us watch it
# fail, and then add 8 hidden units.

# %%
with needs(2, 6):
    switches = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], device=device)
    lamp = torch.tensor([[0.0], [1.0], [1.0], [0.0]], device=device)
    square = torch.cartesian_prod(torch.linspace(-0.3, 1.3, 60), torch.linspace(-0.3, 1.3, 60)).to(device)  # (3600, 2)
    torch.manual_seed(0)
    models = {
        "no hidden layer": nn.Linear(2, 1),
        "8 hidden units": nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)),
    }
    fig, axes = plt.subplots(1, 2, figsize=(7.5, 3.2), layout="constrained")
    for ax, (name, model) in zip(axes, models.items(), strict=True):
        model = model.to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        for _ in range(300):
            loss = train_step(model, switches, lamp, optimizer)
        with torch.no_grad():
            picture = model(square).reshape(60, 60).T.cpu()
            says = ", ".join(f"{value:.2f}" for value in model(switches).flatten().tolist())
        image = ax.imshow(picture, origin="lower", extent=(-0.3, 1.3, -0.3, 1.3), vmin=0, vmax=1, cmap="cividis")
        ax.scatter(*switches.T.cpu(), c=lamp.flatten().cpu(), cmap="cividis", edgecolors="white", s=90)
        ax.set(xlabel="first switch", ylabel="second switch", title=name)
        print(f"{name}: for 00, 01, 10, 11 it says {says}; loss {loss:.3f}")
    fig.colorbar(image, ax=axes, label="output")
    plt.show()

# %% [markdown]
# **Read it.** The circles are the four cases, coloured as the lamp should be. On the left the best that a linear layer
# can do is to say 0.5 everywhere, with the loss 0.25. On the right the plane is folded along a few straight lines, one
# for each hidden unit that is in use, and the four cases fit. (The example became famous with the book *Perceptrons* by
# Minsky and Papert, 1969.)

# %% [markdown]
# ### What it does not add: y = 2x
# Now a warning. A text about neural networks trains ten ReLUs and Adam on points of $y = 2x$, for 100 passes over the
# data, and prints the prediction at $x = 6$: **11.97**. The truth is 12. Impressive?
#
# A network starts from random numbers. So one result is one draw from a lottery. Let us train **100 such networks**,
# each from a start of its own, and look at all of them: five points $x = 1, \dots, 5$, weights drawn as the library
# Keras does it, Adam with its usual rate 0.001. And let us ask one more question, $x = -6$, where the truth is −12.


# %% grade_id="hundred_networks" role="locked"
class HundredNetworks(nn.Module):
    """100 networks from 1 number to 10 ReLUs to 1 number, side by side: x (N, 1) -> (100, N, 1)."""

    def __init__(self):
        super().__init__()
        bound = (6 / 11) ** 0.5  # Glorot and Bengio, 2010: uniform within +- sqrt(6 / (inputs + outputs))
        self.w1 = nn.Parameter((2 * torch.rand(100, 1, 10) - 1) * bound)
        self.w2 = nn.Parameter((2 * torch.rand(100, 10, 1) - 1) * bound)
        self.b1, self.b2 = nn.Parameter(torch.zeros(100, 1, 10)), nn.Parameter(torch.zeros(100, 1, 1))

    def forward(self, x):
        return torch.relu(x @ self.w1 + self.b1) @ self.w2 + self.b2


# %%
with needs(2, 6):
    torch.manual_seed(0)
    networks = HundredNetworks().to(device)
    x = torch.tensor([[1.0], [2.0], [3.0], [4.0], [5.0]], device=device)
    truth = (2 * x).expand(100, 5, 1)
    fig, axes = plt.subplots(1, 2, figsize=(8, 2.9), layout="constrained")
    for passes, rate, colour in ((100, 0.001, "C0"), (500, 0.01, "C1")):
        optimizer = torch.optim.Adam(networks.parameters(), lr=rate)
        for _ in range(passes):
            train_step(networks, x, truth, optimizer)
        with torch.no_grad():
            answers = networks(torch.tensor([[6.0], [-6.0]], device=device)).squeeze(-1).T.cpu()  # (2, 100)
        name = f"{passes} passes" if passes == 100 else f"and then {passes:,} more, rate {rate}"
        print(f"{name}: {((answers[0] - 11.97).abs() < 0.05).sum()} of 100 say about 11.97 at x = 6")
        for ax, values, at in zip(axes, answers, (6, -6), strict=True):
            ax.hist(values, bins=torch.linspace(-14, 14, 57).tolist(), alpha=0.6, color=colour, label=name)
            print(f"    at x = {at} the median is {values.median():.2f}, from {values.min():.2f} to {values.max():.2f}")
    for ax, at in zip(axes, (6, -6), strict=True):
        ax.axvline(2 * at, color="black", linestyle="--", label=f"truth, {2 * at}")
        ax.set(xlabel=f"prediction at x = {at}", ylabel="networks")
    axes[0].legend(fontsize=8)
    plt.show()

# %% [markdown]
# **Read it.** After 100 passes the typical network says about **2** at $x = 6$, and none of the hundred says 11.97. It
# has hardly begun: Adam moves a knob by about the rate in each step, so 100 steps of 0.001 move it by about 0.1. After
# 500 larger steps most of them do say something like 11.97. So the printed number is possible, but not after the
# printed training.
#
# Now look at the right picture. At $x = -6$ they do **not** say −12, and more training does not help. They have seen
# positive numbers only. A hidden unit that is off for all positive inputs gets no gradient and keeps its random
# numbers, and nearly all units that are on at $x = -6$ are of this kind. The networks have learnt the five points, and
# what lies near them. They have not learnt "twice".
#
# Two habits follow. **Never believe a single run**: ask for several seeds. And **ask outside of the data** before you
# say that a model has understood a rule.
#
# (All 100 networks trained at once, on the mean of their losses. This makes each gradient 100 times smaller. Adam
# divides every gradient by its usual size, so it does not notice.)

# %% [markdown]
# ## Question 8: powers as features
# *15 minutes · difficulty ●○○ · 2 points*
#
# A line is often too simple. But the same method fits any curve of the form
#
# $$\hat y = c_0 + c_1 x + c_2 x^2 + \dots + c_n x^n$$
#
# because this is still *linear in the knobs* $c$. One only has to give it more inputs: instead of $x$ alone, all its
# powers. Such inputs, computed from the raw data, are called **features**:
#
# $$\phi(x) = (1,\ x,\ x^2,\ \dots,\ x^n)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $x$ | any numbers | `(...)` |
# | $n$ | `degree`, 0 or more; below 0 raise a `ValueError` | integer |
# | $\phi(x)$ | $n + 1$ features for each number, along a **new last axis** | `(..., n + 1)` |
#
# **By hand.** $x = (2, -1)$, degree 3: $\begin{pmatrix} 1 & 2 & 4 & 8 \\ 1 & -1 & 1 & -1 \end{pmatrix}$. And $0^0$
# counts as 1: the first feature is always 1.
#
# **Rule 4: devices.** A tensor lies in the memory of the CPU or of a GPU, and torch refuses to combine the two. If you
# make a new tensor, from `torch.arange`, `torch.zeros` and the like, put it where the input is, with `device=x.device`.
# The tests try this even if your computer has no GPU, with a device called `meta` that knows shapes only.
#
# <details><summary>Hint</summary>
#
# Broadcasting does it in one line: `x.unsqueeze(-1)` has the shape `(..., 1)`, the exponents 0 to n have `(n + 1,)`,
# and `**` takes powers. Or collect the powers in a list and use `torch.stack(..., dim=-1)`.
# </details>


# %% grade_id="polynomial_features" role="solution"
def polynomial_features(x: Tensor, degree: int) -> Tensor:
    """The powers 1, x, x^2, ..., x^degree along a new last axis.

    x: (...). Returns (..., degree + 1). ValueError for a degree below 0.
    """
    ### BEGIN SOLUTION
    if degree < 0:
        raise ValueError(f"a polynomial has a degree of 0 or more, not {degree}")
    return x.unsqueeze(-1) ** torch.arange(degree + 1, device=x.device)
    ### END SOLUTION


# %% grade_id="test_polynomial_features" role="test" points=2
features = polynomial_features(torch.tensor([2.0, -1.0]), 3)
assert isinstance(features, Tensor), f"the function returned {type(features).__name__}, not a tensor"
assert features.shape != (2, 3), "degree 3 has FOUR features: 1, x, x^2, x^3"
assert features.shape != (4, 2), "the powers belong on the last axis: a row for each number"
assert features.shape == (2, 4), f"two numbers and degree 3 give the shape (2, 4), not {tuple(features.shape)}"
expected = torch.tensor([[1.0, 2, 4, 8], [1, -1, 1, -1]])
assert torch.allclose(features, expected), f"for 2 and -1 expected\n{expected}\ngot\n{features}"
assert polynomial_features(torch.zeros(3), 2)[:, 0].tolist() == [1, 1, 1], "the first feature is 1, at x = 0 too"
assert polynomial_features(torch.tensor(2.0), 4).shape == (5,), "a single number, shape (), gives the shape (5,)"
assert polynomial_features(torch.zeros(3, 5), 0).shape == (3, 5, 1), "degree 0 has one feature, the 1"
assert polynomial_features(torch.zeros(3, device="meta"), 2).device.type == "meta", (
    "the result is not on the device of x: give `device=x.device` to what you make from nothing"
)
try:
    polynomial_features(torch.zeros(3), -1)
except ValueError:
    pass
else:
    raise AssertionError("a degree of -1 makes no sense: raise a ValueError")
print("polynomial_features looks right")
### BEGIN HIDDEN TESTS
check("polynomial_features")
### END HIDDEN TESTS

# %% [markdown]
# ### More knobs, smaller loss. Better?
# Our five points again, with polynomials of degree 1 to 4. A polynomial of degree 4 has five knobs, and there are five
# points. **What will its training error be? And what will it say at $x = 6$?**


# %%
def fit(x, y, degree):
    """The coefficients (degree + 1,) with the least squared error, in float64."""
    features = polynomial_features(x.double(), degree)
    return torch.linalg.lstsq(features, y.double().unsqueeze(-1)).solution.squeeze(-1)


with needs(2, 8):
    x, y = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]).double(), torch.tensor([2.0, 4.0, 5.0, 4.0, 5.0]).double()
    fine = torch.linspace(0.7, 6.1, 200).double()
    fig, ax = plt.subplots(figsize=(6, 3.6))
    for degree in (1, 2, 3, 4):
        knobs = fit(x, y, degree)
        ax.plot(fine, polynomial_features(fine, degree) @ knobs, linewidth=1.2, label=f"degree {degree}")
        error = mse_loss(polynomial_features(x, degree) @ knobs, y)
        at_six = polynomial_features(torch.tensor(6.0).double(), degree) @ knobs
        print(f"degree {degree}: {degree + 1} knobs, training error {error:.3f}, at x = 6 it says {at_six:.1f}")
    ax.plot(x, y, "o", color="black", label="measured")
    ax.set(xlabel="x", ylabel="y", ylim=(0, 18))
    ax.legend(fontsize=8)
    plt.show()

# %% [markdown]
# **Read it.** The training error falls with every degree and reaches 0. The prediction at 6 goes from 5.8 to 3.8, to
# 8.0, to 17.0. With five knobs the curve passes through all five points, because it *can*, and not because it has
# understood anything. The training error does not tell you which of the four to believe.
#
# What does? Points that were **held out**: measured, but not used for the fit.
#
# ### A ball in the air
# A ball is thrown upwards. Its height is $h(t) = 1.5 + 7 t - 4.9\, t^2$ (metres, seconds): a polynomial of degree 2. We
# measure it at 20 moments, with an error of about 15 cm. Ten of the moments, chosen at random, are for the fit. The
# other ten are held out.

# %%
with needs(2, 8):
    source = torch.Generator().manual_seed(3)
    t = torch.linspace(0, 1.6, 20).double()
    h = 1.5 + 7 * t - 4.9 * t**2 + 0.15 * torch.randn(20, generator=source).double()
    order = torch.randperm(20, generator=source)
    train, held_out = order[:10].sort().values, order[10:].sort().values
    degrees = list(range(10))
    errors = {"training": [], "held out": []}
    for degree in degrees:
        knobs = fit(t[train], h[train], degree)
        for name, places in (("training", train), ("held out", held_out)):
            errors[name].append(mse_loss(polynomial_features(t[places], degree) @ knobs, h[places]).item())

    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    fine = torch.linspace(0, 1.6, 200).double()
    for degree in (1, 2, 8):
        left.plot(fine, polynomial_features(fine, degree) @ fit(t[train], h[train], degree), label=f"degree {degree}")
    left.plot(t[train], h[train], "o", color="black", label="training")
    left.plot(t[held_out], h[held_out], "o", color="black", fillstyle="none", label="held out")
    left.set(xlabel="time t in s", ylabel="height h in m", ylim=(-1, 6))
    left.legend(fontsize=8)
    for name, marker in (("training", "o-"), ("held out", "s--")):
        right.semilogy(degrees, torch.tensor(errors[name]).clamp_min(1e-6), marker, markersize=4, label=name)
    right.axhline(0.15**2, color="gray", linestyle=":", label="error of measurement, squared")
    right.set(xlabel="degree", ylabel="mean squared error in m²")
    right.legend(fontsize=8)
    plt.show()
    print("degree   training   held out")
    for degree, one, other in zip(degrees, errors["training"], errors["held out"], strict=True):
        print(f"{degree:6d} {one:10.4f} {other:10.4f}")

# %% [markdown]
# **Read it.** Both errors fall together as long as the model lacks something: a constant and a line cannot follow a
# parabola. From degree 2 on the training error goes on falling, down to 0 (the picture cuts it off at $10^{-6}$). The
# held-out error does not. From there on the additional knobs fit the errors of this measurement, which the next one
# does not share. The name for that is **overfitting**. You will be asked about it in Question 11.

# %% [markdown]
# ## Question 9: counting neighbours
# *15 minutes · difficulty ●●○ · 2 points*
#
# Now words. A language model predicts the next **token** (here: a word) from those before it. The simplest one that
# deserves the name looks at one token only, the last. It is called a **bigram model**, and it can be built by counting:
# how often does token $b$ come right after token $a$?
#
# $$C_{ab} = \text{number of places } t \text{ with } i_t = a \text{ and } i_{t+1} = b$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $i$ | the text, as numbers of its tokens, `ids` | `(T,)` whole numbers (`long`) |
# | $V$ | how many different tokens there are, `vocab_size` | integer |
# | $C$ | row: the token before; column: the token after | `(V, V)` long |
#
# **By hand.** The vocabulary is *the* 0, *ball* 1, *falls* 2. The text "the ball the ball falls" is `[0, 1, 0, 1, 2]`.
# Its pairs: 0→1, 1→0, 0→1, 1→2. So
#
# $$C = \begin{pmatrix} 0 & 2 & 0 \\ 1 & 0 & 1 \\ 0 & 0 & 0 \end{pmatrix}$$
#
# A text of $T$ tokens has $T - 1$ pairs; a single token has none. **Do not loop over the tokens**: in Python that takes
# minutes for a book. (A loop over the vocabulary is allowed.)
#
# <details><summary>Hint 1: all pairs at once</summary>
#
# `ids[:-1]` are the tokens before, `ids[1:]` the tokens after, place by place (see the puzzles).
# </details>
#
# <details><summary>Hint 2: one number for a pair</summary>
#
# A pair $(a, b)$ can be written as one number, $a V + b$, like tens and ones. `torch.bincount(numbers, minlength=...)`
# counts how often each number comes, and the long row of $V^2$ counts can be folded with `.view(V, V)`.
# </details>
#
# <details><summary>A trap</summary>
#
# `counts[ids[:-1], ids[1:]] += 1` looks right, but a pair that comes twice is counted once: torch reads all the old
# entries first, adds 1, and writes the same result twice.
# </details>


# %% grade_id="bigram_counts" role="solution"
def bigram_counts(ids: Tensor, vocab_size: int) -> Tensor:
    """How often each token follows each other: row a, column b counts b right after a.

    ids: (T,) long, T >= 1. Returns (vocab_size, vocab_size) long.
    """
    ### BEGIN SOLUTION
    pairs = ids[:-1] * vocab_size + ids[1:]  # one number for each pair
    return torch.bincount(pairs, minlength=vocab_size**2).view(vocab_size, vocab_size)
    ### END SOLUTION


# %% grade_id="test_bigram_counts" role="test" points=2
counts = bigram_counts(torch.tensor([0, 1, 0, 1, 2], device=device), 3)
assert isinstance(counts, Tensor), f"the function returned {type(counts).__name__}, not a tensor"
assert counts.shape == (3, 3), f"three tokens give a table (3, 3), not {tuple(counts.shape)}"
assert counts.dtype == torch.long, f"counts are whole numbers, torch.long, yours are {counts.dtype}"
assert counts[0, 1] != 1, "the pair 0, 1 comes twice, and you count it once: see the trap above"
expected = torch.tensor([[0, 2, 0], [1, 0, 1], [0, 0, 0]], device=device)
assert not torch.equal(counts, expected.T), "rows and columns are exchanged: the row is the token BEFORE"
assert torch.equal(counts, expected), f"for the example above expected\n{expected}\ngot\n{counts}"
assert bigram_counts(torch.tensor([3], device=device), 5).sum() == 0, "a single token has no pair: all counts are 0"
assert bigram_counts(torch.tensor([2, 2, 2], device=device), 4)[2, 2] == 2, "a token may follow itself"
print("bigram_counts looks right")
### BEGIN HIDDEN TESTS
check("bigram_counts")
### END HIDDEN TESTS

# %% [markdown]
# A small text to work with. It was written for this notebook, and its vocabulary is so small that we can look at all of
# it.

# %% grade_id="the_text" role="locked"
TEXT = """
the ball falls . the stone falls . the earth pulls the ball . the earth pulls the stone . the moon pulls the sea .
the sun pulls the earth . the sun heats the earth . the sun heats the sea . the sea rises . the sea falls .
the ball hits the earth . the stone hits the sea . the stone hits the ball . the sun rises . the moon rises .
the heavy stone falls . the heavy ball falls . the heavy ball hits the stone . the earth pulls the moon .
the warm sea rises . the sun heats the stone . the warm stone hits the sea . the moon pulls the heavy stone .
"""
words = TEXT.split()
vocabulary = sorted(set(words), key=lambda word: (-words.count(word), word))  # the most frequent word is number 0
text = torch.tensor([vocabulary.index(word) for word in words], device=device)  # (T,)
V = len(vocabulary)
knows_nothing = torch.full((V, V), 1 / V, device=device)  # every token follows every other with the same probability
learnt = knows_nothing  # until you have trained it, at the end
print(f"{len(text)} tokens, {len(vocabulary)} of them different:", *vocabulary)

# %%
with needs(9):
    counts = bigram_counts(text, V)
    fig, ax = plt.subplots(figsize=(6, 5.2))
    ax.imshow(counts.cpu(), cmap="Blues")
    for a, row in enumerate(counts.tolist()):
        for b, count in enumerate(row):
            if count:
                ax.text(b, a, count, ha="center", va="center", fontsize=8, color="white" if count > 8 else "black")
    ax.set_xticks(range(len(vocabulary)), vocabulary, rotation=60)
    ax.set_yticks(range(len(vocabulary)), vocabulary)
    ax.set(xlabel="token after", ylabel="token before")
    plt.show()

# %% [markdown]
# **Read it.** Go along the row of *pulls*: what can follow it? What comes after a full stop? Most of the table is
# empty, and even this says something: after *sun* there is never a noun.

# %% [markdown]
# ## Question 10: the loss of a language model
# *15 minutes · difficulty ●●○ · 2 points*
#
# Counting works for two tokens in a row. For two thousand in a row it does not: nearly every longer text is new. So
# real models have knobs, and a loss that says how well they predict. You can train the bigram model in this way as
# well, and see whether it arrives at the counts.
#
# Its knobs are a table of $V \times V$ numbers, the **logits**: one row for each token before. A **softmax** makes
# probabilities of a row: every number becomes positive by $e^x$, and then the row is divided by its sum. The loss is
# the **surprise**, minus the logarithm of the probability that the model gave to the token that really came:
#
# $$P(b \mid a) = \frac{e^{W_{ab}}}{\sum_{c=1}^{V} e^{W_{ac}}}, \qquad
# L = \frac{1}{T-1} \sum_{t=1}^{T-1} -\ln P(i_{t+1} \mid i_t)$$
#
# | symbol | meaning | shape |
# |---|---|---|
# | $W$ | logits, `weight`: row $a$ for the token after $a$ | `(V, V)` |
# | $i$ | the text, `ids`, at least two tokens | `(T,)` long |
# | $L$ | the mean loss; with the natural logarithm its unit is called **nat** | `()` |
#
# **By hand.** $V = 2$, $W = \begin{pmatrix} 0 & \ln 3 \\ 0 & 0 \end{pmatrix}$, text `[0, 1, 1]`. Row 0 gives the
# probabilities $1/4$ and $3/4$, row 1 gives $1/2$ and $1/2$. The pairs are 0→1 and 1→1, so
# $L = \frac12 (-\ln \frac34 - \ln \frac12) = \frac12 (0.288 + 0.693) = 0.490$.
#
# **A number to remember**: a model that knows nothing (all logits 0) has the loss $\ln V$.
#
# **Rule 5: large numbers.** $e^{1000}$ is infinite in a computer, although the probability that we want is between 0
# and
# 1. From here on, entries as large as 10,000 must give no `inf` and no `nan`. For this, torch has `F.cross_entropy`,
#    which takes logits `(N, V)` and targets `(N,)` and does the softmax and the logarithm in one safe step.
#
# <details><summary>Hint</summary>
#
# The logits for each token before: `weight[...]` with what in the brackets? The shape must be `(T - 1, V)`. The targets
# are the tokens after.
# </details>


# %% grade_id="bigram_loss" role="solution"
def bigram_loss(weight: Tensor, ids: Tensor) -> Tensor:
    """The mean loss, in nats, of each token of ids given the one before it.

    weight: (V, V), row a holds the logits of the token after a; ids: (T,) long, T >= 2. Returns a scalar, shape ().
    """
    ### BEGIN SOLUTION
    return F.cross_entropy(weight[ids[:-1]], ids[1:])
    ### END SOLUTION


# %% grade_id="test_bigram_loss" role="test" points=2
ln3 = torch.tensor(3.0).log().item()
weight = torch.tensor([[0.0, ln3], [0.0, 0.0]], device=device, requires_grad=True)
loss = bigram_loss(weight, torch.tensor([0, 1, 1], device=device))
assert isinstance(loss, Tensor), f"bigram_loss returned {type(loss).__name__}, not a tensor: is the `return` missing?"
assert loss.shape == (), f"the loss is one number, a tensor of shape (), not {tuple(loss.shape)}: take the mean"


def is_near(value, number):
    return abs(value.item() - number) < 1e-3


assert not is_near(loss, -0.490), "the sign is wrong: a loss is MINUS the logarithm of a probability"
assert not is_near(loss, 0.981), "you add up the losses: take their mean over the T - 1 pairs"
assert not is_near(loss, 0.693), "the roles are exchanged: logits from ids[:-1], targets ids[1:]"
assert not is_near(loss, 1.040), "you read columns of the table: the logits after token a stand in row a"
assert not is_near(loss, 0.708), "you use logarithms with base 2: in nats it is the natural one"
assert is_near(loss, 0.490), f"the example above has the loss 0.490, yours is {loss:.3f}"
loss.backward()
assert weight.grad is not None, "no gradient comes back: .detach(), .item() and new tensors cut it off"
at_first = bigram_loss(torch.zeros(7, 7, device=device), torch.arange(7, device=device))
assert is_near(at_first, 1.946), f"with logits 0 the loss is ln V = ln 7 = 1.946, you get {at_first:.3f}"
large = bigram_loss(torch.tensor([[0.0, 10_000.0], [0.0, 0.0]], device=device), torch.tensor([0, 0], device=device))
assert large == 10_000, f"a logit of 10,000 for the wrong token costs 10,000 nats, you get {large}: see rule 5"
print("bigram_loss looks right")
### BEGIN HIDDEN TESTS
check("bigram_loss")
### END HIDDEN TESTS

# %% [markdown]
# ### The smallest language model
# All logits begin at 0, and descend on your loss. Beside them stands the best that any bigram model can do on this
# text: the shares of each row, $C_{ab} / \sum_c C_{ac}$. (That the shares are the best is a short exercise with a
# Lagrange multiplier.) **Will the descent find the table that you counted?**

# %%
with needs(9, 10):
    counts = bigram_counts(text, V)
    shares = counts / counts.sum(1, keepdim=True)  # each token of this text is followed by another, so no row is empty
    best = -(counts * shares.clamp_min(1e-9).log()).sum() / counts.sum()
    logits = torch.zeros(V, V, device=device, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    losses = []
    for _ in range(400):
        loss = bigram_loss(logits, text)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    learnt = torch.softmax(logits.detach(), dim=-1)

    fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", width_ratios=(1.1, 1, 1))
    axes[0].plot(losses)
    axes[0].axhline(losses[0], color="gray", linestyle=":", label=f"knows nothing: ln {V}")
    axes[0].axhline(best.item(), color="gray", linestyle="--", label="counted")
    axes[0].set(xlabel="step", ylabel="loss in nats", ylim=(0, None))
    axes[0].legend(fontsize=8)
    for ax, table, name in ((axes[1], shares, "counted"), (axes[2], learnt, "learnt")):
        image = ax.imshow(table.cpu(), cmap="Blues", vmin=0, vmax=1)
        ax.set_xticks(range(V), vocabulary, rotation=90, fontsize=7)
        ax.set_yticks(range(V), vocabulary, fontsize=7)
        ax.set(xlabel="token after", ylabel="token before", title=name)
    fig.colorbar(image, ax=axes[1:], label="probability")
    plt.show()
    print(f"loss: {losses[0]:.3f} at the beginning, {losses[-1]:.3f} at the end; the counted table has {best:.3f}")
    print(f"largest difference of two probabilities: {(learnt - shares).abs().max():.3f}")

# %% [markdown]
# **Read it.** The loss begins at $\ln V$, as it must, and comes down to that of the counted table. Nobody told the
# descent to count. The counts are what the lowest loss *is*. (A probability of exactly 0 needs a logit of $-\infty$.
# The descent comes nearer and nearer, and never arrives.)
#
# And now let it speak: begin after a full stop, draw the next token from its row, go on from there. First comes a model
# that knows nothing, then the one that you have trained.


# %%
def say(table, source):
    """A sentence, drawn token by token from the rows of `table`; it ends at a full stop, or after 15 tokens."""
    said, token = [], vocabulary.index(".")
    while len(said) < 15:
        token = torch.multinomial(table[token].cpu(), 1, generator=source).item()
        said.append(vocabulary[token])
        if said[-1] == ".":
            break
    return " ".join(said)


source = torch.Generator().manual_seed(1)
print("knows nothing:")
for _ in range(3):
    print("   ", say(knows_nothing, source))
print("learnt:")
for _ in range(10):
    print("   ", say(learnt, source))

# %% [markdown]
# Some of these sentences stand in the text, others are new, and some make no sense, such as *the earth pulls the ball
# falls*. After *the ball* the model has forgotten who pulled: it remembers one token. GPT-2 does the same three things
# (logits, softmax, draw), and it is trained by the same loss. The difference is what its row of logits is computed
# from: up to 1,024 tokens of text in place of one. The next three notebooks show how.

# %% [markdown]
# ## Question 11: learnt by heart
# *15 minutes · difficulty ●●○ · 3 points, marked by hand*
#
# A fellow student fits a model with many knobs to some measurements. She tells you: "The training error is 0. On new
# measurements the error is larger than last week, when I had a simpler model." Write about 120 words, in three parts
# (one point each), with numbers from **your own output** of the experiment *A ball in the air*.
#
# 1. **What happened?** Name the degree with the smallest held-out error, and a higher degree at which the training
#    error is smaller and the held-out error larger. Give all four numbers. Say in a sentence of your own what the
#    additional knobs have learnt.
# 2. **What would you do?** Name two different things that help, and say for each why it helps.
# 3. **A trap.** She chooses, out of 50 models, the one with the smallest held-out error, and reports that error as what
#    one may expect on new data. What is wrong with this?

# %% [markdown] grade_id="learnt_by_heart" role="manual" points=3
# **Your answer**
#
# ### BEGIN SOLUTION
# *Model answer* (the numbers are those of one run; the student's own outputs decide).
#
# (1) Degree 2 has the smallest held-out error, 0.0131, with a training error of 0.0072. At degree 8 the training error
# is smaller, 0.0015, but the held-out error is 0.72. The additional knobs have learnt the errors of the ten
# measurements that were used for the fit. These errors are an accident. The next measurement has others, so what was
# learnt is wrong there.
#
# (2) More measurements: with 100 points instead of ten, a curve of the same degree can no longer pass through all of
# them, and the accidents average out. And a simpler model: choose the degree by the held-out error, since a model with
# three knobs cannot follow ten accidents. (Also right: stop training early, make large knobs costly, average several
# models, use what is known, such as that the law is a parabola.)
#
# (3) By choosing the smallest of 50, she also chooses the luckiest. Its held-out error is too small, because the choice
# has used the held-out points. She needs a third set of points that was used neither for the fit nor for the choice,
# and reports the error there.
#
# *Rubric.* One point for each part, half points allowed.
#
# 1. One point: two degrees with all four numbers from the student's table, the right way round, *and* that noise (the
#    accidents of this measurement) was learnt. Half: one of the two.
# 2. One point: two different measures, each with a reason. Half: one measure with a reason, or two without. "Train
#    longer" earns nothing.
# 3. One point: the choice has used the held-out points, so their error is too small, *and* a remedy (a third set, new
#    data). Half: one of the two.
# ### END SOLUTION

# %% [markdown]
# ## What this does not show
# - **Many knobs are not always bad.** Here more knobs than needed made the predictions worse. Very large networks often
#   have more parameters than data and still predict well; why that is so is a subject of research (one starting point
#   is "double descent", [Belkin and others, 2019](https://arxiv.org/abs/1812.11118)).
# - **Real landscapes.** The loss of a line is one bowl with one lowest point. The loss of a network has many valleys,
#   and nobody draws a map of it in 124 million dimensions. Plain descent finds *a* low place.
# - **Where the data come from.** We measured at random moments of the same throw. If the new data come from elsewhere,
#   as $x = -6$ did, a held-out set of the old kind says nothing about them.
# - **Language.** A bigram model with a vocabulary of 15 words has nothing to say about a language. A pair that never
#   came has the probability 0 in the counted table, and one such pair makes the loss of a new text infinite.
# - **Speed.** Your functions do in seconds what large models do in weeks on thousands of GPUs. But it is the same loop:
#   loss, gradient, step.
