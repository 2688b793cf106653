"""Finds nbgrader's marked regions in a cell; the lowest module of authoring, used by the others.

Like nbgrader, it treats any line that contains the marker's words as a marker, in cells of every type.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Marker:
    """The words that begin and end one kind of region."""

    begin: str
    end: str


SOLUTION = Marker("BEGIN SOLUTION", "END SOLUTION")
HIDDEN = Marker("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
MARK_SCHEME = Marker("BEGIN MARK SCHEME", "END MARK SCHEME")
MARKERS = (SOLUTION, HIDDEN, MARK_SCHEME)


@dataclass(frozen=True)
class Region:
    """Indices (0-based) of the two marker lines in the cell's source."""

    begin: int
    end: int

    @property
    def inside(self) -> range:
        """Indices of the lines between the markers."""
        return range(self.begin + 1, self.end)


class RegionFault(ValueError):
    """Unpaired markers at line `offset` (0-based) of the cell. The caller adds the file name."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


def find(source: str, marker: Marker) -> tuple[Region, ...]:
    """The regions of a cell, in order. RegionFault if one is nested, not closed or not opened."""
    found: list[Region] = []
    opened: int | None = None
    for index, line in enumerate(source.split("\n")):
        if marker.begin in line:
            if opened is not None:
                raise RegionFault(index, f"{marker.begin} inside another one; close the first with {marker.end}")
            opened = index
        elif marker.end in line:
            if opened is None:
                raise RegionFault(index, f"{marker.end} without {marker.begin}; open it, or drop this line")
            found.append(Region(opened, index))
            opened = None
    if opened is not None:
        raise RegionFault(opened, f"{marker.begin} is never closed; add a line ### {marker.end}")
    return tuple(found)


def texts(source: str, marker: Marker) -> tuple[str, ...]:
    """The text of each region, without its marker lines."""
    lines = source.split("\n")
    return tuple("\n".join(lines[index] for index in region.inside) for region in find(source, marker))


def drop(source: str, marker: Marker) -> str:
    """The source without its regions and their marker lines."""
    cut = {index for region in find(source, marker) for index in range(region.begin, region.end + 1)}
    return "\n".join(line for index, line in enumerate(source.split("\n")) if index not in cut)


def drop_markers(source: str, marker: Marker) -> str:
    """The source with the regions kept but without their marker lines."""
    cut = {index for region in find(source, marker) for index in (region.begin, region.end)}
    return "\n".join(line for index, line in enumerate(source.split("\n")) if index not in cut)


def indent(line: str) -> str:
    """The leading white space of a line."""
    return line[: len(line) - len(line.lstrip())]
