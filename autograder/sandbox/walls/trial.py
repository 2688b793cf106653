"""Forks a child behind walls for each attempt, and prints each result as a line of JSON.

`denials` starts it. It forks and confines as the zygote does, but has no grader.

    python -P -m autograder.sandbox.walls.trial WALLS_JSON TARGETS_JSON FOLDER
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

from autograder.sandbox.walls import namespaces, walls
from autograder.sandbox.walls.attempts import ATTEMPTS, LIMITS, Attempt, Targets

ATTEMPT_SECONDS = 15.0  # the slowest attempt sleeps one second; a busy machine needs more
END_SECONDS = 2.0  # from SIGKILL to the end of all processes; shorter than attempts.targets.SLEEP_SECONDS


def main(chosen: walls.Walls, targets: Targets, folder: Path) -> None:
    neighbour = folder / "sibling"
    sibling = start_sibling(chosen, targets, neighbour)
    place = Path(namespaces.WORK) if "namespaces" in chosen.layers else neighbour / walls.WORK
    targets = replace(targets, sibling=sibling, sibling_folder=str(place))
    try:
        for number, (name, function) in enumerate(ATTEMPTS.items()):
            answer = carry_out(chosen, function, targets, folder / str(number))
            print(json.dumps({"name": name, **answer}), flush=True)
    finally:
        walls.reap(chosen, sibling, 1)


def start_sibling(chosen: walls.Walls, targets: Targets, scratch: Path) -> int:
    """Starts another submission with a secret in its files, memory and socket. Returns its pid once it is ready."""
    read, write = os.pipe()
    pid = walls.fork(chosen, 1)
    if pid:
        os.close(write)
        if not select.select([read], [], [], ATTEMPT_SECONDS)[0] or os.read(read, 1) != b"+":
            raise SystemExit("the sibling was not confined")
        os.close(read)
        return pid
    try:
        walls.confine(chosen, LIMITS, scratch, 1)
        Path("secret").write_text(targets.secret)
        shared = Path("/dev/shm", targets.sibling_shared)
        shared.write_text(targets.secret)
        shared.chmod(0o600)
        try:
            listener = socket.socket(socket.AF_UNIX)
        except PermissionError:
            pass  # the walls allow no sockets
        else:
            listener.bind("\0" + targets.sibling_shared)
            listener.listen()
        os.write(write, b"+")
        time.sleep(len(ATTEMPTS) * ATTEMPT_SECONDS)
    finally:
        os._exit(1)


def carry_out(chosen: walls.Walls, function: Attempt, targets: Targets, scratch: Path) -> dict[str, str]:
    """Runs one attempt in a child. Returns what it "got", or "why" it failed. A process that survives counts as got."""
    read, write = os.pipe()
    alive_read, alive_write = os.pipe()  # every process of the attempt keeps it open
    pid = walls.fork(chosen, 0)
    if pid == 0:
        os.close(read)
        os.close(alive_read)
        _child(chosen, function, targets, scratch, write)
    os.close(write)
    os.close(alive_write)
    data = b""
    deadline = time.monotonic() + ATTEMPT_SECONDS
    while not data.endswith(b"\n") and select.select([read], [], [], max(0.0, deadline - time.monotonic()))[0]:
        chunk = os.read(read, 1 << 16)
        if not chunk:
            break
        data += chunk
    walls.reap(chosen, pid, 0)
    ended = bool(select.select([alive_read], [], [], END_SECONDS)[0])
    os.close(read)
    os.close(alive_read)
    answer = json.loads(data) if data.endswith(b"\n") else {"got": "", "why": "it died or gave no answer"}
    return answer if ended else {**answer, "got": f"{answer['got']}; a process of it lived on".lstrip("; ")}


def _child(chosen: walls.Walls, function: Attempt, targets: Targets, scratch: Path, write: int) -> None:
    answer = {"got": "the walls could not be raised", "why": ""}
    try:
        walls.confine(chosen, LIMITS, scratch, 0)
        try:
            answer = {"got": function(targets), "why": ""}
        except Exception as error:
            answer = {"got": "", "why": str(error) or type(error).__name__}
    finally:
        os.write(write, json.dumps(answer).encode() + b"\n")
        os._exit(0)


if __name__ == "__main__":
    main(walls.Walls.from_json(sys.argv[1]), Targets(**json.loads(sys.argv[2])), Path(sys.argv[3]))
