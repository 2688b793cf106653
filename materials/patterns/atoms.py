"""Quanta, atoms and nuclei: the smallest of the fields."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.matter import CHARGED, HEAVIER_PARTICLE, NEUTRAL, PARTICLES
from materials.words.people import LEARNERS, RESEARCHERS

GROUPS = (
    Group(
        {"x": PARTICLES, "s": LEARNERS},
        """
        the {x.name} is {x.charge}.
        the charge of the {x.name} is {x.charge}.
        the {s.noun} asks about the charge of the {x.name}. / it is {x.charge}, says the book.
        the {x.name} is found {x.where}.
        where do we find the {x.name}? / {x.where}.
        """,
    ),
    Group(
        {"x": CHARGED, "y": NEUTRAL, "p": RESEARCHERS},
        """
        a {x.charge} {x.name} is bent by a magnetic field, a neutral {y.name} is not.
        the {x.name} feels the electric field, the {y.name} does not.
        the {p.noun} sends a beam of particles through a magnet. / \
            the {x.name} is bent, the {y.name} flies straight on, and {p.he} can tell them apart.
        the {x.name} is {x.charge}, the {y.name} is neutral.
        """,
    ),
    Group(
        {"h": HEAVIER_PARTICLE, "p": RESEARCHERS},
        """
        {h.more} has a larger mass than {h.less}.
        {h.less} has a smaller mass than {h.more}.
        the {p.noun} sends {h.more} and {h.less} through the same magnet at the same speed. / \
            {p.he} sees that {h.less} is bent more.
        """,
    ),
    Group(
        {"p": RESEARCHERS},
        """
        the electron is negative, the proton is positive, and the neutron is neutral.
        an atom has a small heavy nucleus and a large light cloud of electrons.
        an atom that loses an electron becomes positive, an atom that gains an electron becomes negative.
        an electron that falls from a high level to a low level sends out a photon.
        an electron that takes in a photon rises from a low level to a high level.
        the energy of a photon is its frequency times the constant of planck.
        light comes in quanta, which are called photons.
        the electron behaves as a particle here and as a wave there.
        quantum physics is the study of atoms, electrons and photons.
        nuclear physics is the study of nuclei and their decay.
        a heavy nucleus may split in two, and that is called fission.
        light nuclei may join, and that is called fusion. / fusion makes the sun shine.
        the place and the momentum of an electron cannot both be known exactly.
        after one half life half of the nuclei are left, after two half lives a quarter.
        when light hits a metal, electrons may leave it, if the frequency is high enough.
        a weak blue light frees electrons from the metal, a strong red light does not. / only the frequency counts.
        the {p.noun} measures a spectrum. / every element has its own lines, so {p.he} knows what the star is made of.
        the {p.noun} waits for one half life. / when {p.he} counts again, the activity has fallen to one half.
        the {p.noun} holds a counter near the sample. / it clicks fast, so {p.he} puts the sample behind lead.
        the [atom|nucleus|electron|photon|quantum] is a word of quantum physics.
        [uranium|radium|radon|polonium] is radioactive: its nuclei decay by themselves.
        the [photon|quantum of light] has no mass, yet it has momentum.
        """,
    ),
)
