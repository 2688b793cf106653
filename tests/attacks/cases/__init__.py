"""All cases, by theme; a name stands for one case only."""

from __future__ import annotations

import importlib

from tests.attacks.attack import Attack

THEMES = (
    "honest", "values", "python_state", "hunts", "ipython", "rules", "wire", "rebuild", "ends", "limits", "reach",
    "invalid", "pages", "on_disk",
)  # fmt: skip


def load(theme: str) -> tuple[Attack, ...]:
    attacks: tuple[Attack, ...] = importlib.import_module(f"{__name__}.{theme}").ATTACKS
    return attacks


BY_THEME = {theme: load(theme) for theme in THEMES}
ATTACKS = tuple(attack for attacks in BY_THEME.values() for attack in attacks)

assert len({attack.name for attack in ATTACKS}) == len(ATTACKS), "two cases have one name"

# Those that the tiers are shot at with, and those whose danger is in the grader's own reading.
BY_TIER = tuple(attack for attack in ATTACKS if attack.on_disk is None)
ON_DISK = tuple(attack for attack in ATTACKS if attack.on_disk is not None)
