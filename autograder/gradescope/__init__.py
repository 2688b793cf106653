"""Gradescope and `otter run`: the bundle to upload, and the code that runs there."""
