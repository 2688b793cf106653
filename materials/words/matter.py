"""Bodies, substances, waves and particles, each with what is true of it."""

from __future__ import annotations

from dataclasses import dataclass

METALS = ("copper", "iron", "silver", "gold", "aluminium", "lead", "zinc", "tin", "nickel", "steel", "brass")
MAGNETIC = ("iron", "nickel", "cobalt", "steel")
UNMAGNETIC = ("copper", "wood", "glass", "plastic", "aluminium", "rubber", "paper")
INSULATORS = ("glass", "rubber", "plastic", "wood", "wax", "amber", "porcelain", "paper", "wool", "silk")
LIQUIDS = ("water", "oil", "alcohol", "milk", "petrol", "juice", "vinegar")
DRINKS = ("water", "milk", "juice", "tea", "soup")
GASES = ("air", "helium", "hydrogen", "oxygen", "nitrogen", "neon", "argon")
COLD_BODIES = ("ice", "snow", "frost", "the freezer", "the winter wind", "the arctic sea")
HOT_BODIES = ("fire", "lava", "steam", "the stove", "the furnace", "the summer sand")
HEAVY_BODIES = ("stone", "brick", "hammer", "anvil", "cannonball", "crate", "barrel")
LIGHT_BODIES = ("feather", "leaf", "paper strip", "cork", "snowflake", "thread")
BODIES = ("ball", "stone", "apple", "brick", "hammer", "coin", "crate", "marble", "key", "book")
VEHICLES = ("car", "train", "bicycle", "cart", "sled", "ship", "bus", "tram", "lorry", "scooter")
ENGINES = ("car", "train", "bus", "tram", "lorry")
INSTRUMENTS_OF_MUSIC = ("violin", "guitar", "piano", "flute", "cello", "harp", "trumpet", "drum")
STRINGED = ("violin", "guitar", "piano", "cello", "harp")
CLEAR = ("glass", "water", "diamond", "ice", "plastic", "quartz")
PLACES = ("laboratory", "workshop", "classroom", "kitchen", "garden", "lecture hall", "museum", "library")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
PLANETS = ("venus", "earth", "mars", "jupiter", "saturn", "uranus", "neptune")


@dataclass(frozen=True)
class Pair:
    """Two things of one kind, the first with more of something than the second."""

    more: str
    less: str


def _pairs(*names: str) -> tuple[Pair, ...]:
    """Every pair of an ordered list."""
    return tuple(Pair(a, b) for i, a in enumerate(names) for b in names[i + 1 :])


MORE_POWER = _pairs("oven", "kettle", "toaster", "fan", "radio")
LONGER_WAVE = _pairs("red", "orange", "yellow", "green", "blue", "violet")
LONGER_RADIATION = _pairs("radio waves", "microwaves", "infrared rays", "visible rays", "ultraviolet rays", "x rays")
NEARER_SUN = _pairs("venus", "the earth", "mars", "jupiter", "saturn", "uranus", "neptune")
DENSER = _pairs("gold", "lead", "silver", "copper", "iron", "aluminium", "water", "oil", "cork", "air")
BENDS_MORE = _pairs("diamond", "glass", "water", "air")
FASTER_SOUND = _pairs("steel", "water", "air")
HEAVIER_PARTICLE = _pairs("the alpha particle", "the proton", "the electron")


@dataclass(frozen=True)
class Change:
    """A change of state with its opposite: who heats goes from `cold` to `hot`."""

    cold: str
    hot: str
    up: str
    down: str
    upward: str
    downward: str


@dataclass(frozen=True)
class Appliance:
    """A machine of the house and the form of energy that it gives."""

    name: str
    gives: str


APPLIANCES = (
    Appliance("lamp", "light"),
    Appliance("bulb", "light"),
    Appliance("kettle", "heat"),
    Appliance("toaster", "heat"),
    Appliance("heater", "heat"),
    Appliance("oven", "heat"),
    Appliance("fan", "motion"),
    Appliance("drill", "motion"),
    Appliance("washing machine", "motion"),
    Appliance("radio", "sound"),
    Appliance("loudspeaker", "sound"),
    Appliance("doorbell", "sound"),
)


CHANGES = (
    Change("ice", "water", "melts", "freezes", "melting", "freezing"),
    Change("water", "steam", "boils", "condenses", "boiling", "condensing"),
    Change("solid tin", "liquid tin", "melts", "hardens", "melting", "hardening"),
    Change("solid lead", "liquid lead", "melts", "hardens", "melting", "hardening"),
    Change("liquid alcohol", "alcohol vapour", "boils", "condenses", "boiling", "condensing"),
    Change("solid iron", "liquid iron", "melts", "hardens", "melting", "hardening"),
    Change("liquid nitrogen", "nitrogen gas", "boils", "condenses", "boiling", "condensing"),
)


@dataclass(frozen=True)
class Particle:
    """A particle with its charge, or a photon with none."""

    name: str
    charge: str
    where: str


PARTICLES = (
    Particle("electron", "negative", "in the cloud around the nucleus"),
    Particle("proton", "positive", "in the nucleus of the atom"),
    Particle("neutron", "neutral", "in the nucleus of the atom"),
    Particle("photon", "neutral", "in a beam of light"),
    Particle("positron", "positive", "in the decay of some nuclei"),
    Particle("neutrino", "neutral", "in the stream of particles from the sun"),
    Particle("alpha particle", "positive", "in the decay of heavy nuclei"),
)
CHARGED = tuple(particle for particle in PARTICLES if particle.charge != "neutral")
NEUTRAL = tuple(particle for particle in PARTICLES if particle.charge == "neutral")
