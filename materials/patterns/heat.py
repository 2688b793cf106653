"""Thermodynamics: temperature, heat, gases, changes of state, engines."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.matter import CHANGES, COLD_BODIES, DRINKS, ENGINES, GASES, HOT_BODIES, INSULATORS, LIQUIDS, METALS
from materials.words.people import CHILDREN, LEARNERS, PARENTS, TEACHERS, WORKERS

GROUPS = (
    Group(
        {"m": METALS, "n": METALS, "i": INSULATORS, "s": LEARNERS},
        """
        when {m} is heated, its temperature rises and it expands.
        when {m} is cooled, its temperature falls and it contracts.
        hot {m} expands, cold {m} contracts.
        the rod of {m} heats up, so it expands and becomes longer.
        the rod of {m} cools down, so it contracts and becomes shorter.
        {m} conducts heat well, {i} conducts heat badly.
        a spoon of {m} in hot tea becomes hot, a spoon of [wood|plastic|porcelain] stays cool.
        in a cool room {m} feels colder than {i} at the same temperature, because {m} takes heat from the hand faster.
        the {s.noun} heats a ball of {m}. / now it is too large for the ring, because it has expanded.
        the {s.noun} cools a ball of {m}. / now it fits through the ring again, because it has contracted.
        at a high temperature {m} melts, at a low temperature it is solid.
        the {s.noun} puts hot {m} into cold water. / \
            the {m} cools, the water heats up, and at last both have the same temperature.
        atoms in hot {m} move fast, atoms in cold {m} move slowly.
        a strip of {m} and {n} bends when it is heated, because one of them expands more.
        """,
    ),
    Group(
        {"h": HOT_BODIES, "c": COLD_BODIES, "s": LEARNERS},
        """
        {h} is hot, {c} is cold.
        {h} is hot and has a high temperature.
        {c} is cold and has a low temperature.
        the temperature of {h} is high, the temperature of {c} is low.
        {h} heats what it touches, {c} cools what it touches.
        heat flows from {h} to {c}, from hot to cold, never by itself from cold to hot.
        {h} gives heat away, {c} takes heat in.
        near {h} the thermometer rises, near {c} the thermometer falls.
        the {s.noun} says that {h} is hot and {c} is cold.
        near {h} the air warms and rises, near {c} the air cools and sinks.
        fast molecules make {h} hot, slow molecules make {c} cold.
        """,
    ),
    Group(
        {"g": GASES, "s": LEARNERS, "t": TEACHERS},
        """
        when {g} is heated at constant pressure, it expands and its volume rises.
        when {g} is cooled at constant pressure, it contracts and its volume falls.
        when {g} is heated in a closed bottle, its pressure rises.
        when {g} is cooled in a closed bottle, its pressure falls.
        hot {g} has a high pressure in a closed bottle, cold {g} has a low one.
        the molecules of {g} fly about and hit the walls, and that is the pressure.
        hot {g} rises in cold {g}, because it is less dense.
        cold {g} sinks in hot {g}, because it is denser.
        at a high temperature the molecules of {g} are fast, at a low temperature they are slow.
        the {t.noun} heats a flask of {g}. / the molecules become faster, hit the walls harder, and the pressure rises.
        the {t.noun} cools a flask of {g}. / \
            the molecules become slower, hit the walls more softly, and the pressure falls.
        the {s.noun} presses a piston into a cylinder of {g}. / \
            the volume falls, the pressure rises, and {s.he} feels the cylinder become warm.
        the {s.noun} pulls the piston of a cylinder with {g}. / the volume rises and the pressure falls.
        {g} is a gas at room temperature, and it fills any volume.
        a balloon of {g} grows in the sun and shrinks in the snow.
        """,
    ),
    Group(
        {"x": CHANGES, "s": LEARNERS},
        """
        {x.cold} {x.up} when it is heated, {x.hot} {x.down} when it is cooled.
        when {x.cold} is heated, it {x.up} and becomes {x.hot}.
        when {x.hot} is cooled, it {x.down} and becomes {x.cold}.
        {x.cold} becomes {x.hot} by {x.upward}, and {x.hot} becomes {x.cold} by {x.downward}.
        {x.upward} takes heat in, {x.downward} gives heat away.
        while {x.cold} {x.up}, its temperature stays the same, though heat flows in.
        while {x.hot} {x.down}, its temperature stays the same, though heat flows out.
        {x.upward} is the opposite of {x.downward}.
        the {s.noun} watches how {x.cold} {x.up}. / \
            {s.he} notes that the temperature does not rise until all of it is {x.hot}.
        at a high temperature there is {x.hot}, at a low temperature there is {x.cold}.
        the particles of {x.hot} have more energy than those of {x.cold}.
        """,
    ),
    Group(
        {"q": LIQUIDS, "r": DRINKS, "a": PARENTS, "f": CHILDREN, "w": WORKERS, "v": ENGINES},
        """
        the {a.noun} heats {r} in a pot. / {a.he} sees the surface move, because hot {r} rises and cold {r} sinks.
        the {a.noun} puts the {r} into the fridge. / after an hour {a.he} takes it out, and it is cold.
        the {a.noun} pours hot tea into a cup. / \
            the tea cools, the cup heats up, and the {f.noun} burns {f.his} fingers.
        the {f.noun} blows over {f.his} hot soup. / the soup cools, since the fastest molecules leave it.
        the {f.noun} holds {f.his} cold hands over the stove. / they become warm, because heat flows from hot to cold.
        the {f.noun} forgets {f.his} ice in the sun. / it melts, and {f.he} finds a puddle of water.
        the {f.noun} comes out of the lake. / \
            {f.he} feels cold, because the water on {f.his} skin evaporates and takes heat away.
        the {f.noun} puts a bottle of water into the freezer. / the water freezes and expands, and the bottle breaks.
        the {a.noun} has fever. / {a.his} thermometer shows a temperature that is too high.
        the {a.noun} holds {a.his} thermometer into the {r}, for its temperature must be right.
        the thermometer in the {r} rises with the temperature.
        the thermometer at the window tells the {a.noun} the temperature of the air.
        the {a.noun} closes the window in winter, so that the heat stays in the room.
        the {a.noun} wears a coat of wool. / wool is full of air, which conducts heat badly, and {a.he} stays warm.
        the {w.noun} checks the engine of the {v}. / {w.he} sees that the cooling water is hot, so the fan must run.
        the engine of the {v} takes heat from the burning fuel and turns a part of it into work.
        hot {q} cools in a cold room, cold {q} warms in a warm room.
        when {q} is heated, its temperature rises. / when it is cooled, its temperature falls.
        a vacuum flask keeps hot {r} hot and cold {r} cold, because its walls hold a vacuum.
        """,
    ),
    Group(
        {"m": METALS, "q": LIQUIDS, "g": GASES},
        """
        {m} is a solid, {q} is a liquid, and {g} is a gas.
        {q} is a liquid, {g} is a gas.
        {g} is a gas, {q} is a liquid.
        {m} is a solid, {q} is a liquid.
        {m} is a solid, {g} is a gas.
        {m} keeps its shape as a solid, {q} flows as a liquid, {g} flies away as a gas.
        the molecules of a gas such as {g} are far apart, those of a liquid such as {q} are near each other.
        """,
    ),
    Group(
        {},
        """
        heat flows from hot bodies to cold bodies.
        temperature rises when heat flows in, and falls when heat flows out.
        the first law of thermodynamics says that energy is conserved.
        the second law of thermodynamics says that the entropy of a closed system never falls.
        entropy counts the ways in which the molecules can be arranged.
        at absolute zero the temperature is zero kelvin, and nothing can be colder.
        no engine turns all its heat into work.
        a heat engine takes heat from a hot reservoir and gives heat to a cold one.
        a fridge works against the natural direction: it moves heat from cold to hot, and needs work for that.
        heat travels by conduction, by convection and by radiation.
        in a solid the molecules hold their places, in a liquid they slide, in a gas they fly.
        water is a liquid, ice is a solid, and steam is a gas.
        steam is a gas, which fills any volume.
        the gas that leaves a boiling kettle is called steam.
        the liquid in the kettle is water, the gas above it is steam.
        ice is solid, water is liquid.
        [ice|iron|salt|wax|rock] is a solid, [water|oil|milk|alcohol] is a liquid, and [air|steam|helium|oxygen] is \
            a gas.
        a solid has a shape and a volume, a liquid has a volume, a gas has neither.
        thermodynamics is the study of heat, temperature and entropy.
        thermodynamics asks how [heat|temperature|entropy|a gas|an engine] [changes|behaves].
        [entropy|heat|temperature|a gas|melting|boiling] is a word of thermodynamics.
        the [boiler|fridge|heat engine|steam engine|radiator] belongs to thermodynamics.
        a hot cup left alone cools down, but a cold cup never heats itself.
        milk and coffee mix by themselves but never come apart, because entropy rises.
        the temperature of a gas is a measure of how fast its molecules move.
        water boils at a lower temperature on a high mountain, where the pressure is low.
        a pot with a lid has a higher pressure, so the water boils at a higher temperature.
        hot is the opposite of cold, and warm is the opposite of cool.
        the law of boyle says that pressure times volume is constant at constant temperature.
        salt lowers the temperature at which water freezes, so it melts the ice on the road.
        heating raises the temperature, cooling lowers it.
        what heats up expands, what cools down contracts.
        what is heated becomes hot, what is cooled becomes cold.
        """,
    ),
)
