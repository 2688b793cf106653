"""Where things are: the repository, its tests, and the course that the engine is tested on."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
