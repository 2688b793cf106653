"""All known wrong ways to write generate."""

from __future__ import annotations

from .wrong_ends import ENDS
from .wrong_extremes import EXTREMES
from .wrong_filters import FILTERS
from .wrong_randomness import RANDOMNESS
from .wrong_text import TEXT

MISCONCEPTIONS = (*FILTERS, *RANDOMNESS, *ENDS, *TEXT, *EXTREMES)
