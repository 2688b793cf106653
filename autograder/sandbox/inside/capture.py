"""Records a cell's outputs in nbformat's form, with the rules that nbclient applies to a kernel's messages.

`shell` and `cells` use it in the student's process, so the grader does not trust its outputs.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import math
import numbers
import os
import re
import sys
import time
from binascii import b2a_base64
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

FLUSH_SECONDS = 0.2  # ipykernel's longest delay before it sends text; decides how two streams interleave
OUTPUT_COST = 256  # characters counted for each output besides its text, to limit empty outputs too
ERROR_ROOM = 1 << 14  # characters of the error still shown when a cell has reached its limit
JSON_DEPTH = 32  # of a JSON output; frames to the grader may nest to 64, and readers of notebooks have limits too
JSON_MIME = re.compile(r"application/(.*\+)?json")

# The cell that the running code belongs to. A task of an earlier cell keeps that cell's number, and its output is
# dropped, as nbclient drops messages whose parent is not the current cell.
current_cell: ContextVar[int] = ContextVar("current_cell")

Output = dict[str, Any]


@dataclass
class _DisplayPlace:
    """The place of an output with a display id."""

    cell: int
    place: int
    output: Output


class Recorder:
    """Records the outputs of the running cell, and keeps earlier outputs that a display id can still change.

    `limit` is the number of characters in all outputs of one cell. Output beyond it is dropped and sets `overflow`.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.cell = -1
        self.open = False
        self.overflow = False
        self.forked = False  # in a process that the student forked
        os.register_at_fork(after_in_child=self._note_fork)
        self._outputs: list[Output] = []
        self._text: list[str] = []  # of the last stream output, not yet joined
        self._used = 0
        self._clear_next = False
        self._shown: dict[str, list[_DisplayPlace]] = {}
        self._updates: dict[tuple[int, int], Output] = {}
        self._late_error: Output | None = None
        self.streams: tuple[OutStream, ...] = ()

    def _note_fork(self) -> None:
        self.forked = True

    def start(self, cell: int) -> None:
        self.cell, self.open, self.overflow = cell, True, False
        self._outputs, self._text, self._used, self._clear_next = [], [], 0, False
        self._updates, self._late_error = {}, None

    def finish(self) -> tuple[list[Output], list[tuple[int, int, Output]]]:
        """The cell's outputs, and (cell, place, output) of those of earlier cells that it changed."""
        self._join()
        self.open = False
        if self._late_error is not None:
            self._outputs.append(self._late_error)
        return self._outputs, [(cell, place, output) for (cell, place), output in self._updates.items()]

    def flush_streams(self) -> None:
        """Records the text printed so far as outputs: stdout's first, then stderr's, as a kernel sends them."""
        for stream in (sys.stdout, sys.stderr):
            if not any(stream is own for own in self.streams):
                with contextlib.suppress(Exception):  # a student's own stream may have no flush, or one that raises
                    stream.flush()
        for stream in self.streams:
            stream.flush()

    def takes(self) -> bool:
        """Whether the running code belongs to the current cell, so that its output is recorded."""
        return self.open and current_cell.get(self.cell) == self.cell

    def charge(self, text: str) -> str:
        """Cuts `text` to the characters left for this cell, and counts them as used."""
        room = self.limit - self._used
        if len(text) > room:
            self.overflow = True
            text = text[: max(room, 0)]
        self._used += len(text)
        return text

    def stream(self, name: str, text: str) -> None:
        """Adds text that `charge` has counted; consecutive pieces of one stream become one output."""
        if not text:
            return
        self._clear_if_waiting()
        last = self._outputs[-1] if self._outputs else None
        if last is None or last["output_type"] != "stream" or last["name"] != name:
            self._append({"output_type": "stream", "name": name, "text": ""})
        self._text.append(text)

    def display(self, data: Any, metadata: Any, transient: Any, update: bool) -> None:
        display_id = transient.get("display_id") if transient else None
        output = {"output_type": "display_data", "data": mime_bundle(data), "metadata": metadata_of(metadata)}
        if display_id:
            self._update(str(display_id), output)
        if not update:
            self._clear_if_waiting()
            if self._fits(output):
                self._append(output, str(display_id) if display_id else None)

    def result(self, data: Any, metadata: Any, execution_count: int) -> None:
        output = {
            "output_type": "execute_result",
            "data": mime_bundle(data),
            "metadata": metadata_of(metadata),
            "execution_count": execution_count,
        }
        self._clear_if_waiting()
        if self._fits(output):
            self._append(output)

    def error(self, name: str, text: str, traceback: list[str]) -> None:
        lines = [_replace_surrogates(line) for line in traceback]
        output = {
            "output_type": "error",
            "ename": _replace_surrogates(name),
            "evalue": _replace_surrogates(text),
            "traceback": lines,
        }
        self._clear_if_waiting()
        if self._fits(output):
            self._append(output)
            return
        lines = [line[:ERROR_ROOM] for line in lines[:1] + lines[-1:]]
        self._late_error = {**output, "evalue": _replace_surrogates(text[:ERROR_ROOM]), "traceback": lines}

    def clear(self, wait: bool) -> None:
        """Drops the cell's outputs, now or with `wait` at the next output, and resets the count of characters."""
        self._used = 0
        self._clear_next = wait or self._clear_next
        if not wait:
            self._drop()

    def _clear_if_waiting(self) -> None:
        if self._clear_next:
            self._clear_next = False
            self._drop()

    def _drop(self) -> None:
        self._outputs, self._text = [], []
        for shown in self._shown.values():
            shown[:] = [s for s in shown if s.cell != self.cell]

    def _fits(self, output: Output) -> bool:
        size = _size(output)
        if self._used + size > self.limit:
            self.overflow = True
            return False
        self._used += size
        return True

    def _append(self, output: Output, display_id: str | None = None) -> None:
        self._join()
        if display_id is not None:
            place = _DisplayPlace(self.cell, len(self._outputs), output)
            self._shown.setdefault(display_id, []).append(place)
        self._outputs.append(output)

    def _join(self) -> None:
        if self._text:
            self._outputs[-1]["text"] = _replace_surrogates("".join(self._text))
            self._text = []

    def _update(self, display_id: str, new: Output) -> None:
        """Replaces the content of every output with this display id, in whichever cell it is."""
        for shown in self._shown.get(display_id, ()):
            grown = _size(new) - _size(shown.output)
            if self._used + grown > self.limit:
                self.overflow = True
                return
            self._used += grown
            shown.output["data"], shown.output["metadata"] = new["data"], new["metadata"]
            if shown.cell != self.cell:
                self._updates[shown.cell, shown.place] = shown.output


