"""What `whence features build` does: reads what the options name, builds with its progress, and reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer

from domain.features.core import CORE_1
from domain.features.feature_set import FeatureSet
from infra.cli import INTERRUPTED
from infra.cli.advance import Advance
from infra.cli.changes import change_of
from infra.cli.feature_rows import show_built
from infra.cli.output import errors_console, readers_may_leave
from infra.cli.planning import print_notes
from infra.cli.stopping import Stopping, stoppable
from infra.cli.tapes import TapeOptions
from infra.config import WhenceSettings
from infra.learning.build import Build
from infra.learning.sources import LogSource, Source, source_of_candles
from infra.logs import open_reader

_LOOKED_EVERY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The options of a build; see `whence features build --help`."""

    tapes: TapeOptions
    settings: WhenceSettings
    of_log: bool
    quote: str
    values: Sequence[str]
    strategies: Sequence[str]
    limit: timedelta
    out: Path
    features: FeatureSet = CORE_1


class StoppedBuild(Exception):
    """A stop was requested."""


def built(wanted: Wanted, *, as_json: bool) -> None:
    """Builds, and prints the report. Raises typer.Exit where a stop was requested: sealed months are kept."""
    with stoppable() as stopping, Advance() as advance, ExitStack() as held:
        try:
            source = _source(wanted, held, advance, stopping)
            build = Build(wanted.out, source.signals, source.labels, source.made_from, source.features)
            follow("features", build.steps(), advance, stopping)
        except StoppedBuild:
            typer.echo(f"stopped; the same command goes on with the months in {wanted.out}", err=True)
            raise typer.Exit(INTERRUPTED) from None
    with readers_may_leave():
        show_built(wanted.out, build.manifest(), build.kept, as_json=as_json)


def _source(wanted: Wanted, held: ExitStack, advance: Advance, stopping: Stopping) -> Source:
    tapes = wanted.tapes.read() if wanted.tapes.files else ()
    print_notes(tapes, errors_console())
    if not wanted.of_log:
        change = change_of(wanted.values, wanted.strategies, None)
        return source_of_candles(tapes, wanted.settings, wanted.quote, change, wanted.limit)
    log = LogSource(held.enter_context(closing(open_reader(wanted.settings))), wanted.settings, tapes)
    follow("trades", log.steps(), advance, stopping)
    return log.source(wanted.limit, wanted.features)


def follow(name: str, steps: Iterable[tuple[int, int]], advance: Advance, stopping: Stopping) -> None:
    """Takes the steps and shows their progress. Raises StoppedBuild between two steps where a stop was requested."""
    for number, reached in enumerate(steps):
        if number % _LOOKED_EVERY == 0 or reached[0] == reached[1]:
            advance.show({name: reached})
            if stopping.requested():
                raise StoppedBuild
