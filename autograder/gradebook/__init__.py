"""nbgrader's gradebook: one reader, one writer, one rule for what counts."""
