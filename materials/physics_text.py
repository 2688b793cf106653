"""Write `physics.txt`, the text that the course's word vectors and its small GPT-2 learn from.

    python -m materials.physics_text

The text is made by rules: patterns (`materials/patterns/`) filled with words (`materials/words/`), in an order and a
choice that one seed decides. The same seed gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

from materials.grammar import Story, tell
from materials.patterns import GROUPS

SEED = 1687
TOKENS = 320_000
# A story told more often than this is skipped: short facts may come back, but not fill the text.
SAME_STORY = 6
TARGET = Path(__file__).resolve().parent.parent / "source" / "embeddings" / "physics.txt"


def stories(seed: int = SEED, tokens: int = TOKENS) -> list[Story]:
    """At least `tokens` words and marks of stories; every pattern has its turn before any comes round again."""
    random = Random(seed)
    patterns = [(group, pattern) for group in GROUPS for pattern in group.patterns() * group.times]
    told: Counter[Story] = Counter()
    made: list[Story] = []
    count = 0
    while count < tokens:
        random.shuffle(patterns)
        for group, pattern in patterns:
            story = tell(group, pattern, random)
            told[story] += 1
            if told[story] <= SAME_STORY:
                made.append(story)
                count += sum(sentence.count(" ") + 1 for sentence in story)
    return made


def text(made: list[Story]) -> str:
    """One sentence a line, story after story."""
    return "".join(f"{sentence}\n" for story in made for sentence in story)


def main() -> None:
    """Write the file and say how large it is."""
    made = stories()
    written = text(made)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(written.encode())
    words = written.split()
    print(f"{TARGET}: {len(made):,} stories, {written.count(chr(10)):,} sentences, {len(words):,} tokens,")
    print(f"{len(set(words)):,} different ones, {len(written) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
