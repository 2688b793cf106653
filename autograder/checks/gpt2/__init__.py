"""Banks of the gpt2 assignment: for each function its checks, right variants and known mistakes."""
