"""Tests of the grading page."""
