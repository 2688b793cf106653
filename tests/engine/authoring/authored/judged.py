# %% role="author"
from autograder import check

# %% [markdown]
# # Largest
# A question that is judged by checks, one that is judged by an assert, one that is judged by hand.


# %% grade_id="largest" role="solution"
def largest(values: list[float]) -> float:
    """The largest of some values."""
    ### BEGIN SOLUTION
    return max(values)
    ### END SOLUTION


# %% grade_id="test_largest" role="test" points=3
assert largest([1.0, 2.0]) == 2.0
### BEGIN HIDDEN TESTS
check("largest")
check("largest_of_many")
### END HIDDEN TESTS


# %% grade_id="smallest" role="solution"
def smallest(values: list[float]) -> float:
    """The smallest of some values."""
    ### BEGIN SOLUTION
    return -largest([-value for value in values])
    ### END SOLUTION


# %% grade_id="test_smallest" role="test" points=1
### BEGIN HIDDEN TESTS
assert smallest([3.0, 2.0]) == 2.0
### END HIDDEN TESTS

# %% [markdown] grade_id="why" role="manual" points=2
# Because the negative of the largest negative is the smallest.
