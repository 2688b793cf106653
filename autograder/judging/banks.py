"""Finds the banks of one course in its folder checks/ and imports each on first use; runs before the judge.

    checks/<assignment>/<function>.py  or  checks/<assignment>/<function>/__init__.py     a module that defines BANK
    checks/<assignment>/_<name>.py                                                        code that banks share
    checks/builders/<kind>.py                                                             builds objects for probes
    checks/<assignment>/<function>.lock                        what certify measured of a bank in the short form

The bank names come from the file names, so compiling an assignment imports no bank. Each course's banks are imported
into a private package, named after the course's folder and a digest of all banks' text. Nothing is added to sys.path,
no byte code is written, and two courses, or two versions of one course, can be loaded in the same process. The text is
read once: the digest and the import use the same text, even if the files change later or do not exist on this machine.

A bank in the short form is judged by its function's solution cell. Its text is one more module of the assignment,
_solution_of_<function>, which is read from source/ when it is first needed, and travels with the banks' files.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import stat
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.authoring.new_bank import FOLDER, missing_bank
from autograder.errors import SourceError, UsageError
from autograder.judging.loading import FINDER
from autograder.judging.lock import SUFFIX, Lock, Proof, Same, read_lock, write_lock

if TYPE_CHECKING:  # comes with torch
    from autograder.judging.check import Bank

BUILDERS = "builders"  # folder below checks/; no assignment can have this name
PREFIX = "_autograder_banks_"  # of the private packages
DIGITS = 16  # hexadecimal digits of a digest in a package's name
SHORT = re.compile(rb"^@(\w+\.)?given\b", re.MULTILINE)  # a bank in the short form
SOLUTION = "_solution_of_"  # begins the name of the module with a function's solution
ABOVE = re.compile(rb"\bfrom\s+\.{2,}\s*(\w+)")  # an import from another assignment's folder


class Banks(Mapping[str, "Bank"]):
    """Maps a function's name to its Bank, for the course at `root`; empty if the course has no folder checks/.

    `files` is the result of `files()` on another machine: with it, nothing is read from `root`. With `measure`, a bank
    in the short form whose lock is missing or outdated is measured when it is loaded; without, it is refused. Raises
    UsageError if a file or folder of banks is writable by everybody, and if two banks have the same name.
    """

    def __init__(self, root: Path, files: Mapping[str, bytes] | None = None, *, measure: bool = False) -> None:
        self.folder = root.resolve() / FOLDER
        self._given = files is not None
        self._measure = measure
        read = (
            _read(self.folder)
            if files is None
            else {path.removeprefix(f"{FOLDER}/"): text for path, text in files.items()}
        )
        self._own = {path: text for path, text in read.items() if not path.endswith(SUFFIX)}
        self._locks = {path: text for path, text in read.items() if path.endswith(SUFFIX)}
        self._modules = _find(self.folder, self._own)
        self._loaded: dict[str, Bank] = {}
        self._measured: dict[str, Lock] = {}
        self._digests: dict[frozenset[str], str] = {}

    @cached_property
    def _texts(self) -> Mapping[str, bytes]:
        """The text of each module by relative path, with those of the solutions that banks in the short form need."""
        texts = dict(self._own)
        for function in self._modules if not self._given else ():
            if self._is_short(function) and (found := self._solution(function)) is not None:
                texts[self._solution_path(function)] = found
        return texts

    @cached_property
    def digest(self) -> str:
        """A digest of all banks."""
        return _digest({**self._texts, **self._measures})

    @cached_property
    def package(self) -> str:
        """The name of the package that the banks are imported into."""
        place = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:DIGITS]
        return f"{PREFIX}{place}_{_digest(self._texts)[:DIGITS]}"

    @cached_property
    def _measures(self) -> Mapping[str, bytes]:
        """What verdicts hang on in each lock. Mutants that were accepted and the proof change no verdict."""
        found = {path: read_lock(text, self.folder / path) for path, text in self._locks.items()}
        texts = {
            path: write_lock(replace(lock, same=(), digest="", proof=None)).encode() for path, lock in found.items()
        }
        return {path: text for path, text in texts.items() if text != write_lock(Lock()).encode()}

    def __getitem__(self, function: str) -> Bank:
        """Raises KeyError for an unknown function, UsageError if its module cannot be imported or defines no BANK."""
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
        """Returns the bank of `function`. Raises UsageError, which says where to put the bank, if there is none."""
        if function not in self._modules:
            raise UsageError(missing_bank(function, self._modules, self.folder / "ASSIGNMENT"))
        return self[function]

    def assignments(self) -> tuple[str, ...]:
        """The assignments that have banks, sorted."""
        return tuple(sorted({module.split(".")[0] for module in self._modules.values()}))

    def of(self, assignment: str) -> tuple[str, ...]:
        """The functions of an assignment that have a bank, sorted."""
        return tuple(name for name, module in self._modules.items() if module.split(".")[0] == assignment)

    def select(self, names: Iterable[str]) -> tuple[str, ...]:
        """The functions that `names` select: each name is a function, or an assignment for all of its functions.

        Returns all functions if `names` is empty. Raises UsageError for a name that is neither.
        """
        found: dict[str, None] = {}
        for name in names:
            functions = self.of(name) or ((name,) if name in self._modules else ())
            if not functions:
                known = f"assignments {', '.join(self.assignments())}; functions {', '.join(self)}"
                raise UsageError(f"{self.folder} has no bank and no assignment {name!r}; it has: {known}")
            found.update(dict.fromkeys(functions))
        return tuple(found) or tuple(self)

    def files(self) -> Mapping[str, bytes]:
        """The text of all banks and builders, by path relative to the course's root.

        Pass it to `Banks` on another machine to get the same banks there.
        """
        return {f"{FOLDER}/{path}": text for path, text in {**self._texts, **self._locks}.items()}

    def lock_path(self, function: str) -> Path:
        """Where the lock of a function's bank is, or will be."""
        return self.folder / f"{self._modules[function].replace('.', '/')}{SUFFIX}"

    def lock(self, function: str) -> Lock:
        """What is measured of a bank: what its lock says if that is up to date, else what is measured now.

        Mutants that were accepted in an outdated lock stay accepted.
        """
        if function in self._measured:
            return self._measured[function]
        from autograder.judging.calibrate import calibrate, fits

        old, bank = self._old_lock(function), self._whole(function)
        digest = self._lock_digest(function)
        if bank.form is not None and (old.digest != digest or not fits(bank, old)):
            old = replace(calibrate(bank), same=old.same, digest=digest)  # and no proof
        self._measured[function] = old
        return old

    def propose(self, function: str, same: Iterable[Same], proof: Proof) -> None:
        """Puts these mutants and this proof into the function's lock in place of those that stand there; `write_locks`
        writes it."""
        digest = self._lock_digest(function)
        self._measured[function] = replace(self.lock(function), same=tuple(same), digest=digest, proof=proof)

    def proof(self, function: str) -> Proof | None:
        """What was tried of the bank as it is now; None if that was another version of it or of the solution."""
        lock = self.lock(function)
        return lock.proof if lock.digest == self._lock_digest(function) else None

    def assignment_of(self, function: str) -> str:
        return self._modules[function].split(".")[0]

    def refuse_outdated(self, functions: Iterable[str]) -> None:
        """Raises UsageError if one of these banks is in the short form, and its lock is missing or outdated."""
        for function in functions:
            if function in self and self._is_short(function):
                lock = self._old_lock(function)
                if lock.digest != self._lock_digest(function):
                    state = "outdated: the bank or the solution has changed" if lock.digest else "missing"
                    raise self._outdated(function, state)

    def _outdated(self, function: str, state: str) -> UsageError:
        return UsageError(f"{self.lock_path(function)}: the lock is {state}; run: autograder certify {function}")

    def write_locks(self, functions: Iterable[str]) -> list[Path]:
        """Writes the locks that these banks need: those in the short form, and those with a proof or with mutants that
        are the same function. Returns the paths of the locks that changed."""
        changed = []
        for function in functions:
            path = self.lock_path(function)
            lock = self.lock(function)
            needed = self[function].form is not None or lock.same or lock.proof or path.is_file()
            text = write_lock(lock)
            if needed and (not path.is_file() or path.read_text(encoding="utf-8") != text):
                path.write_text(text, encoding="utf-8")
                changed.append(path)
        return changed

    def digest_of(self, functions: Iterable[str]) -> str:
        """A digest that changes whenever one of these functions' banks may give another verdict.

        It covers the text in the banks' assignment folders, in the folders that these import from, and the builders.
        """
        key = frozenset(functions)
        if key not in self._digests:
            tops = {self._modules[name].split(".")[0] for name in key if name in self._modules} | {BUILDERS}
            size = 0
            while size < len(tops):  # repeat until the imports add no further folder
                size = len(tops)
                texts = {path: text for path, text in self._texts.items() if _top(path) in tops}
                measures = {path: text for path, text in self._measures.items() if _top(path) in tops}
                named = {name.decode() for text in texts.values() for name in ABOVE.findall(text)}
                tops |= {_top(path) for path in self._texts} if "import" in named else named  # `from ... import all`
            self._digests[key] = _digest({**texts, **measures})
        return self._digests[key]

    def _load(self, function: str) -> Bank:
        bank = self._whole(function)
        if bank.form is None:
            return bank
        from autograder.judging.calibrate import fill, fits

        lock = self.lock(function) if self._measure else self._old_lock(function)
        if not self._measure:
            self.refuse_outdated([function])
            if not fits(bank, lock):
                raise self._outdated(function, "outdated: the engine makes other checks now")
        return fill(bank, lock)

    def _whole(self, function: str) -> Bank:
        """The bank as its modules define it; in the short form, with all its checks, and nothing measured."""
        from autograder.judging.check import Bank

        path = self._modules[function]
        FINDER.know(self.package, self.folder, self._texts)
        where = self.folder.joinpath(*path.split("."))
        try:
            module = importlib.import_module(f"{self.package}.{path}")
        except Exception as error:  # a bank is arbitrary Python: it can raise anything
            raise UsageError(f"{where}: the bank cannot be imported: {type(error).__name__}: {error}") from error
        bank = getattr(module, "BANK", None) or getattr(module, function, None)
        if not isinstance(bank, Bank):
            raise UsageError(f"{where}: there is no BANK in it, or it is no Bank of autograder.checks")
        if bank.name != function:
            raise UsageError(
                f"{where}: the bank is called {bank.name!r}; give the file and the bank their function's name"
            )
        texts = {
            Path(name).stem: text.decode() for name, text in self._texts.items() if name.startswith(f"{BUILDERS}/")
        }
        bank = replace(bank, builders={**texts, **bank.builders})
        return bank if bank.form is None else self._complete(bank, module)

    def _complete(self, bank: Bank, module: types.ModuleType) -> Bank:
        from autograder.judging.short import complete, twice

        text = self._own.get(self._file(bank.name), b"").decode()
        if again := twice(text):
            raise UsageError(f"{self.folder / self._file(bank.name)}: {again} is defined twice; rename one")
        solution = None
        if self._solution_path(bank.name) in self._texts:
            name = f"{self.package}.{self._modules[bank.name].split('.')[0]}.{SOLUTION}{bank.name}"
            try:
                solution = getattr(importlib.import_module(name), bank.name)
            except Exception as error:  # the solution is the author's code: it can raise anything
                raise UsageError(f"{bank.name}: the solution cannot be imported: {error!r}") from error
        return complete(bank, vars(module), solution)

    # ---- the texts of one bank ----------------------------------------------------------------------------------

    def _file(self, function: str) -> str:
        """The file that defines the bank, relative to the folder."""
        place = self._modules[function].replace(".", "/")
        return f"{place}.py" if f"{place}.py" in self._own else f"{place}/__init__.py"

    def _is_short(self, function: str) -> bool:
        return SHORT.search(self._own[self._file(function)]) is not None

    def _solution_path(self, function: str) -> str:
        return f"{self._modules[function].split('.')[0]}/{SOLUTION}{function}.py"

    def _solution(self, function: str) -> bytes | None:
        """The text of the solution; None if the assignment's source has none."""
        from autograder.judging.solutions import solution_text

        try:
            return solution_text(self.folder.parent, self._modules[function].split(".")[0], function).encode()
        except (SourceError, UsageError):  # `short.complete` says so, unless the bank has an oracle of its own
            return None

    def _old_lock(self, function: str) -> Lock:
        path = self.lock_path(function).relative_to(self.folder).as_posix()
        return read_lock(self._locks[path], self.folder / path) if path in self._locks else Lock()

    def _lock_digest(self, function: str) -> str:
        """A digest of what is measured: the bank, what it may share with others, the builders that these texts name,
        and the solution."""
        assignment, place = self._modules[function].split(".")[0], self._modules[function].replace(".", "/")
        shared = re.compile(rf"{re.escape(place)}(\.py|/.*)|{re.escape(assignment)}/_[^/]*|_[^/]*")
        aside = f"{assignment}/{SOLUTION}"
        own = {p: text for p, text in self._own.items() if shared.fullmatch(p) and not p.startswith(aside)}
        words = set(re.findall(rb"\w+", b"\n".join(own.values())))
        own |= {
            path: text
            for path, text in self._own.items()
            if _top(path) == BUILDERS and Path(path).stem.encode() in words
        }
        solution = self._texts.get(self._solution_path(function))
        if solution is None and not self._given:  # the long form is judged by its own oracle; its mutants are these
            solution = self._solution(function)
        return _digest({**dict(sorted(own.items())), self._solution_path(function): solution or b""})


