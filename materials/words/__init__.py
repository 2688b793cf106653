"""The word lists: what there is in the world of the physics text, and what is true of it."""
