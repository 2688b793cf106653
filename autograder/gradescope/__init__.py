"""Gradescope and `otter run`: the bundle that is uploaded, and what runs there."""
