"""Imports modules whose text is in memory, under names of private packages; `banks` imports a course's banks so."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path


class Finder(importlib.abc.MetaPathFinder):
    """Import finder for the private packages: it serves modules from the texts in memory."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[Path, Mapping[str, bytes]]] = {}

    def know(self, package: str, folder: Path, texts: Mapping[str, bytes]) -> None:
        self._texts[package] = folder, texts

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        package, *parts = fullname.split(".")
        if package not in self._texts:
            return None
        folder, texts = self._texts[package]
        place = "/".join(parts)
        for name in (f"{place}/__init__.py", f"{place}.py"):
            if name in texts:
                loader = _Loader(str(folder / name), texts[name])
                return importlib.util.spec_from_file_location(
                    fullname,
                    loader.path,
                    loader=loader,
                    submodule_search_locations=[str(folder / place)] if name.endswith("/__init__.py") else None,
                )
        if parts and not any(name.startswith(f"{place}/") for name in texts):
            return None
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)  # a folder without __init__.py
        spec.submodule_search_locations = [str(folder.joinpath(*parts))]
        return spec


class _Loader(importlib.abc.SourceLoader):
    """Import loader that compiles a text in memory; it reads no file and writes no byte code."""

    def __init__(self, path: str, text: bytes) -> None:
        self.path = path
        self._text = text

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_data(self, path: str | bytes) -> bytes:
        return self._text

    def get_code(self, fullname: str) -> types.CodeType:
        code: types.CodeType = self.source_to_code(self._text, self.path)
        return code


FINDER = Finder()
sys.meta_path.insert(0, FINDER)
