"""The patterns: what the physics text says, by field."""

from __future__ import annotations

from materials.grammar import Group
from materials.patterns import atoms, electricity, everyday, heat, mechanics, people, relations, units, waves

GROUPS: tuple[Group, ...] = (
    *units.GROUPS,
    *everyday.GROUPS,
    *mechanics.GROUPS,
    *electricity.GROUPS,
    *heat.GROUPS,
    *waves.GROUPS,
    *atoms.GROUPS,
    *relations.GROUPS,
    *people.GROUPS,
)
