"""Reads and writes nbgrader's gradebook, and computes scores from its columns; after the grading."""
