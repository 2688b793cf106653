"""Packs plain values, probes and observations into frames; the upper half of the wire, used by grader and worker.

A tensor in the header is {"$tensor": [dtype, shape, offset, size]}, with its bytes in the block. A numpy array
("$array") and a numpy scalar ("$scalar") are packed the same way. Nothing is ever unpickled.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, get_args

import numpy as np
import torch

from autograder.model import Failure, Observation, Opaque, Probe, Ref, Step, Tensor
from autograder.sandbox.frames import WireError

MAX_DIMS = 32  # of a tensor: numpy 1's limit, and six times what any check uses
MAX_ENTRIES = 1 << 40  # of a tensor, also on the meta device: keeps strides within 64 bits
MAX_BITS = 8192  # of an int, enough for 900!; Python writes at most about 14,000 bits as text
MAX_KEYS = 4096  # of a dict with keys other than strings: with colliding hashes it takes a second to build

DTYPES = {
    str(d).removeprefix("torch."): d
    for d in (
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64, torch.complex128,
        torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.uint16, torch.uint32, torch.uint64,
        torch.bool,
    )
}  # fmt: skip
NUMPY = frozenset(DTYPES) - {"bfloat16"}  # dtypes of arrays and numpy scalars
STEPS: dict[str, type[Step]] = {kind.__name__: kind for kind in get_args(Step)}


# ---- values -----------------------------------------------------------------------------------------------


def pack(value: Any, block: bytearray) -> Any:
    """`value` as JSON; appends the bytes of tensors and arrays to `block`. WireError if it is not a plain value."""
    match value:
        case torch.Tensor() | Tensor() | np.ndarray() | np.generic():
            return _pack_numbers(value, block)
        case Ref(path):
            return {"$ref": path}
        case Opaque(type_name):
            return {"$opaque": type_name}
        case torch.dtype():
            return {"$dtype": str(value).removeprefix("torch.")}
        case list():
            return [pack(v, block) for v in value]
        case tuple():
            return {"$tuple": [pack(v, block) for v in value]}
        case dict():
            return _pack_dict(value, block)
        case None | bool() | int() | float() | str():
            return _check_bits(value)
    raise WireError(f"a {type(value).__name__} is no plain value")


def _pack_numbers(value: Any, block: bytearray) -> Any:
    match value:
        case torch.Tensor():
            return {"$tensor": _pack_bytes(value, block)}
        case Tensor():
            data = None if value.data is None else _pack_bytes(value.data, block)
            facts = [value.type_name, value.dtype, value.device, list(value.shape), value.requires_grad]
            return {"$observed": facts, "data": data}
        case np.str_():
            return str(value)
    return {"$array" if isinstance(value, np.ndarray) else "$scalar": _pack_bytes(_from_numpy(value), block)}


def _pack_dict(value: dict[Any, Any], block: bytearray) -> Any:
    if all(type(k) is str for k in value):
        return {"$dict": {k: pack(v, block) for k, v in value.items()}}
    if len(value) > MAX_KEYS:
        raise WireError(f"a dict of {len(value):,} keys that are not all text: {MAX_KEYS:,} travel")
    return {"$items": [[pack(_key(k), block), pack(v, block)] for k, v in value.items()]}


def _check_bits(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise WireError(f"an int of more than {MAX_BITS:,} bits, which does not travel")
    return value


def unpack(value: Any, block: bytes) -> Any:
    """The inverse of `pack`. WireError if `value` and `block` are not what `pack` makes."""
    match value:
        case {"$tensor": _} | {"$array": _} | {"$scalar": _} | {"$observed": _}:
            return _unpack_numbers(value, block)
        case {"$ref": str(path)}:
            return Ref(_text(path))
        case {"$opaque": str(type_name)}:
            return Opaque(_text(type_name))
        case {"$dtype": str(name)} if name in DTYPES:
            return DTYPES[name]
        case {"$tuple": list(items)}:
            return tuple(unpack(items, block))
        case {"$dict": dict(items)}:
            return {_text(k): unpack(v, block) for k, v in items.items()}
        case {"$items": list(items)}:
            return _unpack_items(items, block)
        case list():
            return [unpack(v, block) for v in value]
        case None | bool() | int() | float() | str():
            return _text(value) if isinstance(value, str) else value
    raise WireError("a value that is not plain")


def _unpack_numbers(value: dict[str, Any], block: bytes) -> Any:
    match value:
        case {"$tensor": place}:
            return _unpack_bytes(place, block)
        case {"$observed": facts, "data": place}:
            return _unpack_tensor(facts, place, block)
        case {"$array": [str(name), *_] as place} if name in NUMPY:
            return _unpack_bytes(place, block).numpy()
        case {"$scalar": [str(name), [], *_] as place} if name in NUMPY:
            return _unpack_bytes(place, block).numpy()[()]
    raise WireError("numbers without their place")


def _unpack_items(items: list[Any], block: bytes) -> dict[Any, Any]:
    if len(items) > MAX_KEYS or not all(isinstance(item, list) and len(item) == 2 for item in items):
        raise WireError("a dict that is none")
    return {_key(unpack(key, block)): unpack(value, block) for key, value in items}


def _key(key: Any) -> Any:
    """`key` if it is None, a scalar, or a tuple of these. WireError otherwise."""
    match key:
        case None | bool() | int() | float() | str() | np.generic():
            return key
        case tuple():
            return tuple(_key(part) for part in key)
    raise WireError(f"a {type(key).__name__} as a key of a dict does not travel")


def _from_numpy(value: np.ndarray[Any, Any] | np.generic) -> torch.Tensor:
    """A tensor with a copy of the array or scalar, which may be read-only. WireError for an unsupported dtype."""
    what = "a numpy array" if isinstance(value, np.ndarray) else "a numpy scalar"
    if not value.dtype.isnative:
        raise WireError(f"{what} of dtype {value.dtype.str} has the byte order of other machines: use .astype")
    if value.dtype.name not in NUMPY:
        raise WireError(f"{what} of dtype {value.dtype} does not travel")
    return torch.from_numpy(np.array(value))


def _unpack_tensor(facts: Any, place: Any, block: bytes) -> Tensor:
    match facts:
        case [str(kind), str(dtype), str(device), list(shape), bool(grad)] if _is_shape(shape):
            pass
        case _:
            raise WireError("a tensor of no shape")
    data = None if place is None else _unpack_bytes(place, block)
    if data is not None and (dtype, shape) != (str(data.dtype).removeprefix("torch."), list(data.shape)):
        raise WireError("a tensor whose facts and bytes disagree")
    return Tensor(_text(kind), _text(dtype), _text(device), tuple(shape), data, grad)


def _text(text: str) -> str:
    """`text` with `?` for lone surrogates: JSON may have them, but UTF-8 cannot encode them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _is_shape(shape: list[Any]) -> bool:
    """Whether torch can make the shape. A length of 0 counts as 1, as it does when torch computes strides."""
    return (
        len(shape) <= MAX_DIMS
        and all(type(n) is int and n >= 0 for n in shape)
        and math.prod(max(n, 1) for n in shape) < MAX_ENTRIES
    )


