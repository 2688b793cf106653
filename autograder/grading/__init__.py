"""Turns a submission into a result: rebuilds the notebook, runs it, calls the judge, scores, and writes the record."""
