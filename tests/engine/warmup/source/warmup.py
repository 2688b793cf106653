# %% [markdown] grade_id="welcome" role="locked"
# # Warm-up
# Three functions; small enough that a hundred attacks on them are graded in a few minutes.

# %% grade_id="imports" role="locked"
import torch
import torch.nn.functional as F  # noqa: F401  # for students' cells
from torch import Tensor

# %% role="author"
from autograder import check


# %% grade_id="softmax" role="solution"
def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """Weights of scores: exp(x) divided by its sum along `dim`."""
    ### BEGIN SOLUTION
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    exponentials = (wide - wide.amax(dim, keepdim=True).detach()).exp()
    return (exponentials / exponentials.sum(dim, keepdim=True)).to(x.dtype)
    ### END SOLUTION


# %% grade_id="test_softmax" role="test" points=3
weights = softmax(torch.tensor([1.0, 3.0]).log())
assert torch.allclose(weights, torch.tensor([0.25, 0.75])), f"expected 1/4 and 3/4, got {weights}"
### BEGIN HIDDEN TESTS
# CANARY-hidden-test-5d41402a
check("softmax")
### END HIDDEN TESTS


# %% grade_id="causal_mask" role="solution"
def causal_mask(n_q: int, n_k: int | None = None, device: object = None) -> Tensor:
    """True where a query may attend: query i sees key j if j <= i + (n_k - n_q)."""
    ### BEGIN SOLUTION
    n_k = n_q if n_k is None else n_k
    if n_k < n_q:
        raise ValueError("fewer keys than queries")
    queries = torch.arange(n_q, device=device)[:, None] + (n_k - n_q)
    return torch.arange(n_k, device=device)[None, :] <= queries
    ### END SOLUTION


# %% grade_id="test_causal_mask" role="test" points=2
assert causal_mask(2).tolist() == [[True, False], [True, True]]
### BEGIN HIDDEN TESTS
check("causal_mask")
### END HIDDEN TESTS


# %% grade_id="scaled_dot_product_attention" role="solution"
def scaled_dot_product_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(q k^T / sqrt(d_k)) v over the keys that `mask` allows; zeros where it allows none."""
    ### BEGIN SOLUTION
    wide = torch.promote_types(q.dtype, torch.float32)
    scores = q.to(wide) @ k.to(wide).transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is None:
        mask = torch.ones((), dtype=torch.bool, device=q.device).expand(scores.shape)
    sees_any = mask.any(dim=-1, keepdim=True)
    scores = scores.masked_fill(~mask & sees_any, float("-inf"))
    powers = (scores - scores.amax(-1, keepdim=True).detach()).exp()  # not by softmax: attacks on it cost it alone
    shares = (powers / powers.sum(-1, keepdim=True)).masked_fill(~sees_any, 0.0)
    return (shares @ v.to(wide)).to(q.dtype)
    ### END SOLUTION


# %% grade_id="test_scaled_dot_product_attention" role="test" points=4
assert scaled_dot_product_attention(torch.ones(2, 4), torch.ones(3, 4), torch.ones(3, 6)).shape == (2, 6)
### BEGIN HIDDEN TESTS
check("scaled_dot_product_attention")
### END HIDDEN TESTS
