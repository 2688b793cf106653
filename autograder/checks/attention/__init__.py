"""Banks of the attention assignment: for each function its checks, right variants and known mistakes."""
