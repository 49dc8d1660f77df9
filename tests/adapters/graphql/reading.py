"""Executes operations on the read models of the demo's log, on both databases."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, create_engine, event
from strawberry.types import ExecutionResult
from typer.testing import CliRunner

from adapters.avro import AvroCodec
from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.readers import Readers
from adapters.graphql.schema import schema
from commands.caller import ANONYMOUS
from domain.log import LogReader, Recorded
from infra.cli import application
from infra.config import WhenceSettings
from infra.logs import open_reader
from projections.bookkeeping import METADATA
from projections.source import ReadModels
from projections.store import prepare, writing
from tests.projections.stores import built

SCHEMA = schema(limiting(Limits(cost=500_000)))
"""The schema with a higher cost limit than the served schema, for the large documents of these tests."""


@dataclass(frozen=True)
class Reading:
    """Executes operations on the read models of a log."""

    log: LogReader
    engine: Engine
    models: ReadModels
    served: Served

    def query(self, document: str, **variables: Any) -> Any:
        """Executes an operation; returns the result's data. Fails if the result has errors."""
        result = self.execute(document, **variables)
        assert result.errors is None, result.errors
        return result.data

    def fault(self, document: str, **variables: Any) -> tuple[str, str]:
        """Executes an operation whose result has exactly one error; returns the error's code and message."""
        result = self.execute(document, **variables)
        assert result.errors is not None
        (error,) = result.errors
        return (error.extensions or {})["code"], error.message

    def execute(self, document: str, **variables: Any) -> ExecutionResult:
        """Executes an operation in a new context; returns its result."""
        return asyncio.run(self.operation(document, **variables))

    async def operation(self, document: str, **variables: Any) -> ExecutionResult:
        """Like `execute`, for a running event loop."""
        result = await SCHEMA.execute(document, variables, context_value=Context(ANONYMOUS, self.served))
        assert isinstance(result, ExecutionResult)
        return result

    def events(self) -> list[Recorded]:
        """Every event of the log."""
        return list(self.log.read())

    @contextmanager
    def statements(self) -> Generator[list[str]]:
        """Collects the SQL statements that run inside the `with` block."""
        run: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            run.append(statement)

        event.listen(self.engine, "before_cursor_execute", note)
        yield run
        event.remove(self.engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def demo_log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a log with the same events as the log of `make demo`."""
    address = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'whence.db'}"
    played = CliRunner().invoke(application(), ["paper", "--log", address])
    assert played.exit_code == 0, played.output
    return address


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def reading(
    request: pytest.FixtureRequest, demo_log: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reading]:
    """The demo's read models, once on SQLite and once on PostgreSQL."""
    with _store(request, tmp_path_factory.mktemp("store")) as url, serving_reads(demo_log, url) as served:
        yield served


@contextmanager
def serving_reads(log: str, url: str, operations: int = 4) -> Generator[Reading]:
    """Builds the read models of a log in a new store."""
    engine = prepare(create_engine(url))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    with closing(open_reader(WhenceSettings(log=log))) as reader:
        models = ReadModels(engine, built(engine, reader).projections, log=reader)
        readers = Readers(operations)
        yield Reading(reader, engine, models, Served(models, AvroCodec().decode, readers))
        readers.close()
    engine.dispose()


@contextmanager
def _store(request: pytest.FixtureRequest, folder: Path) -> Generator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'read.db'}"
        return
    server: str = request.getfixturevalue("database_url")
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = urlsplit(server)._replace(scheme="postgresql+psycopg", path=f"/{name}", query="")
        yield url.geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
