"""`whence status`: the processes of a log, and whether each is healthy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from adapters.processes.running import Running
    from infra.config import WhenceSettings

_AT_FAULT = 1
_COLUMNS = ("process", "state", "host", "version", "runs for", "seen", "ordinal", "behind")
_MEMBERS = ("role", "name", "host", "pid", "version", "started_at", "announced_at", "ordinal", "behind")


def status(
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints what runs on a log, where, since when and how far; ends with 1 where a process is not healthy. Below are
    the accounts that nodes hold, each with its node and since when, and the changes of settings that wait for a
    review, as the store has them.

    Processes announce themselves every 5 seconds; one that is killed is SILENT after 15 seconds. An announcement
    that is not signed with a key of this installation is UNVERIFIED, and nothing that it states is shown.
    """
    from adapters.processes.running import ProcessState, processes
    from infra.cli.logged import loaded
    from infra.cli.rows import show
    from infra.processes import process_place
    from infra.run.clock import utc_now

    settings = loaded(log=log, store=store, config=config)
    place = process_place(settings)
    found: Sequence[Running] = ()
    if place is not None:
        try:
            found = processes(place.announced(), utc_now())
        finally:
            place.close()
    if as_json:
        show([_stated(one) for one in found], as_json=True)
    else:
        _print(found, utc_now())
        _print_held(settings)
    if any(one.state not in (ProcessState.HEALTHY, ProcessState.ENDED) for one in found):
        raise typer.Exit(_AT_FAULT)


def _print(found: Sequence[Running], now: datetime) -> None:
    """A row for each process, and below them the reason of each that is not healthy."""
    from infra.cli.rows import show

    show([_row(one, now) for one in found], as_json=False, nothing="no process has announced itself")
    if leases := [row for one in found for row in _leases(one, now)]:
        typer.echo("")
        show(leases, as_json=False)
    for one in found:
        if one.reason:
            typer.echo(f"{_name(one)}: {one.state.value}: {one.reason}")


def _print_held(settings: WhenceSettings) -> None:
    """A line for each account with held changes of settings. What runs is known without the store: on Kafka its fault
    is stated, and decides nothing.
    """
    from domain.errors import StoreError
    from infra.held_settings import held_settings

    try:
        held = held_settings(settings)
    except StoreError as fault:
        typer.echo(f"whether changes of settings are held is not known: {fault}", err=True)
        return
    for one in held:
        typer.echo(
            f"account {one.account}: {one.count} change{'' if one.count == 1 else 's'} of settings held since "
            f"{one.since:%Y-%m-%d %H:%M:%S} UTC; whence settings pending"
        )


def _leases(one: Running, now: datetime) -> Sequence[Mapping[str, object]]:
    """A row for each account that a node holds. A node that is silent may have lost them."""
    from projections.explained.elapsed import elapsed

    own = one.announcement
    if own is None:
        return ()
    return [
        {
            "account": lease.account,
            "partition": lease.partition,
            "node": f"{own.host} {own.pid}",
            "state": one.state.value,
            "held since": f"{lease.since:%Y-%m-%d %H:%M:%S}",
            "held for": elapsed(_seconds(now - lease.since)),
        }
        for lease in own.leases
    ]


def _name(one: Running) -> str:
    own = one.announcement
    return f"process {one.key}" if own is None else f"{own.role.value} {own.name}".rstrip()


def _row(one: Running, now: datetime) -> Mapping[str, object]:
    from projections.explained.elapsed import elapsed

    own = one.announcement
    if own is None:
        return dict.fromkeys(_COLUMNS, "") | {"process": _name(one), "state": one.state.value}
    values = (
        _name(one),
        one.state.value,
        f"{own.host} {own.pid}",
        own.release,
        elapsed(_seconds(own.at - own.started_at)),
        f"{elapsed(_seconds(now - own.at))} ago",
        "" if own.ordinal is None else own.ordinal,
        "" if own.behind is None else own.behind,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))


def _stated(one: Running) -> Mapping[str, object]:
    own = one.announcement
    verdict = {"id": one.key, "state": one.state.value, "reason": one.reason}
    if own is None:
        return {**verdict, **dict.fromkeys(_MEMBERS), "leases": ()}
    leases = [
        {"account": lease.account, "partition": lease.partition, "since": lease.since.isoformat()}
        for lease in own.leases
    ]
    values = (
        own.role.value,
        own.name,
        own.host,
        own.pid,
        own.release,
        own.started_at.isoformat(),
        own.at.isoformat(),
        own.ordinal,
        own.behind,
    )
    return verdict | dict(zip(_MEMBERS, values, strict=True)) | {"leases": leases}
