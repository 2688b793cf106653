"""Creates an empty gradebook as nbgrader does, in this process; before the writer.

nbgrader runs the command `alembic`, found on PATH, to get the version of its tables, which takes some seconds. This
module reads the version from nbgrader's own folder of migrations instead.
"""

from __future__ import annotations

from alembic.script import ScriptDirectory
from nbgrader.api import Base
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import URL, create_engine, inspect, text
from sqlalchemy.pool import NullPool

VERSION = "alembic_version"  # alembic's own table


def begin(url: URL) -> None:
    """Creates all tables of a gradebook and stores their version, unless there is a gradebook already."""
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
