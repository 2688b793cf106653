"""Where a course lies on GitHub, as its settings say."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLACEHOLDER = "YOUR_NAME/YOUR_COURSE"  # GitHub allows no underscore in a name, so it is nobody's

_ADDRESS = re.compile(r"(?P<name>[\w.-]+/[\w.-]+?)(?:@(?P<branch>[\w./-]+))?")


@dataclass(frozen=True)
class Repository:
    """Where the course lies on GitHub: `name` is "owner/repository"."""

    name: str
    branch: str = "main"

    @classmethod
    def parse(cls, text: str) -> Repository:
        """Of "owner/repository" or "owner/repository@branch". ValueError for all else."""
        found = _ADDRESS.fullmatch(text)
        if not found:
            raise ValueError(f'{text!r} is no repository: write "owner/repository" or "owner/repository@branch"')
        return cls(found["name"], found["branch"] or "main")

    @property
    def is_placeholder(self) -> bool:
        return self.name == PLACEHOLDER

    @property
    def files(self) -> str:
        """Under this address lie the files as they are."""
        return f"https://raw.githubusercontent.com/{self.name}/{self.branch}"

    def in_colab(self, assignment: str) -> str:
        """The address that opens the students' notebook in Colab."""
        notebook = f"release/{assignment}/{assignment}.ipynb"
        return f"https://colab.research.google.com/github/{self.name}/blob/{self.branch}/{notebook}"
