"""Attempts to reach a process or a machine by a socket."""

from __future__ import annotations

import os
import socket

from autograder.sandbox.walls.attempts.targets import Targets, attempt


@attempt("connect by TCP")
def connect_tcp(targets: Targets) -> str:
    with socket.socket() as link:
        link.settimeout(2.0)  # a refusal needs no time
        link.connect(("127.0.0.1", targets.port))
    return "connected"


@attempt("connect by TCP over IPv6")
def connect_ipv6(targets: Targets) -> str:
    socket.socket(socket.AF_INET6).close()
    return "got a socket"


@attempt("send by UDP")
def send_udp(targets: Targets) -> str:
    with socket.socket(type=socket.SOCK_DGRAM) as link:
        link.sendto(b"x", ("127.0.0.1", targets.port))
    return "sent"


@attempt("connect to a socket file")
def connect_file(targets: Targets) -> str:
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(os.path.join(targets.folder, "socket"))
    return "connected"


@attempt("connect to an abstract socket")
def connect_abstract(targets: Targets) -> str:
    with socket.socket(socket.AF_UNIX) as link:
        link.connect("\0" + targets.abstract)
    return "connected"


@attempt("open a netlink, packet or vsock socket")
def open_families(targets: Targets) -> str:
    for family in (socket.AF_NETLINK, socket.AF_PACKET, socket.AF_VSOCK, socket.AF_ALG):
        try:
            socket.socket(family, socket.SOCK_RAW if family != socket.AF_ALG else socket.SOCK_SEQPACKET).close()
        except OSError:
            continue
        return f"got {family.name}"
    return ""
