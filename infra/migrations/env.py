"""Alembic's environment.

It uses the connection of `migrate`, or the configured store where a developer runs `alembic`.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.sql.schema import SchemaItem

from infra.migrations.tables import METADATA


def _is_ours(_item: SchemaItem, _name: str | None, kind: str, *found: object) -> bool:
    """Whether Alembic manages this item; false for the tables of builds, which are made and dropped without it."""
    reflected, described = found
    return not (kind == "table" and reflected and described is None)


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        include_object=_is_ours,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_from_the_command_line() -> None:
    from infra.config import load
    from infra.store import open_store
    from projections.store import writing

    with writing(open_store(load())) as connection:
        _run(connection)


given = context.config.attributes.get("connection")
if isinstance(given, Connection):
    _run(given)
else:
    _run_from_the_command_line()
