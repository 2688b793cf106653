"""The command line: parse, call, exit code. Messages go to stderr, results to stdout.

Exit codes: 0 done; 1 something was judged and falls short; 2 bad usage or input; 3 our fault.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import typer

from autograder.cli import authoring, grading, marks, trying
from autograder.cli.terminal import err, escape_markup
from autograder.errors import AutograderError
from autograder.starting import without_address_grammar

INTERRUPTED = 130  # exit code of a command ended by Ctrl-C, as shells have it

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command("compile")(authoring.compile_)
app.command()(authoring.certify)
app.command()(grading.run)
app.command()(grading.grade)
app.command("import")(authoring.import_)
app.command()(marks.export)
app.command()(marks.report)
app.command()(trying.doctor)
app.command()(trying.demo)
secret_app = typer.Typer(no_args_is_help=True, help="The secret from which hidden inputs are drawn.")
secret_app.command("rotate")(grading.rotate_secret)
app.add_typer(secret_app, name="secret")


def main() -> None:
    without_address_grammar()
    try:
        app(standalone_mode=True)
    except AutograderError as error:
        err.print(f"[red]error[/red] {escape_markup(error)}")
        sys.exit(error.exit_code)
    except SystemExit as ended:  # typer turns Ctrl-C into this code, and says nothing
        if ended.code == INTERRUPTED:
            err.print("interrupted: what is graded is kept; run the same command to go on")
        raise
    except Exception as error:  # a mistake of ours: one line, and the place of it for a report
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        err.print(f"[red]our fault[/red] {escape_markup(f'{type(error).__name__}: {error} ({place})')}")
        sys.exit(3)
