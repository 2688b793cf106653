"""Banks of the sampling assignment: for each function its checks, right variants and known mistakes."""
