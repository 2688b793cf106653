"""Waves and optics: light, colour, lenses, sound."""

from __future__ import annotations

from materials.grammar import Group
from materials.words.matter import (
    BENDS_MORE,
    CLEAR,
    FASTER_SOUND,
    INSTRUMENTS_OF_MUSIC,
    LONGER_RADIATION,
    LONGER_WAVE,
    STRINGED,
)
from materials.words.people import CHILDREN, LEARNERS, PARENTS, RESEARCHERS, TEACHERS

GROUPS = (
    Group(
        {"c": LONGER_WAVE, "s": LEARNERS, "p": RESEARCHERS},
        """
        {c.more} light has a longer wavelength than {c.less} light.
        {c.less} light has a shorter wavelength than {c.more} light.
        {c.less} light has a higher frequency than {c.more} light.
        {c.more} light has a lower frequency than {c.less} light.
        a photon of {c.less} light carries more energy than a photon of {c.more} light.
        a prism bends {c.less} light more than {c.more} light.
        the {s.noun} sends {c.more} light and {c.less} light through a prism. / \
            {s.he} sees that the {c.less} ray bends more.
        the {p.noun} has a {c.more} laser and a {c.less} laser. / \
            {p.he} needs a long wavelength, so {p.he} takes the {c.more} one.
        the {p.noun} has a {c.more} laser and a {c.less} laser. / \
            {p.he} needs a high frequency, so {p.he} takes the {c.less} one.
        a narrow {c.more} filter lets {c.more} light pass and stops {c.less} light.
        a narrow {c.less} filter lets {c.less} light pass and stops {c.more} light.
        in the rainbow {c.more} and {c.less} are two of the colours.
        both {c.more} light and {c.less} light move at the same speed in a vacuum.
        """,
    ),
    Group(
        {"r": LONGER_RADIATION},
        """
        {r.more} have a longer wavelength than {r.less}.
        the frequency of {r.less} is higher than that of {r.more}.
        the wavelength of {r.less} is shorter than that of {r.more}.
        the photons of {r.less} carry more energy than those of {r.more}.
        {r.more} and {r.less} are both electromagnetic waves.
        """,
    ),
    Group(
        {"m": BENDS_MORE, "k": CLEAR, "s": LEARNERS, "f": CHILDREN},
        """
        light is slower in {m.more} than in {m.less}.
        light is faster in {m.less} than in {m.more}.
        the refractive index of {m.more} is higher than that of {m.less}.
        a ray that goes from {m.less} into {m.more} bends towards the normal.
        a ray that goes from {m.more} into {m.less} bends away from the normal.
        light passes through clear {k}, and a part of it is reflected at the surface.
        the {s.noun} shines a ray of light at a block of {k}. / \
            one part is reflected, another part is refracted into the {k}.
        the {f.noun} puts a straw into {f.his} glass of water. / \
            the straw looks broken, because the light bends at the surface.
        a lens of {k} bends the rays of light.
        """,
    ),
    Group(
        {"i": INSTRUMENTS_OF_MUSIC, "g": STRINGED, "f": CHILDREN, "a": PARENTS, "s": LEARNERS},
        """
        the {i} makes a sound, which travels through the air as a wave.
        a loud tone of the {i} has a large amplitude, a quiet tone has a small amplitude.
        a high tone of the {i} has a high frequency, a low tone has a low frequency.
        the {f.noun} plays the {i} loudly. / \
            the amplitude of the sound wave is large, and {f.his} [mother|father|brother|sister] closes the door.
        the {a.noun} tunes {a.his} {g}. / when {a.he} makes the string tighter, the frequency rises, and when {a.he} \
            makes it looser, the frequency falls.
        a short string of the {g} gives a high tone, a long string gives a low tone.
        a tight string of the {g} vibrates fast, a loose string vibrates slowly.
        the string of the {g} vibrates, and the air vibrates with it.
        the {s.noun} hears the {i} from far away. / the sound is quiet, because its intensity falls with distance.
        the tone of the {i} is loud near the stage and quiet at the back of the hall.
        the {s.noun} hears an echo of the {i}. / {s.he} knows that the wall reflects the sound.
        """,
    ),
    Group(
        {"v": FASTER_SOUND, "s": LEARNERS, "t": TEACHERS, "p": RESEARCHERS, "f": CHILDREN},
        """
        sound is faster in {v.more} than in {v.less}.
        sound travels slowly in {v.less} and faster in {v.more}.
        the {f.noun} sees the lightning first and hears the thunder later. / \
            {f.he} learns that light is faster than sound.
        the {t.noun} rings a bell under a glass and pumps out the air. / \
            the {s.noun} hears nothing, because sound needs air.
        the {f.noun} looks into the mirror. / the angle at which the light arrives is the angle at which it leaves.
        the {s.noun} holds a lens over paper in the sun. / \
            {s.he} moves it until the rays meet in the focus, and the paper burns.
        the {p.noun} sends light through two slits. / \
            on the screen {p.he} sees bright and dark stripes, so light is a wave.
        the {p.noun} points {p.his} telescope at a star. / \
            a large mirror collects more light, so {p.he} sees it brighter.
        the {p.noun} looks at a cell through the microscope. / its lenses make the small cell look large.
        a siren comes nearer, and the {f.noun} hears a higher frequency. / when it moves away, {f.he} hears a lower one.
        the {f.noun} throws a stone into the pond. / waves run out in circles, while the water only moves up and down.
        the {s.noun} wears glasses with convex lenses. / without them {s.he} cannot see near things sharply.
        the {s.noun} wears glasses with concave lenses. / without them {s.he} cannot see far things sharply.
        the {t.noun} shines white light through a prism, and the {s.noun} sees all colours from red to violet.
        """,
    ),
    Group(
        {},
        """
        optics is the study of light, lenses and mirrors.
        optics asks how [light|a ray|a lens|a mirror|a wave] [bends|reflects|behaves].
        [light|reflection|refraction|diffraction|interference|wavelength] is a word of optics.
        the [lens|mirror|prism|telescope|microscope|laser] belongs to optics.
        a convex lens brings rays together, a concave lens spreads them out.
        a mirror reflects light, a lens refracts light.
        the speed of a wave is its frequency times its wavelength.
        a wave with a high frequency has a short wavelength, a wave with a low frequency has a long wavelength.
        light is a transverse wave, sound in air is a longitudinal wave.
        light travels through a vacuum, sound does not.
        two waves in step make a larger wave, two waves out of step cancel.
        a bright lamp has a high intensity, a dim lamp has a low intensity.
        a black surface absorbs light and becomes warm, a white surface reflects light and stays cool.
        light bends around a narrow slit, and that is called diffraction.
        a loud sound has a large amplitude, a quiet sound has a small one.
        a bright light has a large amplitude, a dim light has a small one.
        a bright star sends much light, a dark planet sends none of its own.
        a loud bell sends much sound, a quiet bell sends little.
        bright is the opposite of dark, and loud is the opposite of quiet.
        a bright [screen|room|lamp|star|page] sends much light to the eye, a dark one sends little.
        near the lamp the page is bright, far from the lamp it is dim.
        nothing is faster than light in a vacuum.
        the eye is a small camera: the lens makes an image on the retina.
        the sky is blue, because air scatters blue light more than red light.
        at sunset the sky is red, because blue light is scattered away on the long path.
        a polarising filter lets light pass in one direction and stops it in the other.
        in a glass fibre light is reflected again and again and cannot leave.
        """,
    ),
)
