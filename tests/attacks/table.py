"""The table of docs/security.md, made of the cases: `python tests/attacks/table.py` writes it in its place there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from tests.attacks.attack import UNSAFE, Attack  # noqa: E402  # found beside this file
from tests.attacks.cases import BY_THEME  # noqa: E402
from tests.attacks.cases.grader_side import CLAIMS  # noqa: E402

DOCUMENT = HERE.parent.parent / "docs" / "security.md"
ELSEWHERE = HERE / "elsewhere.json"  # what elsewhere.py measured
BEGIN, END = "<!-- table: made by tests/attacks/table.py -->", "<!-- end of table -->"
HEAD = "| case | a submission that | expected | tier 2 | tier 1 | tier 0 | nbgrader | otter |"
RULE = "|---|---|---|---|---|---|---|---|"
NOT_MEASURED = "not measured"
TITLES = {
    "honest": "Honest work that looks odd",
    "values": "Wrong values in disguise",
    "python_state": "Patches around the function",
    "hunts": "Hunts for the answer",
    "ipython": "IPython's own state",
    "rules": "torch's attention under other names",
    "wire": "The socket to the grader",
    "rebuild": "The notebook's fields",
    "ends": "Ends, and none",
    "limits": "More than its share",
    "reach": "What is not the submission's",
    "invalid": "Files that are no notebooks",
    "pages": "What pages show",
    "on_disk": "What lies in the folder",
}


class Notes:
    """Numbers reasons in the order in which they come."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def mark(self, verdict: str) -> str:
        kind, _, reason = verdict.partition(": ")
        if verdict == UNSAFE:
            return "–"
        if not reason:
            return kind
        if reason not in self.texts:
            self.texts.append(reason)
        return f"{kind} [{self.texts.index(reason) + 1}]"


def measured() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(ELSEWHERE.read_text()) if ELSEWHERE.is_file() else {}
    return found


def row(attack: Attack, notes: Notes, others: dict[str, dict[str, str]]) -> str:
    read_before = attack.on_disk is not None  # by the grader, and the same on every tier
    tiers = ["held" if read_before else notes.mark(attack.verdict(tier)) for tier in (2, 1, 0)]
    theirs = [others.get(tool, {}).get(attack.name, NOT_MEASURED) for tool in ("nbgrader", "otter")]
    return f"| `{attack.name}` | {attack.tries} | {attack.expect} | " + " | ".join(tiers + theirs) + " |"


def table() -> str:
    notes, others, lines = Notes(), measured(), []
    count = sum(map(len, BY_THEME.values())) + len(CLAIMS)
    lines.append(f"{count} cases.\n")
    for theme, title in TITLES.items():
        lines += [f"**{title}**\n", HEAD, RULE]
        lines += [row(attack, notes, others) for attack in BY_THEME[theme]]
        lines.append("")
    lines.append("**The grader's own reading** (the same on every tier)\n")
    lines += ["| case | a submission that | here |", "|---|---|---|"]
    for claim in CLAIMS:
        reason = claim.hole or claim.left
        lines.append(f"| `{claim.name}` | {claim.tries} | {notes.mark(f'open: {reason}' if reason else 'held')} |")
    lines += ["", *(f"[{number}] {text}.\n" for number, text in enumerate(notes.texts, start=1))]
    return "\n".join(lines)


def written(document: str) -> str:
    """`document` with the table as the cases have it."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
