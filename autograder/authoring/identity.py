"""Makes cell ids that are the same in every build; used wherever a notebook is made or read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_MAX_ID = 64  # characters of a cell id, by the schema of nbformat 4.5


def cell_ids(cells: Iterable[tuple[str, str, str | None]]) -> list[str]:
    """An id for each (kind, source, grade_id): the grade_id if there is one, else a hash of the content."""
    taken: set[str] = set()
    ids = []
    for kind, content, grade_id in cells:
        digest = hashlib.sha256(f"{kind}\n{content}".encode()).hexdigest()
        wanted = grade_id if grade_id and len(grade_id) <= _MAX_ID else f"cell-{digest[:12]}"
        identity, count = wanted, 1
        while identity in taken:
            count += 1
            identity = f"{wanted[: _MAX_ID - 8]}-{count}"  # 8: room for the hyphen and a count
        taken.add(identity)
        ids.append(identity)
    return ids
