# %% [markdown] grade_id="welcome" role="locked"
# # Weights
# One function, and one answer in your own words: small, so that a whole class is graded in seconds.

# %% grade_id="imports" role="locked"
import torch
from torch import Tensor

# %% role="author"
from autograder import check

# %% [markdown] grade_id="task" role="locked"
# **Question 1.** Turn scores $s_i$ into weights $w_i = e^{s_i} / \sum_j e^{s_j}$ along one dimension. Scores may be as
# large as 10,000.


# %% grade_id="softmax" role="solution"
def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """Weights of scores, along `dim`. x: (...) -> the same shape."""
    ### BEGIN SOLUTION
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    exponentials = (wide - wide.amax(dim, keepdim=True).detach()).exp()
    return (exponentials / exponentials.sum(dim, keepdim=True)).to(x.dtype)
    ### END SOLUTION


# %% grade_id="test_softmax" role="test" points=3
weights = softmax(torch.tensor([1.0, 3.0]).log())
assert torch.allclose(weights, torch.tensor([0.25, 0.75])), f"expected 1/4 and 3/4, got {weights}"
### BEGIN HIDDEN TESTS
check("softmax")
### END HIDDEN TESTS

# %% [markdown] grade_id="ask_why" role="locked"
# **Question 2.** Subtracting the largest score from all scores leaves the weights as they were. Why?

# %% [markdown] grade_id="explain" role="manual" points=2
# ### BEGIN SOLUTION
# Numerator and denominator are both divided by $e^{\max}$, which cancels.
# ### END SOLUTION
