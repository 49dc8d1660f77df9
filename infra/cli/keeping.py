"""`whence projections run`: keeps the read models up to date, and prints how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from rich.console import Console

from adapters.log.address import parse_address
from infra.cli.advance import Advance
from infra.cli.opened_store import OpenedStore
from infra.cli.output import errors_console
from infra.cli.stopping import Stopping, stoppable
from infra.logs import open_reader
from infra.run.group import Group
from infra.run.projecting import Projecting, Status
from infra.run.rebuilding import partition_of
from infra.store import store_address
from infra.tracing import tracing

_LOOK_SECONDS = 0.5


class Remarks:
    """Prints when the read models have reached the end of the log, and when they fall behind again."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._reached = False

    def see(self, found: Sequence[Status]) -> None:
        """Prints a line where the read models have just reached the end of the log, and nothing otherwise."""
        if not found:
            return
        behind = max(one.lag_events for one in found)
        if behind == 0 and not self._reached:
            parked = sum(one.parked_events for one in found)
            remark = f"; {parked:,} events are parked: whence projections parked" if parked else ""
            self.say(f"{len(found)} read models are up to date at event {found[0].head:,}{remark}")
        self._reached = behind == 0

    def say(self, line: str) -> None:
        """Prints the line as it is."""
        self._console.print(line, markup=False, soft_wrap=True)


def keep(place: OpenedStore, group: str | None) -> None:
    """Keeps the store up to date with the log, or with a share of its partitions, until a stop is requested."""
    remarks = Remarks(errors_console())
    log, store = parse_address(place.settings.log), store_address(place.settings)
    remarks.say(f"Reads {log} and keeps {store} up to date; Ctrl-C stops.")
    with stoppable() as stopping:
        if group is None:
            _keep_one(place, stopping, remarks)
        else:
            Group(place.engine, place.settings, group).run(stopping.requested)
    remarks.say("Stopped; the same command continues from here.")


def _keep_one(place: OpenedStore, stopping: Stopping, remarks: Remarks) -> None:
    partition = partition_of(place.settings)
    with (
        closing(open_reader(place.settings)) as reader,
        tracing(place.settings) as spans,
        Advance() as advance,
    ):
        projected = None if spans is None else spans.projected
        projecting = Projecting(place.engine, reader, partition=partition, projected=projected)
        projecting.start()
        try:
            while not stopping.requested() and projecting.failure is None:
                found = projecting.status()
                advance.show({one.projection: (one.ordinal, one.head) for one in found})
                remarks.see(found)
                stopping.wait(_LOOK_SECONDS)
        finally:
            projecting.stop()
        if projecting.failure is not None:
            raise projecting.failure
