"""The feedback page for a student; nbgrader's generate_feedback makes it from the notebook and the gradebook."""
