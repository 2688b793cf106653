# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Sums
# Squares of $1 \dots n$, "quoted", and their sum.

# %%
import matplotlib.pyplot as plt

# %matplotlib inline


# %% grade_id="squares" role="solution"
def squares(n: int) -> list[int]:
    """The squares of 1 to n; ValueError if n < 1."""
    ### BEGIN SOLUTION
    if n < 1:
        raise ValueError("n is at least 1")
    return [i * i for i in range(1, n + 1)]
    ### END SOLUTION


# %% grade_id="test_squares" role="test" points=2
assert squares(3) == [1, 4, 9], "the squares of 1, 2 and 3 are 1, 4 and 9"
### BEGIN HIDDEN TESTS
assert squares(7)[-1] == 49
try:
    squares(0)
except ValueError:
    pass
else:
    raise AssertionError("squares(0) should raise ValueError")
### END HIDDEN TESTS

# %%
figure, axes = plt.subplots(figsize=(2, 1))
axes.plot(squares(4))
print("drawn")
object()

# %% [markdown] grade_id="rules" role="locked"
# Use `squares` for what follows.


# %% grade_id="total" role="solution"
def total(n: int) -> int:
    """The sum of the squares of 1 to n."""
    ### BEGIN SOLUTION
    return sum(squares(n))
    ### END SOLUTION


# %% grade_id="total_of_ten" role="test" points=0.5
assert total(10) == 385

# %% [markdown] grade_id="equation" role="manual" points=1
# Write the equation for the sum.
# ### BEGIN SOLUTION
# $\sum_{i=1}^n i^2$
# ### END SOLUTION
