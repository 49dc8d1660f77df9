"""`whence projections run`: keeps the read models up to date, and prints how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial

from rich.console import Console

from adapters.log.address import parse_address
from domain.errors import InvalidInput, LogUnavailable, StoreUnavailable
from infra.cli.advance import Advance
from infra.cli.opened_store import OpenedStore
from infra.cli.output import errors_console
from infra.cli.stopping import Stopping, stoppable
from infra.logs import open_reader
from infra.run.catching_up import Watching, catch_up_together, cores
from infra.run.group import Group
from infra.run.projecting import Projecting, Status
from infra.run.rebuilding import partition_of
from infra.store_address import store_address
from infra.tracing import tracing
from projections.answering import answering

_LOOK_SECONDS = 0.5


class Remarks:
    """Prints when the read models have reached the end of the log, and when they fall behind again."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._reached = self._lost = False

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

    def lose(self, fault: str) -> None:
        """Prints the first fault of the store or the log after a successful look."""
        if not self._lost:
            self.say(f"{fault}; projecting goes on by itself once it answers")
        self._lost, self._reached = True, False

    def find(self) -> None:
        """Prints that the store and the log answer again, after a fault."""
        if self._lost:
            self.say("The store and the log answer again")
        self._lost = False

    def say(self, line: str) -> None:
        """Prints the line as it is."""
        self._console.print(line, markup=False, soft_wrap=True)


def keep(place: OpenedStore, group: str | None, workers: int | None) -> None:
    """Keeps the store up to date with the log, or with a share of its partitions, until a stop is requested.

    At most `workers` processes catch up with a long log; by default one for each core. Raises InvalidInput for both a
    group and workers.
    """
    if group is not None and workers is not None:
        raise InvalidInput("the processes of a --group share the work already: give --workers without it")
    remarks = Remarks(errors_console())
    log, store = parse_address(place.settings.log), store_address(place.settings)
    remarks.say(f"Reads {log} and keeps {store} up to date; Ctrl-C stops.")
    with stoppable() as stopping:
        if group is None:
            _keep_one(place, workers or cores(), stopping, remarks)
        else:
            Group(place.engine, place.settings, group).run(stopping.requested)
    remarks.say("Stopped; the same command continues from here.")


def _status(place: OpenedStore, projecting: Projecting, remarks: Remarks) -> Sequence[Status]:
    """The status of the builds; empty, with a remark, while the store or the log does not answer."""
    try:
        with answering(place.engine):
            found = projecting.status()
    except (LogUnavailable, StoreUnavailable) as fault:
        remarks.lose(str(fault))
        return ()
    remarks.find()
    return found


def _keep_one(place: OpenedStore, workers: int, stopping: Stopping, remarks: Remarks) -> None:
    partition = partition_of(place.settings)
    with (
        closing(open_reader(place.settings)) as reader,
        tracing(place.settings) as spans,
        Advance() as advance,
    ):
        projected = None if spans is None else spans.projected
        projecting = Projecting(place.engine, reader, partition=partition, projected=projected)
        look = partial(_look, place, projecting, stopping, remarks, advance)
        catch_up_together(place.engine, place.settings, workers, Watching(look, remarks.say))
        if stopping.requested():
            return
        projecting.start()
        try:
            while projecting.failure is None and not look():
                pass
        finally:
            projecting.stop()
        if projecting.failure is not None:
            raise projecting.failure


def _look(
    place: OpenedStore, projecting: Projecting, stopping: Stopping, remarks: Remarks, advance: Advance
) -> bool:
    """Shows the progress, and waits; returns whether a stop is requested."""
    if not stopping.requested():
        found = _status(place, projecting, remarks)
        advance.show({one.projection: (one.ordinal, one.head) for one in found})
        remarks.see(found)
        stopping.wait(_LOOK_SECONDS)
    return stopping.requested()
