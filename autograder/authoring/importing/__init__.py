"""Imports notebooks written for nbgrader or for `otter assign`; an optional step before authored text.

notebook of another course -> drafts of cells, and remarks on features without a counterpart -> percent text
"""

from autograder.authoring.importing.draft import ImportedNotebook, Remark
from autograder.authoring.importing.reading import import_notebook

__all__ = ["ImportedNotebook", "Remark", "import_notebook"]