def _pack_bytes(tensor: torch.Tensor, block: bytearray) -> list[Any]:
    name = str(tensor.dtype).removeprefix("torch.")
    if name not in DTYPES:
        raise WireError(f"a tensor of dtype {name} has no plain bytes")
    flat = tensor.detach().to("cpu").contiguous().reshape(-1)
    if flat.numel() == 1:  # cut from a row, it keeps that row's stride, with which torch shows no bytes of it
        flat = flat.as_strided((1,), (1,))
    raw = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
    place = [name, list(tensor.shape), len(block), len(raw)]
    block += raw
    return place


def _unpack_bytes(place: Any, block: bytes) -> torch.Tensor:
    match place:
        case [str(name), list(shape), int(offset), int(size)] if name in DTYPES:
            pass
        case _:
            raise WireError("a tensor without its place")
    if not _is_shape(shape):
        raise WireError("a tensor of no shape")
    dtype = DTYPES[name]
    if size != math.prod(shape) * dtype.itemsize or not 0 <= offset <= offset + size <= len(block):
        raise WireError("a tensor whose shape and bytes disagree")
    if size == 0:
        return torch.empty(shape, dtype=dtype)
    raw = bytearray(block[offset : offset + size])
    if dtype is torch.bool and max(raw) > 1:
        raise WireError("a bool that is neither true nor false")
    return torch.frombuffer(raw, dtype=torch.uint8).view(dtype).reshape(shape)


# ---- probes and observations ------------------------------------------------------------------------------


def pack_probe(probe: Probe) -> tuple[dict[str, Any], bytes]:
    block = bytearray()
    steps = [
        [type(step).__name__, [pack(getattr(step, f.name), block) for f in dataclasses.fields(step)]]
        for step in probe.steps
    ]
    header = {"steps": steps, "returns": list(probe.returns), "seed": probe.seed, "device": probe.device}
    return header, bytes(block)


def unpack_probe(header: dict[str, Any], block: bytes) -> Probe:
    steps = tuple(STEPS[kind](*[unpack(v, block) for v in fields]) for kind, fields in header["steps"])
    return Probe(steps, tuple(header["returns"]), header["seed"], header["device"])


def pack_observation(observation: Observation) -> tuple[dict[str, Any], bytes]:
    block = bytearray()
    failure = observation.failure
    header = {
        "status": observation.status,
        "values": {name: pack(value, block) for name, value in observation.values.items()},
        "failure": None if failure is None else dataclasses.asdict(failure),
    }
    return header, bytes(block)


def unpack_observation(header: dict[str, Any], block: bytes) -> Observation:
    """The observation that a process sent, "returned" or "raised"; only the grader sets the other statuses.

    WireError if it is invalid.
    """
    match header:
        case {"status": "returned", "values": dict(values)}:
            return Observation("returned", {_text(k): unpack(v, block) for k, v in values.items()})
        case {
            "status": "raised",
            "failure": {"kind": str(kind), "text": str(text), "step": int(step), "bases": list(bases),
                        "unwritten": bool(unwritten)},
        }:  # fmt: skip
            names = tuple(_text(str(b)[:100]) for b in bases[:32])  # bounds: real classes stay far below
            failure = Failure(_text(kind[:100]), _text(text[:500]), step, names, unwritten)
            return Observation("raised", failure=failure)
    raise WireError("an observation that is none")
