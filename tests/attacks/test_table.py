"""The table in docs/security.md says what the cases say."""

from __future__ import annotations

from tests.attacks.cases import ATTACKS, BY_THEME
from tests.attacks.table import BEGIN, DOCUMENT, END, TITLES, written


def test_the_table_is_that_of_the_cases() -> None:
    text = DOCUMENT.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
    assert text == written(text), "run: python tests/attacks/table.py"


def test_every_theme_is_in_it() -> None:
    assert list(TITLES) == list(BY_THEME)
    assert len(ATTACKS) >= 80


def test_nothing_unsafe_runs_without_walls() -> None:
    """What floods, forks, kills or writes outside its folder is named by hand: these words alone are no proof."""
    words = ("os.fork(", "SIGKILL", "os.unlink(", "os.truncate(", "os.rename(")
    ended = {"waits-for-a-child", "second-worker"}  # one child each, which ends with its group
    for attack in ATTACKS:
        text = "\n".join((*attack.cells.values(), *attack.appended.values(), *attack.first, *attack.extra))
        assert not (attack.safe and any(word in text for word in words)) or attack.name in ended, attack.name
