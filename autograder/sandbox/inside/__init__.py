"""The code that runs in the student's process; it holds nothing secret."""
