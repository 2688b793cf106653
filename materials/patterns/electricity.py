"""Electricity and magnetism: charges, circuits, fields, coils."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.matter import APPLIANCES, INSULATORS, MAGNETIC, METALS, MORE_POWER, UNMAGNETIC
from materials.words.people import CHILDREN, LEARNERS, TEACHERS, WORKERS

GROUPS = (
    Group(
        {"m": METALS, "n": METALS, "i": INSULATORS, "s": LEARNERS},
        """
        {m} is a conductor, {i} is an insulator.
        {m} is a metal and conducts electricity.
        {i} is an insulator, so no current flows through it.
        a piece of {m} conducts the current, a piece of {i} does not.
        the electrons in {m} move freely, the electrons in {i} do not.
        the resistance of {m} is low, the resistance of {i} is high.
        {m} lets the current pass, {i} stops it.
        a cable has [copper|aluminium] inside, which conducts, and [rubber|plastic] outside, which protects.
        the {s.noun} puts a piece of {i} into the circuit. / the lamp stays dark, since {i} is an insulator.
        the {s.noun} puts a piece of {m} into the circuit. / the lamp lights up, since {m} is a conductor.
        {m} and {n} are metals and good conductors.
        the wire is made of {m}. / when it is heated, its resistance rises, and when it is cooled, its resistance falls.
        is {i} a conductor? / no, {i} is an insulator.
        is {m} an insulator? / no, {m} is a conductor.
        a thick wire of {m} has a low resistance, a thin wire of {m} has a high resistance.
        a long wire of {m} has a high resistance, a short wire has a low resistance.
        """,
    ),
    Group(
        {"h": APPLIANCES, "a": APPLIANCES, "w": WORKERS, "u": MORE_POWER},
        """
        the {h.name} is connected to the socket, and a current flows through it.
        when the switch is closed, the current flows and the {h.name} works.
        when the switch is open, no current flows and the {h.name} stays off.
        the {w.noun} repairs the {h.name}. / first {w.he} pulls the plug, so that no current can flow.
        the fuse melts if the current through the {h.name} is too strong.
        the {h.name} and the {a.name} are connected in parallel, so they have the same voltage.
        the {w.noun} connects the {h.name} to the socket and measures the current.
        the {h.name} turns electric energy into {h.gives}.
        the {h.name} takes electric power from the socket, and the meter counts the energy.
        the {h.name} does not work. / the {w.noun} finds a broken wire, and {w.he} solders it with tin.
        a circuit with the {h.name} and a switch needs a source of voltage.
        a voltmeter stands in parallel to the {h.name}, so it shows the voltage across it.
        an ammeter stands in series with the {h.name}, so it shows the current through it.
        the {w.noun} checks the voltage at the socket of the {h.name} with {w.his} voltmeter.
        the {w.noun} checks the current in the cable of the {h.name} with {w.his} ammeter.
        the voltmeter tells the {w.noun} that the voltage across the {h.name} is too [high|low].
        the ammeter tells the {w.noun} that the current through the {h.name} is too [strong|weak].
        a voltmeter has a high resistance, so that the voltage stays as it was without the voltmeter.
        an ammeter has a low resistance, so that the current stays as it was without the ammeter.
        a short circuit in the {h.name} makes the current rise, and the fuse breaks the circuit.
        the {u.more} has a higher power than the {u.less}, so it takes a stronger current at the same voltage.
        """,
    ),
    Group(
        {"m": MAGNETIC, "u": UNMAGNETIC, "s": LEARNERS, "t": TEACHERS},
        """
        a magnet attracts {m} but not {u}.
        {m} is magnetic, {u} is not.
        the {s.noun} holds a magnet to a piece of {m}. / it sticks, because {m} is magnetic.
        the {s.noun} holds a magnet to a piece of {u}. / nothing happens, because {u} is not magnetic.
        a coil with a core of {m} is a strong electromagnet.
        the magnetic field of the coil is stronger with a core of {m} than with a core of {u}.
        the {t.noun} strews filings of iron around a magnet. / \
            the {s.noun} sees lines from the north pole to the south pole.
        heat makes a magnet of {m} weaker.
        """,
    ),
    Group(
        {"f": CHILDREN, "s": LEARNERS, "t": TEACHERS},
        """
        the {f.noun} rubs a balloon on {f.his} hair. / \
            electrons move to the balloon, and it attracts small pieces of paper.
        the {f.noun} combs {f.his} dry hair. / the comb becomes charged, and {f.his} hair is attracted by it.
        the {s.noun} builds a circuit from a battery, a switch and a lamp. / \
            when {s.he} closes the switch, the lamp lights up.
        the {s.noun} winds a wire around a nail and connects a battery. / now {s.his} nail is an electromagnet.
        the {s.noun} moves a magnet into a coil. / the needle jumps, because a changing flux makes a voltage.
        the {s.noun} holds the magnet still in the coil. / \
            the needle stays at zero, because only a changing flux makes a voltage.
        the {s.noun} adds another lamp in series. / \
            both lamps become dim, because the resistance is higher and the current weaker.
        the {s.noun} adds another lamp in parallel. / both lamps stay bright, because each one has the full voltage.
        the {t.noun} turns up the voltage. / the current rises, and the lamp becomes bright.
        the {t.noun} turns down the voltage. / the current falls, and the lamp becomes dim.
        the {t.noun} brings a compass near a wire. / when the current flows, the needle turns.
        the {t.noun} rubs a rod of [amber|glass|plastic|rubber] with a cloth. / \
            the rod becomes charged and attracts bits of paper.
        """,
    ),
    Group(
        {},
        """
        equal charges repel, opposite charges attract.
        equal poles of magnets repel, opposite poles attract.
        a positive charge attracts a negative charge and repels a positive charge.
        a negative charge attracts a positive charge and repels a negative charge.
        the north pole attracts the south pole and repels the north pole.
        the law of ohm says that voltage is resistance times current.
        the law of coulomb says that the force between two charges falls with the square of their distance.
        electricity is the study of charges, currents and fields.
        electricity asks how a [charge|current|voltage|field] [moves|changes|acts].
        the [battery|cell|generator|power supply] gives the circuit a voltage, and the voltage drives the current.
        a battery charges when current flows in, and discharges when current flows out.
        when a capacitor charges, its voltage rises, and when it discharges, its voltage falls.
        a generator turns motion into electric energy, a motor turns electric energy into motion.
        a transformer with more turns on the output coil raises the voltage, one with fewer turns lowers it.
        an electric current makes a magnetic field around the wire.
        a changing magnetic field makes an electric field.
        a moving charge in a magnetic field is pushed sideways.
        the electric field points from positive charges to negative charges.
        the earth is a large magnet, and the needle of a compass points north.
        lightning is a very strong current between a cloud and the ground.
        current flows from the positive pole to the negative pole, while the electrons move the other way.
        in series the resistances add up, and the current is the same in each resistor.
        in parallel the currents add up, and the voltage is the same across each resistor.
        a strong current heats the wire, a weak current hardly warms it.
        a diode lets the current pass in one direction and stops it in the other.
        a transistor is a small switch: a weak current controls a strong one.
        at a junction the sum of the currents that flow in is the sum of those that flow out.
        [charge|current|voltage|resistance|capacitance|inductance] is a word of electricity.
        the [circuit|wire|battery|capacitor|coil|generator] belongs to electricity.
        a [coil|solenoid|wire loop] with a current has a north pole and a south pole.
        the [maxwell equations|four equations of maxwell] tie electric fields, magnetic fields, charges and currents \
            together.
        """,
    ),
)
