"""Banks of the embeddings assignment: for each function its checks, right variants and known mistakes."""
