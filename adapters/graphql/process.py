"""The processes of the log: what runs, where, since when, how far, and whether it is healthy."""

from __future__ import annotations

from datetime import datetime

import strawberry

from adapters.graphql.context import Info
from adapters.graphql.scalars import Ordinal
from adapters.processes.announcement import HeldLease, ProcessRole
from adapters.processes.running import ProcessState, Running, processes
from domain.errors import Refused


@strawberry.type(description="An account that a node of `whence accounts run` trades by a lease.")
class ProcessLease:
    account: str = strawberry.field(description="The account.")
    partition: int = strawberry.field(description="The partition that is its log.")
    since: datetime = strawberry.field(description="Since when the node holds it without a break.")


@strawberry.type(
    description="A process that has announced itself. Everything but `id`, `state` and `reason` is null where the "
    "announcement is `UNVERIFIED`: it is not signed with a key of this installation, and nothing in it is believed."
)
class Process:
    id: strawberry.ID = strawberry.field(description="Its id, a new one at each start.")
    state: ProcessState = strawberry.field(description="Whether it runs and is healthy.")
    reason: str = strawberry.field(description="Why it is not healthy; empty where it is.")
    role: ProcessRole | None = strawberry.field(description="What it runs.")
    name: str | None = strawberry.field(
        description="Distinguishes processes of one role: the account of an engine, the name of a scanner."
    )
    host: str | None = strawberry.field(description="The name of its machine.")
    pid: int | None = strawberry.field(description="Its number on that machine.")
    version: str | None = strawberry.field(description="The version of Whence that it runs.")
    started_at: datetime | None = strawberry.field(description="When it started.")
    announced_at: datetime | None = strawberry.field(description="When it last announced itself.")
    ordinal: Ordinal | None = strawberry.field(
        description="The ordinal of the last event that it has taken in; null where it reads no events."
    )
    behind: int | None = strawberry.field(
        description="How many events of the log follow; for a scanner, candles. Null where that is not known."
    )
    leases: list[ProcessLease] = strawberry.field(description="The accounts that a node holds; else empty.")


async def processes_of(info: Info, now: datetime) -> list[Process]:
    """The processes, by role and name. Raises Refused in a program that cannot know them."""
    announced = info.context.served.processes
    if announced is None:
        raise Refused("this program does not read the announcements of processes")
    found = await info.context.served.readers.run(announced)
    return [_process(one) for one in processes(found, now)]


def _process(one: Running) -> Process:
    own = one.announcement
    return Process(
        id=strawberry.ID(one.key),
        state=one.state,
        reason=one.reason,
        role=own.role if own else None,
        name=own.name if own else None,
        host=own.host if own else None,
        pid=own.pid if own else None,
        version=own.release if own else None,
        started_at=own.started_at if own else None,
        announced_at=own.at if own else None,
        ordinal=Ordinal(own.ordinal) if own and own.ordinal is not None else None,
        behind=own.behind if own else None,
        leases=[_lease(one) for one in own.leases] if own else [],
    )


def _lease(one: HeldLease) -> ProcessLease:
    return ProcessLease(account=one.account, partition=one.partition, since=one.since)
