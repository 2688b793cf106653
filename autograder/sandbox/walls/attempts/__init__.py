"""What student code must not be able to do, written as code that tries it; run behind walls by `trial`.

Each attempt returns what it got, in words; an empty answer or an exception says that it got nothing. None does
harm where no walls stand: it goes after files and processes made for the purpose, within its own limits.
"""

from autograder.sandbox.walls.attempts import files, network, privilege, processes, resources
from autograder.sandbox.walls.attempts.targets import ATTEMPTS, LIMITS, Attempt, Targets

__all__ = ["ATTEMPTS", "LIMITS", "Attempt", "Targets", "files", "network", "privilege", "processes", "resources"]
