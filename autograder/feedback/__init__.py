"""The feedback page for a student, which nbgrader's generate_feedback makes from notebook and gradebook."""
