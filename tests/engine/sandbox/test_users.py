"""No two submissions run as the same user, also those of two graders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.errors import SandboxError
from autograder.limits import Limits
from autograder.sandbox.process import SLOTS, Sandbox
from autograder.sandbox.walls import users
from autograder.sandbox.walls.walls import Walls

AS_USERS = Walls(1, ("uid",))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "FOLDER", tmp_path / "users")


def test_a_user_is_taken_once_until_it_is_given_back() -> None:
    held = users.take(3)
    assert held is not None
    assert users.take(3) is None
    os.close(held)
    again = users.take(3)
    assert again is not None
    os.close(again)


def test_two_graders_give_their_sessions_different_users() -> None:
    one, other = Sandbox(AS_USERS, Limits()), Sandbox(AS_USERS, Limits())
    with one, other, one._slot() as first, one._slot() as second, other._slot() as third:
        assert len({first, second, third}) == 3


def test_sessions_without_users_of_their_own_need_no_locks() -> None:
    one, other = Sandbox(Walls(1, ()), Limits()), Sandbox(Walls(1, ()), Limits())
    with one, other, one._slot() as first, other._slot() as second:
        assert (first, second) == (0, 0)
    assert not users.FOLDER.exists()


def test_where_all_are_taken_that_is_said_and_nothing_is_lost() -> None:
    sandbox = Sandbox(AS_USERS, Limits())
    held = [users.take(slot) for slot in range(SLOTS)]
    with sandbox:
        with pytest.raises(SandboxError, match="taken by other graders"), sandbox._slot():
            pass
        for fd in held:
            assert fd is not None
            os.close(fd)
        with sandbox._slot() as slot:
            assert slot == 0


def test_where_no_locks_can_be_made_grading_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(users, "FOLDER", tmp_path / "file" / "users")
    held = [users.take(0), users.take(0)]
    assert None not in held
    for fd in held:
        os.close(fd or 0)
