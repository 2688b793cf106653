"""`python -m autograder`: the command line, run with the environment of the interpreter that was called."""

from __future__ import annotations

from autograder.cli.main import main

if __name__ == "__main__":
    main()
