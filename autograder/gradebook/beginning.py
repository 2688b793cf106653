"""Makes an empty gradebook as nbgrader makes one, in this process; before the writer.

nbgrader asks the command `alembic` for the version of its tables whenever it makes a gradebook: a process of some
seconds, found by name on PATH. Its answer stands in nbgrader's own folder of versions, and is read there.
"""

from __future__ import annotations

from alembic.script import ScriptDirectory
from nbgrader.api import Base
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import URL, create_engine, inspect, text
from sqlalchemy.pool import NullPool

VERSION = "alembic_version"  # alembic's own table


def begin(url: URL) -> None:
    """Makes all tables of a gradebook, and says of which version they are, unless there is one already."""
    engine = create_engine(url, poolclass=NullPool)
    if inspect(engine).get_table_names():
        return
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        connection.execute(text(f"CREATE TABLE {VERSION} (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text(f"INSERT INTO {VERSION} (version_num) VALUES (:head)"), {"head": head()})


def head() -> str:
    """The newest version of nbgrader's tables."""
    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())
