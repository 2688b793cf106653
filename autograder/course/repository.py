"""The course's GitHub repository, parsed from its settings; used to make the links to Colab."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLACEHOLDER = "YOUR_NAME/YOUR_COURSE"  # no real repository: GitHub allows no underscore in an owner's name

_ADDRESS = re.compile(r"(?P<name>[\w.-]+/[\w.-]+?)(?:@(?P<branch>[\w./-]+))?")


@dataclass(frozen=True)
class Repository:
    """The course's GitHub repository; `name` is "owner/repository"."""

    name: str
    branch: str = "main"

    @classmethod
    def parse(cls, text: str) -> Repository:
        """Parses "owner/repository" or "owner/repository@branch". ValueError for anything else."""
        found = _ADDRESS.fullmatch(text)
        if not found:
            raise ValueError(f'{text!r} is no repository: write "owner/repository" or "owner/repository@branch"')
        return cls(found["name"], found["branch"] or "main")

    @property
    def is_placeholder(self) -> bool:
        return self.name == PLACEHOLDER

    @property
    def files(self) -> str:
        """The base address of the repository's raw files."""
        return f"https://raw.githubusercontent.com/{self.name}/{self.branch}"

    def in_colab(self, assignment: str) -> str:
        """The address that opens the students' notebook in Colab."""
        notebook = f"release/{assignment}/{assignment}.ipynb"
        return f"https://colab.research.google.com/github/{self.name}/blob/{self.branch}/{notebook}"
