"""`python -m autograder`: the command line of the interpreter's own environment, wherever it is called from."""

from __future__ import annotations

from autograder.cli.main import main

if __name__ == "__main__":
    main()
