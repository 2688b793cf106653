"""The lock beside a bank: what is written is read back, equal locks are equal texts, a bad file says what is wrong."""

from __future__ import annotations

import json

import pytest

from autograder.errors import UsageError
from autograder.judging.lock import Lock, Proof, Same, read_lock, write_lock

FULL = Lock(
    {"values": 64.0, "large inputs": 8.0},
    {"on_the_cpu": "cpu", "as_a_number": "RuntimeError"},
    {"slow": ("out.flops", "long.flops")},
    (Same("return x + 0", "constant", "nothing is added"), Same("return 0 + x", "operands swapped", "a sum")),
    "abc",
    Proof(32, 41, 1),
)


@pytest.mark.parametrize("lock", [Lock(), FULL], ids=["empty", "full"])
def test_what_is_written_is_read_back(lock: Lock) -> None:
    text = write_lock(lock)
    again = read_lock(text, "a.lock")
    assert again == Lock(lock.tolerances, lock.on_meta, lock.costly, again.same, lock.digest, lock.proof)
    assert set(again.same) == set(lock.same)
    assert write_lock(again) == text
    json.loads(text)


def test_the_order_in_memory_does_not_show_in_the_text() -> None:
    turned = Lock(
        dict(reversed(FULL.tolerances.items())), dict(reversed(FULL.on_meta.items())), FULL.costly, FULL.same[::-1],
        FULL.digest, FULL.proof,
    )  # fmt: skip
    assert write_lock(turned) == write_lock(FULL)


def test_each_entry_has_a_line_of_its_own() -> None:
    lines = write_lock(FULL).splitlines()
    assert '  "large inputs": 8.0,' in lines
    assert '  {"because": "nothing is added", "change": "constant", "line": "return x + 0"}' in lines


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<<<<<<< HEAD", "no JSON"),
        ("[]", "no JSON object"),
        ('{"tolerance": {}}', "'tolerance'"),
        ('{"tolerances": []}', "tolerances is no JSON object"),
        ('{"tolerances": {"values": "wide"}}', "'values'"),
        ('{"tolerances": {"values": NaN}}', "'values'"),
        ('{"tolerances": {"values": -1}}', "'values'"),
        ('{"tolerances": {"values": true}}', "'values'"),
        ('{"on_meta": {"slow": null}}', "'slow'"),
        ('{"costly": {"slow": "out"}}', "'slow'"),
        ('{"costly": {"slow": [1]}}', "'slow'"),
        ('{"digest": 3}', "digest"),
        ('{"proof": 32}', "proof is no JSON object"),
        ('{"proof": {"set": 32}}', "'set'"),
        ('{"proof": {"sets": 32.5}}', "proof is no integer"),
        ('{"same": {}}', "same is no list"),
        ('{"same": [{"line": "x"}]}', "entry 1"),
        ('{"same": [{"line": "x", "change": "y", "because": 1}]}', "because in entry 1"),
        ('{"same": [{"line": "x", "change": "y", "because": "z", "why": "w"}]}', "'why'"),
    ],
)
def test_a_bad_file_says_what_is_wrong_and_what_to_do(text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=rf"^a\.lock: .*{fault}.*autograder certify$"):
        read_lock(text, "a.lock")
