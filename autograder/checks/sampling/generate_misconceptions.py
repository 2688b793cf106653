"""All known wrong ways to write generate."""

from __future__ import annotations

from autograder.checks.sampling.generate_wrong_ends import ENDS
from autograder.checks.sampling.generate_wrong_filters import FILTERS
from autograder.checks.sampling.generate_wrong_randomness import RANDOMNESS
from autograder.checks.sampling.generate_wrong_text import TEXT

MISCONCEPTIONS = (*FILTERS, *RANDOMNESS, *ENDS, *TEXT)
