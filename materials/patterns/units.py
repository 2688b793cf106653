"""Quantities, units, symbols and instruments."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.people import LEARNERS, RESEARCHERS, TEACHERS
from materials.words.quantities import MEASURED, NAMED, QUANTITIES, READINGS

GROUPS = (
    Group(
        {"q": QUANTITIES},
        """
        the unit of {q.name} is the {q.unit}.
        the {q.unit} is the unit of {q.name}.
        {q.name} is measured in {q.units}.
        [physicists|scientists|engineers] measure {q.name} in {q.units}.
        the symbol of the {q.unit} is a {q.letter}.
        {q.name} is {q.what}.
        the {q.name} {q.at} the {q.things} is [|about|nearly|exactly] {q.values} {q.units}.
        the {q.things} has a {q.name} of [|about|nearly|roughly] {q.values} {q.units}.
        the {q.name} {q.at} this {q.things} is given in {q.units}.
        one {q.unit} is {q.one}.
        what is the unit of {q.name}? / it is the {q.unit}.
        what does the {q.unit} measure? / it measures {q.name}, which is {q.what}.
        a {q.things} with a {q.name} of {q.values} {q.units} is [our example|nothing unusual|shown in the book].
        the label on the {q.things} gives its {q.name} in {q.units}: it says {q.values}.
        {q.name} belongs to {q.field}, and so does its unit, the {q.unit}.
        in {q.field}, {q.name} is counted in {q.units}.
        to find the {q.name} {q.at} the {q.things}, count the {q.units}.
        two {q.units} of {q.name} are twice as much as one {q.unit}.
        the {q.name} {q.at} the first {q.things} is {q.values} {q.units}. / \
            the {q.name} {q.at} the other one is the same.
        the {q.name} {q.at} the {q.things} has changed. / \
            now it is {q.values#2} {q.units} [and no longer|instead of] {q.values}.
        a table of units is on the wall. / next to {q.name} it says {q.unit}.
        the {q.name} {q.at} the {q.things} is more than one {q.unit}.
        the {q.name} {q.at} the {q.things} is known to within one {q.unit}.
        a change of one {q.unit} in the {q.name} {q.at} the {q.things} is easy to see.
        the {q.unit} counts the {q.name} {q.at} every {q.things}.
        think of a {q.things} when you hear of the {q.unit}: it measures {q.name}, or {q.what}.
        what is {q.what}? / it is {q.name}, and its unit is the {q.unit}.
        the {q.name} of one {q.unit} is {q.one}.
        the {q.things} and the {q.things#2} both have a {q.name}, and its unit is the {q.unit}.
        add one {q.unit} to the {q.name} {q.at} the {q.things}, and it is a little larger.
        {q.name} without its {q.unit} is only a number.
        a tenth of a {q.unit} is a small {q.name} for a {q.things}.
        the {q.name} {q.at} the {q.things} is [small|large|known|constant].
        the larger the {q.name} {q.at} the {q.things}, the more {q.units} it has.
        """,
        times=3,
    ),
    Group(
        {"q": QUANTITIES, "s": LEARNERS, "t": TEACHERS},
        """
        the {t.noun} asks for the unit of {q.name}. / the {s.noun} says that {s.he} knows it: it is the {q.unit}.
        the {s.noun} writes a number but forgets the unit. / the {t.noun} tells {s.him} that {q.name} needs a {q.unit}.
        the {s.noun} asks what {q.name} is. / the {t.noun} says that {q.name} is {q.what}.
        the {s.noun} looks at the {q.things}. / {s.he} guesses that its {q.name} is {q.values} {q.units}.
        the {t.noun} draws a {q.things} on the board. / then {t.he} asks for its {q.name} in {q.units}.
        the {s.noun} learns that one {q.unit} is {q.one}.
        in {s.his} notebook the {s.noun} writes that {q.name} is measured in {q.units}.
        the {s.noun} mixes up two units. / {q.name} comes in {q.units}, the {t.noun} reminds {s.him}.
        the question of the {t.noun} is about {q.name}. / the {s.noun} answers in {q.units}, and {s.he} is right.
        """,
    ),
    Group(
        {"q": NAMED},
        """
        the {q.unit}, a unit of {q.field}, is named after {q.person}.
        {q.person} gave [his name|a name] to the {q.unit}, the unit of {q.name}.
        in honour of {q.person} the unit of {q.name} is called the {q.unit}.
        who was {q.person}? / the unit of {q.name}, the {q.unit}, has its name from him.
        """,
    ),
    Group(
        {"q": MEASURED, "s": LEARNERS, "p": RESEARCHERS},
        """
        a {q.instrument} measures {q.name}.
        {q.name} is measured with a {q.instrument}.
        the instrument that measures {q.name} is the {q.instrument}.
        the {q.instrument} shows the {q.name} {q.at} the {q.things}.
        the {q.instrument} shows {q.values} {q.units}.
        the scale of the {q.instrument} is marked in {q.units}.
        the {p.noun} reads the {q.name} from the {q.instrument}.
        to measure {q.name} you need a {q.instrument}.
        the {q.instrument} is the instrument for {q.name}.
        the {q.instrument} tells the {q.name} to the nearest {q.unit}.
        the {s.noun} takes the {q.instrument}, because {s.he} wants to know the {q.name} {q.at} the {q.things}.
        the {p.noun} needs the {q.name} {q.at} the {q.things}. / \
            {p.he} takes a {q.instrument} and reads {q.values} {q.units}.
        the {q.instrument} is [broken|missing|lost]. / \
            without it the {p.noun} cannot measure the {q.name} {q.at} the {q.things}.
        the {s.noun} holds a {q.instrument}. / {s.he} measures the {q.name} and writes down {q.values} {q.units}.
        the {p.noun} buys a new {q.instrument}. / the old one showed a wrong {q.name}.
        which instrument shows {q.name}? / the {q.instrument} does, in {q.units}.
        can a {q.instrument} measure {q.name}? / yes, that is what it is for.
        the {s.noun} repeats the measurement. / \
            the {q.instrument} shows {q.values} {q.units} again, so {s.he} trusts the {q.name}.
        the {q.instrument} shows zero at first. / \
            then it is [held to|connected to|brought to] the {q.things}, and it shows {q.values} {q.units}.
        a good {q.instrument} shows the {q.name} with a small error.
        every {q.instrument} is tested against a known {q.name} before the {p.noun} uses it.
        on the table lies a {q.instrument}, so the lesson is about {q.name}.
        """,
        times=2,
    ),
    Group(
        {"i": READINGS, "p": RESEARCHERS},
        """
        a {i.instrument} measures {i.quantity}.
        {i.quantity} is measured with a {i.instrument}.
        the {i.instrument} [in|of|for] the {i.place} shows the {i.quantity}.
        the {p.noun} reads the {i.quantity} from the {i.instrument}.
        the {i.instrument} is the instrument for {i.quantity}.
        the instrument that measures {i.quantity} is the {i.instrument}.
        the {p.noun} checks the {i.instrument} before {p.he} trusts the {i.quantity} that it shows.
        """,
    ),
)
