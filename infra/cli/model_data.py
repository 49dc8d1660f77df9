"""Builds the data set of a log from which `whence models auto` trains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer

from adapters.log.recorder_log import RecordedLog
from adapters.tapes import Tape
from domain.errors import InvalidInput
from infra.cli import INTERRUPTED
from infra.cli.advance import Advance
from infra.cli.feature_building import StoppedBuild, follow
from infra.cli.output import errors_console
from infra.cli.planning import print_notes
from infra.cli.stopping import Stopping, stoppable
from infra.cli.tapes import TapeOptions
from infra.config import WhenceSettings
from infra.learning.build import Build
from infra.learning.log_data import LogData
from infra.learning.sources import LogSource, Source
from infra.logs import open_reader


def built_data(settings: WhenceSettings, folder: Path, tapes_of: TapeOptions, limit: timedelta) -> Path:
    """The folder of the complete data set of the log, below `folder`. A build that was stopped is continued, up to the
    event that it began with; then the data sets before it are removed.

    Raises InvalidInput as `LogSource` and `Build` do, and typer.Exit where a stop was requested: sealed months are
    kept.
    """
    tapes = tapes_of.read() if tapes_of.files else ()
    print_notes(tapes, errors_console())
    with stoppable() as stopping, Advance() as advance, closing(open_reader(settings)) as log:
        reading = _Reading(log, settings, tapes, limit, advance, stopping)
        try:
            return _built(LogData(folder), reading)
        except StoppedBuild:
            typer.echo(f"stopped; the next pass goes on with the months in {folder}", err=True)
            raise typer.Exit(INTERRUPTED) from None


@dataclass(frozen=True, slots=True)
class _Reading:
    log: RecordedLog
    settings: WhenceSettings
    tapes: Sequence[Tape]
    limit: timedelta
    advance: Advance
    stopping: Stopping

    def source(self, upto: int) -> Source:
        found = LogSource(self.log, self.settings, self.tapes, upto)
        self.follow("trades", found.steps())
        return found.source(self.limit)

    def follow(self, name: str, steps: Iterable[tuple[int, int]]) -> None:
        follow(name, steps, self.advance, self.stopping)


def _built(data: LogData, reading: _Reading) -> Path:
    head = reading.log.head()
    if not head:
        raise InvalidInput("the log has no events yet: nothing can be trained")
    begun = data.unfinished(head)
    upto = head if begun is None else begun
    source = reading.source(upto)
    if begun is not None and not data.place(upto, source).is_dir():
        # The stopped build is of other candles, options or another program.
        upto, source = head, reading.source(head)
    place = data.place(upto, source)
    build = Build(place, source.signals, source.labels, source.made_from)
    reading.follow("features", build.steps())
    data.remove_others(place)
    typer.echo(f"{place}: {build.manifest().rows:,} rows of the events up to {upto:,}")
    return place
