"""Which quantity follows which, under which condition, by whose law; and small sums that come out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """`effect` follows from `cause` while `given` stays fixed; `law` is how the text calls the rule."""

    cause: str
    effect: str
    given: str
    law: str

    @property
    def cause_up(self) -> str:
        """How the cause becomes more."""
        return _up(self.cause)

    @property
    def cause_down(self) -> str:
        """How it becomes less."""
        return _DOWN[_up(self.cause)]

    @property
    def effect_up(self) -> str:
        """How the effect becomes more."""
        return _up(self.effect)

    @property
    def effect_down(self) -> str:
        """How it becomes less."""
        return _DOWN[_up(self.effect)]


_DOWN = {"rises": "falls", "grows": "shrinks"}
_GROWING = ("length", "time", "distance", "area", "volume", "extension", "mass", "charge", "work", "focal")


def _up(name: str) -> str:
    """A temperature rises, but a length grows."""
    return "grows" if name.startswith(_GROWING) else "rises"


DIRECT = (
    Relation("force", "acceleration", "mass", "the second law of newton"),
    Relation("force", "extension of the spring", "stiffness of the spring", "the law of hooke"),
    Relation("voltage", "current", "resistance", "the law of ohm"),
    Relation("current", "magnetic field of the coil", "number of turns", "the law of ampere"),
    Relation("temperature", "pressure of the gas", "volume", "the law of amontons"),
    Relation("temperature", "volume of the gas", "pressure", "the law of charles"),
    Relation("mass", "momentum", "speed", "the definition of momentum"),
    Relation("speed", "momentum", "mass", "the definition of momentum"),
    Relation("mass", "weight", "gravity", "the law of gravity"),
    Relation("frequency", "energy of the photon", "", "the law of planck"),
    Relation("depth", "pressure in the water", "density of the water", "the law of pascal"),
    Relation("length", "resistance of the wire", "thickness", "the law of ohm"),
    Relation("power", "energy used", "time", "the definition of power"),
    Relation("time", "distance", "speed", "the definition of speed"),
    Relation("charge", "electric force", "distance", "the law of coulomb"),
    Relation("mass", "force of gravity", "distance", "the law of gravity"),
    Relation("heat", "change of temperature", "mass of the water", "the definition of heat capacity"),
    Relation("voltage", "charge on the capacitor", "capacitance", "the definition of capacitance"),
    Relation("force", "work done", "distance", "the definition of work"),
    Relation("force", "pressure", "area", "the definition of pressure"),
)
INVERSE = (
    Relation("mass", "acceleration", "force", "the second law of newton"),
    Relation("resistance", "current", "voltage", "the law of ohm"),
    Relation("volume", "pressure of the gas", "temperature", "the law of boyle"),
    Relation("area", "pressure", "force", "the definition of pressure"),
    Relation("frequency", "wavelength", "speed of the wave", "the wave equation"),
    Relation("speed", "time of the journey", "distance", "the definition of speed"),
    Relation("stiffness of the spring", "extension of the spring", "force", "the law of hooke"),
    Relation("focal length", "power of the lens", "", "the lens equation"),
    Relation("volume", "density", "mass", "the definition of density"),
    Relation("time", "power", "work done", "the definition of power"),
)
SQUARE = (
    Relation("speed", "kinetic energy", "mass", "the rule of kinetic energy"),
    Relation("current", "power lost as heat", "resistance", "the law of joule"),
    Relation("amplitude", "energy of the wave", "frequency", "the rule of wave energy"),
    Relation("time of the fall", "distance of the fall", "pull of gravity", "the law of falling bodies"),
)
INVERSE_SQUARE = (
    Relation("distance", "force of gravity", "mass of the two bodies", "the law of gravity"),
    Relation("distance", "electric force", "charge of the two bodies", "the law of coulomb"),
    Relation("distance", "intensity of the light", "power of the lamp", "the inverse square law"),
    Relation("distance", "intensity of the sound", "power of the loudspeaker", "the inverse square law"),
)
# Nothing else enters some of them, so no sentence may say "while ... stays the same".
DIRECT_GIVEN = tuple(relation for relation in DIRECT if relation.given)
INVERSE_GIVEN = tuple(relation for relation in INVERSE if relation.given)


@dataclass(frozen=True)
class Product:
    """Three number words with a times b = c, all above one so that every unit stands in the plural."""

    a: str
    b: str
    c: str


@dataclass(frozen=True)
class Sum:
    """Three number words with a + b = c, all above one."""

    a: str
    b: str
    c: str


_UP_TO_TWENTY = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
)
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER = dict(enumerate(_UP_TO_TWENTY)) | dict(zip(range(30, 100, 10), _TENS, strict=True))

PRODUCTS = tuple(
    Product(NUMBER[a], NUMBER[b], NUMBER[a * b]) for a in range(2, 11) for b in range(2, 11) if a * b in NUMBER
)
SUMS = tuple(Sum(NUMBER[a], NUMBER[b], NUMBER[a + b]) for a in range(2, 13) for b in range(2, 13) if a + b in NUMBER)
