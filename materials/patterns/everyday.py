"""Units in daily life: clocks, rulers, balances, batteries and what their numbers mean."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.matter import APPLIANCES, BODIES, ENGINES, GASES, HEAVY_BODIES, LIQUIDS, METALS, VEHICLES
from materials.words.people import CHILDREN, LEARNERS, PARENTS, RESEARCHERS, WORKERS
from materials.words.relations import SUMS

GROUPS = (
    Group(
        {"f": CHILDREN, "a": PARENTS, "v": VEHICLES, "p": RESEARCHERS, "n": SUMS},
        """
        the clock ticks once for every second of time.
        a second is a short time, a minute is a longer time, and an hour is a long time.
        sixty seconds are one minute of time, and sixty minutes are one hour.
        the hand of the clock moves on by one second of time.
        the time between two ticks of the clock is one second.
        how long is a second? / it is the time between two ticks of the clock.
        the second is the unit in which every clock counts time.
        from one second to the next, time goes by.
        the time of a [race|ride|trial] is known to the second.
        a second has gone by, and the {f.noun} has lost this time.
        time goes by, second after second, says the clock on the wall.
        the [{f.noun}|{a.noun}] looks at the clock. / one more second of time, and the lesson begins.
        the clock of the {p.noun} is exact: in a whole year it loses no second of time.
        the {p.noun} starts the clock when the {v} starts. / {p.he} stops it after {n.a} seconds, and that is the time.
        the {f.noun} counts every second until {f.his} time is over.
        the time of the ride by {v} is counted from the first second to the last.
        the {f.noun} holds {f.his} breath. / the clock shows a time of {n.c} seconds.
        a slow clock loses time, a fast clock gains time: here it is one second in an hour.
        the {a.noun} waits with {a.his} clock in {a.his} hand, for the time is short and every second counts.
        """,
    ),
    Group(
        {
            "f": CHILDREN,
            "a": PARENTS,
            "b": BODIES,
            "h": HEAVY_BODIES,
            "p": RESEARCHERS,
            "n": SUMS,
            "m": METALS,
            "q": LIQUIDS,
        },
        """
        a metre is one hundred centimetres, and a ruler shows this length.
        the ruler is one metre long, so its length is one metre.
        the {a.noun} lays {a.his} ruler along the table: its length is more than one metre.
        the length of the room is found with a ruler, metre after metre.
        the {f.noun} has grown. / {f.his} length against the wall is now more than one metre, says the ruler.
        the {p.noun} cuts a rod of {m} to a length of one metre with a ruler and a saw.
        the rope is too short: its length is one metre less than {n.c} metres.
        the {h} lies on the balance. / its mass is more than one kilogram.
        a kilogram is one thousand grams, and a balance shows this mass.
        the {a.noun} puts the {b} on the balance and a kilogram on the other side. / \
            the balance tips towards the larger mass.
        one kilogram of {m} and one kilogram of {q} have the same mass but not the same volume.
        the {p.noun} compares the mass of the {h} with a kilogram of {m} on {p.his} balance.
        the {f.noun} carries a bag with a mass of one kilogram. / with the {b} in it, {f.he} carries a larger mass.
        the litre counts volume: a litre of {q} fills the measuring jug, and its volume is one litre.
        """,
    ),
    Group(
        {"b": BODIES, "f": CHILDREN, "g": GASES, "v": VEHICLES, "e": ENGINES, "n": SUMS, "s": LEARNERS},
        """
        the {f.noun} pulls the {b} with a force of one newton.
        with a force of only one newton the {s.noun} cannot move the {v}.
        a push of one newton is a weak force, a pull of a thousand newtons is a strong one.
        every newton of force stretches the spring a little more.
        the small [lamp|bag|sign] hangs on two strings. / each of them pulls with a force of one newton.
        it takes about one joule of energy to lift an [apple|orange] from the floor to the table.
        the falling {b} has lost one joule of potential energy and won one joule of kinetic energy.
        no joule of energy is ever lost: it only changes its form.
        each joule of energy that the {e} gets from its fuel ends as heat.
        the food that the {f.noun} eats gives energy, and {f.his} body uses every joule of it.
        one watt is a low power, a thousand watts are a high power.
        every watt of power that the {e} needs comes from its engine.
        a pressure of one pascal is very low: a sheet of paper on the table makes about one.
        each pascal of pressure in the {g} pushes on the walls of the bottle.
        one coulomb is a very large charge: a rubbed balloon has much less charge than that.
        a capacitor holds its charge on two plates, and with every coulomb the voltage rises.
        one farad is a very large capacitance: most capacitors have far less capacitance than a farad.
        the temperature rises by one kelvin, and the thermometer shows it.
        every kelvin of temperature counts for the {g} in the balloon.
        a frequency of one hertz is low: the heart beats at about this frequency.
        a hertz more or less in the frequency of a tone is hard to hear.
        """,
        times=2,
    ),
    Group(
        {"h": APPLIANCES, "w": WORKERS, "s": LEARNERS, "n": SUMS, "f": CHILDREN},
        """
        a current of one ampere flows through the {h.name}.
        a strong current of many amperes heats the wire, a weak current of one ampere hardly warms it.
        the fuse lets one ampere pass and breaks the circuit at a stronger current.
        the current through the switch is less than one ampere.
        when the {h.name} is on, the current in the cable is one ampere, when it is off, no ampere flows.
        one ampere of current is a stream of very many electrons through the wire.
        the {w.noun} reads the current on {w.his} ammeter: one ampere flows through the circuit.
        each {h.name} takes a current of one ampere. / {n.a} of them in parallel take {n.a} amperes.
        the small battery has a voltage of one volt, and two of them in series have two volts.
        between the poles of the cell there is a voltage of about one volt.
        the {w.noun} holds {w.his} voltmeter to the poles of the battery. / \
            the voltage is less than one volt, so it is empty.
        a volt more or less in the voltage of the socket does the {h.name} no harm.
        a high voltage of many volts is dangerous, a low voltage of one volt is not.
        the {s.noun} turns the voltage up volt by volt, until the {h.name} begins to work.
        every ohm of resistance in the wire makes the current weaker.
        a resistor of one ohm has a low resistance, so the current is strong.
        one joule of energy is little, but the {h.name} needs many joules.
        a joule is a joule: energy may be heat, motion or light, and its unit stays the same.
        one newton is the force of a small apple on the hand of the {f.noun}.
        the spring pulls with a force of one newton, and the {f.noun} pulls back with one newton.
        """,
    ),
)
