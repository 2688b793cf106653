"""Mechanics: motion, forces, energy, balance, the sky."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.matter import (
    BODIES,
    DENSER,
    ENGINES,
    HEAVY_BODIES,
    LIGHT_BODIES,
    LIQUIDS,
    NEARER_SUN,
    PLANETS,
    VEHICLES,
)
from materials.words.people import CHILDREN, LEARNERS, PARENTS, RESEARCHERS

GROUPS = (
    Group(
        {"b": BODIES, "c": BODIES, "s": LEARNERS},
        """
        gravity pulls the {b} [down|to the ground|towards the earth].
        the {b} falls because gravity pulls it [down|towards the earth].
        a falling {b} becomes faster and faster, until it hits the ground.
        the {b} rises at first, then gravity slows it down, and at last it falls.
        when the {s.noun} lets the {b} go, it falls to the floor.
        the {s.noun} throws the {b} up. / it rises more and more slowly, stops for a moment and falls back into \
            {s.his} hand.
        the {s.noun} drops the {b} and the {c} at the same moment. / without air both reach the floor at the same time.
        the {b} is thrown straight up. / at the top of its path it has a [high|large] potential energy and no \
            kinetic energy.
        while the {b} falls, potential energy turns into kinetic energy.
        while the {b} rises, kinetic energy turns into potential energy.
        the {b} lies on the table. / gravity pulls it down and the table pushes it up, so the two forces cancel.
        no force acts on the {b}, so it stays at rest or moves on at constant speed.
        a force acts on the {b}, so its [speed|velocity|momentum] changes.
        a [strong|large] force gives the {b} a [large|great] acceleration, a [weak|small] force a small one.
        friction slows the sliding {b} down, and the floor becomes warm.
        the {b} slides down the [smooth|icy] slope, and its speed rises.
        the {b} slides up the slope, and its speed falls.
        the {b} on a string moves in a circle. / the string pulls it towards the centre. / \
            if the string breaks, the {b} flies off in a straight line.
        the weight of the {b} is the force with which gravity pulls it.
        on the moon the {b} has the same mass but a smaller weight.
        the {b} has a larger weight on the earth than on the moon, but the same mass.
        the {b} is thrown [forward|sideways]. / it flies along a parabola, because gravity bends its path.
        the {b} hits the {c}. / the {c} pushes back with the same force, as the third law of newton says.
        the {b} swings on a string as a pendulum. / a long string gives a slow swing, a short string gives a fast swing.
        work is done when a force lifts the {b}.
        the {s.noun} lifts the {b} from the floor to the shelf. / \
            {s.he} does work, and the potential energy of the {b} rises.
        """,
    ),
    Group(
        {"h": HEAVY_BODIES, "l": LIGHT_BODIES, "s": LEARNERS},
        """
        the {h} is heavy and the {l} is not.
        the {h} has a large mass, the {l} has a small mass.
        a {h} falls faster through the air than a {l}, because the air slows the {l} down.
        in a vacuum the {h} and the {l} fall [side by side|together|equally fast].
        to move the {h} you need a strong force, to move the {l} a weak force is enough.
        the {s.noun} drops a {h} and a {l} from the [window|tower|bridge]. / \
            the {h} arrives first, because air holds the {l} back.
        the {h} is hard to stop, since its momentum is large.
        the inertia of the {h} is large, so it is hard to set in motion.
        """,
    ),
    Group(
        {"v": VEHICLES, "w": VEHICLES, "e": ENGINES, "s": LEARNERS, "p": RESEARCHERS},
        """
        a force drives the {v} forward, and friction slows it down.
        the {v} accelerates, so its speed rises.
        the {v} brakes, so its speed falls.
        when the {v} accelerates, its kinetic energy rises, and when it brakes, its kinetic energy falls.
        the {v} moves at constant speed, so the forces on it cancel.
        a heavy {v} needs a strong force to accelerate.
        a fast {v} has more kinetic energy than a slow one of the same mass.
        the {v} is fast and the {w} is slow. / the fast one needs less time for the same distance.
        an empty {e} has a small mass and is easy to stop, a full one has a large mass and is hard to stop.
        the {e} turns left, and the passengers feel pushed to the right. / their inertia carries them straight on.
        on ice the {e} slips, since friction is weak there.
        on a rough road friction is strong, on a smooth road it is weak.
        the {p.noun} times the {v}. / {p.he} divides the distance by the time and finds the speed.
        the speed of the {v} is the distance divided by the time.
        at twice the speed the {v} has four times the kinetic energy.
        the brakes of the {e} turn kinetic energy into heat.
        the {e} pulls a [cart|sled|scooter] with a rope. / \
            the load pulls back with an equal force in the opposite direction.
        the {s.noun} rides in the {e}. / when it stops suddenly, {s.he} is thrown forward, because the body keeps \
            its speed.
        the momentum of the {v} is its mass times its velocity.
        """,
    ),
    Group(
        {"f": CHILDREN, "g": CHILDREN, "a": PARENTS},
        """
        the {f.noun} sits on the swing. / the {a.noun} pushes {f.him}, and the swing goes higher.
        the {f.noun} and the {g.noun} sit on a seesaw. / \
            the heavy one sits near the middle, the other one far out, and it balances.
        the {f.noun} stands on a skateboard and pushes the wall. / the wall pushes back, and {f.he} rolls away.
        the {f.noun} pulls {f.his} sled up the hill and slides down. / \
            up there {f.he} has potential energy, down here kinetic energy.
        the {f.noun} throws a ball to {f.his} [father|mother|brother|sister]. / \
            the ball flies in an arc, since gravity pulls it down.
        the {f.noun} rolls a marble over the carpet and over the floor. / \
            on the carpet friction is stronger, so {f.he} sees it stop sooner.
        the {f.noun} jumps from the boat to the shore. / {f.he} moves forward and the boat moves back.
        the {a.noun} lifts a heavy stone with a long lever. / \
            a small force far from the pivot does the work of a large one near it.
        the {a.noun} loosens the screw with a long wrench, because the long arm makes the torque larger.
        the {a.noun} rides {a.his} bicycle up a hill. / {a.he} takes a low gear, which needs less force but more turns.
        """,
    ),
    Group(
        {"d": DENSER, "q": LIQUIDS},
        """
        {d.more} is denser than {d.less}.
        {d.less} is less dense than {d.more}.
        the density of {d.more} is higher than that of {d.less}.
        one litre of {d.more} has more mass than one litre of {d.less}.
        a cube of {d.less} has a smaller mass than an equal cube of {d.more}.
        which is denser, {d.less} or {d.more}? / {d.more} is, since the same volume has more mass.
        a body floats in {q} if it is less dense than the {q}, and sinks if it is denser.
        deep down in the {q} the pressure is high, near the surface it is low.
        a body in {q} is pushed up by a force equal to the weight of the {q} that it displaces.
        """,
    ),
    Group(
        {"n": NEARER_SUN, "o": PLANETS, "p": RESEARCHERS},
        """
        {n.more} is nearer to the sun than {n.less}.
        {n.less} is farther from the sun than {n.more}.
        {n.more} moves faster around the sun than {n.less}.
        a year on {n.less} is longer than a year on {n.more}.
        the sun pulls {n.more} more strongly than it would pull it at the distance of {n.less}.
        the planet {o} moves around the sun in an ellipse, held by gravity.
        the {p.noun} looks at {o} through {p.his} telescope. / \
            {p.he} sees it wander among the stars from night to night.
        gravity holds the [moon|satellite] in its orbit around the earth.
        a planet near the sun moves fast, a planet far from the sun moves slowly.
        the moon pulls the water of the sea, so the tide rises and falls twice a day.
        """,
    ),
    Group(
        {},
        """
        the second law of newton says that force is mass times acceleration.
        the law of hooke says that the force of a spring grows with its extension.
        in a closed system momentum is conserved.
        energy is conserved: it changes its form but never its total amount.
        a lever, a pulley and a ramp make a large force out of a small one, over a longer distance.
        two carts collide on a track. / the total momentum before is equal to the total momentum after.
        [a stretched|a pressed] spring stores energy. / when it is released, the energy turns into motion.
        a skater turns slowly with open arms and fast with closed arms, since angular momentum is conserved.
        work is force times distance, and power is work divided by time.
        pressure is force divided by area. / a sharp knife has a small area, so its pressure is high.
        snow shoes have a large area, so the pressure is low and nobody sinks in.
        forces are vectors: they have a size and a direction.
        mechanics is the study of [motion and forces|forces, masses and motion|bodies that move and forces that act].
        mechanics asks how a [force|mass|body] changes its [motion|speed|path].
        [velocity|acceleration|momentum|force] is a vector, [mass|time|energy|speed] is not.
        a rocket throws gas [down|back], and the gas pushes the rocket [up|forward] in return.
        [friction|gravity|inertia|momentum|torque] is a word of mechanics.
        when a [man|woman] in a lift accelerates upward, the scale shows a larger weight.
        when the lift accelerates downward, the scale shows a smaller weight.
        """,
    ),
)
