"""Frames and values on the sandbox's wire: all that is ours arrives as it was, all else is refused."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.model import Backward, Call, Failure, Get, Let, Load, Observation, Opaque, Probe, Ref, Tensor
from autograder.sandbox import frames, wire
from autograder.sandbox.frames import LENGTHS, MAX_BLOCK, MAX_DEPTH, MAX_HEADER, WireError, WireTimeout

Pair = tuple[socket.socket, socket.socket]
SOON = 0.2  # seconds: long enough for a local socket, short enough to wait for


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def through(pair: Pair, header: dict[str, Any], block: bytes = b"") -> tuple[dict[str, Any], bytes]:
    """Sent by a thread, since a large frame does not fit into the socket."""
    sender = threading.Thread(target=frames.send, args=(pair[1], header, block))
    sender.start()
    try:
        return frames.receive(pair[0], deadline=time.monotonic() + 30)
    finally:
        sender.join()


def packed(value: Any) -> Any:
    """`value` after its way over the wire: packed, as JSON text, and unpacked."""
    block = bytearray()
    text = json.dumps(wire.pack(value, block))
    return wire.unpack(json.loads(text), bytes(block))


def same(a: Any, b: Any) -> bool:
    """Equal in type and value, NaN equal to NaN."""
    match a:
        case torch.Tensor():
            alike = type(b) is torch.Tensor and a.dtype == b.dtype and a.shape == b.shape
            return alike and torch.equal(a.view(-1).view(torch.uint8), b.view(-1).view(torch.uint8))
        case Tensor():
            facts = [(t.type_name, t.dtype, t.device, t.shape, t.requires_grad) for t in (a, b)]
            return type(b) is Tensor and facts[0] == facts[1] and same(a.data, b.data)
        case list() | tuple():
            return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
        case dict():
            return type(b) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
        case float():
            return type(b) is float and (a == b or (math.isnan(a) and math.isnan(b)))
    return type(a) is type(b) and bool(a == b)


# ---- round trips ------------------------------------------------------------------------------------------


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    """Any bytes of any dtype and shape: NaN, infinity and -0.0 among them."""
    dtype = draw(st.sampled_from(sorted(wire.DTYPES.values(), key=str)))
    shape = draw(st.lists(st.integers(0, 3), max_size=4))
    size = math.prod(shape) * dtype.itemsize
    raw = bytearray(draw(st.binary(min_size=size, max_size=size)))
    if dtype is torch.bool:
        raw = bytearray(b & 1 for b in raw)
    if not size:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(raw, dtype=torch.uint8).view(dtype).reshape(shape)


@st.composite
def observed(draw: st.DrawFn) -> Tensor:
    tensor = draw(tensors())
    data = draw(st.sampled_from([tensor, None]))
    name, device = draw(st.sampled_from(["Tensor", "Parameter", "Sly"])), "meta" if data is None else "cpu"
    dtype = str(tensor.dtype).removeprefix("torch.")
    return Tensor(name, dtype, device, tuple(tensor.shape), data, draw(st.booleans()))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | tensors() | observed()
    | st.builds(Ref, TEXT) | st.builds(Opaque, TEXT) | st.sampled_from(list(wire.DTYPES.values())),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(TEXT | st.sampled_from(["$tensor", "$dict", "$ref", "data"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(VALUES)
def test_every_value_arrives_as_it_was(value: Any) -> None:
    assert same(packed(value), value)


@pytest.mark.parametrize("name", sorted(wire.DTYPES))
def test_every_dtype_arrives_whole_empty_and_without_dimensions(name: str) -> None:
    dtype = wire.DTYPES[name]
    for tensor in (torch.tensor([[1, 0, 1]]).to(dtype), torch.tensor(1).to(dtype), torch.empty(0, 3, dtype=dtype)):
        assert same(packed(tensor), tensor)


def test_nan_and_infinity_arrive() -> None:
    tensor = torch.tensor([math.nan, math.inf, -math.inf, -0.0], dtype=torch.bfloat16)
    assert same(packed(tensor), tensor)
    assert same(packed([math.nan, math.inf, -0.0]), [math.nan, math.inf, -0.0])


def test_a_tensor_that_is_a_view_arrives_as_its_values() -> None:
    tensor = torch.arange(12.0).reshape(3, 4).T[1:3]
    assert torch.equal(packed(tensor), tensor)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_column_arrives_also_of_one_row(rows: int) -> None:
    """torch calls a single entry contiguous whatever its stride, and still shows no bytes of it."""
    column = torch.arange(5.0 * rows, dtype=torch.float64).reshape(rows, 5)[:, 2]
    assert torch.equal(packed(column), column)


def test_a_probe_arrives_as_it_was() -> None:
    steps = (
        Let("x", torch.ones(2, 3), requires_grad=True),
        Call("softmax", (Ref("x"),), {"dim": 0, "dtype": torch.float16}, save="y", count="operators"),
        Load("m", {"w": torch.zeros(2)}),
        Get("m.w", "w", sorted_names=True),
        Backward("y", torch.ones(2, 3)),
    )
    probe = Probe(steps, ("y", "w"), seed=(1 << 62) + 1, device="meta")
    header, block = wire.pack_probe(probe)
    found = wire.unpack_probe(json.loads(json.dumps(header)), block)
    assert (found.returns, found.seed, found.device) == (probe.returns, probe.seed, probe.device)
    fields = [[getattr(s, f) for f in s.__dataclass_fields__] for s in found.steps]
    assert same(fields, [[getattr(s, f) for f in s.__dataclass_fields__] for s in steps])
    assert [type(s) for s in found.steps] == [type(s) for s in steps]


@pytest.mark.parametrize("observation", [
    Observation("returned", {"out": [1, None, (2.5, "x")], "g": Opaque("Sly")}),
    Observation("raised", failure=Failure("ValueError", "no", 2, ("ValueError", "Exception"), True)),
])  # fmt: skip
def test_an_observation_arrives_as_it_was(observation: Observation) -> None:
    header, block = wire.pack_observation(observation)
    assert wire.unpack_observation(json.loads(json.dumps(header)), block) == observation


def test_a_frame_larger_than_the_socket_arrives(pair: Pair) -> None:
    header, block = {"text": "é" * 300_000}, bytes(range(256)) * 20_000
    assert through(pair, header, block) == (header, block)


def test_frames_arrive_in_order(pair: Pair) -> None:
    for number in range(3):
        frames.send(pair[1], {"n": number}, bytes(number))
    assert [frames.receive(pair[0]) for _ in range(3)] == [({"n": n}, bytes(n)) for n in range(3)]


# ---- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [(MAX_HEADER + 1, 0), (0, MAX_BLOCK + 1), ((1 << 32) - 1, (1 << 64) - 1)])
def test_an_announced_flood_is_refused_before_any_of_it_is_read(pair: Pair, lengths: tuple[int, int]) -> None:
    pair[1].sendall(LENGTHS.pack(*lengths))
    with pytest.raises(WireError, match="over the limit") as refused:
        frames.receive(pair[0], deadline=time.monotonic() + 30)
    assert not refused.value.closed


def test_memory_grows_with_what_arrives_not_with_what_was_announced(pair: Pair) -> None:
    pair[1].sendall(LENGTHS.pack(2, MAX_BLOCK) + b"{}" + b"only this")
    pair[1].close()
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="closed"):
            frames.receive(pair[0], deadline=time.monotonic() + 30)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20, "MAX_BLOCK is 256 MiB"


@pytest.mark.parametrize(("text", "why"), [
    (b"{", "not JSON"),
    (b"\xff\xff", "not JSON"),
    (b"9" * 5000, "not JSON"),
    (b"[]", "without a header"),
    (b"null", "without a header"),
    (b"", "not JSON"),
    (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", f"deeper than {MAX_DEPTH}"),
    (b'{"a":"' + b'\\"' * 1_000_000, "not JSON"),
])  # fmt: skip
def test_a_frame_that_is_none_is_refused(pair: Pair, text: bytes, why: str) -> None:
    sender = threading.Thread(target=pair[1].sendall, args=(LENGTHS.pack(len(text), 0) + text,))
    sender.start()
    with pytest.raises(WireError, match=why) as refused:
        frames.receive(pair[0], deadline=time.monotonic() + 30)
    sender.join()
    assert not refused.value.closed


@pytest.mark.parametrize("sent", [b"", b"\0\0", LENGTHS.pack(2, 0), LENGTHS.pack(2, 4) + b"{}12"])
def test_a_closed_socket_is_told_from_a_wrong_frame(pair: Pair, sent: bytes) -> None:
    pair[1].sendall(sent)
    pair[1].close()
    with pytest.raises(WireError) as refused:
        frames.receive(pair[0], deadline=time.monotonic() + 30)
    assert refused.value.closed


def test_sending_to_a_closed_socket_is_a_wire_error(pair: Pair) -> None:
    pair[1].close()
    with pytest.raises(WireError) as refused:
        frames.send(pair[0], {}, bytes(1 << 20))
    assert refused.value.closed


@pytest.mark.parametrize("sent", [b"", b"\0\0\0", LENGTHS.pack(2, 10) + b"{}123"])
def test_what_is_not_whole_in_time_is_a_timeout(pair: Pair, sent: bytes) -> None:
    pair[1].sendall(sent)
    with pytest.raises(WireTimeout):
        frames.receive(pair[0], deadline=time.monotonic() + SOON)


def test_a_peer_that_trickles_gains_no_time(pair: Pair) -> None:
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(SOON / 10):  # each byte well within the time, the frame never
            pair[1].send(b"\0")

    peer = threading.Thread(target=trickle)
    pair[1].sendall(LENGTHS.pack(1 << 20, 0))
    peer.start()
    try:
        with pytest.raises(WireTimeout):
            frames.receive(pair[0], deadline=time.monotonic() + SOON)
    finally:
        stop.set()
        peer.join()


def test_a_peer_that_does_not_read_is_a_timeout(pair: Pair) -> None:
    with pytest.raises(WireTimeout):
        frames.send(pair[0], {}, bytes(64 << 20), deadline=time.monotonic() + SOON)


FACTS = ["Tensor", "float32", "cpu", [2], False]
EIGHT = ["float32", [2], 0, 8]


@pytest.mark.parametrize("value", [
    {"$tensor": ["float32", [2], 0, 4]},  # too few bytes for the shape
    {"$tensor": ["float32", [2], 4, 8]},  # past the end of the block
    {"$tensor": ["float32", [2], -8, 8]},
    {"$tensor": ["float32", [1], 1 << 80, 4]},
    {"$tensor": ["float32", [-2], 0, -8]},
    {"$tensor": ["float32", [-1, -2], 0, 8]},
    {"$tensor": ["float32", [2.0], 0, 8]},
    {"$tensor": ["float32", [True, 2], 0, 8]},
    {"$tensor": ["float32", "2", 0, 8]},
    {"$tensor": ["float32", [1] * 33, 0, 4]},
    {"$tensor": ["float32", [1 << 30, 1 << 30], 0, 8]},
    {"$tensor": ["float32", [0, 1 << 39, 1 << 39], 0, 0]},  # nothing in it, but strides that overflow
    {"$tensor": ["float32", [0, 1 << 70], 0, 0]},
    {"$tensor": ["float33", [2], 0, 8]},
    {"$tensor": ["qint8", [8], 0, 8]},
    {"$tensor": [["float32"], [2], 0, 8]},
    {"$tensor": ["bool", [8], 0, 8]},  # bytes that are neither 0 nor 1
    {"$tensor": ["float32", [2], 0, 8, 0]},
    {"$tensor": None},
    {"$observed": FACTS, "data": ["float32", [1], 0, 4]},  # the facts say [2]
    {"$observed": FACTS, "data": ["int32", [2], 0, 8]},
    {"$observed": FACTS, "data": ["float32", [2], 4, 8]},
    {"$observed": ["Tensor", "float32", "cpu", [2]], "data": EIGHT},
    {"$observed": ["Tensor", "float32", "cpu", [2], 1], "data": EIGHT},
    {"$observed": ["Tensor", "float32", "meta", [-1], False], "data": None},
    {"$observed": ["Tensor", "float32", "meta", [1.5], False], "data": None},
    {"$observed": ["Tensor", "float32", "meta", [1 << 5000], False], "data": None},
    {"$observed": FACTS},
    {"$ref": 3},
    {"$opaque": None},
    {"$dtype": "object"},
    {"$tuple": {}},
    {"$dict": []},
    {"plain": 1},
    {},
    [[{"$tensor": []}]],
])  # fmt: skip
def test_a_value_that_is_none_of_ours_is_refused(value: Any) -> None:
    with pytest.raises(WireError):
        wire.unpack(value, b"\x07" * 8)


@pytest.mark.parametrize("header", [
    {},
    {"status": "returned"},
    {"status": "returned", "values": []},
    {"status": "timed_out", "values": {}},  # for this end to find, not for the other to say
    {"status": "forged"},
    {"status": "raised", "failure": None},
    {"status": "raised", "failure": {"kind": "E", "text": 3, "step": 0, "bases": [], "unwritten": False}},
])  # fmt: skip
def test_an_observation_that_is_none_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        wire.unpack_observation(header, b"")


def test_long_texts_of_a_failure_are_cut() -> None:
    failure = {"kind": "E" * 9000, "text": "t" * 9000, "step": 0, "bases": ["B" * 9000] * 900, "unwritten": False}
    found = wire.unpack_observation({"status": "raised", "failure": failure}, b"").failure
    assert found is not None
    assert max(len(found.kind), len(found.text), len(found.bases), *map(len, found.bases)) <= 500


def test_no_lone_surrogate_comes_through() -> None:
    # What came through would reach the autograded notebook and the gradebook, and could be written to neither.
    sly = "a\ud800b"
    facts = [sly, sly, sly, [1], False]
    values = {sly: [sly, {"$opaque": sly}, {"$observed": facts, "data": None}, {"$dict": {sly: 1}}]}
    failure = {"kind": sly, "text": sly, "step": 0, "bases": [sly], "unwritten": False}
    for header in ({"status": "returned", "values": values}, {"status": "raised", "failure": failure}):
        assert "a?b" in repr(wire.unpack_observation(header, b""))
        repr(wire.unpack_observation(header, b"")).encode()
        assert "ud800" not in repr(wire.unpack_observation(header, b""))


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, b"bytes", torch.zeros(1).to(torch.float8_e5m2)])
def test_what_is_not_plain_is_not_packed(value: Any) -> None:
    with pytest.raises(WireError):
        wire.pack(value, bytearray())


# ---- random bytes -----------------------------------------------------------------------------------------


@given(st.binary(max_size=300) | st.builds(
    lambda text, block, cut: (LENGTHS.pack(len(text), len(block)) + text + block)[:cut],
    st.binary(max_size=60) | st.sampled_from([b'{"status":"returned","values":{"out":{"$tensor":["bool",[1],0,1]}}}']),
    st.binary(max_size=20),
    st.integers(0, 120),
))  # fmt: skip
def test_random_bytes_raise_nothing_else(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(data)
        theirs.close()
        try:
            wire.unpack_observation(*frames.receive(ours, deadline=time.monotonic() + 30))
        except (WireError, WireTimeout):
            return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "a\ud800", *wire.DTYPES]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(
        st.sampled_from(["$tensor", "$observed", "$ref", "$opaque", "$dtype", "$tuple", "$dict", "data", "x"]), inner,
        max_size=3,
    ),
    max_leaves=12,
)  # fmt: skip
PLACES = st.tuples(
    st.sampled_from(sorted(wire.DTYPES)), st.lists(st.integers(-1, 5) | st.integers(), max_size=4),
    st.integers(-2, 20), st.integers(-2, 64),
).map(list)  # fmt: skip


@given(JSON | PLACES.map(lambda place: {"$tensor": place}), st.binary(max_size=64))
def test_random_values_raise_nothing_else(value: Any, block: bytes) -> None:
    try:
        found = wire.unpack(value, block)
    except WireError:
        return
    repr(found).encode()
