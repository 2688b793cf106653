# %% [markdown]
# # Signals
# A thermometer was read once a minute for an hour. `readings.csv` holds what it said, in degrees.

# %%
import matplotlib.pyplot as plt
import numpy as np

# %% role="author"
from autograder import check

# %% [markdown]
# ## Smoothing


# %% grade_id="moving_average" role="solution"
def moving_average(x: np.ndarray, width: int) -> np.ndarray:
    """Means of each `width` neighbours of x (n,), as an array (n - width + 1,).

    Raises ValueError for a width below 1 or above n.
    """
    ### BEGIN SOLUTION
    if not 1 <= width <= len(x):
        raise ValueError(f"the width must be from 1 to {len(x)}, not {width}")
    return np.lib.stride_tricks.sliding_window_view(x, width).mean(axis=-1)
    ### END SOLUTION


# %% grade_id="test_moving_average" role="test" points=3
smooth = moving_average(np.array([1.0, 3.0, 5.0, 1.0]), 2)
np.testing.assert_allclose(smooth, [2.0, 4.0, 3.0])
### BEGIN HIDDEN TESTS
check("moving_average")
### END HIDDEN TESTS

# %% [markdown]
# ## How sure is a mean?


# %% grade_id="standard_error" role="solution"
def standard_error(x: np.ndarray) -> float:
    """The standard error of the mean of x (n,), n >= 2: its sample standard deviation over sqrt(n).

    Raises ValueError for fewer than two values.
    """
    ### BEGIN SOLUTION
    if len(x) < 2:
        raise ValueError("one value says nothing of the spread")
    return np.std(x, ddof=1) / np.sqrt(len(x))
    ### END SOLUTION


# %% grade_id="test_standard_error" role="test" points=2
assert abs(standard_error(np.array([1.0, 3.0])) - 1.0) < 1e-9
### BEGIN HIDDEN TESTS
check("standard_error")
### END HIDDEN TESTS

# %% [markdown]
# Draw the readings, and their moving average over ten minutes.

# %% grade_id="plot" role="manual" points=2
### BEGIN SOLUTION
readings = np.loadtxt("readings.csv")
plt.plot(readings, ".", label="readings")
plt.plot(np.arange(len(readings) - 9) + 4.5, moving_average(readings, 10), label="over ten minutes")
plt.xlabel("minute")
plt.ylabel("degrees")
plt.legend()
### END SOLUTION

# %% [markdown] grade_id="trend" role="manual" points=2
# What does the moving average show that the readings do not?
# ### BEGIN SOLUTION
# That it gets warmer: the noise of single readings is larger than what changes in ten minutes.
# ### END SOLUTION
