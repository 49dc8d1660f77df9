"""`whence log --send URL`: the events of a log to a consumer, at least once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import typer

from domain.errors import Refused
from domain.plain_text import counted

if TYPE_CHECKING:
    from adapters.consumers.consumer import Patient
    from domain.log import Recorded
    from infra.cli.filtering import Filter
    from infra.config import WhenceSettings

_AT_ONCE = 500
"""The most events of one batch; with a speed, and with new events, each event is a batch."""


class Batches:
    """Collects lines, and sends them in batches. `last` is the last confirmed ordinal, `count` counts the events."""

    def __init__(self, patient: Patient, most: int, line_of: Callable[[Recorded], str]) -> None:
        self._patient, self._most, self._line_of = patient, most, line_of
        self._waiting: list[Recorded] = []
        self.last = self.count = 0

    def take(self, recorded: Recorded) -> None:
        """Sends the batch where it is full. Raises what `flush` raises."""
        self._waiting.append(recorded)
        if len(self._waiting) >= self._most:
            self.flush()

    def flush(self) -> None:
        """Sends what waits. Raises Refused, which names the first event that was not confirmed."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._patient.send(_body(waiting, self._line_of))
        except Refused as fault:
            raise Refused(
                f"{fault}; {counted(self.count, 'event')} confirmed before; continue with --from {waiting[0].ordinal}"
            ) from None
        self.last, self.count = waiting[-1].ordinal, self.count + len(waiting)


def sent(
    url: str,
    settings: WhenceSettings,
    wanted: Filter,
    bounds: tuple[int, int | None],
    times: float | None,
    *,
    follows: bool,
) -> None:
    """Sends the events that pass the filter, between the ordinals `bounds` (after, up to), and prints their number.

    `times` is the multiple of the recorded speed, None for none. Raises InvalidInput for an invalid URL, and Refused
    where the consumer does not confirm a batch.
    """
    from adapters.consumers.consumer import Patient, consumer_of
    from infra.cli.log import line_of, paced, show_until_stop
    from infra.cli.stopping import stoppable
    from infra.logs import open_reader

    with (
        closing(consumer_of(url)) as consumer,
        closing(open_reader(settings)) as reader,
        stoppable() as stopping,
    ):
        patient = Patient(consumer, stopping.wait, stopping.requested)
        batches = Batches(patient, 1 if follows or times is not None else _AT_ONCE, line_of)
        show = paced(batches.take, times, stopping)
        show_until_stop(reader, bounds, wanted, show, stopping, follows=follows)
        batches.flush()
    typer.echo(f"{counted(batches.count, 'event')} sent, up to ordinal {batches.last}", err=True)


def _body(events: Sequence[Recorded], line_of: Callable[[Recorded], str]) -> bytes:
    return "".join(map(line_of, events)).encode()
