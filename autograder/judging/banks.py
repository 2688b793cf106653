"""The banks of one course: found by name in its folder checks/, loaded when asked for; before the judge.

    checks/<assignment>/<function>.py  or  checks/<assignment>/<function>/__init__.py     a bank, called BANK there
    checks/<assignment>/_<name>.py                                                        shared by banks: no bank
    checks/builders/<kind>.py                                                             objects that probes need

Names are read off the folder, so that compiling an assignment imports no bank. A bank is imported into a package of
its own, named after the course's folder and the text of all banks: nothing is put on sys.path, no byte code is written
beside the text, and two courses, or two versions of one, stand beside each other in a process. What is imported is the
text that the digest was made of, also where the files have changed since, and on a machine that has no such files.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import stat
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.authoring.new_bank import FOLDER, missing_bank
from autograder.errors import UsageError

if TYPE_CHECKING:  # comes with torch
    from autograder.judging.check import Bank

BUILDERS = "builders"  # in that folder; no assignment can have this name
PREFIX = "_autograder_banks_"  # of the private packages
DIGITS = 16  # hexadecimal, of a digest in a package's name
ABOVE = re.compile(rb"\bfrom\s+\.{2,}\s*(\w+)")  # what a bank imports from another assignment's folder, or beside it


class Banks(Mapping[str, "Bank"]):
    """function -> Bank, of the course at `root`; empty where the course has no folder checks/.

    `files` are what `files()` gave elsewhere: the same banks, without a look at what lies at `root` here. Raises
    UsageError for a file or folder of banks that everybody may write, and for two banks of one name.
    """

    def __init__(self, root: Path, files: Mapping[str, bytes] | None = None) -> None:
        self.folder = root.resolve() / FOLDER
        self._texts = (
            _read(self.folder)
            if files is None
            else {path.removeprefix(f"{FOLDER}/"): text for path, text in files.items()}
        )
        self.digest = _digest(self._texts)
        self._modules = _find(self.folder, self._texts)
        self._loaded: dict[str, Bank] = {}
        self._digests: dict[frozenset[str], str] = {}
        place = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:DIGITS]
        self.package = f"{PREFIX}{place}_{self.digest[:DIGITS]}"

    def __getitem__(self, function: str) -> Bank:
        """Raises KeyError for an unknown function; UsageError for a module that cannot be imported or holds no BANK."""
        if function not in self._loaded:
            self._loaded[function] = self._load(function)
        return self._loaded[function]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __contains__(self, function: object) -> bool:
        return function in self._modules

    def find(self, function: str) -> Bank:
        """The bank of `function`. Raises UsageError, which says where it belongs, for an unknown one."""
        if function not in self._modules:
            raise UsageError(missing_bank(function, self._modules, self.folder / "ASSIGNMENT"))
        return self[function]

    def assignments(self) -> tuple[str, ...]:
        """The assignments that have banks, sorted."""
        return tuple(sorted({module.split(".")[0] for module in self._modules.values()}))

    def of(self, assignment: str) -> tuple[str, ...]:
        """The functions of an assignment that have a bank, sorted."""
        return tuple(name for name, module in self._modules.items() if module.split(".")[0] == assignment)

    def chosen(self, names: Iterable[str]) -> tuple[str, ...]:
        """The functions that these names of assignments and functions stand for; all, for none. UsageError for a name
        that is neither."""
        found: dict[str, None] = {}
        for name in names:
            functions = self.of(name) or ((name,) if name in self._modules else ())
            if not functions:
                known = f"assignments {', '.join(self.assignments())}; functions {', '.join(self)}"
                raise UsageError(f"{self.folder} has no bank and no assignment {name!r}; it has: {known}")
            found.update(dict.fromkeys(functions))
        return tuple(found) or tuple(self)

    def files(self) -> Mapping[str, bytes]:
        """The text of all banks and builders, by relative path from the course's root: what makes the same banks
        elsewhere."""
        return {f"{FOLDER}/{path}": text for path, text in self._texts.items()}

    def digest_of(self, functions: Iterable[str]) -> str:
        """Changes whenever a bank of these functions may judge otherwise: of all text in the folders of the assignments
        that the banks stand in, in those that these import from, and of the builders."""
        key = frozenset(functions)
        if key not in self._digests:
            tops = {self._modules[name].split(".")[0] for name in key if name in self._modules} | {BUILDERS}
            size = 0
            while size < len(tops):  # until no folder names another
                size = len(tops)
                texts = {path: text for path, text in self._texts.items() if _top(path) in tops}
                named = {name.decode() for text in texts.values() for name in ABOVE.findall(text)}
                tops |= {_top(path) for path in self._texts} if "import" in named else named  # `from ... import all`
            self._digests[key] = _digest(texts)
        return self._digests[key]

    def _load(self, function: str) -> Bank:
        from autograder.judging.check import Bank

        path = self._modules[function]
        _finder.know(self.package, self.folder, self._texts)
        where = self.folder.joinpath(*path.split("."))
        try:
            module = importlib.import_module(f"{self.package}.{path}")
        except Exception as error:  # a bank is the instructor's Python: anything can come out of it
            raise UsageError(f"{where}: the bank cannot be imported: {type(error).__name__}: {error}") from error
        bank = getattr(module, "BANK", None)
        if not isinstance(bank, Bank):
            raise UsageError(f"{where}: there is no BANK in it, or it is no Bank of autograder.checks")
        if bank.name != function:
            raise UsageError(
                f"{where}: the bank is called {bank.name!r}; give the file and the bank their function's name"
            )
        texts = {
            Path(name).stem: text.decode() for name, text in self._texts.items() if name.startswith(f"{BUILDERS}/")
        }
        return replace(bank, builders={**texts, **bank.builders})


def _read(folder: Path) -> dict[str, bytes]:
    """The text of every Python file below the folder by relative path, sorted. UsageError for what others may write."""
    if not folder.is_dir():
        return {}
    paths = sorted(path for path in folder.rglob("*.py") if not _hidden(path.relative_to(folder)))
    inside = {one for path in paths for one in (path, *path.parents) if one.is_relative_to(folder)} | {folder}
    around = {folder.parent, *(path.resolve().parent for path in (folder, *paths) if path.is_symlink())}
    for one in sorted(inside | around):
        mode = one.stat().st_mode
        keeps = mode & stat.S_ISVTX and one not in inside  # as /tmp: others may add to it, and replace nothing
        if mode & stat.S_IWOTH and not keeps:
            raise UsageError(
                f"{one}: everybody on this machine may write it, and the grader would run what they write: "
                f"chmod o-w {one}"
            )
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _top(path: str) -> str:
    """The folder, or the module that stands beside the folders, of a path below checks/."""
    return path.split("/")[0].removesuffix(".py")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _digest(texts: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name, text in texts.items():
        total.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(text).digest())
    return total.hexdigest()


def _find(folder: Path, texts: Iterable[str]) -> dict[str, str]:
    """function -> its module below the folder ("attention.softmax"), sorted by assignment and function."""
    found: dict[str, str] = {}
    for text in texts:
        match text.removesuffix(".py").split("/"):
            case [assignment, function] | [assignment, function, "__init__"] if assignment != BUILDERS:
                if function.startswith("_"):
                    continue
            case _:
                continue
        module = f"{assignment}.{function}"
        if found.setdefault(function, module) != module:
            raise UsageError(f"{folder}: {found[function]} and {module} are banks of one name; rename one")
    return found


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules of the private packages among the texts that they were made of."""

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
    """Compiles a text that it holds; nothing is read from a disk, nor byte code written there."""

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


_finder = _Finder()
sys.meta_path.insert(0, _finder)
