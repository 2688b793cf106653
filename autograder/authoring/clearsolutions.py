"""nbgrader's ClearSolutions with the grade_id in the stub; used by `compile` and by nbgrader_config.py."""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import ClearSolutions


class NamedClearSolutions(ClearSolutions):  # type: ignore[misc]  # nbgrader ships no types
    """Its stub raises NotImplementedError("<grade_id>"); nbgrader's raises NotImplementedError()."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        stubs: dict[str, str] = self.code_stub  # type: ignore[has-type]  # a trait of nbgrader's, as above
        named = {
            language: stub.replace("NotImplementedError()", f'NotImplementedError("{grade_id}")')
            for language, stub in stubs.items()
        }
        self.code_stub = named if grade_id else stubs
        try:
            return super().preprocess_cell(cell, resources, cell_index)  # type: ignore[no-any-return]  # as above
        finally:
            self.code_stub = stubs
