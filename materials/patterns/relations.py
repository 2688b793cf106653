"""Cause and effect: what rises with what, what doubles, and sums that come out."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.people import LEARNERS
from materials.words.quantities import QUANTITIES
from materials.words.relations import (
    DIRECT,
    DIRECT_GIVEN,
    INVERSE,
    INVERSE_GIVEN,
    INVERSE_SQUARE,
    PRODUCTS,
    SQUARE,
    SUMS,
)

GROUPS = (
    Group(
        {"d": DIRECT, "s": LEARNERS},
        """
        when the {d.cause} {d.cause_up}, the {d.effect} {d.effect_up}.
        when the {d.cause} {d.cause_down}, the {d.effect} {d.effect_down}.
        the greater the {d.cause}, the greater the {d.effect}.
        the smaller the {d.cause}, the smaller the {d.effect}.
        the {d.effect} [grows|increases] when the {d.cause} [grows|increases].
        the {d.effect} [shrinks|decreases] when the {d.cause} [shrinks|decreases].
        twice the {d.cause} gives twice the {d.effect}.
        half the {d.cause} gives half the {d.effect}.
        {d.law} says that the {d.effect} grows with the {d.cause}.
        a large {d.cause} means a large {d.effect}, a small {d.cause} means a small one.
        why does the {d.effect} become greater? / because the {d.cause} {d.cause_up}.
        why does the {d.effect} become smaller? / because the {d.cause} {d.cause_down}.
        the {s.noun} plots the {d.effect} against the {d.cause}. / {s.he} gets a straight line that rises.
        """,
    ),
    Group(
        {"d": DIRECT_GIVEN},
        """
        if the {d.given} stays the same, the {d.effect} {d.effect_up} with the {d.cause}.
        at constant {d.given}, doubling the {d.cause} doubles the {d.effect}.
        at constant {d.given} the {d.effect} is proportional to the {d.cause}.
        """,
    ),
    Group(
        {"d": INVERSE, "s": LEARNERS},
        """
        when the {d.cause} {d.cause_up}, the {d.effect} {d.effect_down}.
        when the {d.cause} {d.cause_down}, the {d.effect} {d.effect_up}.
        the greater the {d.cause}, the smaller the {d.effect}.
        the smaller the {d.cause}, the greater the {d.effect}.
        twice the {d.cause} gives half the {d.effect}.
        half the {d.cause} gives twice the {d.effect}.
        a large {d.cause} means a small {d.effect}, a small {d.cause} means a large one.
        why does the {d.effect} become smaller? / because the {d.cause} {d.cause_up}.
        why does the {d.effect} become greater? / because the {d.cause} {d.cause_down}.
        {d.law} says that the {d.effect} falls when the {d.cause} grows.
        the {s.noun} plots the {d.effect} against the {d.cause}. / {s.he} gets a curve that falls.
        """,
    ),
    Group(
        {"d": INVERSE_GIVEN},
        """
        if the {d.given} stays the same, the {d.effect} {d.effect_down} when the {d.cause} {d.cause_up}.
        at constant {d.given}, doubling the {d.cause} halves the {d.effect}.
        """,
    ),
    Group(
        {"d": SQUARE},
        """
        twice the {d.cause} gives four times the {d.effect}.
        three times the {d.cause} gives nine times the {d.effect}.
        the {d.effect} grows with the square of the {d.cause}.
        half the {d.cause} gives a quarter of the {d.effect}.
        at constant {d.given} the {d.effect} is proportional to the square of the {d.cause}.
        """,
    ),
    Group(
        {"d": INVERSE_SQUARE},
        """
        at twice the {d.cause} the {d.effect} is a quarter.
        at three times the {d.cause} the {d.effect} is one ninth.
        the {d.effect} falls with the square of the {d.cause}.
        at half the {d.cause} the {d.effect} is four times as large.
        {d.law} holds here: while the {d.given} stays the same, the {d.effect} falls with the square of the {d.cause}.
        """,
    ),
    Group(
        {"n": PRODUCTS, "s": LEARNERS},
        """
        a current of {n.a} amperes flows through {n.b} ohms, so the voltage is {n.c} volts.
        a voltage of {n.c} volts drives {n.a} amperes, so the resistance is {n.b} ohms.
        a voltage of {n.c} volts across {n.b} ohms drives a current of {n.a} amperes.
        a mass of {n.a} kilograms has an acceleration of {n.b}, so the force is {n.c} newtons.
        a force of {n.a} newtons acts over {n.b} metres, so the energy is {n.c} joules.
        a power of {n.a} watts for {n.b} seconds gives an energy of {n.c} joules.
        an energy of {n.c} joules in {n.b} seconds is a power of {n.a} watts.
        a force of {n.c} newtons on {n.b} square metres is a pressure of {n.a} pascals.
        a current of {n.a} amperes for {n.b} seconds carries a charge of {n.c} coulombs.
        a voltage of {n.a} volts and a current of {n.b} amperes give a power of {n.c} watts.
        a charge of {n.c} coulombs on {n.a} farads makes a voltage of {n.b} volts.
        a wave with a frequency of {n.a} hertz and a wavelength of {n.b} metres moves at a speed of {n.c} metres per \
            second.
        at a speed of {n.a} a length of {n.c} metres takes a time of {n.b} seconds.
        the momentum of {n.a} kilograms at a speed of {n.b} is {n.c}.
        the {s.noun} multiplies {n.a} amperes by {n.b} ohms. / {s.he} finds {n.c} volts.
        the {s.noun} divides {n.c} joules by {n.a} seconds. / {s.he} finds a power of {n.b} watts.
        """,
    ),
    Group(
        {"n": SUMS, "q": QUANTITIES},
        """
        {n.a} {q.units} and {n.b} {q.units} make {n.c} {q.units}.
        the {q.name} was {n.a} {q.units}, then it rose by {n.b} {q.units} to {n.c} {q.units}.
        the {q.name} was {n.c} {q.units}, then it fell by {n.b} {q.units} to {n.a} {q.units}.
        """,
    ),
)
