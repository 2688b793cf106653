"""Makes, reads and replaces the course's secret, from which the checks draw their inputs; first on the path.

The secret is a file of the state folder with 64 hexadecimal digits on one line, made at the first use. Only its owner
can read it, and in a `shared` course directory the group too. The secret is never put into an environment, an argument,
a log or a result; a result holds its fingerprint instead.
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
FINGERPRINT = 12  # hexadecimal digits: enough to tell the few secrets of a course apart
BY_OTHERS = 0o077  # bits of a mode
BY_GROUP = 0o040  # the bit among them that a shared course allows


def read_or_make(state: Path, *, shared: bool = False) -> bytes:
    """The secret in the folder `state`; makes one if there is none. UsageError or RecordsError if it cannot."""
    place = state / NAME
    with contextlib.suppress(FileNotFoundError):
        return _read(place, shared)
    with contextlib.suppress(FileExistsError):  # another grader made it first
        _write(place, shared)
    return _read(place, shared)


def read_if_made(state: Path, *, shared: bool = False) -> bytes | None:
    """The secret in the folder `state`, or None if none was made yet. UsageError if it cannot be read."""
    try:
        return _read(state / NAME, shared)
    except FileNotFoundError:
        return None


def rotate(state: Path, *, shared: bool = False) -> tuple[str, str]:
    """Makes a new secret and keeps the old one under another name. Returns both fingerprints, old and new.

    UsageError if there is no secret yet, RecordsError if a file cannot be written.
    """
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
    """A name for the secret that does not reveal it: the start of an HMAC-SHA256 with the secret as key."""
    return hmac.new(secret, b"fingerprint", hashlib.sha256).hexdigest()[:FINGERPRINT]


def _read(place: Path, shared: bool) -> bytes:
    """Reads the secret. FileNotFoundError if there is none; UsageError if others can read it or it is malformed."""
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
    """Writes a new secret atomically. FileExistsError if there is one; RecordsError if it cannot be written."""
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{NAME}-", dir=place.parent)  # only the owner can read it
    except OSError as error:
        raise RecordsError(f"the course's secret {place} cannot be made: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(BYTES) + "\n")
            stream.flush()
            if shared:
                os.fchmod(descriptor, 0o600 | BY_GROUP)
            os.fsync(descriptor)
        os.link(name, place)  # unlike a rename, a link never replaces a file
    except FileExistsError:
        raise
    except OSError as error:
        raise RecordsError(f"the course's secret {place} cannot be made: {error.strerror}") from error
    finally:
        os.unlink(name)
