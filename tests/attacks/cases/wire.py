"""Frames forged on the inherited socket, and the processes at both ends of it."""

from __future__ import annotations

from tests.attacks.attack import Attack

WRONG = "def softmax(x, dim=-1):\n    return torch.full((1,), 0.5)"
OTHERS = ("causal_mask", "scaled_dot_product_attention")  # a forger may lose them too: the process is not kept
SOCKETS = """
import json, os, stat, struct, sys
def sockets():
    found = []
    for fd in range(64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found
def frame(header, block=b""):
    text = json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(block)) + text + block
def say(data):
    for fd in sockets():
        try:
            os.write(fd, data)
        except OSError:
            pass
def nonce():
    place = sys._getframe()
    while place.f_code.co_name != "serve":
        place = place.f_back
    return place.f_locals["call"]["nonce"]
CELL = {"outputs": [], "execution_count": 1, "failed": False, "updates": [], "overflow": False}
"""
GUESSED = SOCKETS + "say(frame({**CELL, 'nonce': '0' * 16}))"
SECOND = SOCKETS + "say(frame({**CELL, 'nonce': nonce()}) * 2)"
OVERSIZE = SOCKETS + "say(struct.pack('>IQ', 2**32 - 1, 2**63))"
RUBBISH = SOCKETS + "say(b'GET / HTTP/1.1\\r\\n\\r\\n' * 100)"
DEEP = SOCKETS + "say(struct.pack('>IQ', 10**6, 0) + b'[' * 10**6)"
SLOW = SOCKETS + "say(b'\\0')"  # the first byte of a frame, and no more
EARLY = (
    SOCKETS
    + """
import threading, time
def early():
    time.sleep(0.2)
    say(frame({"status": "returned", "values": {}, "nonce": "0" * 16}))
threading.Thread(target=early, daemon=True).start()
"""
)
WAIT = "import time\ntime.sleep(0.5)"
IN_PROBE = (
    SOCKETS
    + """
def softmax(x, dim=-1):
    names = ("vector", "matrix", "batch", "first", "second", "third", "last", "out")
    say(frame({"status": "returned", "values": {name: True for name in names}, "nonce": nonce()}))
    return torch.zeros(1)
"""
)
IN_LAST_PROBE = (
    SOCKETS
    + """
def scaled_dot_product_attention(q, k, v, mask=None):
    say(frame({"status": "returned", "values": {"short": True, "long": True}, "nonce": nonce()}))
    return torch.zeros(1)
"""
)
IN_VERY_LAST = (
    SOCKETS
    + """
from torch.overrides import _get_current_function_mode_stack
_right = scaled_dot_product_attention
_calls = 0
def scaled_dot_product_attention(q, k, v, mask=None):
    global _calls
    if _get_current_function_mode_stack():
        _calls += 1
        if _calls == 2:  # the long call of the last check
            say(frame({"status": "returned", "values": {"short": True, "long": True}, "nonce": nonce()}))
    return _right(q, k, v, mask)
"""
)
BY_FORK = (
    SOCKETS
    + """
import time
if os.fork() == 0:  # a second worker on the same socket, which answers all that it can catch
    import select
    while True:
        for fd in sockets():
            if select.select([fd], [], [], 0.05)[0]:
                say(frame({"status": "returned", "values": {"out": True}, "nonce": "1" * 16}))
"""
)
RIGHTS = (
    SOCKETS
    + """
import array, socket
for fd in sockets():
    end = socket.socket(fileno=os.dup(fd))
    try:
        end.sendmsg([frame({**CELL, "nonce": nonce()})],
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    except OSError:
        pass
"""
)
CLOSED = SOCKETS + "for fd in sockets():\n    os.close(fd)"
CONTROL = (
    SOCKETS
    + """
for message in ({"op": "kill", "id": "x", "signal": 9}, {"op": "fork", "id": "x", "slot": 0, "scratch": "/tmp/x"},
                {"exited": "x", "status": 0, "cpu": 0, "memory_kib": 0}, {"ready": True}):
    say(json.dumps(message).encode())
"""
)


def forging(name: str, tries: str, *cells: str, **more: object) -> Attack:
    given = {"cells": {"softmax": WRONG}, "extra": cells, "flags": ("forged_frames",), "statuses": ("crashed",), **more}
    return Attack(name, tries, "FAIL", **given)  # type: ignore[arg-type]


ATTACKS = (
    forging("reply-guessed", "answers its own cell with a guessed nonce", GUESSED),
    forging("reply-twice", "answers its own cell twice with the right nonce, the second time for what comes next",
            SECOND, takes_along=OTHERS),
    forging("reply-early", "sends the answer to a probe before it is asked", EARLY, WAIT, takes_along=OTHERS),
    forging("oversize-frame", "announces a frame of nine exabytes", OVERSIZE),
    forging("not-a-frame", "speaks HTTP to the grader", RUBBISH),
    forging("deep-frame", "sends JSON nested a million deep", DEEP),
    forging("half-a-frame", "sends one byte of a frame, so that all later ones are read askew", SLOW),
    forging("reply-in-a-probe", "answers the probe itself, by the nonce it found in the worker's frame", "",
            cells={"softmax": IN_PROBE}, takes_along=OTHERS),
    forging("reply-in-the-last-probe", "does so in the last probe, after which nobody listens", "",
            cells={"scaled_dot_product_attention": IN_LAST_PROBE}, attacked="scaled_dot_product_attention",
            statuses=("crashed", "graded")),
    forging("reply-at-the-very-end", "does so once, in the last call of the last check", "", cells={},
            appended={"scaled_dot_product_attention": IN_VERY_LAST}, attacked="scaled_dot_product_attention",
            at_most=1.0, statuses=("crashed", "graded")),
    forging("second-worker", "forks a second worker that answers on the same socket", BY_FORK, takes_along=OTHERS),
    forging("descriptors", "sends open files along with an answer", RIGHTS, takes_along=OTHERS),
    forging("control-words", "sends the zygote's own control messages", CONTROL),
    Attack("closed-socket", "closes the socket and goes on", "CRASH", cells={"softmax": CLOSED + "\n" + WRONG}),
)  # fmt: skip
