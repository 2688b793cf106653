"""Reads and writes `<function>.lock`, which certify writes beside a bank and grading reads: what was measured of it.

The file is JSON with sorted keys and one entry per line, so that a change shows in review as the lines that changed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.errors import UsageError

SUFFIX = ".lock"


@dataclass(frozen=True)
class Same:
    """A mutant that somebody accepted as the same function as the solution.

    `line` is the line of the solution that is changed, stripped of white space at both ends; `change` is its code
    before and after ("a + b -> b + a"); `because` is the reason, written by a person. Where it is empty, the entry is
    certify's proposal, and nothing is accepted.
    """

    line: str
    change: str
    because: str


@dataclass(frozen=True)
class Proof:
    """What certify tried when it last wrote the lock: how many input sets, how many mutants of the solution (0 if none
    were made), and how many verdicts on mistakes and mutants were not the same on all of these sets."""

    sets: int = 0
    mutants: int = 0
    unstable: int = 0


@dataclass(frozen=True)
class Lock:
    """What certify measured of one bank.

    `tolerances` maps a check to the factor of its Tolerance. `on_meta` and `costly` map a misconception to its
    declarations of these names (see check.Misconception); misconceptions without one are left out. `digest` is that of
    the texts that were measured.
    """

    tolerances: Mapping[str, float] = field(default_factory=dict)
    on_meta: Mapping[str, str] = field(default_factory=dict)
    costly: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same: tuple[Same, ...] = ()
    digest: str = ""
    proof: Proof | None = None


def write_lock(lock: Lock) -> str:
    """The text of the file; equal locks give equal texts. Raises ValueError for a tolerance that is not finite."""
    same = sorted((asdict(one) for one in lock.same), key=lambda one: (one["line"], one["change"], one["because"]))
    parts = {
        "costly": _lines({name: list(slots) for name, slots in lock.costly.items()}),
        "digest": _text(lock.digest),
        "on_meta": _lines(lock.on_meta),
        **({"proof": _text(asdict(lock.proof))} if lock.proof is not None else {}),
        "same": "[" + ",".join(f"\n  {_text(one)}" for one in same) + ("\n ]" if same else "]"),
        "tolerances": _lines({name: float(factor) for name, factor in lock.tolerances.items()}),
    }
    return "{" + ",".join(f"\n {_text(name)}: {text}" for name, text in parts.items()) + "\n}\n"


def _lines(entries: Mapping[str, Any]) -> str:
    lines = [f"\n  {_text(name)}: {_text(entries[name])}" for name in sorted(entries)]
    return "{" + ",".join(lines) + ("\n }" if lines else "}")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def read_lock(text: str | bytes, where: object) -> Lock:
    """The lock in `text`; absent keys are empty. Raises UsageError, which names the file `where`, for anything else."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _bad(where, f"it is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise _bad(where, "it is no JSON object")
    _keys(found, ("costly", "digest", "on_meta", "proof", "same", "tolerances"), where, "the file")
    digest = found.get("digest", "")
    if not isinstance(digest, str):
        raise _bad(where, "its digest is no text")
    return Lock(
        {name: _factor(value, where, name) for name, value in _entries(found, "tolerances", where)},
        {name: _word(value, where, f"on_meta of {name!r}") for name, value in _entries(found, "on_meta", where)},
        {name: _words(value, where, name) for name, value in _entries(found, "costly", where)},
        _same(found.get("same", []), where),
        digest,
        _proof(found["proof"], where) if "proof" in found else None,
    )


def _entries(found: Mapping[str, Any], key: str, where: object) -> list[tuple[str, Any]]:
    entries = found.get(key, {})
    if not isinstance(entries, dict):
        raise _bad(where, f"{key} is no JSON object")
    return list(entries.items())


def _factor(value: Any, where: object, name: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
        raise _bad(where, f"the tolerance of {name!r} is no number from 0 upwards")
    return float(value)


def _word(value: Any, where: object, what: str) -> str:
    if not isinstance(value, str):
        raise _bad(where, f"{what} is no text")
    return value


def _words(value: Any, where: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _bad(where, f"costly of {name!r} is no list")
    return tuple(_word(word, where, f"an entry in costly of {name!r}") for word in value)


def _proof(value: Any, where: object) -> Proof:
    if not isinstance(value, dict):
        raise _bad(where, "its proof is no JSON object")
    _keys(value, ("sets", "mutants", "unstable"), where, "its proof")
    if not all(type(number) is int and number >= 0 for number in value.values()):
        raise _bad(where, "a number in its proof is no integer from 0 upwards")
    return Proof(**value)


def _same(value: Any, where: object) -> tuple[Same, ...]:
    if not isinstance(value, list):
        raise _bad(where, "same is no list")
    accepted = []
    for number, entry in enumerate(value, start=1):
        what = f"entry {number} of same"
        if not isinstance(entry, dict) or not {"line", "change", "because"} <= entry.keys():
            raise _bad(where, f"{what} needs line, change and because")
        _keys(entry, ("line", "change", "because"), where, what)
        accepted.append(Same(**{key: _word(text, where, f"{key} in {what}") for key, text in entry.items()}))
    return tuple(accepted)


def _keys(found: Mapping[str, Any], known: tuple[str, ...], where: object, what: str) -> None:
    unknown = sorted(found.keys() - set(known))
    if unknown:
        raise _bad(where, f"{what} has the key {unknown[0]!r}; it may have {', '.join(known)}")


def _bad(where: object, fault: str) -> UsageError:
    return UsageError(f"{where}: {fault}. Mend or delete the file, then run: autograder certify")
