"""The course's secret, from which all inputs of checks are drawn; one file, read by the course and by nobody else.

It lies in the course's state folder, 64 hexadecimal digits on one line, made at the first use and readable by its owner
alone; where a group grades in one course directory (`shared`), by that group's members too. It goes into no
environment, argument, log or result; a result names it by its fingerprint.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path

from autograder.course.state import SECRET as NAME
from autograder.errors import RecordsError, UsageError

BYTES = 32
FINGERPRINT = 12  # hexadecimal digits: tells the few secrets of a course apart, and nothing of them
BY_OTHERS = 0o077  # bits of a mode
BY_GROUP = 0o040  # the one of them that is right in a shared course


def read_or_make(state: Path, *, shared: bool = False) -> bytes:
    """The secret in the folder `state`, which is made if need be."""
    place = state / NAME
    with contextlib.suppress(FileNotFoundError):
        return _read(place, shared)
    with contextlib.suppress(FileExistsError):  # another grader has been quicker
        _write(place, shared)
    return _read(place, shared)


def rotate(state: Path, *, shared: bool = False) -> tuple[str, str]:
    """Makes a new secret and keeps the old one beside it; the fingerprints of both. UsageError if there is none yet."""
    place = state / NAME
    try:
        old = fingerprint(_read(place, shared))
    except FileNotFoundError:
        raise UsageError(f"there is no {place} yet: the first run of grade makes one") from None
    kept = state / f"{NAME}.{old}"
    try:
        place.rename(kept)
    except OSError as error:
        raise RecordsError(f"{place} cannot be moved to {kept.name}: {error.strerror}") from error
    try:
        _write(place, shared)
    except BaseException:
        kept.rename(place)
        raise
    return old, fingerprint(_read(place, shared))


def fingerprint(secret: bytes) -> str:
    """A name for the secret, from which it cannot be learned."""
    return hmac.new(secret, b"fingerprint", hashlib.sha256).hexdigest()[:FINGERPRINT]


def _read(place: Path, shared: bool) -> bytes:
    """FileNotFoundError where there is none; UsageError for a file that is no secret of ours."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UsageError(f"the course's secret {place} cannot be read: {error.strerror}; grade as its owner") from error
    with os.fdopen(descriptor, "rb") as stream:
        about = os.fstat(descriptor)
        if stat.S_IMODE(about.st_mode) & (BY_OTHERS & ~BY_GROUP if shared else BY_OTHERS):
            raise UsageError(
                f"the course's secret {place} can be read by others (mode {stat.S_IMODE(about.st_mode):o}): "
                f"chmod {640 if shared else 600} {place}, and if anybody may have read it: autograder secret rotate"
            )
        text = stream.read(1 << 10)
    try:
        secret = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != BYTES:
        raise UsageError(
            f"{place} is not a secret of ours: it should be {2 * BYTES} hexadecimal digits. Put back a copy of it, so "
            "that marks stay what they were; or move it away, and a new one is made"
        )
    return secret


def _write(place: Path, shared: bool) -> None:
    """Makes a secret, whole or not at all; FileExistsError if there is one."""
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{NAME}-", dir=place.parent)  # readable by its owner alone
    except OSError as error:
        raise RecordsError(f"the course's secret {place} cannot be made: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(BYTES) + "\n")
            stream.flush()
            if shared:
                os.fchmod(descriptor, 0o600 | BY_GROUP)
            os.fsync(descriptor)
        os.link(name, place)  # unlike a rename it never replaces one
    except FileExistsError:
        raise
    except OSError as error:
        raise RecordsError(f"the course's secret {place} cannot be made: {error.strerror}") from error
    finally:
        os.unlink(name)