class OutStream(io.TextIOBase):
    """sys.stdout or sys.stderr of the student's code; the class has ipykernel's name, which error messages show.

    Text that a subprocess or C code writes to the file descriptor goes to the open file `captured`. The next write
    first reads it from there, as ipykernel's thread would have done by then.
    """

    encoding = "UTF-8"

    def __init__(self, recorder: Recorder, name: str, captured: int, elsewhere: int) -> None:
        """`elsewhere` is the descriptor that fileno() returns; as in ipykernel, its output is not in the notebook."""
        self.name = name
        self.partner: OutStream | None = None
        self._recorder = recorder
        self._captured = captured
        self._elsewhere = elsewhere
        self._taken = 0
        self._pending: list[str] = []
        self._since = 0.0

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if self._recorder.forked:  # outputs recorded in a fork are lost, but it shares the files
            _write_all(1 if self.name == "stdout" else 2, text)
        elif self._recorder.takes():
            self.drain()
            self._add(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]  # the base class takes bytes too
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Records the text written so far as an output, before the other stream's pending text."""
        if not self._recorder.forked:
            self.drain()
            self._send()

    def _send(self) -> None:
        pending, self._pending = self._pending, []
        if pending and self._recorder.open:
            self._recorder.stream(self.name, "".join(pending))

    def drain(self) -> None:
        """Reads the text written to the file descriptor since the last call."""
        try:
            end = os.lseek(self._captured, 0, os.SEEK_END)
            if end <= self._taken:
                return
            room = min(end - self._taken, self._recorder.limit + 1)
            data = os.pread(self._captured, room, self._taken)
        except OSError:  # the student closed it
            return
        self._taken = end
        self._add(data.decode("utf-8", "replace"))

    def _add(self, text: str) -> None:
        now = time.monotonic()
        late = [s for s in (self, self.partner) if s is not None and s._pending and now - s._since >= FLUSH_SECONDS]
        for stream in sorted(late, key=lambda s: s._since):
            stream._send()
        text = self._recorder.charge(text)
        if text:
            if not self._pending:
                self._since = now
            self._pending.append(text)

    def fileno(self) -> int:
        return self._elsewhere

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Does nothing: the streams stay open until the notebook ends."""


def _write_all(fd: int, text: str) -> None:
    try:
        os.write(fd, text.encode("utf-8", "replace"))
    except OSError:  # closed, or over the limit for a file: the output is dropped
        return


def mime_bundle(data: Any) -> dict[str, Any]:
    """`data` in the form of nbformat's schema: text for each MIME type, any JSON value for JSON types."""
    bundle = mapping(data)
    for mime, value in bundle.items():
        lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
        any_json = JSON_MIME.fullmatch(mime) and not _is_deeper(value, JSON_DEPTH)
        if not isinstance(value, str) and not lines and not any_json:
            bundle[mime] = json.dumps(value)  # nbclient would raise here and end the run
    return bundle


