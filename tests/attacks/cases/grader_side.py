"""What the grader's own process reads, parses and shows: each claim has a test in test_grader_side.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    name: str
    tries: str
    hole: str = ""  # how the product is wrong, while it is
    left: str = ""  # what is not held by design


CLAIMS = (
    Claim("multiplying-aliases", "names modules by names that double in number with each line, where rules are read"),
    Claim("sources", "nests source text so that the parser of the grader breaks"),
    Claim("frame-of-objects", "answers with 64 MiB of JSON that are 20 million objects"),
    Claim("notebook-of-objects", "hands in 32 MiB that are millions of objects"),
    Claim("paths-beside", "names a file beside the notebook ../gradebook.db"),
    Claim("settings-beside", "lays an nbgrader_config.py beside the notebook, for a TA who grades from that folder"),
    Claim("decimals-in-messages", "raises errors with hidden inputs in their text"),
    Claim("letters-in-messages", "raises errors that spell hidden inputs in letters",
          left="160 characters of an error's text are quoted for each failed check: they can carry a hidden input to "
               "its student. Inputs come in sets, nobody knows which code gets which, and the right answer still has "
               "to be computed"),
)  # fmt: skip
BY_NAME = {claim.name: claim for claim in CLAIMS}
