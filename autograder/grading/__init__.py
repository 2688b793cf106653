"""Submission -> result: rebuilt, run, judged, scored, and kept as one record; after the judge."""