def metadata_of(value: Any) -> dict[str, Any]:
    found = mapping(value)
    return {} if _is_deeper(found, JSON_DEPTH) else found


def mapping(value: Any) -> dict[str, Any]:
    """`value` as a JSON object; an empty one if it is not an object."""
    found = json_value(value)
    return found if isinstance(found, dict) else {}


def json_value(value: Any) -> Any:
    """`value` as a Jupyter message would deliver it, with JSON's types only.

    Raises TypeError or ValueError if a kernel could not send it.
    """
    if type(value) is dict and all(type(k) is str and type(v) is str for k, v in value.items()):
        return {_replace_surrogates(k): _replace_surrogates(v) for k, v in value.items()}
    try:
        text = json.dumps(value, default=_json_default, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        text = json.dumps(_clean(value), default=_json_default, ensure_ascii=False, allow_nan=False)
    return json.loads(_replace_surrogates(text))


def _is_deeper(value: Any, depth: int) -> bool:
    match value:
        case dict():
            return depth == 0 or any(_is_deeper(v, depth - 1) for v in value.values())
        case list():
            return depth == 0 or any(_is_deeper(v, depth - 1) for v in value)
    return False


def _json_default(value: Any) -> Any:
    match value:
        case datetime.datetime():
            moment = value if value.tzinfo else value.astimezone()
            return moment.isoformat().replace("+00:00", "Z")
        case datetime.date():
            return value.isoformat()
        case bytes():
            return b2a_base64(value, newline=False).decode("ascii")
        case Iterable():
            return list(value)
        case numbers.Integral():
            return int(value)
        case numbers.Real():
            return float(value)
    raise TypeError(f"{value!r} is not JSON serializable")


def _clean(value: Any) -> Any:
    """Replaces non-finite numbers by their repr, and keys by text, as jupyter_client does when JSON fails."""
    match value:
        case bool() | str() | None:
            return value
        case numbers.Real() if not isinstance(value, numbers.Integral):
            return float(value) if math.isfinite(value) else repr(value)
        case dict():
            return {str(k): _clean(v) for k, v in value.items()}
        case list() | tuple() | set():
            return [_clean(v) for v in value]
    return value


def _replace_surrogates(text: str) -> str:
    """`text` with U+FFFD for lone surrogates, which UTF-8 cannot encode."""
    if text.isascii():
        return text
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _size(value: Any) -> int:
    match value:
        case str():
            return len(value)
        case dict():
            return OUTPUT_COST + sum(_size(v) for v in value.values())
        case list():
            return sum(_size(v) + 1 for v in value)
    return 8  # a number, roughly
