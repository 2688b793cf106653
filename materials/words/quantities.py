"""Quantities with their units, instruments and examples. Every value named is one that its examples can have."""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True)
class Quantity:
    """A quantity with a unit of its own. `at` is the preposition before a thing: the voltage across the cell."""

    name: str
    unit: str
    units: str
    letter: str
    field: str
    instrument: str
    what: str
    one: str
    person: str
    at: str
    things: Words
    values: Words


MECHANICS, ELECTRICITY, HEAT, WAVES, ATOMS = (
    "mechanics",
    "electricity",
    "thermodynamics",
    "optics",
    "nuclear physics",
)

QUANTITIES = (
    Quantity(
        "force", "newton", "newtons", "capital n", MECHANICS, "dynamometer", "a push or a pull",
        "the force that speeds up one kilogram by one metre per second in each second", "isaac newton", "of",
        ("spring", "magnet", "muscle", "engine", "rope"), ("two", "five", "ten", "twenty", "fifty"),
    ),
    Quantity(
        "mass", "kilogram", "kilograms", "small k and a small g", MECHANICS, "balance",
        "the amount of matter in a body",
        "about the mass of one litre of water", "", "of",
        ("sack", "stone", "suitcase", "crate", "brick"), ("two", "three", "five", "eight", "ten"),
    ),
    Quantity(
        "length", "metre", "metres", "small m", MECHANICS, "ruler", "the distance from one end to the other",
        "about the length of a long step", "", "of",
        ("table", "plank", "carpet", "ladder", "wall"), ("two", "three", "four", "five"),
    ),
    Quantity(
        "time", "second", "seconds", "small s", MECHANICS, "clock", "what passes between two events",
        "about the time of one heartbeat", "", "of",
        ("race", "ride", "trial", "journey", "countdown"), ("twenty", "forty", "sixty", "ninety"),
    ),
    Quantity(
        "energy", "joule", "joules", "capital j", MECHANICS, "", "the ability to do work",
        "the energy that lifts a small apple by one metre", "james joule", "of",
        ("battery", "flywheel", "meal", "fuel", "waterfall"), ("ten thousand", "twenty thousand", "fifty thousand"),
    ),
    Quantity(
        "power", "watt", "watts", "capital w", MECHANICS, "wattmeter", "the rate at which work is done",
        "the power that does one joule of work in each second", "james watt", "of",
        ("lamp", "motor", "fan", "drill", "television"), ("forty", "sixty", "ninety", "one hundred"),
    ),
    Quantity(
        "pressure", "pascal", "pascals", "capital p and a small a", HEAT, "manometer", "the force on each unit of area",
        "the pressure of one newton on one square metre", "blaise pascal", "in",
        ("tyre", "boiler", "pump", "cylinder", "cabin"),
        ("one hundred thousand", "two hundred thousand", "three hundred thousand"),
    ),
    Quantity(
        "volume", "litre", "litres", "small l", HEAT, "measuring jug", "the space that a body fills",
        "the volume of a cube with edges of ten centimetres", "", "of",
        ("bottle", "jug", "bucket", "barrel", "tank"), ("two", "five", "ten", "twenty"),
    ),
    Quantity(
        "temperature", "kelvin", "kelvin", "capital k", HEAT, "thermometer", "how hot or cold a body is",
        "as large a step of temperature as one degree celsius", "lord kelvin", "of",
        ("room", "soup", "bath", "oven", "sea"), ("two hundred and eighty", "three hundred", "three hundred and ten"),
    ),
    Quantity(
        "current", "ampere", "amperes", "capital a", ELECTRICITY, "ammeter", "the flow of charge through a wire",
        "the current that carries one coulomb in each second", "andre ampere", "in",
        ("wire", "circuit", "fuse", "cable", "plug"), ("two", "three", "five", "ten"),
    ),
    Quantity(
        "voltage", "volt", "volts", "capital v", ELECTRICITY, "voltmeter",
        "the difference in potential between two points", "the voltage that gives each coulomb one joule",
        "alessandro volta", "across",
        ("socket", "generator", "cell", "adapter", "outlet"), ("six", "nine", "twelve", "twenty"),
    ),
    Quantity(
        "resistance", "ohm", "ohms", "greek omega", ELECTRICITY, "ohmmeter", "how strongly a wire holds electrons back",
        "the resistance that lets one volt drive one ampere", "georg ohm", "of",
        ("resistor", "filament", "thermistor", "heating wire", "potentiometer"),
        ("ten", "twenty", "fifty", "one hundred"),
    ),
    Quantity(
        "charge", "coulomb", "coulombs", "capital c", ELECTRICITY, "electrometer",
        "the property that lets electrons and protons attract each other",
        "the charge that one ampere carries in one second", "charles coulomb", "of",
        ("cloud", "lightning bolt", "thundercloud"), ("ten", "fifteen", "twenty"),
    ),
    Quantity(
        "capacitance", "farad", "farads", "capital f", ELECTRICITY, "capacitance bridge",
        "the charge stored for each volt", "the capacitance that stores one coulomb at one volt",
        "michael faraday", "of",
        ("supercapacitor", "capacitor bank", "storage capacitor"), ("two", "five", "ten"),
    ),
    Quantity(
        "inductance", "henry", "henries", "capital h", ELECTRICITY, "inductance bridge",
        "how strongly a coil resists a change",
        "the inductance of a coil that answers a change of one ampere in each second with one volt",
        "joseph henry", "of",
        ("coil", "solenoid", "inductor", "choke"), ("two", "three", "five"),
    ),
    Quantity(
        "flux", "weber", "webers", "capital w and a small b", ELECTRICITY, "fluxmeter",
        "the amount of magnetic field through a loop", "the flux of one tesla through one square metre",
        "wilhelm weber", "through",
        ("loop", "iron core", "large magnet"), ("two", "three", "four"),
    ),
    Quantity(
        "frequency", "hertz", "hertz", "capital h and a small z", WAVES, "frequency counter",
        "how often a body vibrates", "the frequency of one vibration in each second",
        "heinrich hertz", "of",
        ("tone", "tuning fork", "siren", "violin string", "whistle", "flute"),
        ("three hundred", "four hundred and forty", "five hundred", "one thousand"),
    ),
    Quantity(
        "illuminance", "lux", "lux", "small l and a small x", WAVES, "luxmeter",
        "the light that falls on each square metre", "the illuminance of one lumen on one square metre", "", "on",
        ("desk", "page", "workbench", "screen"), ("two hundred", "three hundred", "five hundred"),
    ),
    Quantity(
        "activity", "becquerel", "becquerels", "capital b and a small q", ATOMS, "geiger counter",
        "how often nuclei decay", "the activity of one decay in each second",
        "henri becquerel", "of",
        ("isotope", "radioactive sample", "radium source", "granite rock"),
        ("two hundred", "five hundred", "one thousand"),
    ),
)  # fmt: skip  # one record in three or four lines reads better than one in twelve

NAMED = tuple(quantity for quantity in QUANTITIES if quantity.person)
MEASURED = tuple(quantity for quantity in QUANTITIES if quantity.instrument)


@dataclass(frozen=True)
class Reading:
    """An instrument that shows a quantity without a unit of its own in this text."""

    instrument: str
    quantity: str
    place: str


READINGS = (
    Reading("speedometer", "speed", "car"),
    Reading("accelerometer", "acceleration", "rocket"),
    Reading("calorimeter", "heat", "laboratory"),
    Reading("anemometer", "wind speed", "roof"),
    Reading("hygrometer", "humidity", "greenhouse"),
    Reading("hydrometer", "density", "brewery"),
    Reading("magnetometer", "magnetic field", "satellite"),
    Reading("seismometer", "shaking", "mountain"),
    Reading("altimeter", "altitude", "aeroplane"),
    Reading("spectrometer", "wavelength", "observatory"),
    Reading("photometer", "brightness", "telescope"),
)