def _read(folder: Path) -> dict[str, bytes]:
    """The text of every Python file and every lock below the folder, by relative path, sorted.

    Raises UsageError if a file, or a folder that leads to one, is writable by everybody.
    """
    if not folder.is_dir():
        return {}
    found = (path for suffix in (".py", SUFFIX) for path in folder.rglob(f"*{suffix}"))
    paths = sorted(path for path in found if not _is_hidden(path.relative_to(folder)))
    inside = {one for path in paths for one in (path, *path.parents) if one.is_relative_to(folder)} | {folder}
    around = {folder.parent, *(path.resolve().parent for path in (folder, *paths) if path.is_symlink())}
    for one in sorted(inside | around):
        mode = one.stat().st_mode
        keeps = mode & stat.S_ISVTX and one not in inside  # sticky, as /tmp: others may add files but replace none
        if mode & stat.S_IWOTH and not keeps:
            raise UsageError(
                f"{one}: everybody on this machine may write it, and the grader would run what they write: "
                f"chmod o-w {one}"
            )
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _top(path: str) -> str:
    """The first part of a path below checks/: an assignment's folder, or the name of a module next to the folders."""
    return path.split("/")[0].removesuffix(".py")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _digest(texts: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name, text in texts.items():
        total.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(text).digest())
    return total.hexdigest()


def _find(folder: Path, texts: Iterable[str]) -> dict[str, str]:
    """Maps each function to its module below the folder ("attention.softmax"), sorted by assignment and function."""
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
