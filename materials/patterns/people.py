"""Days in the laboratory: who does what there, and how measuring goes."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.matter import DAYS, PLACES
from materials.words.people import EMPLOYED, FAMILY, LEARNERS, PROFESSIONS, RESEARCHERS, TEACHERS, WORKERS

GROUPS = (
    Group(
        {"p": EMPLOYED, "o": PLACES},
        """
        the {p.kin} works as a {p.noun}, and {p.he} likes {p.his} work.
        the {p.noun} is a [kind|tall|quiet|busy|cheerful] {p.adult}.
        this {p.kin} is a {p.noun}, and that {p.kin#2} would like to be one too.
        the {p.kin} is a {p.noun}, and {p.his} best friend is one too.
        what does the {p.kin} do? / {p.he} is a {p.noun} in the {o}.
        the {p.kin} who looks after the {o} is a {p.noun}.
        the {p.kin} wanted to become a {p.noun}, and now {p.he} is one.
        [people|they] say that a {p.kin} can be a good {p.noun}, and {p.he} shows it.
        a {p.kin} came to the {o}: {p.he} is the new {p.noun}.
        the {p.noun} tells {p.his} [friends|guests] what a {p.kin} in {p.his} work has to know.
        every {p.kin} in this family is a {p.noun}, says the {p.noun}, and {p.he} is proud of it.
        """,
        times=3,
    ),
    Group(
        {"p": PROFESSIONS, "o": PLACES, "d": DAYS},
        """
        the {p.noun} says that {p.he} likes physics.
        the {p.noun} works in the {o}, and {p.he} is there every {d}.
        on {d} the {p.noun} forgets {p.his} [keys|notebook|glasses|coat] in the {o}.
        the {p.noun} comes into the {o}. / {p.he} opens {p.his} notebook and begins to write.
        the {p.noun} explains {p.his} idea, and everyone in the {o} listens to {p.him}.
        the {p.noun} asks {p.himself} why the [lamp|motor|clock|engine] has stopped.
        when the {p.noun} was young, {p.he} built a [radio|telescope|kite|sundial] with {p.his} own hands.
        the {p.noun} drinks {p.his} tea while it is hot.
        the {p.noun} reads a book on [mechanics|electricity|thermodynamics|optics] until {p.he} falls asleep.
        the {p.noun} does not trust {p.his} result, so {p.he} measures again.
        a letter for the {p.noun} lies in the {o}: {p.he} has won a prize.
        the {p.noun} shows the {o} to a guest, and {p.he} is proud of {p.his} work.
        on {d} the {p.noun} stays at home, because {p.he} is ill.
        the {p.noun} drives home in {p.his} car and thinks about [friction|gravity|speed|the engine].
        """,
    ),
    Group(
        {"p": RESEARCHERS, "q": RESEARCHERS, "s": LEARNERS, "d": DAYS},
        """
        the {p.noun} has a hypothesis. / {p.he} plans an experiment that could prove {p.him} wrong.
        the {p.noun} repeats the experiment ten times. / the mean is better than any single value, {p.he} says.
        the {p.noun} changes one quantity and keeps all others constant.
        the {p.noun} draws a graph of the data. / the points lie on a line, and {p.he} smiles.
        one point lies far from the line. / the {p.noun} does not hide it but asks where the error comes from.
        the {p.noun} writes a paper on {p.his} experiment, and the {q.noun} tries to repeat it.
        theory and experiment agree within the error, so the {p.noun} is content.
        theory and experiment disagree, so the {p.noun} looks for {p.his} mistake.
        the {p.noun} gives a number, a unit and an error.
        on {d} the {s.noun} helps the {p.noun} in the laboratory. / \
            {s.he} reads the instruments, and {p.he} writes the numbers down.
        the {s.noun} has a question, and the {p.noun} answers it with an experiment.
        a law that fails one experiment is not a law, says the {p.noun}.
        the {p.noun} measures with care, because a small error in the data can hide a large effect.
        """,
    ),
    Group(
        {"s": LEARNERS, "t": TEACHERS, "d": DAYS},
        """
        on {d} the {t.noun} speaks about [forces|heat|light|atoms|charges], and the {s.noun} takes notes.
        the {s.noun} does {s.his} homework on [forces|circuits|lenses|gases]. / the {t.noun} finds no mistake in it.
        the {s.noun} raises {s.his} hand. / \
            {s.he} wants to know why [the sky is blue|ice floats|the moon does not fall down|metal feels cold].
        the {t.noun} praises the {s.noun}, because {s.he} has given the unit with the number.
        the {s.noun} fails at first, tries again, and then {s.his} experiment works.
        the {t.noun} prepares {t.his} lesson. / {t.he} lays out a battery, a lamp and three wires.
        """,
    ),
    Group(
        {"f": FAMILY, "g": FAMILY, "w": WORKERS},
        """
        the {f.noun} reads the newspaper, and {f.he} finds a story about a new planet.
        the {f.noun} asks {f.his} friend for help with the [radio|bicycle|telescope|kite].
        the {f.noun} says that {f.he} would like to see the stars tonight.
        the {f.noun} looks for {f.his} glasses, and the {g.noun} finds them.
        the {f.noun} and the {g.noun} build a [kite|radio|raft|sundial] together.
        the {w.noun} tells the {f.noun} what {w.he} does all day.
        the {f.noun} shows {f.himself} to be patient: {f.he} measures three times.
        """,
    ),
)
