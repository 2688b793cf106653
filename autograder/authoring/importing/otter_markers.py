"""Turns Otter's marks in solution code into the regions of this format; a step of import.

`# BEGIN PROMPT`, `# SEED` and `# IGNORE` must end their lines; text may follow `# SOLUTION` and `# BEGIN SOLUTION`
(`# SOLUTION: by hand`). Marks are found as `otter assign` finds them, so that no line it removes reaches students. The
`x = ...` that Otter shows in place of a solution becomes a comment above the region.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from autograder.authoring import regions, rules, syntax

_BEGIN = re.compile(r"\s*# BEGIN SOLUTION( NO PROMPT)?")
_MARKED = re.compile(r".*# ?(SOLUTION|SEED\s*$)")
_BARE = re.compile(r"\s*# ?(SOLUTION( NO PROMPT)?|SEED)\s*$")  # a mark without further text
_BOUNDARIES = ("begin solution", "end solution", "begin prompt", "end prompt")
_BEGIN_IGNORE = re.compile(r"\s*#\s*BEGIN\s*IGNORE", re.IGNORECASE)


@dataclass
class ConvertedCell:
    """A code cell in this format; `regions` is the number of solution regions, 0 if no line was marked."""

    source: str = ""
    regions: int = 0
    remarks: list[str] = field(default_factory=list)


@dataclass
class _Stretch:
    """Consecutive lines that are all given, or are all a solution, with the text that students see instead."""

    hidden: bool
    lines: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)


def mark(source: str) -> ConvertedCell:
    """The code with a region around every stretch of solution. ValueError if a begin or end has no partner."""
    done = ConvertedCell()
    kept = _drop_ignored(source.split("\n"), done.remarks)
    stretches = _stretches(kept, done.remarks)
    for stretch in stretches:
        if not stretch.hidden:
            done.source += "".join(f"{line}\n" for line in stretch.lines)
        else:
            done.source += _region(stretch)
            done.regions += 1
    done.source = done.source.rstrip("\n")
    if done.regions and not _stub_parses(done.source):
        whole = _Stretch(True, [line for stretch in stretches for line in stretch.lines])
        done.source, done.regions = _region(whole).rstrip("\n"), 1
        done.remarks.append("what Otter leaves of it does not parse, so all of the cell is the solution now")
    return done


def _drop_ignored(lines: list[str], remarks: list[str]) -> list[str]:
    kept: list[str] = []
    inside = False
    for line in lines:
        if line.rstrip().endswith("# END IGNORE"):
            inside = False
        elif _BEGIN_IGNORE.match(line):
            inside = True
        elif not inside and not line.rstrip().endswith("# IGNORE"):
            kept.append(line)
            continue
        remarks.append(f"left out, as Otter does: {line.strip()!r}")
    if inside:
        raise ValueError("# BEGIN IGNORE is never ended")
    return kept


def _stretches(lines: list[str], remarks: list[str]) -> list[_Stretch]:
    found: list[_Stretch] = []
    inside: str = ""  # "solution" or "prompt" between their begin and end
    for line in lines:
        mark = _mark(line)
        if mark in _BOUNDARIES:
            inside = _block_after(inside, mark)
            continue
        hidden = bool(inside) or mark == "marked"
        if not found or found[-1].hidden != hidden:
            found.append(_Stretch(hidden))
        if inside == "prompt":
            found[-1].prompts.append(line)
        elif mark == "marked":
            _take_marked_line(line, found[-1], remarks)
        else:
            found[-1].lines.append(line)
    if inside:
        raise ValueError(f"# BEGIN {inside.upper()} is never ended")
    if any(stretch.prompts for stretch in found):
        remarks.append("what students see in place of the solution is a comment now, above nbgrader's own stub")
    return found


def _mark(line: str) -> str:
    end = line.rstrip()
    for boundary in _BOUNDARIES:
        if end.endswith(f"# {boundary.upper()}"):
            return boundary
    if _BEGIN.match(line):
        return "begin solution"
    return "marked" if _MARKED.match(line) else ""


def _block_after(inside: str, boundary: str) -> str:
    """The block ("solution", "prompt" or "") that is open after this boundary."""
    what, named = boundary.split()
    if what == "begin":
        if inside:
            raise ValueError(f"# {boundary.upper()} inside # BEGIN {inside.upper()}")
        return named
    if inside != named:
        raise ValueError(f"# {boundary.upper()} without # BEGIN {named.upper()}")
    return ""


def _take_marked_line(line: str, stretch: _Stretch, remarks: list[str]) -> None:
    """Adds a line that contains # SOLUTION or ends in # SEED to `stretch`."""
    code = _BARE.sub("", line).rstrip()
    stretch.lines.append(code)
    if line.rstrip().endswith("SEED"):
        remarks.append(f"the seed {code.strip()!r} belongs to the solution now: students do not see it")
    elif not line.rstrip().endswith("NO PROMPT"):
        stretch.prompts += _prompt_lines(code)


def _prompt_lines(code: str) -> list[str]:
    """`x = ...` for each one-line assignment, as Otter shows it; nothing for other lines."""
    try:
        [statement] = ast.parse(code.strip()).body
    except (SyntaxError, ValueError):
        return []
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) or statement.value is None:
        return []
    before = code.strip().encode()[: statement.value.col_offset].decode()
    return [f"{regions.indent(code)}{before.rstrip().rstrip('(').rstrip()} ..."]


def _region(stretch: _Stretch) -> str:
    lines = [line for line in (stretch.lines or stretch.prompts) if line.strip()]
    indent = min((regions.indent(line) for line in lines), key=len, default="")
    shown = [f"{indent}# {line.removeprefix(indent).rstrip()}" for line in stretch.prompts if line.strip()]
    return "".join(
        f"{line}\n" for line in (*shown, f"{indent}### BEGIN SOLUTION", *stretch.lines, f"{indent}### END SOLUTION")
    )


def _stub_parses(source: str) -> bool:
    try:
        syntax.parse(rules.stub(source))
    except SyntaxError:
        return False
    return True
