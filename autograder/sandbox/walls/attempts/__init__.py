"""Attempts: code that tries what student code must not be able to do; `trial` runs it behind walls.

Each attempt returns in words what it got. An empty answer or an exception means that it got nothing. An attempt does
no harm without walls: its targets are files and processes made for it, and it keeps to its own limits.
"""

from autograder.sandbox.walls.attempts import files, network, privilege, processes, resources
from autograder.sandbox.walls.attempts.targets import ATTEMPTS, LIMITS, Attempt, Targets

__all__ = ["ATTEMPTS", "LIMITS", "Attempt", "Targets", "files", "network", "privilege", "processes", "resources"]
