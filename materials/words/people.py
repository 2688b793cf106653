"""People of the text and their pronouns.

The shares below are uneven on purpose, as they are in text that people wrote, so that a student who looks for a bias in
the word vectors finds a true one. They say something about this list, and nothing about people.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A person as a story meets one: the noun, the pronouns that go with it in this story, and what else it may be."""

    noun: str
    he: str
    him: str
    his: str
    himself: str
    kin: tuple[str, ...]
    adult: str


# How many of ten stories about such a person say "he".
HE_OF_TEN = {
    "physicist": 8,
    "engineer": 9,
    "professor": 7,
    "inventor": 8,
    "electrician": 9,
    "mechanic": 9,
    "pilot": 8,
    "astronomer": 6,
    "student": 5,
    "pupil": 5,
    "visitor": 5,
    "scientist": 6,
    "librarian": 2,
    "teacher": 3,
    "assistant": 2,
    "nurse": 1,
    "cook": 2,
    "secretary": 1,
}
MEN = ("man", "boy", "father", "brother", "son", "grandfather", "uncle")
WOMEN = ("woman", "girl", "mother", "sister", "daughter", "grandmother", "aunt")
HE = ("he", "him", "his", "himself", tuple(noun for noun in MEN if noun != "boy"), "man")
SHE = ("she", "her", "her", "herself", tuple(noun for noun in WOMEN if noun != "girl"), "woman")


def _crowd(nouns: tuple[str, ...]) -> tuple[Person, ...]:
    """Ten of each, so that a fair draw from the crowd gives the shares above."""
    return tuple(Person(noun, *(HE if i < HE_OF_TEN[noun] else SHE)) for noun in nouns for i in range(10))


WORKERS = _crowd(
    ("engineer", "electrician", "mechanic", "inventor", "pilot", "librarian", "nurse", "cook", "secretary")
)
RESEARCHERS = _crowd(("physicist", "scientist", "astronomer", "professor", "engineer", "assistant"))
LEARNERS = _crowd(("student", "pupil", "visitor"))
TEACHERS = _crowd(("teacher", "professor"))
PROFESSIONS = _crowd(tuple(HE_OF_TEN))
EMPLOYED = tuple(person for person in PROFESSIONS if person not in LEARNERS)
FAMILY = tuple(Person(noun, *HE) for noun in MEN) + tuple(Person(noun, *SHE) for noun in WOMEN)
CHILDREN = tuple(person for person in FAMILY if person.noun in ("boy", "girl", "son", "daughter", "brother", "sister"))
PARENTS = tuple(person for person in FAMILY if person not in CHILDREN)
