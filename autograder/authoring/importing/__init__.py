"""Takes in notebooks that were written for nbgrader or for `otter assign`: a way into the start of the path.

notebook of another course -> drafts of cells, and remarks on what has no counterpart -> percent text
"""

from autograder.authoring.importing.draft import Imported, Remark
from autograder.authoring.importing.reading import import_notebook

__all__ = ["Imported", "Remark", "import_notebook"]
