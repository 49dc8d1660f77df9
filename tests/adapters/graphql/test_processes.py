"""Processes by GraphQL: a viewer reads their states, and a refused announcement states nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.scalars import time_text
from adapters.graphql.schema import schema
from adapters.processes.announcement import HeldLease, ProcessRole
from adapters.processes.place import Announced
from commands.caller import Caller
from commands.roles import Role
from infra.config import WhenceSettings
from infra.store import open_store
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels
from tests.adapters.processes.announcements import ANNOUNCEMENT
from tests.commands.list_log import ListLog
from tests.replacing import replace

pytestmark = pytest.mark.anyio

SCHEMA = schema(limiting(Limits()))
PROCESSES = (
    "{ processes { id state reason role name host pid version startedAt announcedAt ordinal behind } }"
)


def context(tmp_path: Path, announced: list[Announced] | None) -> Context:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path / 'read.db'}"))
    models = ReadModels(engine, PROJECTIONS, 0, ListLog())
    read = None if announced is None else lambda: announced
    return Context(Caller("vic", Role.VIEWER, "t1"), Served(models, _no_decoding, processes=read))


def _no_decoding(_: bytes) -> Any:
    raise AssertionError


async def test_the_accounts_that_a_node_holds_are_read_with_their_partitions_and_times(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    node = replace(ANNOUNCEMENT, at=now, role=ProcessRole.NODE, leases=(HeldLease("beta", 3, now),))
    query = "{ processes { role leases { account partition since } } }"
    response = await SCHEMA.execute(query, context_value=context(tmp_path, [Announced(node.id, node)]))
    assert response.errors is None
    leases = [{"account": "beta", "partition": 3, "since": time_text(now)}]
    assert response.data == {"processes": [{"role": "NODE", "leases": leases}]}


async def test_a_viewer_reads_believed_announcements_whole_and_refused_ones_without_their_claims(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    believed = replace(ANNOUNCEMENT, at=now)
    found = [Announced("x" * 32, None, "it is not signed"), Announced(believed.id, believed)]
    response = await SCHEMA.execute(PROCESSES, context_value=context(tmp_path, found))
    assert response.errors is None
    assert response.data == {
        "processes": [
            {
                "id": believed.id,
                "state": "HEALTHY",
                "reason": "",
                "role": "ENGINE",
                "name": "main",
                "host": "desk",
                "pid": 4711,
                "version": "1.2.3",
                "startedAt": time_text(believed.started_at),
                "announcedAt": time_text(now),
                "ordinal": 1_042,
                "behind": 0,
            },
            {
                "id": "x" * 32,
                "state": "UNVERIFIED",
                "reason": "it is not signed",
                **dict.fromkeys(("role", "name", "host", "pid", "version", "startedAt", "announcedAt")),
                "ordinal": None,
                "behind": None,
            },
        ]
    }


async def test_a_program_without_announcements_refuses_the_query(tmp_path: Path) -> None:
    response = await SCHEMA.execute(PROCESSES, context_value=context(tmp_path, None))
    assert response.errors is not None
    assert "does not read the announcements" in response.errors[0].message
